/*
 * trace_speed.c - how fast a program is recorded end to end, how large its trace is, and how much slower it runs than under QEMU alone
 *
 * Usage: trace_speed [--sysroot DIR] [--rounds N] PROGRAM ARGS...
 * Example: trace_speed --sysroot demo/out/root demo/out/root/bin/bzip2 -c FILE
 *
 * The program's output is thrown away. Figures are medians of the rounds (default 3); the trace lies in $TMPDIR or /tmp. Recording takes
 * the guest's process and the tracer's, so it needs two processors to reach its rate.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <perfvec/perfvec.h>

#include "base/clock.h"

enum { MAX_ROUNDS = 99 };

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof *values, by_value);
	return values[n / 2];
}

/* Seconds of one run under QEMU alone; a negative number when it cannot be run. */
static double run_plain(const char *sysroot, char **argv)
{
	double start = base_clock_seconds();
	pid_t pid = fork();
	if (pid == 0) {
		size_t n = 0;
		while (argv[n])
			n++;
		char **args = malloc((n + 8) * sizeof *args), **a = args;
		if (!args)
			_exit(127);
		*a++ = "qemu-aarch64", *a++ = "-cpu", *a++ = PV_TRACER_CPU;
		if (sysroot)
			*a++ = "-L", *a++ = (char *)(uintptr_t)sysroot;
		memcpy(a, argv, (n + 1) * sizeof *argv);
		execvp(args[0], args);
		_exit(127);
	}
	int status = 0;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 127 ? base_clock_seconds() - start : -1;
}

int main(int argc, char **argv)
{
	struct pv_tracer_options o = {0};
	int rounds = 3, i = 1;
	for (; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2)
		if (!strcmp(argv[i], "--sysroot"))
			o.sysroot = argv[i + 1];
		else if (!strcmp(argv[i], "--rounds"))
			rounds = atoi(argv[i + 1]);
	if (i >= argc || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: trace_speed [--sysroot DIR] [--rounds N] PROGRAM ARGS...\n");
		return 2;
	}
	char path[256];
	snprintf(path, sizeof path, "%s/trace_speed.%ld.pvt", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (long)getpid());
	o.out_path = path;
	o.argv = argv + i;
	FILE *out = fdopen(dup(STDOUT_FILENO), "w");
	int null = open("/dev/null", O_WRONLY);
	if (!out || null < 0 || dup2(null, STDOUT_FILENO) < 0) {
		perror("error: cannot set up the output");
		return 1;
	}
	double plain[MAX_ROUNDS], traced[MAX_ROUNDS];
	struct pv_tracer_result result;
	struct stat st = {0};
	for (int r = 0; r < rounds; r++) {
		struct pv_error err = {0};
		plain[r] = run_plain(o.sysroot, argv + i);
		double start = base_clock_seconds();
		if (pv_tracer_run(&o, NULL, &result, &err) != PV_OK) {
			fprintf(stderr, "error: %s\n%s%s\n", err.message, err.hint[0] ? "hint: " : "", err.hint);
			return 1;
		}
		traced[r] = base_clock_seconds() - start;
		stat(path, &st);
		unlink(path);
	}
	double seconds = median(traced, rounds), alone = median(plain, rounds);
	double n_insns = (double)result.n_insns, n_rows = (double)result.n_rows;
	fprintf(out, "%.1f M instructions, %.1f M micro-operations\n", n_insns * 1e-6, n_rows * 1e-6);
	fprintf(out, "recorded    %8.2f s   %8.1f M instructions/s   %.1f M micro-operations/s\n", seconds, n_insns * 1e-6 / seconds,
	        n_rows * 1e-6 / seconds);
	fprintf(out, "QEMU alone  %8.2f s   %8.1f M instructions/s   recording takes %.1f times as long\n", alone, n_insns * 1e-6 / alone,
	        seconds / alone);
	fprintf(out, "trace       %8.1f MB  %8.3f bytes/micro-operation\n", (double)st.st_size * 1e-6, (double)st.st_size / n_rows);
	return 0;
}
