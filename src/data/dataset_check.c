/*
 * dataset_check.c - reads a whole dataset and holds it against its manifest and against what features can be
 *
 * One pass over every program's rows and targets. A problem is told once for each program and kind, with the first row and how many there
 * are, so that a broken file gives a short list and not a line per row.
 */
#include <perfvec/dataset.h>

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <perfvec/features.h>
#include <perfvec/uop.h>

#include "base/error.h"
#include "data/stats.h"
#include "data/unpack.h"

enum { BLOCK = 256, PROGRESS_ROWS = 1 << 18, MOST_SIXTEENTHS = 16 };

/* What can be wrong with a row, besides a feature out of its bounds: kinds 0..F-1. */
enum row_problem { UNKNOWN_FLAG = PV_N_FEATURES, ENTROPY_CODE, ENTROPY_OF_NO_BRANCH, ADDRESS_MEMBERS, CONTEXT_MEMBERS, N_ROW_PROBLEMS };

struct finding {
	uint64_t n, first; /* rows, and the first of them */
	double value;      /* there */
};

struct check {
	void (*problem)(void *user, const char *text);
	void *user;
	const struct pv_progress *progress;
	uint64_t n_problems, n_rows_done, n_rows;
	double low[PV_N_FEATURES], high[PV_N_FEATURES];
	struct data_feature_stats stats;
	uint64_t *sum; /* (K) of the program at hand */
};

__attribute__((format(printf, 2, 3))) static void tell(struct check *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	c->n_problems++;
	if (c->problem)
		c->problem(c->user, text);
}

/* ---- parts of programs ---- */

static void check_parts(struct check *c, const struct pv_dataset_program *p)
{
	static const char *const names[PV_N_SPLITS] = {"train", "valid", "test"};
	for (int a = 0; a < PV_N_SPLITS; a++) {
		if (p->begin[a] == p->end[a])
			continue;
		if (!p->seen && a != PV_SPLIT_TEST)
			tell(c, "program '%s' is not seen but has %s rows", p->name, names[a]);
		for (int b = a + 1; b < PV_N_SPLITS; b++)
			if (p->begin[b] < p->end[b] && p->begin[a] < p->end[b] && p->begin[b] < p->end[a])
				tell(c, "program '%s': its %s and %s rows overlap", p->name, names[a], names[b]);
	}
}

/* ---- rows ---- */

static void find(struct finding *found, uint64_t row, double value)
{
	if (found->n++ == 0) {
		found->first = row;
		found->value = value;
	}
}

/* What the bounds of single features do not say. */
static void check_members(const struct pv_feature_row *r, uint64_t row, struct finding *found)
{
	const uint32_t known = 2 * PV_FEATURE_LAST - 1;
	if ((r->flags & ~known) || r->reserved)
		find(&found[UNKNOWN_FLAG], row, 0);
	if (r->entropy_before > MOST_SIXTEENTHS || r->entropy_after > MOST_SIXTEENTHS)
		find(&found[ENTROPY_CODE], row, r->entropy_before > MOST_SIXTEENTHS ? r->entropy_before : r->entropy_after);
	if ((r->entropy_before || r->entropy_after) && !(r->flags & PV_FEATURE_COND_BRANCH))
		find(&found[ENTROPY_OF_NO_BRANCH], row, 0);
	bool all = r->load_reuse && r->store_reuse && r->address_distance;
	bool any = r->load_reuse || r->store_reuse || r->address_distance;
	if (r->flags & PV_FEATURE_HAS_ADDR ? !all : any)
		find(&found[ADDRESS_MEMBERS], row, 0);
}

/* Distances and counts within their bounds, producers in order, and those of memory where there is an address. */
static void check_context(const struct pv_feature_row *r, const struct pv_context_row *c, uint64_t row, struct finding *found)
{
	const uint16_t *p = c->producer;
	const bool address = r->flags & PV_FEATURE_HAS_ADDR;
	const bool memory = c->data_reuse && c->data_reuse <= PV_REUSE_NEVER && c->data_set && c->shared_set;
	const bool none = !c->data_reuse && !c->data_set && !c->store_distance && !c->stride && !c->stride_repeats;
	const bool order = p[0] <= PV_ADDRESS_NEVER && (!p[1] || p[1] > p[0]) && (!p[2] || (p[1] && p[2] > p[1])) &&
	                   p[1] <= PV_ADDRESS_NEVER && p[2] <= PV_ADDRESS_NEVER && (p[0] || !p[1]);
	const bool bounds = c->store_distance <= PV_ADDRESS_NEVER && c->stride_repeats <= 15 && c->data_set <= 9 && c->fetch_set >= 1 &&
	                    c->fetch_set <= 9 && c->shared_set <= 17 && c->line_offset <= 15 && c->producer_op <= PV_N_OP_CLASSES &&
	                    c->producer_reuse <= 27 && !c->reserved;
	if (!bounds || !order || !(address ? memory : none))
		find(&found[CONTEXT_MEMBERS], row, 0);
}

