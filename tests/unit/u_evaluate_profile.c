/*
 * u_evaluate_profile.c - counts of rows, on rows written by hand
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "evaluate/profile.h"
#include "evaluate/regression.h"

static struct pv_feature_row row_of(unsigned op)
{
	return (struct pv_feature_row){.flags = PV_FEATURE_LAST, .op = (uint8_t)(op + 1), .fetch_reuse = 1};
}

/* An operation that reads integer register `src` and writes `dst` (numbers from 0; -1: none). */
static struct pv_feature_row move(unsigned op, int dst, int src)
{
	struct pv_feature_row r = row_of(op);
	if (dst >= 0)
		r.dst_class[0] = PV_REG_INT + 1, r.dst_index[0] = (uint16_t)(dst + 1);
	if (src >= 0)
		r.src_class[0] = PV_REG_INT + 1, r.src_index[0] = (uint16_t)(src + 1);
	return r;
}

static struct pv_feature_row load_of(uint32_t load_reuse, uint32_t store_reuse)
{
	struct pv_feature_row r = row_of(PV_OP_MemRead);
	r.flags |= PV_FEATURE_LOAD | PV_FEATURE_HAS_ADDR;
	r.load_reuse = load_reuse;
	r.store_reuse = store_reuse;
	r.address_distance = PV_ADDRESS_NEVER;
	return r;
}

static void test_reuse_bucket__is_half_an_octave(void **state)
{
	(void)state;
	const uint32_t begins[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32};
	for (int b = 0; b < 10; b++) {
		assert_int_equal(evaluate_reuse_bucket(begins[b]), b);
		if (b)
			assert_int_equal(evaluate_reuse_bucket(begins[b] - 1), b - 1);
		assert_true(evaluate_reuse_lines(b) >= begins[b]);
		assert_true(b == 9 || evaluate_reuse_lines(b) < begins[b + 1]);
	}
	assert_int_equal(evaluate_reuse_bucket(0), 0);
	assert_int_equal(evaluate_reuse_bucket(PV_REUSE_NEVER), EVALUATE_REUSE_FIRST_TOUCH);
	assert_true(evaluate_reuse_bucket(PV_REUSE_NEVER - 1) < EVALUATE_REUSE_FIRST_TOUCH);
	assert_true(isinf(evaluate_reuse_lines(EVALUATE_REUSE_FIRST_TOUCH)));
}

/* Row i uses what row i - 1 made: every window of W is one path of W operations. */
static void test_paths__of_a_chain(void **state)
{
	(void)state;
	struct pv_feature_row rows[512];
	struct evaluate_profile p;
	for (int i = 0; i < 512; i++)
		rows[i] = move(i % 4 == 3 ? PV_OP_IntMult : PV_OP_IntAlu, 5, 5);
	evaluate_profile_rows(rows, 512, &p);
	for (int w = 0; w < EVALUATE_PROFILE_WINDOWS; w++) {
		assert_int_equal(p.path[w][EVALUATE_PATH_INT], 384);
		assert_int_equal(p.path[w][EVALUATE_PATH_MULTIPLY], 128);
		assert_int_equal(p.path[w][EVALUATE_PATH_LOAD], 0);
	}
	assert_int_equal(p.first_use[EVALUATE_PATH_INT][1], 384);
	assert_int_equal(p.first_use[EVALUATE_PATH_MULTIPLY][1], 127); /* nobody uses the last row's result, a product */
}

/* Rows that share nothing: the longest path of a window is its longest operation. */
static void test_paths__of_independent_rows(void **state)
{
	(void)state;
	struct pv_feature_row rows[256];
	struct evaluate_profile p;
	for (int i = 0; i < 256; i++)
		rows[i] = move(i == 70 ? PV_OP_IntDiv : PV_OP_IntAlu, i % 30, -1);
	evaluate_profile_rows(rows, 256, &p);
	assert_int_equal(p.path[0][EVALUATE_PATH_INT], 15); /* of 16 windows of 16 rows, 15 have no division */
	assert_int_equal(p.path[0][EVALUATE_PATH_DIVIDE], 1);
	assert_int_equal(p.path[4][EVALUATE_PATH_INT], 0);
	assert_int_equal(p.path[4][EVALUATE_PATH_DIVIDE], 1);
	for (int d = 0; d < EVALUATE_PROFILE_DISTANCES; d++)
		assert_int_equal(p.first_use[EVALUATE_PATH_INT][d], 0);
}

