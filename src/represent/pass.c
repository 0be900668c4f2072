/*
 * pass.c - forward passes over long runs of rows, in parallel
 */
#include "represent/pass.h"

#include <stdlib.h>
#include <string.h>

#include "nn/blas.h"

/* Scratch of one thread. */
struct room {
	struct nn_net_work *work;
	struct nn_graph_work *windows;
	float *x, *target, *weight;
	float *line; /* the rows that a group of windows reaches, one after the other */
	enum pv_status status;
	struct pv_error error; /* the first of this thread */
};

struct run {
	const struct represent_run *pass;
	struct represent_slice *slices;
	size_t n, first_task;
	struct room *rooms;
	struct nn_net_packed *packed; /* the weights, rearranged once for all rooms; NULL: windows */
};

static void rooms_free(struct room *rooms, int n)
{
	for (int i = 0; rooms && i < n; i++) {
		nn_net_work_free(rooms[i].work);
		nn_graph_work_free(rooms[i].windows);
		free(rooms[i].line);
		free(rooms[i].x);
		free(rooms[i].target);
		free(rooms[i].weight);
	}
	free(rooms);
}

static enum pv_status rooms_new(const struct represent_run *pass, int n, struct room **rooms, struct pv_error *err)
{
	const struct model_encoder *e = pass->encoder;
	const size_t rows = REPRESENT_PASS_STREAMS * (e->T ? (size_t)e->T : REPRESENT_PASS_CHUNK);
	struct room *r = calloc((size_t)n, sizeof *r);
	FAIL_IF(!r, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = PV_OK;
	for (int i = 0; i < n && status == PV_OK; i++) {
		r[i].x = nn_floats_new(rows * (size_t)e->F);
		r[i].target = nn_floats_new(pass->columns ? rows * (size_t)pass->columns->n : 1);
		r[i].weight = nn_floats_new(rows);
		r[i].line = nn_floats_new((size_t)(e->T + REPRESENT_PASS_STREAMS) * (size_t)e->F);
		status = e->T ? nn_graph_work_new(e->graph, REPRESENT_PASS_STREAMS, false, &r[i].windows, err)
		              : nn_net_work_new(e->net, REPRESENT_PASS_STREAMS, REPRESENT_PASS_CHUNK, false, &r[i].work, err);
		if (status == PV_OK && (!r[i].line || !r[i].x || !r[i].target || !r[i].weight))
			status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	}
	if (status != PV_OK) {
		rooms_free(r, n);
		return status;
	}
	*rooms = r;
	return PV_OK;
}

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

/* ---- windows ---- */

/* One slice, a window for each row. */
static enum pv_status run_windows(const struct represent_run *pass, struct room *room, int thread, struct represent_slice *s,
                                  struct pv_error *err)
{
	const struct model_encoder *e = pass->encoder;
	const size_t D = (size_t)e->D, K = (size_t)e->K, T = (size_t)nn_graph_representation(e->graph).T;
	s->loss_sum = s->loss_count = 0;
	clear_sums(pass, s);
	for (uint64_t at = s->begin; at < s->end; at += REPRESENT_PASS_STREAMS) {
		const int n = s->end - at < REPRESENT_PASS_STREAMS ? (int)(s->end - at) : REPRESENT_PASS_STREAMS;
		const float *repr, *output;
		represent_batch_windows(s->program, s->first, at, n, e->T, pass->inputs, room->line, room->x);
		TRY(nn_graph_forward(e->graph, pass->params, room->windows, room->x, n, 0, &repr, &output, err));
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

/* ---- tasks ---- */

static void run_group(void *context, int task, int thread)
{
	struct run *run = context;
	const struct represent_run *pass = run->pass;
	struct room *room = &run->rooms[thread];
	struct represent_slice *slices = run->slices + (run->first_task + (size_t)task) * REPRESENT_PASS_STREAMS;
	size_t left = run->n - (run->first_task + (size_t)task) * REPRESENT_PASS_STREAMS;
	const int n = left < REPRESENT_PASS_STREAMS ? (int)left : REPRESENT_PASS_STREAMS;
	if (pass->encoder->T) {
		if (room->status == PV_OK)
			room->status = run_windows(pass, room, thread, &run->slices[run->first_task + (size_t)task], &room->error);
		return;
	}
	const size_t D = (size_t)pass->encoder->D;
	uint64_t at[REPRESENT_PASS_STREAMS];
	for (int b = 0; b < n; b++) {
		struct represent_slice *s = &slices[b];
		uint64_t warm = s->begin - s->first < pass->warmup_rows ? s->begin - s->first : pass->warmup_rows;
		at[b] = s->begin - warm;
		s->loss_sum = s->loss_count = 0;
		clear_sums(pass, s);
	}
	memset(room->x, 0, sizeof(float) * REPRESENT_PASS_STREAMS * REPRESENT_PASS_CHUNK * (size_t)pass->encoder->F);
	nn_net_work_reset(room->work, -1);
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
			return;
		const float *repr, *output = NULL;
		nn_net_forward(pass->encoder->net, pass->params, room->work, room->x, REPRESENT_PASS_CHUNK, &repr,
		               pass->columns ? &output : NULL);
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

static enum pv_status share_weights(struct run *run, int n_threads, struct pv_error *err)
{
	const struct represent_run *pass = run->pass;
	if (!pass->encoder->net)
		return PV_OK;
	TRY(nn_net_packed_new(pass->encoder->net, false, &run->packed, err));
	for (int i = 0; i < nn_net_packed_tasks(run->packed); i++)
		nn_net_pack(run->packed, pass->params, i);
	for (int i = 0; i < n_threads; i++)
		nn_net_work_share(run->rooms[i].work, run->packed);
	return PV_OK;
}

enum pv_status represent_run_slices(const struct represent_run *pass, struct represent_slice *slices, size_t n, struct base_threads *pool,
                                    const struct pv_progress *progress, struct pv_error *err)
{
	struct run run = {.pass = pass, .slices = slices, .n = n};
	const int n_threads = base_threads_count(pool);
	const size_t group = pass->encoder->T ? 1 : REPRESENT_PASS_STREAMS; /* slices of a task */
	const size_t n_tasks = (n + group - 1) / group, wave = (size_t)n_threads * 4;
	uint64_t total = pass->total, done = pass->done_before;
	nn_blas_single_thread();
	for (size_t i = 0; i < n && !pass->total; i++)
		total += slices[i].end - slices[i].begin;
	TRY(rooms_new(pass, n_threads, &run.rooms, err));
	enum pv_status status = share_weights(&run, n_threads, err);
	for (size_t t = 0; t < n_tasks && status == PV_OK; t += wave) {
		size_t count = n_tasks - t < wave ? n_tasks - t : wave;
		run.first_task = t;
		base_threads_run(pool, run_group, &run, (int)count);
		for (size_t i = t * group; i < (t + count) * group && i < n; i++)
			done += slices[i].end - slices[i].begin;
		for (int i = 0; i < n_threads && status == PV_OK; i++) {
			status = run.rooms[i].status;
			if (status != PV_OK && err)
				*err = run.rooms[i].error;
		}
		if (progress && progress->report && pass->what)
			progress->report(progress->user, pass->what, "rows", done, total);
		if (status == PV_OK && progress && progress->stop && progress->stop(progress->user) && t + count < n_tasks)
			status = base_error_set(err, PV_ERR_INTERRUPTED, "stopped on request");
	}
	rooms_free(run.rooms, n_threads);
	nn_net_packed_free(run.packed);
	return status;
}
