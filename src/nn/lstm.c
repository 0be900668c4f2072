/*
 * lstm.c - one LSTM layer, forward and backward side by side
 *
 * Everything that does not depend on the step before is one large product over T * B rows: the projection of the inputs, and in the
 * backward pass the gradients of both weights and of the inputs. What remains per step is a (B, H) x (H, 4H) product and a loop over B * H
 * cells. The same recurrence backwards needs only the gradients of the gates, which replace the gates in the tape:
 *
 *   dc += dh o (1 - tanh_c^2)
 *   di = dc g i (1 - i)   df = dc c_{t-1} f (1 - f)   dg = dc i (1 - g^2)   do = dh tanh_c o (1 - o)
 *   dh_{t-1} = dgates W_hh   dc_{t-1} = dc f
 */
#include "nn/lstm.h"

#include <string.h>

#include "nn/activations.h"
#include "nn/blas.h"
#include "nn/packed.h"

/* Rows (steps times streams) of a group. */
enum { GROUP_ROWS = 256 };

/* One row of H cells: gates come in as pre-activations without bias and go out as activations. */
static void cells_forward(int H, const float *restrict bias, float *restrict gates, const float *restrict c_before, float *restrict c,
                          float *restrict tanh_c, float *restrict h)
{
	float *restrict gi = gates, *restrict gf = gates + H, *restrict gg = gates + 2 * H, *restrict go = gates + 3 * H;
	const float *restrict bi = bias, *restrict bf = bias + H, *restrict bg = bias + 2 * H, *restrict bo = bias + 3 * H;
	for (int j = 0; j < H; j++) {
		float i = nn_sigmoid(gi[j] + bi[j]);
		float f = nn_sigmoid(gf[j] + bf[j]);
		float g = nn_tanh(gg[j] + bg[j]);
		float o = nn_sigmoid(go[j] + bo[j]);
		float cell = f * c_before[j] + i * g;
		float squashed = nn_tanh(cell);
		gi[j] = i;
		gf[j] = f;
		gg[j] = g;
		go[j] = o;
		c[j] = cell;
		tanh_c[j] = squashed;
		h[j] = o * squashed;
	}
}

/* The same row backwards: gates go out as gradients of the pre-activations; dc comes in from step t + 1 and goes out to step t - 1. */
static void cells_backward(int H, const float *restrict dy, const float *restrict dh, const float *restrict c_before,
                           const float *restrict tanh_c, float *restrict dc, float *restrict gates)
{
	float *restrict gi = gates, *restrict gf = gates + H, *restrict gg = gates + 2 * H, *restrict go = gates + 3 * H;
	for (int j = 0; j < H; j++) {
		float i = gi[j], f = gf[j], g = gg[j], o = go[j], squashed = tanh_c[j];
		float dh_all = dy[j] + dh[j];
		float dcell = dc[j] + dh_all * o * (1.0f - squashed * squashed);
		gi[j] = dcell * g * i * (1.0f - i);
		gf[j] = dcell * c_before[j] * f * (1.0f - f);
		gg[j] = dcell * i * (1.0f - g * g);
		go[j] = dh_all * squashed * o * (1.0f - o);
		dc[j] = dcell * f;
	}
}

size_t nn_lstm_packed_floats(int in, int H)
{
	const size_t forward = nn_packed_floats(4 * H, in), backward = nn_packed_floats(in, 4 * H);
	return forward > backward ? forward : backward;
}

/* Steps in a group. */
static int group_steps(const struct nn_lstm_shape *s)
{
	const int steps = GROUP_ROWS / s->B;
	return steps < 1 ? 1 : steps > s->T ? s->T : steps;
}

