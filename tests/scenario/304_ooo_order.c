/*
 * 304_ooo_order.c - instructions that restrict the order of the out-of-order core: serialising, barriers, non-speculative, squashing
 *
 * Machine: preset o3.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/sim_run.h"

enum { DATA = 0x900000 };

/* a 20-cycle division that nobody needs, then an add with flags, then a plain add */
static void run_flagged(struct sim_run *r, uint32_t flags)
{
	sim_run_open(r, "o3", "");
	uint32_t div = hand_op(&r->trace, PV_OP_IntDiv, "i1 -> i2"), flagged = hand_op(&r->trace, PV_OP_IntAlu, "i1 -> i3");
	uint32_t add = hand_op(&r->trace, PV_OP_IntAlu, "i1 -> i4");
	hand_flags(&r->trace, flagged, flags);
	hand_run(&r->trace, div);
	hand_run(&r->trace, flagged);
	hand_run(&r->trace, add);
	sim_run_go(r);
	assert_int_equal(sim_commit(r, 0), 26);
}

static void test_order__plain(void **state)
{
	(void)state;
	struct sim_run r;
	run_flagged(&r, 0);
	assert_int_equal(sim_issue(&r, 1), 4);
	assert_int_equal(sim_issue(&r, 2), 4);
	sim_run_close(&r);
}

static void test_order__serialize_before_waits_for_an_empty_machine(void **state)
{
	(void)state;
	struct sim_run r;
	run_flagged(&r, PV_UOP_SERIALIZE_BEFORE);
	/* the last older one commits at 26; rename hears of it at 27, goes on at 28; dispatch 2 later, the younger one with it */
	assert_int_equal(sim_issue(&r, 1), 30);
	assert_int_equal(sim_issue(&r, 2), 30);
	sim_run_close(&r);
}

static void test_order__serialize_after_holds_the_younger(void **state)
{
	(void)state;
	struct sim_run r;
	run_flagged(&r, PV_UOP_SERIALIZE_AFTER);
	assert_int_equal(sim_issue(&r, 1), 4);
	assert_int_equal(sim_commit(&r, 1), 26);
	assert_int_equal(sim_issue(&r, 2), 30);
	sim_run_close(&r);
}

static void test_order__non_speculative_issues_as_the_oldest(void **state)
{
	(void)state;
	struct sim_run r;
	run_flagged(&r, PV_UOP_NON_SPECULATIVE);
	assert_int_equal(sim_issue(&r, 1), 29); /* it is the head in the next cycle, commit tells the queue (+1), which issues it (+1) */
	assert_int_equal(sim_issue(&r, 2), 4);  /* younger ones do not care */
	sim_run_close(&r);
}

static void test_order__squash_after_fetches_anew(void **state)
{
	(void)state;
	struct sim_run r;
	run_flagged(&r, PV_UOP_SQUASH_AFTER);
	/* commit tells fetch (+1), squashed (+1), starts; the fetch buffer is filled anew (+1) */
	assert_int_equal(sim_fetch(&r, 2), sim_commit(&r, 1) + 4);
	sim_run_close(&r);
}

static void test_order__fault_pays_the_trap(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "ooo.trap_latency_cycles=13");
	uint32_t add = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i3");
	hand_run(&r.trace, add);
	r.trace.rows[0].flags |= PV_ROW_FAULT;
	hand_run(&r.trace, add);
	sim_run_go(&r);
	assert_int_equal(sim_fetch(&r, 1), sim_commit(&r, 0) + 13 + 4);
	sim_run_close(&r);
}

static void test_order__barrier_waits_for_stores_and_holds_loads(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	uint32_t store = hand_store(&r.trace, 8, "i9 i1"), barrier = hand_op(&r.trace, PV_OP_IntAlu, "");
	uint32_t load = hand_load(&r.trace, 8, "i9 -> i2"), add = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i3");
	hand_flags(&r.trace, barrier, PV_UOP_READ_BARRIER | PV_UOP_WRITE_BARRIER);
	hand_run_at(&r.trace, store, DATA);
	hand_run(&r.trace, barrier);
	hand_run_at(&r.trace, load, DATA + 4096);
	hand_run(&r.trace, add);
	sim_run_go(&r);
	assert_int_equal(sim_issue(&r, 1), sim_store(&r, 0) + 3);
	assert_int_equal(sim_issue(&r, 2), sim_issue(&r, 1) + 1);
	assert_int_equal(sim_issue(&r, 3), 4);
	sim_run_close(&r);
}

static void test_order__fault_traps_when_older_stores_have_left(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	uint32_t store = hand_store(&r.trace, 8, "i9 i1"), add = hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i3");
	hand_run_at(&r.trace, store, DATA);
	hand_run(&r.trace, add);
	hand_run(&r.trace, add);
	r.trace.rows[1].flags |= PV_ROW_FAULT;
	sim_run_go(&r);
	assert_true(sim_store(&r, 0) > sim_commit(&r, 0) + 80); /* it missed */
	assert_int_equal(sim_complete(&r, 1), sim_complete(&r, 0));
	assert_int_equal(sim_commit(&r, 1), sim_store(&r, 0));
	assert_int_equal(sim_fetch(&r, 2), sim_commit(&r, 1) + 13 + 4);
	sim_run_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order__plain),
	    cmocka_unit_test(test_order__serialize_before_waits_for_an_empty_machine),
	    cmocka_unit_test(test_order__serialize_after_holds_the_younger),
	    cmocka_unit_test(test_order__non_speculative_issues_as_the_oldest),
	    cmocka_unit_test(test_order__squash_after_fetches_anew),
	    cmocka_unit_test(test_order__fault_pays_the_trap),
	    cmocka_unit_test(test_order__fault_traps_when_older_stores_have_left),
	    cmocka_unit_test(test_order__barrier_waits_for_stores_and_holds_loads),
	};
	return cmocka_run_group_tests_name("ooo order", tests, NULL, NULL);
}
