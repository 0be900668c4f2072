/*
 * represent.c - programs into vectors
 *
 * Slices start on a grid of PV_SLICE_ROWS rows and run REPRESENT_PASS_STREAMS at a time, from the program's first row on: a trace that is
 * read block by block and a dataset of the same program give the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>

#include "base/array.h"
#include "base/error.h"
#include "model/model.h"
#include "represent/pass.h"
#include "represent/ranges.h"
#include "represent/sample.h"
#include "represent/trace_rows.h"
#include "represent/vectors.h"

/* Rows that one task runs. */
enum { GROUP_ROWS = PV_SLICE_ROWS * REPRESENT_PASS_STREAMS };

/* A vector to be: consecutive rows of a program. */
struct part {
	uint64_t first_row, n_rows, first_insn, n_insns;
};

struct represent {
	const struct pv_model *model;
	struct base_threads *pool;
	const struct pv_progress *progress;
	struct represent_run pass;
	uint64_t phase_insns;
	struct represent_sample_plan plan;
	struct part *parts; /* (n_parts) of the program at hand so far; the last one may go on */
	double *sums;       /* (n_parts, D) */
	size_t n_parts, room;
	uint64_t *ends; /* (n_ends) of the rows at hand: where parts end, and where the rows do */
	size_t n_ends, ends_room;
};

static void end(struct represent *r)
{
	base_threads_free(r->pool);
	free(r->parts);
	free(r->sums);
	free(r->ends);
}

static enum pv_status check_options(const struct pv_represent_options *o, struct pv_error *err)
{
	if (!o->sample_period)
		return PV_OK;
	FAIL_IF(o->phase_insns, err, PV_ERR_ARG, "a sample has no phases");
	FAIL_IF(!o->sample_unit || o->sample_period < o->sample_unit + PV_SLICE_WARMUP_ROWS, err, PV_ERR_ARG,
	        "a sampling period of %llu is shorter than a unit of %llu (at least 1) and its warm-up of %d",
	        (unsigned long long)o->sample_period, (unsigned long long)o->sample_unit, PV_SLICE_WARMUP_ROWS);
	return PV_OK;
}

static enum pv_status begin(struct represent *r, const struct pv_model *model, const struct pv_vectors *vectors,
                            const struct pv_represent_options *options, const struct pv_progress *progress, struct pv_error *err)
{
	const struct pv_represent_options o = options ? *options : (struct pv_represent_options){0};
	TRY(represent_vectors_check(vectors, model, err));
	TRY(check_options(&o, err));
	*r = (struct represent){.model = model,
	                        .progress = progress,
	                        .pool = base_threads_new(o.threads),
	                        .phase_insns = o.phase_insns,
	                        .plan = {o.sample_unit, o.sample_period, o.sample_warmup ? o.sample_warmup : UINT64_MAX}};
	FAIL_IF(!r->pool, err, PV_ERR_NOMEM, "out of memory");
	r->pass = (struct represent_run){.encoder = model->encoder,
	                                 .params = model->params,
	                                 .inputs = &model->inputs,
	                                 .what = "representing",
	                                 .segment_rows = PV_SLICE_ROWS,
	                                 .warmup_rows = PV_SLICE_WARMUP_ROWS};
	return PV_OK;
}

/* ---- parts ---- */

static enum pv_status begin_part(struct represent *r, struct pv_error *err)
{
	const size_t D = (size_t)r->model->info.n_repr;
	const struct base_column columns[] = {{&r->parts, sizeof *r->parts}, {&r->sums, D * sizeof *r->sums}};
	TRY(base_columns_grow(columns, 2, &r->room, r->n_parts + 1, "phases", err));
	const struct part *last = r->n_parts ? &r->parts[r->n_parts - 1] : &(struct part){0};
	const struct part next = {.first_row = last->first_row + last->n_rows, .first_insn = last->first_insn + last->n_insns};
	memset(r->sums + r->n_parts * D, 0, D * sizeof *r->sums);
	r->parts[r->n_parts++] = next;
	return PV_OK;
}

static enum pv_status add_end(struct represent *r, uint64_t row, struct pv_error *err)
{
	TRY(base_array_grow(&r->ends, &r->ends_room, r->n_ends + 1, sizeof *r->ends, "phases", err));
	r->ends[r->n_ends++] = row;
	return PV_OK;
}

