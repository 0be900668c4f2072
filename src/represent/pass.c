/*
 * pass.c - forward passes over long runs of rows, in parallel
 */
#include "represent/pass.h"

#include <stdlib.h>
#include <string.h>

#include "base/linalg.h"
#include "nn/blas.h"

struct run;
struct room;

/* How slices are run: over streams, or over windows. */
struct way {
	int n_slices;                                                   /* of a task */
	enum pv_status (*begin)(struct run *run, struct pv_error *err); /* once, for all rooms; NULL: nothing */
	enum pv_status (*room)(const struct represent_run *pass, struct room *room, struct pv_error *err);
	/* run - (n) slices, at most n_slices; sets the room's error */
	enum pv_status (*run)(const struct represent_run *pass, struct room *room, int thread, struct represent_slice *slices, int n);
};

/* Scratch of one thread. */
struct room {
	struct nn_work *work;
	float *x, *target, *weight;
	float *line; /* the rows that a group of windows reaches, one after the other */
	enum pv_status status;
	struct pv_error error; /* the first of this thread */
};

struct run {
	const struct represent_run *pass;
	const struct way *way;
	struct represent_slice *slices;
	size_t n, first_task;
	int n_rooms;
	struct room *rooms;       /* (n_rooms) one for each thread */
	struct nn_packed *packed; /* the weights, rearranged once for all rooms; NULL: each room does it itself */
};

/* The segment of a slice's row, the last row's segment being at most that. */
static size_t segment_of(const struct represent_run *pass, const struct represent_slice *s, uint64_t row, size_t last)
{
	if (!s->ends)
		return (size_t)((row - s->begin) / pass->segment_rows);
	while (s->ends[last] <= row)
		last++;
	return last;
}

static void clear_sums(const struct represent_run *pass, const struct represent_slice *s)
{
	const size_t n = s->ends ? s->n_ends : (size_t)((s->end - s->begin + pass->segment_rows - 1) / pass->segment_rows);
	if (!pass->visit)
		memset(s->sums, 0, n * (size_t)pass->encoder->D * sizeof *s->sums);
}

/* Adds the representations of n counted rows to their segments, or hands them on. */
static void take_rows(const struct represent_run *pass, int thread, const struct represent_slice *s, uint64_t row, size_t n,
                      const float *repr, size_t stride)
{
	const size_t D = (size_t)pass->encoder->D;
	size_t segment = 0;
	if (pass->visit) {
		pass->visit(pass->visit_user, thread, s, row, n, repr, stride);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		segment = segment_of(pass, s, row + i, segment);
		double *sum = s->sums + segment * D;
		for (size_t d = 0; d < D; d++)
			sum[d] += (double)repr[i * stride + d];
	}
}

