/*
 * u_dataset.c - datasets: what is written is read back; widening, parts, statistics; nothing is left behind; bad folders are refused
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <perfvec/dataset.h>
#include <perfvec/features.h>

#include "base/file.h"
#include "support/temp_folder.h"

enum { K = 3 };
static const struct pv_dataset_machine_spec machines[K] = {
    {"big", true, 2000, "name: big\n"}, {"small.1", true, 1234.5, "name: small.1\n"}, {"held_out", false, 3330, "name: held_out\n"}};
static const struct pv_dataset_spec spec = {
    .machines = machines, .n_machines = K, .target = PV_TARGET_store_commit, .command = "make: \"it\""};

/* Each test works in an empty folder of its own. */
static uint32_t target_of(int program, uint64_t row, int k)
{
	return (uint32_t)((uint64_t)(program + 1) * 7 + row % 100 * (uint64_t)(k + 1));
}

static struct pv_feature_row row_of(uint64_t row)
{
	return (struct pv_feature_row){
	    .flags = row % 3 ? PV_FEATURE_LAST : 0, .fetch_reuse = 1 + (uint32_t)row, .op = (uint8_t)(2 + row % 2), .src_index = {5}};
}

/* Rows [0, n) in uneven pieces; row `wide_row` gets a target above 65535. */
static void add_program(struct pv_dataset_writer *w, int number, const char *name, bool seen, uint64_t n, uint64_t wide_row)
{
	assert_int_equal(pv_dataset_begin_program(w, name, seen, "x.pvt", NULL), PV_OK);
	enum { PIECE = 700 };
	struct pv_feature_row rows[PIECE];
	uint32_t targets[PIECE * K];
	for (uint64_t begin = 0, count; begin < n; begin += count) {
		count = n - begin < PIECE - begin % 300 ? n - begin : PIECE - begin % 300;
		for (uint64_t i = 0; i < count; i++) {
			rows[i] = row_of(begin + i);
			for (int k = 0; k < K; k++)
				targets[i * K + (uint64_t)k] = begin + i == wide_row && k == 1 ? 70000 : target_of(number, begin + i, k);
		}
		assert_int_equal(pv_dataset_append(w, rows, targets, count, NULL), PV_OK);
	}
	assert_int_equal(pv_dataset_end_program(w, NULL), PV_OK);
}

static void write_dataset(const char *path)
{
	struct pv_dataset_writer *w;
	struct pv_error err;
	assert_int_equal(pv_dataset_create(path, &spec, &w, &err), PV_OK);
	add_program(w, 0, "alpha", true, 10000, UINT64_MAX);
	add_program(w, 1, "beta", false, 3000, 2222);
	add_program(w, 2, "tiny", true, 1, UINT64_MAX);
	assert_int_not_equal(access(path, F_OK), 0); /* nothing under the final name yet */
	assert_int_equal(pv_dataset_finish(w, &err), PV_OK);
}

static void test_dataset__comes_back(void **state)
{
	(void)state;
	write_dataset("d");
	struct pv_dataset *d;
	struct pv_error err = {0};
	assert_int_equal(pv_dataset_open("d/dataset.yaml", &d, &err), PV_OK);
	assert_int_equal(pv_dataset_n_programs(d), 3);
	assert_int_equal(pv_dataset_n_machines(d), K);
	assert_string_equal(pv_dataset_machine(d, 1)->name, "small.1");
	assert_true(pv_dataset_machine(d, 1)->clock_mhz == 1234.5 && !pv_dataset_machine(d, 2)->seen);
	assert_string_equal(pv_dataset_machine(d, 2)->path, "d/machines/held_out.yaml");
	assert_int_equal(access(pv_dataset_machine(d, 2)->path, R_OK), 0);
	const struct pv_dataset_info *info = pv_dataset_info(d);
	assert_int_equal(info->target, PV_TARGET_store_commit);
	assert_int_equal(info->seq_length, 256);
	assert_string_equal(info->command, "make: \"it\"");
	assert_int_equal(info->n_rows, 13001);
	for (int i = 0; i < 2; i++) {
		const struct pv_dataset_program *p = pv_dataset_program(d, i);
		assert_int_equal(p->n_rows, i ? 3000 : 10000);
		assert_int_equal(p->n_insns, i ? 2000 : 6666);
		assert_int_equal(p->target_bytes, i ? 4 : 2);
		uint64_t total[K] = {0};
		for (uint64_t r = 0; r < p->n_rows; r++) {
			struct pv_feature_row row = row_of(r);
			assert_memory_equal(&p->features[r], &row, sizeof row);
			for (int k = 0; k < K; k++) {
				uint64_t at = r * K + (uint64_t)k;
				uint32_t t = i ? ((const uint32_t *)p->targets)[at] : ((const uint16_t *)p->targets)[at];
				assert_int_equal(t, i && r == 2222 && k == 1 ? 70000 : target_of(i, r, k));
				total[k] += t;
			}
		}
		assert_memory_equal(total, p->total, sizeof total);
	}
	pv_dataset_close(d);
}

