/*
 * combine.c - rows files of one program on several machines into a dataset
 *
 * All files have blocks of the same size, so they are read in step.
 */
#include "gem5/combine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gem5/rows.h"

struct combiner {
	const struct gem5_combine_options *o;
	int K;
	unsigned T;
	struct gem5_rows_reader **readers; /* (K) */
	struct gem5_rows *blocks;          /* (K) */
	int with_features;                 /* the first that has them */
	uint32_t *targets;                 /* (GEM5_ROWS_BLOCK, K, T) */
	struct pv_dataset_writer *writer;
	uint64_t n_rows;
	char *cut;
	size_t n_cut;
};

static const char *machine_name(const struct combiner *c, int k)
{
	return c->o->spec->machines[k].name;
}

/* The row of this block that machine k is the first to disagree at, or n. */
static size_t first_disagreement(const struct combiner *c, int k, size_t n)
{
	const struct gem5_rows *a = &c->blocks[0], *b = &c->blocks[k];
	for (size_t i = 0; i < n; i++)
		if (a->pc[i] != b->pc[i] || a->taken[i] != b->taken[i])
			return i;
	return n;
}

static void say_disagreement(const struct combiner *c, int k, size_t i)
{
	const struct gem5_rows *a = &c->blocks[0], *b = &c->blocks[k];
	uint64_t row = c->n_rows + i;
	if (a->pc[i] != b->pc[i])
		snprintf(c->cut, c->n_cut, "row %" PRIu64 " is at pc 0x%" PRIx64 " on machine '%s' and at 0x%" PRIx64 " on '%s'", row,
		         a->pc[i], machine_name(c, 0), b->pc[i], machine_name(c, k));
	else
		snprintf(c->cut, c->n_cut, "the branch of row %" PRIu64 " (pc 0x%" PRIx64 ") is %s on machine '%s' and %s on '%s'", row,
		         a->pc[i], a->taken[i] ? "taken" : "not taken", machine_name(c, 0), b->taken[i] ? "taken" : "not taken",
		         machine_name(c, k));
}

/* How many rows of this block all have in common; says why when that is not all. */
static size_t common_rows(const struct combiner *c)
{
	size_t n = c->blocks[0].n, longest = n;
	int shortest = 0;
	for (int k = 1; k < c->K; k++) {
		if (c->blocks[k].n < n) {
			n = c->blocks[k].n;
			shortest = k;
		}
		longest = c->blocks[k].n > longest ? c->blocks[k].n : longest;
	}
	if (n < longest)
		snprintf(c->cut, c->n_cut, "the trace of machine '%s' ends after %" PRIu64 " rows, before others",
		         machine_name(c, shortest), c->n_rows + n);
	for (int k = 1; k < c->K; k++) {
		size_t i = first_disagreement(c, k, n);
		if (i < n) {
			say_disagreement(c, k, i);
			n = i;
		}
	}
	return n;
}

static enum pv_status append(struct combiner *c, size_t n, uint64_t *totals, struct pv_error *err)
{
	unsigned time = c->T == 1 ? 0 : PV_TARGET_store_commit;
	size_t row_bytes = c->T * sizeof *c->targets;
	for (int k = 0; k < c->K; k++)
		for (size_t i = 0; i < n; i++) {
			const uint32_t *from = c->blocks[k].targets + i * c->T;
			memcpy(c->targets + (i * (size_t)c->K + (size_t)k) * c->T, from, row_bytes);
			totals[k] += from[time];
		}
	c->n_rows += n;
	TRY(pv_dataset_append_context(c->writer, c->blocks[c->with_features].context, n, err));
	if (c->T == 1)
		return pv_dataset_append(c->writer, c->blocks[c->with_features].features, c->targets, n, err);
	return pv_dataset_append_all(c->writer, c->blocks[c->with_features].features, c->targets, n, err);
}

static enum pv_status append_all_blocks(struct combiner *c, uint64_t *totals, const struct pv_progress *p, struct pv_error *err)
{
	for (;;) {
		for (int k = 0; k < c->K; k++)
			TRY(gem5_rows_read(c->readers[k], &c->blocks[k], err));
		size_t n = common_rows(c);
		if (n)
			TRY(append(c, n, totals, err));
		if (n < GEM5_ROWS_BLOCK)
			return PV_OK;
		if (p && p->report)
			p->report(p->user, "combining", "micro-operations", c->n_rows, 0);
		if (p && p->stop && p->stop(p->user))
			return base_error_set(err, PV_ERR_INTERRUPTED, "interrupted while combining the traces");
	}
}

static enum pv_status open_all(struct combiner *c, struct pv_error *err)
{
	c->readers = calloc((size_t)c->K, sizeof(struct gem5_rows_reader *));
	c->blocks = calloc((size_t)c->K, sizeof *c->blocks);
	FAIL_IF(!c->readers || !c->blocks, err, PV_ERR_NOMEM, "out of memory");
	for (int k = 0; k < c->K; k++) {
		TRY(gem5_rows_open(c->o->paths[k], &c->readers[k], err));
		unsigned T = gem5_rows_info(c->readers[k])->n_targets;
		FAIL_IF(k && T != c->T, err, PV_ERR_SHAPE, "'%s' holds %u targets, others %u", c->o->paths[k], T, c->T);
		c->T = T;
		TRY(gem5_rows_new(&c->blocks[k], gem5_rows_info(c->readers[k]), err));
	}
	while (c->with_features < c->K && !gem5_rows_info(c->readers[c->with_features])->features)
		c->with_features++;
	FAIL_IF(c->with_features == c->K, err, PV_ERR_MISSING, "'%s' and the others hold no features", c->o->paths[0]);
	c->targets = malloc((size_t)c->K * c->T * GEM5_ROWS_BLOCK * sizeof *c->targets);
	FAIL_IF(!c->targets, err, PV_ERR_NOMEM, "out of memory for %d machines", c->K);
	return PV_OK;
}

static enum pv_status write_dataset(struct combiner *c, uint64_t *totals, const struct pv_progress *progress, struct pv_error *err)
{
	struct pv_dataset_spec spec = *c->o->spec;
	spec.context = true;
	TRY(pv_dataset_create(c->o->output, &spec, &c->writer, err));
	TRY(pv_dataset_begin_program(c->writer, c->o->program, true, c->o->source, err));
	TRY(append_all_blocks(c, totals, progress, err));
	FAIL_IF(c->n_rows == 0, err, PV_ERR_FORMAT, "the traces have no row in common: %s", c->cut);
	TRY(pv_dataset_end_program(c->writer, err));
	struct pv_dataset_writer *writer = c->writer;
	c->writer = NULL;
	return pv_dataset_finish(writer, err);
}

enum pv_status gem5_combine(const struct gem5_combine_options *options, uint64_t *n_rows, uint64_t *totals, char *cut, size_t n_cut,
                            const struct pv_progress *progress, struct pv_error *err)
{
	struct combiner c = {.o = options, .K = options->spec->n_machines, .cut = cut, .n_cut = n_cut};
	*cut = '\0';
	enum pv_status status = open_all(&c, err);
	if (status == PV_OK)
		status = write_dataset(&c, totals, progress, err);
	*n_rows = c.n_rows;
	pv_dataset_discard(c.writer);
	for (int k = 0; k < c.K; k++) {
		if (c.readers)
			gem5_rows_close(c.readers[k]);
		if (c.blocks)
			gem5_rows_release(&c.blocks[k]);
	}
	free(c.readers);
	free(c.blocks);
	free(c.targets);
	return status;
}
