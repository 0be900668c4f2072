/*
 * normalise.c - layer normalisation, forward and backward
 *
 * With xhat = (x - mean) rstd and g = dy w:  dx = rstd (g - mean(g) - xhat mean(g xhat)). Sums are in double: a row may hold raw counts
 * of 1e6 beside flags, and mean and variance are their differences.
 */
#include "nn/normalise.h"

#include <math.h>
#include <stddef.h>

void nn_normalise_forward(int M, int N, const float *w, const float *b, const float *x, float *y, float *moments)
{
	for (int m = 0; m < M; m++, x += N, y += N, moments += 2) {
		double sum = 0.0, squares = 0.0;
		for (int n = 0; n < N; n++)
			sum += (double)x[n];
		const double mean = sum / N;
		for (int n = 0; n < N; n++)
			squares += ((double)x[n] - mean) * ((double)x[n] - mean);
		moments[0] = (float)mean;
		moments[1] = (float)(1.0 / sqrt(squares / N + 1e-5));
		for (int n = 0; n < N; n++)
			y[n] = (x[n] - moments[0]) * moments[1] * w[n] + b[n];
	}
}

void nn_normalise_backward(int M, int N, const float *w, const float *x, const float *moments, const float *dy, float *dx, float *dw,
                           float *db)
{
	for (int m = 0; m < M; m++, x += N, dy += N, moments += 2) {
		double sum = 0.0, projection = 0.0;
		const float mean = moments[0], rstd = moments[1];
		for (int n = 0; n < N; n++) {
			const float xhat = (x[n] - mean) * rstd;
			dw[n] += dy[n] * xhat;
			db[n] += dy[n];
			sum += (double)(dy[n] * w[n]);
			projection += (double)(dy[n] * w[n] * xhat);
		}
		if (!dx)
			continue;
		const float mean_g = (float)(sum / N), mean_p = (float)(projection / N);
		for (int n = 0; n < N; n++)
			dx[n] = rstd * (dy[n] * w[n] - mean_g - (x[n] - mean) * rstd * mean_p);
		dx += N;
	}
}
