/*
 * u_profile.c - predicted time split by code and by call stack: parts add up, stacks follow calls and returns, code without symbols has
 * names
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>
#include <perfvec/profile.h>

#include "data/features.h"
#include "model/model.h"
#include "profile/stacks.h"
#include "support/hand_trace.h"
#include "support/predicted.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"

static const struct pv_trace_origin origin = {.isa = PV_ISA_AARCH64, .program = "calls", .command = "calls"};

/* A main at 0x1000 calls f at 0x2000, which calls g at 0x3000; then main calls g itself. Both loop over loads. */
static void make_program(struct hand_trace *t)
{
	const uint32_t call_flags = PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_CALL;
	hand_init(t, 0x1000);
	uint32_t call_f = hand_branch(t, call_flags, 0x2000, "-> i30"), call_g = hand_branch(t, call_flags, 0x3000, "-> i30");
	uint32_t again = hand_branch(t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000, "c0");
	hand_pc(t, 0x2000);
	uint32_t f_load = hand_load(t, 8, "i1 -> i2"), f_call = hand_branch(t, call_flags, 0x3000, "-> i30");
	uint32_t f_ret = hand_branch(t, PV_UOP_UNCOND_BRANCH | PV_UOP_RETURN, 0, "i30");
	hand_pc(t, 0x3000);
	uint32_t g_load = hand_load(t, 8, "i1 -> i2"), g_loop = hand_branch(t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x3000, "c0");
	uint32_t g_ret = hand_branch(t, PV_UOP_UNCOND_BRANCH | PV_UOP_RETURN, 0, "i30");
	for (uint64_t i = 0; i < 4000; i++)
		for (int from_f = 1; from_f >= 0; from_f--) {
			if (from_f) {
				hand_run(t, call_f);
				hand_run_at(t, f_load, 0x8000 + i * 712 % 100000);
				hand_run(t, f_call);
			} else {
				hand_run(t, call_g);
			}
			for (uint64_t j = 0; j < 4; j++) {
				hand_run_at(t, g_load, 0x80000 + i % 64 * 8);
				hand_run_branch(t, g_loop, j < 3);
			}
			hand_run(t, g_ret);
			if (from_f)
				hand_run(t, f_ret);
			else
				hand_run_branch(t, again, i < 3999);
		}
}

static struct pv_trace *program(void)
{
	struct hand_trace t;
	struct pv_trace *trace;
	make_program(&t);
	hand_write(&t, "calls.pvt", &origin);
	hand_release(&t);
	assert_int_equal(pv_trace_open("calls.pvt", &trace, NULL), PV_OK);
	return trace;
}

static const int both[2] = {0, 1};

/* With positive times: some nanoseconds a row. */
static struct pv_model *model(void)
{
	struct pv_model *m = tiny_model(1);
	for (int i = 0; i < 2 * 8; i++)
		model_weights(m)[i] = (float)(100 + 10 * i);
	return m;
}

static struct pv_profile *profile(const struct pv_trace *trace, int threads)
{
	struct pv_model *m = model();
	struct pv_profile *p;
	const struct pv_profile_options o = {.machines = both, .n_machines = 2, .threads = threads};
	assert_int_equal(pv_profile_trace(m, trace, &o, NULL, &p, NULL), PV_OK);
	pv_model_free(m);
	return p;
}

static const struct pv_profile_item *find(const struct pv_profile_item *items, size_t n, const char *function)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(items[i].function, function))
			return &items[i];
	fail_msg("no function %s", function);
	return NULL;
}

