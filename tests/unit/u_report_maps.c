/*
 * u_report_maps.c - principal components and t-SNE, on points whose answer is known
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "report/pca.h"

static void assert_near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.17g is not %.17g", got, expected);
}

/* Points of a plane, put into d dimensions by two directions at right angles of each other, off the origin. */
static void spread(double *x, size_t n, size_t d, double *truth)
{
	struct base_random rng;
	base_random_init(&rng, 5);
	for (size_t i = 0; i < n; i++) {
		const double a = 10 * (base_random_unit(&rng) - 0.5), b = base_random_unit(&rng) - 0.5;
		truth[2 * i] = a;
		truth[2 * i + 1] = b;
		for (size_t k = 0; k < d; k++)
			x[i * d + k] = 7 + a * (k == 0 ? 0.6 : k == 1 ? -0.8 : 0) + b * (k == 2 ? 1 : 0);
	}
}

static void check_plane(size_t n, size_t d)
{
	double *x = calloc(n * d, sizeof *x), *truth = calloc(2 * n, sizeof *truth), *plane = calloc(2 * n, sizeof *plane), shares[2];
	spread(x, n, d, truth);
	assert_int_equal(report_pca(x, n, d, plane, shares, NULL), PV_OK);
	assert_near(shares[0] + shares[1], 1, 1e-12);
	assert_true(shares[0] > 0.9);
	/* distances are those in the plane; the largest loading, -0.8 a, is turned positive */
	for (size_t i = 1; i < n; i++)
		assert_near(hypot(plane[2 * i] - plane[0], plane[2 * i + 1] - plane[1]),
		            hypot(truth[2 * i] - truth[0], truth[2 * i + 1] - truth[1]), 1e-9);
	double agree = 0;
	for (size_t i = 0; i < n; i++)
		agree += plane[2 * i] * truth[2 * i];
	assert_true(agree < 0);
	free(x);
	free(truth);
	free(plane);
}

static void test_pca__finds_the_plane_again(void **state)
{
	(void)state;
	check_plane(50, 6);  /* by the covariance */
	check_plane(12, 40); /* by the products of points */
}

static void test_pca__of_points_without_spread(void **state)
{
	(void)state;
	const double line[] = {1, 1, 2, 2, 4, 4}, same[] = {3, 1, 3, 1, 3, 1};
	double plane[6], shares[2];
	assert_int_equal(report_pca(line, 3, 2, plane, shares, NULL), PV_OK);
	assert_near(shares[0], 1, 1e-12);
	assert_near(plane[2] - plane[0], sqrt(2), 1e-12);
	assert_near(plane[4] - plane[2], 2 * sqrt(2), 1e-12);
	for (int i = 0; i < 3; i++)
		assert_near(plane[2 * i + 1], 0, 1e-12);
	assert_int_equal(report_pca(same, 3, 2, plane, shares, NULL), PV_OK);
	assert_true(isnan(shares[0]));
	for (int i = 0; i < 6; i++)
		assert_near(plane[i], 0, 1e-12);
	assert_int_equal(report_pca(same, 1, 2, plane, shares, NULL), PV_OK);
	assert_near(plane[0], 0, 0);
	assert_int_equal(report_pca(same, 3, 1, plane, shares, NULL), PV_OK);
}

/* ---- t-SNE ---- */

enum { CLUSTERS = 3, EACH = 20, POINTS = CLUSTERS * EACH, DIMENSIONS = 5 };

/* Three clouds, each around a corner of its own. */
static void clouds(double *x)
{
	struct base_random rng;
	base_random_init(&rng, 11);
	for (int i = 0; i < POINTS; i++)
		for (int k = 0; k < DIMENSIONS; k++)
			x[i * DIMENSIONS + k] = (k == i / EACH ? 10 : 0) + base_random_unit(&rng);
}

static void test_tsne__keeps_neighbours_together(void **state)
{
	(void)state;
	static double x[POINTS * DIMENSIONS], plane[2 * POINTS];
	clouds(x);
	assert_int_equal(report_tsne(x, POINTS, DIMENSIONS, 10, 1, plane, NULL), PV_OK);
	for (int i = 0; i < POINTS; i++) {
		double farthest = 0, nearest = INFINITY;
		for (int j = 0; j < POINTS; j++) {
			const double distance = hypot(plane[2 * i] - plane[2 * j], plane[2 * i + 1] - plane[2 * j + 1]);
			if (j / EACH == i / EACH)
				farthest = fmax(farthest, distance);
			else
				nearest = fmin(nearest, distance);
		}
		assert_true(farthest < nearest);
	}
}

static void test_tsne__is_the_same_again(void **state)
{
	(void)state;
	static double x[POINTS * DIMENSIONS], first[2 * POINTS], again[2 * POINTS];
	clouds(x);
	assert_int_equal(report_tsne(x, POINTS, DIMENSIONS, 10, 1, first, NULL), PV_OK);
	assert_int_equal(report_tsne(x, POINTS, DIMENSIONS, 10, 1, again, NULL), PV_OK);
	assert_memory_equal(first, again, sizeof first);
}

static void test_tsne__of_few_and_of_equal_points(void **state)
{
	(void)state;
	const double x[8] = {1, 1, 1, 1, 1, 1, 1, 1};
	double plane[8];
	struct pv_error err;
	assert_int_equal(report_tsne(x, 3, 2, 5, 1, plane, &err), PV_ERR_ARG);
	assert_int_equal(report_tsne(x, 4, 2, 30, 1, plane, NULL), PV_OK);
	double sum = 0;
	for (int i = 0; i < 8; i++) {
		assert_true(isfinite(plane[i]));
		sum += plane[i];
	}
	assert_near(sum, 0, 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {

	    cmocka_unit_test(test_pca__finds_the_plane_again),       cmocka_unit_test(test_pca__of_points_without_spread),
	    cmocka_unit_test(test_tsne__keeps_neighbours_together),  cmocka_unit_test(test_tsne__is_the_same_again),
	    cmocka_unit_test(test_tsne__of_few_and_of_equal_points),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
