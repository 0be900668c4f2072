/*
 * predictors.c - how often each direction predictor is wrong, and what a branch costs
 *
 *	build/bench/predictors TRACE ...
 *
 * TRACE: NAME.pvt, or a gem5 text trace NAME.txt[.zst]. A row per predictor, a column per trace: conditional branches whose direction was
 * guessed wrong per 1000 instructions (MPKI), from cold; then the mean over traces, and nanoseconds per branch.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/trace.h>

#include "base/clock.h"
#include "sim/bp/tage.h"
#include "trace/gem5_text.h"

enum { MAX_ROWS = 20000000, MAX_TRACES = 32 };

struct branch {
	uint64_t pc, target;
	bool conditional, taken;
};

struct program {
	const char *name;
	struct branch *branches; /* (n) */
	size_t n, n_insns, n_conditional;
};

static void *need(void *p)
{
	if (p == NULL) {
		fprintf(stderr, "error: out of memory\n");
		exit(1);
	}
	return p;
}

static void fail(const struct pv_error *err)
{
	fprintf(stderr, "error: %s\n", err->message);
	exit(1);
}

static void add(struct program *p, const struct pv_uop *uop, const struct pv_row *row, uint64_t next_pc)
{
	p->n_insns += (uop->flags & PV_UOP_LAST) != 0;
	if ((uop->flags & PV_UOP_BRANCH) == 0)
		return;
	struct branch *b = &p->branches[p->n++];
	*b = (struct branch){.pc = uop->pc, .conditional = (uop->flags & PV_UOP_COND_BRANCH) != 0};
	b->taken = (row->flags & PV_ROW_TAKEN) != 0;
	b->target = uop->target != 0 ? uop->target : b->taken ? next_pc : 0;
	p->n_conditional += b->conditional;
}

static void add_rows(struct program *p, const struct pv_uop *uops, const struct pv_row *rows, size_t n)
{
	p->branches = need(calloc(n + 1, sizeof *p->branches));
	for (size_t i = 0; i < n; i++)
		add(p, &uops[rows[i].uop], &rows[i], i + 1 < n ? uops[rows[i + 1].uop].pc : 0);
}

static void load_pvt(struct program *p, const char *path)
{
	struct pv_trace *trace = NULL;
	struct pv_error err;
	if (pv_trace_open(path, &trace, &err) != PV_OK)
		fail(&err);
	const struct pv_trace_info *info = pv_trace_info(trace);
	size_t max = info->n_rows < MAX_ROWS ? info->n_rows : MAX_ROWS, n = 0;
	struct pv_row *rows = need(calloc(max + PV_TRACE_CHUNK_ROWS, sizeof *rows));
	for (uint32_t chunk = 0; chunk < info->n_chunks && n < max; chunk++) {
		size_t n_chunk = 0;
		if (pv_trace_read_chunk(trace, chunk, rows + n, &n_chunk, NULL, &err) != PV_OK)
			fail(&err);
		n += n_chunk;
	}
	add_rows(p, pv_trace_uops(trace), rows, n);
	free(rows);
	pv_trace_close(trace);
}

static void load_gem5(struct program *p, const char *path)
{
	enum { MAX = 1 << 20 };
	struct trace_gem5 *trace = NULL;
	struct pv_error err;
	if (trace_gem5_open(path, NULL, &trace, &err) != PV_OK)
		fail(&err);
	struct pv_row *rows = need(calloc(MAX, sizeof *rows));
	struct trace_gem5_record *records = need(calloc(MAX, sizeof *records));
	size_t n = 0;
	for (size_t got = 1; got > 0; n += got)
		if (trace_gem5_read(trace, rows + n, records, MAX - n, &got, &err) != PV_OK)
			fail(&err);
	uint32_t n_uops = 0;
	const struct pv_uop *uops = trace_gem5_uops(trace, &n_uops);
	add_rows(p, uops, rows, n);
	free(rows);
	free(records);
	trace_gem5_close(trace);
}

static void load(struct program *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t length = strlen(path);
	*p = (struct program){.name = slash != NULL ? slash + 1 : path};
	if (length > 4 && strcmp(path + length - 4, ".pvt") == 0)
		load_pvt(p, path);
	else
		load_gem5(p, path);
}

/* ---- predictors -------------------------------------------------------------------------------------------------------------------- */

/* gem5's default sizes of the table predictors */
static const struct uarch_branch sizes = {.n_global = 8192,
                                          .global_counter_bits = 2,
                                          .n_local = 2048,
                                          .local_counter_bits = 2,
                                          .n_local_history = 2048,
                                          .n_choice = 8192,
                                          .choice_counter_bits = 2,
                                          .inst_shift_bits = 2};

