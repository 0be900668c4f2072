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

struct represent {
	const struct pv_model *model;
	struct pv_threads *pool;
	const struct pv_progress *progress;
	struct pv_run pass;
	double *total; /* (D) of the program at hand */
};

static enum pv_status begin(struct represent *r, const struct pv_model *model, const struct pv_vectors *vectors, int threads,
                            const struct pv_progress *progress, struct pv_error *err)
{
	PV_TRY(pv_vectors_check(vectors, model, err));
	pv_blas_single_thread();
	*r = (struct represent){.model = model, .progress = progress, .pool = pv_threads_new(threads)};
	r->total = calloc((size_t)model->info.n_repr, sizeof *r->total);
	if (!r->pool || !r->total) {
		pv_threads_free(r->pool);
		free(r->total);
		return pv_error_set(err, PV_ERR_NOMEM, "out of memory");
	}
	r->pass = (struct pv_run){.encoder = model->encoder,
	                          .params = model->params,
	                          .inputs = &model->inputs,
	                          .segment_rows = PV_SLICE_ROWS,
	                          .warmup_rows = PV_SLICE_WARMUP_ROWS};
	return PV_OK;
}

static void end(struct represent *r)
{
	pv_threads_free(r->pool);
	free(r->total);
}

/* Adds the representations of a program's rows [from, to) to the total; rows from `first` on may be run to warm up. */
static enum pv_status add_rows(struct represent *r, const struct pv_dataset_program *program, uint64_t first, uint64_t from, uint64_t to,
                               struct pv_error *err)
{
	const size_t D = (size_t)r->model->info.n_repr, n = (size_t)((to - from + PV_SLICE_ROWS - 1) / PV_SLICE_ROWS);
	struct pv_slice *slices = calloc(n, sizeof *slices);
	double *sums = calloc(n * D, sizeof *sums);
	enum pv_status status = slices && sums ? PV_OK : pv_error_set(err, PV_ERR_NOMEM, "out of memory");
	for (size_t i = 0; status == PV_OK && i < n; i++) {
		uint64_t at = from + i * PV_SLICE_ROWS;
		slices[i] = (struct pv_slice){.program = program,
		                              .begin = at,
		                              .end = to - at < PV_SLICE_ROWS ? to : at + PV_SLICE_ROWS,
		                              .first = first,
		                              .sums = sums + i * D};
	}
	if (status == PV_OK)
		status = pv_run_slices(&r->pass, slices, n, r->pool, r->progress, err);
	for (size_t i = 0; status == PV_OK && i < n * D; i++)
		r->total[i % D] += sums[i];
	free(slices);
	free(sums);
	return status;
}

enum pv_status pv_represent_dataset(const struct pv_model *model, const struct pv_dataset *dataset, int threads,
                                    const struct pv_progress *progress, struct pv_vectors *vectors, struct pv_error *err)
{
	struct represent r;
	PV_TRY(begin(&r, model, vectors, threads, progress, err));
	r.pass.what = "representing";
	r.pass.total = pv_dataset_info(dataset)->n_rows;
	enum pv_status status = PV_OK;
	for (int i = 0; i < pv_dataset_n_programs(dataset) && status == PV_OK; i++) {
		const struct pv_dataset_program *p = pv_dataset_program(dataset, i);
		memset(r.total, 0, (size_t)model->info.n_repr * sizeof *r.total);
		status = add_rows(&r, p, 0, 0, p->n_rows, err);
		r.pass.done_before += p->n_rows;
		if (status == PV_OK)
			status = pv_vectors_add(vectors, p->name, p->n_rows, p->n_insns, r.total, err);
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
	enum pv_status status = add_rows(r, &rows, 0, now->n_warm, now->n_warm + now->n, err);
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
	r->pass.what = "representing";
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

enum pv_status pv_represent_trace(const struct pv_model *model, const struct pv_trace *trace, int threads,
                                  const struct pv_progress *progress, struct pv_vectors *vectors, struct pv_error *err)
{
	const struct pv_trace_info *info = pv_trace_info(trace);
	PV_FAIL_IF(!info->n_rows, err, PV_ERR_ARG, "the trace has no rows");
	struct represent r;
	PV_TRY(begin(&r, model, vectors, threads, progress, err));
	struct reader b;
	enum pv_status status = reader_init(&b, trace, pv_threads_count(r.pool), err);
	if (status == PV_OK)
		status = add_trace(&r, &b, err);
	if (status == PV_OK)
		status = pv_vectors_add(vectors, info->origin.program, info->n_rows, info->n_insns, r.total, err);
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