static void test_dataset__parts_of_programs(void **state)
{
	(void)state;
	write_dataset("d");
	struct pv_dataset *d;
	assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
	const struct pv_dataset_program *alpha = pv_dataset_program(d, 0), *beta = pv_dataset_program(d, 1),
	                                *tiny = pv_dataset_program(d, 2);
	assert_int_equal(alpha->end[PV_SPLIT_TRAIN] % 256, 0);
	assert_in_range(alpha->end[PV_SPLIT_TRAIN], 9000 - 256, 9000 + 256);
	assert_int_equal(alpha->begin[PV_SPLIT_VALID], alpha->end[PV_SPLIT_TRAIN]);
	assert_in_range(alpha->end[PV_SPLIT_VALID], 9500 - 256, 9500 + 256);
	assert_int_equal(alpha->end[PV_SPLIT_TEST], 10000);
	assert_int_equal(beta->end[PV_SPLIT_TRAIN], 0);
	assert_int_equal(beta->begin[PV_SPLIT_TEST], 0);
	assert_int_equal(beta->end[PV_SPLIT_TEST], 3000);
	assert_int_equal(tiny->end[PV_SPLIT_TRAIN], 1);
	assert_int_equal(tiny->begin[PV_SPLIT_TEST], tiny->end[PV_SPLIT_TEST]);
	pv_dataset_close(d);
}

static void test_dataset__statistics_are_of_the_training_rows(void **state)
{
	(void)state;
	write_dataset("d");
	struct pv_dataset *d;
	assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
	const float *mean, *std;
	pv_dataset_stats(d, &mean, &std);
	uint64_t n = pv_dataset_program(d, 0)->end[PV_SPLIT_TRAIN];
	/* fetch_reuse is 1..n in alpha and 1 in tiny */
	double sum = (double)n * (double)(n + 1) / 2 + 1, expected = sum / (double)(n + 1);
	assert_int_equal(pv_dataset_info(d)->n_train_rows, n + 1);
	assert_true(fabs(mean[PV_FEATURE_AT_fetch_reuse] - expected) < 1e-6 * expected);
	double squares = (double)n * (double)(n + 1) * (double)(2 * n + 1) / 6 + 1;
	double deviation = sqrt(squares / (double)(n + 1) - expected * expected);
	assert_true(fabs(std[PV_FEATURE_AT_fetch_reuse] - deviation) < 1e-6 * deviation);
	assert_true(mean[PV_FEATURE_AT_src0_index] == 5 && std[PV_FEATURE_AT_src0_index] == 0);
	pv_dataset_close(d);
}

static void test_dataset__nothing_is_left_of_an_unfinished_one(void **state)
{
	(void)state;
	struct pv_dataset_writer *w;
	struct pv_error err;
	assert_int_equal(pv_dataset_create("d/", &spec, &w, &err), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "p", true, NULL, &err), PV_OK);
	pv_dataset_discard(w);
	assert_int_equal(pv_dataset_create("d", &spec, &w, &err), PV_OK);
	assert_int_equal(pv_dataset_finish(w, &err), PV_ERR_SHAPE); /* no program */
	assert_int_equal(pv_dataset_create("d", &spec, &w, &err), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "p", true, NULL, &err), PV_OK);
	assert_int_equal(pv_dataset_end_program(w, &err), PV_ERR_SHAPE); /* no rows */
	pv_dataset_discard(w);
	assert_int_equal(rmdir(*state), 0); /* it works because nothing is in the folder */
	assert_int_equal(mkdir(*state, 0777), 0);
}

