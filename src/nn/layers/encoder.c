/*
 * encoder.c - one layer of a transformer encoder, normalised after each half ("post-norm"), ReLU between its two linear layers
 *
 *   a = norm1(x + dropout(attention(x)))
 *   y = norm2(a + dropout(linear2(dropout(relu(linear1(a))))))
 *
 * Tensors, in PyTorch's order: self_attn.in_proj_weight (3E, E), in_proj_bias, out_proj.weight (E, E), out_proj.bias, linear1.weight
 * (hidden, E), bias, linear2.weight (E, hidden), bias, norm1.weight (E), bias, norm2.weight, bias.
 *
 * Source: Vaswani et al., "Attention is all you need" (2017).
 */
#include "nn/layer.h"

#include <string.h>

#include "nn/attention.h"
#include "nn/blas.h"
#include "nn/dropout.h"
#include "nn/linear.h"
#include "nn/normalise.h"

enum { IN_WEIGHT, IN_BIAS, OUT_WEIGHT, OUT_BIAS, W1, B1, W2, B2, NORM1_W, NORM1_B, NORM2_W, NORM2_B };

struct rooms {
	struct nn_attention_tape attention;
	float *sum1, *moments1; /* x + attention; (N, E), (N, 2) */
	float *a;               /* (N, E) */
	float *hidden;          /* (N, hidden) after ReLU and dropout */
	float *sum2, *moments2;
	float *mask1, *mask_hidden, *mask2; /* NULL without dropout */
	float *da, *dsum, *dhidden;         /* (N, E), (N, E), (N, hidden) */
};

static size_t lay_out(const struct nn_layer *l, int B, float *tape, struct rooms *r)
{
	const size_t N = (size_t)B * (size_t)l->in.T, T = (size_t)l->in.T, E = (size_t)l->in.F, hidden = (size_t)l->as.encoder.hidden;
	const size_t scores = (size_t)B * (size_t)l->as.encoder.heads * T * T;
	const bool drop = l->as.encoder.dropout > 0.0;
	size_t used = 0;
	*r = (struct rooms){0};
	r->attention.qkv = nn_take(tape, &used, 3 * N * E);
	r->attention.P = nn_take(tape, &used, scores);
	r->attention.mask = drop ? nn_take(tape, &used, scores) : NULL;
	r->attention.context = nn_take(tape, &used, N * E);
	r->attention.dqkv = nn_take(tape, &used, 3 * N * E);
	r->attention.dcontext = nn_take(tape, &used, N * E);
	r->attention.dP = nn_take(tape, &used, 2 * T * T);
	r->sum1 = nn_take(tape, &used, N * E);
	r->moments1 = nn_take(tape, &used, 2 * N);
	r->a = nn_take(tape, &used, N * E);
	r->hidden = nn_take(tape, &used, N * hidden);
	r->sum2 = nn_take(tape, &used, N * E);
	r->moments2 = nn_take(tape, &used, 2 * N);
	r->da = nn_take(tape, &used, N * E);
	r->dsum = nn_take(tape, &used, N * E);
	r->dhidden = nn_take(tape, &used, N * hidden);
	if (drop) {
		r->mask1 = nn_take(tape, &used, N * E);
		r->mask_hidden = nn_take(tape, &used, N * hidden);
		r->mask2 = nn_take(tape, &used, N * E);
	}
	return used;
}

static size_t encoder_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	struct rooms r;
	return lay_out(l, pass->B, NULL, &r);
}

static struct nn_attention_shape attention_shape(const struct nn_layer *l, int B)
{
	return (struct nn_attention_shape){B, l->in.T, l->in.F, l->as.encoder.heads, l->as.encoder.dropout};
}

static struct nn_attention_layout attention_layout(const struct nn_layer *l)
{
	return (struct nn_attention_layout){l->at[IN_WEIGHT], l->at[IN_BIAS], l->at[OUT_WEIGHT], l->at[OUT_BIAS]};
}

static enum pv_status encoder_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                      struct pv_error *err)
{
	(void)err;
	const int N = nn_layer_rows(l, pass), E = l->in.F, hidden = l->as.encoder.hidden;
	const size_t n = (size_t)N * (size_t)E, n_hidden = (size_t)N * (size_t)hidden;
	const double p = l->as.encoder.dropout;
	const float *params = pass->params;
	const struct nn_attention_shape shape = attention_shape(l, pass->B);
	const struct nn_attention_layout layout = attention_layout(l);
	struct rooms r;
	lay_out(l, pass->B, tape, &r);
	nn_attention_forward(&shape, &layout, params, pass->drop, x, r.sum1, &r.attention);
	nn_dropout_draw(pass->drop, p, n, r.mask1, r.sum1);
	for (size_t i = 0; i < n; i++)
		r.sum1[i] += x[i];
	nn_normalise_forward(N, E, params + l->at[NORM1_W], params + l->at[NORM1_B], r.sum1, r.a, r.moments1);

