/*
 * u_gem5_text.c - gem5 text traces by hand: every field, both forms, and each way a trace can be bad with its file, line and field
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/gem5_op_classes.h"
#include "trace/gem5_text.h"

/* From the operation on: op and 13 flags; address; walks; pc; walks; registers. */
#define NO_MEM "0 0 0 -1 -1 -1 -1 0 0 0 0 0 0  "
#define WALKS "-1 -1 -1 0 0 0 0 0  "
#define ADD "1 0 0 0 0 0 0 0 0 0 0 0 0 0  " NO_MEM "4096 0 0 0 " WALKS "2 1  0 1 0 2  0 3 \n"
#define STORE "48 1 0 0 0 0 0 0 0 0 0 0 0 0  1 8200 8 1 -1 -1 -1 0 0 0 0 0 0  4100 0 0 -1 " WALKS "2 0  0 3 0 4 \n"
#define STORE2 "48 1 0 0 0 0 0 0 0 0 0 0 0 0  1 8208 8 1 -1 -1 -1 0 0 0 0 0 0  4100 0 0 -1 " WALKS "2 0  0 3 0 5 \n"
#define BRANCH "1 0 1 0 1 0 0 0 0 0 0 0 0 0  " NO_MEM "4104 1 1 -1 " WALKS "1 0  5 0 \n"

static const char main_text[] = "0 -1 80000 3000 3099 1500 2500 3000 -1 " ADD      /* */
                                "0 1 80500 4000 5000 1500 2500 3000 3500 \n"       /* */
                                "0 2 80500 4000 5500 1500 2500 3000 3500 \r\n"     /* */
                                "0 -1 81000 4000 5500 1500 2500 3000 3500 " BRANCH /* */
                                "0 -1 82000 3000 5500 1500 2500 3000 3500 " ADD;
static const char sq_text[] = "0 1 80500 4000 5000 1500 2500 3000 3500 9000 9950 " STORE /* */
                              "0 2 80500 4000 -1 1500 2500 3000 3500 9000 12000 " STORE2;

static enum pv_status read_all(const char *text, const char *sq, struct pv_row *rows, struct trace_gem5_record *records, size_t max,
                               size_t *n, struct pv_uop *uops, struct pv_error *err)
{
	struct trace_gem5 *t;
	assert_int_equal(trace_gem5_open_memory("t", text, strlen(text), sq, sq ? strlen(sq) : 0, &t, err), PV_OK);
	enum pv_status status = trace_gem5_read(t, rows, records, max, n, err);
	uint32_t n_uops;
	const struct pv_uop *table = trace_gem5_uops(t, &n_uops);
	if (uops && status == PV_OK)
		memcpy(uops, table, n_uops * sizeof *uops);
	trace_gem5_close(t);
	return status;
}

static void test_gem5_text__two_files(void **state)
{
	(void)state;
	struct pv_row rows[8];
	struct trace_gem5_record records[8];
	struct pv_uop uops[8];
	struct pv_error err = {0};
	size_t n;
	assert_int_equal(read_all(main_text, sq_text, rows, records, 8, &n, uops, &err), PV_OK);
	assert_int_equal(n, 5);
	assert_int_equal(records[0].times.fetch_ps, 80000);
	assert_int_equal(records[0].times.commit_ps, 83000); /* 3099 ps are 30 units */
	assert_int_equal(records[0].times.decode_ps, 81500);
	assert_int_equal(records[0].times.store_ps, 0);
	assert_int_equal(records[0].times.fetch_depth, 0);
	assert_int_equal(records[1].times.store_ps, 90400);
	assert_int_equal(records[1].times.data_depth, 1);
	assert_int_equal(records[2].times.commit_ps, 86000); /* of the main line; it had left the store queue before */
	assert_int_equal(records[2].times.store_ps, 92500);
	assert_true(records[3].taken && records[3].times.mispredicted);
	assert_int_equal(rows[0].uop, rows[4].uop); /* the same content is the same micro-operation */
	assert_true(rows[1].uop != rows[2].uop);
	assert_int_equal(rows[2].addr, 8208);
	assert_int_equal(rows[2].flags, PV_ROW_HAS_ADDR);
	assert_int_equal(rows[3].flags, PV_ROW_TAKEN);
	const struct pv_uop *add = &uops[rows[0].uop], *first = &uops[rows[1].uop], *second = &uops[rows[2].uop],
	                    *branch = &uops[rows[3].uop];
	assert_int_equal(add->n_src, 2);
	assert_int_equal(add->dst[0].index, 3);
	assert_int_equal(add->flags, PV_UOP_LAST);
	assert_int_equal(first->flags, PV_UOP_MICROOP | PV_UOP_STORE);
	assert_int_equal(first->uop_index, 0);
	assert_int_equal(first->access_bytes, 8);
	assert_int_equal(second->flags, PV_UOP_MICROOP | PV_UOP_STORE | PV_UOP_LAST);
	assert_int_equal(second->uop_index, 1);
	assert_int_equal(branch->flags, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_LAST);
	assert_int_equal(branch->target, 4096);
	assert_int_equal(branch->src[0].reg_class, PV_REG_CC);
}

