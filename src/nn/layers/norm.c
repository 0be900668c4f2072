/*
 * norm.c - layer normalisation over a whole window (T, F): tensors weight and bias, both (T, F)
 *
 * Tape: the moments of each window.
 */
#include "nn/layer.h"
#include "nn/normalise.h"

static size_t norm_tape(const struct pv_layer *l, const struct pv_pass *pass)
{
	(void)l;
	return 2 * (size_t)pass->B;
}

static enum pv_status norm_forward(const struct pv_layer *l, const struct pv_pass *pass, const float *x, float *y, float *tape,
                                   struct pv_error *err)
{
	(void)err;
	pv_normalise_forward(pass->B, l->in.T * l->in.F, pass->params + l->at[0], pass->params + l->at[1], x, y, tape);
	return PV_OK;
}

static void norm_backward(const struct pv_layer *l, const struct pv_pass *pass, const float *x, const float *y, float *dy, float *tape,
                          float *dparams, float *dx)
{
	(void)y;
	pv_normalise_backward(pass->B, l->in.T * l->in.F, pass->params + l->at[0], x, tape, dy, dx, dparams + l->at[0], dparams + l->at[1]);
}

static const char *norm_needs_windows(const struct pv_layer *l)
{
	(void)l;
	return "normalises over all rows of its window (norm=True)";
}

const struct pv_layer_kind pv_layer_norm = {
    .name = "norm", .tape_floats = norm_tape, .forward = norm_forward, .backward = norm_backward, .needs_windows = norm_needs_windows};
