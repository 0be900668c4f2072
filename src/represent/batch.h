/*
 * batch.h - one stream's rows put into the time-major arrays that a network runs on
 *
 * Shapes: T rows, B streams, F features, K machines. x is (T, B, F), target (T, B, K), weight (T, B).
 */
#ifndef REPRESENT_BATCH_H
#define REPRESENT_BATCH_H

#include <perfvec/dataset.h>

#include "data/columns.h"
#include "model/inputs.h"

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

#endif
