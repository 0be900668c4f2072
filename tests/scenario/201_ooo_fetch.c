/*
 * 201_ooo_fetch.c - fetch and branch prediction of the out-of-order core
 *
 * Machine: preset o3 (fetch buffer 64 bytes, 8 wide, L1I 1 cycle, one stage each to decode and rename, two to dispatch) unless said.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/sim_run.h"

/* two 16-byte blocks of 4 instructions each, run n times, so that only the first round misses the instruction cache */
static void run_blocks(struct sim_run *r, const char *changes, int n)
{
	uint32_t uops[8];
	sim_run_open(r, "o3", changes);
	for (int i = 0; i < 8; i++)
		uops[i] = hand_op(&r->trace, PV_OP_IntAlu, "i1 -> i2");
	for (int k = 0; k < n; k++)
		for (int i = 0; i < 8; i++)
			hand_run(&r->trace, uops[i]);
	sim_run_go(r);
}

static void test_fetch__buffer_blocks_cut_the_width(void **state)
{
	(void)state;
	struct sim_run r;
	run_blocks(&r, "ooo.fetch_buffer_bytes=16 ooo.fetch_width=3", 3);
	/* per block 3 instructions, then the last one while the next block is asked for */
	static const int expected[8] = {0, 0, 0, 1, 2, 2, 2, 3};
	for (int i = 0; i < 8; i++)
		assert_int_equal(sim_fetch(&r, 8 + i) - sim_fetch(&r, 8), expected[i]);
	sim_run_close(&r);
}

static void test_fetch__slower_instruction_cache_costs_at_every_block(void **state)
{
	(void)state;
	struct sim_run r;
	run_blocks(&r, "ooo.fetch_buffer_bytes=16 l1i.tag_latency_cycles=3 l1i.data_latency_cycles=3", 3);
	for (int i = 0; i < 8; i++)
		assert_int_equal(sim_fetch(&r, 8 + i) - sim_fetch(&r, 8), i / 4 * 3);
	sim_run_close(&r);
}

static void test_fetch__miss_reaches_memory_once_a_line(void **state)
{
	(void)state;
	struct sim_run r;
	run_blocks(&r, "ooo.fetch_buffer_bytes=16", 2);
	assert_int_equal(r.times[0].fetch_depth, 2);
	assert_int_equal(r.times[1].fetch_depth, -1);
	assert_int_equal(r.times[4].fetch_depth, 0);
	assert_int_equal(r.stats.l1i_misses, 1);
	assert_int_equal(r.stats.l1i_accesses, 4);
	sim_run_close(&r);
}

/* a conditional branch to itself's block start, taken `taken` times, and the add behind it */
static void test_branch__first_taken_conditional_is_mispredicted(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	uint32_t branch = hand_branch(&r.trace, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10020, "c0");
	hand_pc(&r.trace, 0x10020);
	uint32_t add = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2");
	hand_run_branch(&r.trace, branch, true);
	hand_run(&r.trace, add);
	sim_run_go(&r);
	/* fetched 0, issued 4, executed 5, commit hears 6, fetch hears 7, starts at 8; by then the wrong path had the buffer (its next
	 * line, from cycle 4 on), so that the block is asked for again: 9 */
	assert_int_equal(sim_issue(&r, 0), 4);
	assert_int_equal(sim_fetch(&r, 1), 9);
	assert_int_equal(r.times[0].mispredicted, 1);
	assert_int_equal(r.stats.n_mispredicted, 1);
	sim_run_close(&r);
}

static void test_branch__late_operands_make_it_dearer(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	uint32_t div = hand_op(&r.trace, PV_OP_IntDiv, "i1 -> c0");
	uint32_t branch = hand_branch(&r.trace, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10020, "c0");
	hand_pc(&r.trace, 0x10020);
	uint32_t add = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2");
	hand_run(&r.trace, div);
	hand_run_branch(&r.trace, branch, true);
	hand_run(&r.trace, add);
	sim_run_go(&r);
	assert_int_equal(sim_issue(&r, 1), 24);
	assert_int_equal(sim_fetch(&r, 2), 24 + 5);
	sim_run_close(&r);
}

