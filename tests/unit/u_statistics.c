/*
 * u_statistics.c - statistics of a few figures, against values worked out by hand
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include <perfvec/error_summary.h>

#include "base/statistics.h"

static void assert_near(double got, double expected)
{
	if (!(fabs(got - expected) <= 1e-12))
		fail_msg("%.17g is not %.17g", got, expected);
}

static void test_mean__of_some_one_and_none(void **state)
{
	(void)state;
	const double x[] = {1, 2, 6};
	assert_near(base_mean(x, 3), 3);
	assert_near(base_mean(x + 2, 1), 6);
	assert_true(isnan(base_mean(x, 0)));
}

static void test_sort__ascends(void **state)
{
	(void)state;
	double x[] = {3, -1, 2, 2};
	base_sort(x, 4);
	assert_near(x[0], -1);
	assert_near(x[1], 2);
	assert_near(x[2], 2);
	assert_near(x[3], 3);
	base_sort(x, 0);
}

/* Type 7: place q (n - 1), between neighbours on the straight line. */
static void test_quantile__lies_between_neighbours(void **state)
{
	(void)state;
	const double x[] = {10, 20, 40, 80};
	assert_near(base_quantile(x, 4, 0), 10);
	assert_near(base_quantile(x, 4, 0.5), 30);              /* place 1.5 */
	assert_near(base_quantile(x, 4, 0.95), 40 + 0.85 * 40); /* place 2.85 */
	assert_near(base_quantile(x, 4, 1), 80);
	assert_near(base_quantile(x, 3, 0.5), 20);
	assert_near(base_quantile(x, 1, 0.95), 10);
	assert_true(isnan(base_quantile(x, 0, 0.5)));
}

/* Deviations of x: -2 -1 0 1 2, of y: -2 -1 1 -2 4; sum of products 4 + 1 - 2 + 8 = 11, of squares 10 and 26. */
static void test_pearson__of_five_pairs(void **state)
{
	(void)state;
	const double x[] = {1, 2, 3, 4, 5}, y[] = {1, 2, 4, 1, 7}, z[] = {-2, -4, -6, -8, -10};
	assert_near(base_pearson(x, y, 5), 11 / sqrt(260));
	assert_near(base_pearson(x, z, 5), -1);
}

static void test_pearson__without_spread_has_no_answer(void **state)
{
	(void)state;
	const double x[] = {1, 2, 3}, y[] = {4, 4, 4};
	assert_true(isnan(base_pearson(x, y, 3)));
	assert_true(isnan(base_pearson(x, y, 1)));
	assert_true(isnan(base_pearson(x, y, 0)));
}

/* Ranks of x: 0 1.5 1.5 3, of y: 1 0 2 3; deviations -1.5 0 0 1.5 and -0.5 -1.5 0.5 1.5; products 3, squares 4.5 and 5. */
static void test_spearman__ties_share_their_ranks(void **state)
{
	(void)state;
	const double x[] = {1, 7, 7, 1000}, y[] = {5, 4, 6, 7};
	double scratch[12];
	assert_near(base_spearman(x, y, 4, scratch), 3 / sqrt(22.5));
}

static void test_spearman__sees_order_only(void **state)
{
	(void)state;
	const double x[] = {1, 2, 3, 4, 5}, y[] = {1, 10, 100, 1000, 1e9}, falling[] = {9, 8, 7, 6, -5};
	double scratch[15];
	assert_near(base_spearman(x, y, 5, scratch), 1);
	assert_near(base_spearman(x, falling, 5, scratch), -1);
	assert_true(isnan(base_spearman(x, y, 1, scratch)));
}

/* Absolute values 0.1, 0.1, 0.2, 0.3, 0.5; the 95th percentile lies at place 3.8. */
static void test_error_summary__of_signed_errors(void **state)
{
	(void)state;
	double x[] = {0.1, -0.5, 0.3, -0.1, 0.2};
	const struct pv_error_summary s = pv_error_summarize(x, 5), none = pv_error_summarize(x, 0);
	assert_int_equal(s.n, 5);
	assert_near(s.mean, 0.24);
	assert_near(s.median, 0.2);
	assert_near(s.p95, 0.3 + 0.8 * 0.2);
	assert_near(s.worst, -0.5);
	assert_near(s.bias, 0);
	assert_true(none.n == 0 && isnan(none.mean) && isnan(none.median) && isnan(none.p95) && isnan(none.worst) && isnan(none.bias));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mean__of_some_one_and_none),
	    cmocka_unit_test(test_sort__ascends),
	    cmocka_unit_test(test_quantile__lies_between_neighbours),
	    cmocka_unit_test(test_pearson__of_five_pairs),
	    cmocka_unit_test(test_pearson__without_spread_has_no_answer),
	    cmocka_unit_test(test_spearman__ties_share_their_ranks),
	    cmocka_unit_test(test_spearman__sees_order_only),
	    cmocka_unit_test(test_error_summary__of_signed_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