static enum pv_status make_local(struct bp_direction **d, struct pv_error *err)
{
	return bp_local_new(&sizes, d, err);
}

static enum pv_status make_gshare(struct bp_direction **d, struct pv_error *err)
{
	return bp_gshare_new(&sizes, d, err);
}

static enum pv_status make_bimode(struct bp_direction **d, struct pv_error *err)
{
	return bp_bimode_new(&sizes, d, err);
}

static enum pv_status make_tournament(struct bp_direction **d, struct pv_error *err)
{
	return bp_tournament_new(&sizes, d, err);
}

static enum pv_status make_tage(struct bp_direction **d, struct pv_error *err)
{
	return bp_tage_new(&bp_tage_8_tables, d, err);
}

static enum pv_status make_ltage(struct bp_direction **d, struct pv_error *err)
{
	return bp_ltage_new(2, d, err);
}

static enum pv_status make_tage_sc_l_8(struct bp_direction **d, struct pv_error *err)
{
	return bp_tage_sc_l_new(BP_PREDICTOR_8KB, 2, d, err);
}

static enum pv_status make_tage_sc_l_64(struct bp_direction **d, struct pv_error *err)
{
	return bp_tage_sc_l_new(BP_PREDICTOR_64KB, 2, d, err);
}

static enum pv_status make_mpp_8(struct bp_direction **d, struct pv_error *err)
{
	return bp_mpp_new(BP_PREDICTOR_8KB, 2, d, err);
}

static enum pv_status make_mpp_64(struct bp_direction **d, struct pv_error *err)
{
	return bp_mpp_new(BP_PREDICTOR_64KB, 2, d, err);
}

static enum pv_status make_mpp_tage_8(struct bp_direction **d, struct pv_error *err)
{
	return bp_mpp_tage_new(BP_PREDICTOR_8KB, 2, d, err);
}

static enum pv_status make_mpp_tage_64(struct bp_direction **d, struct pv_error *err)
{
	return bp_mpp_tage_new(BP_PREDICTOR_64KB, 2, d, err);
}

static const struct {
	const char *name;
	enum pv_status (*make)(struct bp_direction **, struct pv_error *);
} predictors[] = {{"local", make_local},
                  {"gshare", make_gshare},
                  {"bimode", make_bimode},
                  {"tournament", make_tournament},
                  {"tage", make_tage},
                  {"ltage", make_ltage},
                  {"tage_sc_l_8kb", make_tage_sc_l_8},
                  {"tage_sc_l_64kb", make_tage_sc_l_64},
                  {"mpp_8kb", make_mpp_8},
                  {"mpp_64kb", make_mpp_64},
                  {"mpp_tage_8kb", make_mpp_tage_8},
                  {"mpp_tage_64kb", make_mpp_tage_64}};

static size_t n_wrong(struct bp_direction *d, const struct program *p)
{
	size_t wrong = 0;
	for (size_t i = 0; i < p->n; i++) {
		const struct branch *b = &p->branches[i];
		if (b->conditional)
			wrong += d->ops->step(d, b->pc, b->target, b->taken) != b->taken;
		else
			d->ops->note_unconditional(d, b->pc, b->target);
	}
	return wrong;
}

int main(int argc, char **argv)
{
	struct program programs[MAX_TRACES];
	size_t n = 0, n_branches = 0;
	if (argc < 2) {
		fprintf(stderr, "usage: predictors TRACE ...\n");
		return 2;
	}
	printf("%-16s", "MPKI");
	for (int i = 1; i < argc && n < MAX_TRACES; i++, n++) {
		load(&programs[n], argv[i]);
		n_branches += programs[n].n;
		printf(" %11.11s", programs[n].name);
	}
	printf(" %8s %9s\n", "mean", "ns/branch");
	for (size_t k = 0; k < sizeof predictors / sizeof *predictors; k++) {
		double sum = 0, took = 0;
		printf("%-16s", predictors[k].name);
		for (size_t i = 0; i < n; i++) {
			struct bp_direction *d = NULL;
			struct pv_error err;
			if (predictors[k].make(&d, &err) != PV_OK)
				fail(&err);
			double start = base_cpu_seconds();
			double mpki = 1000 * (double)n_wrong(d, &programs[i]) / (double)programs[i].n_insns;
			took += base_cpu_seconds() - start;
			d->ops->free(d);
			sum += mpki;
			printf(" %11.3f", mpki);
		}
		printf(" %8.3f %9.1f\n", sum / (double)n, 1e9 * took / (double)n_branches);
	}
	for (size_t i = 0; i < n; i++)
		free(programs[i].branches);
	return 0;
}
