/*
 * norm.c - layer normalisation over a whole window (T, F): tensors weight and bias, both (T, F)
 *
 * Tape: the moments of each window.
 */
#include "nn/layer.h"
#include "nn/normalise.h"

static size_t norm_tape(const struct nn_layer *l, int B)
{
	(void)l;
	return 2 * (size_t)B;
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

const struct nn_layer_kind nn_layer_norm = {"norm", norm_tape, norm_forward, norm_backward, NULL};
