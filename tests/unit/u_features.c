/*
 * u_features.c - streamed features equal those written down as their definitions say; cuts do not matter
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "data/features.h"

enum { N_UOPS = 400, N = 20000 };

static struct pv_uop uops[N_UOPS];
static struct pv_row rows[N];
static struct pv_feature_row streamed[N], plain[N];

static void random_program(uint64_t seed)
{
	struct base_random rng;
	base_random_init(&rng, seed);
	memset(uops, 0, sizeof uops);
	for (int i = 0; i < N_UOPS; i++) {
		struct pv_uop *u = &uops[i];
		u->pc = 0x400000 + 4 * base_random_below(&rng, 1000);
		u->op_class = (uint8_t)base_random_below(&rng, PV_N_OP_CLASSES);
		u->flags = (uint32_t)base_random_u64(&rng) & (2 * PV_UOP_LAST - 1);
		if (i % 4)
			u->flags &= ~(uint32_t)PV_UOP_COND_BRANCH;
		if (i % 3 == 0)
			u->op_class = PV_OP_MemRead;
		u->n_src = (uint8_t)base_random_below(&rng, PV_MAX_SRC + 1);
		u->n_dst = (uint8_t)base_random_below(&rng, PV_MAX_DST + 1);
		for (int r = 0; r < u->n_src; r++)
			u->src[r] =
			    (struct pv_reg){(uint16_t)base_random_below(&rng, 600), (uint8_t)base_random_below(&rng, PV_N_REG_CLASSES), 0};
		for (int r = 0; r < u->n_dst; r++)
			u->dst[r] =
			    (struct pv_reg){(uint16_t)base_random_below(&rng, 600), (uint8_t)base_random_below(&rng, PV_N_REG_CLASSES), 0};
	}
	for (int i = 0; i < N; i++) {
		uint64_t reach = base_random_below(&rng, 4) ? 64 : 60000; /* addresses near and far */
		rows[i] = (struct pv_row){.uop = (uint32_t)base_random_below(&rng, N_UOPS), .flags = (uint8_t)base_random_below(&rng, 8)};
		if (rows[i].flags & PV_ROW_HAS_ADDR)
			rows[i].addr = 0x10000000 + 8 * base_random_below(&rng, reach);
	}
}

static void test_features__equal_the_plain_ones(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 2; seed++) {
		random_program(seed);
		struct data_features *f;
		assert_int_equal(data_features_new(&f, NULL), PV_OK);
		assert_int_equal(data_features_run(f, uops, N_UOPS, rows, N, streamed, NULL), PV_OK);
		data_features_free(f);
		assert_int_equal(data_features_run_plain(uops, N_UOPS, rows, N, plain, NULL), PV_OK);
		for (int i = 0; i < N; i++)
			if (memcmp(&streamed[i], &plain[i], sizeof streamed[i]) != 0)
				fail_msg("row %d differs", i);
	}
}

static void test_features__cuts_do_not_matter(void **state)
{
	(void)state;
	random_program(7);
	struct data_features *f;
	assert_int_equal(data_features_new(&f, NULL), PV_OK);
	assert_int_equal(data_features_run(f, uops, N_UOPS, rows, N, plain, NULL), PV_OK);
	data_features_free(f);
	assert_int_equal(data_features_new(&f, NULL), PV_OK);
	struct base_random rng;
	base_random_init(&rng, 1);
	for (size_t at = 0, n; at < N; at += n) {
		n = base_random_below(&rng, 2500);
		n = n < N - at ? n : N - at;
		uint32_t known = 0; /* the table grows as rows need it */
		for (size_t i = 0; i < at + n; i++)
			known = rows[i].uop >= known ? rows[i].uop + 1 : known;
		assert_int_equal(data_features_run(f, uops, known, rows + at, n, streamed + at, NULL), PV_OK);
	}
	data_features_free(f);
	assert_memory_equal(streamed, plain, sizeof plain);
}

static void test_features__a_row_without_uop_is_refused(void **state)
{
	(void)state;
	random_program(8);
	rows[5].uop = N_UOPS;
	struct data_features *f;
	struct pv_error err;
	assert_int_equal(data_features_new(&f, NULL), PV_OK);
	assert_int_equal(data_features_run(f, uops, N_UOPS, rows, 10, streamed, &err), PV_ERR_ARG);
	assert_string_equal(err.message, "row 5 names micro-operation 400 of 400");
	data_features_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_features__equal_the_plain_ones),
	    cmocka_unit_test(test_features__cuts_do_not_matter),
	    cmocka_unit_test(test_features__a_row_without_uop_is_refused),
	};
	return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