/* Without files functions are named by where calls go; their times and instructions add up to the whole, which is what predict says. */
static void test_profile__functions_add_up(void **state)
{
	(void)state;
	struct pv_trace *trace = program();
	struct pv_profile *p = profile(trace, 1);
	struct pv_model *m = model();
	struct pv_vectors *v = new_vectors(m);
	struct pv_profile_item *items;
	size_t n;
	assert_int_equal(pv_represent_trace(m, trace, NULL, NULL, v, NULL), PV_OK);
	assert_int_equal(pv_profile_items(p, PV_PROFILE_FUNCTION, 1, &items, &n, NULL), PV_OK);
	assert_int_equal(n, 3);
	assert_int_equal(find(items, n, "0x2000")->n_insns, 4000 * 3);
	assert_int_equal(find(items, n, "0x3000")->n_insns, 8000 * 9);
	assert_int_equal(find(items, n, "[?]")->n_insns, 4000 * 3);
	for (int k = 0; k < 2; k++) {
		double sum = 0;
		for (size_t i = 0; i < n; i++)
			sum += items[i].ns[k];
		const double whole = predicted(m, v, 0, k).time_ns;
		assert_true(fabs(sum - whole) < 1e-5 * fabs(whole));
		assert_true(fabs(pv_profile_total(p)->ns[k] - sum) < 1e-9 * fabs(whole));
		assert_true(isnan(items[0].simulated_ns[k]));
	}
	assert_true(items[0].ns[1] >= items[1].ns[1] && items[1].ns[1] >= items[2].ns[1]);
	assert_false(pv_profile_has_simulated(p));
	pv_profile_items_free(items, n);
	pv_profile_free(p);
	pv_vectors_free(v);
	pv_model_free(m);
	pv_trace_close(trace);
}

static char *stacks_of(const struct pv_profile *p, int column)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	assert_non_null(f);
	pv_profile_print_stacks(p, column, f);
	fclose(f);
	return text;
}

/* Where g's time was called from is told apart; any number of threads gives the same figures. */
static void test_profile__stacks(void **state)
{
	(void)state;
	struct pv_trace *trace = program();
	struct pv_profile *p = profile(trace, 1), *q = profile(trace, 3);
	char *text = stacks_of(p, 0), *other = stacks_of(q, 0);
	char names[4][64];
	double ns[4], whole = 0;
	const char *expected[4] = {"[?]", "[?];0x2000", "[?];0x2000;0x3000", "[?];0x3000"};
	assert_string_equal(text, other);
	const char *at = text;
	for (int i = 0; i < 4; i++) {
		int used;
		assert_int_equal(sscanf(at, "%63s %lf\n%n", names[i], &ns[i], &used), 2);
		assert_string_equal(names[i], expected[i]);
		at += used;
		whole += ns[i];
	}
	assert_string_equal(at, "");
	assert_true(fabs(whole - pv_profile_total(p)->ns[0]) <= 2);
	/* g runs as often from either place, after other rows */
	assert_true(fabs(ns[2] - ns[3]) < 0.5 * ns[3]);
	free(text);
	free(other);
	pv_profile_free(p);
	pv_profile_free(q);
	pv_trace_close(trace);
}

/* Of a sample the times are scaled up; they are near those of all rows. */
static void test_profile__sample(void **state)
{
	(void)state;
	struct pv_trace *trace = program();
	struct pv_model *m = model();
	struct pv_profile *all = profile(trace, 1), *p;
	const struct pv_profile_options o = {.machines = both, .n_machines = 2, .sample_unit = 500, .sample_period = 4000};
	assert_int_equal(pv_profile_trace(m, trace, &o, NULL, &p, NULL), PV_OK);
	for (int k = 0; k < 2; k++)
		assert_true(fabs(pv_profile_total(p)->ns[k] / pv_profile_total(all)->ns[k] - 1) < 0.05);
	pv_profile_free(p);
	pv_profile_free(all);
	pv_model_free(m);
	pv_trace_close(trace);
}

