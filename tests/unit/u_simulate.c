/*
 * u_simulate.c - a trace to a dataset: all 16 targets, warm-up, sampling
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

#include <perfvec/dataset.h>
#include <perfvec/features.h>
#include <perfvec/simulate.h>
#include "data/targets.h"

#include "sim/sim.h"
#include "support/sim_run.h"

enum { N_ROWS = 100000 }; /* more than one chunk */

static const char *const presets[] = {"o3", "minor"};
enum { K = 2 };

struct fixture {
	char folder[64], trace_path[96], dataset_path[96];
	struct hand_trace trace;
	struct pv_uarch_set *machines;
	struct pv_simulate_options options;
	const char *traces[1];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct pv_error err;
	snprintf(f->folder, sizeof f->folder, "/tmp/u_simulate.XXXXXX");
	if (!mkdtemp(f->folder))
		return 1;
	snprintf(f->trace_path, sizeof f->trace_path, "%s/t.pvt", f->folder);
	snprintf(f->dataset_path, sizeof f->dataset_path, "%s/ds", f->folder);
	sim_mixed_trace(&f->trace, N_ROWS, 3);
	f->trace.n_rows = N_ROWS;
	hand_write(&f->trace, f->trace_path, NULL);
	f->traces[0] = f->trace_path;
	f->options = (struct pv_simulate_options){.traces = f->traces, .n_traces = 1, .output = f->dataset_path, .n_threads = 2};
	*state = f;
	enum pv_status status = pv_uarch_set_load(presets, K, &f->machines, &err);
	f->options.machines = f->machines;
	return status != PV_OK;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];
	snprintf(command, sizeof command, "rm -r '%s'", f->folder);
	pv_uarch_set_free(f->machines);
	hand_release(&f->trace);
	free(f);
	*state = NULL;
	return system(command);
}

static struct pv_simulate_result *simulate(const struct pv_simulate_options *options)
{
	struct pv_simulate_result *result = NULL;
	struct pv_error err = {0};
	if (pv_simulate(options, NULL, &result, &err) != PV_OK)
		fail_msg("%s", err.message);
	return result;
}

static struct pv_dataset *open_dataset(const struct fixture *f)
{
	struct pv_dataset *d = NULL;
	struct pv_error err;
	assert_int_equal(pv_dataset_open(f->dataset_path, &d, &err), PV_OK);
	return d;
}

static uint32_t value(const void *values, unsigned bytes, size_t i)
{
	return bytes == 2 ? ((const uint16_t *)values)[i] : ((const uint32_t *)values)[i];
}

/* The times of every row on machine k, from the simulator itself. */
static struct pv_uop_times *times_of(const struct fixture *f, int k)
{
	struct pv_uop_times *times = calloc(N_ROWS, sizeof *times);
	struct sim *sim = NULL;
	struct pv_error err;
	const struct pv_uarch *uarch = pv_uarch_set_at(f->machines, (size_t)k);
	assert_int_equal(sim_new(uarch, f->trace.uops, f->trace.n_uops, &sim, &err), PV_OK);
	sim_run(sim, f->trace.rows, N_ROWS, 0, NULL, 1, times);
	sim_free(sim);
	return times;
}

/* Sums of increments are times: the reference's definition, row by row, without the increments. */
static void check_row(const struct pv_uop_times *t, const uint64_t *sum, uint64_t latest_ps)
{
	assert_int_equal(sum[PV_TARGET_fetch], t->fetch_ps / 100);
	assert_int_equal(sum[PV_TARGET_commit], t->commit_ps / 100);
	assert_int_equal(sum[PV_TARGET_decode], t->decode_ps / 100);
	assert_int_equal(sum[PV_TARGET_rename], t->rename_ps / 100);
	assert_int_equal(sum[PV_TARGET_dispatch], t->dispatch_ps / 100);
	assert_int_equal(sum[PV_TARGET_store_commit], latest_ps / 100);
}

static void check_accesses(const struct pv_uop_times *t, bool load, bool first, const uint32_t *x)
{
	int fetch = first ? 2 : t->fetch_depth;
	for (int depth = 0; depth < 3; depth++) { /* targets 6..8 L1, 9..11 L2, 12..14 memory: fetch, load, store */
		assert_int_equal(x[6 + 3 * depth], fetch >= depth);
		assert_int_equal(x[7 + 3 * depth], load && t->data_depth >= depth);
		assert_int_equal(x[8 + 3 * depth], !load && t->data_depth >= depth);
	}
	assert_int_equal(x[15], t->mispredicted);
}

