/*
 * packed.c - products with packed weights
 *
 *             N columns, in panels of NR
 *            +-----+-----+-----+--
 *   KC rows  |  0  |  1  |  2  | ..    a panel holds its KC x NR numbers one after the other and stays in the first-level cache
 *            +-----+-----+-----+--     while all rows of A pass it, MR at a time; the MR x NR sums live in registers
 *   KC rows  | ..  |
 *
 * Written with the compiler's vector types, so that one source serves every instruction set: two vectors of sums per row, and as many
 * rows as the registers hold. The method is that of Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008).
 */
#include "nn/packed.h"

#include <string.h>

#if defined __AVX512F__
enum { LANES = 16, MR = 12 };
#elif defined __AVX__
enum { LANES = 8, MR = 6 };
#elif defined __aarch64__
enum { LANES = 4, MR = 12 };
#else
enum { LANES = 4, MR = 6 };
#endif
enum { NR = 2 * LANES, KC = 256 };

typedef float vec __attribute__((vector_size(LANES * sizeof(float))));
typedef float vec_unaligned __attribute__((vector_size(LANES * sizeof(float)), aligned(4)));

static inline int min_int(int a, int b)
{
	return a < b ? a : b;
}

size_t nn_packed_floats(int N, int K)
{
	return ((size_t)((N + NR - 1) / NR * NR) * (size_t)K + 15) / 16 * 16;
}

/* Row and column strides tell B (K,N) from its transpose. */
static void pack(int N, int K, const float *B, size_t k_stride, size_t n_stride, float *packed)
{
	for (int k0 = 0; k0 < K; k0 += KC) {
		const int kc = min_int(KC, K - k0);
		for (int n0 = 0; n0 < N; n0 += NR) {
			const int nr = min_int(NR, N - n0);
			for (int k = 0; k < kc; k++, packed += NR) {
				const float *from = B + (size_t)(k0 + k) * k_stride + (size_t)n0 * n_stride;
				for (int n = 0; n < NR; n++)
					packed[n] = n < nr ? from[(size_t)n * n_stride] : 0.0f;
			}
		}
	}
}

void nn_pack_nt(int N, int K, const float *B, float *packed)
{
	pack(N, K, B, 1, (size_t)K, packed);
}

void nn_pack_nn(int N, int K, const float *B, float *packed)
{
	pack(N, K, B, (size_t)N, 1, packed);
}

/* rows x NR of C; rows is a constant wherever this is called, so that its loops unroll and the sums stay in registers. */
static inline __attribute__((always_inline)) void tile(const int rows, int kc, const float *A, size_t lda, const float *panel, bool add,
                                                       float *C, size_t ldc)
{
	vec sum[MR][2];
#pragma GCC unroll 12
	for (int r = 0; r < rows; r++) {
		const vec_unaligned *c = (const vec_unaligned *)(C + (size_t)r * ldc);
		sum[r][0] = add ? c[0] : (vec){0};
		sum[r][1] = add ? c[1] : (vec){0};
	}
	for (int k = 0; k < kc; k++) {
		const vec b0 = *(const vec *)(panel + (size_t)k * NR), b1 = *(const vec *)(panel + (size_t)k * NR + LANES);
#pragma GCC unroll 12
		for (int r = 0; r < rows; r++) {
			const float a = A[(size_t)r * lda + (size_t)k];
			sum[r][0] += a * b0;
			sum[r][1] += a * b1;
		}
	}
#pragma GCC unroll 12
	for (int r = 0; r < rows; r++) {
		vec_unaligned *c = (vec_unaligned *)(C + (size_t)r * ldc);
		c[0] = sum[r][0];
		c[1] = sum[r][1];
	}
}

/* All M rows of one panel. */
static void panel_product(int M, int kc, const float *A, size_t lda, const float *panel, bool add, float *C, size_t ldc)
{
	int m = 0;
	for (; m + MR <= M; m += MR)
		tile(MR, kc, A + (size_t)m * lda, lda, panel, add, C + (size_t)m * ldc, ldc);
	for (; MR > 8 && m + 8 <= M; m += 8)
		tile(MR > 8 ? 8 : 1, kc, A + (size_t)m * lda, lda, panel, add, C + (size_t)m * ldc, ldc);
	for (; m + 4 <= M; m += 4)
		tile(4, kc, A + (size_t)m * lda, lda, panel, add, C + (size_t)m * ldc, ldc);
	for (; m < M; m++)
		tile(1, kc, A + (size_t)m * lda, lda, panel, add, C + (size_t)m * ldc, ldc);
}

/* The last panel may be narrower than NR: its rows pass through a buffer. */
static void narrow_product(int M, int nr, int kc, const float *A, size_t lda, const float *panel, bool add, float *C, size_t ldc)
{
	float buffer[MR * NR];
	const size_t n_bytes = (size_t)nr * sizeof(float);
	memset(buffer, 0, sizeof buffer);
	for (int m = 0; m < M; m += MR) {
		const int rows = min_int(MR, M - m);
		float *from = C + (size_t)m * ldc;
		for (int r = 0; add && r < rows; r++)
			memcpy(buffer + r * NR, from + (size_t)r * ldc, n_bytes);
		panel_product(rows, kc, A + (size_t)m * lda, lda, panel, add, buffer, NR);
		for (int r = 0; r < rows; r++)
			memcpy(from + (size_t)r * ldc, buffer + r * NR, n_bytes);
	}
}

void nn_gemm_packed(int M, int N, int K, const float *A, const float *packed, bool add, float *C)
{
	const size_t lda = (size_t)K, ldc = (size_t)N;
	for (int k0 = 0; k0 < K; k0 += KC) {
		const int kc = min_int(KC, K - k0);
		for (int n0 = 0; n0 < N; n0 += NR, packed += (size_t)kc * NR) {
			if (N - n0 >= NR)
				panel_product(M, kc, A + k0, lda, packed, add || k0 > 0, C + n0, ldc);
			else
				narrow_product(M, N - n0, kc, A + k0, lda, packed, add || k0 > 0, C + n0, ldc);
		}
	}
}
