/*
 * u_fit_ridge.c - the closed-form refit: known answers, weights, and what it refuses
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "fit/ridge.h"

enum { D = 3, K = 2, N = 40 };

static void assert_near(double got, double expected, double tolerance)
{
	if (!(fabs(got - expected) <= tolerance))
		fail_msg("%.17g is not %.17g within %g", got, expected, tolerance);
}

/* Segments with arrays of their own; freed with segments_free. */
static struct represent_segments segments_new(size_t n)
{
	struct represent_segments g = {.n = n, .D = D, .K = K};
	g.program = calloc(n, sizeof *g.program);
	g.rows = calloc(n, sizeof *g.rows);
	g.x = calloc(n * D, sizeof *g.x);
	g.y = calloc(n * K, sizeof *g.y);
	assert_true(g.program && g.rows && g.x && g.y);
	return g;
}

static void segments_free(struct represent_segments *g)
{
	represent_segments_release(g);
}

static const double true_w[K][D] = {{2, 0.5, 10}, {30, 0, 1}};
static const double true_b[K] = {1.5, 4};

/* Times that are exactly linear in the representations, and in the rows when a constant is asked for. */
static void fill_linear(struct represent_segments *g, int n_programs, bool constant, uint64_t seed)
{
	struct base_random rng;
	base_random_init(&rng, seed);
	for (size_t i = 0; i < g->n; i++) {
		g->program[i] = (int)(i * (size_t)n_programs / g->n) * 2 + 1; /* numbers with gaps */
		g->rows[i] = 100 + (double)base_random_below(&rng, 400);
		for (int d = 0; d < D; d++)
			g->x[i * D + (size_t)d] = base_random_unit(&rng) * g->rows[i] * (d == 2 ? 0.1 : 1);
		for (int k = 0; k < K; k++) {
			double y = constant ? true_b[k] * g->rows[i] : 0;
			for (int d = 0; d < D; d++)
				y += true_w[k][d] * g->x[i * D + (size_t)d];
			g->y[i * K + (size_t)k] = y;
		}
	}
}

static void test_refit__finds_the_rows(void **state)
{
	(void)state;
	for (int constant = 0; constant < 2; constant++) {
		struct represent_segments train = segments_new(N), valid = segments_new(8);
		struct fit_ridge_result r;
		double w[K * D], b[K];
		fill_linear(&train, 4, constant, 1);
		fill_linear(&valid, 4, constant, 2);
		assert_int_equal(fit_ridge(&train, &valid, w, constant ? b : NULL, &r, NULL), PV_OK);
		assert_true(r.error < 1e-5 && fabs(r.worst) < 1e-4 && r.left_out_error < 1e-5);
		assert_true(r.ridge <= 1e-6); /* weak: the data are exact */
		for (int k = 0; k < K; k++) {
			for (int d = 0; d < D; d++)
				assert_near(w[k * D + d], true_w[k][d], 1e-2);
			if (constant)
				assert_near(b[k], true_b[k], 1e-2);
		}
		segments_free(&train);
		segments_free(&valid);
	}
}

/* y = x on one column, two programs with other slopes and numbers of segments: programs count the same, so the slope lies midway. */
static void test_refit__programs_weigh_the_same(void **state)
{
	(void)state;
	struct represent_segments g = segments_new(12);
	struct fit_ridge_result r;
	double w[K * D];
	for (size_t i = 0; i < g.n; i++) {
		g.program[i] = i >= 10;
		g.rows[i] = 1;
		g.x[i * D] = i >= 10 ? 50 : 100; /* their times are all equal, so that relative weights are too */
		g.y[i * K] = g.y[i * K + 1] = 100;
	}
	assert_int_equal(fit_ridge(&g, NULL, w, NULL, &r, NULL), PV_OK);
	/* least squares of slope s: (100 s - 100)^2 + (50 s - 100)^2 is least at s = 1.2 */
	assert_near(w[0], 1.2 / (1 + r.ridge), 1e-6);
	assert_near(w[D], w[0], 1e-9);
	assert_near(w[1], 0, 1e-12);
	assert_true(isnan(r.error) && !isnan(r.left_out_error));
	segments_free(&g);
}

/*
 * Times 1, 20, 160 and 219, of which the mean is 100: the second segment weighs 1 / 0.2, and the first, which is shorter than a tenth of
 * the mean, 1 / 0.1 and not 1 / 0.01. No slope fits all four, so the weights decide.
 */
static void test_refit__short_segments_weigh_as_a_tenth_of_the_mean(void **state)
{
	(void)state;
	static const double x[] = {40, 30, 20, 10}, y[] = {1, 20, 160, 219}, weight[] = {1 / 0.1, 1 / 0.2, 1 / 1.6, 1 / 2.19};
	struct represent_segments g = segments_new(4);
	struct fit_ridge_result r;
	double w[K * D], xx = 0, xy = 0;
	for (size_t i = 0; i < g.n; i++) {
		g.rows[i] = 1;
		g.x[i * D] = x[i];
		g.y[i * K] = g.y[i * K + 1] = y[i];
		xx += weight[i] * x[i] * x[i];
		xy += weight[i] * x[i] * y[i];
	}
	assert_int_equal(fit_ridge(&g, NULL, w, NULL, &r, NULL), PV_OK);
	assert_near(w[0] * (1 + r.ridge), xy / xx, 1e-6);
	assert_near(w[D], w[0], 1e-9);
	segments_free(&g);
}

