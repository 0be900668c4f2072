/*
 * synthetic_dataset.h - a dataset made of a formula: programs with phases, machines whose times are a known function of the features
 *
 * An instruction's time depends on its operation, on where its reuse distance falls between a machine's cache sizes (most are fast, a few
 * take hundreds of units), on branch entropy, and on whether the instruction before missed.
 */
#ifndef TESTS_SYNTHETIC_DATASET_H
#define TESTS_SYNTHETIC_DATASET_H

#include <stdint.h>

#include <perfvec/dataset.h>

/* Programs "p0".. and machines "m0"..; the last ones are held out. */
struct synthetic {
	int n_programs, n_held_programs;
	int n_machines, n_held_machines;
	uint64_t n_rows; /* of p0; the others have up to a third more */
	uint64_t seed;
	unsigned seq_length; /* rows of a window; 0: 256 */
};

/* synthetic_dataset_write - write it; fails the running test when that cannot be done */
void synthetic_dataset_write(const char *path, const struct synthetic *what);

/*
 * synthetic_uarch_dataset_write - the same on sampled machines with real machine files, whose times follow from their clock, cache
 * sizes and latencies, reorder buffer and core kind; every few of them one is held out
 */
void synthetic_uarch_dataset_write(const char *path, const struct synthetic *what, uint64_t uarch_seed);

#endif