static void test_dataset__keeps_all_targets(void **state)
{
	(void)state;
	enum { N = 500, VALUES = K * PV_N_TARGETS };
	struct pv_dataset_spec all = spec;
	all.all_targets = true;
	struct pv_dataset_writer *w;
	struct pv_error err;
	assert_int_equal(pv_dataset_create("d", &all, &w, &err), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "p", true, "x.txt", &err), PV_OK);
	static struct pv_feature_row rows[N];
	static uint32_t targets[N * VALUES];
	for (uint32_t i = 0; i < N; i++)
		rows[i] = row_of(i);
	for (uint32_t i = 0; i < N * VALUES; i++)
		targets[i] = i;
	targets[N * VALUES - 1] = 1000000; /* the last target of the last row: only all_targets is widened */
	assert_int_equal(pv_dataset_append(w, rows, targets, N, &err), PV_ERR_ARG);
	assert_int_equal(pv_dataset_append_all(w, rows, targets, 3, &err), PV_OK);
	assert_int_equal(pv_dataset_append_all(w, rows + 3, targets + 3 * VALUES, N - 3, &err), PV_OK);
	assert_int_equal(pv_dataset_end_program(w, &err), PV_OK);
	assert_int_equal(pv_dataset_finish(w, &err), PV_OK);
	struct pv_dataset *d;
	assert_int_equal(pv_dataset_open("d", &d, &err), PV_OK);
	const struct pv_dataset_program *p = pv_dataset_program(d, 0);
	assert_int_equal(p->target_bytes, 2);
	assert_int_equal(p->all_target_bytes, 4);
	assert_memory_equal(p->all_targets, targets, sizeof targets);
	for (uint32_t i = 0; i < N * K; i++)
		assert_int_equal(((const uint16_t *)p->targets)[i], targets[i * PV_N_TARGETS + PV_TARGET_store_commit]);
	assert_int_equal(pv_dataset_check(d, NULL, NULL, NULL, &err), PV_OK);
	pv_dataset_close(d);
}

static void test_dataset__keeps_context_rows(void **state)
{
	(void)state;
	enum { N = 300 };
	struct pv_dataset_spec with = spec;
	with.context = true;
	struct pv_dataset_writer *w;
	struct pv_error err;
	struct pv_dataset *d;
	static struct pv_feature_row rows[N];
	static struct pv_context_row context[N];
	static uint32_t targets[N * K];
	for (uint32_t i = 0; i < N; i++) {
		rows[i] = (struct pv_feature_row){.op = 2, .fetch_reuse = 1, .flags = PV_FEATURE_LAST};
		context[i] = (struct pv_context_row){.fetch_set = 1, .line_offset = (uint8_t)(i % 16), .slack = (uint8_t)i};
	}
	context[7].producer[1] = 3; /* the second without a first */
	for (int short_of = 1; short_of >= 0; short_of--) {
		assert_int_equal(pv_dataset_create("d", &with, &w, &err), PV_OK);
		assert_int_equal(pv_dataset_append_context(w, context, 1, &err), PV_ERR_ARG);
		assert_int_equal(pv_dataset_begin_program(w, "p", true, "", &err), PV_OK);
		assert_int_equal(pv_dataset_append(w, rows, targets, N, &err), PV_OK);
		assert_int_equal(pv_dataset_append_context(w, context, N - (size_t)short_of, &err), PV_OK);
		assert_int_equal(pv_dataset_end_program(w, &err), short_of ? PV_ERR_SHAPE : PV_OK);
		if (short_of)
			pv_dataset_discard(w);
	}
	assert_int_equal(pv_dataset_finish(w, &err), PV_OK);
	assert_int_equal(pv_dataset_open("d", &d, &err), PV_OK);
	assert_true(pv_dataset_info(d)->has_context);
	assert_memory_equal(pv_dataset_program(d, 0)->context, context, sizeof context);
	assert_int_equal(pv_dataset_check(d, NULL, NULL, NULL, &err), PV_ERR_FORMAT);
	assert_string_equal(err.message, "the dataset has 1 problem");
	pv_dataset_close(d);
	/* a file that is missing or cut is refused */
	assert_int_equal(truncate("d/p.context.npy", 1000), 0);
	assert_int_not_equal(pv_dataset_open("d", &d, &err), PV_OK);
	assert_int_equal(unlink("d/p.context.npy"), 0);
	assert_int_equal(pv_dataset_open("d", &d, &err), PV_ERR_MISSING);
	/* without context rows there is none, and appending some is refused */
	assert_int_equal(pv_dataset_create("e", &spec, &w, &err), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "p", true, "", &err), PV_OK);
	assert_int_equal(pv_dataset_append_context(w, context, 1, &err), PV_ERR_ARG);
	pv_dataset_discard(w);
}

