/*
 * 601_features.c - features of small hand-written programs, value by value
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include <perfvec/dataset.h>

#include "data/features.h"
#include "support/hand_trace.h"

/* The 51 features of every row of a trace, as a model sees them; the caller frees. */
static float *features_of(const struct hand_trace *t)
{
	struct data_features *f;
	struct pv_feature_row *rows = calloc(t->n_rows, sizeof *rows);
	float *x = calloc(t->n_rows * PV_N_FEATURES, sizeof *x);
	assert_true(rows && x);
	assert_int_equal(data_features_new(&f, NULL), PV_OK);
	assert_int_equal(data_features_run(f, t->uops, t->n_uops, t->rows, t->n_rows, rows, NULL), PV_OK);
	pv_features_unpack(rows, t->n_rows, NULL, NULL, x, PV_N_FEATURES);
	data_features_free(f);
	free(rows);
	return x;
}

static void expect(const float *x, enum pv_feature feature, const double *expected, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fabs((double)x[i * PV_N_FEATURES + (size_t)feature] - expected[i]) > 1e-6)
			fail_msg("row %zu: %s is %g, expected %g", i, pv_feature_name(feature),
			         (double)x[i * PV_N_FEATURES + (size_t)feature], expected[i]);
}
#define EXPECT(x, feature, ...) \
	expect((x), PV_FEATURE_AT_##feature, (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

#define NEVER 100000000

/* Loads and stores of three lines: 0x8000, 0x8040, 0x8080. A load moves its line in the loads' stack only, a store in the stores' only. */
static void test_features__two_data_stacks(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t ld = hand_load(&t, 8, "i1 -> i2"), st = hand_store(&t, 8, "i2 i1 ->");
	hand_run_at(&t, ld, 0x8000); /* loads: 0 */
	hand_run_at(&t, ld, 0x8040); /* loads: 0 1 */
	hand_run_at(&t, st, 0x8000); /* stores: 0 */
	hand_run_at(&t, ld, 0x8038); /* loads: 1 0 */
	hand_run_at(&t, st, 0x8080); /* stores: 0 2 */
	hand_run_at(&t, ld, 0x8080); /* loads: 1 0 2 */
	hand_run_at(&t, ld, 0x8040); /* loads: 0 2 1 */
	hand_run_at(&t, st, 0x8000); /* stores: 2 0 */
	hand_run_at(&t, ld, 0x8000); /* loads: 2 1 0 */
	float *x = features_of(&t);
	EXPECT(x, load, 1, 1, 0, 1, 0, 1, 1, 0, 1);
	EXPECT(x, store, 0, 0, 1, 0, 1, 0, 0, 1, 0);
	EXPECT(x, load_reuse, NEVER, NEVER, 2, 2, NEVER, NEVER, 3, 3, 3);
	EXPECT(x, store_reuse, NEVER, NEVER, NEVER, 1, NEVER, 1, NEVER, 2, 1);
	EXPECT(x, address_distance, 1000, 1000, 2, 1000, 1000, 1, 5, 5, 1);
	EXPECT(x, has_addr, 1, 1, 1, 1, 1, 1, 1, 1, 1);
	free(x);
	hand_release(&t);
}

/* A loop over two lines of code that calls into a third. */
static void test_features__fetch_lines(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x103c);
	uint32_t a = hand_op(&t, PV_OP_IntAlu, "i1 -> i1"), b = hand_op(&t, PV_OP_IntAlu, "i1 -> i1");
	hand_pc(&t, 0x2000);
	uint32_t far = hand_op(&t, PV_OP_IntAlu, "i1 -> i1");
	for (int i = 0; i < 2; i++) {
		hand_run(&t, a);
		hand_run(&t, b);
		hand_run(&t, b);
		hand_run(&t, far);
	}
	hand_run(&t, b);
	float *x = features_of(&t);
	EXPECT(x, fetch_reuse, NEVER, NEVER, 1, NEVER, 3, 3, 1, 3, 2);
	EXPECT(x, load_reuse, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	EXPECT(x, address_distance, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	free(x);
	hand_release(&t);
}

static double entropy(double p)
{
	return p <= 0 || p >= 1 ? 0 : -p * log(p) - (1 - p) * log(1 - p);
}

/* A branch that is always taken becomes certain after 8 times; another branch has a history of its own. */
static void test_features__branch_entropy(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t loop = hand_branch(&t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000, "c0 ->");
	uint32_t other = hand_branch(&t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000, "c0 ->");
	uint32_t jump = hand_branch(&t, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000, "->");
	for (int i = 0; i < 9; i++)
		hand_run_branch(&t, loop, true);
	hand_run_branch(&t, other, false);
	hand_run_branch(&t, loop, false);
	hand_run(&t, jump);
	float *x = features_of(&t);
	const double e[9] = {entropy(8. / 16),  entropy(9. / 16),  entropy(10. / 16), entropy(11. / 16), entropy(12. / 16),
	                     entropy(13. / 16), entropy(14. / 16), entropy(15. / 16), entropy(1)};
	EXPECT(x, entropy_before, e[0], e[1], e[2], e[3], e[4], e[5], e[6], e[7], e[8], e[0], 0, 0);
	EXPECT(x, entropy_after, e[1], e[2], e[3], e[4], e[5], e[6], e[7], e[8], 0, entropy(7. / 16), entropy(14. / 16), 0);
	EXPECT(x, taken, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1);
	EXPECT(x, cond_branch, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0);
	EXPECT(x, uncond_branch, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
	free(x);
	hand_release(&t);
}

/* Distances up to 999 are told, 1000 is as good as never; rows without address count as well. */
static void test_features__address_distance_is_capped(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t ld = hand_load(&t, 8, "i1 -> i2"), add = hand_op(&t, PV_OP_IntAlu, "i1 -> i1");
	hand_run_at(&t, ld, 0x8000);
	for (int i = 0; i < 998; i++)
		hand_run(&t, add);
	hand_run_at(&t, ld, 0x8000); /* row 999, 999 later */
	for (int i = 0; i < 999; i++)
		hand_run(&t, add);
	hand_run_at(&t, ld, 0x8000); /* row 1999, 1000 later */
	hand_run_at(&t, ld, 0x8001); /* the line, not the address */
	float *x = features_of(&t);
	EXPECT(x + 999 * PV_N_FEATURES, address_distance, 999);
	EXPECT(x + 1999 * PV_N_FEATURES, address_distance, 1000, 1000);
	EXPECT(x + 1999 * PV_N_FEATURES, load_reuse, 1, 1);
	free(x);
	hand_release(&t);
}

/* Registers, classes and flags of single micro-operations. */
static void test_features__static_part(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t fp = hand_op(&t, PV_OP_FloatMultAcc, "v3 v4 m7 -> v5 c1");
	uint32_t fp_load = hand_load(&t, 8, "i9 -> v0"), sc = hand_store(&t, 8, "i1 i2 -> i3");
	t.uops[fp_load].op_class = PV_OP_FloatMemRead;
	hand_flags(&t, sc, PV_UOP_STORE_CONDITIONAL | PV_UOP_NON_SPECULATIVE);
	hand_run(&t, fp);
	hand_run_at(&t, fp_load, 0x8000);
	hand_run_at(&t, sc, 0x8000);
	hand_run_at(&t, fp_load, 0x8000);
	float *x = features_of(&t);
	EXPECT(x, op, PV_OP_FloatMultAcc + 1, PV_OP_FloatMemRead + 1, PV_OP_MemWrite + 1);
	EXPECT(x, src0_class, PV_REG_VEC + 1, PV_REG_INT + 1, PV_REG_INT + 1);
	EXPECT(x, src0_index, 4, 10, 2);
	EXPECT(x, src2_class, PV_REG_MISC + 1, 0, 0);
	EXPECT(x, src2_index, 8, 0, 0);
	EXPECT(x, dst0_class, PV_REG_VEC + 1, PV_REG_VEC + 1, PV_REG_INT + 1);
	EXPECT(x, dst0_index, 6, 1, 4);
	EXPECT(x, dst1_class, PV_REG_CC + 1, 0, 0);
	EXPECT(x, dst1_index, 2, 0, 0);
	EXPECT(x, load, 0, 0, 0, 0);
	EXPECT(x, store, 0, 0, 0, 0); /* a store-conditional is none */
	EXPECT(x, conditional_atomic, 0, 0, 1, 0);
	EXPECT(x, non_speculative, 0, 0, 1, 0);
	/* only the class MemRead touches the stack of loads */
	EXPECT(x, load_reuse, 0, NEVER, NEVER, NEVER);
	EXPECT(x, store_reuse, 0, NEVER, 1, 1);
	free(x);
	hand_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_features__two_data_stacks), cmocka_unit_test(test_features__fetch_lines),
	    cmocka_unit_test(test_features__branch_entropy),  cmocka_unit_test(test_features__address_distance_is_capped),
	    cmocka_unit_test(test_features__static_part),
	};
	return cmocka_run_group_tests_name("features by hand", tests, NULL, NULL);
}
