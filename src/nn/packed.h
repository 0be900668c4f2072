/*
 * packed.h - products with a weight matrix that is used many times: rearranged once, then no copying in any product
 *
 * A recurrent layer multiplies the same weights at every step with few rows of activations. A BLAS copies (packs) the weights anew in each
 * call, which costs up to a third of such a product; here they are packed once for a chunk.
 */
#ifndef NN_PACKED_H
#define NN_PACKED_H

#include <stdbool.h>
#include <stddef.h>

/* nn_packed_floats - room for a packed (N,K) matrix, a multiple of 16 floats */
size_t nn_packed_floats(int N, int K);

/* nn_pack_nt, nn_pack_nn - pack B for products A B^T with B (N,K), or A B with B (K,N); packed is aligned to 64 bytes */
void nn_pack_nt(int N, int K, const float *B, float *packed);
void nn_pack_nn(int N, int K, const float *B, float *packed);

/* nn_gemm_packed - C (M,N) = A (M,K) times the packed matrix, added to C when add is set */
void nn_gemm_packed(int M, int N, int K, const float *A, const float *packed, bool add, float *C);

#endif
