/*
 * u_model_represent.c - program vectors: a trace read in blocks and a dataset of the same program have the same bytes, and files round-trip
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
#include <unistd.h>

#include <perfvec/features.h>
#include <perfvec/represent_files.h>

#include "data/context.h"
#include "data/features.h"
#include "model/model.h"
#include "represent/sample.h"
#include "represent/vectors.h"
#include "support/hand_trace.h"
#include "support/predicted.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"

/* A loop over an array: three chunks of a trace, the last one short. */
static void make_program(struct hand_trace *t)
{
	hand_init(t, 0x1000);
	uint32_t add = hand_op(t, PV_OP_IntAlu, "i1 i2 -> i3"), load = hand_load(t, 8, "i3 -> i4");
	uint32_t store = hand_store(t, 8, "i4 i3 ->"), branch = hand_branch(t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000, "c0");
	for (uint64_t i = 0; i < 40000; i++) {
		hand_run(t, add);
		hand_run_at(t, load, 0x8000 + i * 712 % 100000);
		hand_run_at(t, store, 0x80000 + i % 64 * 8);
		hand_run_branch(t, branch, i % 5 != 4);
		if (i % 5 == 4)
			t->rows[t->n_rows - 1].flags = 0;
	}
	t->rows[t->n_rows - 1].flags = 0;
}

/* A model with inputs of schema pv2. */
static struct pv_model *make_pv2_model(uint64_t seed)
{
	struct model_expression e;
	struct pv_model *m;
	assert_int_equal(model_expression_parse("InsLSTM(8,2,bias=False)", 0, 0, PV2_COUNT, 1, &e, NULL), PV_OK);
	assert_int_equal(model_new(&e, &m, NULL), PV_OK);
	m->inputs.kind = MODEL_INPUTS_PV2;
	nn_sequential_init(m->encoder->chain, m->params, seed);
	assert_int_equal(model_set_machine(m, 0, "a", 1000, PV_MACHINE_TRAINED, NULL), PV_OK);
	model_seal(m);
	return m;
}

static void write_dataset(const struct hand_trace *t, const char *name, bool with_context)
{
	const struct pv_dataset_machine_spec machine = {"a", true, 1000, "name: a\n"};
	const struct pv_dataset_spec spec = {
	    .machines = &machine, .n_machines = 1, .target = PV_TARGET_store_commit, .context = with_context};
	struct pv_feature_row *rows = malloc(t->n_rows * sizeof *rows);
	struct pv_context_row *context_rows = malloc(t->n_rows * sizeof *context_rows);
	uint32_t *targets = calloc(t->n_rows, sizeof *targets);
	struct data_features *features;
	struct data_context *context;
	struct pv_dataset_writer *w;
	assert_int_equal(data_features_new(&features, NULL), PV_OK);
	assert_int_equal(data_features_run(features, t->uops, t->n_uops, t->rows, t->n_rows, rows, NULL), PV_OK);
	assert_int_equal(data_context_new(&context, NULL), PV_OK);
	assert_int_equal(data_context_run(context, t->uops, t->n_uops, t->rows, rows, t->n_rows, context_rows, NULL), PV_OK);
	assert_int_equal(pv_dataset_create(name, &spec, &w, NULL), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "loop", true, NULL, NULL), PV_OK);
	assert_int_equal(pv_dataset_append(w, rows, targets, t->n_rows, NULL), PV_OK);
	if (with_context)
		assert_int_equal(pv_dataset_append_context(w, context_rows, t->n_rows, NULL), PV_OK);
	assert_int_equal(pv_dataset_end_program(w, NULL), PV_OK);
	assert_int_equal(pv_dataset_finish(w, NULL), PV_OK);
	data_features_free(features);
	data_context_free(context);
	free(rows);
	free(context_rows);
	free(targets);
}

