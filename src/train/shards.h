/*
 * shards.h - a step's gradient, summed over shards that run in parallel
 *
 * What a step holds is dealt to shards, whose number depends on the step's size alone. Shards run in any order and are summed in their own:
 * the same bytes at any number of threads.
 */
#ifndef TRAIN_SHARDS_H
#define TRAIN_SHARDS_H

#include <stddef.h>

#include "base/threads.h"
#include "nn/losses.h"
#include "nn/sequential.h"

struct train_shard {
	float *grads; /* (n_trained + n_tracked) of this shard's part of the step; zero when it runs */
	/* what running it sets */
	double loss_sum;
	enum pv_status status;
	struct pv_error error;
};

struct train_shards {
	struct base_threads *pool;
	int n;
	size_t n_trained, n_tracked; /* nn/sequential.h */
	struct train_shard *shard;   /* (n) */
	/* of the step that runs */
	void (*run)(void *user, int i, int thread);
	void *user;
	float *grads;
};

/* train_shards_init - for gradients of a chain; PV_ERR_NOMEM. train_shards_release takes a zero struct, too. @pool is borrowed */
enum pv_status train_shards_init(struct train_shards *shards, int n, const struct nn_sequential *chain, struct base_threads *pool,
                                 struct pv_error *err);
void train_shards_release(struct train_shards *shards);

/*
 * train_shards_run - run all shards and sum their gradients and losses
 *
 * @run       called for shard i on some thread: adds to its grads, sets its loss_sum, and its status where it can fail
 * @grads     (n_trained + n_tracked) set to the sum
 * @loss_sum  set to the sum
 *
 * Returns: PV_OK; what the first shard that failed has
 */
enum pv_status train_shards_run(struct train_shards *shards, void (*run)(void *user, int i, int thread), void *user, float *grads,
                                double *loss_sum, struct pv_error *err);

/*
 * train_shards_loss - the mean loss from the sum over n_elements, for gradients that were computed for loss_sum / n_elements
 *
 * RMSE's gradient is that of the mean square divided by twice the root, which is known only when all shards are done: the summed gradient
 * is scaled here.
 */
double train_shards_loss(const struct train_shards *shards, enum nn_loss_kind kind, double loss_sum, double n_elements);

#endif
