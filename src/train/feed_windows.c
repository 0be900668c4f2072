/*
 * feed_windows.c - training the reference's way
 *
 * A step's windows are dealt to shards, a fixed number that depends on B alone; a shard runs its windows in groups and sums their gradients
 * up.
 */
#include "train/feed_windows.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "represent/batch.h"
#include "nn/blas.h"
#include "nn/flush.h"
#include "train/shards.h"

/* Windows that run together: enough for efficient products, few enough to keep activations in the cache and threads busy. */
enum { GROUP_WINDOWS = 8, MAX_SHARDS = 16 };

/* Scratch of one thread. */
struct room {
	struct nn_work *work;
	float *line, *x, *target, *weight, *output, *gradient, *doutput;
};

struct windows {
	struct train_feed feed;
	const struct train_source *source;
	const struct model_encoder *encoder;
	struct train_windows_config config;
	struct base_threads *pool;
	/* what is shuffled: blocks, or single rows, which are counted through all ranges */
	struct data_range *blocks;
	uint32_t *order;
	size_t n_units, n_chosen;
	size_t at;       /* next unit; with blocks, first of the group at hand */
	uint64_t offset; /* next row of those blocks */
	/* the step at hand */
	struct data_range *chosen; /* (B) */
	int n;
	const struct train_step *step;
	double scale; /* d loss / d sum; for RMSE of the mean square */
	struct train_shards shards;
	int n_rooms;
	struct room *rooms; /* (n_rooms) one per thread */
};

static struct windows *windows_of(struct train_feed *feed)
{
	return (struct windows *)feed;
}

/* ---- order ---- */

static uint64_t block_rows(const struct windows *w, size_t i)
{
	const struct data_range *b = &w->blocks[w->order[i]];
	return b->end - b->begin;
}

/* The longest of the B blocks from number `from` on. */
static uint64_t group_rows(const struct windows *w, size_t from)
{
	uint64_t longest = 0;
	for (size_t i = from; i < w->n_chosen && i < from + (size_t)w->config.B; i++)
		longest = block_rows(w, i) > longest ? block_rows(w, i) : longest;
	return longest;
}

static void begin(struct train_feed *feed, int epoch)
{
	struct windows *w = windows_of(feed);
	const size_t B = (size_t)w->config.B;
	struct base_random rng;
	for (size_t i = 0; i < w->n_units; i++)
		w->order[i] = (uint32_t)i;
	base_random_init(&rng, w->config.seed * 0x9e3779b97f4a7c15u + (uint64_t)epoch + 1);
	base_random_shuffle(&rng, w->order, w->n_units);
	w->at = 0;
	w->offset = 0;
	w->n = 0;
	feed->n_steps = (w->n_chosen + B - 1) / B;
	feed->n_rows = w->n_chosen;
	if (!w->blocks)
		return;
	feed->n_steps = feed->n_rows = 0;
	for (size_t i = 0; i < w->n_chosen; i++)
		feed->n_rows += block_rows(w, i);
	for (size_t i = 0; i < w->n_chosen; i += B)
		feed->n_steps += group_rows(w, i);
}

/* Row number i of all training ranges. */
static struct data_range row_number(const struct train_source *s, uint64_t i)
{
	int r = 0;
	for (; i >= s->train[r].end - s->train[r].begin; r++)
		i -= s->train[r].end - s->train[r].begin;
	const uint64_t row = s->train[r].begin + i;
	return (struct data_range){s->train[r].program, row, row + 1};
}

static bool next_single(struct windows *w)
{
	for (; w->n < w->config.B && w->at < w->n_chosen; w->at++)
		w->chosen[w->n++] = row_number(w->source, w->order[w->at]);
	return w->n > 0;
}

static bool next_of_blocks(struct windows *w)
{
	if (w->at < w->n_chosen && w->offset >= group_rows(w, w->at)) {
		w->at += (size_t)w->config.B;
		w->offset = 0;
	}
	for (size_t i = w->at; i < w->n_chosen && i < w->at + (size_t)w->config.B; i++) {
		const struct data_range *b = &w->blocks[w->order[i]];
		const uint64_t row = b->begin + w->offset;
		if (row < b->end)
			w->chosen[w->n++] = (struct data_range){b->program, row, row + 1};
	}
	w->offset++;
	return w->n > 0;
}

