/*
 * shards.c - one optimizer step's gradient, in parallel
 *
 * RMSE's gradient is that of the mean square divided by twice the root, and the root is known only when all shards are done: the summed
 * gradient is scaled then.
 */
#include "train/shards.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/blas.h"
#include "nn/optim.h"

/* Streams of one shard: enough for efficient matrix products, few enough for many threads. */
enum { SHARD_STREAMS = 8, REDUCE_BLOCK = 8192 };

struct shard {
	int first, B; /* streams */
	struct nn_net_work *work;
	float *x, *target, *weight, *doutput, *grads;
	double loss_sum, sum_sum; /* the loss, and that of summed time */
};

struct train_shards {
	const struct train_source *source;
	const struct nn_net *net;
	struct base_threads *pool;
	int B, T, K, n;
	enum nn_loss_kind loss;
	double sum_weight;
	size_t n_params;
	struct shard *shards;
	struct nn_net_packed *packed; /* the weights, rearranged once a step for all shards */
	/* of the step that runs */
	const float *params;
	const struct train_slot *slots;
	float *grads;
	double count;     /* counted elements */
	double scale;     /* d loss / d sum; for RMSE of the mean square */
	double sum_scale; /* the same for the summed time of one stream and machine */
};

static enum pv_status shard_init(struct train_shards *s, struct shard *h, int first, int B, struct pv_error *err)
{
	const size_t rows = (size_t)B * (size_t)s->T;
	h->first = first;
	h->B = B;
	h->x = nn_floats_new(rows * (size_t)nn_net_config(s->net)->n_features);
	h->target = nn_floats_new(rows * (size_t)s->K);
	h->weight = nn_floats_new(rows);
	h->doutput = nn_floats_new(rows * (size_t)s->K);
	h->grads = nn_floats_new(s->n_params);
	FAIL_IF(!h->x || !h->target || !h->weight || !h->doutput || !h->grads, err, PV_ERR_NOMEM, "out of memory for %d streams of %d rows",
	        s->B, s->T);
	TRY(nn_net_work_new(s->net, B, s->T, true, &h->work, err));
	nn_net_work_share(h->work, s->packed);
	return PV_OK;
}

enum pv_status train_shards_new(const struct train_source *source, const struct nn_net *net, int B, int T, enum nn_loss_kind loss,
                                double sum_weight, struct base_threads *pool, struct train_shards **shards, struct pv_error *err)
{
	struct train_shards *s = calloc(1, sizeof *s);
	FAIL_IF(!s, err, PV_ERR_NOMEM, "out of memory");
	*s = (struct train_shards){.source = source,
	                           .net = net,
	                           .pool = pool,
	                           .B = B,
	                           .T = T,
	                           .K = source->columns.n,
	                           .n = (B + SHARD_STREAMS - 1) / SHARD_STREAMS,
	                           .loss = loss,
	                           .sum_weight = sum_weight,
	                           .n_params = nn_net_n_params(net)};
	s->shards = calloc((size_t)s->n, sizeof *s->shards);
	enum pv_status status =
	    s->shards ? nn_net_packed_new(net, true, &s->packed, err) : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; status == PV_OK && i < s->n; i++) {
		int first = (int)((int64_t)B * i / s->n), end = (int)((int64_t)B * (i + 1) / s->n);
		status = shard_init(s, &s->shards[i], first, end - first, err);
	}
	if (status != PV_OK) {
		train_shards_free(s);
		return status;
	}
	*shards = s;
	return PV_OK;
}

void train_shards_free(struct train_shards *s)
{
	if (!s)
		return;
	for (int i = 0; s->shards && i < s->n; i++) {
		struct shard *h = &s->shards[i];
		nn_net_work_free(h->work);
		free(h->x);
		free(h->target);
		free(h->weight);
		free(h->doutput);
		free(h->grads);
	}
	free(s->shards);
	nn_net_packed_free(s->packed);
	free(s);
}

void train_shards_reset(struct train_shards *s)
{
	for (int i = 0; i < s->n; i++)
		nn_net_work_reset(s->shards[i].work, -1);
}

size_t train_shards_carried(const struct train_shards *s, float *carried)
{
	size_t all = 0;
	for (int i = 0; i < s->n; i++) {
		size_t n;
		const float *state = nn_net_work_state(s->shards[i].work, &n);
		if (carried)
			memcpy(carried + all, state, n * sizeof *state);
		all += n;
	}
	return all;
}

void train_shards_carry(struct train_shards *s, const float *carried)
{
	for (int i = 0; i < s->n; i++) {
		size_t n;
		float *state = nn_net_work_state(s->shards[i].work, &n);
		memcpy(state, carried, n * sizeof *state);
		carried += n;
	}
}

