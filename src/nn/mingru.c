/*
 * mingru.c - one minimal GRU layer, forward and backward side by side
 *
 *   dn = dh z (1 - n^2)        dz = dh (n - h_{t-1}) z (1 - z)        dh_{t-1} = dh (1 - z)
 *
 * Rows go in groups that stay in the second-level cache between the product and the cells, as in lstm.c.
 */
#include "nn/mingru.h"

#include <string.h>

#include "nn/activations.h"
#include "nn/blas.h"
#include "nn/packed.h"

enum { GROUP_ROWS = 256 };

static void cells_forward(int H, const float *restrict bias, float *restrict gates, const float *restrict h_before, float *restrict h)
{
	float *restrict gz = gates, *restrict gn = gates + H;
	for (int j = 0; j < H; j++) {
		float z = nn_sigmoid(gz[j] + bias[j]);
		float n = nn_tanh(gn[j] + bias[H + j]);
		gz[j] = z;
		gn[j] = n;
		h[j] = h_before[j] + z * (n - h_before[j]);
	}
}

/* Gates go out as gradients of the pre-activations; dh comes in from step t + 1 and goes out to step t - 1. */
static void cells_backward(int H, const float *restrict dy, const float *restrict h_before, float *restrict gates, float *restrict dh)
{
	float *restrict gz = gates, *restrict gn = gates + H;
	for (int j = 0; j < H; j++) {
		float z = gz[j], n = gn[j], dh_all = dy[j] + dh[j];
		gz[j] = dh_all * (n - h_before[j]) * z * (1.0f - z);
		gn[j] = dh_all * z * (1.0f - n * n);
		dh[j] = dh_all * (1.0f - z);
	}
}

size_t nn_mingru_packed_floats(int in, int H)
{
	const size_t forward = nn_packed_floats(2 * H, in), backward = nn_packed_floats(in, 2 * H);
	return forward > backward ? forward : backward;
}

static int group_steps(const struct nn_cell_shape *s)
{
	const int steps = GROUP_ROWS / s->B;
	return steps < 1 ? 1 : steps > s->T ? s->T : steps;
}

void nn_mingru_forward(const struct nn_cell_shape *s, const struct nn_cell_layout *at, const float *params, const float *x,
                       const struct nn_cell_tape *tape, const struct nn_cell_scratch *scratch)
{
	const size_t H = (size_t)s->H, step = (size_t)s->B * H;
	const int group = group_steps(s);
	nn_pack_nt(2 * s->H, s->in, params + at->w_ih, scratch->w_ih);
	for (int t = 0; t < s->T; t++) {
		const size_t here = (size_t)t * step;
		if (t % group == 0) {
			const int n_steps = t + group <= s->T ? group : s->T - t;
			nn_gemm_packed(n_steps * s->B, 2 * s->H, s->in, x + (size_t)t * (size_t)s->B * (size_t)s->in, scratch->w_ih, false,
			               tape->gates + 2 * here);
		}
		for (size_t b = 0; b < step; b += H)
			cells_forward(s->H, params + at->b_ih, tape->gates + 2 * (here + b), tape->h + here + b, tape->h + here + step + b);
	}
}

void nn_mingru_backward(const struct nn_cell_shape *s, const struct nn_cell_layout *at, const float *params, const float *x,
                        const float *dy, const struct nn_cell_tape *tape, const struct nn_cell_scratch *scratch, float *dparams, float *dx)
{
	const size_t H = (size_t)s->H, step = (size_t)s->B * H;
	const int N = s->T * s->B;
	memset(scratch->dh, 0, step * sizeof(float));
	for (int t = s->T - 1; t >= 0; t--) {
		const size_t here = (size_t)t * step;
		for (size_t b = 0; b < step; b += H)
			cells_backward(s->H, dy + here + b, tape->h + here + b, tape->gates + 2 * (here + b), scratch->dh + b);
	}
	nn_gemm_tn_add(2 * s->H, s->in, N, tape->gates, x, dparams + at->w_ih);
	nn_add_column_sums(N, 2 * s->H, tape->gates, dparams + at->b_ih);
	if (!dx)
		return;
	nn_pack_nn(s->in, 2 * s->H, params + at->w_ih, scratch->w_ih);
	nn_gemm_packed(N, s->in, 2 * s->H, tape->gates, scratch->w_ih, false, dx);
}
