/*
 * positions.c - tells the rows of a window apart: adds a frozen (1, T, F) tensor of sinusoids, then dropout
 *
 *   pe[t][2i] = sin(t / 10000^(2i / F')), pe[t][2i + 1] = cos(the same), F' = F made even
 *
 * Source: Vaswani et al., "Attention is all you need" (2017). Tape: the dropout mask.
 */
#include "nn/layer.h"

#include <string.h>

#include "nn/dropout.h"

static size_t row_floats(const struct nn_layer *l)
{
	return (size_t)l->in.T * (size_t)l->in.F;
}

static size_t positions_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	return l->as.positions.dropout > 0.0 ? (size_t)pass->B * row_floats(l) : 0;
}

static enum pv_status positions_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                        struct pv_error *err)
{
	(void)err;
	const size_t n = row_floats(l), all = n * (size_t)pass->B;
	const float *pe = pass->params + l->at[0];
	for (size_t i = 0; i < all; i++)
		y[i] = x[i] + pe[i % n];
	nn_dropout_draw(pass->drop, l->as.positions.dropout, all, l->as.positions.dropout > 0.0 ? tape : NULL, y);
	return PV_OK;
}

static void positions_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                               float *dparams, float *dx)
{
	(void)x, (void)y, (void)dparams;
	if (!dx)
		return;
	const size_t all = row_floats(l) * (size_t)pass->B;
	memcpy(dx, dy, all * sizeof(float));
	nn_dropout_apply(all, l->as.positions.dropout > 0.0 ? tape : NULL, dx);
}

static const char *positions_needs_windows(const struct nn_layer *l)
{
	(void)l;
	return "numbers the rows of its window";
}

const struct nn_layer_kind nn_layer_positions = {.name = "positions",
                                                 .tape_floats = positions_tape,
                                                 .forward = positions_forward,
                                                 .backward = positions_backward,
                                                 .needs_windows = positions_needs_windows};
