/*
 * calibrate.c - how far the simulator is from gem5: the same instructions, the same machines
 *
 *	build/bench/calibrate FOLDER [MACHINE ...]
 *
 * FOLDER: machines/NAME.json, KERNEL/full.ANY.txt[.zst] (a long stream), KERNEL/NAME.stats.json (gem5's statistics of that stream on
 * machine NAME) and KERNEL/NAME.txt[.zst] (a short stream with NAME's times, cold start); without names every machine of the folder.
 * Any of a kernel's files may be missing.
 *
 * A row per (kernel, machine):
 *   long    CPI by gem5 and here, the error; mispredictions, L1I, L1D and L2 misses (lines asked for) by gem5 and here
 *   short   error of the cycles to the last commit; then, for each stage, how many cycles longer (+) an instruction spends here on average
 * and a summary last, over all machines and over those of them that are presets here. What either side lacks is printed as "-" and left
 * out of the means.
 *
 * Mispredictions of the long stream are what gem5 counts: of the out-of-order core those found in execution (on wrong paths too), without
 * those that decode puts right; of the in-order core all. Those of the short streams are the flags of the trace: whatever fetch guessed
 * wrongly. Misses are the lines that a cache asks for, prefetches included (gem5: overallMshrMisses).
 */
#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/statistics.h"
#include "sim/sim.h"
#include "support/gem5_machine.h"
#include "trace/gem5_text.h"
#include "uarch/uarch.h"

enum { MAX_NAMES = 1024, N_STAGES = 7 };

static const char *const stage_names[N_STAGES] = {"decode", "rename", "dispatch", "issue", "complete", "commit", "store"};

/* A gem5 trace in memory. */
struct gem5_run {
	struct pv_row *rows;               /* (n) */
	struct trace_gem5_record *records; /* (n) */
	struct pv_uop *uops;               /* (n_uops) */
	size_t n;
	uint32_t n_uops;
};

/* Counts of a run; negative: not known. */
struct counts {
	double insns, cycles, mispredicted, l1i_misses, l1d_misses, l2_misses;
	double flagged; /* mispredictions of the short stream */
};

struct pair {
	bool has_long, has_short;
	struct counts gem5, ours; /* of the long stream, but for the flags */
	double short_error;       /* ours / gem5 - 1 */
	double stages[N_STAGES];  /* cycles an instruction spends longer here, mean; NAN: no such stage */
};

struct names {
	char *name[MAX_NAMES];
	size_t n;
};

static void *need(void *p)
{
	if (p == NULL) {
		fprintf(stderr, "error: out of memory\n");
		exit(1);
	}
	return p;
}

static _Noreturn void fail_at(const char *path, const char *message)
{
	fprintf(stderr, "error: '%s': %s\n", path, message);
	exit(1);
}

static _Noreturn void fail(const char *message)
{
	fprintf(stderr, "error: %s\n", message);
	exit(1);
}

/* ---- the folder -------------------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);
	return n >= m && strcmp(s + n - m, end) == 0;
}

/* Names in a folder that end so (the end cut off), sorted. */
static bool list(const char *folder, const char *end, struct names *names)
{
	DIR *dir = opendir(folder);
	if (dir == NULL)
		return false;
	for (struct dirent *e = readdir(dir); e != NULL && names->n < MAX_NAMES; e = readdir(dir))
		if (e->d_name[0] != '.' && ends_with(e->d_name, end)) {
			char *name = need(strdup(e->d_name));
			name[strlen(name) - strlen(end)] = '\0';
			names->name[names->n++] = name;
		}
	closedir(dir);
	qsort(names->name, names->n, sizeof *names->name, by_name);
	return true;
}

static void release_names(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
}

