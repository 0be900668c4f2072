/*
 * gem5_import.c - how fast gem5's text becomes rows: the reader, a plain fscanf reader of the same text, the whole import
 *
 * Usage: gem5_import [TRACE.txt[.zst]] [COPIES]. Without a trace: tests/golden/gem5_cut. The text is unpacked and repeated into memory
 * files first, so that no disk is measured. Medians of five.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <perfvec/gem5.h>

#include "base/clock.h"
#include "trace/gem5_text.h"
#include "trace/text_lines.h"

enum { ROUNDS = 5, CHUNK = 4096 };

static void die(const struct pv_error *err)
{
	fprintf(stderr, "error: %s\n", err->message);
	exit(1);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* All lines of a file, `copies` times, in a memory file; its path in path. */
static void unpack(const char *from, int copies, int fd)
{
	struct pv_error err = {0};
	FILE *out = fdopen(dup(fd), "w");
	for (int i = 0; i < copies; i++) {
		struct trace_text_lines l;
		const char *line, *end;
		if (trace_text_lines_open(&l, from, &err) != PV_OK)
			die(&err);
		while (trace_text_lines_next(&l, &line, &end, &err) == PV_OK && line) {
			fwrite(line, 1, (size_t)(end - line), out);
			fputc('\n', out);
		}
		trace_text_lines_close(&l);
	}
	fclose(out);
}

static uint64_t n_rows, n_bytes;

static void run_reader(const char *path, const char *stores, bool with_rows)
{
	static struct pv_row rows[CHUNK];
	static struct trace_gem5_record records[CHUNK];
	struct pv_error err = {0};
	struct trace_gem5 *t;
	size_t n;
	if (trace_gem5_open(path, stores, &t, &err) != PV_OK)
		die(&err);
	n_rows = 0;
	do {
		if (trace_gem5_read(t, with_rows ? rows : NULL, records, CHUNK, &n, &err) != PV_OK)
			die(&err);
		n_rows += n;
	} while (n > 0);
	n_bytes = trace_gem5_n_bytes(t);
	trace_gem5_close(t);
}

/* What a first attempt would do: every number of both files through fscanf. Returns their sum, so that nothing is optimised away. */
static int64_t run_fscanf(const char *path, const char *stores)
{
	const char *const paths[2] = {path, stores};
	int64_t sum = 0, v;
	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(paths[i], "r");
		while (f && fscanf(f, "%" SCNd64, &v) == 1)
			sum += v;
		if (f)
			fclose(f);
	}
	return sum;
}

static void run_import(const char *path, const char *stores, int n_machines, int n_threads)
{
	const char *traces[64], *sq[64], *names[64];
	static char text[64][8];
	for (int k = 0; k < n_machines; k++) {
		traces[k] = path;
		sq[k] = stores;
		names[k] = text[k];
		snprintf(text[k], sizeof text[k], "m%d", k);
	}
	char output[64];
	snprintf(output, sizeof output, "/tmp/bench_gem5_import.%ld", (long)getpid());
	const struct pv_gem5_import_options o = {.traces = traces,
	                                         .stores = sq,
	                                         .n_traces = (size_t)n_machines,
	                                         .machine_names = names,
	                                         .program = "p",
	                                         .output = output,
	                                         .n_threads = n_threads};
	struct pv_error err = {0};
	struct pv_gem5_import_result r;
	if (pv_gem5_import(&o, NULL, &r, &err) != PV_OK)
		die(&err);
	n_rows = r.n_rows * (uint64_t)n_machines;
	n_bytes = r.n_bytes;
	pv_gem5_import_result_release(&r);
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", output);
	if (system(command) != 0)
		exit(1);
}

static const char *main_path, *sq_path;

static void times_only(void)
{
	run_reader(main_path, sq_path, false);
}

static void with_rows(void)
{
	run_reader(main_path, sq_path, true);
}

static void plain_fscanf(void)
{
	if (run_fscanf(main_path, sq_path) == 1)
		puts("");
}

static void import_1(void)
{
	run_import(main_path, sq_path, 1, 1);
}

static void import_8_on_1(void)
{
	run_import(main_path, sq_path, 8, 1);
}

static void import_8(void)
{
	run_import(main_path, sq_path, 8, 0);
}

static double measure(const char *what, void (*run)(void), double base)
{
	double seconds[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		double begin = base_clock_seconds();
		run();
		seconds[i] = base_clock_seconds() - begin;
	}
	qsort(seconds, ROUNDS, sizeof *seconds, by_value);
	double rows_per_s = (double)n_rows / seconds[ROUNDS / 2];
	printf("%-44s %8.2f Mrows/s %8.1f MB/s", what, 1e-6 * rows_per_s, 1e-6 * (double)n_bytes / seconds[ROUNDS / 2]);
	if (base > 0)
		printf("  %6.1f x fscanf", rows_per_s / base);
	putchar('\n');
	return rows_per_s;
}

int main(int argc, char **argv)
{
	const char *from = argc > 1 ? argv[1] : "tests/golden/gem5_cut/timing.txt.zst";
	const char *end = strstr(from, ".txt");
	int copies = argc > 2 ? atoi(argv[2]) : argc > 1 ? 1 : 60;
	char from_sq[1024], paths[2][64];
	snprintf(from_sq, sizeof from_sq, "%.*s.sq%s", (int)(end ? end - from : 0), from, end ? end : "");
	int fds[2] = {memfd_create("trace", 0), memfd_create("stores", 0)};
	for (int i = 0; i < 2; i++) {
		unpack(i ? from_sq : from, copies, fds[i]);
		snprintf(paths[i], sizeof paths[i], "/proc/self/fd/%d", fds[i]);
	}
	main_path = paths[0];
	sq_path = paths[1];
	run_reader(main_path, sq_path, false);
	printf("%s, %d times: %" PRIu64 " rows, %.1f MB of text, medians of %d\n", from, copies, n_rows, 1e-6 * (double)n_bytes, ROUNDS);
	double base = measure("fscanf of every number, nothing else", plain_fscanf, 0);
	measure("reader, times only", times_only, base);
	measure("reader, rows and static micro-operations", with_rows, base);
	measure("import of 1 machine, 1 thread", import_1, base);
	measure("import of 8 machines, 1 thread", import_8_on_1, base);
	measure("import of 8 machines, all processors", import_8, base);
	return 0;
}