static void test_dataset__replaces_a_dataset_and_nothing_else(void **state)
{
	(void)state;
	write_dataset("d");
	struct pv_dataset_writer *w;
	struct pv_error err;
	assert_int_equal(pv_dataset_create("d", &spec, &w, &err), PV_OK);
	add_program(w, 5, "gamma", true, 400, 3);
	assert_int_equal(pv_dataset_finish(w, &err), PV_OK);
	struct pv_dataset *d;
	assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
	assert_int_equal(pv_dataset_n_programs(d), 1);
	pv_dataset_close(d);
	assert_int_not_equal(access("d/alpha.features.npy", F_OK), 0);

	assert_int_equal(mkdir("e", 0777), 0);
	FILE *f = fopen("e/precious", "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(pv_dataset_create("e", &spec, &w, &err), PV_ERR_IO);
	assert_non_null(strstr(err.message, "not a dataset"));
	assert_int_equal(pv_dataset_create("e/precious", &spec, &w, &err), PV_ERR_IO);
	assert_int_equal(access("e/precious", F_OK), 0);
	assert_int_equal(mkdir("empty", 0777), 0);
	assert_int_equal(pv_dataset_create("empty", &spec, &w, &err), PV_OK);
	add_program(w, 5, "gamma", true, 400, 3);
	assert_int_equal(pv_dataset_finish(w, &err), PV_OK);
}

static void test_dataset__keeps_what_is_not_part_of_one(void **state)
{
	(void)state;
	static const char *const files[] = {"d/model.safetensors", "d/.notes", "d/machines/plot.png"};
	write_dataset("d");
	for (int i = 0; i < 3; i++) {
		struct pv_dataset_writer *w;
		struct pv_error err = {0};
		FILE *f = fopen(files[i], "w");
		assert_non_null(f);
		fclose(f);
		assert_int_equal(pv_dataset_create("d", &spec, &w, &err), PV_ERR_IO);
		assert_non_null(strstr(err.message, base_path_base(files[i])));
		unlink(files[i]);
		assert_int_equal(pv_dataset_create("d", &spec, &w, &err), PV_OK);
		add_program(w, 5, "gamma", true, 400, 3);
		f = fopen(files[i], "w"); /* while the new one is written */
		assert_non_null(f);
		fclose(f);
		assert_int_equal(pv_dataset_finish(w, &err), PV_ERR_IO);
		assert_int_equal(unlink(files[i]), 0);
	}
	struct pv_dataset *d;
	assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
	assert_int_equal(pv_dataset_n_programs(d), 3);
	pv_dataset_close(d);
}

static void test_dataset__bad_specs_are_refused(void **state)
{
	(void)state;
	struct pv_dataset_machine_spec bad[2] = {machines[0], machines[0]};
	struct pv_dataset_spec s = {.machines = bad, .n_machines = 2, .target = 2};
	struct pv_dataset_writer *w;
	assert_int_equal(pv_dataset_create("d", &s, &w, NULL), PV_ERR_ARG); /* same name */
	bad[1].name = "../x";
	assert_int_equal(pv_dataset_create("d", &s, &w, NULL), PV_ERR_ARG);
	bad[1].name = "fine";
	bad[1].clock_mhz = 0;
	assert_int_equal(pv_dataset_create("d", &s, &w, NULL), PV_ERR_ARG);
	bad[1].clock_mhz = 1;
	s.train_share = 0.9;
	s.valid_share = 0.2;
	assert_int_equal(pv_dataset_create("d", &s, &w, NULL), PV_ERR_ARG);
	s.valid_share = 0.1;
	assert_int_equal(pv_dataset_create("no/such/d", &s, &w, NULL), PV_ERR_MISSING);
	assert_int_equal(pv_dataset_create("d", &s, &w, NULL), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "a b", true, NULL, NULL), PV_ERR_ARG);
	assert_int_equal(pv_dataset_begin_program(w, "a", true, NULL, NULL), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "b", true, NULL, NULL), PV_ERR_ARG);
	pv_dataset_discard(w);
}

/* Run a shell command in the dataset's folder, then expect an error that says `part`. */
static void expect_refused(const char *damage, enum pv_status status, const char *part)
{
	write_dataset("d");
	assert_int_equal(system(damage), 0);
	struct pv_dataset *d;
	struct pv_error err = {0};
	enum pv_status got = pv_dataset_open("d", &d, &err);
	if (got != status || !strstr(err.message, part))
		fail_msg("after %s: %s '%s'", damage, pv_status_name(got), err.message);
	assert_int_equal(system("rm -rf d"), 0);
}