static void test_gem5_text__single_file(void **state)
{
	(void)state;
	struct pv_row rows[8];
	struct trace_gem5_record records[8];
	size_t n;
	const char *text = "0 -1 80000 3000 3000 1500 2500 3000 -1 0 0 " ADD "0 7 80500 4000 5000 1500 2500 3000 3500 9000 9900 " STORE;
	assert_int_equal(read_all(text, NULL, rows, records, 8, &n, NULL, NULL), PV_OK);
	assert_int_equal(n, 2);
	assert_int_equal(records[0].times.store_ps, 0);
	assert_int_equal(records[1].times.store_ps, 90400);
}

static void test_gem5_text__ends_in_the_store_queue(void **state)
{
	(void)state;
	struct pv_row rows[8];
	struct trace_gem5_record records[8];
	size_t n = 99;
	assert_int_equal(read_all(main_text, "0 1 80500 4000 5000 1500 2500 3000 3500 9000 9950 " STORE, rows, records, 8, &n, NULL, NULL),
	                 PV_OK);
	assert_int_equal(n, 2);
	assert_int_equal(read_all(main_text, "", rows, records, 8, &n, NULL, NULL), PV_OK);
	assert_int_equal(n, 1);
	assert_int_equal(read_all("", "", rows, records, 8, &n, NULL, NULL), PV_OK);
	assert_int_equal(n, 0);
}

static void test_gem5_text__pieces_equal_the_whole(void **state)
{
	(void)state;
	struct pv_row whole[8], one[8];
	struct trace_gem5_record whole_records[8], one_records[8];
	size_t n_whole, n, total = 0;
	assert_int_equal(read_all(main_text, sq_text, whole, whole_records, 8, &n_whole, NULL, NULL), PV_OK);
	struct trace_gem5 *t;
	assert_int_equal(trace_gem5_open_memory("t", main_text, strlen(main_text), sq_text, strlen(sq_text), &t, NULL), PV_OK);
	do {
		assert_int_equal(trace_gem5_read(t, one + total, one_records + total, 1, &n, NULL), PV_OK);
		total += n;
	} while (n);
	trace_gem5_close(t);
	assert_int_equal(total, n_whole);
	assert_memory_equal(one, whole, total * sizeof *one);
	assert_memory_equal(one_records, whole_records, total * sizeof *one_records);
}

static void expect_bad(const char *text, const char *sq, const char *message)
{
	struct pv_row rows[8];
	struct trace_gem5_record records[8];
	struct pv_error err = {0};
	size_t n;
	enum pv_status status = read_all(text, sq, rows, records, 8, &n, NULL, &err);
	if (status != PV_ERR_FORMAT || strcmp(err.message, message) != 0)
		fail_msg("expected '%s', got %s '%s'", message, pv_status_name(status), err.message);
}

