/*
 * u_dataset.c - datasets: what is written is read back; widening, parts, statistics; nothing is left behind; bad folders are refused
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
#include <sys/stat.h>
#include <unistd.h>

#include <perfvec/dataset.h>
#include <perfvec/features.h>

enum { K = 3 };
static const struct pv_dataset_machine_spec machines[K] = {
    {"big", true, 2000, "name: big\n"}, {"small.1", true, 1234.5, "name: small.1\n"}, {"held_out", false, 3330, "name: held_out\n"}};
static const struct pv_dataset_spec spec = {
    .machines = machines, .n_machines = K, .target = PV_TARGET_store_commit, .command = "make: \"it\""};

/* Each test works in an empty folder of its own. */
static int enter(void **state)
{
	char *folder = strdup("/tmp/u_dataset.XXXXXX");
	*state = folder;
	return folder && mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	char command[256];
	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	free(*state);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

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
	expect_refused("truncate -s 0 d/dataset.yaml", PV_ERR_FORMAT, "dataset.yaml");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
	    TEST(test_dataset__comes_back),
	    TEST(test_dataset__parts_of_programs),
	    TEST(test_dataset__statistics_are_of_the_training_rows),
	    TEST(test_dataset__nothing_is_left_of_an_unfinished_one),
	    TEST(test_dataset__replaces_a_dataset_and_nothing_else),
	    TEST(test_dataset__bad_specs_are_refused),
	    TEST(test_dataset__damage_is_refused),
	};
	return cmocka_run_group_tests_name("dataset", tests, NULL, NULL);
}
