/*
 * feed_streams.c - training over B streams that carry their state from step to step
 *
 * Streams are dealt to shards. Unpacking and normalising features happens inside a shard's task, in parallel with other shards' arithmetic;
 * the weights are rearranged for the products once a step, for all shards.
 */
#include "train/feed_streams.h"

#include <stdlib.h>
#include <string.h>

#include "represent/batch.h"
#include "nn/blas.h"
#include "train/shards.h"

/* Streams of one shard: enough for efficient matrix products, few enough for many threads. */
enum { SHARD_STREAMS = 8 };

/* What one shard runs with. */
struct room {
	int first, B; /* its streams */
	struct nn_work *work;
	float *x, *target, *weight, *doutput;
	double sum_sum; /* loss of summed time */
};

struct streams {
	struct train_feed feed;
	const struct train_source *source;
	const struct nn_sequential *chain;
	struct train_streams_config config;
	struct base_threads *pool;
	int B, T, K;
	struct train_schedule *schedule;
	struct train_slot *slots; /* (B) of the step at hand */
	struct train_shards shards;
	struct room *rooms; /* (shards.n) */
	struct nn_packed *packed;
	/* of the step that runs */
	const struct train_step *step;
	double scale;     /* d loss / d sum; for RMSE of the mean square */
	double sum_scale; /* the same for the summed time of one stream and machine */
};

static struct streams *streams_of(struct train_feed *feed)
{
	return (struct streams *)feed;
}

/* ---- the epoch ---- */

static void begin(struct train_feed *feed, int epoch)
{
	struct streams *s = streams_of(feed);
	train_schedule_begin(s->schedule, epoch);
	feed->n_steps = train_schedule_n_steps(s->schedule);
	feed->n_rows = train_schedule_n_rows(s->schedule);
	for (int i = 0; i < s->shards.n; i++)
		nn_work_reset(s->rooms[i].work, -1);
}

static bool next(struct train_feed *feed)
{
	struct streams *s = streams_of(feed);
	return train_schedule_step(s->schedule, s->slots);
}

const struct train_slot *train_streams_slots(const struct train_feed *feed)
{
	return ((const struct streams *)feed)->slots;
}

/* ---- a step ---- */

static void fill(const struct streams *s, struct room *r)
{
	static const struct pv_dataset_program none;
	for (int b = 0; b < r->B; b++) {
		const struct train_slot *slot = &s->slots[r->first + b];
		const struct pv_dataset_program *p = slot->program < 0 ? &none : pv_dataset_program(s->source->dataset, slot->program);
		if (slot->reset)
			nn_work_reset(r->work, b);
		represent_batch_features(p, slot->row, slot->n_rows, s->T, r->B, b, &s->source->inputs, r->x);
		represent_batch_targets(p, &s->source->columns, slot->row, slot->n_rows, slot->n_warm, s->T, r->B, b, r->target, r->weight);
	}
}

/*
 * The squared error of a stream's summed time over its n counted rows, divided by n: as large as the mean square error when errors are
 * independent, up to n times larger when they have a common sign.
 */
static void add_sum_loss(const struct streams *s, struct room *r, const float *output)
{
	const size_t K = (size_t)s->K, stride = (size_t)r->B * K;
	for (int b = 0; b < r->B; b++) {
		const struct train_slot *slot = &s->slots[r->first + b];
		const size_t from = slot->n_warm, to = slot->n_rows;
		if (from >= to)
			continue;
		for (size_t k = 0; k < K; k++) {
			double error = 0, n = (double)(to - from);
			size_t at = (size_t)b * K + k;
			for (size_t t = from; t < to; t++)
				error += (double)(output[t * stride + at] - r->target[t * stride + at]);
			r->sum_sum += error * error / n;
			float d = (float)(s->sum_scale * 2 * error / n);
			for (size_t t = from; t < to; t++)
				r->doutput[t * stride + at] += d;
		}
	}
}

static void run_shard(void *user, int i, int thread)
{
	(void)thread;
	struct streams *s = user;
	struct train_shard *shard = &s->shards.shard[i];
	struct room *r = &s->rooms[i];
	const size_t rows = (size_t)r->B * (size_t)s->T;
	const float *output;
	fill(s, r);
	shard->status = nn_forward(r->work, s->step->params, r->x, s->T, s->step->seed + (uint64_t)i, NULL, &output, &shard->error);
	if (shard->status != PV_OK)
		return;
	shard->loss_sum = nn_loss_sum(s->config.loss, output, r->target, r->weight, rows, s->K);
	r->sum_sum = 0;
	nn_loss_gradient(s->config.loss, output, r->target, r->weight, rows, s->K, s->scale, r->doutput);
	if (s->config.sum_weight > 0)
		add_sum_loss(s, r, output);
	nn_backward(r->work, s->step->params, r->doutput, NULL, shard->grads, NULL);
}

static void pack(void *user, int task, int thread)
{
	(void)thread;
	struct streams *s = user;
	nn_pack(s->packed, s->step->params, task);
}

