/*
 * losses.c - the reference's losses: sums of elements' losses, and their gradients
 *
 * Every loss is a function of e = (output - target) * r, where r is 1 or 1 / (target + 1); its square or its absolute value is summed. RMSE
 * is MSE with a root at the very end, which only changes the scale of the gradient.
 */
#include "nn/losses.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static bool is_absolute(enum nn_loss_kind kind)
{
	return kind == NN_LOSS_L1 || kind == NN_LOSS_NL1;
}

static bool is_relative(enum nn_loss_kind kind)
{
	return kind == NN_LOSS_NMSE || kind == NN_LOSS_NL1;
}

double nn_loss_count(const float *weight, size_t N, int K)
{
	double sum = weight ? 0.0 : (double)N;
	for (size_t n = 0; weight && n < N; n++)
		sum += (double)weight[n];
	return sum * K;
}

static double row_sum(bool absolute, bool relative, const float *output, const float *target, int K)
{
	double sum = 0.0;
	for (int k = 0; k < K; k++) {
		double e = (double)output[k] - (double)target[k];
		if (relative)
			e /= (double)target[k] + 1.0;
		sum += absolute ? fabs(e) : e * e;
	}
	return sum;
}

double nn_loss_sum(enum nn_loss_kind kind, const float *output, const float *target, const float *weight, size_t N, int K)
{
	double sum = 0.0;
	for (size_t n = 0; n < N; n++) {
		const double w = weight ? (double)weight[n] : 1.0;
		if (w != 0.0)
			sum += w * row_sum(is_absolute(kind), is_relative(kind), output + n * (size_t)K, target + n * (size_t)K, K);
	}
	return sum;
}

double nn_loss_value(enum nn_loss_kind kind, double sum, double n)
{
	if (n <= 0.0)
		return 0.0;
	return kind == NN_LOSS_RMSE ? sqrt(sum / n) : sum / n;
}

double nn_loss_scale(enum nn_loss_kind kind, double sum, double n)
{
	if (n <= 0.0)
		return 0.0;
	if (kind != NN_LOSS_RMSE)
		return 1.0 / n;
	return sum > 0.0 ? 0.5 / sqrt(sum * n) : 0.0;
}

static void row_gradient(bool absolute, bool relative, const float *output, const float *target, int K, float scale, float *doutput)
{
	for (int k = 0; k < K; k++) {
		float e = output[k] - target[k];
		float r = relative ? 1.0f / (target[k] + 1.0f) : 1.0f;
		float slope = absolute ? (float)((e * r > 0.0f) - (e * r < 0.0f)) : 2.0f * e * r;
		doutput[k] = scale * slope * r;
	}
}

void nn_loss_gradient(enum nn_loss_kind kind, const float *output, const float *target, const float *weight, size_t N, int K, double scale,
                      float *doutput)
{
	for (size_t n = 0; n < N; n++) {
		const double w = weight ? (double)weight[n] : 1.0;
		const size_t row = n * (size_t)K;
		if (w != 0.0)
			row_gradient(is_absolute(kind), is_relative(kind), output + row, target + row, K, (float)(w * scale),
			             doutput + row);
		else
			memset(doutput + row, 0, (size_t)K * sizeof(float));
	}
}