#define START "0 -1 80000 3000 3000 1500 2500 3000 -1 "

static void test_gem5_text__bad_lines_say_where(void **state)
{
	(void)state;
	expect_bad("0 -1 80000 3000", "", "t:1: the line ends before field 5 (retire latency), -1 or a whole number");
	expect_bad(START ADD "0 -1 800x0 ", "", "t:2: field 3 (fetch tick) is '800x0', expected a whole number not below 0");
	expect_bad("2 -1 80000 3000 3000 1500 2500 3000 -1 " ADD, "", "t:1: field 1 (fault) is '2', expected 0 to 1");
	expect_bad("0 -2 80000 3000 3000 1500 2500 3000 -1 " ADD, "",
	           "t:1: field 2 (store-queue index) is '-2', expected -1 or a whole number");
	expect_bad("0 -99 80000\n", "", "t:1: field 2 (store-queue index) is -99: sampled traces with restart records are not read");
	expect_bad("0 -1 80000 3000 2000 1500 2500 3000 -1 " ADD, "",
	           "t:1: field 5 (retire latency) is below field 4 (complete latency): it retires before it is complete");
	expect_bad("0 -1 80000 3000 -1 1500 2500 3000 -1 " ADD, "", "t:1: field 5 (retire latency) is negative: it never retired");
	expect_bad("0 -1 80000 3000 3000 1500 2500 3000 -1\n", "", "t:1: the line ends before field 10 (op class), 0 to 52");
	expect_bad(START "99 0 0 0\n", "", "t:1: field 10 (op class) is '99', expected 0 to 52");
	expect_bad(START "1 0 0 0 0 0 0 0 0 0 0 0 0 0  " NO_MEM "4096 0 0 0 " WALKS "9 1\n", "",
	           "t:1: field 49 (number of source registers) is '9', expected 0 to 8");
	expect_bad(START "1 0 0 0 0 0 0 0 0 0 0 0 0 0  " NO_MEM "4096 0 0 0 " WALKS "1 0 0 50\n", "",
	           "t:1: field 52 (register index) is '50', expected 0 to 49");
	expect_bad(START "1 0 0 0 0 0 0 0 0 0 0 0 0 0  " NO_MEM "4096 0 0 0 " WALKS "1 0 0 5 7\n", "",
	           "t:1: field 53 is one too many: the registers before it are all that were announced");
	expect_bad(START "1 0 0 0 0 0 0 0 0 0 0 0 0 0  " NO_MEM "99999999999999999999 0 0 0 " WALKS "0 0\n", "",
	           "t:1: field 37 (pc) is '99999999999999999999', expected a whole number not below 0");
	expect_bad(START "1 0 0 0 0 0 0 0 0 0 0 0 0 0  " NO_MEM "4096 0 0 0 " WALKS "0 7\n", "",
	           "t:1: field 50 (number of destination registers) is '7', expected 0 to 6");
	expect_bad(START "1 0 0 0 0 0 0 0 0 0 0 0 0 0  " NO_MEM "4096 0 0 0 " WALKS "1 0 7 1\n", "",
	           "t:1: field 51 (register class) is '7', expected 0 to 6");
	expect_bad("0 -1 9223372036854775808 3000 3000 1500 2500 3000 -1 " ADD, "",
	           "t:1: field 3 (fetch tick) is '9223372036854775808', expected a whole number not below 0");
	expect_bad("0 -1 80000 3000 - 1500 2500 3000 -1 " ADD, "", "t:1: field 5 (retire latency) is '-', expected -1 or a whole number");
	expect_bad("# ChampSim trace\n", "", "t:1: field 1 (fault) is '#', expected 0 to 1");
	expect_bad("0 1 80500 4000 5000 1500 2500 3000 3500 \n", NULL, "t:1: the store continues in a file of stores, and there is none");
	expect_bad(START "1 0 0 0 0 0 0 0 0 0 0 0 0 0  " NO_MEM "4096 0 0 0 " WALKS "1 0  0 1", "",
	           "t:1: the line has no end after field 52 (register index): the file is cut short");
	expect_bad("PK\003\004", "", "t:1: field 1 (fault) is 'PK\?\?', expected 0 to 1");
}

