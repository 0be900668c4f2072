/*
 * shards.h - one optimizer step's gradient: B streams in shards that run in parallel, summed in a fixed order
 *
 * The number of shards depends on B alone, so the sums have the same bytes at any number of threads. Unpacking and normalising features
 * happens inside a shard's task, in parallel with other shards' arithmetic.
 */
#ifndef TRAIN_SHARDS_H
#define TRAIN_SHARDS_H

#include "base/threads.h"
#include "train/source.h"
#include "nn/losses.h"
#include "nn/net.h"

struct train_shards;

/*
 * train_shards_new - memory for B streams of T rows
 *
 * @source, @net, @pool  borrowed
 * @sum_weight           of the squared error of summed time (see struct pv_train_options)
 */
enum pv_status train_shards_new(const struct train_source *source, const struct nn_net *net, int B, int T, enum nn_loss_kind loss,
                                double sum_weight, struct base_threads *pool, struct train_shards **shards, struct pv_error *err);
void train_shards_free(struct train_shards *shards);

/* train_shards_reset - zero all carried state; for the start of an epoch */
void train_shards_reset(struct train_shards *shards);

/*
 * train_shards_carried - the state that all streams carry from step to step, for a checkpoint; its length
 * train_shards_carry   - put it back
 *
 * @carried  (train_shards_carried with NULL) written, read
 */
size_t train_shards_carried(const struct train_shards *shards, float *carried);
void train_shards_carry(struct train_shards *shards, const float *carried);

/*
 * train_shards_step - run a step's slots forward and backward
 *
 * @slots  (B)
 * @grads  (n_params) set to the gradient of the loss
 * @loss   set to the loss over the counted rows
 * @rows   set to the number of counted rows; with 0 the gradient is 0
 */
void train_shards_step(struct train_shards *shards, const float *params, const struct train_slot *slots, float *grads, double *loss,
                       uint64_t *rows);

#endif
