/*
 * batch.h - one stream's rows put into the time-major arrays that a network runs on
 *
 * Shapes: T rows, B streams, F features, K machines. x is (T, B, F), target (T, B, K), weight (T, B).
 */
#ifndef REPRESENT_BATCH_H
#define REPRESENT_BATCH_H

#include <perfvec/dataset.h>

#include "model/inputs.h"
#include "train/schedule.h"

/* The machines that a model is trained on: columns of a dataset's targets, and what they are divided by. */
struct data_columns {
	int n;          /* K */
	int *column;    /* (K) */
	double *scale;  /* (K) 0.1 ns */
	float *inverse; /* (K) 1 / scale */
	int n_per_row;  /* columns of a target row in the dataset */
};

/* data_columns_init - room for n columns, scale 1; PV_ERR_NOMEM. data_columns_release takes a zero struct too. */
enum pv_status data_columns_init(struct data_columns *columns, int n, int n_per_row, struct pv_error *err);
void data_columns_release(struct data_columns *columns);
void data_columns_set_scale(struct data_columns *columns, int k, double scale);

/* represent_batch_features - unpack and normalise rows [row, row + n_rows) for stream b; the rest of its T rows is zeroed */
void represent_batch_features(const struct pv_dataset_program *program, uint64_t row, uint32_t n_rows, int T, int B, int b,
                              const struct model_inputs *inputs, float *x);

/* represent_batch_targets - the same rows' scaled targets; weight is 1 for rows n_warm..n_rows-1 and 0 for the others, whose targets are 0
 */
void represent_batch_targets(const struct pv_dataset_program *program, const struct data_columns *columns, uint64_t row, uint32_t n_rows,
                             uint32_t n_warm, int T, int B, int b, float *target, float *weight);

/*
 * represent_batch_windows - the windows of T rows that end at rows [row, row + n)
 *
 * @first  the program's first row; rows before it are zero
 * @line   room for (T - 1 + n, F)
 * @x      (n, T, F) set
 */
void represent_batch_windows(const struct pv_dataset_program *program, uint64_t first, uint64_t row, int n, int T,
                             const struct model_inputs *inputs, float *line, float *x);

/* pv_target - one target of a program, 0.1 ns */
static inline uint32_t pv_target(const struct pv_dataset_program *program, size_t index)
{
	return program->target_bytes == 2 ? ((const uint16_t *)program->targets)[index] : ((const uint32_t *)program->targets)[index];
}

#endif