static void assert_same_vector(const struct pv_vectors *a, const struct pv_vectors *b)
{
	const struct pv_vector *x = pv_vectors_at(a, 0), *y = pv_vectors_at(b, 0);
	assert_string_equal(x->program, y->program);
	assert_true(x->n_rows == y->n_rows && x->n_insns == y->n_insns);
	assert_memory_equal(x->values, y->values, (size_t)pv_vectors_n_repr(a) * sizeof *x->values);
}

static void test_represent__trace_and_dataset_agree(void **state)
{
	(void)state;
	struct hand_trace t;
	struct pv_trace *trace;
	struct pv_dataset *dataset;
	make_program(&t);
	hand_write(&t, "loop.pvt", &(struct pv_trace_origin){.isa = PV_ISA_AARCH64, .program = "loop", .command = "loop"});
	write_dataset(&t, "ds", true);
	write_dataset(&t, "plain", false);
	assert_int_equal(pv_trace_open("loop.pvt", &trace, NULL), PV_OK);
	assert_int_equal(pv_dataset_open("ds", &dataset, NULL), PV_OK);
	struct pv_model *m = tiny_model(1);
	for (int threads = 1; threads <= 3; threads += 2) {
		struct pv_vectors *a = new_vectors(m), *b = new_vectors(m);
		assert_int_equal(pv_represent_trace(m, trace, &(struct pv_represent_options){.threads = threads}, NULL, a, NULL), PV_OK);
		assert_int_equal(pv_represent_dataset(m, dataset, &(struct pv_represent_options){.threads = 2}, NULL, b, NULL), PV_OK);
		assert_int_equal(pv_vectors_at(a, 0)->n_rows, 160000);
		assert_true(pv_vectors_at(a, 0)->values[0] > 0 || pv_vectors_at(a, 0)->values[1] > 0);
		assert_same_vector(a, b);
		pv_vectors_free(a);
		pv_vectors_free(b);
	}
	pv_model_free(m);
	pv_dataset_close(dataset);
	pv_trace_close(trace);
	hand_release(&t);
}

