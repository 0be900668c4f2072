/*
 * gru.c - one GRU layer, forward and backward side by side
 *
 * As in lstm.c, the inputs' products are one large product over T * B rows; per step a (B, H) x (H, 3H) product and a loop over cells
 * remain. The product W_hn h + b_hn enters n through r, so that both halves of the gates have gradients of their own:
 *
 *   dn = dh (1 - z) (1 - n^2)     dz = dh (h_{t-1} - n) z (1 - z)     dr = dn (W_hn h + b_hn) r (1 - r)
 *   of W_ih x: (dr, dz, dn)       of W_hh h: (dr, dz, dn r)           dh_{t-1} = dh z + (dr, dz, dn r) W_hh
 */
#include "nn/gru.h"

#include <string.h>

#include "nn/activations.h"
#include "nn/blas.h"
#include "nn/linear.h"
#include "nn/packed.h"

static void cells_forward(int H, float *restrict gates, const float *restrict hidden, const float *restrict b_hh,
                          const float *restrict h_before, float *restrict h)
{
	float *restrict gr = gates, *restrict gz = gates + H, *restrict gn = gates + 2 * H;
	for (int j = 0; j < H; j++) {
		float r = nn_sigmoid(gr[j] + hidden[j] + b_hh[j]);
		float z = nn_sigmoid(gz[j] + hidden[H + j] + b_hh[H + j]);
		float n = nn_tanh(gn[j] + r * (hidden[2 * H + j] + b_hh[2 * H + j]));
		gr[j] = r;
		gz[j] = z;
		gn[j] = n;
		h[j] = (1.0f - z) * n + z * h_before[j];
	}
}

/* dh comes in from step t + 1 and goes out as its direct part for step t - 1, before the product with W_hh. */
static void cells_backward(int H, const float *restrict dy, const float *restrict b_hh, const float *restrict h_before,
                           float *restrict gates, float *restrict hidden, float *restrict dh)
{
	float *restrict gr = gates, *restrict gz = gates + H, *restrict gn = gates + 2 * H;
	for (int j = 0; j < H; j++) {
		float r = gr[j], z = gz[j], n = gn[j], dh_all = dy[j] + dh[j];
		float dn = dh_all * (1.0f - z) * (1.0f - n * n);
		float dz = dh_all * (h_before[j] - n) * z * (1.0f - z);
		float dr = dn * (hidden[2 * H + j] + b_hh[2 * H + j]) * r * (1.0f - r);
		gr[j] = hidden[j] = dr;
		gz[j] = hidden[H + j] = dz;
		gn[j] = dn;
		hidden[2 * H + j] = dn * r;
		dh[j] = dh_all * z;
	}
}

size_t nn_gru_packed_floats(int H)
{
	const size_t forward = nn_packed_floats(3 * H, H), backward = nn_packed_floats(H, 3 * H);
	return forward > backward ? forward : backward;
}

void nn_gru_forward(const struct nn_gru_shape *s, const struct nn_gru_layout *at, const float *params, const float *x,
                    struct nn_gru_tape *tape)
{
	const size_t H = (size_t)s->H, step = (size_t)s->B * H;
	nn_linear_forward(s->T * s->B, s->in, 3 * s->H, params + at->w_ih, params + at->b_ih, x, tape->gates);
	nn_pack_nt(3 * s->H, s->H, params + at->w_hh, tape->packed);
	for (int t = 0; t < s->T; t++) {
		const size_t here = (size_t)t * step;
		float *hidden = tape->hidden + 3 * here;
		nn_gemm_packed(s->B, 3 * s->H, s->H, tape->h + here, tape->packed, false, hidden);
		for (size_t b = 0; b < step; b += H)
			cells_forward(s->H, tape->gates + 3 * (here + b), hidden + 3 * b, params + at->b_hh, tape->h + here + b,
			              tape->h + here + step + b);
	}
}

void nn_gru_backward(const struct nn_gru_shape *s, const struct nn_gru_layout *at, const float *params, const float *x, const float *dy,
                     struct nn_gru_tape *tape, float *dparams, float *dx)
{
	const size_t H = (size_t)s->H, step = (size_t)s->B * H;
	const int N = s->T * s->B;
	memset(tape->dh, 0, step * sizeof(float));
	nn_pack_nn(s->H, 3 * s->H, params + at->w_hh, tape->packed);
	for (int t = s->T - 1; t >= 0; t--) {
		const size_t here = (size_t)t * step;
		float *hidden = tape->hidden + 3 * here;
		for (size_t b = 0; b < step; b += H)
			cells_backward(s->H, dy + here + b, params + at->b_hh, tape->h + here + b, tape->gates + 3 * (here + b),
			               hidden + 3 * b, tape->dh + b);
		nn_gemm_packed(s->B, s->H, 3 * s->H, hidden, tape->packed, true, tape->dh);
	}
	nn_gemm_tn_add(3 * s->H, s->in, N, tape->gates, x, dparams + at->w_ih);
	nn_gemm_tn_add(3 * s->H, s->H, N, tape->hidden, tape->h, dparams + at->w_hh);
	nn_add_column_sums(N, 3 * s->H, tape->gates, dparams + at->b_ih);
	nn_add_column_sums(N, 3 * s->H, tape->hidden, dparams + at->b_hh);
	if (dx)
		nn_gemm_nn(N, s->in, 3 * s->H, tape->gates, params + at->w_ih, 0.0f, dx);
}
