/*
 * u_recorder.c - recording from another simulator: the same trace and features as made by hand, targets of known times, and what is refused
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perfvec/features.h>
#include <perfvec/recorder.h>

#include "data/features.h"
#include "support/hand_trace.h"
#include "support/temp_folder.h"

enum { K = 2 };
static const struct pv_dataset_machine_spec machines[K] = {{"a", true, 1000, "a\n"}, {"b", true, 2000, "b\n"}};
static const struct pv_recorder_spec spec = {.dataset = "d",
                                             .machines = machines,
                                             .n_machines = K,
                                             .target = PV_TARGET_store_commit,
                                             .isa = PV_ISA_AARCH64,
                                             .simulator = "mine 2.0",
                                             .command = "mine --fast"};

/* Each test works in an empty folder of its own. */
static struct pv_recorder *opened(const struct pv_recorder_spec *what)
{
	struct pv_recorder *r;
	struct pv_error err = {0};
	if (pv_recorder_open(what, &r, &err) != PV_OK)
		fail_msg("%s", err.message);
	return r;
}

static void assert_nothing_left(void)
{
	assert_int_equal(system("test -z \"$(ls -A)\""), 0);
}

/* A loop with a split load, a branch and a store, long enough for several batches. */
static void make_loop(struct hand_trace *t)
{
	hand_init(t, 0x1000);
	uint32_t load = hand_load(t, 8, "i1 -> i2");
	uint32_t step = hand_op(t, PV_OP_IntAlu, "i1 -> i1");
	hand_join(t, 2);
	uint32_t store = hand_store(t, 4, "i2 i3");
	uint32_t branch = hand_branch(t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000, "c0");
	uint32_t back = hand_branch(t, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000, "");
	for (uint64_t i = 0; i < 3000; i++) {
		hand_run_at(t, load, 0x8000 + 24 * (i % 500));
		hand_run(t, step);
		hand_run_at(t, store, 0x20000 + 4 * (i % 77));
		hand_run_branch(t, branch, i % 3 != 0);
		if (i % 3 == 0)
			hand_run(t, back);
	}
}

static void append_row(struct pv_recorder *r, const struct hand_trace *t, size_t i)
{
	struct pv_error err = {0};
	struct pv_uop uop = t->uops[t->rows[i].uop];
	uop.uop_index = uop.n_uops = 99; /* filled in by the recorder */
	uop.flags &= ~(uint32_t)PV_UOP_MICROOP;
	const struct pv_uop_times times[K] = {{.commit_ps = 1050 * (i + 1)}, {.commit_ps = 130 * (i / 4)}};
	if (pv_recorder_append(r, &uop, t->rows[i].addr, t->rows[i].flags, times, &err) != PV_OK)
		fail_msg("row %zu: %s", i, err.message);
}

static void check_dataset(const struct hand_trace *t)
{
	struct pv_dataset *d;
	assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
	assert_int_equal(pv_dataset_check(d, NULL, NULL, NULL, NULL), PV_OK);
	const struct pv_dataset_program *p = pv_dataset_program(d, 0);
	assert_int_equal(p->n_rows, t->n_rows);
	assert_int_equal(p->n_insns, 10000);
	assert_string_equal(p->name, "loop");
	assert_string_equal(p->source, "mine --fast");
	assert_int_equal(p->total[0], 1050 * t->n_rows / 100);
	assert_int_equal(p->total[1], 130 * ((t->n_rows - 1) / 4) / 100);
	struct pv_feature_row *rows = calloc(t->n_rows, sizeof *rows);
	assert_non_null(rows);
	assert_int_equal(data_features_run_plain(t->uops, t->n_uops, t->rows, t->n_rows, rows, NULL), PV_OK);
	assert_memory_equal(p->features, rows, t->n_rows * sizeof *rows);
	free(rows);
	pv_dataset_close(d);
}

static void check_trace(const struct hand_trace *t)
{
	struct pv_trace *trace;
	assert_int_equal(pv_trace_open("loop.pvt", &trace, NULL), PV_OK);
	const struct pv_trace_info *info = pv_trace_info(trace);
	assert_int_equal(info->n_rows, t->n_rows);
	assert_int_equal(info->n_uops, t->n_uops);
	assert_string_equal(info->origin.program, "loop");
	assert_string_equal(info->origin.cpu_model, "mine 2.0");
	assert_memory_equal(pv_trace_uops(trace), t->uops, t->n_uops * sizeof *t->uops);
	struct pv_row *rows = calloc(PV_TRACE_CHUNK_ROWS, sizeof *rows);
	size_t n;
	assert_non_null(rows);
	assert_int_equal(pv_trace_read_chunk(trace, 0, rows, &n, NULL, NULL), PV_OK);
	assert_int_equal(n, t->n_rows);
	assert_memory_equal(rows, t->rows, n * sizeof *rows);
	free(rows);
	pv_trace_close(trace);
}