/* A model of schema pv2 makes its context rows of a trace by itself, takes those of a dataset, and refuses a dataset without. */
static void test_represent__schema_pv2(void **state)
{
	(void)state;
	struct pv_trace *trace;
	struct pv_dataset *dataset, *plain;
	struct pv_error err;
	struct pv_model *m = make_pv2_model(1);
	struct pv_vectors *a = new_vectors(m), *b = new_vectors(m);
	assert_int_equal(pv_trace_open("loop.pvt", &trace, NULL), PV_OK);
	assert_int_equal(pv_dataset_open("ds", &dataset, NULL), PV_OK);
	assert_int_equal(pv_dataset_check(dataset, NULL, NULL, NULL, NULL), PV_OK);
	assert_int_equal(pv_represent_trace(m, trace, &(struct pv_represent_options){.threads = 1}, NULL, a, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(m, dataset, &(struct pv_represent_options){.threads = 2}, NULL, b, NULL), PV_OK);
	assert_true(pv_vectors_at(a, 0)->values[0] > 0 || pv_vectors_at(a, 0)->values[1] > 0);
	assert_same_vector(a, b);
	assert_int_equal(pv_dataset_open("plain", &plain, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(m, plain, NULL, NULL, b, &err), PV_ERR_VERSION);
	assert_string_equal(err.message, "feature schema pv2 needs context rows, and the dataset has none");
	/* saved and read, it is the same model */
	struct pv_model *back;
	struct pv_vectors *c;
	assert_int_equal(pv_model_save(m, "pv2.safetensors", NULL), PV_OK);
	assert_int_equal(pv_model_load("pv2.safetensors", &back, NULL), PV_OK);
	assert_string_equal(pv_model_info(back)->schema, "pv2");
	assert_string_equal(pv_model_info(back)->inputs, "pv2");
	assert_int_equal(pv_model_info(back)->n_features, PV2_COUNT);
	assert_true(pv_model_info(back)->foundation == pv_model_info(m)->foundation);
	c = new_vectors(back);
	assert_int_equal(pv_represent_dataset(back, dataset, NULL, NULL, c, NULL), PV_OK);
	assert_same_vector(a, c);
	pv_vectors_free(a);
	pv_vectors_free(b);
	pv_vectors_free(c);
	pv_model_free(back);
	pv_model_free(m);
	pv_dataset_close(dataset);
	pv_dataset_close(plain);
	pv_trace_close(trace);
}

/* Phases end at the ends of instructions, wherever slices do, and add up to the program; a trace and a dataset agree about them. */
static void test_represent__phases_add_up(void **state)
{
	(void)state;
	const uint64_t N = 7001, rows = 160000;
	struct pv_trace *trace;
	struct pv_dataset *dataset;
	struct pv_model *m = tiny_model(1);
	struct pv_vectors *all = new_vectors(m), *a = new_vectors(m), *b = new_vectors(m), *whole, *back;
	assert_int_equal(pv_trace_open("loop.pvt", &trace, NULL), PV_OK);
	assert_int_equal(pv_dataset_open("ds", &dataset, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(m, dataset, NULL, NULL, all, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(m, dataset, &(struct pv_represent_options){.threads = 3, .phase_insns = N}, NULL, a, NULL),
	                 PV_OK);
	assert_int_equal(pv_represent_trace(m, trace, &(struct pv_represent_options){.threads = 1, .phase_insns = N}, NULL, b, NULL),
	                 PV_OK);
	assert_int_equal(pv_vectors_count(a), 23);
	assert_int_equal(pv_vectors_count(b), 23);
	for (int i = 0; i < 23; i++) {
		const struct pv_vector *x = pv_vectors_at(a, i), *y = pv_vectors_at(b, i);
		assert_true(x->phase == (uint32_t)i + 1 && x->first_insn == (uint64_t)i * N && x->first_row == (uint64_t)i * N);
		assert_true(x->n_insns == (i < 22 ? N : rows - 22 * N) && x->n_rows == x->n_insns);
		assert_true(y->first_row == x->first_row && y->n_insns == x->n_insns);
		assert_memory_equal(x->values, y->values, 8 * sizeof *x->values);
	}
	assert_int_equal(pv_vectors_save(a, "phases.npy", NULL), PV_OK);
	assert_int_equal(pv_vectors_load("phases.npy", &back, NULL), PV_OK);
	assert_int_equal(pv_vectors_at(back, 22)->first_row, 22 * N);
	assert_int_equal(pv_vectors_at(back, 22)->phase, 23);
	assert_int_equal(pv_vectors_whole(back, &whole, NULL), PV_OK);
	assert_int_equal(pv_vectors_count(whole), 1);
	assert_int_equal(pv_vectors_at(whole, 0)->phase, 0);
	assert_int_equal(pv_vectors_at(whole, 0)->n_insns, rows);
	for (int d = 0; d < 8; d++)
		assert_true(fabs(pv_vectors_at(whole, 0)->values[d] - pv_vectors_at(all, 0)->values[d]) <=
		            1e-9 * fabs(pv_vectors_at(all, 0)->values[d]));
	pv_vectors_free(whole);
	pv_vectors_free(back);
	pv_vectors_free(a);
	pv_vectors_free(b);
	pv_vectors_free(all);
	pv_model_free(m);
	pv_dataset_close(dataset);
	pv_trace_close(trace);
}

static void test_vectors__phases_that_do_not_follow_are_refused(void **state)
{
	(void)state;
	struct pv_model *m = tiny_model(1);
	struct pv_vectors *v = new_vectors(m), *whole = NULL;
	struct pv_error err = {0};
	const double values[8] = {1};
	struct pv_vector x = {.program = "x", .n_rows = 10, .n_insns = 5, .values = values, .phase = 1};
	assert_int_equal(represent_vectors_add(v, &x, NULL), PV_OK);
	x.phase = 3;
	x.first_row = 20;
	x.first_insn = 10;
	assert_int_equal(represent_vectors_add(v, &x, NULL), PV_OK);
	assert_int_equal(pv_vectors_whole(v, &whole, &err), PV_ERR_FORMAT);
	assert_string_equal(err.message, "phase 3 of 'x' does not follow the one before");
	pv_vectors_free(v);
	pv_model_free(m);
}

static void copy_file(const char *from, const char *to)
{
	char command[96];
	snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
	assert_int_equal(system(command), 0);
}

static void test_sample__estimate_and_its_error(void **state)
{
	(void)state;
	/* three units of 5 rows out of 50: 10 would fit; Cochran's formula by hand */
	double units[3] = {10, 20, 30}, value;
	represent_sample_estimate(units, 3, 1, 5, 50, &value);
	const double error = sqrt(units[0] * units[0] + units[1] * units[1] + units[2] * units[2]);
	assert_float_equal((float)value, 200, 1e-4);
	assert_float_equal((float)error, (float)(10 * sqrt((1 - 0.3) * 200 / 2 / 3)), 1e-4);
	const struct represent_sample_plan plan = {.unit = 10, .period = 100};
	assert_int_equal(represent_sample_begin(&plan, 2), 245);
	assert_int_equal(represent_sample_units(&plan, 54), 0);
	assert_int_equal(represent_sample_units(&plan, 55), 1);
	assert_int_equal(represent_sample_units(&plan, 254), 2);
	assert_int_equal(represent_sample_units(&plan, 255), 3);
}

/* A trace and a dataset give the same estimate; it is near the vector of all rows, and so are the times. */
static void test_represent__samples(void **state)
{
	(void)state;
	const struct pv_represent_options few = {.threads = 1, .sample_unit = 500, .sample_period = 4000};
	struct pv_represent_options warm = few, cold = few;
	struct pv_trace *trace;
	struct pv_dataset *dataset;
	struct pv_model *m = tiny_model(1);
	struct pv_vectors *all = new_vectors(m), *v = new_vectors(m), *back;
	warm.threads = 3;
	warm.sample_warmup = 100000000;
	cold.sample_warmup = 1;
	assert_int_equal(pv_trace_open("loop.pvt", &trace, NULL), PV_OK);
	assert_int_equal(pv_dataset_open("ds", &dataset, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(m, dataset, NULL, NULL, all, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(m, dataset, &few, NULL, v, NULL), PV_OK);
	assert_int_equal(pv_represent_trace(m, trace, &few, NULL, v, NULL), PV_OK);
	assert_int_equal(pv_represent_trace(m, trace, &warm, NULL, v, NULL), PV_OK);
	assert_int_equal(pv_represent_trace(m, trace, &cold, NULL, v, NULL), PV_OK);
	const struct pv_vector *x = pv_vectors_at(v, 0);
	for (int i = 0; i < 3; i++) {
		const struct pv_vector *y = pv_vectors_at(v, i);
		assert_true(y->n_units == 40 && y->n_rows == 160000 && y->n_insns == 160000);
		assert_memory_equal(x->values, y->values, 8 * sizeof *x->values);
		assert_memory_equal(x->deviations, y->deviations, 40 * 8 * sizeof *x->values);
	}
	for (int k = 0; k < 2; k++) {
		const double ns = predicted(m, all, 0, k).time_ns, error = predicted(m, v, 0, k).sampling_ns;
		assert_true(error > 0 && error < 0.2 * fabs(ns));
		assert_true(fabs(predicted(m, v, 0, k).time_ns - ns) <= error);
		assert_true(predicted(m, all, 0, k).sampling_ns == 0);
		assert_true(predicted(m, v, 3, k).time_ns !=
		            predicted(m, v, 0, k).time_ns); /* distances beyond what was skipped are short */
	}
	assert_int_equal(pv_vectors_save(v, "sample.npy", NULL), PV_OK);
	assert_int_equal(pv_vectors_load("sample.npy", &back, NULL), PV_OK);
	assert_int_equal(pv_vectors_at(back, 3)->n_units, 40);
	assert_true(predicted(m, back, 3, 1).sampling_ns == predicted(m, v, 3, 1).sampling_ns);
	pv_vectors_free(back);
	pv_vectors_free(v);
	pv_vectors_free(all);
	pv_model_free(m);
	pv_dataset_close(dataset);
	pv_trace_close(trace);
}

static void assert_refused(const struct pv_represent_options *o, const char *why)
{
	struct pv_dataset *dataset;
	struct pv_model *m = tiny_model(1);
	struct pv_vectors *v = new_vectors(m);
	struct pv_error err = {0};
	assert_int_equal(pv_dataset_open("ds", &dataset, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(m, dataset, o, NULL, v, &err), PV_ERR_ARG);
	assert_non_null(strstr(err.message, why));
	assert_int_equal(pv_vectors_count(v), 0);
	pv_vectors_free(v);
	pv_model_free(m);
	pv_dataset_close(dataset);
}

static void test_represent__refuses_samples_that_cannot_be(void **state)
{
	(void)state;
	assert_refused(&(struct pv_represent_options){.sample_unit = 500, .sample_period = 1523}, "is shorter than a unit of 500");
	assert_refused(&(struct pv_represent_options){.sample_unit = 0, .sample_period = 2000}, "a unit of 0");
	assert_refused(&(struct pv_represent_options){.sample_unit = 5, .sample_period = 2000, .phase_insns = 5}, "no phases");
	assert_refused(&(struct pv_represent_options){.sample_unit = 5, .sample_period = 1000000}, "no sampling unit fits into the 160000");
}

/* One unit says nothing about its error; files of different calls are told apart. */
static void test_vectors__deviations(void **state)
{
	(void)state;
	struct pv_model *m = tiny_model(1);
	struct pv_vectors *v = new_vectors(m), *back;
	struct pv_error err = {0};
	const double values[8] = {1}, more[16] = {0, 1};
	struct pv_vector x = {.program = "x", .n_rows = 10, .n_insns = 5, .values = values, .n_units = 1, .deviations = more};
	assert_int_equal(represent_vectors_add(v, &x, NULL), PV_OK);
	assert_true(isinf(predicted(m, v, 0, 0).sampling_ns));
	x.n_units = 2;
	assert_int_equal(represent_vectors_add(v, &x, NULL), PV_OK);
	assert_float_equal((float)predicted(m, v, 1, 0).sampling_ns, (float)(0.1 * 12.7062047 * fabs((double)model_weights(m)[1])), 1e-5);
	assert_int_equal(pv_vectors_save(v, "d.npy", NULL), PV_OK);
	copy_file("sample.deviations.npy", "d.deviations.npy");
	assert_int_equal(pv_vectors_load("d.npy", &back, &err), PV_ERR_FORMAT);
	assert_int_equal(remove("d.deviations.npy"), 0);
	assert_int_equal(pv_vectors_load("d.npy", &back, &err), PV_ERR_MISSING);
	pv_vectors_free(v);
	pv_model_free(m);
}

static void test_vectors__round_trip_and_foundations(void **state)
{
	(void)state;
	struct pv_model *m = tiny_model(1), *other = tiny_model(2);
	struct pv_dataset *dataset;
	struct pv_error err = {0};
	assert_int_equal(pv_dataset_open("ds", &dataset, NULL), PV_OK);
	struct pv_vectors *v = new_vectors(m), *back, *others = new_vectors(other);
	assert_int_equal(pv_vectors_save(v, "empty.npy", &err), PV_ERR_ARG);
	assert_int_equal(pv_represent_dataset(m, dataset, &(struct pv_represent_options){.threads = 1}, NULL, v, NULL), PV_OK);
	assert_int_equal(pv_vectors_save(v, "v.npy", NULL), PV_OK);
	assert_int_equal(pv_vectors_load("v.npy", &back, NULL), PV_OK);
	assert_int_equal(pv_vectors_count(back), 1);
	assert_true(pv_vectors_foundation(back) == m->info.foundation);
	assert_same_vector(v, back);
	assert_int_equal(pv_vectors_append(back, v, NULL), PV_OK);
	assert_int_equal(pv_vectors_count(back), 2);
	assert_int_equal(pv_vectors_append(others, v, &err), PV_ERR_ARG);
	assert_int_equal(pv_represent_dataset(other, dataset, &(struct pv_represent_options){.threads = 1}, NULL, back, &err), PV_ERR_ARG);
	assert_int_equal(pv_vectors_count(back), 2);
	pv_vectors_free(v);
	pv_vectors_free(back);
	pv_vectors_free(others);
	pv_dataset_close(dataset);
	pv_model_free(m);
	pv_model_free(other);
}

static void count_to_end(void *user, const char *what, const char *unit, uint64_t done, uint64_t total)
{
	uint64_t *last = user;
	(void)what, (void)unit;
	last[0] = done;
	last[1] = total;
}

/* A dataset, a trace and saved vectors of the same program; progress counts over what is represented of them. */
static void test_represent_files__of_any_kind(void **state)
{
	(void)state;
	struct pv_model *m = tiny_model(1), *other = tiny_model(2);
	struct pv_represented r;
	struct pv_error err = {0};
	uint64_t last[2] = {0};
	const struct pv_progress progress = {.user = last, .report = count_to_end};
	struct pv_vectors *v = new_vectors(m);
	struct pv_dataset *dataset;
	assert_int_equal(pv_dataset_open("ds", &dataset, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(m, dataset, NULL, NULL, v, NULL), PV_OK);
	assert_int_equal(pv_vectors_save(v, "files.npy", NULL), PV_OK);
	const char *const paths[] = {"files.npy", "ds", "loop.pvt"};
	assert_int_equal(pv_represent_files(m, paths, 3, NULL, &progress, &r, NULL), PV_OK);
	assert_int_equal(pv_vectors_count(r.vectors), 3);
	for (int i = 0; i < 3; i++)
		assert_memory_equal(pv_vectors_at(r.vectors, i)->values, pv_vectors_at(v, 0)->values, 8 * sizeof(double));
	assert_true(r.n_files == 3 && !r.datasets[0] && r.datasets[1] && !r.datasets[2]);
	assert_true(!r.sources[0] && r.sources[1] == r.datasets[1] && !r.sources[2]);
	assert_true(last[0] == last[1] && last[1] == 2 * pv_dataset_info(dataset)->n_rows);
	pv_represented_release(&r);
	assert_int_equal(pv_represent_files(other, paths, 3, NULL, NULL, &r, &err), PV_ERR_ARG);
	assert_string_equal(err.message, "'files.npy' was made with another foundation model");
	const char *const missing[] = {"ds", "none.pvt"};
	assert_int_equal(pv_represent_files(m, missing, 2, NULL, NULL, &r, &err), PV_ERR_MISSING);
	pv_vectors_free(v);
	pv_dataset_close(dataset);
	pv_model_free(m);
	pv_model_free(other);
}

static void test_vectors__refuse_the_array_of_another_call(void **state)
{
	(void)state;
	struct pv_model *m = tiny_model(1);
	struct pv_vectors *a = new_vectors(m), *b = new_vectors(m), *back = NULL;
	struct pv_error err = {0};
	const double values[2][8] = {{1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 3, 4, 5, 6, 7, 9}};
	assert_int_equal(
	    represent_vectors_add(a, &(struct pv_vector){.program = "x", .n_rows = 10, .n_insns = 5, .values = values[0]}, NULL), PV_OK);
	assert_int_equal(
	    represent_vectors_add(b, &(struct pv_vector){.program = "x", .n_rows = 10, .n_insns = 5, .values = values[1]}, NULL), PV_OK);
	assert_int_equal(pv_vectors_save(a, "a.npy", NULL), PV_OK);
	assert_int_equal(pv_vectors_save(b, "b.npy", NULL), PV_OK);
	copy_file("b.npy", "a.npy");
	assert_int_equal(pv_vectors_load("a.npy", &back, &err), PV_ERR_FORMAT);
	assert_non_null(strstr(err.message, "is not the array that the .yaml file beside it describes"));
	copy_file("b.yaml", "a.yaml");
	assert_int_equal(pv_vectors_load("a.npy", &back, NULL), PV_OK);
	assert_float_equal(pv_vectors_at(back, 0)->values[7], 9, 0);
	pv_vectors_free(a);
	pv_vectors_free(b);
	pv_vectors_free(back);
	pv_model_free(m);
}

struct counts {
	uint64_t last, total;
	int calls;
};

static void count_rows(void *user, const char *what, const char *unit, uint64_t done, uint64_t total)
{
	struct counts *c = user;
	assert_string_equal(what, "representing");
	assert_string_equal(unit, "rows");
	assert_true(done >= c->last && done <= total);
	*c = (struct counts){done, total, c->calls + 1};
}

/* Two programs are one count from nothing to all rows. */
static void test_represent__progress_is_over_all_programs(void **state)
{
	(void)state;
	const struct pv_dataset_machine_spec machine = {"a", true, 1000, "name: a\n"};
	const struct pv_dataset_spec spec = {.machines = &machine, .n_machines = 1, .target = PV_TARGET_store_commit};
	struct pv_feature_row *rows = calloc(30000, sizeof *rows);
	uint32_t *targets = calloc(30000, sizeof *targets);
	struct pv_dataset_writer *w;
	struct pv_dataset *dataset;
	struct pv_model *m = tiny_model(1);
	struct pv_vectors *v = new_vectors(m);
	assert_int_equal(pv_dataset_create("two", &spec, &w, NULL), PV_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pv_dataset_begin_program(w, i ? "b" : "a", true, NULL, NULL), PV_OK);
		assert_int_equal(pv_dataset_append(w, rows, targets, i ? 30000 : 20000, NULL), PV_OK);
		assert_int_equal(pv_dataset_end_program(w, NULL), PV_OK);
	}
	assert_int_equal(pv_dataset_finish(w, NULL), PV_OK);
	assert_int_equal(pv_dataset_open("two", &dataset, NULL), PV_OK);
	struct counts c = {0};
	const struct pv_progress progress = {.user = &c, .report = count_rows};
	assert_int_equal(pv_represent_dataset(m, dataset, &(struct pv_represent_options){.threads = 1}, &progress, v, NULL), PV_OK);
	assert_true(c.last == 50000 && c.total == 50000 && c.calls >= 2);
	pv_vectors_free(v);
	pv_model_free(m);
	pv_dataset_close(dataset);
	free(rows);
	free(targets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_represent__trace_and_dataset_agree),
	    cmocka_unit_test(test_represent__schema_pv2),
	    cmocka_unit_test(test_represent__phases_add_up),
	    cmocka_unit_test(test_vectors__phases_that_do_not_follow_are_refused),
	    cmocka_unit_test(test_sample__estimate_and_its_error),
	    cmocka_unit_test(test_represent__samples),
	    cmocka_unit_test(test_represent__refuses_samples_that_cannot_be),
	    cmocka_unit_test(test_vectors__deviations),
	    cmocka_unit_test(test_vectors__round_trip_and_foundations),
	    cmocka_unit_test(test_represent_files__of_any_kind),
	    cmocka_unit_test(test_vectors__refuse_the_array_of_another_call),
	    cmocka_unit_test(test_represent__progress_is_over_all_programs),
	};
	return cmocka_run_group_tests(tests, temp_folder_enter, temp_folder_leave);
}