static void fill(const struct train_shards *s, struct shard *h)
{
	static const struct pv_dataset_program none;
	for (int b = 0; b < h->B; b++) {
		const struct train_slot *slot = &s->slots[h->first + b];
		const struct pv_dataset_program *p = slot->program < 0 ? &none : pv_dataset_program(s->source->dataset, slot->program);
		if (slot->reset)
			nn_net_work_reset(h->work, b);
		represent_batch_features(p, slot->row, slot->n_rows, s->T, h->B, b, &s->source->inputs, h->x);
		represent_batch_targets(p, &s->source->columns, slot->row, slot->n_rows, slot->n_warm, s->T, h->B, b, h->target, h->weight);
	}
}

/*
 * The squared error of a stream's summed time over its n counted rows, divided by n: as large as the mean square error when errors are
 * independent, up to n times larger when they have a common sign.
 */
static void add_sum_loss(const struct train_shards *s, struct shard *h, const float *output)
{
	const size_t K = (size_t)s->K, stride = (size_t)h->B * K;
	for (int b = 0; b < h->B; b++) {
		const struct train_slot *slot = &s->slots[h->first + b];
		const size_t from = slot->n_warm, to = slot->n_rows;
		if (from >= to)
			continue;
		for (size_t k = 0; k < K; k++) {
			double error = 0, n = (double)(to - from);
			size_t at = (size_t)b * K + k;
			for (size_t t = from; t < to; t++)
				error += (double)(output[t * stride + at] - h->target[t * stride + at]);
			h->sum_sum += error * error / n;
			float d = (float)(s->sum_scale * 2 * error / n);
			for (size_t t = from; t < to; t++)
				h->doutput[t * stride + at] += d;
		}
	}
}

static void run_shard(void *context, int task, int thread)
{
	(void)thread;
	struct train_shards *s = context;
	struct shard *h = &s->shards[task];
	const size_t rows = (size_t)h->B * (size_t)s->T;
	const float *output;
	fill(s, h);
	nn_net_forward(s->net, s->params, h->work, h->x, s->T, NULL, &output);
	h->loss_sum = nn_loss_sum(s->loss, output, h->target, h->weight, rows, s->K);
	h->sum_sum = 0;
	nn_loss_gradient(s->loss, output, h->target, h->weight, rows, s->K, s->scale, h->doutput);
	if (s->sum_weight > 0)
		add_sum_loss(s, h, output);
	memset(h->grads, 0, s->n_params * sizeof *h->grads);
	nn_net_backward(s->net, s->params, h->work, h->doutput, NULL, h->grads);
}

static void pack(void *context, int task, int thread)
{
	(void)thread;
	struct train_shards *s = context;
	nn_net_pack(s->packed, s->params, task);
}

/* Sums one block of all shards' gradients, in the shards' order. */
static void reduce(void *context, int task, int thread)
{
	(void)thread;
	struct train_shards *s = context;
	size_t from = (size_t)task * REDUCE_BLOCK, n = s->n_params - from < REDUCE_BLOCK ? s->n_params - from : REDUCE_BLOCK;
	memcpy(s->grads + from, s->shards[0].grads + from, n * sizeof *s->grads);
	for (int i = 1; i < s->n; i++)
		nn_grad_add(s->grads + from, s->shards[i].grads + from, n);
}

static void scale_grads(struct train_shards *s, double factor)
{
	for (size_t i = 0; i < s->n_params; i++)
		s->grads[i] *= (float)factor;
}

void train_shards_step(struct train_shards *s, const float *params, const struct train_slot *slots, float *grads, double *loss,
                       uint64_t *rows)
{
	*rows = 0;
	for (int b = 0; b < s->B; b++)
		*rows += slots[b].n_rows - slots[b].n_warm;
	s->params = params;
	s->slots = slots;
	s->grads = grads;
	s->count = (double)*rows * s->K;
	s->scale = s->count > 0 ? 1 / s->count : 0;
	s->sum_scale = s->sum_weight * s->scale;
	base_threads_run(s->pool, pack, s, nn_net_packed_tasks(s->packed));
	base_threads_run(s->pool, run_shard, s, s->n);
	base_threads_run(s->pool, reduce, s, (int)((s->n_params + REDUCE_BLOCK - 1) / REDUCE_BLOCK));
	double sum = 0, sum_sum = 0;
	for (int i = 0; i < s->n; i++) {
		sum += s->shards[i].loss_sum;
		sum_sum += s->shards[i].sum_sum;
	}
	*loss = nn_loss_value(s->loss, sum, s->count) + sum_sum * s->sum_scale;
	if (s->loss == NN_LOSS_RMSE)
		scale_grads(s, nn_loss_scale(s->loss, sum, s->count) * s->count);
}