/* A trace of a kernel whose name begins so, "" for any. */
static bool find_trace(const char *folder, const char *kernel, const char *begin, char path[4096])
{
	static const char *const ends[] = {".txt.zst", ".txt"};
	char inside[2048];
	bool found = false;
	(void)snprintf(inside, sizeof inside, "%s/%s", folder, kernel);
	for (unsigned e = 0; e < 2 && !found; e++) {
		struct names files = {.n = 0};
		if (!list(inside, ends[e], &files))
			return false;
		for (size_t i = 0; i < files.n && !found; i++)
			if (strncmp(files.name[i], begin, strlen(begin)) == 0 && !ends_with(files.name[i], ".sq")) {
				(void)snprintf(path, 4096, "%s/%s%s", inside, files.name[i], ends[e]);
				found = true;
			}
		release_names(&files);
	}
	return found;
}

static bool read_run(const char *path, struct gem5_run *run)
{
	struct trace_gem5 *trace = NULL;
	struct pv_error err;
	enum pv_status status = trace_gem5_open(path, NULL, &trace, &err);
	if (status == PV_ERR_MISSING)
		return false;
	if (status != PV_OK)
		fail(err.message);
	*run = (struct gem5_run){0};
	size_t room = 0;
	for (size_t n = 1; n > 0; run->n += n) {
		if (run->n == room) {
			room = room == 0 ? 1u << 16 : 2 * room;
			run->rows = need(realloc(run->rows, room * sizeof *run->rows));
			run->records = need(realloc(run->records, room * sizeof *run->records));
		}
		if (trace_gem5_read(trace, run->rows + run->n, run->records + run->n, room - run->n, &n, &err) != PV_OK)
			fail(err.message);
	}
	const struct pv_uop *uops = trace_gem5_uops(trace, &run->n_uops);
	run->uops = need(calloc(run->n_uops + 1, sizeof *run->uops));
	memcpy(run->uops, uops, run->n_uops * sizeof *uops);
	trace_gem5_close(trace);
	return run->n > 0;
}

static void release_run(struct gem5_run *run)
{
	free(run->rows);
	free(run->records);
	free(run->uops);
	*run = (struct gem5_run){0};
}

static double statistic(const json_t *stats, const char *end)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)stats, key, value)
	{
		if (ends_with(key, end) && json_is_number(value))
			return json_number_value(value);
	}
	return -1;
}

/*
 * gem5's statistics. The in-order core has no count at commit, but its predictor only learns there: condIncorrect counts every branch that
 * it guessed wrongly, of any kind (in gem5 21.2, src/cpu/pred/bpred_unit.cc); RASIncorrect and indirectMispredicted are parts of it.
 */
static bool read_stats(const char *path, struct counts *c)
{
	json_error_t error;
	if (access(path, F_OK) != 0)
		return false;
	json_t *stats = json_load_file(path, 0, &error);
	if (stats == NULL)
		fail_at(path, error.text);
	*c = (struct counts){.insns = statistic(stats, "simInsts"),
	                     .cycles = statistic(stats, ".numCycles"),
	                     .mispredicted = statistic(stats, "commit.branchMispredicts"),
	                     .l1i_misses = statistic(stats, "icache.overallMshrMisses::total"),
	                     .l1d_misses = statistic(stats, "dcache.overallMshrMisses::total"),
	                     .l2_misses = statistic(stats, "l2.overallMshrMisses::total")};
	if (c->mispredicted < 0)
		c->mispredicted = statistic(stats, "branchPred.condIncorrect");
	json_decref(stats);
	return c->insns > 0 && c->cycles > 0;
}

/* ---- running ----------------------------------------------------------------------------------------------------------------------- */

