/*
 * rows.c - the plain layers: linear, ReLU, and those that pick or rearrange rows
 */
#include "nn/layer.h"

#include <string.h>

#include "nn/blas.h"
#include "nn/linear.h"

static size_t floats(struct nn_rows rows, const struct nn_pass *pass)
{
	return (size_t)pass->B * (size_t)rows.T * (size_t)rows.F;
}

/* ---- linear: tensors weight, [bias] ---- */

static enum pv_status linear_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                     struct pv_error *err)
{
	(void)tape, (void)err;
	nn_linear_forward(nn_layer_rows(l, pass), l->in.F, l->out.F, pass->params + l->at[0],
	                  l->as.linear.bias ? pass->params + l->at[1] : NULL, x, y);
	return PV_OK;
}

static void linear_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                            float *dparams, float *dx)
{
	(void)y, (void)tape;
	const int N = nn_layer_rows(l, pass);
	nn_gemm_tn_add(l->out.F, l->in.F, N, dy, x, dparams + l->at[0]);
	if (l->as.linear.bias)
		nn_add_column_sums(N, l->out.F, dy, dparams + l->at[1]);
	if (dx)
		nn_gemm_nn(N, l->in.F, l->out.F, dy, pass->params + l->at[0], 0.0f, dx);
}

static void linear_flops(const struct nn_layer *l, double *forward, double *to_input)
{
	*forward = *to_input = 2.0 * l->in.T * l->in.F * l->out.F;
}

const struct nn_layer_kind nn_layer_linear = {"linear", NULL, linear_forward, linear_backward, linear_flops};

/* ---- relu ---- */

static enum pv_status relu_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                   struct pv_error *err)
{
	(void)tape, (void)err;
	nn_relu_forward(floats(l->in, pass), x, y);
	return PV_OK;
}

static void relu_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                          float *dparams, float *dx)
{
	(void)x, (void)tape, (void)dparams;
	if (!dx)
		return;
	nn_relu_backward(floats(l->in, pass), y, dy);
	memcpy(dx, dy, floats(l->in, pass) * sizeof(float));
}

const struct nn_layer_kind nn_layer_relu = {"relu", NULL, relu_forward, relu_backward, NULL};

/* ---- last ---- */

static enum pv_status last_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                   struct pv_error *err)
{
	(void)tape, (void)err;
	const size_t F = (size_t)l->in.F, T = (size_t)l->in.T;
	for (size_t b = 0; b < (size_t)pass->B; b++)
		memcpy(y + b * F, x + ((b + 1) * T - 1) * F, F * sizeof(float));
	return PV_OK;
}

static void last_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                          float *dparams, float *dx)
{
	(void)x, (void)y, (void)tape, (void)dparams;
	if (!dx)
		return;
	const size_t F = (size_t)l->in.F, T = (size_t)l->in.T;
	memset(dx, 0, floats(l->in, pass) * sizeof(float));
	for (size_t b = 0; b < (size_t)pass->B; b++)
		memcpy(dx + ((b + 1) * T - 1) * F, dy + b * F, F * sizeof(float));
}

const struct nn_layer_kind nn_layer_last = {"last", NULL, last_forward, last_backward, NULL};

/* ---- flatten: the same floats, another shape ---- */

static enum pv_status flatten_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                      struct pv_error *err)
{
	(void)tape, (void)err;
	memcpy(y, x, floats(l->in, pass) * sizeof(float));
	return PV_OK;
}

static void flatten_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                             float *dparams, float *dx)
{
	(void)x, (void)y, (void)tape, (void)dparams;
	if (dx)
		memcpy(dx, dy, floats(l->in, pass) * sizeof(float));
}

const struct nn_layer_kind nn_layer_flatten = {"flatten", NULL, flatten_forward, flatten_backward, NULL};

/* ---- flatten_by_channel: (T, F) to (F, T), then as flatten ---- */

static void transpose(size_t B, size_t rows, size_t columns, const float *x, float *y)
{
	for (size_t b = 0; b < B; b++, x += rows * columns, y += rows * columns)
		for (size_t r = 0; r < rows; r++)
			for (size_t c = 0; c < columns; c++)
				y[c * rows + r] = x[r * columns + c];
}

static enum pv_status by_channel_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                         struct pv_error *err)
{
	(void)tape, (void)err;
	transpose((size_t)pass->B, (size_t)l->in.T, (size_t)l->in.F, x, y);
	return PV_OK;
}

static void by_channel_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy,
                                float *tape, float *dparams, float *dx)
{
	(void)x, (void)y, (void)tape, (void)dparams;
	if (dx)
		transpose((size_t)pass->B, (size_t)l->in.F, (size_t)l->in.T, dy, dx);
}

const struct nn_layer_kind nn_layer_flatten_by_channel = {"flatten_by_channel", NULL, by_channel_forward, by_channel_backward, NULL};

/* ---- shift: tensor (1) ---- */

static enum pv_status shift_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                    struct pv_error *err)
{
	(void)tape, (void)err;
	const float shift = pass->params[l->at[0]];
	for (size_t i = 0; i < floats(l->in, pass); i++)
		y[i] = x[i] + shift;
	return PV_OK;
}

static void shift_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                           float *dparams, float *dx)
{
	(void)x, (void)y, (void)tape;
	double sum = 0.0;
	for (size_t i = 0; i < floats(l->in, pass); i++)
		sum += (double)dy[i];
	dparams[l->at[0]] += (float)sum;
	if (dx)
		memcpy(dx, dy, floats(l->in, pass) * sizeof(float));
}

const struct nn_layer_kind nn_layer_shift = {"shift", NULL, shift_forward, shift_backward, NULL};
