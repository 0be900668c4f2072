/*
 * 603_context.c - context rows of small hand-written programs, value by value
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/dataset.h>

#include "data/context.h"
#include "data/features.h"
#include "support/hand_trace.h"

struct made {
	struct pv_feature_row *features;
	struct pv_context_row *context;
};

static struct made make(const struct hand_trace *t)
{
	struct made m = {calloc(t->n_rows, sizeof *m.features), calloc(t->n_rows, sizeof *m.context)};
	struct data_features *f;
	struct data_context *c;
	assert_true(m.features && m.context);
	assert_int_equal(data_features_new(&f, NULL), PV_OK);
	assert_int_equal(data_features_run(f, t->uops, t->n_uops, t->rows, t->n_rows, m.features, NULL), PV_OK);
	assert_int_equal(data_context_new(&c, NULL), PV_OK);
	assert_int_equal(data_context_run(c, t->uops, t->n_uops, t->rows, m.features, t->n_rows, m.context, NULL), PV_OK);
	data_features_free(f);
	data_context_free(c);
	return m;
}

static void release(struct made *m, struct hand_trace *t)
{
	free(m->features);
	free(m->context);
	hand_release(t);
}

/* One member of consecutive rows. */
#define EXPECT(rows, member, ...)                                                                                                    \
	do {                                                                                                                         \
		const unsigned expected_[] = {__VA_ARGS__};                                                                          \
		for (size_t i_ = 0; i_ < sizeof expected_ / sizeof *expected_; i_++)                                                 \
			if ((rows)[i_].member != expected_[i_])                                                                      \
				fail_msg("row %zu: " #member " is %u, expected %u", i_, (unsigned)(rows)[i_].member, expected_[i_]); \
	} while (0)

/* Bits of one flag of consecutive rows. */
#define EXPECT_FLAG(rows, flag, ...)                                                         \
	do {                                                                                 \
		const unsigned expected_[] = {__VA_ARGS__};                                  \
		for (size_t i_ = 0; i_ < sizeof expected_ / sizeof *expected_; i_++)         \
			if (((rows)[i_].flags & (flag) ? 1 : 0) != expected_[i_])            \
				fail_msg("row %zu: " #flag " is not %u", i_, expected_[i_]); \
	} while (0)

/* The nearest writers of the sources, in order, each once. */
static void test_context__producers(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t load = hand_load(&t, 8, "i9 -> i1"), div = hand_op(&t, PV_OP_IntDiv, "i1 -> i2 i3"),
	         add = hand_op(&t, PV_OP_IntAlu, "i1 i2 i3 i4 -> i4"), other = hand_op(&t, PV_OP_IntAlu, "f1 -> f1");
	hand_run_at(&t, load, 0x8000);
	hand_run(&t, div);
	hand_run(&t, add);
	hand_run(&t, add);
	hand_run(&t, other);
	for (int i = 0; i < 994; i++)
		hand_run(&t, other);
	hand_run(&t, add); /* row 999: the add of row 3, the division of row 1 and the load of row 0 */
	hand_run(&t, add); /* row 1000: the load is 1000 rows away */
	hand_run(&t, add); /* row 1001: it is too far */
	struct made m = make(&t);
	EXPECT(m.context, producer[0], 0, 1, 1, 1, 0, 1);
	EXPECT(m.context, producer[1], 0, 0, 2, 2, 0, 0);
	EXPECT(m.context, producer[2], 0, 0, 0, 3, 0, 0);
	EXPECT(m.context + 999, producer[0], 996, 1, 1);
	EXPECT(m.context + 999, producer[1], 998, 999, 1000);
	EXPECT(m.context + 999, producer[2], 999, 1000, 0);
	EXPECT(m.context, producer_op, 0, PV_OP_MemRead + 1, PV_OP_IntDiv + 1, PV_OP_IntAlu + 1, 0, PV_OP_IntAlu + 1);
	EXPECT_FLAG(m.context, PV_CONTEXT_PRODUCER_LOADS, 0, 1, 0, 0, 0);
	EXPECT_FLAG(m.context, PV_CONTEXT_PRODUCER2_LOADS, 0, 0, 1, 0, 0);
	EXPECT(m.context, producer_reuse, 0, 27, 27, 27, 0); /* a first touch, 100000000, is between 2^26 and 2^27 */
	release(&m, &t);
}

/* Loads and stores share one stack; a store is found by any of the words it wrote. */
static void test_context__memory(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t load = hand_load(&t, 8, "i1 -> i2"), pair = hand_store(&t, 16, "i2 i1 ->");
	hand_run_at(&t, pair, 0x8000);
	hand_run_at(&t, load, 0x8008); /* second word of the pair */
	hand_run_at(&t, load, 0x8010); /* not stored to */
	hand_run_at(&t, load, 0x8050); /* another line */
	hand_run_at(&t, load, 0x8090); /* and another: the stride is 64 again */
	hand_run_at(&t, load, 0x803c); /* both lines; the first counts */
	hand_run_at(&t, load, 0x800c); /* bytes of two words, one of them stored to */
	struct made m = make(&t);
	EXPECT(m.context, data_reuse, PV_REUSE_NEVER, 1, 1, PV_REUSE_NEVER, PV_REUSE_NEVER, 3, 1);
	EXPECT(m.features, load_reuse, PV_REUSE_NEVER, PV_REUSE_NEVER, 1, PV_REUSE_NEVER, PV_REUSE_NEVER, 3, 1);
	EXPECT(m.context, data_set, 9, 1, 1, 9, 9, 1, 1);
	EXPECT(m.context, store_distance, 0, 1, 0, 0, 0, 0, 6);
	EXPECT(m.context, access_bytes, 16, 8, 8, 8, 8, 8, 8);
	EXPECT(m.context, stride, 0, 0, 8, 64, 64, 84, 48);
	EXPECT(m.context, stride_repeats, 0, 0, 0, 0, 1, 0, 0);
	EXPECT_FLAG(m.context, PV_CONTEXT_CROSSES_LINE, 0, 0, 0, 0, 0, 1, 0);
	release(&m, &t);
}

/* Ten lines of one set of 128, round and round: each is 10 lines away, which 8 ways cannot tell from more. */
static void test_context__sets(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t load = hand_load(&t, 8, "i1 -> i2");
	for (int i = 0; i < 20; i++)
		hand_run_at(&t, load, 0x100000 + (uint64_t)(i % 10) * 128 * 64);
	for (int i = 0; i < 6; i++)
		hand_run_at(&t, load, 0x100000 + (uint64_t)(i % 3) * 1024 * 64); /* lines 0, 8 and 16 of before: one set of 1024 */
	struct made m = make(&t);
	for (int i = 0; i < 20; i++)
		assert_int_equal(m.context[i].data_set, 9);
	EXPECT(m.context + 18, shared_set, 2, 2); /* lines 8 and 9 of ten in 8 sets of 1024: lines 0 and 1 were between */
	EXPECT(m.context + 20, data_set, 9, 3, 9, 3, 3, 3);
	EXPECT(m.context + 20, shared_set, 2, 2, 17, 3, 3, 3);
	release(&m, &t);
}

/* A loop of one branch, taken three times of four: what simple predictors make of it. */
static void test_context__branches(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t br = hand_branch(&t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000, "c0 ->"), add = hand_op(&t, PV_OP_IntAlu, "->");
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 4; i++)
			hand_run_branch(&t, br, i < 3);
		hand_run(&t, add);
	}
	struct made m = make(&t);
	/* two-bit counters begin weakly not taken */
	EXPECT_FLAG(m.context, PV_CONTEXT_BIMODAL_WRONG, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0);
	EXPECT(m.context, branch_age, 0, 1, 1, 1, 0, 2, 1, 1, 1, 0);
	EXPECT(m.context, since_taken, 255, 0, 0, 0, 1, 2, 0);
	/* taken for the first time at row 0, so that row 1 is a new target; later it goes where it went before */
	EXPECT_FLAG(m.context, PV_CONTEXT_NEW_TARGET, 0, 1, 0, 0, 0, 0, 0);
	/* the period of four is learnt by histories, never by the counter */
	for (int i = 250; i < 500; i++) {
		assert_false(m.context[i].flags & (PV_CONTEXT_LOCAL_WRONG | PV_CONTEXT_GLOBAL_WRONG));
		assert_int_equal(!!(m.context[i].flags & PV_CONTEXT_BIMODAL_WRONG), i % 5 == 3);
	}
	release(&m, &t);
}

