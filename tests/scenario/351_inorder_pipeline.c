/*
 * 351_inorder_pipeline.c - the in-order core to the cycle
 *
 * Machine: preset minor: width 2, one cycle between stages; integer ALU 3 cycles with operands needed 2 cycles after issue; L1D hit 2.
 *
 *   cycle      0        1       2      3  4  5
 *              fetch 2  decode  issue        commit
 *
 *   load   issue i   at the cache i+1   commit i+3; dependents may issue at i+1 already (they need the operand 2 cycles later)
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "support/sim_run.h"

enum { DATA = 0x900000 };

static void run_many(struct sim_run *r, enum pv_op_class op_class, const char *operands, unsigned n)
{
	uint32_t uop = hand_op(&r->trace, op_class, operands);
	for (unsigned i = 0; i < n; i++)
		hand_run(&r->trace, uop);
	sim_run_go(r);
}

static void test_inorder__one_add(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "");
	run_many(&r, PV_OP_IntAlu, "i1 -> i2", 1);
	assert_int_equal(sim_decode(&r, 0), 1);
	assert_int_equal(sim_issue(&r, 0), 2);
	assert_int_equal(sim_commit(&r, 0), 5);
	sim_run_close(&r);
}

static void test_inorder__stage_delays_add_up(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "inorder.fetch2_to_decode_cycles=3 inorder.decode_to_execute_cycles=2");
	run_many(&r, PV_OP_IntAlu, "i1 -> i2", 1);
	assert_int_equal(sim_decode(&r, 0), 3);
	assert_int_equal(sim_commit(&r, 0), 8);
	sim_run_close(&r);
}

static void test_inorder__dependent_and_independent_adds(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "");
	run_many(&r, PV_OP_IntAlu, "i1 -> i1", 16);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(sim_commit(&r, i), 5 + i);
	sim_run_close(&r);
	sim_run_open(&r, "minor", "");
	run_many(&r, PV_OP_IntAlu, "i1 -> i2", 16);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(sim_commit(&r, i), 5 + i / 2);
	sim_run_close(&r);
	sim_run_open(&r, "minor", "units.int_alu.count=1");
	run_many(&r, PV_OP_IntAlu, "i1 -> i2", 16);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(sim_issue(&r, i), 2 + i);
	sim_run_close(&r);
}

static void test_inorder__commit_limit(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "inorder.commit_limit=1");
	run_many(&r, PV_OP_IntAlu, "i1 -> i2", 16);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(sim_commit(&r, i), 5 + i);
	sim_run_close(&r);
}

static void test_inorder__issue_is_in_order(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "");
	uint32_t add = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2"), mul = hand_op(&r.trace, PV_OP_IntMult, "i2 -> i3");
	uint32_t other = hand_op(&r.trace, PV_OP_IntAlu, "i5 -> i6");
	hand_run(&r.trace, add);
	hand_run(&r.trace, mul);
	hand_run(&r.trace, other);
	sim_run_go(&r);
	assert_int_equal(sim_issue(&r, 1), 5); /* the multiplier needs its operand at issue: 2 + 3 */
	assert_int_equal(sim_issue(&r, 2), 5); /* nobody overtakes */
	sim_run_close(&r);
}

static void test_inorder__divider_is_not_pipelined(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "");
	run_many(&r, PV_OP_IntDiv, "i1 -> i2", 3);
	assert_int_equal(sim_issue(&r, 1) - sim_issue(&r, 0), 9);
	assert_int_equal(sim_issue(&r, 2) - sim_issue(&r, 1), 9);
	sim_run_close(&r);
}

static void test_inorder__load_hit(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "");
	uint32_t warm = hand_load(&r.trace, 8, "i9 -> i1"), div = hand_op(&r.trace, PV_OP_IntDiv, "i1 -> i1");
	uint32_t load = hand_load(&r.trace, 8, "i1 -> i2"), use = hand_op(&r.trace, PV_OP_IntAlu, "i2 -> i3");
	hand_run_at(&r.trace, warm, DATA);
	hand_run(&r.trace, div);
	hand_run_at(&r.trace, load, DATA + 8);
	hand_run(&r.trace, use);
	sim_run_go(&r);
	assert_int_equal(r.times[2].data_depth, 0);
	/* issued on promises: the division's result 9 after its issue, needed 1 after the load's; the data 3 after, needed 2 after */
	assert_int_equal(sim_issue(&r, 2), sim_issue(&r, 1) + 8);
	assert_int_equal(sim_issue(&r, 3), sim_issue(&r, 2) + 1);
	/* but the division commits behind the miss, the load goes to the cache then, and the use is long through its unit */
	assert_int_equal(sim_commit(&r, 2), sim_commit(&r, 1) + 2);
	assert_int_equal(sim_commit(&r, 3), sim_commit(&r, 2));
	sim_run_close(&r);
}

