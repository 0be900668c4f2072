/*
 * windows.h - training the reference's way: a window of T rows for every row that is predicted, its loss at the last row only
 *
 * Which windows a step holds:
 *   single   B rows of all training ranges, shuffled anew each epoch
 *   blocks   the ranges are cut into blocks of consecutive rows, which are shuffled; B blocks at a time, each offset in turn is one step:
 *            its windows end at that row of every block (the reference's --sbatch)
 */
#ifndef PV_MODEL_WINDOWS_H
#define PV_MODEL_WINDOWS_H

#include "base/threads.h"
#include "model/encoder.h"
#include "model/source.h"
#include "nn/losses.h"

struct pv_windows_config {
	int B;               /* windows of a step */
	uint64_t block_rows; /* rows of a block; 0: single windows */
	uint64_t epoch_rows; /* rows an epoch visits; whole blocks, rounded up; 0 or more than there are: all */
	uint64_t seed;
	enum pv_loss_kind loss;
};

struct pv_windows;

/*
 * pv_windows_new - plan for a source's training ranges
 *
 * @source, @encoder, @pool  borrowed; pool may be NULL when only the plan is asked for
 *
 * Returns: PV_OK; PV_ERR_RANGE (more than 2^32 rows), PV_ERR_NOMEM
 */
enum pv_status pv_windows_new(const struct pv_source *source, const struct pv_encoder *encoder, const struct pv_windows_config *config,
                              struct pv_threads *pool, struct pv_windows **windows, struct pv_error *err);
void pv_windows_free(struct pv_windows *windows);

/* pv_windows_begin - shuffle for an epoch; depends on the seed and the epoch's number only */
void pv_windows_begin(struct pv_windows *windows, int epoch);

/* pv_windows_n_steps, pv_windows_n_rows - of the epoch that was begun */
uint64_t pv_windows_n_steps(const struct pv_windows *windows);
uint64_t pv_windows_n_rows(const struct pv_windows *windows);

/* pv_windows_next - choose the next step's windows; false at the end of the epoch */
bool pv_windows_next(struct pv_windows *windows);

/* pv_windows_count, pv_windows_at - how many windows the chosen step has; the row that one predicts, as a range of one row */
int pv_windows_count(const struct pv_windows *windows);
struct pv_range pv_windows_at(const struct pv_windows *windows, int i);

/*
 * pv_windows_step - run the chosen windows forward and backward
 *
 * @dropout_seed  not 0
 * @grads         (n_trained) set to the gradient of the loss
 *
 * The same bytes at any number of threads. Returns: PV_OK; PV_ERR_RANGE (an embedding has no row for a feature)
 */
enum pv_status pv_windows_step(struct pv_windows *windows, const float *params, uint64_t dropout_seed, float *grads, double *loss,
                               uint64_t *rows, struct pv_error *err);

#endif
