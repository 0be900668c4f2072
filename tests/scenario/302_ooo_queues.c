/*
 * 302_ooo_queues.c - what stops rename: reorder buffer, issue queue, load and store queue, physical registers; and how that reaches fetch
 *
 * Machine: preset o3, where rename happens 2 and dispatch 4 cycles after fetch. A freed entry is seen by rename a cycle later.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/sim_run.h"

enum { FAR_AWAY = 0x900000 };

/* a load that misses everywhere, then n adds that do not need it */
static void miss_then_adds(struct sim_run *r, unsigned n)
{
	uint32_t load = hand_load(&r->trace, 8, "i9 -> i8"), add = hand_op(&r->trace, PV_OP_IntAlu, "i1 -> i2");
	hand_run_at(&r->trace, load, FAR_AWAY);
	for (unsigned i = 0; i < n; i++)
		hand_run(&r->trace, add);
	sim_run_go(r);
	assert_true(sim_commit(r, 0) > 80);
}

static void test_queues__full_reorder_buffer_waits_for_the_miss(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "ooo.n_rob=32");
	miss_then_adds(&r, 40);
	/* rows 0..31 fill it; 32 takes the load's entry: commit, +1 seen by rename, +2 dispatched */
	assert_true(sim_dispatch(&r, 31) < 12);
	assert_int_equal(sim_dispatch(&r, 32), sim_commit(&r, 0) + 3);
	/* the load and 7 adds commit together, so that 33..39 follow at once: 8 a cycle */
	assert_int_equal(sim_dispatch(&r, 39), sim_dispatch(&r, 32));
	assert_int_equal(sim_dispatch(&r, 40), sim_dispatch(&r, 32) + 1);
	sim_run_close(&r);
}

static void test_queues__stall_fills_the_way_back_to_fetch(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "ooo.n_rob=32 ooo.n_fetch_queue=16");
	miss_then_adds(&r, 80);
	int64_t restart = sim_commit(&r, 0) + 1; /* rename takes row 32 then */
	/* rows 32..39 reach rename, which stalls; 40..47 are decoded before decode hears of it. Rename passes them at restart and one
	 * later, then its skid buffer is empty, which decode hears at restart + 2 */
	assert_true(sim_decode(&r, 47) < 12);
	assert_int_equal(sim_decode(&r, 48), restart + 2);
	/* rows 48..63 are in the fetch queue; 48 leaves it a cycle before its decode, and 64 is fetched the cycle after that */
	assert_true(sim_fetch(&r, 63) < 12);
	assert_int_equal(sim_fetch(&r, 64), restart + 2);
	sim_run_close(&r);
}

/* What decode sends before it hears of a full rename waits in front of it; a longer way back holds more and starts again later. */
static void test_queues__rename_to_decode(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "ooo.n_rob=32 ooo.rename_to_decode_cycles=3");
	miss_then_adds(&r, 120);
	int64_t restart = sim_commit(&r, 0) + 1; /* rename takes row 32 then */
	/* rows 32..63 are decoded before decode hears of the stall; rename passes the last of them at restart + 3, and decode hears it 3
	 * later */
	assert_true(sim_decode(&r, 63) < 14);
	assert_int_equal(sim_decode(&r, 64), restart + 6);
	sim_run_close(&r);
}

static void test_queues__full_issue_queue(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "ooo.n_iq=4");
	uint32_t div = hand_op(&r.trace, PV_OP_IntDiv, "i1 -> i2"), use = hand_op(&r.trace, PV_OP_IntAlu, "i2 -> i3");
	hand_run(&r.trace, div);
	for (int i = 0; i < 6; i++)
		hand_run(&r.trace, use);
	sim_run_go(&r);
	/* the division leaves at issue (4), its entry is free for rename at 5; the users of its result leave at 24, when it is done */
	assert_int_equal(sim_dispatch(&r, 3), 4);
	assert_int_equal(sim_dispatch(&r, 4), 7);
	assert_int_equal(sim_issue(&r, 4), 24);
	assert_int_equal(sim_dispatch(&r, 5), 27);
	assert_int_equal(sim_issue(&r, 5), 27);
	sim_run_close(&r);
}