/* Arrays for `rows` rows of features, and as many targets. */
static enum pv_status room_arrays(const struct represent_run *pass, struct room *r, size_t rows, struct pv_error *err)
{
	r->x = nn_floats_new(rows * (size_t)pass->encoder->F);
	r->target = nn_floats_new(pass->columns ? rows * (size_t)pass->columns->n : 1);
	r->weight = nn_floats_new(rows);
	FAIL_IF(!r->x || !r->target || !r->weight, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

/* ---- streams ---- */

static enum pv_status room_of_streams(const struct represent_run *pass, struct room *room, struct pv_error *err)
{
	TRY(room_arrays(pass, room, REPRESENT_PASS_STREAMS * REPRESENT_PASS_CHUNK, err));
	return nn_work_streams(pass->encoder->chain, REPRESENT_PASS_STREAMS, REPRESENT_PASS_CHUNK, false, &room->work, err);
}

static enum pv_status share_weights(struct run *run, struct pv_error *err)
{
	const struct represent_run *pass = run->pass;
	TRY(nn_packed_new(pass->encoder->chain, false, &run->packed, err));
	for (int i = 0; i < nn_packed_tasks(run->packed); i++)
		nn_pack(run->packed, pass->params, i);
	for (int i = 0; i < run->n_rooms; i++)
		nn_work_share(run->rooms[i].work, run->packed);
	return PV_OK;
}

/* The loss of one stream's rows: gathered into consecutive rows, so that each slice gets its own sum. */
static void add_loss(const struct represent_run *pass, struct room *room, struct represent_slice *s, uint64_t at, uint32_t n_rows, int b,
                     const float *output)
{
	const size_t K = (size_t)pass->columns->n;
	uint32_t n_warm = (uint32_t)(at < s->begin ? (s->begin - at < n_rows ? s->begin - at : n_rows) : 0);
	represent_batch_targets(s->program, pass->columns, at, n_rows, n_warm, REPRESENT_PASS_CHUNK, 1, 0, room->target, room->weight);
	for (uint32_t t = n_warm; t < n_rows; t++) {
		const float *row = output + (t * REPRESENT_PASS_STREAMS + (size_t)b) * K;
		s->loss_sum += nn_loss_sum(pass->loss, row, room->target + t * K, NULL, 1, (int)K);
	}
	s->loss_count += (double)(n_rows - n_warm) * (double)K;
}

/* Sets where each stream begins: at its slice's warm-up. */
static void begin_streams(const struct represent_run *pass, struct room *room, const struct represent_slice *slices, int n, uint64_t *at)
{
	for (int b = 0; b < n; b++) {
		const struct represent_slice *s = &slices[b];
		at[b] = s->begin - (s->begin - s->first < pass->warmup_rows ? s->begin - s->first : pass->warmup_rows);
	}
	memset(room->x, 0, sizeof(float) * REPRESENT_PASS_STREAMS * REPRESENT_PASS_CHUNK * (size_t)pass->encoder->F);
	nn_work_reset(room->work, -1);
}

/* A slice for each stream. */
static enum pv_status run_streams(const struct represent_run *pass, struct room *room, int thread, struct represent_slice *slices, int n)
{
	const size_t D = (size_t)pass->encoder->D;
	uint64_t at[REPRESENT_PASS_STREAMS];
	begin_streams(pass, room, slices, n, at);
	for (;;) {
		uint32_t rows[REPRESENT_PASS_STREAMS], longest = 0;
		for (int b = 0; b < n; b++) {
			uint64_t more = slices[b].end - at[b];
			rows[b] = more < REPRESENT_PASS_CHUNK ? (uint32_t)more : REPRESENT_PASS_CHUNK;
			longest = rows[b] > longest ? rows[b] : longest;
			represent_batch_features(slices[b].program, at[b], rows[b], REPRESENT_PASS_CHUNK, REPRESENT_PASS_STREAMS, b,
			                         pass->inputs, room->x);
		}
		if (!longest)
			return PV_OK;
		const float *repr, *output = NULL;
		TRY(nn_forward(room->work, pass->params, room->x, REPRESENT_PASS_CHUNK, 0, &repr, pass->columns ? &output : NULL,
		               &room->error));
		for (int b = 0; b < n; b++) {
			const uint64_t warm = at[b] < slices[b].begin ? slices[b].begin - at[b] : 0;
			if (warm < rows[b])
				take_rows(pass, thread, &slices[b], at[b] + warm, (size_t)(rows[b] - warm),
				          repr + (warm * REPRESENT_PASS_STREAMS + (size_t)b) * D, REPRESENT_PASS_STREAMS * D);
			if (pass->columns)
				add_loss(pass, room, &slices[b], at[b], rows[b], b, output);
			at[b] += rows[b];
		}
	}
}

static const struct way over_streams = {REPRESENT_PASS_STREAMS, share_weights, room_of_streams, run_streams};

/* ---- windows ---- */

static enum pv_status room_of_windows(const struct represent_run *pass, struct room *room, struct pv_error *err)
{
	const size_t T = (size_t)pass->encoder->T;
	TRY(room_arrays(pass, room, REPRESENT_PASS_STREAMS * T, err));
	room->line = nn_floats_new((T + REPRESENT_PASS_STREAMS) * (size_t)pass->encoder->F);
	FAIL_IF(!room->line, err, PV_ERR_NOMEM, "out of memory");
	return nn_work_windows(pass->encoder->chain, REPRESENT_PASS_STREAMS, false, &room->work, err);
}

/* One slice, a window for each row. */
static enum pv_status run_windows(const struct represent_run *pass, struct room *room, int thread, struct represent_slice *s, int n_slices)
{
	(void)n_slices;
	const struct model_encoder *e = pass->encoder;
	const size_t D = (size_t)e->D, K = (size_t)e->K, T = (size_t)nn_sequential_representation(e->chain).T;
	for (uint64_t at = s->begin; at < s->end; at += REPRESENT_PASS_STREAMS) {
		const int n = s->end - at < REPRESENT_PASS_STREAMS ? (int)(s->end - at) : REPRESENT_PASS_STREAMS;
		const float *repr, *output;
		represent_batch_windows(s->program, s->first, at, n, e->T, pass->inputs, room->line, room->x);
		TRY(nn_forward(room->work, pass->params, room->x, n, 0, &repr, &output, &room->error));
		if (pass->columns)
			represent_batch_targets(s->program, pass->columns, at, (uint32_t)n, 0, n, 1, 0, room->target, room->weight);
		take_rows(pass, thread, s, at, (size_t)n, repr + (T - 1) * D, T * D);
		for (int b = 0; pass->columns && b < n; b++)
			s->loss_sum +=
			    nn_loss_sum(pass->loss, output + ((size_t)b * T + T - 1) * K, room->target + (size_t)b * K, NULL, 1, (int)K);
		s->loss_count += pass->columns ? (double)n * (double)K : 0;
	}
	return PV_OK;
}

static const struct way over_windows = {1, NULL, room_of_windows, run_windows};

/* ---- tasks ---- */

static void rooms_free(struct room *rooms, int n)
{
	for (int i = 0; rooms && i < n; i++) {
		nn_work_free(rooms[i].work);
		free(rooms[i].line);
		free(rooms[i].x);
		free(rooms[i].target);
		free(rooms[i].weight);
	}
	free(rooms);
}

static enum pv_status make_rooms(struct run *run, struct pv_error *err)
{
	run->rooms = calloc((size_t)run->n_rooms, sizeof *run->rooms);
	FAIL_IF(!run->rooms, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < run->n_rooms; i++)
		TRY(run->way->room(run->pass, &run->rooms[i], err));
	return run->way->begin ? run->way->begin(run, err) : PV_OK;
}

static void run_task(void *context, int task, int thread)
{
	struct run *run = context;
	struct room *room = &run->rooms[thread];
	const size_t first = (run->first_task + (size_t)task) * (size_t)run->way->n_slices, left = run->n - first;
	const int n = left < (size_t)run->way->n_slices ? (int)left : run->way->n_slices;
	if (room->status != PV_OK)
		return;
	for (int i = 0; i < n; i++) {
		struct represent_slice *s = &run->slices[first + (size_t)i];
		s->loss_sum = s->loss_count = 0;
		clear_sums(run->pass, s);
	}
	room->status = run->way->run(run->pass, room, thread, run->slices + first, n);
}

/* The first error of any thread. */
static enum pv_status status_of(const struct run *run, struct pv_error *err)
{
	for (int i = 0; i < run->n_rooms; i++)
		if (run->rooms[i].status != PV_OK) {
			if (err)
				*err = run->rooms[i].error;
			return run->rooms[i].status;
		}
	return PV_OK;
}

static enum pv_status run_tasks(struct run *run, struct base_threads *pool, const struct pv_progress *progress, struct pv_error *err)
{
	const struct represent_run *pass = run->pass;
	const size_t group = (size_t)run->way->n_slices, n_tasks = (run->n + group - 1) / group, wave = (size_t)run->n_rooms * 4;
	uint64_t total = pass->total, done = pass->done_before;
	for (size_t i = 0; i < run->n && !pass->total; i++)
		total += run->slices[i].end - run->slices[i].begin;
	for (size_t t = 0; t < n_tasks; t += wave) {
		const size_t count = n_tasks - t < wave ? n_tasks - t : wave;
		run->first_task = t;
		base_threads_run(pool, run_task, run, (int)count);
		for (size_t i = t * group; i < (t + count) * group && i < run->n; i++)
			done += run->slices[i].end - run->slices[i].begin;
		if (progress && progress->report && pass->what)
			progress->report(progress->user, pass->what, "rows", done, total);
		TRY(status_of(run, err));
		if (progress && progress->stop && progress->stop(progress->user) && t + count < n_tasks)
			return base_error_set(err, PV_ERR_INTERRUPTED, "stopped on request");
	}
	return PV_OK;
}

enum pv_status represent_run_slices(const struct represent_run *pass, struct represent_slice *slices, size_t n, struct base_threads *pool,
                                    const struct pv_progress *progress, struct pv_error *err)
{
	struct run run = {.pass = pass,
	                  .way = pass->encoder->T ? &over_windows : &over_streams,
	                  .slices = slices,
	                  .n = n,
	                  .n_rooms = base_threads_count(pool)};
	base_blas_single_thread();
	enum pv_status status = make_rooms(&run, err);
	if (status == PV_OK)
		status = run_tasks(&run, pool, progress, err);
	rooms_free(run.rooms, run.n_rooms);
	nn_packed_free(run.packed);
	return status;
}
