/*
 * 305_ooo_squash.c - what a wrong path leaves behind: entries to undo, entries that stay, and when dispatch and commit go on
 *
 * Machine: preset o3: decode 1, rename 2, dispatch 4 cycles after fetch; a division takes 20 cycles, so that the branch behind it knows
 * its way at 25. Commit squashes at S = 26, which is also when the branch is complete.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/sim_run.h"

enum { BRANCH = 1, RIGHT_PATH = 2 };

/* One line of code: a division, a branch past one add that was guessed not taken, 14 adds. The next line is not there in time. */
static void open_wrong_path(struct sim_run *r, const char *changes)
{
	sim_run_open(r, "o3", changes);
	uint32_t div = hand_op(&r->trace, PV_OP_IntDiv, "i1 i2 -> i3");
	uint32_t branch = hand_branch(&r->trace, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000c, "i3");
	uint32_t add[14];
	for (int i = 0; i < 14; i++)
		add[i] = hand_op(&r->trace, PV_OP_IntAlu, "i4 -> i5");
	hand_run(&r->trace, div);
	hand_run_branch(&r->trace, branch, true);
	for (int i = 1; i < 14; i++)
		hand_run(&r->trace, add[i]);
	sim_run_go(r);
	assert_int_equal(r->times[BRANCH].mispredicted, 1);
	assert_int_equal(sim_complete(r, BRANCH), 26);
}

/* 14 adds were renamed behind the branch. */
static void test_squash__takes_squash_width_entries_a_cycle(void **state)
{
	(void)state;
	static const struct {
		const char *change;
		int64_t n_cycles;
	} cases[] = {{"ooo.squash_width=1", 14}, {"ooo.squash_width=4", 4}, {"ooo.squash_width=8", 2}, {"ooo.squash_width=14", 1}};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sim_run r;
		open_wrong_path(&r, cases[i].change);
		assert_int_equal(sim_commit(&r, BRANCH), 26 + cases[i].n_cycles);
		sim_run_close(&r);
	}
}

/* Fetch begins anew two cycles after the squash and has the line at S + 3; it can rename at S + 5, when rename is not blocked any more. */
static void test_squash__blocks_dispatch_and_so_rename(void **state)
{
	(void)state;
	struct sim_run r;
	open_wrong_path(&r, "ooo.squash_width=8");
	assert_int_equal(sim_fetch(&r, RIGHT_PATH), 29);
	assert_int_equal(sim_dispatch(&r, RIGHT_PATH), 33);
	sim_run_close(&r);
	open_wrong_path(&r, "ooo.squash_width=1"); /* undone at S + 14, dispatch knows at S + 15, rename at S + 16 */
	assert_int_equal(sim_fetch(&r, RIGHT_PATH), 29);
	assert_int_equal(sim_dispatch(&r, RIGHT_PATH), 26 + 16 + 2);
	sim_run_close(&r);
	open_wrong_path(&r, "ooo.squash_width=1 ooo.commit_to_execute_cycles=3 ooo.execute_to_rename_cycles=2");
	assert_int_equal(sim_dispatch(&r, RIGHT_PATH), 26 + 14 + 3 + 2 + 2);
	sim_run_close(&r);
}

/* With 8 entries the wrong path gets 6, and they are only free when the branch commits: the right path waits for that. */
static void test_squash__squashed_entries_leave_at_the_head(void **state)
{
	(void)state;
	struct sim_run r;
	open_wrong_path(&r, "ooo.n_rob=8 ooo.squash_width=1");
	assert_int_equal(sim_commit(&r, BRANCH), 26 + 6);
	/* one group of 8 needs the division's and the branch's entry and six squashed ones, all free with the branch */
	assert_int_equal(sim_dispatch(&r, RIGHT_PATH), 32 + 2 + 2);
	sim_run_close(&r);
}

/*
 * A loop whose store gets its address late. A load behind the loop once ran ahead of it, so that the two share a store set. Returns when
 * the load issues the next time, less when the store before it has written.
 *
 * The branch at the loop's end is guessed taken when it leaves: the wrong path begins the loop again, with n_padding instructions before
 * its store.
 */
static int64_t load_after_store(unsigned n_padding, unsigned n_before_branch)
{
	enum { DATA = 0x900000, LOOP = 0x10000, N_TAKEN = 40 };
	struct sim_run r;
	sim_run_open(&r, "o3", "operations.IntDiv.latency_cycles=60 operations.IntDiv.interval_cycles=1");
	struct hand_trace *t = &r.trace;
	uint32_t padding[64], slow[8];
	for (unsigned i = 0; i < n_padding; i++)
		padding[i] = hand_op(t, PV_OP_IntAlu, "i1 -> i2");
	uint32_t div = hand_op(t, PV_OP_IntDiv, "i1 -> i3"), store = hand_store(t, 8, "i3 i1");
	for (unsigned i = 0; i < n_before_branch; i++)
		slow[i] = hand_op(t, PV_OP_IntMult, i == 0 ? "i1 -> i5" : "i5 -> i5");
	uint32_t branch = hand_branch(t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, LOOP, n_before_branch > 0 ? "i5" : "i1");
	uint32_t load = hand_load(t, 8, "i1 -> i6"), back = hand_branch(t, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH, LOOP, "");
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned k = 0; k <= N_TAKEN; k++) {
			for (unsigned i = 0; i < n_padding; i++)
				hand_run(t, padding[i]);
			hand_run(t, div);
			hand_run_at(t, store, DATA);
			for (unsigned i = 0; i < n_before_branch; i++)
				hand_run(t, slow[i]);
			hand_run_branch(t, branch, k < N_TAKEN);
		}
		hand_run_at(t, load, DATA);
		hand_run(t, back);
	}
	sim_run_go(&r);
	size_t at_load = t->n_rows - 2, at_store = at_load - 2 - n_before_branch;
	assert_int_equal(r.times[at_load - 1].mispredicted, 1);
	int64_t difference = sim_issue(&r, at_load) - (sim_complete(&r, at_store) - 1);
	sim_run_close(&r);
	return difference;
}

static void test_squash__a_squashed_store_leaves_its_store_set_without_one(void **state)
{
	(void)state;
	/* the wrong path does not get as far as the store: the load waits until the store before it has written */
	assert_int_equal(load_after_store(64, 0), 0);
	/* it does, and the load knows of no store any more: it runs ahead, once more */
	assert_true(load_after_store(0, 3) < -1);
}

/* Nothing commits before it is in the reorder buffer. */
static void test_pipeline__rename_to_reorder_buffer(void **state)
{
	(void)state;
	struct sim_run r;
	static const struct {
		const char *change;
		int64_t commit;
	} cases[] = {{"ooo.rename_to_rob_cycles=1", 7}, {"ooo.rename_to_rob_cycles=5", 7}, {"ooo.rename_to_rob_cycles=12", 14}};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sim_run_open(&r, "o3", cases[i].change);
		hand_run(&r.trace, hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2"));
		sim_run_go(&r);
		assert_int_equal(sim_commit(&r, 0), cases[i].commit);
		sim_run_close(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_squash__takes_squash_width_entries_a_cycle),
	    cmocka_unit_test(test_squash__blocks_dispatch_and_so_rename),
	    cmocka_unit_test(test_squash__squashed_entries_leave_at_the_head),
	    cmocka_unit_test(test_squash__a_squashed_store_leaves_its_store_set_without_one),
	    cmocka_unit_test(test_pipeline__rename_to_reorder_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
