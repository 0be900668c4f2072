/*
 * u_nn_packed.c - products with packed weights against plain loops, at sizes around the edges of panels, row blocks and depth blocks
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "nn/blas.h"
#include "nn/packed.h"

static float *random_floats(struct base_random *rng, int n)
{
	float *p = nn_floats_new((size_t)n);
	assert_non_null(p);
	for (int i = 0; i < n; i++)
		p[i] = (float)(2.0 * base_random_unit(rng) - 1.0);
	return p;
}

static void check(struct base_random *rng, int M, int N, int K, bool transposed, bool add)
{
	float *A = random_floats(rng, M * K), *B = random_floats(rng, N * K), *C = random_floats(rng, M * N);
	float *before = nn_floats_new((size_t)(M * N)), *packed = nn_floats_new(nn_packed_floats(N, K));
	assert_true(before && packed);
	for (int i = 0; i < M * N; i++)
		before[i] = C[i];
	if (transposed)
		nn_pack_nt(N, K, B, packed);
	else
		nn_pack_nn(N, K, B, packed);
	nn_gemm_packed(M, N, K, A, packed, add, C);
	for (int m = 0; m < M; m++) {
		for (int n = 0; n < N; n++) {
			double sum = add ? (double)before[m * N + n] : 0.0;
			for (int k = 0; k < K; k++)
				sum += (double)A[m * K + k] * (double)B[transposed ? n * K + k : k * N + n];
			if (!(fabs(sum - (double)C[m * N + n]) < 1e-6 * (K + 1)))
				fail_msg("(%d, %d, %d), element (%d, %d) is %g, expected %g", M, N, K, m, n, (double)C[m * N + n], sum);
		}
	}
	free(A);
	free(B);
	free(C);
	free(before);
	free(packed);
}

static void test_packed__equals_plain_product(void **state)
{
	(void)state;
	static const int M[] = {1, 3, 4, 8, 9, 11, 12, 13, 20, 31}, N[] = {1, 8, 31, 32, 33, 70}, K[] = {1, 51, 256, 257};
	struct base_random rng;
	base_random_init(&rng, 3);
	for (size_t m = 0; m < sizeof M / sizeof M[0]; m++)
		for (size_t n = 0; n < sizeof N / sizeof N[0]; n++)
			for (size_t k = 0; k < sizeof K / sizeof K[0]; k++)
				for (int variant = 0; variant < 4; variant++)
					check(&rng, M[m], N[n], K[k], variant & 1, variant & 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_packed__equals_plain_product)};
	return cmocka_run_group_tests_name("packed products", tests, NULL, NULL);
}
