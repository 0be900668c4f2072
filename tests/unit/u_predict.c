/*
 * u_predict.c - predictions: the dot product, both error bars, the simulated time beside it, and what is refused
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>

#include "model/model.h"
#include "represent/vectors.h"
#include "support/predicted.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"

enum { D = 8, N_UOPS = 6 };
static const double values[D] = {100, 0, 2, 0, 0, 0, 0, 1};

static void assert_near(double x, double y, double tolerance)
{
	if (!(fabs(x - y) <= tolerance))
		fail_msg("%g is not %g", x, y);
}

/* Vectors with one more. */
static void add(struct pv_vectors *v, struct pv_vector x)
{
	x.values = values;
	assert_int_equal(represent_vectors_add(v, &x, NULL), PV_OK);
}

/* The dot product with machine b is (100 * 1 + 2 * 3 + 1 * 8) tenths of a nanosecond. */
static struct pv_model *make_model(void)
{
	struct pv_model *m = tiny_model(1);
	for (int d = 0; d < D; d++)
		model_weights(m)[D + d] = (float)(d + 1);
	return m;
}

static const struct pv_vector whole = {.program = "x", .n_rows = N_UOPS, .n_insns = 5};

static void test_predict__is_the_dot_product(void **state)
{
	(void)state;
	struct pv_model *m = make_model();
	struct pv_vectors *v = new_vectors(m);
	add(v, whole);
	const struct pv_prediction p = predicted(m, v, 0, 1);
	assert_near(p.time_ns, 11.4, 1e-4);
	assert_near(p.cpi, 11.4 * 2 / 5, 1e-4); /* at 2000 MHz */
	assert_true(p.sampling_ns == 0 && isnan(p.simulated_ns) && isnan(p.error));
	assert_near(pv_cpi(100, 2000, 50), 4, 1e-6);
	assert_true(isnan(pv_cpi(100, 2000, 0)));
	pv_vectors_free(v);
	pv_model_free(m);
}

/* A mean absolute error of e is half of a 95 % interval of 1.96 * sqrt(pi / 2) * e = 2.456 * e. */
static void test_predict__model_error_is_that_of_training(void **state)
{
	(void)state;
	struct pv_model *m = make_model();
	struct pv_vectors *v = new_vectors(m);
	struct pv_vector seen = whole;
	seen.program = "trained";
	add(v, whole);
	add(v, seen);
	assert_int_equal(model_add_program(m, "trained", NULL), PV_OK);
	m->info.validation_error = m->info.left_out_error = NAN;
	assert_true(isnan(predicted(m, v, 0, 1).model_ns));
	m->info.validation_error = 0.01;
	assert_near(predicted(m, v, 0, 1).model_ns, 11.4 * 0.02456, 1e-4);
	m->info.left_out_error = 0.1;
	assert_near(predicted(m, v, 0, 1).model_ns, 11.4 * 0.2456, 1e-3);
	assert_near(predicted(m, v, 1, 1).model_ns, 11.4 * 0.02456, 1e-4);
	pv_vectors_free(v);
	pv_model_free(m);
}

/* Two models of the same width, and one of twice the width, whose machine vectors reach beyond the program vector. */
static void test_predict__refuses_vectors_of_another_model(void **state)
{
	(void)state;
	struct model_expression wide;
	struct pv_model *m = make_model(), *others[2] = {tiny_model(2), NULL};
	struct pv_vectors *v = new_vectors(m);
	add(v, whole);
	assert_int_equal(model_expression_parse("InsLSTM(16,1,bias=False)", 0, 0, PV_N_FEATURES, 2, &wide, NULL), PV_OK);
	assert_int_equal(model_new(&wide, &others[1], NULL), PV_OK);
	model_seal(others[1]);
	for (int i = 0; i < 2; i++) {
		struct pv_error err = {0};
		struct pv_prediction p = {.time_ns = -1};
		assert_int_equal(pv_predict(others[i], v, 0, 0, NULL, &p, &err), PV_ERR_ARG);
		assert_non_null(strstr(err.message, "another foundation"));
		assert_non_null(strstr(err.hint, "perfvec represent"));
		assert_true(p.time_ns == -1);
		pv_model_free(others[i]);
	}
	pv_vectors_free(v);
	pv_model_free(m);
}