static void test_inorder__a_place_in_memory_is_taken_by_hits_too(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "");
	uint32_t load = hand_load(&r.trace, 8, "i9 -> i1");
	for (int i = 0; i < 12; i++)
		hand_run_at(&r.trace, load, DATA + 8 * (i % 8));
	sim_run_go(&r);
	/* two places, each held 2 cycles and free the cycle after: two loads in three cycles */
	for (int i = 4; i < 10; i++)
		assert_int_equal(sim_commit(&r, i + 2), sim_commit(&r, i) + 3);
	sim_run_close(&r);
}

/* The last memory instruction that may issue in a cycle ends it for all others, too. */
static void test_inorder__memory_issue_limit_ends_the_cycle(void **state)
{
	(void)state;
	static const struct {
		const char *change;
		int64_t issue[6];
	} cases[] = {
	    {"inorder.memory_issue_limit=1", {2, 3, 3, 4, 5, 5}}, /* each load ends its cycle */
	    {"inorder.memory_issue_limit=2", {2, 2, 3, 3, 4, 4}},
	};
	for (unsigned k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		struct sim_run r;
		char change[96];
		(void)snprintf(change, sizeof change, "inorder.memory_commit_limit=2 inorder.n_memory_transfers=8 %s", cases[k].change);
		sim_run_open(&r, "minor", change);
		uint32_t load = hand_load(&r.trace, 8, "i9 -> i1"), add = hand_op(&r.trace, PV_OP_IntAlu, "i3 -> i2");
		hand_run_at(&r.trace, load, DATA);
		hand_run(&r.trace, add);
		hand_run(&r.trace, add);
		hand_run_at(&r.trace, load, DATA);
		hand_run(&r.trace, add);
		hand_run(&r.trace, add);
		sim_run_go(&r);
		for (int i = 0; i < 6; i++)
			assert_int_equal(sim_issue(&r, i), cases[k].issue[i]);
		sim_run_close(&r);
	}
}

static void test_inorder__pipes_fill_behind_a_miss(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "");
	uint32_t load = hand_load(&r.trace, 8, "i9 -> i1"), add = hand_op(&r.trace, PV_OP_IntAlu, "i3 -> i2");
	hand_run_at(&r.trace, load, DATA);
	for (int i = 0; i < 9; i++)
		hand_run(&r.trace, add);
	sim_run_go(&r);
	/* issue 2: the load, which ends the cycle; 3, 4, 5: two adds each; 6: the oldest of both units are done and wait, and both stand
	 * still until the load commits */
	static const int issue[7] = {2, 3, 3, 4, 4, 5, 5};
	for (int i = 0; i < 7; i++)
		assert_int_equal(sim_issue(&r, i), issue[i]);
	assert_true(sim_commit(&r, 0) > 80);
	assert_int_equal(sim_commit(&r, 1), sim_commit(&r, 0));
	assert_int_equal(sim_issue(&r, 7), sim_commit(&r, 0));
	for (int i = 2; i < 7; i++)
		assert_int_equal(sim_commit(&r, i), sim_commit(&r, 0) + i / 2);
	sim_run_close(&r);
}

static void test_inorder__memory_limits(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "");
	uint32_t load = hand_load(&r.trace, 8, "i9 -> i1");
	for (int i = 0; i < 4; i++)
		hand_run_at(&r.trace, load, DATA + 128 * i);
	sim_run_go(&r);
	/* one issued a cycle; two in the memory system at a time, on two channels: the third starts when the first is back */
	assert_int_equal(sim_issue(&r, 1), 3);
	assert_int_equal(sim_commit(&r, 1) - sim_commit(&r, 0), 10); /* a line takes the memory crossbar 1 + 64 / 16 ns */
	assert_true(sim_commit(&r, 2) > sim_commit(&r, 0) + 80);
	sim_run_close(&r);
	sim_run_open(&r, "minor", "inorder.n_outstanding=1");
	load = hand_load(&r.trace, 8, "i9 -> i1");
	hand_run_at(&r.trace, load, DATA);
	hand_run_at(&r.trace, load, DATA + 128);
	sim_run_go(&r);
	assert_true(sim_commit(&r, 1) > sim_commit(&r, 0) + 80);
	sim_run_close(&r);
}

static void test_inorder__store_buffer(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "inorder.n_store_buffer=2");
	uint32_t store = hand_store(&r.trace, 8, "i9 i1"), load = hand_load(&r.trace, 8, "i9 -> i2");
	for (int i = 0; i < 3; i++)
		hand_run_at(&r.trace, store, DATA + 4096 * i);
	hand_run_at(&r.trace, load, DATA + 8192);
	sim_run_go(&r);
	assert_int_equal(sim_commit(&r, 0), 3); /* issue 2, at the end of its one-cycle unit and the oldest: 3 */
	assert_true(sim_store(&r, 0) > 80);
	/* two in the buffer: the third commits when the first has left */
	assert_int_equal(sim_commit(&r, 2), sim_store(&r, 0) + 1);
	/* the load takes its data from the third store */
	assert_int_equal(r.stats.n_forwarded, 1);
	sim_run_close(&r);
}

