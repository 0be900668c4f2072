/*
 * g_features.c - features and targets of gem5 traces equal what the reference's own tools print for them
 *
 * Features: 5e-6 relative, because the reference prints six significant digits. Targets: exactly, for every machine.
 * tests/golden/gem5_cut is a small cut that always runs; whole traces run where ../shared/gem5 is.
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

#include "data/features.h"
#include "data/targets.h"
#include "data/unpack.h"
#include "trace/gem5_text.h"

enum { MAX_MACHINES = 32, CHUNK = 1000 };

/* A text file, compressed or not. */
static FILE *open_text(const char *folder, const char *name)
{
	char command[2048];
	snprintf(command, sizeof command, "[ -f '%s/%s.zst' ] && zstd -dcq '%s/%s.zst' || cat '%s/%s'", folder, name, folder, name, folder,
	         name);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	return f;
}

static int read_machines(const char *folder, char names[MAX_MACHINES][64])
{
	FILE *f = open_text(folder, "machines.txt");
	int n = 0;
	while (n < MAX_MACHINES && fscanf(f, "%63s", names[n]) == 1)
		n++;
	pclose(f);
	return n;
}

static struct trace_gem5 *open_trace(const char *folder, const char *machine)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s.txt.zst", folder, machine);
	struct trace_gem5 *t;
	struct pv_error err;
	if (trace_gem5_open(path, NULL, &t, &err) != PV_OK)
		fail_msg("%s", err.message);
	return t;
}

static size_t read_rows(struct trace_gem5 *t, struct pv_row *rows, struct trace_gem5_record *records)
{
	size_t n;
	struct pv_error err;
	if (trace_gem5_read(t, rows, records, CHUNK, &n, &err) != PV_OK)
		fail_msg("%s", err.message);
	return n;
}

static void check_row(FILE *f, const float *x, size_t row, unsigned n_bad[PV_N_FEATURES])
{
	for (int i = 0; i < PV_N_FEATURES; i++) {
		float expected;
		if (fscanf(f, "%f", &expected) != 1)
			fail_msg("the reference has only %zu rows", row);
		if (fabsf(x[i] - expected) > 5e-6F * fabsf(expected) && n_bad[i]++ == 0)
			print_message("row %zu, feature %d (%s): %.9g, the reference says %.9g\n", row, i, pv_feature_name((unsigned)i),
			              (double)x[i], (double)expected);
	}
}

static size_t check_features(const char *traces, const char *reference, const char *machine)
{
	struct trace_gem5 *t = open_trace(traces, machine);
	FILE *f = open_text(reference, "ref.in");
	struct data_features *features;
	assert_int_equal(data_features_new(&features, NULL), PV_OK);
	static struct pv_row rows[CHUNK];
	static struct trace_gem5_record records[CHUNK];
	static struct pv_feature_row out[CHUNK];
	unsigned n_bad[PV_N_FEATURES] = {0};
	size_t total = 0;
	for (size_t n; (n = read_rows(t, rows, records)) > 0; total += n) {
		uint32_t n_uops;
		const struct pv_uop *uops = trace_gem5_uops(t, &n_uops);
		assert_int_equal(data_features_run(features, uops, n_uops, rows, n, out, NULL), PV_OK);
		for (size_t i = 0; i < n; i++) {
			float x[PV_N_FEATURES];
			pv_features_unpack(&out[i], 1, NULL, NULL, x, PV_N_FEATURES);
			check_row(f, x, total + i, n_bad);
		}
	}
	float more;
	assert_int_equal(fscanf(f, "%f", &more), EOF);
	for (int i = 0; i < PV_N_FEATURES; i++)
		assert_int_equal(n_bad[i], 0);
	pclose(f);
	data_features_free(features);
	trace_gem5_close(t);
	return total;
}

/* One machine of the combination, read in step with the others. */
struct column {
	struct trace_gem5 *trace;
	struct data_target_state state;
	struct pv_row row;
	struct trace_gem5_record record;
};

static bool next_rows(struct column *columns, int k)
{
	for (int i = 0; i < k; i++) {
		size_t n;
		struct pv_error err;
		if (trace_gem5_read(columns[i].trace, &columns[i].row, &columns[i].record, 1, &n, &err) != PV_OK)
			fail_msg("%s", err.message);
		if (n == 0 || columns[i].record.pc != columns[0].record.pc || columns[i].record.taken != columns[0].record.taken)
			return false;
	}
	return true;
}

static void check_targets_row(FILE *f, struct column *c, size_t row, const char *machine)
{
	uint32_t n_uops;
	const struct pv_uop *uops = trace_gem5_uops(c->trace, &n_uops);
	int64_t out[PV_N_TARGETS];
	enum pv_target negative = data_targets_next(&c->state, &c->record.times, uops[c->row.uop].op_class == PV_OP_MemRead, out);
	if (negative != PV_N_TARGETS)
		fail_msg("row %zu of %s: %s goes back in time", row, machine, pv_target_name(negative));
	for (int i = 0; i < PV_N_TARGETS; i++) {
		double expected;
		if (fscanf(f, "%lf", &expected) != 1)
			fail_msg("the reference has only %zu rows", row);
		if ((double)out[i] != expected)
			fail_msg("row %zu of %s, target %s: %lld, the reference says %.9g", row, machine, pv_target_name((unsigned)i),
			         (long long)out[i], expected);
	}
}

static size_t check_targets(const char *traces, const char *reference)
{
	char names[MAX_MACHINES][64];
	struct column columns[MAX_MACHINES] = {0};
	int k = read_machines(reference, names);
	assert_true(k > 0);
	for (int i = 0; i < k; i++)
		columns[i].trace = open_trace(traces, names[i]);
	FILE *f = open_text(reference, "ref.out");
	size_t row = 0;
	for (; next_rows(columns, k); row++)
		for (int i = 0; i < k; i++)
			check_targets_row(f, &columns[i], row, names[i]);
	float more;
	assert_int_equal(fscanf(f, "%f", &more), EOF);
	pclose(f);
	for (int i = 0; i < k; i++)
		trace_gem5_close(columns[i].trace);
	return row;
}

static void test_features__cut(void **state)
{
	(void)state;
	const char *folder = "tests/golden/gem5_cut";
	assert_int_equal(check_features(folder, folder, "timing"), 3000);
	assert_int_equal(check_targets(folder, folder), 3000);
}

static void check_kernel(const char *kernel)
{
	char traces[256], reference[256], names[MAX_MACHINES][64];
	snprintf(traces, sizeof traces, "../shared/gem5/%s", kernel);
	snprintf(reference, sizeof reference, "../shared/gem5/reference/%s", kernel);
	if (access(reference, F_OK) != 0)
		skip();
	assert_true(read_machines(reference, names) > 1);
	size_t n = check_features(traces, reference, names[0]);
	assert_true(n > 20000);
	assert_true(check_targets(traces, reference) > 20000);
}

static void test_features__matmul(void **state)
{
	(void)state;
	check_kernel("matmul");
}

static void test_features__tokens(void **state)
{
	(void)state;
	check_kernel("tokens");
}

static void test_features__chase(void **state)
{
	(void)state;
	check_kernel("chase");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_features__cut),
	    cmocka_unit_test(test_features__matmul),
	    cmocka_unit_test(test_features__tokens),
	    cmocka_unit_test(test_features__chase),
	};
	return cmocka_run_group_tests_name("golden features", tests, NULL, NULL);
}
