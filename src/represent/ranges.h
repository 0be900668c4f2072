/*
 * ranges.h - sums of representations over any ranges of a dataset's rows
 */
#ifndef REPRESENT_RANGES_H
#define REPRESENT_RANGES_H

#include <perfvec/model.h>

#include "base/threads.h"
#include "data/range.h"

/*
 * represent_ranges - the vectors of (n) ranges of rows
 *
 * @ranges  of at least a row each; those that follow each other without a gap are run as one, the first after PV_SLICE_WARMUP_ROWS rows
 *          before it, as far as its program has them
 * @sums    (n, D) set
 *
 * A whole program, or all of its phases, give the vectors of pv_represent_dataset.
 * Returns: PV_OK; PV_ERR_VERSION (the dataset lacks what the model's inputs are made of), PV_ERR_INTERRUPTED, PV_ERR_NOMEM
 */
enum pv_status represent_ranges(const struct pv_model *model, const struct pv_dataset *dataset, const struct data_range *ranges, size_t n,
                                struct base_threads *pool, const struct pv_progress *progress, double *sums, struct pv_error *err);

/* represent_vector_time - 0.1 ns that n_rows rows with a sum of representations (D) take on machine k of a model */
double represent_vector_time(const struct pv_model *model, const double *sum, uint64_t n_rows, int k);

#endif
