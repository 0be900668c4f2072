/*
 * segments.c - what a ridge fit is made from
 */
#include "represent/segments.h"

#include <math.h>
#include <stdlib.h>

enum { STREAM_FIT_ROWS = 2000000, WINDOW_FIT_ROWS = 50000, WINDOW_VALID_ROWS = 20000 };

uint64_t represent_fit_rows(const struct model_encoder *encoder)
{
	return encoder->T ? WINDOW_FIT_ROWS : STREAM_FIT_ROWS;
}

uint64_t represent_valid_rows(const struct model_encoder *encoder)
{
	return encoder->T ? WINDOW_VALID_ROWS : 0;
}

struct sum_job {
	struct represent_segments *segments;
	const struct data_columns *columns;
	const size_t *first; /* (n_slices) number of each slice's first segment */
};

static size_t segments_of(const struct represent_slice *s)
{
	return (size_t)((s->end - s->begin + REPRESENT_SEGMENT_ROWS - 1) / REPRESENT_SEGMENT_ROWS);
}

static void sum_targets(void *context, int task, int thread)
{
	(void)thread;
	const struct sum_job *job = context;
	const struct represent_slice *s = &job->segments->slices[task];
	const size_t K = (size_t)job->columns->n, width = (size_t)job->columns->n_per_row;
	for (uint64_t row = s->begin; row < s->end; row++) {
		size_t i = job->first[task] + (size_t)((row - s->begin) / REPRESENT_SEGMENT_ROWS);
		double *y = job->segments->y + i * K;
		for (size_t k = 0; k < K; k++)
			y[k] += pv_target(s->program, (size_t)row * width + (size_t)job->columns->column[k]);
		job->segments->rows[i] += 1;
	}
}

static enum pv_status fill(struct represent_segments *g, const struct data_columns *columns, const int *programs, struct base_threads *pool,
                           struct pv_error *err)
{
	size_t *first = malloc((g->n_slices + 1) * sizeof *first);
	g->n = 0;
	for (size_t i = 0; first && i < g->n_slices; i++) {
		first[i] = g->n;
		g->n += segments_of(&g->slices[i]);
	}
	g->program = malloc((g->n + 1) * sizeof *g->program);
	g->rows = calloc(g->n + 1, sizeof *g->rows);
	g->x = calloc((g->n + 1) * (size_t)g->D, sizeof *g->x);
	g->y = calloc((g->n + 1) * (size_t)g->K, sizeof *g->y);
	if (!first || !g->program || !g->rows || !g->x || !g->y) {
		free(first);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for %zu segments", g->n);
	}
	for (size_t i = 0; i < g->n_slices; i++) {
		g->slices[i].sums = g->x + first[i] * (size_t)g->D;
		for (size_t s = 0; s < segments_of(&g->slices[i]); s++)
			g->program[first[i] + s] = programs[i];
	}
	struct sum_job job = {g, columns, first};
	base_threads_run(pool, sum_targets, &job, (int)g->n_slices);
	free(first);
	return PV_OK;
}

enum pv_status represent_segments_new(const struct pv_dataset *dataset, const struct data_range *ranges, int n, uint64_t rows,
                                      const struct data_columns *columns, int D, struct base_threads *pool, struct represent_segments *g,
                                      struct pv_error *err)
{
	*g = (struct represent_segments){.D = D, .K = columns->n};
	size_t max = data_ranges_cut_max(ranges, n, REPRESENT_SEGMENT_SLICE_ROWS) + 1;
	struct data_range *cut = malloc(max * sizeof *cut);
	int *programs = malloc(max * sizeof *programs);
	g->slices = calloc(max, sizeof *g->slices);
	enum pv_status status = PV_OK;
	if (!cut || !programs || !g->slices)
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK) {
		g->n_slices = data_ranges_cut(ranges, n, REPRESENT_SEGMENT_SLICE_ROWS, 0, rows, 0.5, cut);
		for (size_t i = 0; i < g->n_slices; i++) {
			programs[i] = cut[i].program;
			g->slices[i] = (struct represent_slice){
			    .program = pv_dataset_program(dataset, cut[i].program), .begin = cut[i].begin, .end = cut[i].end};
		}
		status = fill(g, columns, programs, pool, err);
	}
	free(cut);
	free(programs);
	if (status != PV_OK)
		represent_segments_release(g);
	return status;
}

void represent_segments_release(struct represent_segments *g)
{
	free(g->slices);
	free(g->program);
	free(g->rows);
	free(g->x);
	free(g->y);
	*g = (struct represent_segments){0};
}

enum pv_status represent_segments_run(struct represent_segments *g, struct represent_run *pass, struct base_threads *pool,
                                      const struct pv_progress *progress, struct pv_error *err)
{
	pass->segment_rows = REPRESENT_SEGMENT_ROWS;
	pass->warmup_rows = (uint64_t)model_encoder_warmup(pass->encoder, REPRESENT_SEGMENT_WARMUP_ROWS);
	return represent_run_slices(pass, g->slices, g->n_slices, pool, progress, err);
}

double represent_segments_loss(const struct represent_segments *g, enum nn_loss_kind kind)
{
	double sum = 0, count = 0;
	for (size_t i = 0; i < g->n_slices; i++) {
		sum += g->slices[i].loss_sum;
		count += g->slices[i].loss_count;
	}
	return count > 0 ? nn_loss_value(kind, sum, count) : NAN;
}