static void test_recorder__gives_the_trace_and_the_features_made_by_hand(void **state)
{
	(void)state;
	struct hand_trace t;
	make_loop(&t);
	struct pv_recorder *r = opened(&spec);
	assert_int_equal(pv_recorder_begin_program(r, "loop", true, "loop.pvt", NULL), PV_OK);
	for (size_t i = 0; i < t.n_rows; i++)
		append_row(r, &t, i);
	assert_int_equal(pv_recorder_end_program(r, NULL), PV_OK);
	assert_int_equal(pv_recorder_close(r, NULL), PV_OK);
	check_dataset(&t);
	check_trace(&t);
	hand_release(&t);
}

/* Code that is rewritten: two instructions at one pc, and one of them a part of the other. */
static void test_recorder__keeps_each_instruction_at_a_pc_once(void **state)
{
	(void)state;
	const struct pv_recorder_spec traces = {.isa = PV_ISA_AARCH64, .simulator = "mine"};
	const struct pv_uop first = {.pc = 0x40, .op_class = PV_OP_IntAlu, .insn_bytes = 4};
	struct pv_uop last = first, other = first;
	last.flags = PV_UOP_LAST;
	other.op_class = PV_OP_IntMult;
	other.flags = PV_UOP_LAST;
	struct pv_recorder *r = opened(&traces);
	assert_int_equal(pv_recorder_begin_program(r, "p", true, "p.pvt", NULL), PV_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pv_recorder_append(r, &last, 0, 0, NULL, NULL), PV_OK);
		assert_int_equal(pv_recorder_append(r, &first, 0, 0, NULL, NULL), PV_OK);
		assert_int_equal(pv_recorder_append(r, &last, 0, 0, NULL, NULL), PV_OK);
		assert_int_equal(pv_recorder_append(r, &other, 0, 0, NULL, NULL), PV_OK);
	}
	assert_int_equal(pv_recorder_end_program(r, NULL), PV_OK);
	assert_int_equal(pv_recorder_close(r, NULL), PV_OK);
	struct pv_trace *trace;
	assert_int_equal(pv_trace_open("p.pvt", &trace, NULL), PV_OK);
	assert_int_equal(pv_trace_info(trace)->n_uops, 4);
	assert_int_equal(pv_trace_info(trace)->n_rows, 12);
	assert_int_equal(pv_trace_info(trace)->n_insns, 9);
	const struct pv_uop *uops = pv_trace_uops(trace);
	assert_int_equal(uops[0].n_uops, 1);
	assert_int_equal(uops[1].n_uops, 2);
	assert_int_equal(uops[2].uop_index, 1);
	assert_true(uops[1].flags & PV_UOP_MICROOP && !(uops[0].flags & PV_UOP_MICROOP));
	assert_int_equal(uops[3].op_class, PV_OP_IntMult);
	pv_trace_close(trace);
}

static void test_recorder__all_targets_are_those_of_the_times(void **state)
{
	(void)state;
	struct pv_recorder_spec all = spec;
	all.all_targets = true;
	all.n_machines = 1;
	const struct pv_uop load = {.pc = 0x40, .op_class = PV_OP_MemRead, .flags = PV_UOP_LOAD | PV_UOP_LAST, .access_bytes = 8};
	const struct pv_uop store = {.pc = 0x44, .op_class = PV_OP_MemWrite, .flags = PV_UOP_STORE | PV_UOP_LAST, .access_bytes = 8};
	const struct pv_uop_times times[3] = {
	    /* issue and complete: no target is made of them */
	    {1000, 2000, 3000, 4000, 0, 0, 9000, 0, 0, 1, false},
	    {1099, 2500, 3100, 4100, 0, 0, 9500, 20050, 0, 2, true},
	    {2099, 2900, 3300, 4800, 0, 0, 15000, 0, 1, 0, false},
	};
	const uint16_t expected[3][PV_N_TARGETS] = {
	    {10, 90, 90, 20, 30, 40, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0}, /* the first fetch comes from memory */
	    {0, 5, 110, 5, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 1},
	    {10, 55, 0, 4, 2, 7, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0},
	};
	struct pv_recorder *r = opened(&all);
	assert_int_equal(pv_recorder_begin_program(r, "p", true, NULL, NULL), PV_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pv_recorder_append(r, i == 1 ? &store : &load, 0x80, PV_ROW_HAS_ADDR, &times[i], NULL), PV_OK);
	assert_int_equal(pv_recorder_end_program(r, NULL), PV_OK);
	assert_int_equal(pv_recorder_close(r, NULL), PV_OK);
	struct pv_dataset *d;
	assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
	assert_int_equal(pv_dataset_program(d, 0)->all_target_bytes, 2);
	assert_memory_equal(pv_dataset_program(d, 0)->all_targets, expected, sizeof expected);
	assert_int_equal(pv_dataset_program(d, 0)->total[0], 200);
	pv_dataset_close(d);
}

