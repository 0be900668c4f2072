/*
 * 391_watchdog.c - a machine that cannot go on says where it stands and stops
 *
 * No machine file describes such a machine, so the cores are broken from inside: a pool without units, an entry that is never given back.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <perfvec/uarch.h>

#include "sim/inorder/inorder.h"
#include "sim/ooo/ooo.h"
#include "support/sim_run.h"

enum { N_BEFORE = 5, N_ROWS = 10 };

/* Additions, then a multiplication and more additions. */
static void build(struct hand_trace *t)
{
	hand_init(t, 0x10000);
	uint32_t add = hand_op(t, PV_OP_IntAlu, "i1 -> i2"), mul = hand_op(t, PV_OP_IntMult, "i1 -> i2");
	for (int i = 0; i < N_ROWS; i++)
		hand_run(t, i == N_BEFORE ? mul : add);
}

static void assert_says(const char *stall, const char *what)
{
	if (strstr(stall, what) == NULL)
		fail_msg("'%s' says nothing of '%s'", stall, what);
}

static void test_watchdog__an_operation_that_finds_no_unit(void **state)
{
	(void)state;
	struct hand_trace t;
	build(&t);
	struct pv_uarch *uarch = sim_machine("o3", "");
	struct ooo ooo;
	uint32_t delta[N_ROWS] = {0};
	assert_int_equal(ooo_init(&ooo, uarch, t.uops, t.n_uops, NULL), PV_OK);
	for (unsigned pool = 0; pool < UARCH_N_POOLS; pool++)
		if ((uarch->units.ops[pool] >> PV_OP_IntMult & 1) != 0)
			ooo.slots.pool_count[pool] = 0;
	delta[N_BEFORE] = 12345;
	ooo_run(&ooo, t.rows, t.n_rows, 0, delta, 1, NULL);
	assert_says(ooo.core.stall, "row 5 (pc 0x10004, IntMult) does not commit: fetched at cycle ");
	assert_says(ooo.core.stall, "next entries free: reorder buffer 0, issue queue 0, ");
	assert_int_equal(ooo.core.stats.n_rows, N_BEFORE);
	assert_int_equal(delta[N_BEFORE], 12345); /* nothing written from there on */
	ooo_release(&ooo);
	pv_uarch_free(uarch);
	hand_release(&t);
}

static void test_watchdog__a_place_that_is_never_given_back(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x10000);
	uint32_t add = hand_op(&t, PV_OP_IntAlu, "i1 -> i2"), load = hand_load(&t, 8, "i9 -> i1");
	for (int i = 0; i < N_ROWS; i++)
		if (i == N_BEFORE)
			hand_run_at(&t, load, 0x900000);
		else
			hand_run(&t, add);
	struct pv_uarch *uarch = sim_machine("minor", "");
	struct inorder inorder;
	assert_int_equal(inorder_init(&inorder, uarch, t.uops, t.n_uops, NULL), PV_OK);
	inorder.memory_queue.at[inorder.memory_queue.next] = 1ull << 40;
	inorder_run(&inorder, t.rows, t.n_rows, 0, NULL, 1, NULL);
	assert_says(inorder.core.stall, "row 5 (pc 0x10004, MemRead) does not commit: ");
	assert_says(inorder.core.stall, "; the one before did at ");
	assert_says(inorder.core.stall, "place in the memory system ");
	assert_int_equal(inorder.core.stats.n_rows, N_BEFORE);
	inorder_release(&inorder);
	pv_uarch_free(uarch);
	hand_release(&t);
}

static void test_watchdog__is_silent_while_there_is_progress(void **state)
{
	(void)state;
	static const char *const presets[] = {"o3", "minor"};
	struct hand_trace t;
	sim_mixed_trace(&t, 20000, 6);
	for (unsigned k = 0; k < 2; k++) {
		/* the slowest memory there is: one miss at a time, a microsecond each */
		struct pv_uarch *uarch = sim_machine(presets[k], "l2.present=false l1d.n_mshrs=1 memory.frontend_latency_ps=1000000");
		struct sim *sim = NULL;
		assert_int_equal(sim_new(uarch, t.uops, t.n_uops, &sim, NULL), PV_OK);
		sim_run(sim, t.rows, t.n_rows, 0, NULL, 1, NULL);
		assert_null(sim_stall(sim));
		assert_int_equal(pv_sim_stats(sim)->n_rows, t.n_rows);
		sim_free(sim);
		pv_uarch_free(uarch);
	}
	hand_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_watchdog__an_operation_that_finds_no_unit),
	    cmocka_unit_test(test_watchdog__a_place_that_is_never_given_back),
	    cmocka_unit_test(test_watchdog__is_silent_while_there_is_progress),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