static void test_gem5_text__files_that_disagree(void **state)
{
	(void)state;
	const char *text = "0 1 80500 4000 5000 1500 2500 3000 3500 \n";
	expect_bad(text, "0 1 80501 4000 5000 1500 2500 3000 3500 9000 9950 " STORE,
	           "t.sq:1: field 3 (fetch tick) disagrees with that of the store at t:1");
	expect_bad(text, "0 2 80500 4000 5000 1500 2500 3000 3500 9000 9950 " STORE,
	           "t.sq:1: field 2 (store-queue index) disagrees with that of the store at t:1");
	expect_bad(text, "0 1 80500 4000 5000 1500 2500 3000 3000 9000 9950 " STORE,
	           "t.sq:1: field 9 (issue latency) disagrees with that of the store at t:1");
	expect_bad(
	    text, "0 1 80500 4000 5000 1500 2500 3000 3500 9000 8000 " STORE,
	    "t.sq:1: field 11 (store-queue-exit latency) is below field 10 (store latency): it leaves the store queue before it is stored");
	expect_bad(text, "0 1 80500 4000 5000 1500 2500", "t.sq:1: the line ends before field 8 (dispatch latency), -1 or a whole number");
}

static char *packed(const char *command, const char *text, size_t *n)
{
	FILE *f = fopen("u_gem5_text.tmp", "w");
	fputs(text, f);
	fclose(f);
	f = popen(command, "r");
	char *bytes = malloc(1 << 16);
	*n = fread(bytes, 1, 1 << 16, f);
	pclose(f);
	remove("u_gem5_text.tmp");
	return bytes;
}

static void test_gem5_text__packed(void **state)
{
	(void)state;
	static const char *const commands[] = {"zstd -qc u_gem5_text.tmp", "gzip -c u_gem5_text.tmp", "xz -c u_gem5_text.tmp"};
	for (size_t i = 0; i < 3; i++) {
		size_t n_main, n_sq, n;
		char *main_bytes = packed(commands[i], main_text, &n_main), *sq = packed(commands[i], sq_text, &n_sq);
		if (n_main == 0) {
			free(main_bytes);
			free(sq);
			continue; /* no such tool here */
		}
		struct trace_gem5 *t;
		struct pv_row rows[8];
		struct trace_gem5_record records[8];
		struct pv_error err = {0};
		assert_int_equal(trace_gem5_open_memory("t", main_bytes, n_main, sq, n_sq, &t, &err), PV_OK);
		if (trace_gem5_read(t, rows, records, 8, &n, &err) != PV_OK)
			fail_msg("%s: %s", commands[i], err.message);
		assert_int_equal(n, 5);
		assert_int_equal(records[2].times.store_ps, 92500);
		trace_gem5_close(t);
		/* cut anywhere: an error, or the whole (only a checksum is gone), never other rows */
		for (size_t cut = 8; cut < n_main; cut++) {
			assert_int_equal(trace_gem5_open_memory("t", main_bytes, cut, sq, n_sq, &t, &err), PV_OK);
			assert_int_not_equal(trace_gem5_read(t, rows, records, 8, &n, &err), PV_OK);
			trace_gem5_close(t);
		}
		free(main_bytes);
		free(sq);
	}
}