/* The trace's rows with 2 tenths for every row of g and 1 for others, on machine "a". */
static void write_dataset(const char *path, size_t leave_out)
{
	const struct pv_dataset_machine_spec machine = {"a", true, 1000, "name: a\n"};
	const struct pv_dataset_spec spec = {.machines = &machine, .n_machines = 1, .target = PV_TARGET_store_commit};
	struct hand_trace t;
	struct data_features *features;
	struct pv_dataset_writer *w;
	make_program(&t);
	struct pv_feature_row *rows = malloc(t.n_rows * sizeof *rows);
	uint32_t *targets = calloc(t.n_rows, sizeof *targets);
	for (size_t i = 0; i < t.n_rows; i++)
		targets[i] = t.uops[t.rows[i].uop].pc >= 0x3000 ? 2 : 1;
	assert_int_equal(data_features_new(&features, NULL), PV_OK);
	assert_int_equal(data_features_run(features, t.uops, t.n_uops, t.rows, t.n_rows, rows, NULL), PV_OK);
	assert_int_equal(pv_dataset_create(path, &spec, &w, NULL), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "calls", true, NULL, NULL), PV_OK);
	assert_int_equal(pv_dataset_append(w, rows, targets, t.n_rows - leave_out, NULL), PV_OK);
	assert_int_equal(pv_dataset_end_program(w, NULL), PV_OK);
	assert_int_equal(pv_dataset_finish(w, NULL), PV_OK);
	data_features_free(features);
	free(rows);
	free(targets);
	hand_release(&t);
}

static void test_profile__simulated_times_beside(void **state)
{
	(void)state;
	struct pv_trace *trace = program();
	struct pv_model *m = model();
	struct pv_profile *p;
	struct pv_profile_item *items;
	struct pv_dataset *d, *cut;
	struct pv_error err = {0};
	size_t n;
	write_dataset("ds", 0);
	write_dataset("cut", 1);
	assert_int_equal(pv_dataset_open("ds", &d, NULL), PV_OK);
	assert_int_equal(pv_dataset_open("cut", &cut, NULL), PV_OK);
	struct pv_profile_options o = {.machines = both, .n_machines = 2, .dataset = d};
	assert_int_equal(pv_profile_trace(m, trace, &o, NULL, &p, NULL), PV_OK);
	assert_int_equal(pv_profile_items(p, PV_PROFILE_FUNCTION, 0, &items, &n, NULL), PV_OK);
	assert_float_equal((float)find(items, n, "0x3000")->simulated_ns[0], 8000 * 9 * 0.2, 1e-3);
	assert_float_equal((float)find(items, n, "0x2000")->simulated_ns[0], 4000 * 3 * 0.1, 1e-3);
	assert_true(isnan(find(items, n, "0x3000")->simulated_ns[1]));
	assert_true(pv_profile_has_simulated(p));
	pv_profile_items_free(items, n);
	pv_profile_free(p);
	o.dataset = cut;
	assert_int_equal(pv_profile_trace(m, trace, &o, NULL, &p, &err), PV_ERR_SHAPE);
	assert_non_null(strstr(err.message, "rows of 'calls'"));
	pv_dataset_close(d);
	pv_dataset_close(cut);
	pv_model_free(m);
	pv_trace_close(trace);
}

static void test_profile__refuses(void **state)
{
	(void)state;
	struct hand_trace t;
	struct pv_trace *empty, *trace = program();
	struct pv_model *m = model();
	struct pv_profile *p = NULL;
	struct pv_error err = {0};
	hand_init(&t, 0x1000);
	hand_write(&t, "empty.pvt", &origin);
	hand_release(&t);
	assert_int_equal(pv_trace_open("empty.pvt", &empty, NULL), PV_OK);
	assert_int_equal(pv_profile_trace(m, empty, &(struct pv_profile_options){.machines = both, .n_machines = 2}, NULL, &p, &err),
	                 PV_ERR_ARG);
	assert_string_equal(err.message, "program 'calls' is empty: it has no rows");
	assert_int_equal(pv_profile_trace(m, trace, &(struct pv_profile_options){.machines = both}, NULL, &p, &err), PV_ERR_ARG);
	const struct pv_profile_options rare = {.machines = both, .n_machines = 2, .sample_unit = 5, .sample_period = 1000000};
	assert_int_equal(pv_profile_trace(m, trace, &rare, NULL, &p, &err), PV_ERR_ARG);
	assert_null(p);
	pv_trace_close(empty);
	pv_trace_close(trace);
	pv_model_free(m);
}

