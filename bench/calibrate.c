/*
 * calibrate.c - how far the simulator is from gem5: the same instructions, the same machines
 *
 *	build/bench/calibrate FOLDER [MACHINE ...]
 *
 * FOLDER holds KERNEL/MACHINE.txt.zst (and .sq.txt.zst), traces with gem5's own times. Each is run on the preset (or machine file) MACHINE;
 * without names on every preset. Printed: cycles to the last commit by gem5 and by the simulator, the error of CPI that follows, and
 * what it is made of: mispredictions, instruction and data accesses that went to memory.
 */
#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/uarch.h>

#include "sim/sim.h"
#include "trace/gem5_text.h"
#include "uarch/uarch.h"

enum { MAX_ROWS = 1 << 20, MAX_KERNELS = 64 };

/* A gem5 trace in memory. */
struct gem5_run {
	struct pv_row *rows;         /* (n) */
	struct pv_gem5_times *times; /* (n) */
	struct pv_uop *uops;         /* (n_uops) */
	size_t n;
	uint32_t n_uops;
};

/* What happened, by gem5 and by the simulator. */
struct counts {
	uint64_t cycles, n_mispredicted, n_fetch_memory, n_data_memory;
};

static void *need(void *p)
{
	if (p == NULL) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	return p;
}

static void fail(const struct pv_error *err)
{
	fprintf(stderr, "error: %s\n", err->message);
	exit(1);
}

/* false when there is no such trace */
static bool read_run(const char *path, struct gem5_run *run)
{
	struct pv_gem5 *trace = NULL;
	struct pv_error err;
	enum pv_status status = pv_gem5_open(path, NULL, &trace, &err);
	if (status == PV_ERR_MISSING)
		return false;
	if (status != PV_OK)
		fail(&err);
	*run = (struct gem5_run){.rows = need(calloc(MAX_ROWS, sizeof *run->rows)), .times = need(calloc(MAX_ROWS, sizeof *run->times))};
	for (size_t n = 1; n > 0; run->n += n)
		if (pv_gem5_read(trace, run->rows + run->n, run->times + run->n, MAX_ROWS - run->n, &n, &err) != PV_OK)
			fail(&err);
	const struct pv_uop *uops = pv_gem5_uops(trace, &run->n_uops);
	run->uops = need(calloc(run->n_uops, sizeof *run->uops));
	memcpy(run->uops, uops, run->n_uops * sizeof *uops);
	pv_gem5_close(trace);
	return run->n > 0;
}

static void release_run(struct gem5_run *run)
{
	free(run->rows);
	free(run->times);
	free(run->uops);
}

static struct counts gem5_counts(const struct gem5_run *run, uint64_t period_ps)
{
	struct counts c = {.cycles = run->times[run->n - 1].commit * 100 / period_ps};
	for (size_t i = 0; i < run->n; i++) {
		c.n_mispredicted += run->times[i].mispredicted;
		c.n_fetch_memory += run->times[i].fetch_depth == 2;
		c.n_data_memory += run->times[i].data_depth == 2;
	}
	return c;
}

static struct counts our_counts(const struct gem5_run *run, const struct pv_uarch *uarch)
{
	struct pv_sim *sim = NULL;
	struct pv_error err;
	struct pv_uop_times *times = need(calloc(run->n, sizeof *times));
	if (pv_sim_new(uarch, run->uops, run->n_uops, &sim, &err) != PV_OK)
		fail(&err);
	pv_sim_run(sim, run->rows, run->n, 0, NULL, 1, times);
	struct counts c = {.cycles = times[run->n - 1].commit};
	for (size_t i = 0; i < run->n; i++) {
		c.n_mispredicted += times[i].mispredicted;
		c.n_fetch_memory += times[i].fetch_depth == 2;
		c.n_data_memory += times[i].data_depth == 2;
	}
	pv_sim_free(sim);
	free(times);
	return c;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list_kernels(const char *folder, char **kernels)
{
	DIR *dir = opendir(folder);
	if (dir == NULL) {
		fprintf(stderr, "error: cannot open folder '%s'\n", folder);
		exit(1);
	}
	size_t n = 0;
	for (struct dirent *e = readdir(dir); e != NULL && n < MAX_KERNELS; e = readdir(dir))
		if (strchr(e->d_name, '.') == NULL) /* folders; not README.md and the like */
			kernels[n++] = need(strdup(e->d_name));
	closedir(dir);
	qsort(kernels, n, sizeof *kernels, by_name);
	return n;
}

/* the sum of |error| over the kernels; *n_runs counts them */
static double compare_machine(const char *folder, char *const *kernels, size_t n_kernels, const char *machine, unsigned *n_runs)
{
	struct pv_uarch *uarch = NULL;
	struct pv_error err;
	if (pv_uarch_load(machine, &uarch, &err) != PV_OK)
		fail(&err);
	double sum = 0;
	unsigned n = 0;
	for (size_t k = 0; k < n_kernels; k++) {
		char path[4096];
		struct gem5_run run;
		(void)snprintf(path, sizeof path, "%s/%s/%s.txt.zst", folder, kernels[k], pv_uarch_name(uarch));
		if (!read_run(path, &run))
			continue;
		struct counts a = gem5_counts(&run, (uint64_t)uarch->core.period_ps), b = our_counts(&run, uarch);
		double error = (double)b.cycles / (double)a.cycles - 1;
		printf("%-8s %-10s %9" PRIu64 " %9" PRIu64 "  %+6.1f %%   mispredicted %5" PRIu64 " %5" PRIu64
		       "   fetched from memory %4" PRIu64 " %4" PRIu64 "   data from memory %4" PRIu64 " %4" PRIu64 "\n",
		       machine, kernels[k], a.cycles, b.cycles, 100 * error, a.n_mispredicted, b.n_mispredicted, a.n_fetch_memory,
		       b.n_fetch_memory, a.n_data_memory, b.n_data_memory);
		sum += fabs(error);
		n++;
		release_run(&run);
	}
	if (n > 0)
		printf("%-8s mean error of CPI %.1f %%\n\n", machine, 100 * sum / n);
	*n_runs += n;
	pv_uarch_free(uarch);
	return sum;
}

int main(int argc, char **argv)
{
	char *kernels[MAX_KERNELS];
	if (argc < 2) {
		fprintf(stderr, "usage: calibrate FOLDER [MACHINE ...]\n");
		return 2;
	}
	size_t n_kernels = list_kernels(argv[1], kernels);
	double sum = 0;
	unsigned n = 0;
	printf("%-8s %-10s %9s %9s  %8s   (each pair: gem5, simulator)\n", "machine", "kernel", "gem5", "cycles", "error");
	for (int i = 2; i < argc; i++)
		sum += compare_machine(argv[1], kernels, n_kernels, argv[i], &n);
	for (size_t i = 0; argc == 2 && i < pv_uarch_preset_count(); i++)
		sum += compare_machine(argv[1], kernels, n_kernels, pv_uarch_preset_name(i), &n);
	if (n > 0)
		printf("mean error of CPI over %u runs: %.1f %%\n", n, 100 * sum / n);
	for (size_t k = 0; k < n_kernels; k++)
		free(kernels[k]);
	return 0;
}