/* A function called from two places: the return is foretold by the call, an indirect branch is not. */
static void test_context__returns(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t call1 = hand_branch(&t, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_CALL, 0x2000, "->"),
	         call2 = hand_branch(&t, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_CALL, 0x2000, "->"),
	         jump = hand_branch(&t, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000, "->");
	hand_pc(&t, 0x2000);
	uint32_t ret = hand_branch(&t, PV_UOP_UNCOND_BRANCH | PV_UOP_RETURN, 0, "i30 ->");
	for (int round = 0; round < 2; round++) {
		hand_run(&t, call1);
		hand_run(&t, ret);
		hand_run(&t, call2);
		hand_run(&t, ret);
		hand_run(&t, jump);
	}
	struct made m = make(&t);
	/* row 5 is where the jump went for the first time */
	EXPECT_FLAG(m.context, PV_CONTEXT_NEW_TARGET, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0);
	EXPECT(m.context, line_offset, 0, 0, 1, 0, 2);
	release(&m, &t);

	hand_init(&t, 0x1000);
	jump = hand_branch(&t, PV_UOP_UNCOND_BRANCH, 0, "i1 ->");
	uint32_t a = hand_op(&t, PV_OP_IntAlu, "->"), b = hand_op(&t, PV_OP_IntAlu, "->");
	hand_run(&t, jump);
	hand_run(&t, a);
	hand_run(&t, jump);
	hand_run(&t, b);
	hand_run(&t, jump);
	hand_run(&t, b);
	m = make(&t);
	EXPECT_FLAG(m.context, PV_CONTEXT_NEW_TARGET, 0, 1, 0, 1, 0, 0);
	release(&m, &t);
}

