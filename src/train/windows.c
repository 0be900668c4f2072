/*
 * windows.c - training the reference's way
 *
 * A step's windows are dealt to shards, a fixed number that depends on B alone; a shard runs its windows in groups and sums their gradients
 * up. Shards run in parallel, in any order, and are added in their own order: the same bytes at any number of threads.
 */
#include "train/windows.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "nn/blas.h"
#include "nn/flush.h"
#include "nn/optim.h"

/* Windows that run together: enough for efficient products, few enough to keep activations in the cache and threads busy. */
enum { GROUP_WINDOWS = 8, MAX_SHARDS = 16, REDUCE_BLOCK = 8192 };

/* Scratch of one thread. */
struct room {
	struct nn_graph_work *work;
	float *line, *x, *target, *weight, *output, *gradient, *doutput;
};

struct shard {
	float *grads;
	double loss_sum;
	enum pv_status status;
	struct pv_error error;
};

struct train_windows {
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
	uint64_t n_steps, n_rows;
	/* the step at hand */
	struct data_range *chosen; /* (B) */
	int n;
	const float *params;
	float *grads;
	double scale;
	uint64_t dropout_seed;
	int n_shards, n_rooms;
	struct shard *shards;
	struct room *rooms;
};

static int shards_of(int B)
{
	const int n = (B + GROUP_WINDOWS - 1) / GROUP_WINDOWS;
	return n < MAX_SHARDS ? n : MAX_SHARDS;
}

/* ---- memory ---- */

static enum pv_status room_init(const struct train_windows *w, struct room *r, struct pv_error *err)
{
	const struct model_encoder *e = w->encoder;
	const size_t G = GROUP_WINDOWS, T = (size_t)e->T, K = (size_t)e->K, answers = (size_t)nn_graph_output(e->graph).T;
	r->line = nn_floats_new((T + G) * (size_t)w->encoder->F);
	r->x = nn_floats_new(G * T * (size_t)w->encoder->F);
	r->target = nn_floats_new(G * K);
	r->weight = nn_floats_new(G);
	r->output = nn_floats_new(G * K);
	r->gradient = nn_floats_new(G * K);
	r->doutput = nn_floats_new(G * answers * K);
	FAIL_IF(!r->line || !r->x || !r->target || !r->weight || !r->output || !r->gradient || !r->doutput, err, PV_ERR_NOMEM,
	        "out of memory for windows of %d rows", e->T);
	return nn_graph_work_new(e->graph, GROUP_WINDOWS, true, &r->work, err);
}

static enum pv_status take_memory(struct train_windows *w, struct pv_error *err)
{
	w->chosen = calloc((size_t)w->config.B, sizeof *w->chosen);
	FAIL_IF(!w->chosen, err, PV_ERR_NOMEM, "out of memory");
	if (!w->pool)
		return PV_OK;
	w->n_shards = shards_of(w->config.B);
	w->n_rooms = base_threads_count(w->pool);
	w->shards = calloc((size_t)w->n_shards, sizeof *w->shards);
	w->rooms = calloc((size_t)w->n_rooms, sizeof *w->rooms);
	FAIL_IF(!w->shards || !w->rooms, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < w->n_shards; i++) {
		w->shards[i].grads = nn_floats_new(w->encoder->n_trained);
		FAIL_IF(!w->shards[i].grads, err, PV_ERR_NOMEM, "out of memory for gradients");
	}
	for (int i = 0; i < w->n_rooms; i++)
		TRY(room_init(w, &w->rooms[i], err));
	return PV_OK;
}

static enum pv_status make_units(struct train_windows *w, struct pv_error *err)
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

enum pv_status train_windows_new(const struct train_source *source, const struct model_encoder *encoder,
                                 const struct train_windows_config *config, struct base_threads *pool, struct train_windows **windows,
                                 struct pv_error *err)
{
	struct train_windows *w = calloc(1, sizeof *w);
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory");
	*w = (struct train_windows){.source = source, .encoder = encoder, .config = *config, .pool = pool};
	enum pv_status status = make_units(w, err);
	if (status == PV_OK)
		status = take_memory(w, err);
	if (status != PV_OK) {
		train_windows_free(w);
		return status;
	}
	*windows = w;
	return PV_OK;
}

void train_windows_free(struct train_windows *w)
{
	if (!w)
		return;
	for (int i = 0; w->shards && i < w->n_shards; i++)
		free(w->shards[i].grads);
	for (int i = 0; w->rooms && i < w->n_rooms; i++) {
		struct room *r = &w->rooms[i];
		float *const arrays[] = {r->line, r->x, r->target, r->weight, r->output, r->gradient, r->doutput};
		for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
			free(arrays[k]);
		nn_graph_work_free(r->work);
	}
	free(w->shards);
	free(w->rooms);
	free(w->chosen);
	free(w->order);
	free(w->blocks);
	free(w);
}

/* ---- order ---- */

static uint64_t block_rows(const struct train_windows *w, size_t i)
{
	const struct data_range *b = &w->blocks[w->order[i]];
	return b->end - b->begin;
}

/* The longest of the B blocks from number `from` on. */
static uint64_t group_rows(const struct train_windows *w, size_t from)
{
	uint64_t longest = 0;
	for (size_t i = from; i < w->n_chosen && i < from + (size_t)w->config.B; i++)
		longest = block_rows(w, i) > longest ? block_rows(w, i) : longest;
	return longest;
}