/* ---- stacks alone ---- */

/* Functions 0, 1 and 2 of one instruction each, which call, return, or jump. */
static struct pv_uop op(uint64_t pc, uint32_t flags)
{
	return (struct pv_uop){.pc = pc, .flags = flags | PV_UOP_LAST, .insn_bytes = 4, .n_uops = 1};
}

static uint32_t function_at(const struct profile_stacks *s, uint32_t node)
{
	size_t n;
	return profile_stacks_nodes(s, &n)[node].function;
}

static uint32_t depth_at(const struct profile_stacks *s, uint32_t node)
{
	size_t n;
	return profile_stacks_nodes(s, &n)[node].depth;
}

static void test_stacks__jumps_and_lost_frames(void **state)
{
	(void)state;
	enum { MAIN, MAIN_NEXT, F, F_NEXT, G, RET };
	const struct pv_uop uops[] = {[MAIN] = op(0x100, PV_UOP_CALL), [MAIN_NEXT] = op(0x104, 0), [F] = op(0x200, PV_UOP_CALL),
	                              [F_NEXT] = op(0x204, 0),         [G] = op(0x300, 0),         [RET] = op(0x304, PV_UOP_RETURN)};
	const uint32_t function[] = {0, 0, 1, 1, 2, 2};
	struct profile_stacks *s;
	assert_int_equal(profile_stacks_new(uops, function, &s, NULL), PV_OK);
	/* a return that nobody called for, then main calls f calls g */
	profile_stacks_row(s, RET);
	const uint32_t at_main = profile_stacks_row(s, MAIN), at_f = profile_stacks_row(s, F), at_g = profile_stacks_row(s, G);
	assert_true(depth_at(s, at_main) == 1 && depth_at(s, at_f) == 2 && depth_at(s, at_g) == 3);
	/* g returns to main at once: f's frame is gone with it */
	profile_stacks_row(s, RET);
	assert_int_equal(profile_stacks_row(s, MAIN_NEXT), at_main);
	/* a jump from main to g at main's end: g stands where main stood */
	const uint32_t jumped = profile_stacks_row(s, G);
	assert_true(function_at(s, jumped) == 2 && depth_at(s, jumped) == 1);
	/* the same calls lead to the same stacks */
	assert_int_equal(profile_stacks_row(s, MAIN), at_main);
	assert_int_equal(profile_stacks_row(s, F), at_f);
	assert_int_equal(profile_stacks_row(s, G), at_g);
	profile_stacks_free(s);
}

static void test_stacks__endless_recursion_has_an_end(void **state)
{
	(void)state;
	const struct pv_uop uops[] = {op(0x100, PV_UOP_CALL), op(0x104, PV_UOP_RETURN)};
	const uint32_t function[] = {0, 0};
	struct profile_stacks *s;
	size_t n;
	assert_int_equal(profile_stacks_new(uops, function, &s, NULL), PV_OK);
	for (int i = 0; i < 100000; i++)
		profile_stacks_row(s, 0);
	profile_stacks_nodes(s, &n);
	assert_int_equal(n, PROFILE_MAX_STACK_DEPTH + 1);
	assert_false(profile_stacks_failed(s));
	profile_stacks_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_profile__functions_add_up),
	    cmocka_unit_test(test_profile__stacks),
	    cmocka_unit_test(test_profile__sample),
	    cmocka_unit_test(test_profile__simulated_times_beside),
	    cmocka_unit_test(test_profile__refuses),
	    cmocka_unit_test(test_stacks__jumps_and_lost_frames),
	    cmocka_unit_test(test_stacks__endless_recursion_has_an_end),
	};
	return cmocka_run_group_tests(tests, temp_folder_enter, temp_folder_leave);
}