static void check_machine(const struct fixture *f, const struct pv_dataset_program *p, int k)
{
	struct pv_uop_times *times = times_of(f, k);
	uint64_t sum[PV_N_TARGETS] = {0}, latest_ps = 0;
	for (size_t i = 0; i < N_ROWS; i++) {
		uint32_t x[PV_N_TARGETS];
		for (size_t j = 0; j < PV_N_TARGETS; j++)
			sum[j] += x[j] = value(p->all_targets, p->all_target_bytes, (i * K + (size_t)k) * PV_N_TARGETS + j);
		uint64_t done_ps = times[i].store_ps ? times[i].store_ps : times[i].commit_ps;
		latest_ps = done_ps > latest_ps ? done_ps : latest_ps;
		check_row(&times[i], sum, latest_ps);
		check_accesses(&times[i], f->trace.uops[f->trace.rows[i].uop].op_class == PV_OP_MemRead, i == 0, x);
		assert_int_equal(value(p->targets, p->target_bytes, i * K + (size_t)k), x[PV_TARGET_store_commit]);
	}
	free(times);
}

static void test_simulate__all_16_targets(void **state)
{
	struct fixture *f = *state;
	f->options.all_targets = true;
	pv_simulate_result_free(simulate(&f->options));
	struct pv_dataset *d = open_dataset(f);
	const struct pv_dataset_program *p = pv_dataset_program(d, 0);
	assert_int_equal(p->n_rows, N_ROWS);
	assert_non_null(p->all_targets);
	for (int k = 0; k < K; k++)
		check_machine(f, p, k);
	pv_dataset_close(d);
}

static void test_simulate__warm_up_leaves_the_rest_as_it_was(void **state)
{
	struct fixture *f = *state;
	enum { WARM = 70000 };
	struct pv_simulate_result *whole = simulate(&f->options);
	struct pv_dataset *d = open_dataset(f);
	const struct pv_dataset_program *p = pv_dataset_program(d, 0);
	size_t n_features = (N_ROWS - WARM) * sizeof(struct pv_feature_row), n_targets = (size_t)(N_ROWS - WARM) * K;
	struct pv_feature_row *features = malloc(n_features);
	uint32_t *targets = calloc(n_targets, sizeof *targets);
	memcpy(features, p->features + WARM, n_features);
	for (size_t i = 0; i < n_targets; i++)
		targets[i] = value(p->targets, p->target_bytes, (size_t)WARM * K + i);
	pv_dataset_close(d);

	f->options.n_warm_up = WARM;
	struct pv_simulate_result *rest = simulate(&f->options);
	d = open_dataset(f);
	p = pv_dataset_program(d, 0);
	assert_int_equal(p->n_rows, N_ROWS - WARM);
	assert_memory_equal(p->features, features, n_features);
	for (size_t i = 0; i < n_targets; i++)
		assert_int_equal(value(p->targets, p->target_bytes, i), targets[i]);
	pv_dataset_close(d);

	f->options.n_warm_up = 0;
	f->options.max_rows = WARM;
	struct pv_simulate_result *begin = simulate(&f->options);
	for (int k = 0; k < K; k++) {
		struct pv_machine_counts a = pv_simulate_counts(begin, 0, k), b = pv_simulate_counts(rest, 0, k);
		struct pv_machine_counts all = pv_simulate_counts(whole, 0, k);
		assert_int_equal(a.n_insns + b.n_insns, all.n_insns);
		assert_int_equal(a.n_rows + b.n_rows, all.n_rows);
		assert_int_equal(a.n_l1d_misses + b.n_l1d_misses, all.n_l1d_misses);
		assert_true(a.cycles + b.cycles >= all.cycles); /* a's last stores overlap b */
		assert_true(a.cycles + b.cycles <= all.cycles + 1000);
	}
	pv_simulate_result_free(whole);
	pv_simulate_result_free(begin);
	pv_simulate_result_free(rest);
	free(features);
	free(targets);
}