	nn_linear_forward(N, E, hidden, params + l->at[W1], params + l->at[B1], r.a, r.hidden);
	nn_relu_forward(n_hidden, r.hidden, r.hidden);
	nn_dropout_draw(pass->drop, p, n_hidden, r.mask_hidden, r.hidden);
	nn_linear_forward(N, hidden, E, params + l->at[W2], params + l->at[B2], r.hidden, r.sum2);
	nn_dropout_draw(pass->drop, p, n, r.mask2, r.sum2);
	for (size_t i = 0; i < n; i++)
		r.sum2[i] += r.a[i];
	nn_normalise_forward(N, E, params + l->at[NORM2_W], params + l->at[NORM2_B], r.sum2, y, r.moments2);
	return PV_OK;
}

/* From dy to the gradient of a, in r->da. */
static void second_half_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *dy, struct rooms *r, float *dparams)
{
	const int N = nn_layer_rows(l, pass), E = l->in.F, hidden = l->as.encoder.hidden;
	const size_t n = (size_t)N * (size_t)E, n_hidden = (size_t)N * (size_t)hidden;
	const float *params = pass->params;
	nn_normalise_backward(N, E, params + l->at[NORM2_W], r->sum2, r->moments2, dy, r->dsum, dparams + l->at[NORM2_W],
	                      dparams + l->at[NORM2_B]);
	float *dlinear2 = r->attention.dcontext; /* free until the attention's turn */
	memcpy(dlinear2, r->dsum, n * sizeof(float));
	nn_dropout_apply(n, r->mask2, dlinear2);
	nn_linear_backward(N, hidden, E, params + l->at[W2], r->hidden, dlinear2, r->dhidden, dparams + l->at[W2], dparams + l->at[B2]);
	nn_dropout_apply(n_hidden, r->mask_hidden, r->dhidden);
	nn_relu_backward(n_hidden, r->hidden, r->dhidden);
	nn_linear_backward(N, E, hidden, params + l->at[W1], r->a, r->dhidden, r->da, dparams + l->at[W1], dparams + l->at[B1]);
	for (size_t i = 0; i < n; i++)
		r->da[i] += r->dsum[i];
}

static void encoder_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                             float *dparams, float *dx)
{
	(void)y;
	const int N = nn_layer_rows(l, pass), E = l->in.F;
	const size_t n = (size_t)N * (size_t)E;
	const struct nn_attention_shape shape = attention_shape(l, pass->B);
	const struct nn_attention_layout layout = attention_layout(l);
	struct rooms r;
	lay_out(l, pass->B, tape, &r);
	second_half_backward(l, pass, dy, &r, dparams);
	nn_normalise_backward(N, E, pass->params + l->at[NORM1_W], r.sum1, r.moments1, r.da, r.dsum, dparams + l->at[NORM1_W],
	                      dparams + l->at[NORM1_B]);
	memcpy(r.da, r.dsum, n * sizeof(float));
	nn_dropout_apply(n, r.mask1, r.da);
	nn_attention_backward(&shape, &layout, pass->params, x, r.da, &r.attention, dparams, dx);
	for (size_t i = 0; dx && i < n; i++)
		dx[i] += r.dsum[i];
}

static void encoder_flops(const struct nn_layer *l, int rows, double *forward, double *to_input)
{
	const double T = rows, E = l->in.F;
	*to_input = 2.0 * T * 3.0 * E * E;
	*forward = *to_input + 4.0 * T * T * E + 2.0 * T * E * E + 4.0 * T * E * l->as.encoder.hidden;
}

static const char *encoder_needs_windows(const struct nn_layer *l)
{
	(void)l;
	return "attends to all rows of its window";
}

const struct nn_layer_kind nn_layer_encoder = {.name = "encoder",
                                               .tape_floats = encoder_tape,
                                               .forward = encoder_forward,
                                               .backward = encoder_backward,
                                               .flops = encoder_flops,
                                               .needs_windows = encoder_needs_windows};
