/*
 * shards.c - a step's gradient, summed over shards that run in parallel
 */
#include "train/shards.h"

#include <stdlib.h>
#include <string.h>

#include "nn/blas.h"
#include "nn/optim.h"

/* Gradients are summed by blocks of so many, in parallel. */
enum { REDUCE_BLOCK = 8192 };

enum pv_status train_shards_init(struct train_shards *s, int n, const struct nn_sequential *chain, struct base_threads *pool,
                                 struct pv_error *err)
{
	const size_t n_trained = nn_sequential_n_trained(chain), n_tracked = nn_sequential_n_tracked(chain);
	*s = (struct train_shards){.pool = pool, .n = n, .n_trained = n_trained, .n_tracked = n_tracked};
	s->shard = calloc((size_t)n, sizeof *s->shard);
	FAIL_IF(!s->shard, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < n; i++) {
		s->shard[i].grads = nn_floats_new(n_trained + n_tracked);
		FAIL_IF(!s->shard[i].grads, err, PV_ERR_NOMEM, "out of memory for gradients of %zu parameters", n_trained);
	}
	return PV_OK;
}

void train_shards_release(struct train_shards *s)
{
	for (int i = 0; s->shard && i < s->n; i++)
		free(s->shard[i].grads);
	free(s->shard);
	*s = (struct train_shards){0};
}

static void run_one(void *context, int task, int thread)
{
	struct train_shards *s = context;
	struct train_shard *shard = &s->shard[task];
	shard->loss_sum = 0;
	shard->status = PV_OK;
	memset(shard->grads, 0, (s->n_trained + s->n_tracked) * sizeof *shard->grads);
	s->run(s->user, task, thread);
}

/* Sums one block of all shards' gradients, in the shards' order. */
static void reduce(void *context, int task, int thread)
{
	(void)thread;
	struct train_shards *s = context;
	const size_t all = s->n_trained + s->n_tracked, from = (size_t)task * REDUCE_BLOCK;
	const size_t n = all - from < REDUCE_BLOCK ? all - from : REDUCE_BLOCK;
	memcpy(s->grads + from, s->shard[0].grads + from, n * sizeof *s->grads);
	for (int i = 1; i < s->n; i++)
		nn_grad_add(s->grads + from, s->shard[i].grads + from, n);
}

enum pv_status train_shards_run(struct train_shards *s, void (*run)(void *user, int i, int thread), void *user, float *grads,
                                double *loss_sum, struct pv_error *err)
{
	s->run = run;
	s->user = user;
	s->grads = grads;
	*loss_sum = 0;
	base_threads_run(s->pool, run_one, s, s->n);
	for (int i = 0; i < s->n; i++) {
		if (s->shard[i].status != PV_OK) {
			if (err)
				*err = s->shard[i].error;
			return s->shard[i].status;
		}
		*loss_sum += s->shard[i].loss_sum;
	}
	base_threads_run(s->pool, reduce, s, (int)((s->n_trained + s->n_tracked + REDUCE_BLOCK - 1) / REDUCE_BLOCK));
	return PV_OK;
}

double train_shards_loss(const struct train_shards *s, enum nn_loss_kind kind, double loss_sum, double n_elements)
{
	if (kind == NN_LOSS_RMSE) {
		const float factor = (float)(nn_loss_scale(kind, loss_sum, n_elements) * n_elements);
		for (size_t i = 0; i < s->n_trained; i++)
			s->grads[i] *= factor;
	}
	return nn_loss_value(kind, loss_sum, n_elements);
}
