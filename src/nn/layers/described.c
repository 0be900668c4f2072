/*
 * described.c - outputs whose weights come from descriptions of the machines, not from a row each
 *
 *   W (n, F) = relu(d A^T + a) C^T + c,  d (n, parameters) frozen;   y = x W^T
 *
 * Tensors: A (hidden, parameters), a (hidden), C (F, hidden), c (F), d (n, parameters) frozen. A machine that was never trained is
 * predicted by its description. Tape: the hidden rows, W, and room for their gradients.
 */
#include "nn/layer.h"

#include <string.h>

#include "nn/blas.h"
#include "nn/linear.h"

struct rooms {
	float *hidden, *dhidden; /* (n, hidden) */
	float *W, *dW;           /* (n, F) */
	float *unused;           /* (n, parameters) gradient of what is frozen */
};

static size_t lay_out(const struct nn_layer *l, float *tape, struct rooms *r)
{
	const size_t n = (size_t)l->as.described.n, hidden = (size_t)l->as.described.hidden, F = (size_t)l->in.F;
	size_t used = 0;
	r->hidden = nn_take(tape, &used, n * hidden);
	r->dhidden = nn_take(tape, &used, n * hidden);
	r->W = nn_take(tape, &used, n * F);
	r->dW = nn_take(tape, &used, n * F);
	r->unused = nn_take(tape, &used, n * (size_t)l->as.described.parameters);
	return used;
}

static size_t described_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	(void)pass;
	struct rooms r;
	return lay_out(l, NULL, &r);
}

static enum pv_status described_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                        struct pv_error *err)
{
	(void)err;
	const int n = l->as.described.n, hidden = l->as.described.hidden, P = l->as.described.parameters, F = l->in.F;
	const float *p = pass->params;
	struct rooms r;
	lay_out(l, tape, &r);
	nn_linear_forward(n, P, hidden, p + l->at[0], p + l->at[1], p + l->at[4], r.hidden);
	nn_relu_forward((size_t)n * (size_t)hidden, r.hidden, r.hidden);
	nn_linear_forward(n, hidden, F, p + l->at[2], p + l->at[3], r.hidden, r.W);
	nn_linear_forward(nn_layer_rows(l, pass), F, n, r.W, NULL, x, y);
	return PV_OK;
}

static void described_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                               float *dparams, float *dx)
{
	(void)y;
	const int n = l->as.described.n, hidden = l->as.described.hidden, P = l->as.described.parameters, F = l->in.F;
	const int N = nn_layer_rows(l, pass);
	const float *p = pass->params;
	struct rooms r;
	lay_out(l, tape, &r);
	memset(r.dW, 0, (size_t)n * (size_t)F * sizeof(float));
	nn_gemm_tn_add(n, F, N, dy, x, r.dW);
	if (dx)
		nn_gemm_nn(N, F, n, dy, r.W, 0.0f, dx);
	nn_linear_backward(n, hidden, F, p + l->at[2], r.hidden, r.dW, r.dhidden, dparams + l->at[2], dparams + l->at[3]);
	nn_relu_backward((size_t)n * (size_t)hidden, r.hidden, r.dhidden);
	nn_linear_backward(n, P, hidden, p + l->at[0], p + l->at[4], r.dhidden, r.unused, dparams + l->at[0], dparams + l->at[1]);
}

static void described_flops(const struct nn_layer *l, int rows, double *forward, double *to_input)
{
	*forward = *to_input = 2.0 * rows * l->in.F * l->as.described.n; /* making W is shared by all windows */
}

const struct nn_layer_kind nn_layer_described = {.name = "described",
                                                 .tape_floats = described_tape,
                                                 .forward = described_forward,
                                                 .backward = described_backward,
                                                 .flops = described_flops,
                                                 .needs_windows = nn_runs_over_streams};