static void test_dataset__damage_is_refused(void **state)
{
	(void)state;
	expect_refused("rm d/dataset.yaml", PV_ERR_MISSING, "dataset.yaml");
	expect_refused("rm d/beta.targets.npy", PV_ERR_MISSING, "beta.targets.npy");
	expect_refused("truncate -s -1 d/alpha.features.npy", PV_ERR_SHAPE, "alpha.features.npy");
	expect_refused("truncate -s 40 d/alpha.targets.npy", PV_ERR_FORMAT, "alpha.targets.npy");
	expect_refused("cp d/tiny.targets.npy d/alpha.targets.npy", PV_ERR_SHAPE, "10000 rows and 3 machines");
	expect_refused("cp d/tiny.targets.npy d/tiny.features.npy", PV_ERR_FORMAT, "tiny.features.npy");
	expect_refused("sed -i 's/^version: 1/version: 2/' d/dataset.yaml", PV_ERR_VERSION, "version 2");
	expect_refused("sed -i 's/schema: 1/schema: 9/' d/dataset.yaml", PV_ERR_VERSION, "schema 9");
	expect_refused("sed -i 's/^seq_length/seq_lenght/' d/dataset.yaml", PV_ERR_FORMAT, "seq_lenght");
	expect_refused("sed -i 's/names: .fault/names: [falt/' d/dataset.yaml", PV_ERR_VERSION, "'fault'");
	expect_refused("sed -i 's/  mean: .[^,]*, /  mean: [/' d/dataset.yaml", PV_ERR_SHAPE, "50 numbers");
	expect_refused("sed -i 's/train: .0, 9/train: [0, 99999/' d/dataset.yaml", PV_ERR_RANGE, "dataset.yaml:");
	expect_refused("sed -i 's/rows: 10000/rows: 9999/' d/dataset.yaml", PV_ERR_RANGE, "dataset.yaml:");
	expect_refused("sed -i 's/features: beta/features: ..\\/beta/' d/dataset.yaml", PV_ERR_FORMAT, "inside the dataset");
	expect_refused("sed -i '/held_out/,+3d' d/dataset.yaml", PV_ERR_SHAPE, "3 numbers for 2 machines");
	expect_refused("sed -i 's/row_bytes: 64/row_bytes: 60/' d/dataset.yaml", PV_ERR_VERSION, "60 bytes");
	expect_refused("sed -i 's/name: beta/name: ..\\/beta/' d/dataset.yaml", PV_ERR_FORMAT, "other characters");
	expect_refused("sed -i 's/name: beta/name: alpha/' d/dataset.yaml", PV_ERR_FORMAT, "two programs are named 'alpha'");
	expect_refused("sed -i 's/rows: 10000/rows: 18446744073709551615/' d/dataset.yaml", PV_ERR_RANGE, "2^64 rows");
	expect_refused("sed -i 's/rows: 10000/rows: 99999999999999999999/' d/dataset.yaml", PV_ERR_FORMAT, "dataset.yaml:");
	expect_refused("sed -i 's/insns: 6666/insns: 10001/' d/dataset.yaml", PV_ERR_RANGE, "dataset.yaml:");
	expect_refused("sed -i 's/index: 2/index: 3/' d/dataset.yaml", PV_ERR_FORMAT, "target 3 is 'decode'");
	expect_refused("sed -i 's/unit: 0.1 ns/unit: cycles/' d/dataset.yaml", PV_ERR_UNSUPPORTED, "'cycles'");
	expect_refused("sed -i 's/clock_mhz: 2000/clock_mhz: -1/' d/dataset.yaml", PV_ERR_RANGE, "dataset.yaml:");
	expect_refused("sed -i '/^programs/,$d' d/dataset.yaml", PV_ERR_MISSING, "programs");
	expect_refused("truncate -s 0 d/dataset.yaml", PV_ERR_FORMAT, "dataset.yaml");
}

/* ---- widening ---- */