static void test_refit__one_program_without_validation(void **state)
{
	(void)state;
	struct represent_segments g = segments_new(N);
	struct fit_ridge_result r;
	double w[K * D];
	fill_linear(&g, 1, false, 3);
	assert_int_equal(fit_ridge(&g, NULL, w, NULL, &r, NULL), PV_OK);
	assert_near(r.ridge, 1e-4, 1e-12);
	assert_true(isnan(r.left_out_error));
	assert_near(w[D], true_w[1][0], 0.5);
	segments_free(&g);
}

static void test_refit__copes_with_dead_columns_and_machines(void **state)
{
	(void)state;
	struct represent_segments g = segments_new(N);
	struct fit_ridge_result r;
	double w[K * D];
	fill_linear(&g, 2, false, 4);
	for (size_t i = 0; i < g.n; i++) {
		g.x[i * D + 1] = 0; /* a unit that never fires */
		g.y[i * K] = 2 * g.x[i * D] + 10 * g.x[i * D + 2];
		g.y[i * K + 1] = 0; /* a machine that takes no time */
	}
	assert_int_equal(fit_ridge(&g, NULL, w, NULL, &r, NULL), PV_OK);
	assert_near(w[0], 2, 1e-3);
	assert_near(w[1], 0, 1e-9);
	for (int d = 0; d < D; d++)
		assert_near(w[D + d], 0, 1e-9);
	segments_free(&g);
}

/* A unit that all but never fires here may fire at every row of another program: it must not be worth anything by chance. */
static void test_refit__holds_units_that_hardly_fire(void **state)
{
	(void)state;
	struct represent_segments g = segments_new(N);
	struct fit_ridge_result r;
	struct base_random rng;
	double w[K * D];
	fill_linear(&g, 4, false, 1);
	base_random_init(&rng, 2);
	for (size_t i = 0; i < N; i++) {
		for (int k = 0; k < K; k++) {
			g.y[i * K + (size_t)k] -= true_w[k][2] * g.x[i * D + 2];
			g.y[i * K + (size_t)k] *= 0.95 + 0.1 * base_random_unit(&rng);
		}
		g.x[i * D + 2] = 1e-9 * base_random_unit(&rng);
	}
	assert_int_equal(fit_ridge(&g, NULL, w, NULL, &r, NULL), PV_OK);
	for (int k = 0; k < K; k++) {
		assert_near(w[k * D] / true_w[k][0], 1, 0.2);
		assert_true(fabs(w[k * D + 2]) < 0.01 * true_w[k][0]); /* of a row's full activation, against another unit's */
	}
	segments_free(&g);
}

static void test_refit__refuses(void **state)
{
	(void)state;
	struct represent_segments g = segments_new(N);
	struct fit_ridge_result r;
	struct pv_error err = {0};
	double w[K * D];
	fill_linear(&g, 2, false, 5);
	g.x[7 * D + 2] = INFINITY;
	assert_int_equal(fit_ridge(&g, NULL, w, NULL, &r, &err), PV_ERR_RANGE);
	assert_string_equal(err.message, "representation 2 is not finite");
	g.n = 0;
	assert_int_equal(fit_ridge(&g, NULL, w, NULL, &r, &err), PV_ERR_ARG);
	segments_free(&g);
}

static void test_total_error__is_of_sums(void **state)
{
	(void)state;
	struct represent_segments g = segments_new(3);
	const double w[K * D] = {1, 0, 0, 2, 0, 0};
	double worst;
	/* program 0: predicted 30 of 40 (-25 %) and 60 of 40 (+50 %), whatever its segments do; program 5: exact, and -20 % */
	const int program[] = {0, 0, 5};
	const double x[] = {10, 20, 4}, y[][K] = {{35, 15}, {5, 25}, {4, 10}};
	for (size_t i = 0; i < 3; i++) {
		g.program[i] = program[i];
		g.x[i * D] = x[i];
		memcpy(g.y + i * K, y[i], sizeof y[i]);
	}
	assert_near(fit_total_error(&g, w, NULL, &worst), (0.25 + 0.5 + 0 + 0.2) / 4, 1e-12);
	assert_near(worst, 0.5, 1e-12);
	segments_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refit__finds_the_rows),
	    cmocka_unit_test(test_refit__programs_weigh_the_same),
	    cmocka_unit_test(test_refit__short_segments_weigh_as_a_tenth_of_the_mean),
	    cmocka_unit_test(test_refit__one_program_without_validation),
	    cmocka_unit_test(test_refit__copes_with_dead_columns_and_machines),
	    cmocka_unit_test(test_refit__holds_units_that_hardly_fire),
	    cmocka_unit_test(test_refit__refuses),
	    cmocka_unit_test(test_total_error__is_of_sums),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