static void test_inorder__taken_branch_and_misprediction(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "");
	uint32_t jump = hand_branch(&r.trace, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10000, "");
	for (int i = 0; i < 4; i++)
		hand_run(&r.trace, jump);
	sim_run_go(&r);
	/* unknown target: decode does not put it right; it commits at 5, +1 to fetch 1, but the line behind it is still missing and only
	 * one may be in flight, +1 L1I, +1 to fetch 2 */
	assert_int_equal(r.times[0].mispredicted, 1);
	assert_int_equal(sim_commit(&r, 0), 5);
	assert_true(sim_fetch(&r, 1) >= 8);
	/* known target: back to fetch 1, L1I, to fetch 2: 3 cycles; here one more, since the line behind was asked for just before */
	assert_int_equal(r.times[2].mispredicted, 0);
	assert_int_equal(sim_fetch(&r, 3) - sim_fetch(&r, 2), 4);
	sim_run_close(&r);
	sim_run_open(&r, "minor", "inorder.n_fetch_lines=4"); /* the lines behind it miss beside it */
	jump = hand_branch(&r.trace, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10000, "");
	for (int i = 0; i < 4; i++)
		hand_run(&r.trace, jump);
	sim_run_go(&r);
	assert_int_equal(sim_commit(&r, 0), 5);
	assert_int_equal(sim_fetch(&r, 1), 5 + 1 + 1 + 1); /* the last of them has not arrived: no cycle to empty a full buffer */
	sim_run_close(&r);
}

static void test_inorder__misprediction_with_warm_code(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "branch.kind=local inorder.branch_delay_cycles=2");
	uint32_t add = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2");
	uint32_t branch = hand_branch(&r.trace, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10000, "c0");
	uint32_t after = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2");
	for (int k = 0; k < 6; k++) {
		hand_run(&r.trace, add);
		hand_run_branch(&r.trace, branch, k < 5);
	}
	hand_run(&r.trace, after);
	sim_run_go(&r);
	assert_int_equal(r.times[11].mispredicted, 1);
	/* to fetch 1, a cycle to empty the buffer full of lines of the wrong path, L1I, to fetch 2 */
	assert_int_equal(sim_fetch(&r, 12), sim_commit(&r, 11) + 2 + 1 + 1 + 1);
	sim_run_close(&r);
}

static void test_inorder__micro_operations_are_split_in_decode(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "minor", "");
	uint32_t first = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2");
	hand_op(&r.trace, PV_OP_IntAlu, "i3 -> i4");
	hand_op(&r.trace, PV_OP_IntAlu, "i5 -> i6");
	hand_join(&r.trace, 3);
	uint32_t other = hand_op(&r.trace, PV_OP_IntAlu, "i7 -> i8");
	for (uint32_t i = 0; i < 3; i++)
		hand_run(&r.trace, first + i);
	hand_run(&r.trace, other);
	sim_run_go(&r);
	/* fetch 2 passes two instructions, decode two micro-operations */
	for (int i = 0; i < 4; i++) {
		assert_int_equal(sim_fetch(&r, i), 0);
		assert_int_equal(sim_decode(&r, i), 1 + i / 2);
	}
	sim_run_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_inorder__one_add),
	    cmocka_unit_test(test_inorder__stage_delays_add_up),
	    cmocka_unit_test(test_inorder__dependent_and_independent_adds),
	    cmocka_unit_test(test_inorder__commit_limit),
	    cmocka_unit_test(test_inorder__issue_is_in_order),
	    cmocka_unit_test(test_inorder__divider_is_not_pipelined),
	    cmocka_unit_test(test_inorder__load_hit),
	    cmocka_unit_test(test_inorder__a_place_in_memory_is_taken_by_hits_too),
	    cmocka_unit_test(test_inorder__memory_issue_limit_ends_the_cycle),
	    cmocka_unit_test(test_inorder__pipes_fill_behind_a_miss),
	    cmocka_unit_test(test_inorder__memory_limits),
	    cmocka_unit_test(test_inorder__store_buffer),
	    cmocka_unit_test(test_inorder__taken_branch_and_misprediction),
	    cmocka_unit_test(test_inorder__misprediction_with_warm_code),
	    cmocka_unit_test(test_inorder__micro_operations_are_split_in_decode),
	};
	return cmocka_run_group_tests_name("inorder pipeline", tests, NULL, NULL);
}
