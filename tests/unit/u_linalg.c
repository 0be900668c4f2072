/*
 * u_linalg.c - linear algebra against results worked out by hand
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "base/random.h"

static void assert_near(double got, double expected)
{
	if (!(fabs(got - expected) <= 1e-12))
		fail_msg("%.17g is not %.17g", got, expected);
}

static void assert_all_near(const double *got, const double *expected, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_near(got[i], expected[i]);
}

/* A = L L^T with L = (2 0 0; 6 1 0; -8 5 3); what stands above the diagonal is not read and stays. */
static void test_cholesky__of_three_by_three(void **state)
{
	(void)state;
	double a[] = {4, 77, 77, 12, 37, 77, -16, -43, 98};
	const double l[] = {2, 77, 77, 6, 1, 77, -8, 5, 3};
	assert_true(base_cholesky(a, 3));
	assert_all_near(a, l, 9);
}

static void test_cholesky__refuses_what_is_not_positive_definite(void **state)
{
	(void)state;
	double indefinite[] = {1, 0, 2, 1}, singular[] = {1, 0, 1, 1}, endless[] = {INFINITY, 0, 0, 1}, none[] = {NAN};
	assert_false(base_cholesky(indefinite, 2));
	assert_false(base_cholesky(singular, 2));
	assert_false(base_cholesky(endless, 2));
	assert_false(base_cholesky(none, 1));
}

/* The same A; x = (1 -1 2)^T and (0 3 1)^T */
static void test_solve__two_right_hand_sides(void **state)
{
	(void)state;
	double l[] = {2, 0, 0, 6, 1, 0, -8, 5, 3};
	double b[] = {4 - 12 - 32, 36 - 16, 12 - 37 - 86, 111 - 43, -16 + 43 + 196, -129 + 98};
	const double x[] = {1, 0, -1, 3, 2, 1};
	base_cholesky_solve(l, 3, b, 2);
	assert_all_near(b, x, 6);
}

static void test_inverse__times_the_matrix_is_one(void **state)
{
	(void)state;
	const double a[] = {4, 12, -16, 12, 37, -43, -16, -43, 98}, one[] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
	double inverse[] = {4, 0, 0, 12, 37, 0, -16, -43, 98}, product[9];
	assert_true(base_cholesky(inverse, 3));
	base_cholesky_inverse(inverse, 3);
	base_multiply(3, 3, 3, 1, a, inverse, 0, product);
	for (size_t i = 0; i < 9; i++)
		assert_true(fabs(product[i] - one[i]) < 1e-10);
}

/* X = (1 2; 3 4; 5 6): X^T X = (35 44; 44 56) */
static void test_gram__adds_to_the_lower_triangle(void **state)
{
	(void)state;
	const double x[] = {1, 2, 3, 4, 5, 6}, expected[] = {36, 77, 44, 56};
	double g[] = {1, 77, 0, 0};
	base_add_gram(3, 2, x, g);
	assert_all_near(g, expected, 4);
}

/* A = (1 2 3; 4 5 6), B = (1 0; 2 1; 0 3): A B = (5 11; 14 23) */
static void test_multiply__as_is_and_transposed(void **state)
{
	(void)state;
	const double a[] = {1, 2, 3, 4, 5, 6}, at[] = {1, 4, 2, 5, 3, 6}, b[] = {1, 0, 2, 1, 0, 3}, bt[] = {1, 2, 0, 0, 1, 3};
	const double expected[] = {5, 11, 14, 23}, twice[] = {15, 33, 42, 69};
	double c[4] = {NAN, NAN, NAN, NAN};
	base_multiply(2, 2, 3, 1, a, b, 0, c);
	assert_all_near(c, expected, 4);
	base_multiply_tn(2, 2, 3, 2, at, b, 1, c);
	assert_all_near(c, twice, 4);
	base_multiply_nt(2, 2, 3, 1, a, bt, 0, c);
	assert_all_near(c, expected, 4);
}

/* (2 1; 1 2): values 1 and 3, vectors (1 -1) / sqrt 2 and (1 1) / sqrt 2 */
static void test_eigen__smallest_first_vectors_in_rows(void **state)
{
	(void)state;
	double a[] = {2, 77, 1, 2}, values[2];
	assert_int_equal(base_symmetric_eigen(a, 2, values, NULL), PV_OK);
	assert_near(values[0], 1);
	assert_near(values[1], 3);
	assert_near(fabs(a[0]), sqrt(0.5));
	assert_near(a[0] + a[1], 0);
	assert_near(fabs(a[2]), sqrt(0.5));
	assert_near(a[2] - a[3], 0);
	double none[] = {NAN};
	assert_int_equal(base_symmetric_eigen(none, 1, values, NULL), PV_ERR_RANGE);
}

/* Strang, "Introduction to Linear Algebra": the second-difference matrix has eigenvalues 2 - 2 cos(k pi / 4) */
static void test_eigen__of_second_differences(void **state)
{
	(void)state;
	double a[] = {2, -1, 0, -1, 2, -1, 0, -1, 2}, values[3];
	const double expected[] = {2 - sqrt(2), 2, 2 + sqrt(2)}, smallest[] = {0.5, sqrt(0.5), 0.5};
	assert_int_equal(base_symmetric_eigen(a, 3, values, NULL), PV_OK);
	assert_all_near(values, expected, 3);
	for (size_t i = 0; i < 3; i++)
		assert_near(fabs(a[i]), smallest[i]);
}

static void test_eigen__rebuilds_a_random_matrix(void **state)
{
	(void)state;
	enum { N = 40 };
	static double a[N * N], copy[N * N], values[N];
	struct base_random rng;
	base_random_init(&rng, 3);
	for (int i = 0; i < N; i++)
		for (int j = 0; j <= i; j++)
			a[i * N + j] = a[j * N + i] = base_random_unit(&rng) - 0.5;
	memcpy(copy, a, sizeof a);
	assert_int_equal(base_symmetric_eigen(a, N, values, NULL), PV_OK);
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) {
			double sum = 0, product = 0;
			for (int k = 0; k < N; k++) {
				sum += values[k] * a[k * N + i] * a[k * N + j];
				product += a[i * N + k] * a[j * N + k];
			}
			assert_near(sum, copy[i * N + j]);
			assert_near(product, i == j);
			assert_true(!i || values[i] >= values[i - 1]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cholesky__of_three_by_three),
	    cmocka_unit_test(test_cholesky__refuses_what_is_not_positive_definite),
	    cmocka_unit_test(test_solve__two_right_hand_sides),
	    cmocka_unit_test(test_inverse__times_the_matrix_is_one),
	    cmocka_unit_test(test_gram__adds_to_the_lower_triangle),
	    cmocka_unit_test(test_multiply__as_is_and_transposed),
	    cmocka_unit_test(test_eigen__smallest_first_vectors_in_rows),
	    cmocka_unit_test(test_eigen__of_second_differences),
	    cmocka_unit_test(test_eigen__rebuilds_a_random_matrix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