static void check_bounds(const struct check *c, const float *x, uint64_t row, struct finding *found)
{
	bool bad = false;
	for (int f = 0; f < PV_N_FEATURES; f++)
		bad |= x[f] < c->low[f] || x[f] > c->high[f];
	for (int f = 0; bad && f < PV_N_FEATURES; f++)
		if (x[f] < c->low[f] || x[f] > c->high[f])
			find(&found[f], row, x[f]);
}

static void tell_row_problem(struct check *c, const char *name, int kind, const struct finding *f)
{
	char what[160];
	if (kind < PV_N_FEATURES)
		snprintf(what, sizeof what, "feature '%s' is %g, not in %g..%.9g", pv_feature_name((unsigned)kind), f->value, c->low[kind],
		         c->high[kind]);
	else if (kind == UNKNOWN_FLAG)
		snprintf(what, sizeof what, "bits are set that have no meaning");
	else if (kind == ENTROPY_CODE)
		snprintf(what, sizeof what, "a branch history is %g sixteenths", f->value);
	else if (kind == ENTROPY_OF_NO_BRANCH)
		snprintf(what, sizeof what, "a branch history without a conditional branch");
	else if (kind == ADDRESS_MEMBERS)
		snprintf(what, sizeof what, "reuse and address distances do not go with 'has_addr'");
	else
		snprintf(what, sizeof what, "its context row has a member out of its bounds");
	tell(c, "program '%s', row %" PRIu64 ": %s (%" PRIu64 " such rows)", name, f->first, what, f->n);
}

/* ---- targets ---- */

static void add_targets(struct check *c, const struct pv_dataset_program *p, int n_machines, uint64_t begin, uint64_t n)
{
	const uint64_t k = (uint64_t)n_machines;
	const uint16_t *narrow = p->target_bytes == 2 ? (const uint16_t *)p->targets + begin * k : NULL;
	const uint32_t *wide = p->target_bytes == 4 ? (const uint32_t *)p->targets + begin * k : NULL;
	for (uint64_t i = 0; i < n; i++)
		for (uint64_t m = 0; m < k; m++)
			c->sum[m] += narrow ? narrow[i * k + m] : wide[i * k + m];
}

static uint32_t value_at(const void *values, unsigned bytes, uint64_t i)
{
	return bytes == 2 ? ((const uint16_t *)values)[i] : ((const uint32_t *)values)[i];
}

/* The target that is trained on is one of all. */
static void check_all_targets(struct check *c, const struct pv_dataset *d, const struct pv_dataset_program *p)
{
	const uint64_t n = p->n_rows * (uint64_t)pv_dataset_n_machines(d), target = (uint64_t)pv_dataset_info(d)->target;
	for (uint64_t i = 0; p->all_targets && i < n; i++)
		if (value_at(p->targets, p->target_bytes, i) != value_at(p->all_targets, p->all_target_bytes, i * PV_N_TARGETS + target)) {
			tell(c, "program '%s', row %" PRIu64 ": the target differs from that among all targets", p->name,
			     i / (uint64_t)pv_dataset_n_machines(d));
			return;
		}
}

static void check_totals(struct check *c, const struct pv_dataset *d, const struct pv_dataset_program *p)
{
	for (int k = 0; k < pv_dataset_n_machines(d); k++)
		if (c->sum[k] != p->total[k])
			tell(c, "program '%s' on machine '%s': the targets sum to %" PRIu64 ", the manifest says %" PRIu64, p->name,
			     pv_dataset_machine(d, k)->name, c->sum[k], p->total[k]);
}

/* ---- programs ---- */

static enum pv_status report(struct check *c, uint64_t n, struct pv_error *err)
{
	const struct pv_progress *progress = c->progress;
	uint64_t before = c->n_rows_done / PROGRESS_ROWS;
	c->n_rows_done += n;
	if (!progress || before == c->n_rows_done / PROGRESS_ROWS)
		return PV_OK;
	if (progress->report)
		progress->report(progress->user, "checking", "rows", c->n_rows_done, c->n_rows);
	FAIL_IF(progress->stop && progress->stop(progress->user), err, PV_ERR_INTERRUPTED, "interrupted");
	return PV_OK;
}