static bool next(struct train_feed *feed)
{
	struct windows *w = windows_of(feed);
	w->n = 0;
	return w->blocks ? next_of_blocks(w) : next_single(w);
}

int train_windows_count(const struct train_feed *feed)
{
	return ((const struct windows *)feed)->n;
}

struct data_range train_windows_at(const struct train_feed *feed, int i)
{
	return ((const struct windows *)feed)->chosen[i];
}

/* ---- a step ---- */

static void fill(const struct windows *w, struct room *r, int from, int n)
{
	const struct train_source *s = w->source;
	const size_t F = (size_t)w->encoder->F, T = (size_t)w->encoder->T, K = (size_t)w->encoder->K;
	for (int b = 0; b < n; b++) {
		const struct data_range *row = &w->chosen[from + b];
		const struct pv_dataset_program *p = pv_dataset_program(s->dataset, row->program);
		represent_batch_windows(p, 0, row->begin, 1, w->encoder->T, &s->inputs, r->line, r->x + (size_t)b * T * F);
		represent_batch_targets(p, &s->columns, row->begin, 1, 0, 1, 1, 0, r->target + (size_t)b * K, r->weight);
	}
}

/* The last row's output of every window, and their gradient back in its place. */
static void loss_at_the_end(const struct windows *w, struct room *r, double *loss_sum, const float *output, int n)
{
	const size_t K = (size_t)w->encoder->K, answers = (size_t)nn_sequential_output(w->encoder->chain).T;
	for (int b = 0; b < n; b++)
		memcpy(r->output + (size_t)b * K, output + ((size_t)b * answers + answers - 1) * K, K * sizeof *output);
	*loss_sum += nn_loss_sum(w->config.loss, r->output, r->target, NULL, (size_t)n, (int)K);
	nn_loss_gradient(w->config.loss, r->output, r->target, NULL, (size_t)n, (int)K, w->scale, r->gradient);
	memset(r->doutput, 0, (size_t)n * answers * K * sizeof *r->doutput);
	for (int b = 0; b < n; b++)
		memcpy(r->doutput + ((size_t)b * answers + answers - 1) * K, r->gradient + (size_t)b * K, K * sizeof *output);
}

static enum pv_status run_group(struct windows *w, struct room *r, struct train_shard *shard, int from, int n)
{
	const float *output;
	const uint64_t drop = (w->step->seed * 0x9e3779b97f4a7c15u + (uint64_t)from) | 1;
	fill(w, r, from, n);
	TRY(nn_forward(r->work, w->step->params, r->x, n, drop, NULL, &output, &shard->error));
	loss_at_the_end(w, r, &shard->loss_sum, output, n);
	nn_backward(r->work, w->step->params, r->doutput, NULL, shard->grads, NULL);
	return PV_OK;
}

static void run_shard(void *user, int i, int thread)
{
	struct windows *w = user;
	struct train_shard *shard = &w->shards.shard[i];
	const int end = (int)((int64_t)w->n * (i + 1) / w->shards.n);
	const uint64_t settings = nn_flush_begin();
	for (int from = (int)((int64_t)w->n * i / w->shards.n); from < end && shard->status == PV_OK; from += GROUP_WINDOWS) {
		const int n = end - from < GROUP_WINDOWS ? end - from : GROUP_WINDOWS;
		shard->status = run_group(w, &w->rooms[thread], shard, from, n);
	}
	nn_flush_end(settings);
}

static enum pv_status step(struct train_feed *feed, struct train_step *step, struct pv_error *err)
{
	struct windows *w = windows_of(feed);
	const double n_elements = (double)w->n * w->encoder->K;
	double sum;
	w->step = step;
	w->scale = 1 / n_elements;
	TRY(train_shards_run(&w->shards, run_shard, w, step->grads, &sum, err));
	step->n_counted = (uint64_t)w->n;
	step->loss = train_shards_loss(&w->shards, w->config.loss, sum, n_elements);
	return PV_OK;
}

static void track(const struct train_feed *feed, float *params, const float *grads)
{
	nn_sequential_track(((const struct windows *)feed)->encoder->chain, params, grads);
}

/* ---- memory ---- */