static struct counts run_long(const struct gem5_run *run, const struct pv_uarch *uarch)
{
	struct sim *sim = NULL;
	struct pv_error err;
	if (sim_new(uarch, run->uops, run->n_uops, &sim, &err) != PV_OK)
		fail(err.message);
	sim_run(sim, run->rows, run->n, 0, NULL, 1, NULL);
	if (sim_stall(sim) != NULL)
		fail(sim_stall(sim));
	const struct pv_sim_stats *s = pv_sim_stats(sim);
	struct counts c = {.insns = (double)s->n_insns,
	                   .cycles = (double)s->cycles,
	                   .mispredicted = (double)(s->n_mispredicted - s->n_decode_redirects),
	                   .l1i_misses = (double)s->l1i_misses,
	                   .l1d_misses = (double)(s->l1d_misses + s->l1d_prefetches),
	                   .l2_misses = uarch->l2.present ? (double)(s->l2_misses + s->l2_prefetches) : -1};
	sim_free(sim);
	return c;
}

/* Means of the time from each stage to the one before that the instruction went through, in cycles. */
static void add_stages(const struct pv_uop_times *t, double period_ps, double sum[N_STAGES], double count[N_STAGES])
{
	const uint64_t at[N_STAGES] = {t->decode_ps, t->rename_ps, t->dispatch_ps, t->issue_ps, t->complete_ps, t->commit_ps, t->store_ps};
	uint64_t before = t->fetch_ps;
	for (int s = 0; s < N_STAGES; s++) {
		if (at[s] < before || at[s] == 0)
			continue;
		sum[s] += (double)(at[s] - before) / period_ps;
		count[s]++;
		before = at[s];
	}
}

static void run_short(const struct gem5_run *run, const struct pv_uarch *uarch, struct pair *pair)
{
	struct sim *sim = NULL;
	struct pv_error err;
	struct pv_uop_times *t = need(calloc(run->n, sizeof *t));
	if (sim_new(uarch, run->uops, run->n_uops, &sim, &err) != PV_OK)
		fail(err.message);
	sim_run(sim, run->rows, run->n, 0, NULL, 1, t);
	if (sim_stall(sim) != NULL)
		fail(sim_stall(sim));
	double period_ps = (double)uarch->core.period_ps, sum[2][N_STAGES] = {0}, count[2][N_STAGES] = {0};
	for (size_t i = 0; i < run->n; i++) {
		const struct pv_uop_times *g = &run->records[i].times;
		add_stages(g, period_ps, sum[0], count[0]);
		add_stages(&t[i], period_ps, sum[1], count[1]);
		pair->gem5.flagged += g->mispredicted;
		pair->ours.flagged += t[i].mispredicted;
	}
	for (int s = 0; s < N_STAGES; s++)
		pair->stages[s] = count[0][s] > 0 && count[1][s] > 0 ? sum[1][s] / count[1][s] - sum[0][s] / count[0][s] : NAN;
	pair->short_error = (double)t[run->n - 1].commit_ps / (double)run->records[run->n - 1].times.commit_ps - 1;
	pair->has_short = true;
	sim_free(sim);
	free(t);
}

/* ---- printing ---------------------------------------------------------------------------------------------------------------------- */

static double cpi(const struct counts *c)
{
	return c->cycles / c->insns;
}

static double cpi_error(const struct pair *p)
{
	return cpi(&p->ours) / cpi(&p->gem5) - 1;
}

static void print_count(double theirs, double ours)
{
	if (theirs < 0 || ours < 0)
		printf(" %7s %7s", "-", "-");
	else
		printf(" %7.0f %7.0f", theirs, ours);
}

static void print_head(void)
{
	printf("%-10s %-14s | %7s %7s %7s | %15s %15s %15s %15s | %7s", "kernel", "machine", "gem5", "here", "CPI", "mispredicted",
	       "L1I misses", "L1D misses", "L2 misses", "short");
	for (int s = 0; s < N_STAGES; s++)
		printf(" %8s", stage_names[s]);
	printf("\n");
}

