/*
 * u_model_inputs.c - how rows enter a network: plain as the dataset unpacks them, distances as logarithms
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <perfvec/features.h>

#include "model/inputs.h"

enum { N = 3, STRIDE = PV_N_FEATURES + 5 };

static const struct pv_feature_row rows[N] = {
    {.op = 2, .fetch_reuse = 1},
    {.op = 48, .fetch_reuse = 7, .load_reuse = 1023, .store_reuse = PV_REUSE_NEVER, .address_distance = 1000, .flags = PV_FEATURE_LOAD},
    {.op = 49, .fetch_reuse = PV_REUSE_NEVER, .load_reuse = 3, .store_reuse = 1, .address_distance = 15},
};

static struct model_inputs make(bool log)
{
	struct model_inputs in = {.kind = log ? MODEL_INPUTS_LOG : MODEL_INPUTS_PLAIN};
	for (int f = 0; f < PV_N_FEATURES; f++) {
		in.mean[f] = 0.5F * (float)f;
		in.std[f] = f == PV_FEATURE_AT_store_reuse ? 0.0F : 2.0F;
	}
	return in;
}

static bool is_log_input(int f)
{
	for (int i = 0; i < MODEL_N_LOG_INPUTS; i++)
		if (model_log_inputs[i] == f)
			return true;
	return false;
}

static void test_inputs__plain_is_what_the_dataset_unpacks(void **state)
{
	(void)state;
	const struct model_inputs plain = make(false), log = make(true);
	float a[N * STRIDE] = {0}, b[N * STRIDE] = {0}, c[N * STRIDE] = {0};
	pv_features_unpack(rows, N, plain.mean, plain.std, a, STRIDE);
	model_inputs_unpack(&plain, rows, NULL, N, b, STRIDE);
	assert_memory_equal(a, b, sizeof a);
	/* in logarithms only the four distances differ */
	model_inputs_unpack(&log, rows, NULL, N, c, STRIDE);
	for (int i = 0; i < N; i++)
		for (int f = 0; f < STRIDE; f++)
			if (!is_log_input(f))
				assert_memory_equal(&c[i * STRIDE + f], &a[i * STRIDE + f], sizeof(float));
}

static void test_inputs__distances_in_logarithms(void **state)
{
	(void)state;
	const struct model_inputs in = make(true);
	float x[N * STRIDE];
	model_inputs_unpack(&in, rows, NULL, N, x, STRIDE);
	const struct {
		int row, feature;
		double logarithm;
	} expected[] = {
	    {0, PV_FEATURE_AT_fetch_reuse, 1},
	    {1, PV_FEATURE_AT_fetch_reuse, 3},
	    {2, PV_FEATURE_AT_fetch_reuse, 26.57542},
	    {0, PV_FEATURE_AT_load_reuse, 0},
	    {1, PV_FEATURE_AT_load_reuse, 10},
	    {2, PV_FEATURE_AT_address_distance, 4},
	    {1, PV_FEATURE_AT_address_distance, 9.967226},
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		int f = expected[i].feature;
		assert_float_equal(x[expected[i].row * STRIDE + f], (expected[i].logarithm - 0.5 * f) / 2, 1e-4);
	}
	/* a standard deviation of 0 counts as 1 */
	assert_float_equal(x[2 * STRIDE + PV_FEATURE_AT_store_reuse], 1 - 0.5 * PV_FEATURE_AT_store_reuse, 1e-5);
}

static void test_inputs__names(void **state)
{
	(void)state;
	static const char *const names[] = {"plain", "log", "pv2"}, *const schemas[] = {"pv1", "pv1", "pv2"};
	struct pv_error err = {0};
	enum model_inputs_kind kind;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(model_inputs_parse(names[i], &kind, NULL), PV_OK);
		assert_int_equal(kind, i);
		assert_string_equal(model_inputs_name(kind), names[i]);
		assert_string_equal(model_inputs_schema(kind), schemas[i]);
		assert_int_equal(model_inputs_count(kind), i == MODEL_INPUTS_PV2 ? PV2_COUNT : PV_N_FEATURES);
	}
	assert_int_equal(model_inputs_parse("cubic", &kind, &err), PV_ERR_ARG);
	assert_string_equal(err.message, "inputs are 'pv2', 'log' or 'plain', not 'cubic'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_inputs__plain_is_what_the_dataset_unpacks),
	    cmocka_unit_test(test_inputs__distances_in_logarithms),
	    cmocka_unit_test(test_inputs__names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