static enum pv_status room_init(const struct windows *w, struct room *r, struct pv_error *err)
{
	const struct model_encoder *e = w->encoder;
	const size_t G = GROUP_WINDOWS, T = (size_t)e->T, K = (size_t)e->K, answers = (size_t)nn_sequential_output(e->chain).T;
	r->line = nn_floats_new((T + G) * (size_t)w->encoder->F);
	r->x = nn_floats_new(G * T * (size_t)w->encoder->F);
	r->target = nn_floats_new(G * K);
	r->weight = nn_floats_new(G);
	r->output = nn_floats_new(G * K);
	r->gradient = nn_floats_new(G * K);
	r->doutput = nn_floats_new(G * answers * K);
	FAIL_IF(!r->line || !r->x || !r->target || !r->weight || !r->output || !r->gradient || !r->doutput, err, PV_ERR_NOMEM,
	        "out of memory for windows of %d rows", e->T);
	return nn_work_windows(e->chain, GROUP_WINDOWS, true, &r->work, err);
}

static enum pv_status take_memory(struct windows *w, struct pv_error *err)
{
	const int groups = (w->config.B + GROUP_WINDOWS - 1) / GROUP_WINDOWS;
	w->chosen = calloc((size_t)w->config.B, sizeof *w->chosen);
	FAIL_IF(!w->chosen, err, PV_ERR_NOMEM, "out of memory");
	if (!w->pool)
		return PV_OK;
	TRY(train_shards_init(&w->shards, groups < MAX_SHARDS ? groups : MAX_SHARDS, w->encoder->chain, w->pool, err));
	w->n_rooms = base_threads_count(w->pool);
	w->rooms = calloc((size_t)w->n_rooms, sizeof *w->rooms);
	FAIL_IF(!w->rooms, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < w->n_rooms; i++)
		TRY(room_init(w, &w->rooms[i], err));
	return PV_OK;
}

static enum pv_status make_units(struct windows *w, struct pv_error *err)
{
	const struct train_source *s = w->source;
	const uint64_t length = w->config.block_rows;
	if (length) {
		w->blocks = calloc(data_ranges_cut_max(s->train, s->n_train, length), sizeof *w->blocks);
		FAIL_IF(!w->blocks, err, PV_ERR_NOMEM, "out of memory");
		w->n_units = data_ranges_cut(s->train, s->n_train, length, 0, 0, 0, w->blocks);
	} else {
		FAIL_IF(s->train_rows > UINT32_MAX, err, PV_ERR_RANGE, "%llu training rows are too many for shuffled windows",
		        (unsigned long long)s->train_rows);
		w->n_units = (size_t)s->train_rows;
	}
	w->order = malloc(w->n_units * sizeof *w->order);
	FAIL_IF(!w->order, err, PV_ERR_NOMEM, "out of memory to shuffle %zu windows", w->n_units);
	const uint64_t rows = w->config.epoch_rows, units = length ? (rows + length - 1) / length : rows;
	w->n_chosen = units && units < w->n_units ? (size_t)units : w->n_units;
	return PV_OK;
}

static void windows_free(struct train_feed *feed)
{
	struct windows *w = windows_of(feed);
	for (int i = 0; w->rooms && i < w->n_rooms; i++) {
		struct room *r = &w->rooms[i];
		float *const arrays[] = {r->line, r->x, r->target, r->weight, r->output, r->gradient, r->doutput};
		for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
			free(arrays[k]);
		nn_work_free(r->work);
	}
	train_shards_release(&w->shards);
	free(w->rooms);
	free(w->chosen);
	free(w->order);
	free(w->blocks);
	free(w);
}

enum pv_status train_windows_new(const struct train_source *source, const struct model_encoder *encoder,
                                 const struct train_windows_config *config, struct base_threads *pool, struct train_feed **feed,
                                 struct pv_error *err)
{
	static const struct train_feed_kind kind = {
	    .unit = "rows", .begin = begin, .next = next, .step = step, .track = track, .free = windows_free};
	struct windows *w = calloc(1, sizeof *w);
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory");
	*w = (struct windows){.feed = {.kind = &kind}, .source = source, .encoder = encoder, .config = *config, .pool = pool};
	enum pv_status status = make_units(w, err);
	if (status == PV_OK)
		status = take_memory(w, err);
	if (status != PV_OK) {
		windows_free(&w->feed);
		return status;
	}
	*feed = &w->feed;
	return PV_OK;
}