static void print_pair(const char *kernel, const char *machine, const struct pair *p)
{
	printf("%-10s %-14s |", kernel, machine);
	if (p->has_long)
		printf(" %7.3f %7.3f %+6.1f%% |", cpi(&p->gem5), cpi(&p->ours), 100 * cpi_error(p));
	else
		printf(" %7s %7s %7s |", "-", "-", "-");
	print_count(p->has_long ? p->gem5.mispredicted : -1, p->ours.mispredicted);
	print_count(p->has_long ? p->gem5.l1i_misses : -1, p->ours.l1i_misses);
	print_count(p->has_long ? p->gem5.l1d_misses : -1, p->ours.l1d_misses);
	print_count(p->has_long ? p->gem5.l2_misses : -1, p->ours.l2_misses);
	if (p->has_short)
		printf(" | %+6.1f%%", 100 * p->short_error);
	else
		printf(" | %7s", "-");
	for (int s = 0; p->has_short && s < N_STAGES; s++)
		if (isnan(p->stages[s]))
			printf(" %8s", "-");
		else
			printf(" %+8.1f", p->stages[s]);
	printf("\n");
}

/* ---- the whole --------------------------------------------------------------------------------------------------------------------- */

struct table {
	const char *folder;
	struct names kernels, machines;
	struct pv_uarch *uarchs; /* (machines) */
	struct pair *pairs;      /* (kernels, machines) */
};

static void load_machines(struct table *t)
{
	t->uarchs = need(calloc(t->machines.n, sizeof *t->uarchs));
	for (size_t m = 0; m < t->machines.n; m++) {
		char path[4096], why[256];
		(void)snprintf(path, sizeof path, "%s/machines/%s.json", t->folder, t->machines.name[m]);
		if (!gem5_machine_load(path, &t->uarchs[m], NULL, why))
			fail_at(path, why);
	}
}

static bool read_short(const struct table *t, const char *kernel, const char *machine, struct gem5_run *run)
{
	char path[4096];
	(void)snprintf(path, sizeof path, "%s/%s/%s.txt.zst", t->folder, kernel, machine);
	if (read_run(path, run))
		return true;
	(void)snprintf(path, sizeof path, "%s/%s/%s.txt", t->folder, kernel, machine);
	return read_run(path, run);
}

static void run_pair(const struct table *t, size_t k, size_t m, const struct gem5_run *full)
{
	struct pair *p = &t->pairs[k * t->machines.n + m];
	struct gem5_run run = {0};
	char path[4096];
	(void)snprintf(path, sizeof path, "%s/%s/%s.stats.json", t->folder, t->kernels.name[k], t->machines.name[m]);
	p->has_long = full->n > 0 && read_stats(path, &p->gem5);
	if (p->has_long)
		p->ours = run_long(full, &t->uarchs[m]);
	if (read_short(t, t->kernels.name[k], t->machines.name[m], &run))
		run_short(&run, &t->uarchs[m], p);
	release_run(&run);
	if (p->has_long || p->has_short)
		print_pair(t->kernels.name[k], t->machines.name[m], p);
	fflush(stdout);
}

static void run_kernel(struct table *t, size_t k)
{
	char path[4096];
	struct gem5_run full = {0};
	if (find_trace(t->folder, t->kernels.name[k], "full.", path) && !read_run(path, &full))
		fail_at(path, "no instruction in it");
	for (size_t m = 0; m < t->machines.n; m++)
		run_pair(t, k, m, &full);
	release_run(&full);
}

static bool is_preset(const char *machine)
{
	for (size_t i = 0; i < pv_uarch_preset_count(); i++)
		if (strcmp(pv_uarch_preset_name(i), machine) == 0)
			return true;
	return false;
}

/* A mean over pairs. */
struct mean {
	double sum, theirs, off;
	unsigned n;
};

static void add_count(struct mean *m, double gem5, double ours)
{
	if (gem5 < 100 || ours < 0)
		return;
	m->sum += fabs(ours / gem5 - 1);
	m->theirs += gem5;
	m->off += fabs(ours - gem5);
	m->n++;
}

