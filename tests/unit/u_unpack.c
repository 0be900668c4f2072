/*
 * u_unpack.c - the fast unpacking equals the plain one bit for bit; names, bounds and order of the features
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
#include "data/unpack.h"

static struct pv_feature_row random_row(struct base_random *rng)
{
	struct pv_feature_row r = {0};
	r.flags = (uint32_t)base_random_u64(rng) & (2 * PV_FEATURE_LAST - 1);
	r.op = (uint8_t)base_random_below(rng, 54);
	r.entropy_before = (uint8_t)base_random_below(rng, 17);
	r.entropy_after = (uint8_t)base_random_below(rng, 17);
	r.fetch_reuse = 1 + (uint32_t)base_random_below(rng, PV_REUSE_NEVER);
	r.load_reuse = (uint32_t)base_random_below(rng, 1000);
	r.store_reuse = PV_REUSE_NEVER;
	r.address_distance = (uint16_t)base_random_below(rng, 1001);
	for (int i = 0; i < 8; i++) {
		r.src_class[i] = (uint8_t)base_random_below(rng, 8);
		r.src_index[i] = (uint16_t)base_random_u64(rng);
	}
	for (int i = 0; i < 6; i++) {
		r.dst_class[i] = (uint8_t)base_random_below(rng, 8);
		r.dst_index[i] = (uint16_t)base_random_u64(rng);
	}
	return r;
}

static void test_unpack__fast_equals_plain(void **state)
{
	(void)state;
	enum { N = 300, STRIDE = 56 };
	struct base_random rng;
	base_random_init(&rng, 3);
	struct pv_feature_row rows[N];
	for (int i = 0; i < N; i++)
		rows[i] = random_row(&rng);
	float mean[PV_N_FEATURES], std[PV_N_FEATURES];
	for (int f = 0; f < PV_N_FEATURES; f++) {
		mean[f] = (float)base_random_unit(&rng) * 100;
		std[f] = f % 7 == 3 ? 0 : (float)base_random_unit(&rng) * 10;
	}
	static float fast[N * STRIDE], plain[N * STRIDE];
	for (int normalised = 0; normalised < 2; normalised++) {
		for (int i = 0; i < N * STRIDE; i++)
			fast[i] = plain[i] = -7;
		pv_features_unpack(rows, N, normalised ? mean : NULL, normalised ? std : NULL, fast, STRIDE);
		data_features_unpack_plain(rows, N, normalised ? mean : NULL, normalised ? std : NULL, plain, STRIDE);
		assert_memory_equal(fast, plain, sizeof fast); /* the gaps between rows stay untouched too */
	}
}

static void test_unpack__each_flag_and_member_has_its_place(void **state)
{
	(void)state;
	struct pv_feature_row r = {.flags = PV_FEATURE_STORE_CONDITIONAL | PV_FEATURE_ATOMIC | PV_FEATURE_TAKEN, .op = 48};
	r.entropy_after = 8;
	r.load_reuse = 12;
	r.src_class[7] = 7;
	r.src_index[7] = 510;
	r.dst_class[0] = 1;
	r.dst_index[5] = 3;
	float x[PV_N_FEATURES],
	    expected[PV_N_FEATURES] = {[1] = 48, [11] = 3, [15] = 1, [17] = logf(2), [20] = 12, [37] = 7, [38] = 510, [39] = 1, [50] = 3};
	pv_features_unpack(&r, 1, NULL, NULL, x, PV_N_FEATURES);
	assert_memory_equal(x, expected, sizeof x);
}

static void test_unpack__entropy_is_that_of_the_formula(void **state)
{
	(void)state;
	for (unsigned k = 0; k <= 16; k++) {
		double p = k / 16.0;
		double h = k == 0 || k == 16 ? 0 : -p * log(p) - (1 - p) * log(1 - p);
		assert_true(data_entropy_of_sixteenths(k) == (float)h);
	}
	assert_true(data_entropy_of_sixteenths(17) == 0 && data_entropy_of_sixteenths(255) == 0);
}

static void test_unpack__names_and_bounds(void **state)
{
	(void)state;
	assert_string_equal(pv_feature_name(0), "fault");
	assert_string_equal(pv_feature_name(18), "fetch_reuse");
	assert_string_equal(pv_feature_name(23), "src0_class");
	assert_string_equal(pv_feature_name(50), "dst5_index");
	assert_null(pv_feature_name(51));
	assert_string_equal(pv_target_name(2), "store_commit");
	assert_string_equal(pv_target_name(15), "mispredicted");
	assert_null(pv_target_name(16));
	for (unsigned f = 0; f < PV_N_FEATURES; f++) {
		double low, high;
		data_feature_bounds(f, &low, &high);
		assert_true(low >= 0 && low < high);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unpack__fast_equals_plain),
	    cmocka_unit_test(test_unpack__each_flag_and_member_has_its_place),
	    cmocka_unit_test(test_unpack__entropy_is_that_of_the_formula),
	    cmocka_unit_test(test_unpack__names_and_bounds),
	};
	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