static enum pv_status check_program(struct check *c, const struct pv_dataset *d, const struct pv_dataset_program *p, struct pv_error *err)
{
	struct finding found[N_ROW_PROBLEMS] = {0};
	float x[BLOCK][PV_N_FEATURES];
	uint64_t n_insns = 0;
	check_parts(c, p);
	for (int k = 0; k < pv_dataset_n_machines(d); k++)
		c->sum[k] = 0;
	for (uint64_t begin = 0; begin < p->n_rows; begin += BLOCK) {
		uint64_t n = p->n_rows - begin < BLOCK ? p->n_rows - begin : BLOCK;
		pv_features_unpack(p->features + begin, n, NULL, NULL, x[0], PV_N_FEATURES);
		for (uint64_t i = 0; i < n; i++) {
			check_bounds(c, x[i], begin + i, found);
			check_members(&p->features[begin + i], begin + i, found);
			if (p->context)
				check_context(&p->features[begin + i], &p->context[begin + i], begin + i, found);
			n_insns += (p->features[begin + i].flags & PV_FEATURE_LAST) != 0;
		}
		add_targets(c, p, pv_dataset_n_machines(d), begin, n);
		TRY(report(c, n, err));
	}
	for (int kind = 0; kind < N_ROW_PROBLEMS; kind++)
		if (found[kind].n)
			tell_row_problem(c, p->name, kind, &found[kind]);
	if (n_insns != p->n_insns)
		tell(c, "program '%s' has %" PRIu64 " instructions, the manifest says %" PRIu64, p->name, n_insns, p->n_insns);
	check_totals(c, d, p);
	check_all_targets(c, d, p);
	uint64_t train = p->begin[PV_SPLIT_TRAIN];
	data_feature_stats_add(&c->stats, p->features + train, p->end[PV_SPLIT_TRAIN] - train);
	return PV_OK;
}

/* ---- statistics ---- */

static bool near(double a, double b, double scale)
{
	return fabs(a - b) <= 1e-4 * (fabs(scale) + 1e-30);
}

/* Another tool may sum in another order and precision, so to four digits. */
static void check_stats(struct check *c, const struct pv_dataset *d)
{
	const float *mean, *std;
	float our_mean[PV_N_FEATURES], our_std[PV_N_FEATURES];
	pv_dataset_stats(d, &mean, &std);
	data_feature_stats_get(&c->stats, our_mean, our_std);
	if (c->stats.n != pv_dataset_info(d)->n_train_rows)
		tell(c, "the manifest's statistics are over %" PRIu64 " rows, the training rows are %" PRIu64,
		     pv_dataset_info(d)->n_train_rows, c->stats.n);
	for (int f = 0; f < PV_N_FEATURES; f++)
		if (!near(mean[f], our_mean[f], fabs(our_mean[f]) + our_std[f]) || !near(std[f], our_std[f], our_std[f] + 1e-6))
			tell(c, "feature '%s' has mean %g and deviation %g over the training rows, the manifest says %g and %g",
			     pv_feature_name((unsigned)f), our_mean[f], our_std[f], mean[f], std[f]);
}

enum pv_status pv_dataset_check(const struct pv_dataset *d, void (*problem)(void *user, const char *text), void *user,
                                const struct pv_progress *progress, struct pv_error *err)
{
	struct check c = {.problem = problem, .user = user, .progress = progress, .n_rows = pv_dataset_info(d)->n_rows};
	for (unsigned f = 0; f < PV_N_FEATURES; f++)
		data_feature_bounds(f, &c.low[f], &c.high[f]);
	c.sum = calloc((size_t)pv_dataset_n_machines(d), sizeof *c.sum);
	FAIL_IF(!c.sum, err, PV_ERR_NOMEM, "out of memory checking a dataset");
	enum pv_status status = PV_OK;
	for (int i = 0; i < pv_dataset_n_programs(d) && status == PV_OK; i++)
		status = check_program(&c, d, pv_dataset_program(d, i), err);
	if (status == PV_OK)
		check_stats(&c, d);
	free(c.sum);
	TRY(status);
	FAIL_IF(c.n_problems, err, PV_ERR_FORMAT, "the dataset has %" PRIu64 " problem%s", c.n_problems, c.n_problems > 1 ? "s" : "");
	return PV_OK;
}