/* One process writes both; the stores first, more than a pipe holds, while the reader waits for the trace. */
static void test_gem5_text__fifos(void **state)
{
	(void)state;
	enum { N = 4000 };
	char folder[] = "/tmp/u_gem5_text.XXXXXX", main_path[64], sq_path[64];
	assert_non_null(mkdtemp(folder));
	snprintf(main_path, sizeof main_path, "%s/t.txt", folder);
	snprintf(sq_path, sizeof sq_path, "%s/t.sq.txt", folder);
	assert_int_equal(mkfifo(main_path, 0600) | mkfifo(sq_path, 0600), 0);
	pid_t writer = fork();
	if (writer == 0) {
		FILE *sq = fopen(sq_path, "w"), *m = fopen(main_path, "w");
		for (int i = 0; i < N; i++)
			fputs("0 1 80500 4000 5000 1500 2500 3000 3500 9000 9950 " STORE, sq);
		fflush(sq);
		for (int i = 0; i < N; i++)
			fputs("0 1 80500 4000 5000 1500 2500 3000 3500 \n", m);
		_exit(fclose(m) | fclose(sq));
	}
	struct trace_gem5 *t;
	struct pv_error err = {0};
	assert_int_equal(trace_gem5_open(main_path, NULL, &t, &err), PV_OK);
	static struct trace_gem5_record records[N + 1];
	size_t n;
	if (trace_gem5_read(t, NULL, records, N + 1, &n, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_int_equal(n, N);
	assert_int_equal(records[N - 1].times.store_ps, 90400);
	trace_gem5_close(t);
	int status;
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
	remove(main_path);
	remove(sq_path);
	remove(folder);
}

static void test_gem5_text__numbers_of_op_classes(void **state)
{
	(void)state;
	struct trace_gem5_op_classes c;
	struct pv_error err = {0};
	assert_int_equal(trace_gem5_op_classes_load(NULL, &c, &err), PV_OK);
	assert_int_equal(c.n, PV_N_OP_CLASSES);
	assert_int_equal(c.ours[47], PV_OP_MemRead);
	assert_int_equal(trace_gem5_op_classes_load("gem5-23", &c, &err), PV_OK);
	assert_int_equal(c.ours[19], PV_OP_SimdMultAcc);
	assert_int_equal(c.ours[21], PV_OP_SimdShift);
	assert_int_equal(c.ours[52], PV_OP_MemRead);
	assert_int_equal(c.ours[57], PV_OP_InstPrefetch);
	struct trace_gem5 *t;
	struct pv_row rows[2];
	struct trace_gem5_record records[2];
	size_t n;
	const char *text = START "52 0 0 0 0 0 0 0 0 0 0 0 0 0  1 64 8 1 -1 -1 -1 0 0 0 0 0 0  4096 0 0 0 " WALKS "0 0\n";
	assert_int_equal(trace_gem5_open_memory("t", text, strlen(text), "", 0, &t, &err), PV_OK);
	trace_gem5_set_op_classes(t, c.ours, c.n);
	assert_int_equal(trace_gem5_read(t, rows, records, 2, &n, &err), PV_OK);
	assert_int_equal(n, 1);
	assert_int_equal(records[0].op_class, PV_OP_MemRead);
	trace_gem5_close(t);
	assert_int_equal(trace_gem5_op_classes_load("no/such", &c, &err), PV_ERR_MISSING);
}

static void test_gem5_text__missing_files(void **state)
{
	(void)state;
	struct trace_gem5 *t;
	struct pv_error err;
	assert_int_equal(trace_gem5_open("no/such.txt", NULL, &t, &err), PV_ERR_MISSING);
	assert_string_equal(err.message, "cannot open 'no/such.txt': no such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gem5_text__two_files),
	    cmocka_unit_test(test_gem5_text__single_file),
	    cmocka_unit_test(test_gem5_text__ends_in_the_store_queue),
	    cmocka_unit_test(test_gem5_text__pieces_equal_the_whole),
	    cmocka_unit_test(test_gem5_text__bad_lines_say_where),
	    cmocka_unit_test(test_gem5_text__files_that_disagree),
	    cmocka_unit_test(test_gem5_text__packed),
	    cmocka_unit_test(test_gem5_text__fifos),
	    cmocka_unit_test(test_gem5_text__numbers_of_op_classes),
	    cmocka_unit_test(test_gem5_text__missing_files),
	};
	return cmocka_run_group_tests_name("gem5_text", tests, NULL, NULL);
}