static void print_mean(const char *what, const char *where, const struct mean *m)
{
	if (m->n > 0)
		printf("  %-16s %-8s mean error %5.1f %% over %u runs with at least 100; all together %.1f %%\n", what, where,
		       100 * m->sum / m->n, m->n, 100 * m->off / m->theirs);
}

/* The mean of |relative error| of a count over the pairs where gem5 has at least 100, and of the sums; over all machines and the presets.
 */
static void print_counts(const struct table *t, const char *what, size_t offset)
{
	struct mean all = {0}, presets = {0};
	for (size_t i = 0; i < t->kernels.n * t->machines.n; i++) {
		const struct pair *p = &t->pairs[i];
		if (offset == offsetof(struct counts, flagged) ? !p->has_short : !p->has_long)
			continue;
		double a = *(const double *)((const char *)&p->gem5 + offset), b = *(const double *)((const char *)&p->ours + offset);
		add_count(&all, a, b);
		if (is_preset(t->machines.name[i % t->machines.n]))
			add_count(&presets, a, b);
	}
	print_mean(what, "all", &all);
	print_mean(what, "presets", &presets);
}

/* For each stage: the mean over pairs of |cycles an instruction spends longer here|. */
static void print_stages(const struct table *t)
{
	printf("  cycles per stage (short)  mean difference");
	for (int s = 0; s < N_STAGES; s++) {
		double sum = 0;
		unsigned n = 0;
		for (size_t i = 0; i < t->kernels.n * t->machines.n; i++)
			if (t->pairs[i].has_short && !isnan(t->pairs[i].stages[s])) {
				sum += fabs(t->pairs[i].stages[s]);
				n++;
			}
		printf("%s %s %.1f", s > 0 ? "," : "", stage_names[s], sum / fmax(n, 1));
	}
	printf("\n");
}

static void print_errors(const struct table *t, bool presets)
{
	double sum = 0, worst = -1;
	size_t at = 0, n = 0, n_above = 0;
	for (size_t i = 0; i < t->kernels.n * t->machines.n; i++) {
		const struct pair *p = &t->pairs[i];
		if (!p->has_long || (presets && !is_preset(t->machines.name[i % t->machines.n])))
			continue;
		double e = fabs(cpi_error(p));
		sum += e;
		n++;
		n_above += e > 0.25;
		if (e > worst) {
			worst = e;
			at = i;
		}
	}
	if (n > 0)
		printf("  %-16s %-8s mean error %5.1f %% over %zu, worst %+.1f %% (%s on %s), %zu above 25 %%\n", "CPI",
		       presets ? "presets" : "all", 100 * sum / (double)n, n, 100 * cpi_error(&t->pairs[at]),
		       t->kernels.name[at / t->machines.n], t->machines.name[at % t->machines.n], n_above);
}

static void print_percent(bool sign, double value)
{
	if (isnan(value))
		printf(" %10s", "-");
	else
		printf(sign ? " %+9.1f%%" : " %9.1f%%", 100 * value);
}

static void print_machines(const struct table *t)
{
	printf("\n%-14s %10s %10s %10s\n", "machine", "mean |CPI|", "bias", "short");
	for (size_t m = 0; m < t->machines.n; m++) {
		double sum = 0, bias = 0, cold = 0;
		unsigned n = 0, n_cold = 0;
		for (size_t k = 0; k < t->kernels.n; k++) {
			const struct pair *p = &t->pairs[k * t->machines.n + m];
			sum += p->has_long ? fabs(cpi_error(p)) : 0;
			bias += p->has_long ? cpi_error(p) : 0;
			cold += p->has_short ? fabs(p->short_error) : 0;
			n += p->has_long;
			n_cold += p->has_short;
		}
		if (n + n_cold == 0)
			continue;
		printf("%-14s", t->machines.name[m]);
		print_percent(false, n > 0 ? sum / n : NAN);
		print_percent(true, n > 0 ? bias / n : NAN);
		print_percent(false, n_cold > 0 ? cold / n_cold : NAN);
		printf("\n");
	}
}

