/*
 * rows.c - the plain layers: linear, ReLU, and those that pick or rearrange rows
 *
 * Over streams "last" is not run: every row is the last one. A flattened window is the rows that end at each row, gathered (history.h).
 */
#include "nn/layer.h"

#include <string.h>

#include "nn/blas.h"
#include "nn/linear.h"

static size_t floats(struct nn_rows rows, const struct nn_pass *pass)
{
	return (size_t)pass->B * (size_t)(pass->T ? pass->T : rows.T) * (size_t)rows.F;
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

static void linear_flops(const struct nn_layer *l, int rows, double *forward, double *to_input)
{
	*forward = *to_input = 2.0 * rows * l->in.F * l->out.F;
}

const struct nn_layer_kind nn_layer_linear = {
    .name = "linear", .forward = linear_forward, .backward = linear_backward, .flops = linear_flops, .needs_windows = nn_runs_over_streams};

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
	if (dx != dy)
		memcpy(dx, dy, floats(l->in, pass) * sizeof(float));
}

const struct nn_layer_kind nn_layer_relu = {
    .name = "relu", .forward = relu_forward, .backward = relu_backward, .in_place = true, .needs_windows = nn_runs_over_streams};

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

const struct nn_layer_kind nn_layer_last = {
    .name = "last", .forward = last_forward, .backward = last_backward, .needs_windows = nn_runs_over_streams};

/* ---- flatten: the same floats, another shape ---- */

static enum pv_status flatten_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                      struct pv_error *err)
{
	(void)tape, (void)err;
	if (pass->T)
		nn_history_gather(&l->as.flatten.history, pass->T, pass->B, l->in.F, x, pass->state, y);
	else
		memcpy(y, x, floats(l->in, pass) * sizeof(float));
	return PV_OK;
}

static void flatten_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                             float *dparams, float *dx)
{
	(void)x, (void)y, (void)tape, (void)dparams;
	if (dx && pass->T)
		nn_history_spread(&l->as.flatten.history, pass->T, pass->B, l->in.F, dy, dx);
	else if (dx)
		memcpy(dx, dy, floats(l->in, pass) * sizeof(float));
}

static int flatten_spread(struct nn_layer *l)
{
	l->as.flatten.history =
	    (struct nn_history){.taps = l->in.T, .spacing = l->spacing, .by_channel = l->kind == &nn_layer_flatten_by_channel};
	return 1;
}

static struct nn_rows flatten_state(const struct nn_layer *l)
{
	return (struct nn_rows){nn_history_rows(&l->as.flatten.history), l->in.F};
}

const struct nn_layer_kind nn_layer_flatten = {.name = "flatten",
                                               .forward = flatten_forward,
                                               .backward = flatten_backward,
                                               .needs_windows = nn_runs_over_streams,
                                               .spread = flatten_spread,
                                               .state = flatten_state};

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
	(void)err;
	if (pass->T)
		return flatten_forward(l, pass, x, y, tape, err);
	transpose((size_t)pass->B, (size_t)l->in.T, (size_t)l->in.F, x, y);
	return PV_OK;
}

static void by_channel_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy,
                                float *tape, float *dparams, float *dx)
{
	if (dx && pass->T)
		flatten_backward(l, pass, x, y, dy, tape, dparams, dx);
	else if (dx)
		transpose((size_t)pass->B, (size_t)l->in.F, (size_t)l->in.T, dy, dx);
}

const struct nn_layer_kind nn_layer_flatten_by_channel = {.name = "flatten_by_channel",
                                                          .forward = by_channel_forward,
                                                          .backward = by_channel_backward,
                                                          .needs_windows = nn_runs_over_streams,
                                                          .spread = flatten_spread,
                                                          .state = flatten_state};

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

const struct nn_layer_kind nn_layer_shift = {
    .name = "shift", .forward = shift_forward, .backward = shift_backward, .needs_windows = nn_runs_over_streams};
