/*
 * feed_streams.h - training over B streams that carry their state from step to step
 *
 * A step runs T rows of every stream, each with a loss unless it warms its stream up; gradients reach back to the step's first row.
 * Which rows: schedule.h.
 */
#ifndef TRAIN_FEED_STREAMS_H
#define TRAIN_FEED_STREAMS_H

#include "base/threads.h"
#include "model/encoder.h"
#include "train/schedule.h"
#include "train/source.h"
#include "nn/losses.h"
#include "train/feed.h"

struct train_streams_config {
	struct train_schedule_config schedule; /* B, T, and which rows */
	enum nn_loss_kind loss;
	double sum_weight; /* of the squared error of summed time (struct pv_train_options); with loss MSE only */
};

/*
 * train_streams_new - a feed of a source's training ranges
 *
 * @source, @encoder, @pool  borrowed; pool may be NULL when the feed is planned, but not run
 *
 * Returns: PV_OK; PV_ERR_ARG (no training rows), PV_ERR_NOMEM
 */
enum pv_status train_streams_new(const struct train_source *source, const struct model_encoder *encoder,
                                 const struct train_streams_config *config, struct base_threads *pool, struct train_feed **feed,
                                 struct pv_error *err);

/* train_streams_slots - (B) what each stream runs in the step that was chosen */
const struct train_slot *train_streams_slots(const struct train_feed *feed);

#endif
