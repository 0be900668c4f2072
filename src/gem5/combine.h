/*
 * combine.h - rows files of one program on several machines into a dataset
 */
#ifndef GEM5_COMBINE_H
#define GEM5_COMBINE_H

#include <perfvec/dataset.h>
#include <perfvec/progress.h>

#include "base/error.h"

/* What to combine. */
struct gem5_combine_options {
	const char *const
	    *paths; /* (spec->n_machines) rows files, in the order of the machines; features come from the first that has them */
	const struct pv_dataset_spec *spec;
	const char *program, *source, *output;
};

/*
 * gem5_combine - write the dataset, up to the first row where pc or branch outcome differ or a trace ends
 *
 * @n_rows  of the dataset
 * @totals  (n_machines) sum of store_commit, 0.1 ns
 * @cut     (n_cut) where and why it ends before the longest trace does; "" when it does not
 */
enum pv_status gem5_combine(const struct gem5_combine_options *options, uint64_t *n_rows, uint64_t *totals, char *cut, size_t n_cut,
                            const struct pv_progress *progress, struct pv_error *err);

#endif