void train_windows_begin(struct train_windows *w, int epoch)
{
	const size_t B = (size_t)w->config.B;
	struct base_random rng;
	for (size_t i = 0; i < w->n_units; i++)
		w->order[i] = (uint32_t)i;
	base_random_init(&rng, w->config.seed * 0x9e3779b97f4a7c15u + (uint64_t)epoch + 1);
	base_random_shuffle(&rng, w->order, w->n_units);
	w->at = 0;
	w->offset = 0;
	w->n = 0;
	w->n_steps = (w->n_chosen + B - 1) / B;
	w->n_rows = w->n_chosen;
	if (!w->blocks)
		return;
	w->n_steps = w->n_rows = 0;
	for (size_t i = 0; i < w->n_chosen; i++)
		w->n_rows += block_rows(w, i);
	for (size_t i = 0; i < w->n_chosen; i += B)
		w->n_steps += group_rows(w, i);
}

uint64_t train_windows_n_steps(const struct train_windows *w)
{
	return w->n_steps;
}

uint64_t train_windows_n_rows(const struct train_windows *w)
{
	return w->n_rows;
}

int train_windows_count(const struct train_windows *w)
{
	return w->n;
}

struct data_range train_windows_at(const struct train_windows *w, int i)
{
	return w->chosen[i];
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

static bool next_single(struct train_windows *w)
{
	for (; w->n < w->config.B && w->at < w->n_chosen; w->at++)
		w->chosen[w->n++] = row_number(w->source, w->order[w->at]);
	return w->n > 0;
}

static bool next_of_blocks(struct train_windows *w)
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

bool train_windows_next(struct train_windows *w)
{
	w->n = 0;
	return w->blocks ? next_of_blocks(w) : next_single(w);
}

/* ---- a step ---- */

static void fill(const struct train_windows *w, struct room *r, int from, int n)
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
static void loss_at_the_end(const struct train_windows *w, struct room *r, struct shard *h, const float *output, int n)
{
	const size_t K = (size_t)w->encoder->K, answers = (size_t)nn_graph_output(w->encoder->graph).T;
	for (int b = 0; b < n; b++)
		memcpy(r->output + (size_t)b * K, output + ((size_t)b * answers + answers - 1) * K, K * sizeof *output);
	h->loss_sum += nn_loss_sum(w->config.loss, r->output, r->target, NULL, (size_t)n, (int)K);
	nn_loss_gradient(w->config.loss, r->output, r->target, NULL, (size_t)n, (int)K, w->scale, r->gradient);
	memset(r->doutput, 0, (size_t)n * answers * K * sizeof *r->doutput);
	for (int b = 0; b < n; b++)
		memcpy(r->doutput + ((size_t)b * answers + answers - 1) * K, r->gradient + (size_t)b * K, K * sizeof *output);
}

static enum pv_status run_group(struct train_windows *w, struct room *r, struct shard *h, int from, int n, struct pv_error *err)
{
	const struct model_encoder *e = w->encoder;
	const float *output;
	const uint64_t drop = (w->dropout_seed * 0x9e3779b97f4a7c15u + (uint64_t)from) | 1;
	fill(w, r, from, n);
	TRY(nn_graph_forward(e->graph, w->params, r->work, r->x, n, drop, NULL, &output, err));
	loss_at_the_end(w, r, h, output, n);
	nn_graph_backward(e->graph, w->params, r->work, r->doutput, h->grads, NULL);
	return PV_OK;
}

static void run_shard(void *context, int task, int thread)
{
	struct train_windows *w = context;
	struct shard *h = &w->shards[task];
	const int end = (int)((int64_t)w->n * (task + 1) / w->n_shards);
	const uint64_t settings = nn_flush_begin();
	h->loss_sum = 0;
	h->status = PV_OK;
	memset(h->grads, 0, w->encoder->n_trained * sizeof *h->grads);
	for (int from = (int)((int64_t)w->n * task / w->n_shards); from < end && h->status == PV_OK; from += GROUP_WINDOWS) {
		const int n = end - from < GROUP_WINDOWS ? end - from : GROUP_WINDOWS;
		h->status = run_group(w, &w->rooms[thread], h, from, n, &h->error);
	}
	nn_flush_end(settings);
}

/* Sums one block of all shards' gradients, in the shards' order. */
static void reduce(void *context, int task, int thread)
{
	(void)thread;
	struct train_windows *w = context;
	const size_t from = (size_t)task * REDUCE_BLOCK, all = w->encoder->n_trained;
	const size_t n = all - from < REDUCE_BLOCK ? all - from : REDUCE_BLOCK;
	memcpy(w->grads + from, w->shards[0].grads + from, n * sizeof *w->grads);
	for (int i = 1; i < w->n_shards; i++)
		nn_grad_add(w->grads + from, w->shards[i].grads + from, n);
}

enum pv_status train_windows_step(struct train_windows *w, const float *params, uint64_t dropout_seed, float *grads, double *loss,
                                  uint64_t *rows, struct pv_error *err)
{
	const double count = (double)w->n * w->encoder->K;
	double sum = 0;
	w->params = params;
	w->grads = grads;
	w->dropout_seed = dropout_seed;
	w->scale = 1 / count;
	*rows = (uint64_t)w->n;
	base_threads_run(w->pool, run_shard, w, w->n_shards);
	for (int i = 0; i < w->n_shards; i++) {
		if (w->shards[i].status != PV_OK) {
			if (err)
				*err = w->shards[i].error;
			return w->shards[i].status;
		}
		sum += w->shards[i].loss_sum;
	}
	base_threads_run(w->pool, reduce, w, (int)((w->encoder->n_trained + REDUCE_BLOCK - 1) / REDUCE_BLOCK));
	*loss = nn_loss_value(w->config.loss, sum, count);
	if (w->config.loss == NN_LOSS_RMSE) {
		const float factor = (float)(nn_loss_scale(w->config.loss, sum, count) * count);
		for (size_t i = 0; i < w->encoder->n_trained; i++)
			grads[i] *= factor;
	}
	return PV_OK;
}
