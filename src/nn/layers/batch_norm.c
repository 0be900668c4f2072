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
 * Source: Ioffe, Szegedy, "Batch normalization" (2015). Tape: whether training, mean and 1 / sqrt(variance + epsilon) of each column.
 */
#include "nn/layer.h"

#include <math.h>

enum { WEIGHT, BIAS, MEAN, VARIANCE, COUNT };

/* Where moments lie behind the flag. */
enum { MOMENTS = 16 };

static size_t batch_norm_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	(void)pass;
	return MOMENTS + 2 * (size_t)l->in.F;
}

static void batch_moments(const struct nn_layer *l, int N, const float *x, int f, float *mean, float *rstd)
{
	const size_t F = (size_t)l->in.F;
	double sum = 0.0, squares = 0.0;
	for (int n = 0; n < N; n++)
		sum += (double)x[(size_t)n * F + (size_t)f];
	*mean = (float)(sum / N);
	for (int n = 0; n < N; n++) {
		const double d = (double)x[(size_t)n * F + (size_t)f] - sum / N;
		squares += d * d;
	}
	*rstd = (float)(1.0 / sqrt(squares / N + l->as.batch_norm.epsilon));
}

static enum pv_status batch_norm_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                         struct pv_error *err)
{
	(void)err;
	const int N = nn_layer_rows(l, pass), F = l->in.F;
	const float *p = pass->params;
	float *mean = tape + MOMENTS, *rstd = mean + F;
	tape[0] = pass->drop != NULL;
	for (int f = 0; f < F; f++) {
		if (pass->drop) {
			batch_moments(l, N, x, f, &mean[f], &rstd[f]);
			continue;
		}
		mean[f] = p[l->at[MEAN] + (size_t)f];
		rstd[f] = (float)(1.0 / sqrt((double)p[l->at[VARIANCE] + (size_t)f] + l->as.batch_norm.epsilon));
	}
	for (int n = 0; n < N; n++, x += F, y += F)
		for (int f = 0; f < F; f++)
			y[f] = (x[f] - mean[f]) * rstd[f] * p[l->at[WEIGHT] + (size_t)f] + p[l->at[BIAS] + (size_t)f];
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
	const bool training = tape[0] != 0.0f;
	const float *mean = tape + MOMENTS, *rstd = mean + F, *w = pass->params + l->at[WEIGHT];
	if (training)
		add_seen(l, pass, x, dparams);
	for (int f = 0; f < F; f++) {
		double sum = 0.0, projection = 0.0;
		for (int n = 0; n < N; n++) {
			const size_t i = (size_t)n * (size_t)F + (size_t)f;
			sum += (double)dy[i];
			projection += (double)(dy[i] * (x[i] - mean[f]) * rstd[f]);
		}
		dparams[l->at[WEIGHT] + (size_t)f] += (float)projection;
		dparams[l->at[BIAS] + (size_t)f] += (float)sum;
		const float mean_g = training ? (float)(sum / N) : 0.0f, mean_p = training ? (float)(projection / N) : 0.0f;
		for (int n = 0; dx && n < N; n++) {
			const size_t i = (size_t)n * (size_t)F + (size_t)f;
			dx[i] = rstd[f] * w[f] * (dy[i] - mean_g - (x[i] - mean[f]) * rstd[f] * mean_p);
		}
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
