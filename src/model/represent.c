/*
 * represent.c - programs into vectors
 *
 * Slices start on a grid of PV_SLICE_ROWS rows and run PV_PASS_STREAMS at a time, from the program's first row on: a trace that is
 * read block by block and a dataset of the same program give the same bytes.
 */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>

#include "base/error.h"
#include "data/features.h"
#include "model/foundation.h"
#include "model/pass.h"
#include "model/vectors.h"
#include "nn/blas.h"

/* Rows that one task runs. */
enum { GROUP_ROWS = PV_SLICE_ROWS * PV_PASS_STREAMS };

/* A vector to be: consecutive rows of a program. */
struct part {
	uint64_t first_row, n_rows, first_insn, n_insns;
};

struct represent {
	const struct pv_model *model;
	struct pv_threads *pool;
	const struct pv_progress *progress;
	struct pv_run pass;
	uint64_t phase_insns;
	struct part *parts; /* (n_parts) of the program at hand so far; the last one may go on */
	double *sums;       /* (n_parts, D) */
	size_t n_parts, room;
	uint64_t *ends; /* (n_ends) of the rows at hand: where parts end, and where the rows do */
	size_t n_ends, ends_room;
};

static void end(struct represent *r)
{
	pv_threads_free(r->pool);
	free(r->parts);
	free(r->sums);
	free(r->ends);
}

