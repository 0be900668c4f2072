/*
 * efficient.c - layers of an EfficientNet along the rows of a window: swish, depthwise convolution, squeeze and excitation, mean, dropout,
 * and the sum that ends a residual branch
 *
 * Sources: Tan, Le, "EfficientNet: rethinking model scaling for convolutional neural networks" (2019); Ramachandran, Zoph, Le, "Searching
 * for activation functions" (2017); Hu, Shen, Sun, "Squeeze-and-excitation networks" (2018); Huang et al., "Deep networks with stochastic
 * depth" (2016).
 */
#include "nn/layer.h"

#include <string.h>

#include "nn/activations.h"
#include "nn/blas.h"
#include "nn/dropout.h"
#include "nn/linear.h"

static size_t floats(struct nn_rows rows, const struct nn_pass *pass)
{
	return (size_t)pass->B * (size_t)rows.T * (size_t)rows.F;
}

/* ---- swish: x s, s = sigmoid(x); its slope is s (1 + x (1 - s)) ---- */

static void swish(size_t n, const float *x, float *y)
{
	for (size_t i = 0; i < n; i++)
		y[i] = x[i] * nn_sigmoid(x[i]);
}

static void swish_back(size_t n, const float *x, const float *dy, float *dx)
{
	for (size_t i = 0; i < n; i++) {
		const float s = nn_sigmoid(x[i]);
		dx[i] = dy[i] * s * (1.0f + x[i] * (1.0f - s));
	}
}

static enum pv_status swish_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                    struct pv_error *err)
{
	(void)tape, (void)err;
	swish(floats(l->in, pass), x, y);
	return PV_OK;
}

static void swish_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                           float *dparams, float *dx)
{
	(void)y, (void)tape, (void)dparams;
	if (dx)
		swish_back(floats(l->in, pass), x, dy, dx);
}

const struct nn_layer_kind nn_layer_swish = {.name = "swish", .forward = swish_forward, .backward = swish_backward, .in_place = true};

/* ---- depthwise: tensor weight (F, 1, kernel); output row t looks at rows t stride and the kernel - 1 behind it ---- */

static enum pv_status depthwise_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                        struct pv_error *err)
{
	(void)tape, (void)err;
	const int F = l->in.F, kernel = l->as.depthwise.kernel;
	const float *w = pass->params + l->at[0];
	memset(y, 0, floats(l->out, pass) * sizeof *y);
	for (int b = 0; b < pass->B; b++, x += (size_t)l->in.T * (size_t)F)
		for (int t = 0; t < l->out.T; t++, y += F)
			for (int k = 0; k < kernel && t * l->as.depthwise.stride + k < l->in.T; k++) {
				const float *from = x + (size_t)(t * l->as.depthwise.stride + k) * (size_t)F;
				for (int f = 0; f < F; f++)
					y[f] += w[f * kernel + k] * from[f];
			}
	return PV_OK;
}

static void depthwise_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                               float *dparams, float *dx)
{
	(void)y, (void)tape;
	const int F = l->in.F, kernel = l->as.depthwise.kernel;
	const float *w = pass->params + l->at[0];
	float *dw = dparams + l->at[0];
	if (dx)
		memset(dx, 0, floats(l->in, pass) * sizeof *dx);
	for (int b = 0; b < pass->B; b++)
		for (int t = 0; t < l->out.T; t++, dy += F)
			for (int k = 0; k < kernel && t * l->as.depthwise.stride + k < l->in.T; k++) {
				const size_t at = ((size_t)b * (size_t)l->in.T + (size_t)(t * l->as.depthwise.stride + k)) * (size_t)F;
				for (int f = 0; f < F; f++)
					dw[f * kernel + k] += dy[f] * x[at + (size_t)f];
				for (int f = 0; dx && f < F; f++)
					dx[at + (size_t)f] += dy[f] * w[f * kernel + k];
			}
}

static void depthwise_flops(const struct nn_layer *l, int rows, double *forward, double *to_input)
{
	*forward = *to_input = 2.0 * rows * l->in.F * l->as.depthwise.kernel;
}