static void test_dataset__widens_at_any_row(void **state)
{
	(void)state;
	enum { N_BIG = 50000 }; /* more than are narrowed at once */
	static struct pv_feature_row rows[N_BIG];
	static uint32_t targets[N_BIG * K];
	const uint64_t at[] = {0, 1, 30000, N_BIG - 1};
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		for (uint64_t r = 0; r < N_BIG; r++)
			for (uint64_t k = 0; k < K; k++)
				targets[r * K + k] = r == at[i] && k == 2 ? UINT32_MAX : target_of(0, r, (int)k);
		struct pv_dataset_writer *w;
		struct pv_dataset *d;
		assert_int_equal(pv_dataset_create("d", &spec, &w, NULL), PV_OK);
		add_program(w, 1, "before", true, 100, UINT64_MAX);
		assert_int_equal(pv_dataset_begin_program(w, "wide", true, NULL, NULL), PV_OK);
		assert_int_equal(pv_dataset_append(w, rows, targets, 7, NULL), PV_OK);
		assert_int_equal(pv_dataset_append(w, rows + 7, targets + 7 * K, N_BIG - 7, NULL), PV_OK);
		assert_int_equal(pv_dataset_end_program(w, NULL), PV_OK);
		add_program(w, 2, "after", true, 100, UINT64_MAX);
		assert_int_equal(pv_dataset_finish(w, NULL), PV_OK);
		assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
		assert_int_equal(pv_dataset_program(d, 0)->target_bytes, 2);
		assert_int_equal(pv_dataset_program(d, 1)->target_bytes, 4);
		assert_int_equal(pv_dataset_program(d, 2)->target_bytes, 2);
		assert_memory_equal(pv_dataset_program(d, 1)->targets, targets, sizeof targets);
		assert_true(pv_dataset_program(d, 1)->total[2] > UINT32_MAX);
		pv_dataset_close(d);
	}
}

static void test_dataset__65535_stays_narrow(void **state)
{
	(void)state;
	struct pv_dataset_writer *w;
	struct pv_dataset *d;
	struct pv_feature_row row = row_of(0);
	const uint32_t targets[K] = {65535, 0, 65535};
	assert_int_equal(pv_dataset_create("d", &spec, &w, NULL), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "p", true, NULL, NULL), PV_OK);
	assert_int_equal(pv_dataset_append(w, &row, targets, 1, NULL), PV_OK);
	assert_int_equal(pv_dataset_end_program(w, NULL), PV_OK);
	assert_int_equal(pv_dataset_finish(w, NULL), PV_OK);
	assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
	const uint16_t *kept = pv_dataset_program(d, 0)->targets;
	assert_int_equal(pv_dataset_program(d, 0)->target_bytes, 2);
	assert_true(kept[0] == 65535 && kept[1] == 0 && kept[2] == 65535);
	pv_dataset_close(d);
}

/* ---- failures and interruptions ---- */

static int n_entries(const char *folder)
{
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	int n = -2; /* "." and ".." */
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void test_dataset__a_full_disk_leaves_nothing(void **state)
{
	(void)state;
	struct pv_feature_row rows[1000] = {0};
	uint32_t targets[1000 * K] = {0};
	struct pv_dataset_writer *w;
	struct pv_error err = {0};
	struct rlimit old;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	struct rlimit tight = {.rlim_cur = 100000, .rlim_max = old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(pv_dataset_create("d", &spec, &w, NULL), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "p", true, NULL, NULL), PV_OK);
	setrlimit(RLIMIT_FSIZE, &tight);
	enum pv_status status = PV_OK;
	for (int i = 0; i < 10 && status == PV_OK; i++)
		status = pv_dataset_append(w, rows, targets, 1000, &err);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(status, PV_ERR_IO);
	assert_non_null(strstr(err.message, "p.features.npy"));
	pv_dataset_discard(w);
	assert_int_equal(n_entries("."), 0);
}

static void test_dataset__a_killed_run_leaves_the_old_one(void **state)
{
	(void)state;
	write_dataset("d");
	pid_t child = fork();
	if (child == 0) {
		struct pv_dataset_writer *w;
		if (pv_dataset_create("d", &spec, &w, NULL) == PV_OK) {
			add_program(w, 5, "gamma", true, 400, 3);
			raise(SIGKILL);
		}
		_exit(1);
	}
	int how;
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_true(WIFSIGNALED(how));
	struct pv_dataset *d;
	assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
	assert_int_equal(pv_dataset_n_programs(d), 3);
	pv_dataset_close(d);
}

static void test_dataset__a_failed_end_leaves_the_old_one(void **state)
{
	(void)state;
	write_dataset("d");
	struct pv_dataset_writer *w;
	struct pv_dataset *d;
	assert_int_equal(pv_dataset_create("d", &spec, &w, NULL), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "open", true, NULL, NULL), PV_OK);
	assert_int_equal(pv_dataset_finish(w, NULL), PV_ERR_ARG);
	assert_int_equal(pv_dataset_create("d", &spec, &w, NULL), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "empty", true, NULL, NULL), PV_OK);
	assert_int_equal(pv_dataset_end_program(w, NULL), PV_ERR_SHAPE);
	pv_dataset_discard(w);
	assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
	assert_int_equal(pv_dataset_n_programs(d), 3);
	pv_dataset_close(d);
	assert_int_equal(n_entries("."), 1);
}

