/*
 * norm.c - layer normalisation over a whole window (T, F): tensors weight and bias, both (T, F)
 *
 * Tape: the moments of each window.
 */
#include "nn/layer.h"
#include "nn/normalise.h"

static size_t norm_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	(void)l;
	return 2 * (size_t)pass->B;
}

static enum pv_status norm_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                   struct pv_error *err)
{
	(void)err;
	nn_normalise_forward(pass->B, l->in.T * l->in.F, pass->params + l->at[0], pass->params + l->at[1], x, y, tape);
	return PV_OK;
}

static void norm_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                          float *dparams, float *dx)
{
	(void)y;
	nn_normalise_backward(pass->B, l->in.T * l->in.F, pass->params + l->at[0], x, tape, dy, dx, dparams + l->at[0], dparams + l->at[1]);
}

static const char *norm_needs_windows(const struct nn_layer *l)
{
	(void)l;
	return "normalises over all rows of its window (norm=True)";
}

const struct nn_layer_kind nn_layer_norm = {
    .name = "norm", .tape_floats = norm_tape, .forward = norm_forward, .backward = norm_backward, .needs_windows = norm_needs_windows};
