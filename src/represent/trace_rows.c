/*
 * trace_rows.c - the feature rows of a trace, block by block
 *
 * A block of all rows holds the last rows of the one before it as warm-up, and then its own. A block of a sample holds units, each after
 * its warm-up; rows between them go through the features' state only, or not at all: chunks that no unit needs are not even read.
 */
#include "represent/trace_rows.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/model.h>

#include "data/context.h"
#include "data/features.h"

/*
 * Rows before a unit's warm-up whose features are made although nobody wants them: what skimming leaves out is at most some thousand rows
 * old (data_features_skim, data_context_skim).
 */
enum { SCRATCH_ROWS = 1024, SETTLE_ROWS = 4096 };

struct reader {
	const struct represent_trace_rows *of;
	struct data_features *features;
	struct data_context *context; /* NULL: not asked for */
	struct pv_row *chunk;         /* number `chunk_at` of the trace, n_chunk rows of it; UINT32_MAX: none yet */
	uint32_t chunk_at;
	size_t n_chunk;
	struct pv_feature_row *scratch; /* of rows that only bring state up to date */
	struct pv_context_row *scratch_context;
	uint64_t *scratch_tags;
	uint64_t row;           /* next one of the trace */
	uint64_t unit, n_units; /* next one of the sample */
	size_t capacity;        /* rows of a block */
	size_t n_spans;         /* room in a block */
	struct represent_row_block blocks[2], *next;
	const struct represent_row_block *last; /* whose end is the next one's warm-up */
	enum pv_status status;
	struct pv_error error;
};

static uint64_t unit_rows(const struct reader *r)
{
	return r->of->plan.period ? r->of->plan.unit : pv_trace_info(r->of->trace)->n_rows;
}

/* Whole chunks, and room for one unit at least. */
static void plan_blocks(struct reader *r)
{
	const uint64_t all = pv_trace_info(r->of->trace)->n_rows, step = PV_SLICE_WARMUP_ROWS + unit_rows(r);
	uint64_t rows = r->of->block_rows;
	r->n_units = represent_sample_units(&r->of->plan, all);
	if (!r->of->plan.period) {
		r->capacity = (size_t)(all < rows ? all : rows) + PV_SLICE_WARMUP_ROWS;
		r->n_spans = 1;
		return;
	}
	uint64_t units = rows / step ? rows / step : 1;
	r->n_spans = (size_t)(units < r->n_units ? units : r->n_units);
	r->capacity = r->n_spans * (size_t)step;
}

static enum pv_status reader_init(struct reader *r, const struct represent_trace_rows *of, struct pv_error *err)
{
	*r = (struct reader){.of = of, .chunk_at = UINT32_MAX};
	plan_blocks(r);
	TRY(data_features_new(&r->features, err));
	if (of->context)
		TRY(data_context_new(&r->context, err));
	r->chunk = malloc(PV_TRACE_CHUNK_ROWS * sizeof *r->chunk);
	r->scratch = malloc(SCRATCH_ROWS * sizeof *r->scratch);
	r->scratch_context = malloc(SCRATCH_ROWS * sizeof *r->scratch_context);
	r->scratch_tags = malloc(SCRATCH_ROWS * sizeof *r->scratch_tags);
	bool ok = r->chunk && r->scratch && r->scratch_context && r->scratch_tags;
	for (int i = 0; i < 2; i++) {
		struct represent_row_block *b = &r->blocks[i];
		ok &= (b->rows = malloc(r->capacity * sizeof *b->rows + 1)) != NULL;
		ok &= !of->context || (b->context = malloc(r->capacity * sizeof *b->context + 1)) != NULL;
		ok &= (b->spans = calloc(r->n_spans + 1, sizeof *b->spans)) != NULL;
		ok &= !of->tag || (b->tags = malloc(r->capacity * sizeof *b->tags + 1)) != NULL;
	}
	FAIL_IF(!ok, err, PV_ERR_NOMEM, "out of memory for %zu feature rows", 2 * r->capacity);
	return PV_OK;
}

static void reader_release(struct reader *r)
{
	data_features_free(r->features);
	data_context_free(r->context);
	free(r->chunk);
	free(r->scratch);
	free(r->scratch_context);
	free(r->scratch_tags);
	for (int i = 0; i < 2; i++) {
		free(r->blocks[i].rows);
		free(r->blocks[i].context);
		free(r->blocks[i].spans);
		free(r->blocks[i].tags);
	}
}

/* ---- rows ---- */

static enum pv_status load_chunk(struct reader *r, uint32_t chunk, struct pv_error *err)
{
	if (r->chunk_at == chunk)
		return PV_OK;
	r->chunk_at = UINT32_MAX;
	TRY(pv_trace_read_chunk(r->of->trace, chunk, r->chunk, &r->n_chunk, NULL, err));
	r->chunk_at = chunk;
	return PV_OK;
}

/* Takes the trace's next rows up to `to` without making their features. */
static enum pv_status skim(struct reader *r, uint64_t to, struct pv_error *err)
{
	const struct pv_uop *uops = pv_trace_uops(r->of->trace);
	const uint32_t n_uops = pv_trace_info(r->of->trace)->n_uops;
	while (r->row < to) {
		TRY(load_chunk(r, (uint32_t)(r->row / PV_TRACE_CHUNK_ROWS), err));
		const size_t at = (size_t)(r->row % PV_TRACE_CHUNK_ROWS);
		uint64_t n = to - r->row < r->n_chunk - at ? to - r->row : r->n_chunk - at;
		n = n > SCRATCH_ROWS ? SCRATCH_ROWS : n;
		TRY(data_features_skim(r->features, uops, n_uops, r->chunk + at, (size_t)n, err));
		if (r->context)
			TRY(data_context_skim(r->context, uops, n_uops, r->chunk + at, (size_t)n, err));
		if (r->of->tag)
			r->of->tag(r->of->tag_user, r->chunk + at, (size_t)n, r->scratch_tags);
		r->row += n;
	}
	return PV_OK;
}