static void refuse(const struct pv_uop *uop, const struct pv_uop_times *times, int n_before, enum pv_status wanted, const char *words)
{
	const struct pv_uop good = {.pc = 0x40, .op_class = PV_OP_IntAlu};
	const struct pv_uop_times at[K] = {{.commit_ps = 5000}, {.commit_ps = 5000}};
	struct pv_error err = {0};
	struct pv_recorder *r = opened(&spec);
	assert_int_equal(pv_recorder_begin_program(r, "p", true, "p.pvt", NULL), PV_OK);
	for (int i = 0; i < n_before; i++)
		assert_int_equal(pv_recorder_append(r, &good, 0, 0, at, NULL), PV_OK);
	assert_int_equal(pv_recorder_append(r, uop, 0, 0, times, &err), wanted);
	if (!strstr(err.message, words))
		fail_msg("'%s' does not say '%s'", err.message, words);
	pv_recorder_discard(r);
	assert_nothing_left();
}

static void test_recorder__refuses_what_cannot_be(void **state)
{
	(void)state;
	const struct pv_uop_times at[K] = {{.commit_ps = 5000}, {.commit_ps = 5000}};
	const struct pv_uop_times stores[K] = {{.commit_ps = 5000, .store_ps = 6000}, {.commit_ps = 5000, .store_ps = 4800}};
	const struct pv_uop_times late[K] = {{.commit_ps = 5000}, {.commit_ps = 500000000000000}};
	const struct pv_uop good = {.pc = 0x40, .op_class = PV_OP_IntAlu}, elsewhere = {.pc = 0x44, .op_class = PV_OP_IntAlu};
	const struct pv_uop bad_class = {.pc = 0x40, .op_class = PV_N_OP_CLASSES}, many = {.pc = 0x40, .n_src = 9};
	refuse(&bad_class, at, 0, PV_ERR_RANGE, "row 0, pc 0x40: an operation class that does not exist");
	refuse(&many, at, 1, PV_ERR_RANGE, "row 1, pc 0x40: too many register operands");
	refuse(&elsewhere, at, 1, PV_ERR_ARG, "row 1: the pc changes from 0x40 to 0x44 inside an instruction");
	refuse(&good, NULL, 0, PV_ERR_ARG, "need times");
	refuse(&good, at, PV_MAX_UOPS_PER_INSN, PV_ERR_RANGE, "more than 40 micro-operations");
	refuse(&good, stores, 2, PV_ERR_RANGE, "row 2: 'store_commit' on machine 'b' is -2 x 0.1 ns");
	refuse(&good, late, 2, PV_ERR_RANGE, "row 2: 'store_commit' on machine 'b' is 4999999999950 x 0.1 ns");
}

static void test_recorder__refuses_calls_out_of_order(void **state)
{
	(void)state;
	const struct pv_uop half = {.pc = 0x40, .op_class = PV_OP_IntAlu};
	const struct pv_uop_times at[K] = {{.commit_ps = 5000}, {.commit_ps = 5000}};
	struct pv_recorder_spec nobody = spec;
	nobody.n_machines = 0;
	struct pv_recorder *r;
	assert_int_equal(pv_recorder_open(&nobody, &r, NULL), PV_ERR_ARG);
	r = opened(&spec);
	assert_int_equal(pv_recorder_append(r, &half, 0, 0, at, NULL), PV_ERR_ARG);
	assert_int_equal(pv_recorder_end_program(r, NULL), PV_ERR_ARG);
	assert_int_equal(pv_recorder_begin_program(r, "p", true, "none/p.pvt", NULL), PV_ERR_MISSING);
	assert_int_equal(pv_recorder_begin_program(r, "p", true, "p.pvt", NULL), PV_OK);
	assert_int_equal(pv_recorder_begin_program(r, "q", true, NULL, NULL), PV_ERR_ARG);
	assert_int_equal(pv_recorder_end_program(r, NULL), PV_ERR_SHAPE);
	assert_int_equal(pv_recorder_append(r, &half, 0, 0, at, NULL), PV_OK);
	assert_int_equal(pv_recorder_end_program(r, NULL), PV_ERR_ARG);
	assert_int_equal(pv_recorder_close(r, NULL), PV_ERR_ARG);
	assert_nothing_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_recorder__gives_the_trace_and_the_features_made_by_hand, temp_folder_enter,
	                                    temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_recorder__keeps_each_instruction_at_a_pc_once, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_recorder__all_targets_are_those_of_the_times, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_recorder__refuses_what_cannot_be, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_recorder__refuses_calls_out_of_order, temp_folder_enter, temp_folder_leave),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
