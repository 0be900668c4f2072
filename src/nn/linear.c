/*
 * linear.c - ReLU and the linear layer, forward and backward
 *
 * A machine is a row of W: its predicted time is the row's dot product with the representation.
 */
#include "nn/linear.h"

#include <string.h>

#include "nn/activations.h"
#include "nn/blas.h"

void nn_relu_forward(size_t n, const float *x, float *y)
{
	for (size_t i = 0; i < n; i++)
		y[i] = nn_max(x[i], 0.0f);
}

void nn_relu_backward(size_t n, const float *y, float *dy)
{
	for (size_t i = 0; i < n; i++)
		dy[i] = y[i] > 0.0f ? dy[i] : 0.0f;
}

void nn_linear_forward(int N, int D, int K, const float *W, const float *b, const float *x, float *y)
{
	for (int n = 0; b && n < N; n++)
		memcpy(y + (size_t)n * (size_t)K, b, (size_t)K * sizeof(float));
	nn_gemm_nt(N, K, D, x, W, b ? 1.0f : 0.0f, y);
}

void nn_linear_backward(int N, int D, int K, const float *W, const float *x, const float *dy, float *dx, float *dW, float *db)
{
	nn_gemm_tn_add(K, D, N, dy, x, dW);
	if (db)
		nn_add_column_sums(N, K, dy, db);
	nn_gemm_nn(N, D, K, dy, W, 0.0f, dx);
}