const struct nn_layer_kind nn_layer_depthwise = {
    .name = "depthwise", .forward = depthwise_forward, .backward = depthwise_backward, .flops = depthwise_flops};

/* ---- mean ---- */

static void mean_rows(int B, int T, int F, const float *x, float *y)
{
	memset(y, 0, (size_t)B * (size_t)F * sizeof *y);
	for (int b = 0; b < B; b++, y += F) {
		for (int t = 0; t < T; t++, x += F)
			for (int f = 0; f < F; f++)
				y[f] += x[f];
		for (int f = 0; f < F; f++)
			y[f] /= (float)T;
	}
}

static enum pv_status mean_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                   struct pv_error *err)
{
	(void)tape, (void)err;
	mean_rows(pass->B, l->in.T, l->in.F, x, y);
	return PV_OK;
}

static void mean_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                          float *dparams, float *dx)
{
	(void)x, (void)y, (void)tape, (void)dparams;
	const int F = l->in.F, T = l->in.T;
	for (int row = 0; dx && row < pass->B * T; row++)
		for (int f = 0; f < F; f++)
			dx[(size_t)row * (size_t)F + (size_t)f] = dy[(size_t)(row / T) * (size_t)F + (size_t)f] / (float)T;
}

const struct nn_layer_kind nn_layer_mean = {.name = "mean", .forward = mean_forward, .backward = mean_backward};

/*
 * ---- excite: y = x g, g = sigmoid(E swish(R mean(x) + r) + e) of each window ----
 *
 * Tensors: R (squeezed, F, 1), r (squeezed), E (F, squeezed, 1), e (F).
 */

struct rooms {
	float *mean, *reduced, *squeezed, *gate;     /* (B, F), (B, squeezed) before and after swish, (B, F) */
	float *dmean, *dreduced, *dsqueezed, *dgate; /* their gradients */
};

static size_t lay_out(const struct nn_layer *l, const struct nn_pass *pass, float *tape, struct rooms *r)
{
	const size_t n = (size_t)pass->B * (size_t)l->in.F, squeezed = (size_t)pass->B * (size_t)l->as.excite.squeezed;
	size_t used = 0;
	r->mean = nn_take(tape, &used, n);
	r->gate = nn_take(tape, &used, n);
	r->dmean = nn_take(tape, &used, n);
	r->dgate = nn_take(tape, &used, n);
	r->reduced = nn_take(tape, &used, squeezed);
	r->squeezed = nn_take(tape, &used, squeezed);
	r->dreduced = nn_take(tape, &used, squeezed);
	r->dsqueezed = nn_take(tape, &used, squeezed);
	return used;
}

static size_t excite_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	struct rooms r;
	return lay_out(l, pass, NULL, &r);
}

static enum pv_status excite_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                     struct pv_error *err)
{
	(void)err;
	const int B = pass->B, T = l->in.T, F = l->in.F, S = l->as.excite.squeezed;
	const float *p = pass->params;
	struct rooms r;
	lay_out(l, pass, tape, &r);
	mean_rows(B, T, F, x, r.mean);
	nn_linear_forward(B, F, S, p + l->at[0], p + l->at[1], r.mean, r.reduced);
	swish((size_t)B * (size_t)S, r.reduced, r.squeezed);
	nn_linear_forward(B, S, F, p + l->at[2], p + l->at[3], r.squeezed, r.gate);
	for (size_t i = 0; i < (size_t)B * (size_t)F; i++)
		r.gate[i] = nn_sigmoid(r.gate[i]);
	for (int row = 0; row < B * T; row++, x += F, y += F)
		for (int f = 0; f < F; f++)
			y[f] = x[f] * r.gate[(size_t)(row / T) * (size_t)F + (size_t)f];
	return PV_OK;
}

