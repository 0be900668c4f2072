/*
 * feed_windows.h - training the reference's way: a window of T rows for every row that is predicted, its loss at the last row only
 *
 * Which windows a step holds:
 *   single   B rows of all training ranges, shuffled anew each epoch
 *   blocks   the ranges are cut into blocks of consecutive rows, which are shuffled; B blocks at a time, each offset in turn is one step:
 *            its windows end at that row of every block (the reference's --sbatch)
 */
#ifndef TRAIN_FEED_WINDOWS_H
#define TRAIN_FEED_WINDOWS_H

#include "base/threads.h"
#include "model/encoder.h"
#include "train/source.h"
#include "nn/losses.h"
#include "train/feed.h"

struct train_windows_config {
	int B;               /* windows of a step */
	uint64_t block_rows; /* rows of a block; 0: single windows */
	uint64_t epoch_rows; /* rows an epoch visits; whole blocks, rounded up; 0 or more than there are: all */
	uint64_t seed;
	enum nn_loss_kind loss;
};

/*
 * train_windows_new - a feed of a source's training ranges
 *
 * @source, @encoder, @pool  borrowed; pool may be NULL when the feed is planned, but not run
 *
 * Its step fails with PV_ERR_RANGE where an embedding has no row for a feature.
 * Returns: PV_OK; PV_ERR_RANGE (more than 2^32 rows), PV_ERR_NOMEM
 */
enum pv_status train_windows_new(const struct train_source *source, const struct model_encoder *encoder,
                                 const struct train_windows_config *config, struct base_threads *pool, struct train_feed **feed,
                                 struct pv_error *err);

/* train_windows_count, train_windows_at - windows of the step that was chosen; the row that one predicts, as a range of one row */
int train_windows_count(const struct train_feed *feed);
struct data_range train_windows_at(const struct train_feed *feed, int i);

#endif