/* ---- checking ---- */

struct problems {
	int n;
	char text[4096];
};

static void note(void *user, const char *text)
{
	struct problems *p = user;
	p->n++;
	strncat(p->text, text, sizeof p->text - strlen(p->text) - 2);
	strcat(p->text, "\n");
}

static void check_dataset(struct problems *p, enum pv_status expected)
{
	struct pv_dataset *d;
	struct pv_error err = {0};
	*p = (struct problems){0};
	if (pv_dataset_open("d", &d, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_int_equal(pv_dataset_check(d, note, p, NULL, &err), expected);
	pv_dataset_close(d);
}

static void expect_problem(const char *damage, const char *expected)
{
	struct problems p;
	write_dataset("d");
	assert_int_equal(system(damage), 0);
	check_dataset(&p, PV_ERR_FORMAT);
	if (strcmp(p.text, expected) != 0)
		fail_msg("after %s:\n%s", damage, p.text);
	assert_int_equal(system("rm -rf d"), 0);
}

/* Put a byte at `member` of a row of the features, counted from the file's end. */
static void poke(const char *path, uint64_t n_rows, uint64_t row, size_t member, int value)
{
	FILE *f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, (long)member - 64 * (long)(n_rows - row), SEEK_END), 0);
	fputc(value, f);
	fclose(f);
}

static void test_dataset__check_finds_what_the_manifest_says_wrong(void **state)
{
	(void)state;
	struct problems p;
	write_dataset("d");
	check_dataset(&p, PV_OK);
	assert_int_equal(p.n, 0);
	assert_int_equal(system("rm -rf d"), 0);
	expect_problem("sed -i 's/insns: 6666/insns: 6667/' d/dataset.yaml",
	               "program 'alpha' has 6666 instructions, the manifest says 6667\n");
	expect_problem("sed -i 's/total: .21, /total: [22, /' d/dataset.yaml",
	               "program 'tiny' on machine 'big': the targets sum to 21, the manifest says 22\n");
	expect_problem("sed -i 's/test: .9728, /test: [9000, /' d/dataset.yaml",
	               "program 'alpha': its train and test rows overlap\nprogram 'alpha': its valid and test rows overlap\n");
	expect_problem(
	    "sed -i '/name: beta/,/total/s/valid: .*/valid: [5, 6]/;/name: beta/,/total/s/test: .*/test: [6, 3000]/' d/dataset.yaml",
	    "program 'beta' is not seen but has valid rows\n");
	expect_problem("sed -i 's/^  rows: 9217/  rows: 9216/' d/dataset.yaml",
	               "the manifest's statistics are over 9216 rows, the training rows are 9217\n");
	expect_problem("sed -i 's/mean: .0, /mean: [0.5, /' d/dataset.yaml",
	               "feature 'fault' has mean 0 and deviation 0 over the training rows, the manifest says 0.5 and 0\n");
}

static void test_dataset__check_finds_rows_that_cannot_be(void **state)
{
	(void)state;
	const char *path = "d/alpha.features.npy";
	struct problems p;
	write_dataset("d");
	poke(path, 10000, 9600, offsetof(struct pv_feature_row, op), 0);
	poke(path, 10000, 9700, offsetof(struct pv_feature_row, op), 0);
	poke(path, 10000, 9601, offsetof(struct pv_feature_row, flags) + 3, 1);
	poke(path, 10000, 9602, offsetof(struct pv_feature_row, reserved), 1);
	poke(path, 10000, 9603, offsetof(struct pv_feature_row, dst_class) + 5, 8);
	poke(path, 10000, 9604, offsetof(struct pv_feature_row, load_reuse), 1);
	poke(path, 10000, 9609, offsetof(struct pv_feature_row, flags) + 2, 1 | PV_FEATURE_LAST >> 16);
	poke(path, 10000, 9606, offsetof(struct pv_feature_row, entropy_after), 17);
	check_dataset(&p, PV_ERR_FORMAT);
	assert_string_equal(p.text, "program 'alpha', row 9600: feature 'op' is 0, not in 1..255 (2 such rows)\n"
	                            "program 'alpha', row 9603: feature 'dst5_class' is 8, not in 0..7 (1 such rows)\n"
	                            "program 'alpha', row 9601: bits are set that have no meaning (2 such rows)\n"
	                            "program 'alpha', row 9606: a branch history is 17 sixteenths (1 such rows)\n"
	                            "program 'alpha', row 9606: a branch history without a conditional branch (1 such rows)\n"
	                            "program 'alpha', row 9604: reuse and address distances do not go with 'has_addr' (2 such rows)\n"
	                            "program 'alpha' has 6667 instructions, the manifest says 6666\n");
}

