/*
 * u_gem5_pump.c - the pump between gem5's FIFOs and a reader of another pace
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "gem5/pump.h"

enum { LINE = 64 };

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/perfvec_gem5_pump_XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static struct gem5_pump *start(const char *keep)
{
	const struct gem5_pump_options options = {.folder = folder, .keep = keep};
	struct gem5_pump *pump;
	struct pv_error err;
	alarm(60); /* a pump that stands still fails instead of hanging */
	if (gem5_pump_start(&options, &pump, &err) != PV_OK)
		fail_msg("%s", err.message);
	return pump;
}

static FILE *open_fifo(const char *name)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return fopen(path, "w");
}

/* Numbered lines, so that any that is lost or out of place is seen. */
static void write_lines(FILE *f, long from, long to)
{
	for (long i = from; i < to; i++)
		fprintf(f, "%0*ld\n", LINE - 1, i);
}

static void expect_lines(FILE *f, long from, long to)
{
	char line[LINE + 2];
	for (long i = from; i < to; i++) {
		if (!fgets(line, sizeof line, f) || strtol(line, NULL, 10) != i || strlen(line) != LINE)
			fail_msg("line %ld is '%s'", i, line);
	}
}

static void expect_end(FILE *f)
{
	assert_int_equal(fgetc(f), EOF);
	fclose(f);
}

/* What gem5 is to the pump: a process that opens, writes and ends. */
static pid_t writer(void (*work)(void))
{
	pid_t pid = fork();
	if (pid == 0) {
		work();
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static void wait_for(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void open_both(struct gem5_pump *pump, FILE **trace, FILE **stores)
{
	*trace = fopen(gem5_pump_main(pump), "r");
	*stores = fopen(gem5_pump_stores(pump), "r");
	gem5_pump_opened(pump);
	assert_non_null(*trace);
	assert_non_null(*stores);
}

enum { MANY = 400000 }; /* 25 MB: more than pipes and queue hold */

static void write_main_then_stores(void)
{
	FILE *trace = open_fifo("trace.txt"), *stores = open_fifo("sq.trace.txt");
	write_lines(trace, 0, MANY);
	fclose(trace);
	write_lines(stores, 0, 1000);
	fclose(stores);
}

static void test_gem5_pump__one_file_runs_far_ahead_of_the_other(void **state)
{
	(void)state;
	struct gem5_pump *pump = start(NULL);
	FILE *trace, *stores;
	open_both(pump, &trace, &stores);
	pid_t pid = writer(write_main_then_stores);
	expect_lines(stores, 0, 1000); /* comes after all of the trace, of which nothing was read */
	wait_for(pid);
	gem5_pump_ended(pump);
	expect_lines(trace, 0, MANY);
	expect_end(trace);
	expect_end(stores);
	assert_int_equal(gem5_pump_bytes(pump), (MANY + 1000ull) * LINE);
	assert_int_equal(gem5_pump_join(pump, false, NULL), PV_OK);
}

static void write_stores_first(void)
{
	FILE *trace = open_fifo("trace.txt"), *stores = open_fifo("trace.sq.txt");
	write_lines(stores, 0, MANY);
	fclose(stores);
	write_lines(trace, 0, MANY);
	fclose(trace);
}

static void test_gem5_pump__stores_ahead_and_under_the_other_name(void **state)
{
	(void)state;
	struct gem5_pump *pump = start(NULL);
	FILE *trace, *stores;
	open_both(pump, &trace, &stores);
	pid_t pid = writer(write_stores_first);
	for (long i = 0; i < MANY; i += 1000) {
		expect_lines(trace, i, i + 1000);
		expect_lines(stores, i, i + 1000);
	}
	wait_for(pid);
	gem5_pump_ended(pump);
	expect_end(trace);
	expect_end(stores);
	assert_int_equal(gem5_pump_join(pump, false, NULL), PV_OK);
}

static void write_twice(void)
{
	for (long part = 0; part < 2; part++) {
		FILE *trace = open_fifo("trace.txt");
		write_lines(trace, part * 10, part * 10 + 10);
		fclose(trace);
		usleep(50000);
	}
}

static void test_gem5_pump__closing_a_fifo_is_not_its_end(void **state)
{
	(void)state;
	struct gem5_pump *pump = start(NULL);
	FILE *trace, *stores;
	open_both(pump, &trace, &stores);
	wait_for(writer(write_twice));
	gem5_pump_ended(pump);
	expect_lines(trace, 0, 20);
	expect_end(trace);
	expect_end(stores);
	assert_int_equal(gem5_pump_join(pump, false, NULL), PV_OK);
}

static void test_gem5_pump__a_reader_that_gives_up_blocks_nobody(void **state)
{
	(void)state;
	struct gem5_pump *pump = start(NULL);
	FILE *trace, *stores;
	open_both(pump, &trace, &stores);
	pid_t pid = writer(write_main_then_stores);
	expect_lines(trace, 0, 10);
	fclose(trace);
	fclose(stores);
	wait_for(pid);
	gem5_pump_ended(pump);
	assert_int_equal(gem5_pump_join(pump, false, NULL), PV_OK);
}

static void test_gem5_pump__a_writer_that_never_opens_gives_an_end(void **state)
{
	(void)state;
	struct gem5_pump *pump = start(NULL);
	FILE *trace, *stores;
	open_both(pump, &trace, &stores);
	gem5_pump_ended(pump);
	expect_end(trace);
	expect_end(stores);
	assert_int_equal(gem5_pump_join(pump, false, NULL), PV_OK);
}

static void expect_kept(const char *prefix, const char *suffix, long n)
{
	char command[256];
	snprintf(command, sizeof command, "zstd -dcq %s%s", prefix, suffix);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	expect_lines(f, 0, n);
	assert_int_equal(fgetc(f), EOF);
	assert_int_equal(pclose(f), 0);
}

static void test_gem5_pump__keeps_what_came_when_asked(void **state)
{
	(void)state;
	char prefix[128], path[192];
	snprintf(prefix, sizeof prefix, "%s/kept", folder);
	struct gem5_pump *pump = start(prefix);
	gem5_pump_opened(pump); /* no reader at all */
	wait_for(writer(write_main_then_stores));
	gem5_pump_ended(pump);
	assert_int_equal(gem5_pump_join(pump, true, NULL), PV_OK);
	expect_kept(prefix, ".txt.zst", MANY);
	expect_kept(prefix, ".sq.txt.zst", 1000);
	snprintf(path, sizeof path, "%s/kept.txt.zst.tmp%ld", folder, (long)getpid());
	assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_gem5_pump__one_file_runs_far_ahead_of_the_other, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_gem5_pump__stores_ahead_and_under_the_other_name, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_gem5_pump__closing_a_fifo_is_not_its_end, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_gem5_pump__a_reader_that_gives_up_blocks_nobody, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_gem5_pump__a_writer_that_never_opens_gives_an_end, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_gem5_pump__keeps_what_came_when_asked, make_folder, remove_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