static void test_branch__not_taken_costs_nothing(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	uint32_t branch = hand_branch(&r.trace, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10020, "c0");
	uint32_t add = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2");
	hand_run_branch(&r.trace, branch, false);
	hand_run(&r.trace, add);
	sim_run_go(&r);
	assert_int_equal(sim_fetch(&r, 1), 0);
	assert_int_equal(r.stats.n_mispredicted, 0);
	assert_int_equal(r.stats.n_branches, 1);
	sim_run_close(&r);
}

static void test_branch__direct_jump_is_put_right_by_decode(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	uint32_t jump = hand_branch(&r.trace, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10000, "");
	hand_run(&r.trace, jump);
	hand_run(&r.trace, jump);
	hand_run(&r.trace, jump);
	sim_run_go(&r);
	/* unknown target: decoded at 1, fetch hears 2, starts at 3; the wrong path stayed in the fetch buffer */
	assert_int_equal(sim_fetch(&r, 1), 3);
	assert_int_equal(r.times[0].mispredicted, 1);
	/* known target: only the fetch cycle ends */
	assert_int_equal(sim_fetch(&r, 2), 4);
	assert_int_equal(r.times[1].mispredicted, 0);
	sim_run_close(&r);
}

static void test_branch__returns_find_their_callers(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	uint32_t calls[2];
	calls[0] = hand_branch(&r.trace, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_CALL, 0x10020, "-> i30");
	calls[1] = hand_branch(&r.trace, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_CALL, 0x10020, "-> i30");
	uint32_t back = hand_branch(&r.trace, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10000, "");
	hand_pc(&r.trace, 0x10020);
	uint32_t ret = hand_branch(&r.trace, PV_UOP_UNCOND_BRANCH, 0, "i30"); /* reads the link register: a return */
	for (int i = 0; i < 10; i++) {
		hand_run(&r.trace, calls[0]);
		hand_run(&r.trace, ret);
		hand_run(&r.trace, calls[1]);
		hand_run(&r.trace, ret);
		hand_run(&r.trace, back);
	}
	sim_run_go(&r);
	assert_int_equal(r.stats.n_branches, 50);
	assert_int_equal(r.stats.n_mispredicted, 3); /* the three direct branches, once each: their targets were not known */
	sim_run_close(&r);
}

static void test_branch__loop_exit_is_mispredicted_by_a_counter(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "branch.kind=local");
	uint32_t add = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2");
	uint32_t branch = hand_branch(&r.trace, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10000, "c0");
	uint32_t outer = hand_branch(&r.trace, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10000, "");
	for (int k = 0; k < 10; k++) {
		for (int i = 0; i < 8; i++) {
			hand_run(&r.trace, add);
			hand_run_branch(&r.trace, branch, i < 7);
		}
		hand_run(&r.trace, outer);
	}
	sim_run_go(&r);
	/* every exit (10), the first two taken ones while the counter rises from 0 (2), and the outer jump's first time (1) */
	assert_int_equal(r.stats.n_mispredicted, 13);
	sim_run_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fetch__buffer_blocks_cut_the_width),
	    cmocka_unit_test(test_fetch__slower_instruction_cache_costs_at_every_block),
	    cmocka_unit_test(test_fetch__miss_reaches_memory_once_a_line),
	    cmocka_unit_test(test_branch__first_taken_conditional_is_mispredicted),
	    cmocka_unit_test(test_branch__late_operands_make_it_dearer),
	    cmocka_unit_test(test_branch__not_taken_costs_nothing),
	    cmocka_unit_test(test_branch__direct_jump_is_put_right_by_decode),
	    cmocka_unit_test(test_branch__returns_find_their_callers),
	    cmocka_unit_test(test_branch__loop_exit_is_mispredicted_by_a_counter),
	};
	return cmocka_run_group_tests_name("ooo fetch", tests, NULL, NULL);
}
