/*
 * u_skim.c - rows that were skimmed leave behind what rows that were run leave: features and context after them are the same
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "data/context.h"
#include "data/features.h"
#include "support/hand_trace.h"

enum { ROUNDS = 6000, SKIMMED_FROM = 7000, SKIMMED_TO = 40000, SETTLED = 4096 };

/* Loads, stores and branches of a program that is hard to foresee, with calls and a footprint of some thousand lines. */
static void make_program(struct hand_trace *t)
{
	struct base_random rng;
	base_random_init(&rng, 5);
	hand_init(t, 0x1000);
	uint32_t add = hand_op(t, PV_OP_IntAlu, "i1 i2 -> i3"), load = hand_load(t, 8, "i3 -> i4"), far = hand_load(t, 4, "i4 -> i5");
	uint32_t store = hand_store(t, 8, "i5 i3 ->"), mul = hand_op(t, PV_OP_IntMult, "i4 i5 -> i1");
	uint32_t skip = hand_branch(t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1040, "c0");
	uint32_t call = hand_branch(t, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_CALL, 0x9000, "-> i30");
	uint32_t loop = hand_branch(t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000, "c0");
	hand_pc(t, 0x9000);
	uint32_t div = hand_op(t, PV_OP_IntDiv, "i3 i1 -> i2"), ret = hand_branch(t, PV_UOP_UNCOND_BRANCH | PV_UOP_RETURN, 0, "i30");
	for (uint64_t i = 0; i < ROUNDS; i++) {
		const bool rare = base_random_below(&rng, 3) == 0;
		hand_run(t, add);
		hand_run_at(t, load, 0x80000 + i % 4096 * 24);
		hand_run_at(t, far, 0x1000000 + base_random_below(&rng, 200000));
		hand_run_branch(t, skip, rare);
		if (!rare) {
			hand_run_at(t, store, 0x80000 + base_random_below(&rng, 90000));
			hand_run(t, call);
			hand_run(t, div);
			hand_run(t, ret);
		}
		hand_run(t, mul);
		hand_run_branch(t, loop, i + 1 < ROUNDS);
	}
}

/* All rows, or all but those that are skimmed; their places stay as they are. */
static void run(const struct hand_trace *t, bool skim, struct pv_feature_row *rows, struct pv_context_row *context)
{
	struct data_features *f;
	struct data_context *c;
	assert_int_equal(data_features_new(&f, NULL), PV_OK);
	assert_int_equal(data_context_new(&c, NULL), PV_OK);
	const size_t ends[] = {SKIMMED_FROM, SKIMMED_TO, t->n_rows};
	for (size_t part = 0, at = 0; part < 3; at = ends[part++]) {
		const struct pv_row *from = t->rows + at;
		const size_t n = ends[part] - at;
		if (skim && part == 1) {
			assert_int_equal(data_features_skim(f, t->uops, t->n_uops, from, n, NULL), PV_OK);
			assert_int_equal(data_context_skim(c, t->uops, t->n_uops, from, n, NULL), PV_OK);
		} else {
			assert_int_equal(data_features_run(f, t->uops, t->n_uops, from, n, rows + at, NULL), PV_OK);
			assert_int_equal(data_context_run(c, t->uops, t->n_uops, from, rows + at, n, context + at, NULL), PV_OK);
		}
	}
	data_features_free(f);
	data_context_free(c);
}

static void test_skim__leaves_what_running_leaves(void **state)
{
	(void)state;
	struct hand_trace t;
	make_program(&t);
	assert_true(t.n_rows > SKIMMED_TO + 2 * SETTLED);
	struct pv_feature_row *rows = calloc(t.n_rows, sizeof *rows), *skimmed = calloc(t.n_rows, sizeof *skimmed);
	struct pv_context_row *context = calloc(t.n_rows, sizeof *context), *skimmed_context = calloc(t.n_rows, sizeof *context);
	run(&t, false, rows, context);
	run(&t, true, skimmed, skimmed_context);
	for (size_t i = SKIMMED_TO; i < t.n_rows; i++) {
		if (i < SKIMMED_TO + PV_ADDRESS_NEVER)
			skimmed[i].address_distance = rows[i].address_distance;
		assert_memory_equal(&rows[i], &skimmed[i], sizeof rows[i]);
		if (i >= SKIMMED_TO + SETTLED)
			assert_memory_equal(&context[i], &skimmed_context[i], sizeof context[i]);
	}
	/* and something was at stake: lines are touched again after thousands of others */
	uint32_t longest = 0;
	for (size_t i = SKIMMED_TO; i < t.n_rows; i++)
		if (rows[i].load_reuse < PV_REUSE_NEVER && rows[i].load_reuse > longest)
			longest = rows[i].load_reuse;
	assert_true(longest > 2000);
	free(rows);
	free(skimmed);
	free(context);
	free(skimmed_context);
	hand_release(&t);
}

static void test_skim__refuses_rows_without_micro_operation(void **state)
{
	(void)state;
	const struct pv_uop uop = {.pc = 0x1000, .insn_bytes = 4, .n_uops = 1};
	const struct pv_row row = {.uop = 1};
	struct data_features *f;
	struct data_context *c;
	struct pv_error err = {0};
	assert_int_equal(data_features_new(&f, NULL), PV_OK);
	assert_int_equal(data_context_new(&c, NULL), PV_OK);
	assert_int_equal(data_features_skim(f, &uop, 1, &row, 1, &err), PV_ERR_ARG);
	assert_int_equal(data_context_skim(c, &uop, 1, &row, 1, &err), PV_ERR_ARG);
	assert_string_equal(err.message, "row 0 names micro-operation 1 of 1");
	data_features_free(f);
	data_context_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_skim__leaves_what_running_leaves),
	    cmocka_unit_test(test_skim__refuses_rows_without_micro_operation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