/* Machines that guess alike share a predictor: each still does what it does alone. */
static void test_simulate__many_machines_are_as_alone(void **state)
{
	struct fixture *f = *state;
	struct pv_uarch_sampling what = {.count = 28, .seed = 1, .ooo_share = 1, .inorder_share = 1};
	struct pv_uarch_set *many = NULL;
	assert_int_equal(pv_uarch_sample(&what, &many, NULL), PV_OK);
	f->options.machines = many;
	f->options.output = NULL;
	struct pv_simulate_result *result = simulate(&f->options);
	for (int k = 0; k < 28; k++) {
		struct pv_machine_counts counts = pv_simulate_counts(result, 0, k);
		struct sim *sim = NULL;
		assert_int_equal(sim_new(pv_uarch_set_at(many, (size_t)k), f->trace.uops, f->trace.n_uops, &sim, NULL), PV_OK);
		sim_run(sim, f->trace.rows, N_ROWS, 0, NULL, 1, NULL);
		assert_int_equal(counts.n_mispredicted, pv_sim_stats(sim)->n_mispredicted);
		assert_int_equal(counts.cycles, pv_sim_stats(sim)->cycles);
		sim_free(sim);
	}
	pv_simulate_result_free(result);
	pv_uarch_set_free(many);
}

/* Units without anything between them are the whole trace: all counts are the same, and targets are. */
static void test_simulate__units_side_by_side_are_the_whole(void **state)
{
	struct fixture *f = *state;
	struct pv_simulate_result *whole = simulate(&f->options);
	f->options.sample_unit = f->options.sample_period = 1000;
	struct pv_simulate_result *units = simulate(&f->options);
	for (int k = 0; k < K; k++) {
		struct pv_machine_counts a = pv_simulate_counts(whole, 0, k), b = pv_simulate_counts(units, 0, k);
		size_t n;
		const struct pv_counter *c = pv_counters(&n);
		for (size_t i = 0; i < n; i++)
			if (memcmp((char *)&a + c[i].offset, (char *)&b + c[i].offset, sizeof(uint64_t)) != 0)
				fail_msg("machine %d: %s differs", k, c[i].name);
		assert_int_equal(b.n_units, N_ROWS / 1000);
		assert_true(b.cpi_error_95 > 0 && b.cpi_error_95 < (double)b.cycles / (double)b.n_insns);
		assert_true(a.n_units == 0 && a.cpi_error_95 == 0);
	}
	pv_simulate_result_free(whole);
	pv_simulate_result_free(units);
}

static void test_simulate__sample_covers_the_whole(void **state)
{
	struct fixture *f = *state;
	f->options.output = NULL; /* counts only */
	struct pv_simulate_result *whole = simulate(&f->options);
	f->options.sample_unit = 100;
	f->options.sample_period = 2000;
	f->options.sample_detailed = 500;
	struct pv_simulate_result *sample = simulate(&f->options);
	for (int k = 0; k < K; k++) {
		struct pv_machine_counts a = pv_simulate_counts(whole, 0, k), b = pv_simulate_counts(sample, 0, k);
		double cpi = (double)a.cycles / (double)a.n_insns, estimate = (double)b.cycles / (double)b.n_insns;
		assert_int_equal(b.n_units, 50);
		assert_int_equal(b.n_rows, 5000);
		assert_true(fabs(cpi - estimate) < 2 * b.cpi_error_95);
	}
	assert_int_not_equal(access(f->dataset_path, F_OK), 0);
	pv_simulate_result_free(whole);
	pv_simulate_result_free(sample);
}

static void test_simulate__what_cannot_be(void **state)
{
	struct fixture *f = *state;
	struct pv_error err = {0};
	f->options.n_warm_up = N_ROWS;
	assert_int_equal(pv_simulate(&f->options, NULL, NULL, &err), PV_ERR_ARG);
	assert_non_null(strstr(err.message, "the warm-up takes all 100000 micro-operations"));
	f->options.n_warm_up = 0;
	f->options.sample_unit = 10;
	f->options.sample_period = 1000000;
	assert_int_equal(pv_simulate(&f->options, NULL, NULL, &err), PV_ERR_ARG);
	assert_non_null(strstr(err.message, "no sampling unit fits into 100000 micro-operations with a period of 1000000"));
	f->options.sample_period = 9;
	assert_int_equal(pv_simulate(&f->options, NULL, NULL, &err), PV_ERR_ARG);
	assert_int_not_equal(access(f->dataset_path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_simulate__all_16_targets, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_simulate__warm_up_leaves_the_rest_as_it_was, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_simulate__many_machines_are_as_alone, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_simulate__units_side_by_side_are_the_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_simulate__sample_covers_the_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_simulate__what_cannot_be, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
