/*
 * profile.h - what rows are made of, counted: the machine-independent program statistics that the baselines work from
 *
 * Counts of consecutive rows; the counts of two runs of rows add up. Everything comes from the packed feature rows of a dataset, so a
 * profile holds no more than what the model sees.
 */
#ifndef EVALUATE_PROFILE_H
#define EVALUATE_PROFILE_H

#include <stdint.h>

#include <perfvec/features.h>
#include <perfvec/uop.h>

/* Rows that a profile is cut into at most: its windows begin anew, and counts stay below 2^32. */
enum { EVALUATE_PROFILE_ROWS = 4096 };

/*
 * Reuse distances in half octaves: bucket 0 is distance 1, then 2, 3, 4, 6, 8, 12, ...; each holds the distances from its own up to the
 * next one's. The last bucket is a first touch.
 */
enum { EVALUATE_REUSE_BUCKETS = 56, EVALUATE_REUSE_FIRST_TOUCH = EVALUATE_REUSE_BUCKETS - 1 };

/* What lines are touched by; each has reuse distances of its own. Loads by whether the line has ever been stored to. */
enum evaluate_touch {
	EVALUATE_TOUCH_FETCH,
	EVALUATE_TOUCH_LOAD_CLEAN,
	EVALUATE_TOUCH_LOAD_STORED,
	EVALUATE_TOUCH_STORE,
	EVALUATE_N_TOUCHES
};

/* Loads whose misses overlap: all, or those of lines never stored to. */
enum evaluate_loads { EVALUATE_LOADS_ALL, EVALUATE_LOADS_CLEAN, EVALUATE_N_LOADS };

/* Kinds of operation as far as latencies go; a path through the data flow is a number of each. */
enum evaluate_path { EVALUATE_PATH_INT, EVALUATE_PATH_LOAD, EVALUATE_PATH_MULTIPLY, EVALUATE_PATH_DIVIDE, EVALUATE_N_PATHS };

/* Rows in flight: 16, 32, 64, 128, 256. */
enum { EVALUATE_PROFILE_WINDOWS = 5, EVALUATE_FIRST_WINDOW = 16 };

/* Capacities in lines for which overlapping misses are counted: 128 (8 kB) x 4^i; the last stands for first touches. */
enum { EVALUATE_PROFILE_CAPACITIES = 7, EVALUATE_FIRST_CAPACITY = 128 };

/* Distances to the first use of a result, 1 to 15 rows. */
enum { EVALUATE_PROFILE_DISTANCES = 16 };

struct evaluate_profile {
	uint32_t rows, insns;
	uint32_t ops[PV_N_OP_CLASSES];
	uint32_t results[PV_N_REG_CLASSES];                         /* registers written, by class */
	uint32_t reuse[EVALUATE_N_TOUCHES][EVALUATE_REUSE_BUCKETS]; /* a load's or store's: the nearer of its two */
	uint32_t cond_branches, uncond_branches, indirect_branches, taken;
	uint32_t doubt;     /* sum over conditional branches of min(p, 1 - p) x 16, p the share of taken in the 8 outcomes before */
	uint32_t surprises; /* conditional branches that went against the majority of their 8 outcomes before; a tie counts as half: x 2 */
	uint32_t serializing; /* rows that wait for all before them, or all after them for it */
	uint32_t atomics;
	uint32_t path[EVALUATE_PROFILE_WINDOWS]
	             [EVALUATE_N_PATHS]; /* operations on the longest path of each window's data flow, summed over windows */
	uint32_t miss_windows[EVALUATE_N_LOADS][EVALUATE_PROFILE_CAPACITIES]
	                     [EVALUATE_PROFILE_WINDOWS];                  /* windows with a load from beyond that many lines */
	uint32_t first_use[EVALUATE_N_PATHS][EVALUATE_PROFILE_DISTANCES]; /* results whose first use comes so many rows later */
};

/* evaluate_path_of - the kind of an operation class */
enum evaluate_path evaluate_path_of(unsigned op_class);

/* evaluate_reuse_bucket - where a distance of 1 or more is counted; evaluate_reuse_lines - the middle of a bucket, in lines (INFINITY:
 * first touch) */
int evaluate_reuse_bucket(uint32_t distance);
double evaluate_reuse_lines(int bucket);

/* evaluate_profile_rows - count (n) rows, n <= EVALUATE_PROFILE_ROWS */
void evaluate_profile_rows(const struct pv_feature_row *rows, uint32_t n, struct evaluate_profile *profile);

#endif