/* A load from the address of a store 3 rows before depends on it. */
static void test_paths__go_through_memory(void **state)
{
	(void)state;
	struct pv_feature_row rows[16];
	struct evaluate_profile p;
	for (int i = 0; i < 16; i++)
		rows[i] = move(PV_OP_IntAlu, 20, -1);
	rows[0] = move(PV_OP_IntAlu, 1, -1);
	rows[1] = move(PV_OP_MemWrite, -1, 1);
	rows[1].flags |= PV_FEATURE_STORE | PV_FEATURE_HAS_ADDR;
	rows[1].store_reuse = rows[1].load_reuse = 1;
	rows[4] = load_of(1, 1);
	rows[4].address_distance = 3;
	evaluate_profile_rows(rows, 16, &p);
	assert_int_equal(p.path[0][EVALUATE_PATH_INT], 2); /* the sum, the store, the load */
	assert_int_equal(p.path[0][EVALUATE_PATH_LOAD], 1);
	rows[4].address_distance = 2; /* another row, which is no store */
	evaluate_profile_rows(rows, 16, &p);
	assert_int_equal(p.path[0][EVALUATE_PATH_INT], 0);
	assert_int_equal(p.path[0][EVALUATE_PATH_LOAD], 1);
}

/* Registers of the miscellaneous class carry no dependence. */
static void test_paths__ignore_miscellaneous_registers(void **state)
{
	(void)state;
	struct pv_feature_row rows[16];
	struct evaluate_profile p;
	for (int i = 0; i < 16; i++) {
		rows[i] = move(PV_OP_IntAlu, 7, 7);
		rows[i].src_class[0] = rows[i].dst_class[0] = PV_REG_MISC + 1;
	}
	evaluate_profile_rows(rows, 16, &p);
	assert_int_equal(p.path[0][EVALUATE_PATH_INT], 1);
	assert_int_equal(p.results[PV_REG_MISC], 16);
	assert_int_equal(p.results[PV_REG_INT], 0);
}

static void test_branches__are_held_against_the_majority(void **state)
{
	(void)state;
	const struct {
		unsigned sixteenths;
		bool taken;
	} outcomes[] = {{0, false}, {0, true}, {16, true}, {16, false}, {8, true}, {8, false}, {6, true}};
	struct pv_feature_row rows[9];
	struct evaluate_profile p;
	for (int i = 0; i < 7; i++) {
		rows[i] = row_of(PV_OP_IntAlu);
		rows[i].flags |= PV_FEATURE_COND_BRANCH | PV_FEATURE_DIRECT_BRANCH | (outcomes[i].taken ? PV_FEATURE_TAKEN : 0);
		rows[i].entropy_before = (uint8_t)outcomes[i].sixteenths;
	}
	rows[7] = rows[8] = row_of(PV_OP_IntAlu);
	rows[7].flags |= PV_FEATURE_UNCOND_BRANCH | PV_FEATURE_DIRECT_BRANCH | PV_FEATURE_TAKEN;
	rows[8].flags |= PV_FEATURE_UNCOND_BRANCH | PV_FEATURE_TAKEN;
	evaluate_profile_rows(rows, 9, &p);
	assert_int_equal(p.cond_branches, 7);
	assert_int_equal(p.uncond_branches, 2);
	assert_int_equal(p.indirect_branches, 1);
	assert_int_equal(p.taken, 4 + 2);
	assert_int_equal(p.doubt, 8 + 8 + 6);
	assert_int_equal(p.surprises, 2 + 2 + 1 + 1 + 2);
}