/* Gives a span of rows to parts and lists where these end; *first is the part of the first row, unless it is known already. */
static enum pv_status cut(struct represent *r, const struct pv_feature_row *rows, const struct represent_row_span *span, size_t *first,
                          struct pv_error *err)
{
	const uint64_t n = r->phase_insns ? r->phase_insns : UINT64_MAX;
	if (!r->n_parts || r->plan.period || r->parts[r->n_parts - 1].n_insns == n)
		TRY(begin_part(r, err));
	*first = r->n_ends ? *first : r->n_parts - 1;
	for (size_t row = span->begin; row < span->end; row++) {
		if (r->parts[r->n_parts - 1].n_insns == n) {
			TRY(add_end(r, row, err));
			TRY(begin_part(r, err));
		}
		struct part *part = &r->parts[r->n_parts - 1];
		part->n_rows++;
		part->n_insns += (rows[row].flags & PV_FEATURE_LAST) != 0;
	}
	return add_end(r, span->end, err);
}

static size_t slices_of(const struct represent_row_span *span)
{
	return (span->end - span->begin + PV_SLICE_ROWS - 1) / PV_SLICE_ROWS;
}

/* The slices of a span; at_end moves over the ends. Returns the segments that their sums need. */
static size_t make_slices(const struct represent *r, const struct pv_dataset_program *program, const struct represent_row_span *span,
                          struct represent_slice *slices, size_t *at_end)
{
	size_t n_sums = 0;
	for (uint64_t at = span->begin; at < span->end; at += PV_SLICE_ROWS, slices++) {
		*slices = (struct represent_slice){.program = program,
		                                   .first = span->first,
		                                   .begin = at,
		                                   .end = span->end - at < PV_SLICE_ROWS ? span->end : at + PV_SLICE_ROWS};
		while (r->ends[*at_end] <= at)
			++*at_end;
		slices->ends = r->ends + *at_end;
		for (slices->n_ends = 1; slices->ends[slices->n_ends - 1] < slices->end; slices->n_ends++)
			;
		n_sums += slices->n_ends;
	}
	return n_sums;
}

/* Adds the sums of slices to the parts, the first of which the first row is of. */
static void add_sums(struct represent *r, const struct represent_slice *slices, size_t n, size_t first)
{
	const size_t D = (size_t)r->model->info.n_repr;
	for (size_t i = 0; i < n; i++) {
		double *part = r->sums + (first + (size_t)(slices[i].ends - r->ends)) * D;
		for (size_t j = 0; j < slices[i].n_ends * D; j++)
			part[j] += slices[i].sums[j];
	}
}

/* Adds the representations of the program's next spans of rows, which lie among n_rows at hand. */
static enum pv_status add_rows(struct represent *r, const struct pv_dataset_program *program, const struct represent_row_span *spans,
                               size_t n_spans, struct pv_error *err)
{
	const size_t D = (size_t)r->model->info.n_repr;
	size_t n = 0, first = 0, n_sums = 0;
	r->n_ends = 0;
	for (size_t i = 0; i < n_spans; i++) {
		TRY(cut(r, program->features, &spans[i], &first, err));
		n += slices_of(&spans[i]);
	}
	struct represent_slice *slices = calloc(n + 1, sizeof *slices);
	for (size_t i = 0, at = 0, at_end = 0; slices && i < n_spans; at += slices_of(&spans[i++]))
		n_sums += make_slices(r, program, &spans[i], slices + at, &at_end);
	double *sums = calloc(n_sums * D + 1, sizeof *sums);
	enum pv_status status = slices && sums ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	for (size_t i = 0, at = 0; status == PV_OK && i < n; at += slices[i++].n_ends)
		slices[i].sums = sums + at * D;
	if (status == PV_OK)
		status = represent_run_slices(&r->pass, slices, n, r->pool, r->progress, err);
	if (status == PV_OK)
		add_sums(r, slices, n, first);
	for (size_t i = 0; i < n_spans; i++)
		r->pass.done_before += spans[i].end - spans[i].begin;
	free(slices);
	free(sums);
	return status;
}

/* ---- from parts to vectors ---- */

/* The rows of a program that are run and counted. */
static uint64_t counted_rows(const struct represent *r, uint64_t n_rows)
{
	return r->plan.period ? represent_sample_units(&r->plan, n_rows) * r->plan.unit : n_rows;
}

static enum pv_status check_length(const struct represent *r, const char *program, uint64_t n_rows, struct pv_error *err)
{
	FAIL_IF(!n_rows, err, PV_ERR_ARG, "program '%s' is empty: it has no rows", program);
	if (represent_sample_units(&r->plan, n_rows))
		return PV_OK;
	base_error_set(err, PV_ERR_ARG, "no sampling unit fits into the %llu micro-operations of '%s' with a period of %llu",
	               (unsigned long long)n_rows, program, (unsigned long long)r->plan.period);
	return base_error_hint(err, "take a shorter period");
}