static enum pv_status begin(struct represent *r, const struct pv_model *model, const struct pv_vectors *vectors,
                            const struct pv_represent_options *options, const struct pv_progress *progress, struct pv_error *err)
{
	PV_TRY(pv_vectors_check(vectors, model, err));
	pv_blas_single_thread();
	*r = (struct represent){.model = model,
	                        .progress = progress,
	                        .pool = pv_threads_new(options ? options->threads : 0),
	                        .phase_insns = options ? options->phase_insns : 0};
	PV_FAIL_IF(!r->pool, err, PV_ERR_NOMEM, "out of memory");
	r->pass = (struct pv_run){.encoder = model->encoder,
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
	if (r->n_parts == r->room) {
		size_t room = 2 * r->room + 16;
		struct part *parts = realloc(r->parts, room * sizeof *parts);
		r->parts = parts ? parts : r->parts;
		double *sums = realloc(r->sums, room * D * sizeof *sums);
		r->sums = sums ? sums : r->sums;
		PV_FAIL_IF(!parts || !sums, err, PV_ERR_NOMEM, "out of memory for %zu phases", room);
		r->room = room;
	}
	const struct part *last = r->n_parts ? &r->parts[r->n_parts - 1] : &(struct part){0};
	const struct part next = {.first_row = last->first_row + last->n_rows, .first_insn = last->first_insn + last->n_insns};
	memset(r->sums + r->n_parts * D, 0, D * sizeof *r->sums);
	r->parts[r->n_parts++] = next;
	return PV_OK;
}

static enum pv_status add_end(struct represent *r, uint64_t row, struct pv_error *err)
{
	if (r->n_ends == r->ends_room) {
		size_t room = 2 * r->ends_room + 16;
		uint64_t *ends = realloc(r->ends, room * sizeof *ends);
		PV_FAIL_IF(!ends, err, PV_ERR_NOMEM, "out of memory for %zu phases", room);
		r->ends = ends;
		r->ends_room = room;
	}
	r->ends[r->n_ends++] = row;
	return PV_OK;
}

/* Gives the program's next rows [from, to) to parts and lists where these end; *first is the part of the first row. */
static enum pv_status cut(struct represent *r, const struct pv_feature_row *rows, uint64_t from, uint64_t to, size_t *first,
                          struct pv_error *err)
{
	const uint64_t n = r->phase_insns ? r->phase_insns : UINT64_MAX;
	r->n_ends = 0;
	if (!r->n_parts || r->parts[r->n_parts - 1].n_insns == n)
		PV_TRY(begin_part(r, err));
	*first = r->n_parts - 1;
	for (uint64_t row = from; row < to; row++) {
		if (r->parts[r->n_parts - 1].n_insns == n) {
			PV_TRY(add_end(r, row, err));
			PV_TRY(begin_part(r, err));
		}
		struct part *part = &r->parts[r->n_parts - 1];
		part->n_rows++;
		part->n_insns += (rows[row].flags & PV_FEATURE_LAST) != 0;
	}
	return add_end(r, to, err);
}

/* The slices of rows [from, to), with room for their sums in one array of *n_sums segments. */
static void make_slices(const struct represent *r, const struct pv_dataset_program *program, uint64_t from, uint64_t to,
                        struct pv_slice *slices, size_t *n_sums)
{
	size_t at_end = 0;
	*n_sums = 0;
	for (uint64_t at = from; at < to; at += PV_SLICE_ROWS, slices++) {
		*slices = (struct pv_slice){.program = program, .begin = at, .end = to - at < PV_SLICE_ROWS ? to : at + PV_SLICE_ROWS};
		while (r->ends[at_end] <= at)
			at_end++;
		slices->ends = r->ends + at_end;
		for (slices->n_ends = 1; slices->ends[slices->n_ends - 1] < slices->end; slices->n_ends++)
			;
		*n_sums += slices->n_ends;
	}
}

/* Adds the sums of slices to the parts, the first of which the first row is of. */
static void add_sums(struct represent *r, const struct pv_slice *slices, size_t n, size_t first)
{
	const size_t D = (size_t)r->model->info.n_repr;
	for (size_t i = 0; i < n; i++) {
		double *part = r->sums + (first + (size_t)(slices[i].ends - r->ends)) * D;
		for (size_t j = 0; j < slices[i].n_ends * D; j++)
			part[j] += slices[i].sums[j];
	}
}

/* Adds the representations of the program's next rows, which are [from, to) of `program`; those before may be run to warm up. */
static enum pv_status add_rows(struct represent *r, const struct pv_dataset_program *program, uint64_t from, uint64_t to,
                               struct pv_error *err)
{
	const size_t D = (size_t)r->model->info.n_repr, n = (size_t)((to - from + PV_SLICE_ROWS - 1) / PV_SLICE_ROWS);
	size_t first, n_sums = 0;
	PV_TRY(cut(r, program->features, from, to, &first, err));
	struct pv_slice *slices = calloc(n, sizeof *slices);
	if (slices)
		make_slices(r, program, from, to, slices, &n_sums);
	double *sums = calloc(n_sums * D + 1, sizeof *sums);
	enum pv_status status = slices && sums ? PV_OK : pv_error_set(err, PV_ERR_NOMEM, "out of memory");
	for (size_t i = 0, at = 0; status == PV_OK && i < n; at += slices[i++].n_ends)
		slices[i].sums = sums + at * D;
	if (status == PV_OK)
		status = pv_run_slices(&r->pass, slices, n, r->pool, r->progress, err);
	if (status == PV_OK)
		add_sums(r, slices, n, first);
	free(slices);
	free(sums);
	return status;
}

/* The program at hand is complete: its parts become vectors. */
static enum pv_status add_vectors(struct represent *r, const char *program, struct pv_vectors *vectors, struct pv_error *err)
{
	const size_t D = (size_t)r->model->info.n_repr;
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct part *p = &r->parts[i];
		PV_TRY(pv_vectors_add(vectors,
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

enum pv_status pv_represent_dataset(const struct pv_model *model, const struct pv_dataset *dataset,
                                    const struct pv_represent_options *options, const struct pv_progress *progress,
                                    struct pv_vectors *vectors, struct pv_error *err)
{
	struct represent r;
	PV_TRY(begin(&r, model, vectors, options, progress, err));
	r.pass.total = pv_dataset_info(dataset)->n_rows;
	enum pv_status status = PV_OK;
	for (int i = 0; i < pv_dataset_n_programs(dataset) && status == PV_OK; i++) {
		const struct pv_dataset_program *p = pv_dataset_program(dataset, i);
		status = add_rows(&r, p, 0, p->n_rows, err);
		r.pass.done_before += p->n_rows;
		if (status == PV_OK)
			status = add_vectors(&r, p->name, vectors, err);
	}
	end(&r);
	return status;
}

/* ---- traces ---- */

/* One of the two blocks: the warm-up before it, then its rows. */
struct block {
	struct pv_feature_row *rows;
	size_t n_warm, n;
};

/*
 * A trace read block by block. Features depend on all rows before them, so one thread extracts them, in order, while the others run the
 * network over the block before.
 */
struct reader {
	const struct pv_trace *trace;
	struct pv_features *features;
	struct pv_row *chunk;
	size_t capacity; /* rows of a block, without warm-up */
	struct block blocks[2], *next;
	const struct block *last; /* whose end is the next one's warm-up */
	uint32_t at;              /* next chunk of the trace */
	enum pv_status status;
	struct pv_error error;
};

static enum pv_status reader_init(struct reader *b, const struct pv_trace *trace, int n_threads, struct pv_error *err)
{
	*b = (struct reader){.trace = trace, .capacity = (size_t)GROUP_ROWS * 2 * (size_t)n_threads};
	uint64_t all = pv_trace_info(trace)->n_rows;
	if (all < b->capacity)
		b->capacity = (size_t)((all + PV_TRACE_CHUNK_ROWS - 1) / PV_TRACE_CHUNK_ROWS) * PV_TRACE_CHUNK_ROWS;
	PV_TRY(pv_features_new(&b->features, err));
	b->chunk = malloc(PV_TRACE_CHUNK_ROWS * sizeof *b->chunk);
	for (int i = 0; i < 2; i++)
		b->blocks[i].rows = malloc((PV_SLICE_WARMUP_ROWS + b->capacity) * sizeof *b->blocks[i].rows);
	PV_FAIL_IF(!b->chunk || !b->blocks[0].rows || !b->blocks[1].rows, err, PV_ERR_NOMEM, "out of memory for %zu feature rows",
	           2 * b->capacity);
	return PV_OK;
}

static void reader_release(struct reader *b)
{
	pv_features_free(b->features);
	free(b->chunk);
	free(b->blocks[0].rows);
	free(b->blocks[1].rows);
}

/* Takes the last block's last rows as warm-up and fills the next one from the trace. */
static enum pv_status fill_block(struct reader *b, struct block *to, struct pv_error *err)
{
	const struct pv_trace_info *info = pv_trace_info(b->trace);
	const size_t have = b->last ? b->last->n_warm + b->last->n : 0, keep = have < PV_SLICE_WARMUP_ROWS ? have : PV_SLICE_WARMUP_ROWS;
	if (keep)
		memcpy(to->rows, b->last->rows + (have - keep), keep * sizeof *to->rows);
	to->n_warm = keep;
	to->n = 0;
	while (b->at < info->n_chunks && to->n + PV_TRACE_CHUNK_ROWS <= b->capacity) {
		size_t n;
		PV_TRY(pv_trace_read_chunk(b->trace, b->at, b->chunk, &n, NULL, err));
		PV_TRY(
		    pv_features_run(b->features, pv_trace_uops(b->trace), info->n_uops, b->chunk, n, to->rows + to->n_warm + to->n, err));
		to->n += n;
		b->at++;
	}
	return PV_OK;
}

static void *fill_next(void *reader)
{
	struct reader *b = reader;
	b->error = (struct pv_error){0};
	b->status = fill_block(b, b->next, &b->error);
	return NULL;
}

/* Runs the network over the last block while the next one is filled; in turn where no thread is to be had. */
static enum pv_status run_and_fill(struct represent *r, struct reader *b, struct pv_error *err)
{
	pthread_t thread;
	const struct block *now = b->last;
	const struct pv_dataset_program rows = {.features = now->rows, .n_rows = now->n_warm + now->n};
	const bool beside = pthread_create(&thread, NULL, fill_next, b) == 0;
	if (!beside)
		fill_next(b);
	enum pv_status status = add_rows(r, &rows, now->n_warm, now->n_warm + now->n, err);
	if (beside)
		pthread_join(thread, NULL);
	if (status == PV_OK && b->status != PV_OK) {
		status = b->status;
		if (err)
			*err = b->error;
	}
	return status;
}

static enum pv_status add_trace(struct represent *r, struct reader *b, struct pv_error *err)
{
	r->pass.total = pv_trace_info(b->trace)->n_rows;
	PV_TRY(fill_block(b, &b->blocks[0], err));
	b->last = &b->blocks[0];
	b->next = &b->blocks[1];
	while (b->last->n) {
		PV_TRY(run_and_fill(r, b, err));
		r->pass.done_before += b->last->n;
		if (b->next->n && r->progress && r->progress->stop && r->progress->stop(r->progress->user))
			return pv_error_set(err, PV_ERR_INTERRUPTED, "stopped on request");
		struct block *filled = b->next;
		b->next = &b->blocks[filled == &b->blocks[0]];
		b->last = filled;
	}
	return PV_OK;
}

enum pv_status pv_represent_trace(const struct pv_model *model, const struct pv_trace *trace, const struct pv_represent_options *options,
                                  const struct pv_progress *progress, struct pv_vectors *vectors, struct pv_error *err)
{
	const struct pv_trace_info *info = pv_trace_info(trace);
	PV_FAIL_IF(!info->n_rows, err, PV_ERR_ARG, "the trace has no rows");
	struct represent r;
	PV_TRY(begin(&r, model, vectors, options, progress, err));
	struct reader b;
	enum pv_status status = reader_init(&b, trace, pv_threads_count(r.pool), err);
	if (status == PV_OK)
		status = add_trace(&r, &b, err);
	if (status == PV_OK)
		status = add_vectors(&r, info->origin.program, vectors, err);
	reader_release(&b);
	end(&r);
	return status;
}

/* ---- prediction ---- */

double pv_predict_ns(const struct pv_model *model, const struct pv_vector *vector, int k)
{
	const size_t D = (size_t)model->info.n_repr;
	const float *w = pv_model_weights(model) + (size_t)k * D, *b = pv_model_bias(model);
	double tenths = b ? (double)b[k] * (double)vector->n_rows : 0;
	for (size_t d = 0; d < D; d++)
		tenths += (double)w[d] * vector->values[d];
	return 0.1 * tenths;
}

double pv_cpi(double time_ns, double clock_mhz, uint64_t n_insns)
{
	return n_insns ? time_ns * clock_mhz * 1e-3 / (double)n_insns : NAN;
}