/* The nearer of both stacks counts; windows with a miss are counted once each. */
static void test_loads__misses_in_one_window_count_once(void **state)
{
	(void)state;
	struct pv_feature_row rows[64];
	struct evaluate_profile p;
	for (int i = 0; i < 64; i++)
		rows[i] = move(PV_OP_IntAlu, 3, -1);
	rows[1] = load_of(200, PV_REUSE_NEVER);             /* beyond 128 lines, never stored to */
	rows[2] = load_of(600, 600);                        /* beyond 512, stored to */
	rows[3] = load_of(PV_REUSE_NEVER, 100);             /* stored a while ago: a hit in 128 lines */
	rows[40] = load_of(PV_REUSE_NEVER, PV_REUSE_NEVER); /* first touch */
	evaluate_profile_rows(rows, 64, &p);
	assert_int_equal(p.reuse[EVALUATE_TOUCH_LOAD_CLEAN][evaluate_reuse_bucket(200)], 1);
	assert_int_equal(p.reuse[EVALUATE_TOUCH_LOAD_STORED][evaluate_reuse_bucket(600)], 1);
	assert_int_equal(p.reuse[EVALUATE_TOUCH_LOAD_STORED][evaluate_reuse_bucket(100)], 1);
	assert_int_equal(p.reuse[EVALUATE_TOUCH_LOAD_CLEAN][EVALUATE_REUSE_FIRST_TOUCH], 1);
	assert_int_equal(p.miss_windows[EVALUATE_LOADS_ALL][0][0], 2);   /* rows 0..15 and 32..47 */
	assert_int_equal(p.miss_windows[EVALUATE_LOADS_ALL][0][2], 1);   /* one window of 64 */
	assert_int_equal(p.miss_windows[EVALUATE_LOADS_ALL][1][0], 2);   /* beyond 512: rows 2 and 40 */
	assert_int_equal(p.miss_windows[EVALUATE_LOADS_CLEAN][1][0], 1); /* row 40 */
	assert_int_equal(p.miss_windows[EVALUATE_LOADS_ALL][EVALUATE_PROFILE_CAPACITIES - 1][0], 1);
}

/* Counts add up, whatever the cut: regressors of a piece are those of its parts together. */
static void test_regressors__add_up(void **state)
{
	(void)state;
	struct pv_feature_row rows[300];
	struct evaluate_profile whole, first, second;
	double x[EVALUATE_REGRESSORS], y[EVALUATE_REGRESSORS], z[EVALUATE_REGRESSORS], sum = 0;
	for (int i = 0; i < 300; i++) {
		rows[i] =
		    i % 3 ? load_of((uint32_t)(1 + i * 97 % 5000), i % 2 ? PV_REUSE_NEVER : 70) : move(PV_OP_SimdFloatMult, i % 9, i % 7);
		rows[i].fetch_reuse = i % 8 ? 1 : (uint32_t)(1 + i);
	}
	evaluate_profile_rows(rows, 300, &whole);
	evaluate_profile_rows(rows, 110, &first);
	evaluate_profile_rows(rows + 110, 190, &second);
	evaluate_regressors(&whole, x);
	evaluate_regressors(&first, y);
	evaluate_regressors(&second, z);
	for (int i = 0; i < EVALUATE_REGRESSORS; i++) {
		assert_true(x[i] == y[i] + z[i]);
		sum += x[i];
	}
	assert_true(sum > 600); /* each row at least as an operation and as an instruction */
}

/* Rows that no reader would let through must not lead astray: classes and operations out of range. */
static void test_profile__survives_nonsense(void **state)
{
	(void)state;
	struct pv_feature_row rows[40];
	struct evaluate_profile p;
	memset(rows, 0xff, sizeof rows);
	memset(rows + 20, 0, 20 * sizeof *rows);
	evaluate_profile_rows(rows, 40, &p);
	assert_int_equal(p.rows, 40);
	assert_int_equal(p.insns, 20);
	evaluate_profile_rows(rows, 0, &p);
	assert_int_equal(p.rows, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reuse_bucket__is_half_an_octave),
	    cmocka_unit_test(test_paths__of_a_chain),
	    cmocka_unit_test(test_paths__of_independent_rows),
	    cmocka_unit_test(test_paths__go_through_memory),
	    cmocka_unit_test(test_paths__ignore_miscellaneous_registers),
	    cmocka_unit_test(test_branches__are_held_against_the_majority),
	    cmocka_unit_test(test_loads__misses_in_one_window_count_once),
	    cmocka_unit_test(test_regressors__add_up),
	    cmocka_unit_test(test_profile__survives_nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
