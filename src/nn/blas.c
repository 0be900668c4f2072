/*
 * blas.c - matrix products over CBLAS
 *
 * The layers speak in terms of (out, in) weights and rows of activations; this is the only file that knows how a CBLAS call is spelled.
 */
#include "nn/blas.h"

#include <cblas.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void nn_gemm_nt(int M, int N, int K, const float *A, const float *B, float beta, float *C)
{
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, M, N, K, 1.0f, A, K, B, K, beta, C, N);
}

void nn_gemm_nn(int M, int N, int K, const float *A, const float *B, float beta, float *C)
{
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, M, N, K, 1.0f, A, K, B, N, beta, C, N);
}

void nn_gemm_tn_add(int M, int N, int K, const float *A, const float *B, float *C)
{
	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, M, N, K, 1.0f, A, M, B, N, 1.0f, C, N);
}

void nn_gemm(int M, int N, int K, float alpha, struct nn_matrix A, struct nn_matrix B, float beta, float *C, int C_stride)
{
	cblas_sgemm(CblasRowMajor, A.transposed ? CblasTrans : CblasNoTrans, B.transposed ? CblasTrans : CblasNoTrans, M, N, K, alpha, A.at,
	            A.stride, B.at, B.stride, beta, C, C_stride);
}

void nn_add_column_sums(int M, int N, const float *A, float *sum)
{
	for (int m = 0; m < M; m++) {
		const float *row = A + (size_t)m * (size_t)N;
		for (int n = 0; n < N; n++)
			sum[n] += row[n];
	}
}

float *nn_floats_new(size_t n)
{
	if (n > (SIZE_MAX - 64) / sizeof(float))
		return NULL;
	size_t n_bytes = (n * sizeof(float) + 64) / 64 * 64;
	float *p = aligned_alloc(64, n_bytes);
	if (p)
		memset(p, 0, n_bytes);
	return p;
}
