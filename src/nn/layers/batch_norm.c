/*
 * batch_norm.c - each column normalised over all rows of all windows: y = (x - mean) / sqrt(variance + epsilon) * w + b
 *
 * While training, the moments are those of the windows that run together; a step whose windows run in groups has each group's own ("ghost
 * batches": Hoffer, Hubara, Soudry, "Train longer, generalize better", 2017). Evaluation takes the running moments. Tensors: weight, bias
 * (F); tracked: running_mean, running_var (F), num_batches_tracked (1).
 *
 * The running moments follow those of a whole step exactly: each backward pass adds, beside the gradients, the sums of d and d^2 with
 * d = x - running mean, and the number of rows; sums of groups add up, and PyTorch's update (with the unbiased variance) is made of them.
 *
 * Source: Ioffe, Szegedy, "Batch normalization" (2015). Tape: whether training, mean and 1 / sqrt(variance + epsilon) of each
 * column, and sums of a pass.
 */
#include "nn/layer.h"

#include <math.h>
#include <string.h>

enum { WEIGHT, BIAS, MEAN, VARIANCE, COUNT };

struct rooms {
	float *training; /* a flag */
	float *mean, *rstd;
	double *sum, *other; /* of a pass */
};

static size_t lay_out(const struct nn_layer *l, float *tape, struct rooms *r)
{
	const size_t F = (size_t)l->in.F, doubles = sizeof(double) / sizeof(float) * F;
	size_t used = 0;
	r->training = nn_take(tape, &used, 1);
	r->mean = nn_take(tape, &used, F);
	r->rstd = nn_take(tape, &used, F);
	r->sum = (double *)nn_take(tape, &used, doubles);
	r->other = (double *)nn_take(tape, &used, doubles);
	return used;
}

static size_t batch_norm_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	struct rooms r;
	(void)pass;
	return lay_out(l, NULL, &r);
}

static void clear(const struct nn_layer *l, struct rooms *r)
{
	memset(r->sum, 0, (size_t)l->in.F * sizeof *r->sum);
	memset(r->other, 0, (size_t)l->in.F * sizeof *r->other);
}

/* Mean, then the mean square around it: rows may be far from 0. */
static void batch_moments(const struct nn_layer *l, int N, const float *x, struct rooms *r)
{
	const int F = l->in.F;
	clear(l, r);
	for (int n = 0; n < N; n++)
		for (int f = 0; f < F; f++)
			r->sum[f] += (double)x[(size_t)n * (size_t)F + (size_t)f];
	for (int f = 0; f < F; f++)
		r->sum[f] /= N;
	for (int n = 0; n < N; n++)
		for (int f = 0; f < F; f++) {
			const double d = (double)x[(size_t)n * (size_t)F + (size_t)f] - r->sum[f];
			r->other[f] += d * d;
		}
	for (int f = 0; f < F; f++) {
		r->mean[f] = (float)r->sum[f];
		r->rstd[f] = (float)(1.0 / sqrt(r->other[f] / N + l->as.batch_norm.epsilon));
	}
}

static void running_moments(const struct nn_layer *l, const float *params, struct rooms *r)
{
	memcpy(r->mean, params + l->at[MEAN], (size_t)l->in.F * sizeof *r->mean);
	for (int f = 0; f < l->in.F; f++)
		r->rstd[f] = (float)(1.0 / sqrt((double)params[l->at[VARIANCE] + (size_t)f] + l->as.batch_norm.epsilon));
}

static enum pv_status batch_norm_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                         struct pv_error *err)
{
	(void)err;
	const int N = nn_layer_rows(l, pass), F = l->in.F;
	const float *w = pass->params + l->at[WEIGHT], *bias = pass->params + l->at[BIAS];
	struct rooms r;
	lay_out(l, tape, &r);
	*r.training = pass->drop != NULL;
	if (pass->drop)
		batch_moments(l, N, x, &r);
	else
		running_moments(l, pass->params, &r);
	for (int n = 0; n < N; n++, x += F, y += F)
		for (int f = 0; f < F; f++)
			y[f] = (x[f] - r.mean[f]) * r.rstd[f] * w[f] + bias[f];
	return PV_OK;
}

/* What the running moments will be made of. */
static void add_seen(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *dparams)
{
	const int N = nn_layer_rows(l, pass), F = l->in.F;
	const float *running = pass->params + l->at[MEAN];
	for (int n = 0; n < N; n++, x += F)
		for (int f = 0; f < F; f++) {
			const float d = x[f] - running[f];
			dparams[l->at[MEAN] + (size_t)f] += d;
			dparams[l->at[VARIANCE] + (size_t)f] += d * d;
		}
	dparams[l->at[COUNT]] += (float)N;
}

/* With xhat = (x - mean) rstd and g = dy w: dx = rstd (g - mean(g) - xhat mean(g xhat)) while training, rstd g otherwise. */
static void batch_norm_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy,
                                float *tape, float *dparams, float *dx)
{
	(void)y;
	const int N = nn_layer_rows(l, pass), F = l->in.F;
	const float *w = pass->params + l->at[WEIGHT];
	struct rooms r;
	lay_out(l, tape, &r);
	const bool training = *r.training != 0.0f;
	if (training)
		add_seen(l, pass, x, dparams);
	clear(l, &r);
	for (int n = 0; n < N; n++)
		for (int f = 0; f < F; f++) {
			const size_t i = (size_t)n * (size_t)F + (size_t)f;
			r.sum[f] += (double)dy[i];
			r.other[f] += (double)(dy[i] * (x[i] - r.mean[f]) * r.rstd[f]);
		}
	for (int f = 0; f < F; f++) {
		dparams[l->at[WEIGHT] + (size_t)f] += (float)r.other[f];
		dparams[l->at[BIAS] + (size_t)f] += (float)r.sum[f];
	}
	const double share = training ? 1.0 / N : 0.0;
	for (int n = 0; dx && n < N; n++)
		for (int f = 0; f < F; f++) {
			const size_t i = (size_t)n * (size_t)F + (size_t)f;
			const float mean_g = (float)(r.sum[f] * share), mean_p = (float)(r.other[f] * share);
			dx[i] = r.rstd[f] * w[f] * (dy[i] - mean_g - (x[i] - r.mean[f]) * r.rstd[f] * mean_p);
		}
}

static void batch_norm_track(const struct nn_layer *l, float *params, const float *seen)
{
	const double n = (double)seen[l->at[COUNT]], momentum = l->as.batch_norm.momentum;
	if (n < 2.0)
		return;
	for (size_t f = 0; f < (size_t)l->in.F; f++) {
		float *mean = &params[l->at[MEAN] + f], *variance = &params[l->at[VARIANCE] + f];
		const double d = (double)seen[l->at[MEAN] + f] / n, square = (double)seen[l->at[VARIANCE] + f] / n;
		*mean = (float)((double)*mean + momentum * d);
		*variance = (float)((1.0 - momentum) * (double)*variance + momentum * (square - d * d) * n / (n - 1.0));
	}
	params[l->at[COUNT]] += 1.0f;
}

const struct nn_layer_kind nn_layer_batch_norm = {.name = "batch_norm",
                                                  .tape_floats = batch_norm_tape,
                                                  .forward = batch_norm_forward,
                                                  .backward = batch_norm_backward,
                                                  .track = batch_norm_track};