static enum pv_status step(struct train_feed *feed, struct train_step *step, struct pv_error *err)
{
	struct streams *s = streams_of(feed);
	double sum, sum_sum = 0;
	step->n_counted = 0;
	for (int b = 0; b < s->B; b++)
		step->n_counted += s->slots[b].n_rows - s->slots[b].n_warm;
	const double n = (double)step->n_counted * s->K;
	s->step = step;
	s->scale = n > 0 ? 1 / n : 0;
	s->sum_scale = s->config.sum_weight * s->scale;
	base_threads_run(s->pool, pack, s, nn_packed_tasks(s->packed));
	TRY(train_shards_run(&s->shards, run_shard, s, step->grads, &sum, err));
	for (int i = 0; i < s->shards.n; i++)
		sum_sum += s->rooms[i].sum_sum;
	step->loss = train_shards_loss(&s->shards, s->config.loss, sum, n) + sum_sum * s->sum_scale;
	return PV_OK;
}

/* ---- what is carried ---- */

static size_t save(const struct train_feed *feed, float *carried)
{
	const struct streams *s = (const struct streams *)feed;
	size_t all = 0;
	for (int i = 0; i < s->shards.n; i++) {
		size_t n;
		const float *state = nn_work_state(s->rooms[i].work, &n);
		if (carried)
			memcpy(carried + all, state, n * sizeof *state);
		all += n;
	}
	return all;
}

static void restore(struct train_feed *feed, const float *carried)
{
	struct streams *s = streams_of(feed);
	for (int i = 0; i < s->shards.n; i++) {
		size_t n;
		float *state = nn_work_state(s->rooms[i].work, &n);
		memcpy(state, carried, n * sizeof *state);
		carried += n;
	}
}

/* ---- memory ---- */

static enum pv_status room_init(const struct streams *s, struct room *r, int first, int B, struct pv_error *err)
{
	const size_t rows = (size_t)B * (size_t)s->T;
	r->first = first;
	r->B = B;
	r->x = nn_floats_new(rows * (size_t)nn_sequential_input(s->chain).F);
	r->target = nn_floats_new(rows * (size_t)s->K);
	r->weight = nn_floats_new(rows);
	r->doutput = nn_floats_new(rows * (size_t)s->K);
	FAIL_IF(!r->x || !r->target || !r->weight || !r->doutput, err, PV_ERR_NOMEM, "out of memory for %d streams of %d rows", s->B, s->T);
	TRY(nn_work_streams(s->chain, B, s->T, true, &r->work, err));
	nn_work_share(r->work, s->packed);
	return PV_OK;
}

static enum pv_status rooms_init(struct streams *s, struct pv_error *err)
{
	const int n = (s->B + SHARD_STREAMS - 1) / SHARD_STREAMS;
	TRY(nn_packed_new(s->chain, true, &s->packed, err));
	TRY(train_shards_init(&s->shards, n, s->chain, s->pool, err));
	s->rooms = calloc((size_t)n, sizeof *s->rooms);
	FAIL_IF(!s->rooms, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < n; i++) {
		const int first = (int)((int64_t)s->B * i / n), end = (int)((int64_t)s->B * (i + 1) / n);
		TRY(room_init(s, &s->rooms[i], first, end - first, err));
	}
	return PV_OK;
}

static void streams_free(struct train_feed *feed)
{
	struct streams *s = streams_of(feed);
	for (int i = 0; s->rooms && i < s->shards.n; i++) {
		struct room *r = &s->rooms[i];
		nn_work_free(r->work);
		free(r->x);
		free(r->target);
		free(r->weight);
		free(r->doutput);
	}
	free(s->rooms);
	train_shards_release(&s->shards);
	nn_packed_free(s->packed);
	train_schedule_free(s->schedule);
	free(s->slots);
	free(s);
}

enum pv_status train_streams_new(const struct train_source *source, const struct model_encoder *encoder,
                                 const struct train_streams_config *config, struct base_threads *pool, struct train_feed **feed,
                                 struct pv_error *err)
{
	static const struct train_feed_kind kind = {
	    .unit = "rows", .begin = begin, .next = next, .step = step, .save = save, .restore = restore, .free = streams_free};
	struct streams *s = calloc(1, sizeof *s);
	FAIL_IF(!s, err, PV_ERR_NOMEM, "out of memory");
	*s = (struct streams){.feed = {.kind = &kind},
	                      .source = source,
	                      .chain = encoder->chain,
	                      .config = *config,
	                      .pool = pool,
	                      .B = config->schedule.n_streams,
	                      .T = config->schedule.chunk_rows,
	                      .K = source->columns.n};
	enum pv_status status = train_schedule_new(source->train, source->n_train, &config->schedule, &s->schedule, err);
	if (status == PV_OK && !(s->slots = calloc((size_t)s->B, sizeof *s->slots)))
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK && pool)
		status = rooms_init(s, err);
	if (status != PV_OK) {
		streams_free(&s->feed);
		return status;
	}
	*feed = &s->feed;
	return PV_OK;
}