static void print_ranks(const struct table *t)
{
	double lowest = 2, sum = 0;
	size_t at = 0, n = 0;
	for (size_t k = 0; k < t->kernels.n; k++) {
		double theirs[MAX_NAMES], ours[MAX_NAMES],
		    scratch[3 * MAX_NAMES]; /* each machine has its own clock, so ranks are of time */
		size_t n_m = 0;
		for (size_t m = 0; m < t->machines.n; m++) {
			const struct pair *p = &t->pairs[k * t->machines.n + m];
			if (!p->has_long)
				continue;
			theirs[n_m] = cpi(&p->gem5) * t->uarchs[m].core.period_ps;
			ours[n_m++] = cpi(&p->ours) * t->uarchs[m].core.period_ps;
		}
		double r = base_spearman(theirs, ours, n_m, scratch);
		if (isnan(r))
			continue;
		sum += r;
		n++;
		if (r < lowest) {
			lowest = r;
			at = k;
		}
	}
	if (n > 0)
		printf("  rank correlation of machines within a kernel (time per instruction): mean %.3f, lowest %.3f (%s)\n",
		       sum / (double)n, lowest, t->kernels.name[at]);
}

static void print_summary(const struct table *t)
{
	double cold = 0;
	size_t n = 0, n_cold = 0;
	for (size_t i = 0; i < t->kernels.n * t->machines.n; i++) {
		n += t->pairs[i].has_long || t->pairs[i].has_short;
		n_cold += t->pairs[i].has_short;
		cold += t->pairs[i].has_short ? fabs(t->pairs[i].short_error) : 0;
	}
	print_machines(t);
	printf("\nsummary of %zu pairs\n", n);
	print_errors(t, false);
	print_errors(t, true);
	print_counts(t, "mispredictions", offsetof(struct counts, mispredicted));
	print_counts(t, "L1I misses", offsetof(struct counts, l1i_misses));
	print_counts(t, "L1D misses", offsetof(struct counts, l1d_misses));
	print_counts(t, "L2 misses", offsetof(struct counts, l2_misses));
	print_ranks(t);
	if (n_cold > 0) {
		printf("  short streams    mean error %5.1f %% over %zu\n", 100 * cold / (double)n_cold, n_cold);
		print_counts(t, "wrong guesses", offsetof(struct counts, flagged));
		print_stages(t);
	}
}

static void list_all(struct table *t, int n_wanted, char **wanted)
{
	char path[4096];
	struct names folders = {.n = 0};
	(void)snprintf(path, sizeof path, "%s/machines", t->folder);
	if (n_wanted == 0 && (!list(path, ".json", &t->machines) || t->machines.n == 0))
		fail_at(path, "no machine is there");
	for (int i = 0; i < n_wanted && i < MAX_NAMES; i++)
		t->machines.name[t->machines.n++] = need(strdup(wanted[i]));
	if (!list(t->folder, "", &folders))
		fail_at(t->folder, "cannot open the folder");
	for (size_t i = 0; i < folders.n; i++)
		if (find_trace(t->folder, folders.name[i], "", path))
			t->kernels.name[t->kernels.n++] = need(strdup(folders.name[i]));
	release_names(&folders);
	if (t->kernels.n == 0)
		fail("no KERNEL/*.txt[.zst] in the folder");
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: calibrate FOLDER [MACHINE ...]\n");
		return 2;
	}
	struct table t = {.folder = argv[1]};
	list_all(&t, argc - 2, argv + 2);
	load_machines(&t);
	t.pairs = need(calloc(t.kernels.n * t.machines.n, sizeof *t.pairs));
	print_head();
	for (size_t k = 0; k < t.kernels.n; k++)
		run_kernel(&t, k);
	print_summary(&t);
	free(t.pairs);
	free(t.uarchs);
	release_names(&t.kernels);
	release_names(&t.machines);
	return 0;
}