/* Lines of instructions: the next one, and one of long ago. */
static void test_context__fetch(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1038);
	for (int i = 0; i < 4; i++)
		hand_op(&t, PV_OP_IntAlu, "->");
	hand_pc(&t, 0x9000);
	hand_op(&t, PV_OP_IntAlu, "->");
	for (uint32_t i = 0; i < 5; i++)
		hand_run(&t, i);
	hand_run(&t, 0);
	struct made m = make(&t);
	EXPECT(m.context, line_offset, 14, 15, 0, 1, 0, 14);
	EXPECT_FLAG(m.context, PV_CONTEXT_NEXT_LINE, 0, 0, 1, 0, 0, 0);
	EXPECT(m.context, fetch_set, 9, 1, 9, 1, 9, 2 /* 0x1000 and 0x9000 are 512 lines apart: one set of 128 */);
	release(&m, &t);
}

/* Chains on the ideal processors, with numbers that can be counted on fingers. */
static void test_context__ideal_processors(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t chain = hand_op(&t, PV_OP_IntAlu, "i1 -> i1"), mult = hand_op(&t, PV_OP_IntMult, "i1 -> i2"),
	         use = hand_op(&t, PV_OP_IntAlu, "i2 -> i3"), load = hand_load(&t, 8, "i1 -> i4"),
	         after = hand_op(&t, PV_OP_IntAlu, "i4 -> i5");
	/*
	 * Rows        chain chain mult use  chain load   load  after
	 * done, 0+1   1     2     3    4    3     4      4     5
	 * The first fetch is a miss to memory: 120 cycles, and one for the first row. On processor 2 the chain is done at 122 and 123, the
	 * multiplication 126, use 127, chain 124, the first load (fetched at 122) 124 + 120 = 244, the second, of the line just touched,
	 * 124 + 3 = 127, after 128: of which it waits 116 for commit.
	 */
	hand_run(&t, chain);
	hand_run(&t, chain);
	hand_run(&t, mult);
	hand_run(&t, use);
	hand_run(&t, chain);
	hand_run_at(&t, load, 0x8000);
	hand_run_at(&t, load, 0x8000);
	hand_run(&t, after);
	struct made m = make(&t);
	EXPECT(m.context, ideal[0], 1, 1, 1, 1, 0, 0, 0, 1);
	EXPECT(m.context, ideal[1], 1, 1, 1, 1, 0, 0, 0, 1);
	EXPECT(m.context, ideal[2], 122, 1, 3, 1, 0, 117, 0, 0);
	EXPECT(m.context, slack, 0, 0, 0, 0, 3, 0, 117, 116);
	/*
	 * In order: 122, 123, the multiplication starts at 123 and is done at 126, use starts at 126 and is done at 127; the chain starts
	 * with it (127), the loads start at 127 (their operand) and are done at 247 and 130, after 131.
	 */
	EXPECT(m.context, ideal[3], 122, 1, 3, 1, 0, 120, 0, 0);
	release(&m, &t);
}

