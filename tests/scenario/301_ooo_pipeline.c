/*
 * 301_ooo_pipeline.c - the out-of-order pipeline: stage delays, widths, functional units, dependences
 *
 * Machine: preset o3. One instruction, all its resources there:
 *
 *   cycle      0      1       2       3   4                  5         6         7
 *              fetch  decode  rename      dispatch, issue    executed  complete  commit
 *
 * Code lies in one 64-byte block, which is the fetch buffer: only the first instruction goes to the instruction cache.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "support/sim_run.h"

static void test_pipeline__one_add(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	hand_run(&r.trace, hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2"));
	sim_run_go(&r);
	assert_int_equal(sim_decode(&r, 0), 1);
	assert_int_equal(r.times[0].rename_ps - r.times[0].fetch_ps, 2 * r.period_ps);
	assert_int_equal(sim_dispatch(&r, 0), 4);
	assert_int_equal(sim_issue(&r, 0), 4);
	assert_int_equal(sim_complete(&r, 0), 6);
	assert_int_equal(sim_commit(&r, 0), 7);
	assert_int_equal(r.times[0].fetch_depth, 2);
	assert_int_equal(r.times[0].data_depth, -1);
	sim_run_close(&r);
}

static void test_pipeline__stage_delays_add_up(void **state)
{
	(void)state;
	struct sim_run r;
	/* 3 to decode, 2 to rename, 1 to dispatch; issue to execute 2: executed one later; execute to commit 2: 6 + 2 + 2 + 1 */
	sim_run_open(
	    &r, "o3",
	    "ooo.fetch_to_decode_cycles=3 ooo.decode_to_rename_cycles=2 ooo.rename_to_issue_cycles=1 ooo.issue_to_execute_cycles=2 "
	    "ooo.execute_to_commit_cycles=2");
	hand_run(&r.trace, hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2"));
	sim_run_go(&r);
	assert_int_equal(sim_decode(&r, 0), 3);
	assert_int_equal(sim_issue(&r, 0), 6);
	assert_int_equal(sim_complete(&r, 0), 10);
	assert_int_equal(sim_commit(&r, 0), 11);
	sim_run_close(&r);
}

/* n executions of one instruction */
static void run_many(struct sim_run *r, enum pv_op_class op_class, const char *operands, unsigned n)
{
	uint32_t uop = hand_op(&r->trace, op_class, operands);
	for (unsigned i = 0; i < n; i++)
		hand_run(&r->trace, uop);
	sim_run_go(r);
}

static void test_pipeline__dependent_adds_go_one_a_cycle(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	run_many(&r, PV_OP_IntAlu, "i1 -> i1", 20);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(sim_issue(&r, i), 4 + i);
		assert_int_equal(sim_commit(&r, i), 7 + i);
	}
	sim_run_close(&r);
}

static void test_pipeline__condition_codes_carry_dependences(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	uint32_t mul = hand_op(&r.trace, PV_OP_IntMult, "i1 -> c0");
	uint32_t use = hand_op(&r.trace, PV_OP_IntAlu, "c0 -> i2"), misc = hand_op(&r.trace, PV_OP_IntAlu, "m7 -> i3");
	uint32_t set_misc = hand_op(&r.trace, PV_OP_IntMult, "i1 -> m7");
	hand_run(&r.trace, mul);
	hand_run(&r.trace, use);
	hand_run(&r.trace, set_misc);
	hand_run(&r.trace, misc); /* miscellaneous registers do not */
	sim_run_go(&r);
	assert_int_equal(sim_issue(&r, 1) - sim_issue(&r, 0), 3);
	assert_int_equal(sim_issue(&r, 3), 4);
	sim_run_close(&r);
}

static void test_pipeline__write_after_write_is_renamed_away(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	uint32_t div = hand_op(&r.trace, PV_OP_IntDiv, "i1 -> i2"), add = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2");
	uint32_t use = hand_op(&r.trace, PV_OP_IntAlu, "i2 -> i3");
	hand_run(&r.trace, div);
	hand_run(&r.trace, add);
	hand_run(&r.trace, use);
	sim_run_go(&r);
	assert_int_equal(sim_issue(&r, 2), 5); /* after the add, not after the division */
	assert_int_equal(sim_commit(&r, 0), 4 + 20 + 1 + 1);
	assert_int_equal(sim_commit(&r, 2), sim_commit(&r, 0)); /* in order */
	sim_run_close(&r);
}

static void test_pipeline__independent_adds_fill_the_width(void **state)
{
	(void)state;
	/* narrowest stage 2 wherever it is: two commit each cycle */
	static const char *const narrow[] = {"ooo.fetch_width=2",
	                                     "ooo.decode_width=2",
	                                     "ooo.decode_width=2 ooo.rename_width=2",
	                                     "ooo.decode_width=2 ooo.rename_width=2 ooo.dispatch_width=2",
	                                     "ooo.issue_width=2",
	                                     "ooo.commit_width=2",
	                                     "ooo.writeback_width=2",
	                                     "units.int_alu.count=2"};
	for (unsigned k = 0; k < sizeof narrow / sizeof narrow[0]; k++) {
		struct sim_run r;
		sim_run_open(&r, "o3", narrow[k]);
		run_many(&r, PV_OP_IntAlu, "i1 -> i2", 40);
		for (unsigned i = 0; i < 40; i++)
			assert_int_equal(sim_commit(&r, i), 7 + i / 2);
		sim_run_close(&r);
	}
}