void nn_lstm_forward(const struct nn_lstm_shape *s, const struct nn_lstm_layout *at, const float *params, const float *x,
                     struct nn_lstm_tape *tape, struct nn_lstm_scratch *scratch)
{
	const size_t row = (size_t)s->H, step = (size_t)s->B * row;
	const int group = group_steps(s);
	for (int j = 0; j < 4 * s->H; j++)
		scratch->bias[j] = params[at->b_ih + (size_t)j] + params[at->b_hh + (size_t)j];
	const float *w_ih = scratch->packed ? scratch->packed->ih : scratch->w_ih,
	            *w_hh = scratch->packed ? scratch->packed->hh : scratch->w_hh;
	if (!scratch->packed) {
		nn_pack_nt(4 * s->H, s->in, params + at->w_ih, scratch->w_ih);
		nn_pack_nt(4 * s->H, s->H, params + at->w_hh, scratch->w_hh);
	}
	for (int t = 0; t < s->T; t++) {
		const size_t here = (size_t)t * step;
		float *gates = tape->gates + 4 * here;
		if (t % group == 0) {
			const int n_steps = t + group <= s->T ? group : s->T - t;
			nn_gemm_packed(n_steps * s->B, 4 * s->H, s->in, x + (size_t)t * (size_t)s->B * (size_t)s->in, w_ih, false, gates);
		}
		nn_gemm_packed(s->B, 4 * s->H, s->H, tape->h + here, w_hh, true, gates);
		for (size_t b = 0; b < step; b += row)
			cells_forward(s->H, scratch->bias, gates + 4 * b, tape->c + here + b, tape->c + here + step + b,
			              tape->tanh_c + here + b, tape->h + here + step + b);
	}
}

/* What n_steps steps from t on add to the gradients of the parameters, and their gradient of the input. */
static void group_backward(const struct nn_lstm_shape *s, const struct nn_lstm_layout *at, const float *x, const struct nn_lstm_tape *tape,
                           const struct nn_lstm_scratch *scratch, const float *w_ih, int t, int n_steps, float *dparams, float *dx)
{
	const int N = n_steps * s->B;
	const size_t here = (size_t)t * (size_t)s->B * (size_t)s->H, input = (size_t)t * (size_t)s->B * (size_t)s->in;
	const float *dgates = tape->gates + 4 * here;
	nn_gemm_tn_add(4 * s->H, s->in, N, dgates, x + input, dparams + at->w_ih);
	nn_gemm_tn_add(4 * s->H, s->H, N, dgates, tape->h + here, dparams + at->w_hh);
	nn_add_column_sums(N, 4 * s->H, dgates, scratch->bias);
	if (dx)
		nn_gemm_packed(N, s->in, 4 * s->H, dgates, w_ih, false, dx + input);
}

void nn_lstm_backward(const struct nn_lstm_shape *s, const struct nn_lstm_layout *at, const float *params, const float *x, const float *dy,
                      struct nn_lstm_tape *tape, struct nn_lstm_scratch *scratch, float *dparams, float *dx)
{
	const size_t row = (size_t)s->H, step = (size_t)s->B * row;
	const int group = group_steps(s);
	int end = s->T; /* steps from here on are done */
	memset(scratch->dh, 0, step * sizeof(float));
	memset(scratch->dc, 0, step * sizeof(float));
	memset(scratch->bias, 0, 4 * row * sizeof(float));
	const float *w_ih = scratch->packed && scratch->packed->ih_back ? scratch->packed->ih_back : scratch->w_ih;
	const float *w_hh = scratch->packed ? scratch->packed->hh_back : scratch->w_hh;
	if (!scratch->packed)
		nn_pack_nn(s->H, 4 * s->H, params + at->w_hh, scratch->w_hh);
	if (dx && w_ih == scratch->w_ih)
		nn_pack_nn(s->in, 4 * s->H, params + at->w_ih, scratch->w_ih);
	for (int t = s->T - 1; t >= 0; t--) {
		const size_t here = (size_t)t * step;
		float *gates = tape->gates + 4 * here;
		for (size_t b = 0; b < step; b += row)
			cells_backward(s->H, dy + here + b, scratch->dh + b, tape->c + here + b, tape->tanh_c + here + b, scratch->dc + b,
			               gates + 4 * b);
		if (t > 0)
			nn_gemm_packed(s->B, s->H, 4 * s->H, gates, w_hh, false, scratch->dh);
		if (end - t == group || t == 0) {
			group_backward(s, at, x, tape, scratch, w_ih, t, end - t, dparams, dx);
			end = t;
		}
	}
	for (int j = 0; j < 4 * s->H; j++) {
		dparams[at->b_ih + (size_t)j] += scratch->bias[j];
		dparams[at->b_hh + (size_t)j] += scratch->bias[j];
	}
}