/* A window of 32: a load that misses holds up what follows it by 32 rows, but not sooner. */
static void test_context__windows(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t chain = hand_op(&t, PV_OP_IntAlu, "i1 -> i1"), free_op = hand_op(&t, PV_OP_IntAlu, "-> i2");
	for (int i = 0; i < 40; i++)
		hand_run(&t, chain);
	for (int i = 0; i < 200; i++)
		hand_run(&t, free_op);
	struct made m = make(&t);
	unsigned sum[2] = {0};
	for (size_t i = 0; i < t.n_rows; i++)
		for (int k = 0; k < 2; k++)
			sum[k] += m.context[i].ideal[k];
	/*
	 * Row 39 commits at 40. In a window of 128, rows up to 167 start before that; row 168 starts when row 40 commits, at 40, and is
	 * done at 41, as are all to 239. In one of 32, rows 72 to 103 are done at 41, those to 135 at 42, 167 43, 199 44, 231 45, 239 46.
	 */
	assert_int_equal(sum[1], 41);
	assert_int_equal(sum[0], 46);
	release(&m, &t);
}

/* Inputs of schema pv2 as a network sees them. */
static void test_context__pv2_inputs(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t load = hand_load(&t, 8, "i1 -> i2"), add = hand_op(&t, PV_OP_IntAlu, "i2 c0 -> i3 c0");
	hand_run_at(&t, load, 0x8000);
	hand_run_at(&t, load, 0x8000);
	hand_run(&t, add);
	struct made m = make(&t);
	float x[3][PV2_COUNT];
	pv_inputs_unpack(m.features, m.context, 3, NULL, NULL, x[0], PV2_COUNT);
	const struct {
		int row;
		enum pv2_input input;
		double value;
	} expected[] = {
	    {0, PV2_AT_op_memory, 1},
	    {2, PV2_AT_op_memory, 0},
	    {2, PV2_AT_op_int_alu, 1},
	    {0, PV2_AT_int_sources, 1},
	    {2, PV2_AT_cc_sources, 1},
	    {2, PV2_AT_int_destinations, 1},
	    {2, PV2_AT_cc_destinations, 1},
	    {2, PV2_AT_vec_destinations, 0},
	    {0, PV2_AT_data_first, 1},
	    {1, PV2_AT_data_first, 0},
	    {2, PV2_AT_data_first, 0},
	    {0, PV2_AT_log_data_reuse, 22.0000003},
	    {1, PV2_AT_log_data_reuse, 1},
	    {2, PV2_AT_log_data_reuse, 0},
	    {0, PV2_AT_fetch_first, 1},
	    {1, PV2_AT_new_line, 0},
	    {0, PV2_AT_log_producer, 9.968667},
	    {2, PV2_AT_log_producer, 1},
	    {2, PV2_AT_log_producer2, 9.968667},
	    {2, PV2_AT_producer_loads, 1},
	    {2, PV2_AT_producer_slow, 0},
	    {2, PV2_AT_producer_reuse, 1},
	    {1, PV2_AT_log_access_bytes, 3.169925},
	    {0, PV2_AT_ideal2, 241},
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		if (fabs((double)x[expected[i].row][expected[i].input] - expected[i].value) > 4e-6)
			fail_msg("row %d: %s is %.7g, expected %g", expected[i].row, pv_input_name(expected[i].input),
			         (double)x[expected[i].row][expected[i].input], expected[i].value);
	release(&m, &t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_context__producers),
	    cmocka_unit_test(test_context__memory),
	    cmocka_unit_test(test_context__sets),
	    cmocka_unit_test(test_context__branches),
	    cmocka_unit_test(test_context__returns),
	    cmocka_unit_test(test_context__fetch),
	    cmocka_unit_test(test_context__ideal_processors),
	    cmocka_unit_test(test_context__windows),
	    cmocka_unit_test(test_context__pv2_inputs),
	};
	return cmocka_run_group_tests_name("context rows", tests, NULL, NULL);
}
