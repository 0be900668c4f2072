/*
 * pieces.c - a dataset's rows cut into short pieces
 *
 *   program    |------------------------------------------------------------|
 *   splits     |<----------------- train ------------------>|< valid >|<test>|
 *   units      |------- phase 1 -------|------- phase 2 -------|-- phase 3 --|
 *   cells      |----|----|----|----|----|----|----|----|----|----|---|----|--|----|
 *   pieces     |----|----|----|----|---||----|----|----|----|----|---|--|-|--|----|
 */
#include "evaluate/pieces.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "represent/batch.h"

/* ---- cutting ---- */

/* The split that a row is of. `until` is lowered to where its cell ends; `new_cell` tells whether one begins here. */
static enum pv_split split_of(const struct pv_dataset_program *p, uint64_t row, uint64_t *until, bool *new_cell)
{
	*new_cell = true;
	for (int s = 0; s < PV_N_SPLITS; s++) {
		if (p->begin[s] <= row && row < p->end[s]) {
			const uint64_t into = (row - p->begin[s]) % EVALUATE_PROFILE_ROWS, stop = row - into + EVALUATE_PROFILE_ROWS;
			const uint64_t end = stop < p->end[s] ? stop : p->end[s];
			*until = end < *until ? end : *until;
			*new_cell = into == 0;
			return (enum pv_split)s;
		}
		if (row < p->begin[s] && p->begin[s] < p->end[s] && p->begin[s] < *until)
			*until = p->begin[s];
	}
	return PV_N_SPLITS;
}

/* The unit that a row is of; -1. `until` is lowered to where that ends. `next` moves on through the units. */
static int unit_of(const struct data_range *units, int n, int program, uint64_t row, int *next, uint64_t *until)
{
	while (*next < n && (units[*next].program < program || (units[*next].program == program && units[*next].end <= row)))
		(*next)++;
	if (*next == n || units[*next].program != program)
		return -1;
	const struct data_range *u = &units[*next];
	const uint64_t stop = row < u->begin ? u->begin : u->end;
	*until = stop < *until ? stop : *until;
	return row < u->begin ? -1 : *next;
}

static enum pv_status add(struct evaluate_pieces *g, struct evaluate_piece piece, struct pv_error *err)
{
	TRY(base_array_extend(&g->pieces, g->n, sizeof *g->pieces, "pieces of programs", err));
	g->pieces[g->n++] = piece;
	return PV_OK;
}

static enum pv_status cut(const struct pv_dataset *dataset, const struct data_range *units, int n_units, struct evaluate_pieces *g,
                          struct pv_error *err)
{
	size_t cell = 0;
	int next = 0;
	for (int i = 0; i < pv_dataset_n_programs(dataset); i++) {
		const struct pv_dataset_program *p = pv_dataset_program(dataset, i);
		for (uint64_t row = 0, until; row < p->n_rows; row = until) {
			until = p->n_rows;
			struct evaluate_piece piece = {.program = i, .begin = row};
			bool new_cell;
			piece.split = split_of(p, row, &until, &new_cell);
			piece.cell = cell += new_cell;
			piece.unit = unit_of(units, n_units, i, row, &next, &until);
			if (piece.unit < 0 && piece.split != PV_SPLIT_TRAIN && piece.split != PV_SPLIT_VALID)
				continue;
			until = until - row > EVALUATE_PROFILE_ROWS ? row + EVALUATE_PROFILE_ROWS : until;
			piece.end = until;
			TRY(add(g, piece, err));
		}
	}
	return PV_OK;
}

/* ---- counting ---- */

struct job {
	const struct pv_dataset *dataset;
	const int *columns;
	const struct model_inputs *inputs;
	struct evaluate_pieces *pieces;
	size_t first;
};

static void sum_inputs(const struct model_inputs *inputs, const struct pv_dataset_program *p, uint64_t begin, uint64_t end, double *sums)
{
	enum { ROWS = 32 };
	float x[ROWS * MODEL_MAX_INPUTS];
	const size_t F = (size_t)model_inputs_count(inputs->kind);
	for (uint64_t row = begin; row < end; row += ROWS) {
		const size_t n = end - row < ROWS ? (size_t)(end - row) : ROWS;
		model_inputs_unpack(inputs, p->features + row, p->context ? p->context + row : NULL, n, x, F);
		for (size_t i = 0; i < n; i++)
			for (size_t f = 0; f < F; f++)
				sums[f] += (double)x[i * F + f];
	}
}

static void count_piece(void *context, int task, int thread)
{
	(void)thread;
	const struct job *job = context;
	const size_t i = job->first + (size_t)task, M = (size_t)job->pieces->M;
	const struct evaluate_piece *piece = &job->pieces->pieces[i];
	const struct pv_dataset_program *p = pv_dataset_program(job->dataset, piece->program);
	const size_t K = (size_t)pv_dataset_n_machines(job->dataset);
	double *times = job->pieces->times + i * M;
	evaluate_profile_rows(p->features + piece->begin, (uint32_t)(piece->end - piece->begin), &job->pieces->profiles[i]);
	sum_inputs(job->inputs, p, piece->begin, piece->end, job->pieces->inputs + i * (size_t)job->pieces->F);
	for (uint64_t row = piece->begin; row < piece->end; row++)
		for (size_t m = 0; m < M; m++)
			times[m] += pv_target(p, (size_t)row * K + (size_t)job->columns[m]);
}

static enum pv_status count(struct job *job, struct base_threads *pool, const struct pv_progress *progress, struct pv_error *err)
{
	enum { TASKS = 64 };
	const struct evaluate_pieces *g = job->pieces;
	for (job->first = 0; job->first < g->n; job->first += TASKS) {
		const size_t left = g->n - job->first;
		base_threads_run(pool, count_piece, job, left < TASKS ? (int)left : TASKS);
		if (progress && progress->report)
			progress->report(progress->user, "counting", "pieces", job->first, g->n);
		if (progress && progress->stop && progress->stop(progress->user))
			return base_error_set(err, PV_ERR_INTERRUPTED, "stopped on request");
	}
	return PV_OK;
}

enum pv_status evaluate_pieces_new(const struct pv_dataset *dataset, const struct data_range *units, int n_units, const int *columns, int M,
                                   const struct model_inputs *inputs, struct base_threads *pool, const struct pv_progress *progress,
                                   struct evaluate_pieces *g, struct pv_error *err)
{
	*g = (struct evaluate_pieces){.M = M, .F = model_inputs_count(inputs->kind)};
	struct job job = {dataset, columns, inputs, g, 0};
	enum pv_status status = cut(dataset, units, n_units, g, err);
	if (status == PV_OK) {
		g->profiles = malloc((g->n + 1) * sizeof *g->profiles);
		g->times = calloc((g->n + 1) * (size_t)M, sizeof *g->times);
		g->inputs = calloc((g->n + 1) * (size_t)g->F, sizeof *g->inputs);
		if (!g->profiles || !g->times || !g->inputs)
			status = base_error_set(err, PV_ERR_NOMEM, "out of memory for %zu pieces of programs", g->n);
	}
	if (status == PV_OK)
		status = count(&job, pool, progress, err);
	if (status != PV_OK)
		evaluate_pieces_release(g);
	return status;
}

void evaluate_pieces_release(struct evaluate_pieces *g)
{
	free(g->pieces);
	free(g->profiles);
	free(g->times);
	free(g->inputs);
	*g = (struct evaluate_pieces){0};
}
