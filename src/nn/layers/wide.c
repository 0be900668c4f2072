/*
 * wide.c - the chain's inputs and a 1 beside each row: (F, inputs, 1)
 *
 * What time is a linear function of need not be learnt by the layers below then. The inputs' rows are the last of the window: as many as
 * the layer has. Source: Cheng et al., "Wide & deep learning for recommender systems", DLRS 2016.
 */
#include "nn/layer.h"

#include <string.h>

static enum pv_status wide_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                   struct pv_error *err)
{
	(void)tape, (void)err;
	const size_t F = (size_t)l->in.F, D = (size_t)l->out.F, inputs = D - F - 1, n = (size_t)nn_layer_rows(l, pass);
	const size_t T = (size_t)l->in.T, skipped = (size_t)pass->window_rows - T;
	for (size_t i = 0; i < n; i++, x += F, y += D) {
		const size_t row = pass->T ? i : i + (i / T + 1) * skipped;
		memcpy(y, x, F * sizeof *y);
		memcpy(y + F, pass->input + row * inputs, inputs * sizeof *y);
		y[D - 1] = 1;
	}
	return PV_OK;
}

static void wide_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                          float *dparams, float *dx)
{
	(void)x, (void)y, (void)tape, (void)dparams;
	const size_t F = (size_t)l->in.F, D = (size_t)l->out.F, n = (size_t)nn_layer_rows(l, pass);
	for (size_t i = 0; dx && i < n; i++)
		memmove(dx + i * F, dy + i * D, F * sizeof *dx);
}

const struct nn_layer_kind nn_layer_wide = {
    .name = "wide", .forward = wide_forward, .backward = wide_backward, .in_place = true, .needs_windows = nn_runs_over_streams};
