/*
 * u_file.c - output files appear whole under their name or not at all
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

#include "base/file.h"

static int make_folder(void **state)
{
	*state = mkdtemp(strdup("/tmp/u_file.XXXXXX"));
	return *state ? 0 : -1;
}

static int remove_folder(void **state)
{
	int status = rmdir(*state); /* fails when a test left a file behind */
	free(*state);
	return status;
}

static void test_file__appears_at_commit(void **state)
{
	struct pv_error err;
	struct base_out_file f;
	char *path = base_path_join(*state, "x");
	assert_int_equal(base_out_file_open(&f, path, &err), PV_OK);
	assert_int_equal(base_out_file_write(&f, "abc", 3, &err), PV_OK);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(base_out_file_commit(&f, &err), PV_OK);
	struct base_map map;
	assert_int_equal(base_map_open(&map, path, &err), PV_OK);
	assert_int_equal(map.n_bytes, 3);
	assert_memory_equal(map.data, "abc", 3);
	base_map_close(&map);
	unlink(path);
	free(path);
}

static void test_file__discard_leaves_nothing(void **state)
{
	struct pv_error err;
	struct base_out_file f;
	char *path = base_path_join(*state, "x");
	assert_int_equal(base_out_file_open(&f, path, &err), PV_OK);
	base_out_file_discard(&f);
	base_out_file_discard(&f);
	free(path); /* remove_folder() finds the folder empty */
}

static void make_file(const char *path)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
}

/* A number that was a process's, which has ended. */
static long dead_process(void)
{
	const pid_t child = fork();
	if (!child)
		_exit(0);
	assert_true(child > 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return child;
}

/* What a killed writer left goes with the next writer of the same file; a living one's stays, and so do files of other names. */
static void test_file__removes_what_killed_writers_left(void **state)
{
	struct pv_error err;
	struct base_out_file f;
	char name[64], *path = base_path_join(*state, "x"), *left[4];
	const long dead = dead_process(), alive = getppid();
	const struct {
		const char *before, *behind;
		long pid;
	} files[] = {{"x", "", dead}, {"x", "", alive}, {"xy", "", dead}, {"x", "z", dead}};
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "%s.tmp%ld%s", files[i].before, files[i].pid, files[i].behind);
		left[i] = base_path_join(*state, name);
		make_file(left[i]);
	}
	assert_int_equal(base_out_file_open(&f, path, &err), PV_OK);
	base_out_file_discard(&f);
	assert_int_not_equal(access(left[0], F_OK), 0);
	for (int i = 0; i < 4; i++) {
		assert_true(i == 0 || access(left[i], F_OK) == 0);
		unlink(left[i]);
		free(left[i]);
	}
	free(path);
}

/* A rename over a device would replace the device. */
static void test_file__refuses_what_is_no_file(void **state)
{
	struct pv_error err;
	struct base_out_file f;
	char *fifo = base_path_join(*state, "fifo");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(base_out_file_open(&f, fifo, &err), PV_ERR_IO);
	assert_non_null(strstr(err.message, "not a regular file"));
	assert_null(f.stream);
	struct base_map map;
	assert_int_equal(base_map_open(&map, fifo, &err), PV_ERR_ARG);
	unlink(fifo);
	free(fifo);
	assert_int_equal(base_out_file_open(&f, *state, &err), PV_ERR_IO);
	assert_non_null(strstr(err.message, "is a folder"));
	assert_int_equal(base_out_file_open(&f, "", &err), PV_ERR_ARG);
	assert_int_equal(base_out_file_open(&f, "no/such/folder", &err), PV_ERR_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_file__appears_at_commit, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_file__discard_leaves_nothing, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_file__removes_what_killed_writers_left, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_file__refuses_what_is_no_file, make_folder, remove_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
