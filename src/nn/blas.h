/*
 * blas.h - the few matrix products the layers need, over any CBLAS
 *
 * All matrices are row-major without gaps between rows unless a leading dimension is given.
 */
#ifndef NN_BLAS_H
#define NN_BLAS_H

#include <stdbool.h>
#include <stddef.h>

/* C (M,N) = beta C + A (M,K) B^T, B is (N,K): activations times weights (out, in) */
void nn_gemm_nt(int M, int N, int K, const float *A, const float *B, float beta, float *C);

/* C (M,N) = beta C + A (M,K) B (K,N): gradients of outputs times weights (out, in) */
void nn_gemm_nn(int M, int N, int K, const float *A, const float *B, float beta, float *C);

/* C (M,N) += A^T B, A is (K,M), B is (K,N): gradient of weights from K rows of output gradients and inputs */
void nn_gemm_tn_add(int M, int N, int K, const float *A, const float *B, float *C);

/* A matrix inside a wider one: rows are `stride` floats apart. */
struct nn_matrix {
	const float *at;
	int stride;
	bool transposed; /* used as its transpose */
};

/* C (M,N) = beta C + alpha A (M,K) B (K,N), each of them inside a wider matrix */
void nn_gemm(int M, int N, int K, float alpha, struct nn_matrix A, struct nn_matrix B, float beta, float *C, int C_stride);

/* sum (N) += column sums of A (M,N) */
void nn_add_column_sums(int M, int N, const float *A, float *sum);

/* nn_floats_new - n floats at a multiple of 64 bytes, zeroed; free() releases; NULL when memory is out or n is too large */
float *nn_floats_new(size_t n);

#endif