/* Takes the trace's next rows up to `to`; their features go to the end of a block, or nowhere (NULL). */
static enum pv_status take(struct reader *r, uint64_t to, struct represent_row_block *block, struct pv_error *err)
{
	while (r->row < to) {
		TRY(load_chunk(r, (uint32_t)(r->row / PV_TRACE_CHUNK_ROWS), err));
		const size_t at = (size_t)(r->row % PV_TRACE_CHUNK_ROWS);
		uint64_t n = to - r->row < r->n_chunk - at ? to - r->row : r->n_chunk - at;
		n = !block && n > SCRATCH_ROWS ? SCRATCH_ROWS : n;
		const struct pv_uop *uops = pv_trace_uops(r->of->trace);
		const uint32_t n_uops = pv_trace_info(r->of->trace)->n_uops;
		struct pv_feature_row *rows = block ? block->rows + block->n : r->scratch;
		TRY(data_features_run(r->features, uops, n_uops, r->chunk + at, (size_t)n, rows, err));
		if (r->context)
			TRY(data_context_run(r->context, uops, n_uops, r->chunk + at, rows, (size_t)n,
			                     block ? block->context + block->n : r->scratch_context, err));
		if (r->of->tag)
			r->of->tag(r->of->tag_user, r->chunk + at, (size_t)n, block ? block->tags + block->n : r->scratch_tags);
		r->row += n;
		if (block)
			block->n += (size_t)n;
	}
	return PV_OK;
}

/* The next rows of a walk over all of them, after the end of the block before. */
static enum pv_status fill_all(struct reader *r, struct represent_row_block *to, struct pv_error *err)
{
	const uint64_t all = pv_trace_info(r->of->trace)->n_rows, room = r->capacity - PV_SLICE_WARMUP_ROWS;
	const size_t have = r->last ? r->last->n : 0, keep = have < PV_SLICE_WARMUP_ROWS ? have : PV_SLICE_WARMUP_ROWS;
	if (r->row == all)
		return PV_OK;
	if (keep)
		memcpy(to->rows, r->last->rows + (have - keep), keep * sizeof *to->rows);
	if (keep && r->context)
		memcpy(to->context, r->last->context + (have - keep), keep * sizeof *to->context);
	to->n = keep;
	to->spans[0] = (struct represent_row_span){.begin = keep, .row = r->row};
	TRY(take(r, all - r->row < room ? all : r->row + room, to, err));
	to->spans[0].end = to->n;
	to->n_spans = 1;
	return PV_OK;
}

/* The next units of a sample. */
static enum pv_status fill_units(struct reader *r, struct represent_row_block *to, struct pv_error *err)
{
	const struct represent_sample_plan *p = &r->of->plan;
	for (; to->n_spans < r->n_spans && r->unit < r->n_units; r->unit++) {
		const uint64_t begin = represent_sample_begin(p, r->unit),
		               warm = begin < PV_SLICE_WARMUP_ROWS ? begin : PV_SLICE_WARMUP_ROWS;
		const uint64_t first = begin - warm, from = first < p->warmup ? 0 : first - p->warmup;
		r->row = r->row < from ? from : r->row;
		TRY(skim(r, first < SETTLE_ROWS ? 0 : first - SETTLE_ROWS, err));
		TRY(take(r, first, NULL, err));
		const size_t at = to->n;
		TRY(take(r, begin + p->unit, to, err));
		to->spans[to->n_spans++] = (struct represent_row_span){at, at + (size_t)warm, to->n, begin};
	}
	return PV_OK;
}

static void *fill_next(void *reader)
{
	struct reader *r = reader;
	r->error = (struct pv_error){0};
	r->next->n = r->next->n_spans = 0;
	r->status = r->of->plan.period ? fill_units(r, r->next, &r->error) : fill_all(r, r->next, &r->error);
	return NULL;
}

/* ---- the walk ---- */

static enum pv_status pass_on(const struct reader *r, struct pv_error *err)
{
	if (r->status != PV_OK && err)
		*err = r->error;
	return r->status;
}

static enum pv_status walk(struct reader *r, enum pv_status (*visit)(void *, const struct represent_row_block *, struct pv_error *),
                           void *user, const struct pv_progress *progress, struct pv_error *err)
{
	r->next = &r->blocks[0];
	fill_next(r);
	TRY(pass_on(r, err));
	while (r->next->n) {
		pthread_t thread;
		const struct represent_row_block *now = r->last = r->next;
		r->next = &r->blocks[now == &r->blocks[0]];
		const bool beside = pthread_create(&thread, NULL, fill_next, r) == 0;
		if (!beside)
			fill_next(r);
		enum pv_status status = visit(user, now, err);
		if (beside)
			pthread_join(thread, NULL);
		TRY(status);
		TRY(pass_on(r, err));
		if (r->next->n && progress && progress->stop && progress->stop(progress->user))
			return base_error_set(err, PV_ERR_INTERRUPTED, "stopped on request");
	}
	return PV_OK;
}

enum pv_status represent_trace_rows_each(const struct represent_trace_rows *of,
                                         enum pv_status (*visit)(void *user, const struct represent_row_block *block, struct pv_error *err),
                                         void *user, const struct pv_progress *progress, struct pv_error *err)
{
	struct reader r;
	enum pv_status status = reader_init(&r, of, err);
	if (status == PV_OK)
		status = walk(&r, visit, user, progress, err);
	reader_release(&r);
	return status;
}
