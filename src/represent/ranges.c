/*
 * ranges.c - sums of representations over ranges of rows
 *
 * Ranges that follow each other without a gap are run as one: slices of PV_SLICE_ROWS rows lie end to end from the first one's first row
 * on, as represent.c lays them from a program's, and sums are cut where ranges end.
 */
#include "represent/ranges.h"

#include <stdlib.h>

#include "base/linalg.h"
#include "model/model.h"
#include "represent/pass.h"

/* Slices, and for each the range that its first segment is of; segments are counted over all of them. */
struct plan {
	struct represent_slice *slices; /* (n) */
	size_t *first;                  /* (n) */
	uint64_t *ends;                 /* (number of ranges) */
	size_t n, n_segments;
	uint64_t n_rows;
};

static bool follows(const struct data_range *r, const struct data_range *next)
{
	return r->program == next->program && r->end == next->begin;
}

/* Slices of ranges [i, end), which follow each other. */
static void cut_run(const struct pv_dataset *dataset, const struct data_range *ranges, size_t i, size_t end, struct plan *p)
{
	const uint64_t stop = ranges[end - 1].end;
	for (uint64_t row = ranges[i].begin; row < stop; row += PV_SLICE_ROWS) {
		const uint64_t slice_end = stop - row < PV_SLICE_ROWS ? stop : row + PV_SLICE_ROWS;
		while (ranges[i].end <= row)
			i++;
		size_t last = i;
		while (ranges[last].end < slice_end)
			last++;
		p->first[p->n] = i;
		p->slices[p->n++] = (struct represent_slice){.program = pv_dataset_program(dataset, ranges[i].program),
		                                             .begin = row,
		                                             .end = slice_end,
		                                             .ends = p->ends + i,
		                                             .n_ends = last - i + 1};
		p->n_segments += last - i + 1;
		p->n_rows += slice_end - row;
	}
}

static enum pv_status plan_init(const struct pv_dataset *dataset, const struct data_range *ranges, size_t n, struct plan *p,
                                struct pv_error *err)
{
	size_t n_slices = 0;
	for (size_t i = 0; i < n; i++)
		n_slices += (size_t)((ranges[i].end - ranges[i].begin) / PV_SLICE_ROWS) + 1;
	*p = (struct plan){.slices = calloc(n_slices + 1, sizeof *p->slices),
	                   .first = calloc(n_slices + 1, sizeof *p->first),
	                   .ends = calloc(n + 1, sizeof *p->ends)};
	FAIL_IF(!p->slices || !p->first || !p->ends, err, PV_ERR_NOMEM, "out of memory for %zu slices", n_slices);
	for (size_t i = 0; i < n; i++)
		p->ends[i] = ranges[i].end;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && follows(&ranges[end - 1], &ranges[end]); end++)
			;
		cut_run(dataset, ranges, i, end, p);
	}
	return PV_OK;
}

/* Runs all slices and adds up their segments. */
static enum pv_status run(const struct pv_model *model, struct plan *p, struct base_threads *pool, const struct pv_progress *progress,
                          double *sums, struct pv_error *err)
{
	const size_t D = (size_t)model->info.n_repr;
	const struct represent_run pass = {.encoder = model->encoder,
	                                   .params = model->params,
	                                   .inputs = &model->inputs,
	                                   .warmup_rows = PV_SLICE_WARMUP_ROWS,
	                                   .what = "predicting",
	                                   .total = p->n_rows};
	double *parts = calloc(p->n_segments * D + 1, sizeof *parts), *at = parts;
	FAIL_IF(!parts, err, PV_ERR_NOMEM, "out of memory for %zu vectors", p->n_segments);
	for (size_t s = 0; s < p->n; s++) {
		p->slices[s].sums = at;
		at += p->slices[s].n_ends * D;
	}
	base_blas_single_thread();
	enum pv_status status = represent_run_slices(&pass, p->slices, p->n, pool, progress, err);
	for (size_t s = 0; status == PV_OK && s < p->n; s++)
		for (size_t i = 0; i < p->slices[s].n_ends * D; i++)
			sums[p->first[s] * D + i] += p->slices[s].sums[i];
	free(parts);
	return status;
}

enum pv_status represent_ranges(const struct pv_model *model, const struct pv_dataset *dataset, const struct data_range *ranges, size_t n,
                                struct base_threads *pool, const struct pv_progress *progress, double *sums, struct pv_error *err)
{
	struct plan p;
	TRY(model_inputs_check(model->inputs.kind, dataset, err));
	for (size_t i = 0; i < n * (size_t)model->info.n_repr; i++)
		sums[i] = 0;
	enum pv_status status = plan_init(dataset, ranges, n, &p, err);
	if (status == PV_OK)
		status = run(model, &p, pool, progress, sums, err);
	free(p.slices);
	free(p.first);
	free(p.ends);
	return status;
}

double represent_vector_time(const struct pv_model *model, const double *sum, uint64_t n_rows, int k)
{
	const size_t D = (size_t)model->info.n_repr;
	const float *w = model_weights(model) + (size_t)k * D, *b = model_bias(model);
	double tenths = b ? (double)b[k] * (double)n_rows : 0;
	for (size_t d = 0; d < D; d++)
		tenths += (double)w[d] * sum[d];
	return tenths;
}