static void test_pipeline__units_bound_the_rate(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", ""); /* 8 wide, 6 integer ALUs */
	run_many(&r, PV_OP_IntAlu, "i1 -> i2", 48);
	for (unsigned i = 0; i < 48; i++)
		assert_int_equal(sim_issue(&r, i), 4 + i / 6);
	sim_run_close(&r);
}

static void test_pipeline__multiplier_is_pipelined_divider_is_not(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "units.int_muldiv.count=1");
	uint32_t mul = hand_op(&r.trace, PV_OP_IntMult, "i1 -> i2"), div = hand_op(&r.trace, PV_OP_IntDiv, "i1 -> i3");
	hand_run(&r.trace, mul);
	hand_run(&r.trace, mul);
	hand_run(&r.trace, div);
	hand_run(&r.trace, div);
	hand_run(&r.trace, mul);
	sim_run_go(&r);
	assert_int_equal(sim_issue(&r, 0), 4);
	assert_int_equal(sim_issue(&r, 1), 5);
	assert_int_equal(sim_issue(&r, 2), 6);
	assert_int_equal(sim_issue(&r, 3), 26); /* 20 cycles in the unit */
	assert_int_equal(sim_issue(&r, 4), 46); /* the same unit multiplies */
	assert_int_equal(sim_complete(&r, 1), 5 + 3 + 1);
	sim_run_close(&r);
}

static void test_pipeline__young_slips_past_waiting_old(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "units.int_alu.count=1");
	uint32_t mul = hand_op(&r.trace, PV_OP_IntMult, "i1 -> i2"), slow = hand_op(&r.trace, PV_OP_IntAlu, "i2 -> i3");
	uint32_t quick = hand_op(&r.trace, PV_OP_IntAlu, "i4 -> i5");
	hand_run(&r.trace, mul);
	hand_run(&r.trace, slow);
	for (int i = 0; i < 4; i++)
		hand_run(&r.trace, quick);
	sim_run_go(&r);
	assert_int_equal(sim_issue(&r, 1), 7);
	assert_int_equal(sim_issue(&r, 2), 4);
	assert_int_equal(sim_issue(&r, 3), 5);
	assert_int_equal(sim_issue(&r, 4), 6);
	assert_int_equal(sim_issue(&r, 5), 8); /* cycle 7 belongs to the older one */
	sim_run_close(&r);
}

static void test_pipeline__no_unit_takes_one_cycle(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	uint32_t nop = hand_op(&r.trace, PV_OP_No_OpClass, "i1 -> i1");
	hand_run(&r.trace, nop);
	hand_run(&r.trace, nop);
	sim_run_go(&r);
	assert_int_equal(sim_issue(&r, 1), 5);
	sim_run_close(&r);
}

/* rename.c has the picture: dispatch tells rename, rename stands still, and nothing comes for a while when it may go on. */
static void test_pipeline__narrow_dispatch_blocks_rename(void **state)
{
	(void)state;
	static const struct {
		const char *change;
		int64_t dispatch[9];
	} cases[] = {
	    {"ooo.rename_to_issue_cycles=1", {3, 3, 4, 5, 5, 6, 8, 8, 9}},
	    {"ooo.rename_to_issue_cycles=2", {4, 4, 5, 6, 6, 7, 7, 8, 8}}, /* a third group was on its way */
	    {"ooo.rename_to_issue_cycles=1 ooo.execute_to_rename_cycles=2", {3, 3, 4, 5, 5, 6, 6, 7, 7}},
	};
	for (unsigned k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		struct sim_run r;
		char change[160];
		(void)snprintf(change, sizeof change, "ooo.fetch_width=3 ooo.decode_width=3 ooo.rename_width=3 ooo.dispatch_width=2 %s",
		               cases[k].change);
		sim_run_open(&r, "o3", change);
		for (int i = 0; i < 9; i++)
			hand_run(&r.trace, hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2"));
		sim_run_go(&r);
		for (int i = 0; i < 9; i++)
			assert_int_equal(sim_dispatch(&r, i), cases[k].dispatch[i]);
		sim_run_close(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pipeline__one_add),
	    cmocka_unit_test(test_pipeline__stage_delays_add_up),
	    cmocka_unit_test(test_pipeline__dependent_adds_go_one_a_cycle),
	    cmocka_unit_test(test_pipeline__condition_codes_carry_dependences),
	    cmocka_unit_test(test_pipeline__write_after_write_is_renamed_away),
	    cmocka_unit_test(test_pipeline__independent_adds_fill_the_width),
	    cmocka_unit_test(test_pipeline__units_bound_the_rate),
	    cmocka_unit_test(test_pipeline__multiplier_is_pipelined_divider_is_not),
	    cmocka_unit_test(test_pipeline__young_slips_past_waiting_old),
	    cmocka_unit_test(test_pipeline__no_unit_takes_one_cycle),
	    cmocka_unit_test(test_pipeline__narrow_dispatch_blocks_rename),
	};
	return cmocka_run_group_tests_name("ooo pipeline", tests, NULL, NULL);
}
