/*
 * g_gem5_import.c - datasets imported from gem5's traces equal what the reference's own tools print for them
 *
 * Features: 5e-6 relative (the reference prints six digits), and 1e-5 once normalised. Targets: all 16 exactly, for every machine, and the
 * one that is trained on among them. The small cut always runs; whole traces of three kernels run where ../shared/gem5 is.
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
#include <perfvec/gem5.h>
#include <perfvec/trace.h>

enum { MAX_MACHINES = 32 };

static FILE *open_packed(const char *folder, const char *name)
{
	char command[1024];
	snprintf(command, sizeof command, "zstd -dcq '%s/%s.zst'", folder, name);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	return f;
}

static size_t read_machines(const char *folder, const char *traces, char *paths[MAX_MACHINES])
{
	char name[256], path[1024];
	snprintf(path, sizeof path, "%s/machines.txt", folder);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	size_t n = 0;
	while (n < MAX_MACHINES && fscanf(f, "%255s", name) == 1) {
		snprintf(path, sizeof path, "%s/%s.txt.zst", traces, name);
		paths[n++] = strdup(path);
	}
	fclose(f);
	return n;
}

static double feature_error(double ours, double theirs)
{
	return fabs(ours - theirs) / (fabs(theirs) > 0 ? fabs(theirs) : 1);
}

static void check_features(const struct pv_dataset *d, const char *reference)
{
	const struct pv_dataset_program *p = pv_dataset_program(d, 0);
	const float *mean, *std;
	pv_dataset_stats(d, &mean, &std);
	FILE *f = open_packed(reference, "ref.in");
	for (uint64_t row = 0; row < p->n_rows; row++) {
		float plain[PV_N_FEATURES], normal[PV_N_FEATURES];
		pv_features_unpack(&p->features[row], 1, NULL, NULL, plain, PV_N_FEATURES);
		pv_features_unpack(&p->features[row], 1, mean, std, normal, PV_N_FEATURES);
		for (int i = 0; i < PV_N_FEATURES; i++) {
			double x;
			assert_int_equal(fscanf(f, "%lf", &x), 1);
			double s = std[i] > 0 ? std[i] : 1, z = (x - mean[i]) / s;
			if (feature_error(plain[i], x) > 5e-6)
				fail_msg("row %lu, %s: %.9g, the reference says %.9g", row, pv_feature_name((unsigned)i), plain[i], x);
			/* where the reference rounds a distance, its rounding divided by the deviation comes on top */
			if (fabs(normal[i] - z) > 1e-5 * fmax(1, fabs(z)) + 5e-6 * fabs(x) / s)
				fail_msg("row %lu, %s normalised: %.9g, the reference says %.9g", row, pv_feature_name((unsigned)i),
				         normal[i], z);
		}
	}
	pclose(f);
}

static uint32_t value(const void *values, unsigned bytes, uint64_t i)
{
	return bytes == 2 ? ((const uint16_t *)values)[i] : ((const uint32_t *)values)[i];
}

static void check_targets(const struct pv_dataset *d, const char *reference)
{
	const struct pv_dataset_program *p = pv_dataset_program(d, 0);
	const uint64_t K = (uint64_t)pv_dataset_n_machines(d);
	assert_non_null(p->all_targets);
	FILE *f = open_packed(reference, "ref.out");
	for (uint64_t i = 0; i < p->n_rows * K * PV_N_TARGETS; i++) {
		double x;
		assert_int_equal(fscanf(f, "%lf", &x), 1);
		uint32_t ours = value(p->all_targets, p->all_target_bytes, i);
		if (ours != x)
			fail_msg("row %lu, machine %lu, target %lu: %u, the reference says %.9g", i / K / PV_N_TARGETS,
			         i / PV_N_TARGETS % K, i % PV_N_TARGETS, ours, x);
		if (i % PV_N_TARGETS == PV_TARGET_store_commit)
			assert_int_equal(value(p->targets, p->target_bytes, i / PV_N_TARGETS), ours);
	}
	double more;
	assert_int_equal(fscanf(f, "%lf", &more), EOF); /* the reference stops at the same row */
	pclose(f);
}