static void test_predict__refuses_numbers_that_are_not_there(void **state)
{
	(void)state;
	struct pv_model *m = make_model();
	struct pv_vectors *v = new_vectors(m);
	struct pv_prediction p;
	struct pv_error err = {0};
	add(v, whole);
	const int wrong[][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 2}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(pv_predict(m, v, wrong[i][0], wrong[i][1], NULL, &p, &err), PV_ERR_ARG);
	assert_string_equal(err.message, "the model has no machine 2: it has 2, counted from 0");
	pv_vectors_free(v);
	pv_model_free(m);
}

/* Program "x" of N_UOPS micro-operations of 1, 2, 3 ... tenths of a nanosecond on machine b. */
static struct pv_dataset *make_dataset(void)
{
	const struct pv_dataset_machine_spec machine = {"b", true, 2000, "name: b\n"};
	const struct pv_dataset_spec spec = {.machines = &machine, .n_machines = 1, .target = PV_TARGET_store_commit};
	const struct pv_feature_row rows[N_UOPS] = {0};
	const uint32_t tenths[N_UOPS] = {1, 2, 3, 4, 5, 6};
	struct pv_dataset_writer *w;
	struct pv_dataset *d;
	assert_int_equal(pv_dataset_create("ds", &spec, &w, NULL), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "x", true, NULL, NULL), PV_OK);
	assert_int_equal(pv_dataset_append(w, rows, tenths, N_UOPS, NULL), PV_OK);
	assert_int_equal(pv_dataset_end_program(w, NULL), PV_OK);
	assert_int_equal(pv_dataset_finish(w, NULL), PV_OK);
	assert_int_equal(pv_dataset_open("ds", &d, NULL), PV_OK);
	return d;
}

static void test_predict__simulated_time_of_programs_and_phases(void **state)
{
	(void)state;
	struct pv_model *m = make_model();
	struct pv_vectors *v = new_vectors(m);
	struct pv_dataset *d = make_dataset();
	struct pv_prediction p;
	struct pv_vector other = whole;
	other.program = "y";
	add(v, whole);
	add(v, (struct pv_vector){.program = "x", .n_rows = 2, .phase = 2, .first_row = 3});
	add(v, other);
	assert_int_equal(pv_predict(m, v, 0, 1, d, &p, NULL), PV_OK);
	assert_near(p.simulated_ns, 2.1, 1e-6);
	assert_near(p.error, 11.4 / 2.1 - 1, 1e-4);
	assert_int_equal(pv_predict(m, v, 1, 1, d, &p, NULL), PV_OK);
	assert_near(p.simulated_ns, 0.9, 1e-6);
	assert_int_equal(pv_predict(m, v, 0, 0, d, &p, NULL), PV_OK); /* machine "a" is not in the dataset */
	assert_true(isnan(p.simulated_ns) && isnan(p.error));
	assert_int_equal(pv_predict(m, v, 2, 1, d, &p, NULL), PV_OK); /* nor program "y" */
	assert_true(isnan(p.simulated_ns) && isnan(p.error));
	pv_dataset_close(d);
	pv_vectors_free(v);
	pv_model_free(m);
}

static void test_predict__refuses_times_of_another_run(void **state)
{
	(void)state;
	struct pv_model *m = make_model();
	struct pv_vectors *v = new_vectors(m);
	struct pv_dataset *d = make_dataset();
	struct pv_prediction p;
	struct pv_error err = {0};
	add(v, (struct pv_vector){.program = "x", .n_rows = N_UOPS + 1});
	add(v, (struct pv_vector){.program = "x", .n_rows = 2, .phase = 3, .first_row = N_UOPS - 1});
	add(v, (struct pv_vector){.program = "x", .n_rows = 2, .phase = 3, .first_row = UINT64_MAX});
	for (int i = 0; i < 3; i++)
		assert_int_equal(pv_predict(m, v, i, 1, d, &p, &err), PV_ERR_SHAPE);
	assert_non_null(strstr(err.message, "has 6 micro-operations in the dataset"));
	pv_dataset_close(d);
	pv_vectors_free(v);
	pv_model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_predict__is_the_dot_product),
	    cmocka_unit_test(test_predict__model_error_is_that_of_training),
	    cmocka_unit_test(test_predict__refuses_vectors_of_another_model),
	    cmocka_unit_test(test_predict__refuses_numbers_that_are_not_there),
	    cmocka_unit_test_setup_teardown(test_predict__simulated_time_of_programs_and_phases, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_predict__refuses_times_of_another_run, temp_folder_enter, temp_folder_leave),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