static enum pv_status add_estimate(struct represent *r, const char *program, uint64_t n_rows, uint64_t n_insns, struct pv_vectors *vectors,
                                   struct pv_error *err)
{
	const int D = r->model->info.n_repr;
	double *values = malloc((size_t)D * sizeof *values);
	FAIL_IF(!values, err, PV_ERR_NOMEM, "out of memory");
	represent_sample_estimate(r->sums, r->n_parts, D, r->plan.unit, n_rows, values);
	enum pv_status status = represent_vectors_add(vectors,
	                                              &(struct pv_vector){.program = program,
	                                                                  .n_rows = n_rows,
	                                                                  .n_insns = n_insns,
	                                                                  .values = values,
	                                                                  .n_units = (uint32_t)r->n_parts,
	                                                                  .deviations = r->sums},
	                                              err);
	free(values);
	return status;
}

/* The program at hand is complete: its parts become vectors, or an estimate of one. */
static enum pv_status add_vectors(struct represent *r, const char *program, uint64_t n_rows, uint64_t n_insns, struct pv_vectors *vectors,
                                  struct pv_error *err)
{
	const size_t D = (size_t)r->model->info.n_repr;
	if (r->plan.period)
		TRY(add_estimate(r, program, n_rows, n_insns, vectors, err));
	for (size_t i = 0; !r->plan.period && i < r->n_parts; i++) {
		const struct part *p = &r->parts[i];
		TRY(represent_vectors_add(vectors,
		                          &(struct pv_vector){.program = program,
		                                              .n_rows = p->n_rows,
		                                              .n_insns = p->n_insns,
		                                              .values = r->sums + i * D,
		                                              .phase = r->phase_insns ? (uint32_t)i + 1 : 0,
		                                              .first_row = p->first_row,
		                                              .first_insn = p->first_insn},
		                          err));
	}
	r->n_parts = 0;
	return PV_OK;
}

/* ---- datasets ---- */

static enum pv_status add_program(struct represent *r, const struct pv_dataset_program *p, struct pv_vectors *vectors, struct pv_error *err)
{
	TRY(check_length(r, p->name, p->n_rows, err));
	const uint64_t n = represent_sample_units(&r->plan, p->n_rows);
	struct represent_row_span *spans = calloc(n, sizeof *spans);
	FAIL_IF(!spans, err, PV_ERR_NOMEM, "out of memory");
	for (uint64_t i = 0; i < n; i++) {
		const uint64_t begin = represent_sample_begin(&r->plan, i);
		spans[i] =
		    (struct represent_row_span){.begin = begin, .end = r->plan.period ? begin + r->plan.unit : p->n_rows, .row = begin};
	}
	enum pv_status status = add_rows(r, p, spans, n, err);
	free(spans);
	return status == PV_OK ? add_vectors(r, p->name, p->n_rows, p->n_insns, vectors, err) : status;
}

enum pv_status pv_represent_dataset(const struct pv_model *model, const struct pv_dataset *dataset,
                                    const struct pv_represent_options *options, const struct pv_progress *progress,
                                    struct pv_vectors *vectors, struct pv_error *err)
{
	struct represent r;
	TRY(model_inputs_check(model->inputs.kind, dataset, err));
	TRY(begin(&r, model, vectors, options, progress, err));
	enum pv_status status = PV_OK;
	for (int i = 0; i < pv_dataset_n_programs(dataset); i++)
		r.pass.total += counted_rows(&r, pv_dataset_program(dataset, i)->n_rows);
	for (int i = 0; i < pv_dataset_n_programs(dataset) && status == PV_OK; i++)
		status = add_program(&r, pv_dataset_program(dataset, i), vectors, err);
	end(&r);
	return status;
}

/* ---- traces ---- */

static enum pv_status add_block(void *represent, const struct represent_row_block *block, struct pv_error *err)
{
	struct represent *r = represent;
	const struct pv_dataset_program rows = {.features = block->rows, .context = block->context, .n_rows = block->n};
	return add_rows(r, &rows, block->spans, block->n_spans, err);
}

enum pv_status pv_represent_trace(const struct pv_model *model, const struct pv_trace *trace, const struct pv_represent_options *options,
                                  const struct pv_progress *progress, struct pv_vectors *vectors, struct pv_error *err)
{
	const struct pv_trace_info *info = pv_trace_info(trace);
	struct represent r;
	TRY(begin(&r, model, vectors, options, progress, err));
	const struct represent_trace_rows rows = {.trace = trace,
	                                          .plan = r.plan,
	                                          .block_rows = (size_t)GROUP_ROWS * 2 * (size_t)base_threads_count(r.pool),
	                                          .context = model->inputs.kind == MODEL_INPUTS_PV2};
	r.pass.total = counted_rows(&r, info->n_rows);
	enum pv_status status = check_length(&r, info->origin.program, info->n_rows, err);
	if (status == PV_OK)
		status = represent_trace_rows_each(&rows, add_block, &r, progress, err);
	if (status == PV_OK)
		status = add_vectors(&r, info->origin.program, info->n_rows, info->n_insns, vectors, err);
	end(&r);
	return status;
}