/* From dy to the gradient of the gate's pre-activation. */
static void gate_backward(const struct nn_layer *l, int B, const float *x, const float *dy, struct rooms *r)
{
	const int T = l->in.T, F = l->in.F;
	memset(r->dgate, 0, (size_t)B * (size_t)F * sizeof(float));
	for (int row = 0; row < B * T; row++, x += F, dy += F)
		for (int f = 0; f < F; f++)
			r->dgate[(size_t)(row / T) * (size_t)F + (size_t)f] += dy[f] * x[f];
	for (size_t i = 0; i < (size_t)B * (size_t)F; i++)
		r->dgate[i] *= r->gate[i] * (1.0f - r->gate[i]);
}

static void excite_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                            float *dparams, float *dx)
{
	(void)y;
	const int B = pass->B, T = l->in.T, F = l->in.F, S = l->as.excite.squeezed;
	const float *p = pass->params;
	struct rooms r;
	lay_out(l, pass, tape, &r);
	gate_backward(l, B, x, dy, &r);
	nn_linear_backward(B, S, F, p + l->at[2], r.squeezed, r.dgate, r.dsqueezed, dparams + l->at[2], dparams + l->at[3]);
	swish_back((size_t)B * (size_t)S, r.reduced, r.dsqueezed, r.dreduced);
	nn_linear_backward(B, F, S, p + l->at[0], r.mean, r.dreduced, r.dmean, dparams + l->at[0], dparams + l->at[1]);
	for (int row = 0; dx && row < B * T; row++)
		for (int f = 0; f < F; f++) {
			const size_t i = (size_t)row * (size_t)F + (size_t)f, column = (size_t)(row / T) * (size_t)F + (size_t)f;
			dx[i] = dy[i] * r.gate[column] + r.dmean[column] / (float)T;
		}
}

static void excite_flops(const struct nn_layer *l, int rows, double *forward, double *to_input)
{
	(void)rows;
	*forward = *to_input = 4.0 * l->in.F * l->as.excite.squeezed;
}

const struct nn_layer_kind nn_layer_excite = {
    .name = "excite", .tape_floats = excite_tape, .forward = excite_forward, .backward = excite_backward, .flops = excite_flops};

/* ---- dropout; tape: the mask ---- */

static size_t dropout_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	return floats(l->in, pass);
}

static enum pv_status dropout_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                      struct pv_error *err)
{
	(void)err;
	const size_t n = floats(l->in, pass);
	memcpy(y, x, n * sizeof *y);
	nn_dropout_draw(pass->drop, l->as.dropout.rate, n, tape, y);
	return PV_OK;
}

static void dropout_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                             float *dparams, float *dx)
{
	(void)x, (void)y, (void)dparams;
	const size_t n = floats(l->in, pass);
	nn_dropout_apply(n, tape, dy);
	if (dx && dx != dy)
		memcpy(dx, dy, n * sizeof *dx);
}

const struct nn_layer_kind nn_layer_dropout = {
    .name = "dropout", .tape_floats = dropout_tape, .forward = dropout_forward, .backward = dropout_backward, .in_place = true};

/* ---- add: y = skipped + x, or nothing of x in windows that are dropped, a share `rate`; tape: a factor for each window, and room ---- */

static size_t add_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	(void)l;
	return 2 * (size_t)pass->B;
}

static enum pv_status add_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                  struct pv_error *err)
{
	(void)err;
	const size_t n = (size_t)l->in.T * (size_t)l->in.F;
	memset(tape, 0, 2 * (size_t)pass->B * sizeof *tape);
	nn_dropout_draw(pass->drop, l->as.add.rate, (size_t)pass->B, tape, tape + pass->B);
	for (size_t i = 0; i < n * (size_t)pass->B; i++)
		y[i] = pass->skipped[i] + x[i] * tape[i / n];
	return PV_OK;
}

/* The gradient of what is skipped is dy itself: the chain adds it where it belongs. */
static void add_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                         float *dparams, float *dx)
{
	(void)x, (void)y, (void)dparams;
	const size_t n = (size_t)l->in.T * (size_t)l->in.F;
	for (size_t i = 0; dx && i < n * (size_t)pass->B; i++)
		dx[i] = dy[i] * tape[i / n];
}

const struct nn_layer_kind nn_layer_add = {.name = "add", .tape_floats = add_tape, .forward = add_forward, .backward = add_backward};