/* Ask to stop at the first opportunity. */
static bool stop(void *user)
{
	++*(int *)user;
	return true;
}

static void test_dataset__check_stops_when_asked(void **state)
{
	(void)state;
	enum { N_LONG = 300000 };
	struct pv_dataset_writer *w;
	struct pv_dataset *d;
	int asked = 0;
	const struct pv_progress progress = {.user = &asked, .stop = stop};
	assert_int_equal(pv_dataset_create("d", &spec, &w, NULL), PV_OK);
	add_program(w, 0, "long", true, N_LONG, UINT64_MAX);
	assert_int_equal(pv_dataset_finish(w, NULL), PV_OK);
	assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
	assert_int_equal(pv_dataset_check(d, NULL, NULL, &progress, NULL), PV_ERR_INTERRUPTED);
	assert_int_equal(asked, 1);
	assert_int_equal(pv_dataset_check(d, NULL, NULL, NULL, NULL), PV_OK);
	pv_dataset_close(d);
}

/* ---- parts of small programs ---- */

static void test_dataset__parts_of_small_programs(void **state)
{
	(void)state;
	static const struct {
		uint64_t n, train, valid; /* ends of the parts */
	} cases[] = {{1, 1, 1}, {2, 2, 2}, {10, 9, 10}, {20, 18, 19}, {100, 90, 95}, {5119, 4608, 4864}, {5120, 4608, 4864}};
	struct pv_dataset_writer *w;
	struct pv_dataset *d;
	const int n = (int)(sizeof cases / sizeof *cases);
	assert_int_equal(pv_dataset_create("d", &spec, &w, NULL), PV_OK);
	for (int i = 0; i < n; i++) {
		char name[8];
		snprintf(name, sizeof name, "p%d", i);
		add_program(w, i, name, true, cases[i].n, UINT64_MAX);
	}
	assert_int_equal(pv_dataset_finish(w, NULL), PV_OK);
	assert_int_equal(pv_dataset_open("d", &d, NULL), PV_OK);
	for (int i = 0; i < n; i++) {
		const struct pv_dataset_program *p = pv_dataset_program(d, i);
		if (p->end[PV_SPLIT_TRAIN] != cases[i].train || p->end[PV_SPLIT_VALID] != cases[i].valid ||
		    p->begin[PV_SPLIT_TEST] != cases[i].valid || p->end[PV_SPLIT_TEST] != cases[i].n)
			fail_msg("%d rows: training to %d, validation to %d, test to %d", (int)cases[i].n, (int)p->end[PV_SPLIT_TRAIN],
			         (int)p->end[PV_SPLIT_VALID], (int)p->end[PV_SPLIT_TEST]);
	}
	pv_dataset_close(d);
}

/* With a folder's name: write the dataset there, for tests of the command line. */
int main(int argc, char **argv)
{
	if (argc > 1) {
		write_dataset(argv[1]);
		return 0;
	}
#define TEST(name) cmocka_unit_test_setup_teardown(name, temp_folder_enter, temp_folder_leave)
	const struct CMUnitTest tests[] = {
	    TEST(test_dataset__comes_back),
	    TEST(test_dataset__parts_of_programs),
	    TEST(test_dataset__statistics_are_of_the_training_rows),
	    TEST(test_dataset__nothing_is_left_of_an_unfinished_one),
	    TEST(test_dataset__keeps_all_targets),
	    TEST(test_dataset__keeps_context_rows),
	    TEST(test_dataset__replaces_a_dataset_and_nothing_else),
	    TEST(test_dataset__keeps_what_is_not_part_of_one),
	    TEST(test_dataset__bad_specs_are_refused),
	    TEST(test_dataset__damage_is_refused),
	    TEST(test_dataset__parts_of_small_programs),
	    TEST(test_dataset__widens_at_any_row),
	    TEST(test_dataset__65535_stays_narrow),
	    TEST(test_dataset__a_full_disk_leaves_nothing),
	    TEST(test_dataset__a_killed_run_leaves_the_old_one),
	    TEST(test_dataset__a_failed_end_leaves_the_old_one),
	    TEST(test_dataset__check_finds_what_the_manifest_says_wrong),
	    TEST(test_dataset__check_finds_rows_that_cannot_be),
	    TEST(test_dataset__check_stops_when_asked),
	};
	return cmocka_run_group_tests_name("dataset", tests, NULL, NULL);
}
