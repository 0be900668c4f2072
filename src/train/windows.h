/*
 * windows.h - training the reference's way: a window of T rows for every row that is predicted, its loss at the last row only
 *
 * Which windows a step holds:
 *   single   B rows of all training ranges, shuffled anew each epoch
 *   blocks   the ranges are cut into blocks of consecutive rows, which are shuffled; B blocks at a time, each offset in turn is one step:
 *            its windows end at that row of every block (the reference's --sbatch)
 */
#ifndef TRAIN_WINDOWS_H
#define TRAIN_WINDOWS_H

#include "base/threads.h"
#include "model/encoder.h"
#include "train/source.h"
#include "nn/losses.h"

struct train_windows_config {
	int B;               /* windows of a step */
	uint64_t block_rows; /* rows of a block; 0: single windows */
	uint64_t epoch_rows; /* rows an epoch visits; whole blocks, rounded up; 0 or more than there are: all */
	uint64_t seed;
	enum nn_loss_kind loss;
};

struct train_windows;

/*
 * train_windows_new - plan for a source's training ranges
 *
 * @source, @encoder, @pool  borrowed; pool may be NULL when only the plan is asked for
 *
 * Returns: PV_OK; PV_ERR_RANGE (more than 2^32 rows), PV_ERR_NOMEM
 */
enum pv_status train_windows_new(const struct train_source *source, const struct model_encoder *encoder,
                                 const struct train_windows_config *config, struct base_threads *pool, struct train_windows **windows,
                                 struct pv_error *err);
void train_windows_free(struct train_windows *windows);

/* train_windows_begin - shuffle for an epoch; depends on the seed and the epoch's number only */
void train_windows_begin(struct train_windows *windows, int epoch);

/* train_windows_n_steps, train_windows_n_rows - of the epoch that was begun */
uint64_t train_windows_n_steps(const struct train_windows *windows);
uint64_t train_windows_n_rows(const struct train_windows *windows);

/* train_windows_next - choose the next step's windows; false at the end of the epoch */
bool train_windows_next(struct train_windows *windows);

/* train_windows_count, train_windows_at - how many windows the chosen step has; the row that one predicts, as a range of one row */
int train_windows_count(const struct train_windows *windows);
struct data_range train_windows_at(const struct train_windows *windows, int i);

/*
 * train_windows_step - run the chosen windows forward and backward
 *
 * @dropout_seed  not 0
 * @grads         (n_trained) set to the gradient of the loss
 *
 * The same bytes at any number of threads. Returns: PV_OK; PV_ERR_RANGE (an embedding has no row for a feature)
 */
enum pv_status train_windows_step(struct train_windows *windows, const float *params, uint64_t dropout_seed, float *grads, double *loss,
                                  uint64_t *rows, struct pv_error *err);

#endif