static void test_queues__memory_instructions_keep_issue_queue_entries(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "ooo.n_iq=4");
	uint32_t load = hand_load(&r.trace, 8, "i9 -> i8"), add = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2");
	for (int i = 0; i < 4; i++)
		hand_run_at(&r.trace, load, FAR_AWAY + 64 * i);
	hand_run(&r.trace, add);
	sim_run_go(&r);
	/* until their data is written back (a cycle before commit sees it) */
	assert_int_equal(sim_dispatch(&r, 4), sim_complete(&r, 0) - 1 + 1 + 2);
	sim_run_close(&r);
}

static void test_queues__full_load_queue(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "ooo.n_lq=2");
	uint32_t load = hand_load(&r.trace, 8, "i9 -> i8");
	for (int i = 0; i < 3; i++)
		hand_run_at(&r.trace, load, FAR_AWAY + 64 * i);
	sim_run_go(&r);
	assert_int_equal(sim_dispatch(&r, 1), 4);
	/* commit tells the load queue (+1), the load queue tells rename (+1), dispatch +2 */
	assert_int_equal(sim_dispatch(&r, 2), sim_commit(&r, 0) + 4);
	sim_run_close(&r);
}

static void test_queues__full_store_queue(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "ooo.n_sq=2");
	uint32_t store = hand_store(&r.trace, 8, "i9 i8");
	for (int i = 0; i < 3; i++)
		hand_run_at(&r.trace, store, FAR_AWAY + 64 * i);
	sim_run_go(&r);
	assert_int_equal(sim_commit(&r, 0), 7); /* commit does not wait for the cache */
	assert_true(sim_store(&r, 0) > 80);
	assert_int_equal(sim_dispatch(&r, 2), sim_store(&r, 0) + 1 + 2);
	sim_run_close(&r);
}

static void test_queues__physical_registers(void **state)
{
	(void)state;
	/* 42 architectural integer, 44 vector and 6 condition code registers are always mapped: 6, 4 and 6 are left */
	static const struct {
		const char *change, *operands;
		unsigned n_free;
	} cases[] = {{"ooo.n_phys_int=48", "i1 -> i2", 6}, {"ooo.n_phys_vec=48", "v1 -> v2", 4}, {"ooo.n_phys_cc=12", "i1 -> c0", 6}};
	for (unsigned k = 0; k < 3; k++) {
		struct sim_run r;
		sim_run_open(&r, "o3", cases[k].change);
		uint32_t load = hand_load(&r.trace, 8, cases[k].operands), op = hand_op(&r.trace, PV_OP_IntAlu, cases[k].operands);
		hand_run_at(&r.trace, load, FAR_AWAY);
		for (unsigned i = 0; i < 10; i++)
			hand_run(&r.trace, op);
		sim_run_go(&r);
		assert_true(sim_dispatch(&r, cases[k].n_free - 1) < 7);
		/* freed when the load commits, back on the free list +1, seen +1, dispatch +2 */
		assert_int_equal(sim_dispatch(&r, cases[k].n_free), sim_commit(&r, 0) + 4);
		sim_run_close(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_queues__full_reorder_buffer_waits_for_the_miss),
	    cmocka_unit_test(test_queues__stall_fills_the_way_back_to_fetch),
	    cmocka_unit_test(test_queues__rename_to_decode),
	    cmocka_unit_test(test_queues__full_issue_queue),
	    cmocka_unit_test(test_queues__memory_instructions_keep_issue_queue_entries),
	    cmocka_unit_test(test_queues__full_load_queue),
	    cmocka_unit_test(test_queues__full_store_queue),
	    cmocka_unit_test(test_queues__physical_registers),
	};
	return cmocka_run_group_tests_name("ooo queues", tests, NULL, NULL);
}