/* The .pvt has the stream: as many rows, and the features of the dataset have its operation classes. */
static void check_trace(const struct pv_dataset *d, const char *path)
{
	const struct pv_dataset_program *p = pv_dataset_program(d, 0);
	struct pv_trace *t;
	assert_int_equal(pv_trace_open(path, &t, NULL), PV_OK);
	assert_int_equal(pv_trace_info(t)->n_rows, p->n_rows);
	assert_int_equal(pv_trace_info(t)->n_insns, p->n_insns);
	struct pv_row *rows = malloc(PV_TRACE_CHUNK_ROWS * sizeof *rows);
	size_t n;
	assert_int_equal(pv_trace_read_chunk(t, 0, rows, &n, NULL, NULL), PV_OK);
	for (size_t i = 0; i < n; i++) {
		const struct pv_uop *u = &pv_trace_uops(t)[rows[i].uop];
		assert_int_equal(u->op_class + 1, p->features[i].op);
		assert_int_equal(!(rows[i].flags & PV_ROW_TAKEN), !(p->features[i].flags & PV_FEATURE_TAKEN));
	}
	free(rows);
	pv_trace_close(t);
}

static uint64_t check_import(const char *traces, const char *reference)
{
	char *paths[MAX_MACHINES], folder[] = "/tmp/g_gem5_import.XXXXXX", output[64], pvt[64], command[128];
	size_t n = read_machines(reference, traces, paths);
	assert_non_null(mkdtemp(folder));
	snprintf(output, sizeof output, "%s/d", folder);
	snprintf(pvt, sizeof pvt, "%s/d/p.pvt", folder);
	const struct pv_gem5_import_options o = {
	    .traces = (const char *const *)paths, .n_traces = n, .program = "p", .output = output, .all_targets = true};
	struct pv_gem5_import_result result;
	struct pv_error err = {0};
	if (pv_gem5_import(&o, NULL, &result, &err) != PV_OK)
		fail_msg("%s", err.message);
	struct pv_dataset *d;
	assert_int_equal(pv_dataset_open(output, &d, &err), PV_OK);
	if (pv_dataset_check(d, NULL, NULL, NULL, &err) != PV_OK)
		fail_msg("%s", err.message);
	uint64_t n_rows = pv_dataset_program(d, 0)->n_rows;
	assert_int_equal(result.n_rows, n_rows);
	assert_int_equal(pv_dataset_n_machines(d), n);
	for (size_t k = 0; k < n; k++) {
		assert_int_equal(result.machines[k].time_tenth_ns, pv_dataset_program(d, 0)->total[k]);
		free(paths[k]);
	}
	check_features(d, reference);
	check_targets(d, reference);
	check_trace(d, pvt);
	pv_dataset_close(d);
	pv_gem5_import_result_release(&result);
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	assert_int_equal(system(command), 0);
	return n_rows;
}

static void test_gem5_import__cut(void **state)
{
	(void)state;
	assert_int_equal(check_import("tests/golden/gem5_cut", "tests/golden/gem5_cut"), 3000);
}

static void check_kernel(const char *kernel)
{
	char traces[256], reference[256];
	snprintf(traces, sizeof traces, "../shared/gem5/%s", kernel);
	snprintf(reference, sizeof reference, "../shared/gem5/reference/%s", kernel);
	if (access(reference, F_OK) != 0)
		skip();
	assert_true(check_import(traces, reference) > 20000);
}

static void test_gem5_import__matmul(void **state)
{
	(void)state;
	check_kernel("matmul");
}

static void test_gem5_import__tokens(void **state)
{
	(void)state;
	check_kernel("tokens");
}

static void test_gem5_import__chase(void **state)
{
	(void)state;
	check_kernel("chase");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gem5_import__cut),
	    cmocka_unit_test(test_gem5_import__matmul),
	    cmocka_unit_test(test_gem5_import__tokens),
	    cmocka_unit_test(test_gem5_import__chase),
	};
	return cmocka_run_group_tests_name("golden gem5 import", tests, NULL, NULL);
}
