/*
 * u_pack.c - plain features back into packed rows: every row that can be comes back, every value that cannot be is named
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "data/pack.h"
#include "data/unpack.h"

static uint32_t distance(struct base_random *rng)
{
	uint32_t n = (uint32_t)base_random_below(rng, 1u << (1 + base_random_below(rng, 24)));
	return base_random_below(rng, 5) ? n + 1 : PV_REUSE_NEVER;
}

static struct pv_feature_row random_row(struct base_random *rng)
{
	struct pv_feature_row r = {.flags = (uint32_t)base_random_below(rng, PV_FEATURE_LAST),
	                           .fetch_reuse = distance(rng),
	                           .load_reuse = distance(rng),
	                           .store_reuse = distance(rng),
	                           .address_distance = (uint16_t)base_random_below(rng, 1001),
	                           .op = (uint8_t)(1 + base_random_below(rng, 255)),
	                           .entropy_before = (uint8_t)base_random_below(rng, 9),
	                           .entropy_after = (uint8_t)base_random_below(rng, 9)};
	for (int i = 0; i < 8; i++) {
		r.src_class[i] = (uint8_t)base_random_below(rng, 8);
		r.src_index[i] = (uint16_t)base_random_below(rng, 65536);
	}
	for (int i = 0; i < 6; i++) {
		r.dst_class[i] = (uint8_t)base_random_below(rng, 8);
		r.dst_index[i] = (uint16_t)base_random_below(rng, 65536);
	}
	return r;
}

static void test_pack__undoes_unpacking(void **state)
{
	(void)state;
	struct base_random rng;
	base_random_init(&rng, 7);
	for (int n = 0; n < 20000; n++) {
		struct pv_feature_row row = random_row(&rng), back;
		float x[PV_N_FEATURES];
		pv_features_unpack(&row, 1, NULL, NULL, x, PV_N_FEATURES);
		assert_int_equal(data_feature_row_pack(x, &back), PV_N_FEATURES);
		assert_memory_equal(&row, &back, sizeof row);
	}
}

/* All 17 histories, as float32 and as six digits of text. */
static void test_pack__entropies_give_the_same_entropy(void **state)
{
	(void)state;
	for (unsigned code = 0; code <= 16; code++) {
		float x[PV_N_FEATURES] = {0}, exact = data_entropy_of_sixteenths(code);
		char text[32];
		struct pv_feature_row row;
		snprintf(text, sizeof text, "%.6g", (double)exact);
		x[PV_FEATURE_AT_op] = x[PV_FEATURE_AT_fetch_reuse] = 1;
		x[PV_FEATURE_AT_entropy_before] = exact;
		x[PV_FEATURE_AT_entropy_after] = strtof(text, NULL);
		assert_int_equal(data_feature_row_pack(x, &row), PV_N_FEATURES);
		assert_true(data_entropy_of_sixteenths(row.entropy_before) == exact);
		assert_true(data_entropy_of_sixteenths(row.entropy_after) == exact);
	}
}

/* Distances above 2^24 are those that float32 has. */
static void test_pack__large_distances_stay(void **state)
{
	(void)state;
	float x[PV_N_FEATURES] = {[PV_FEATURE_AT_op] = 1}, y[PV_N_FEATURES];
	for (uint32_t n = 16777000; n <= 100000000; n += 99991) {
		struct pv_feature_row row;
		x[PV_FEATURE_AT_fetch_reuse] = (float)n;
		assert_int_equal(data_feature_row_pack(x, &row), PV_N_FEATURES);
		pv_features_unpack(&row, 1, NULL, NULL, y, PV_N_FEATURES);
		assert_memory_equal(x, y, sizeof x);
	}
}

static void test_pack__names_every_value_that_no_row_holds(void **state)
{
	(void)state;
	struct base_random rng;
	base_random_init(&rng, 8);
	for (int f = 0; f < PV_N_FEATURES; f++) {
		double low, high;
		data_feature_bounds((unsigned)f, &low, &high);
		const float bad[] = {(float)low - 1, (float)high + 64, (float)(low + high) / 2 + 0.25F, NAN, INFINITY, -INFINITY, -0.5F};
		for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
			struct pv_feature_row row = random_row(&rng);
			float x[PV_N_FEATURES];
			pv_features_unpack(&row, 1, NULL, NULL, x, PV_N_FEATURES);
			x[f] = bad[i];
			/* near 5e7 float32 has no fractions */
			if (bad[i] == floorf(bad[i]) && (double)bad[i] >= low && (double)bad[i] <= high)
				continue;
			assert_int_equal(data_feature_row_pack(x, &row), f);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pack__undoes_unpacking),
	    cmocka_unit_test(test_pack__entropies_give_the_same_entropy),
	    cmocka_unit_test(test_pack__large_distances_stay),
	    cmocka_unit_test(test_pack__names_every_value_that_no_row_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
