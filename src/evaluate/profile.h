/*
 * profile.h - what rows are made of, counted: the machine-independent program statistics that the baselines work from
 *
 * Counts of consecutive rows; the counts of two runs of rows add up. Everything comes from the packed feature rows of a dataset, so a
 * profile holds no more than what the model sees.
 */
#ifndef PV_EVALUATE_PROFILE_H
#define PV_EVALUATE_PROFILE_H

#include <stdint.h>

#include <perfvec/features.h>
#include <perfvec/uop.h>

/* Rows that a profile is cut into at most: its windows begin anew, and counts stay below 2^32. */
enum { PV_PROFILE_ROWS = 4096 };

/*
 * Reuse distances in half octaves: bucket 0 is distance 1, then 2, 3, 4, 6, 8, 12, ...; each holds the distances from its own up to the
 * next one's. The last bucket is a first touch.
 */
enum { PV_REUSE_BUCKETS = 56, PV_REUSE_FIRST_TOUCH = PV_REUSE_BUCKETS - 1 };

/* What lines are touched by; each has reuse distances of its own. Loads by whether the line has ever been stored to. */
enum pv_touch { PV_TOUCH_FETCH, PV_TOUCH_LOAD_CLEAN, PV_TOUCH_LOAD_STORED, PV_TOUCH_STORE, PV_N_TOUCHES };

/* Loads whose misses overlap: all, or those of lines never stored to. */
enum pv_loads { PV_LOADS_ALL, PV_LOADS_CLEAN, PV_N_LOADS };

/* Kinds of operation as far as latencies go; a path through the data flow is a number of each. */
enum pv_path { PV_PATH_INT, PV_PATH_LOAD, PV_PATH_MULTIPLY, PV_PATH_DIVIDE, PV_N_PATHS };

/* Rows in flight: 16, 32, 64, 128, 256. */
enum { PV_PROFILE_WINDOWS = 5, PV_FIRST_WINDOW = 16 };

/* Capacities in lines for which overlapping misses are counted: 128 (8 kB) x 4^i; the last stands for first touches. */
enum { PV_PROFILE_CAPACITIES = 7, PV_FIRST_CAPACITY = 128 };

/* Distances to the first use of a result, 1 to 15 rows. */
enum { PV_PROFILE_DISTANCES = 16 };

struct pv_profile {
	uint32_t rows, insns;
	uint32_t ops[PV_N_OP_CLASSES];
	uint32_t results[PV_N_REG_CLASSES];             /* registers written, by class */
	uint32_t reuse[PV_N_TOUCHES][PV_REUSE_BUCKETS]; /* a load's or store's: the nearer of its two */
	uint32_t cond_branches, uncond_branches, indirect_branches, taken;
	uint32_t doubt;     /* sum over conditional branches of min(p, 1 - p) x 16, p the share of taken in the 8 outcomes before */
	uint32_t surprises; /* conditional branches that went against the majority of their 8 outcomes before; a tie counts as half: x 2 */
	uint32_t serializing; /* rows that wait for all before them, or all after them for it */
	uint32_t atomics;
	uint32_t path[PV_PROFILE_WINDOWS][PV_N_PATHS]; /* operations on the longest path of each window's data flow, summed over windows */
	uint32_t miss_windows[PV_N_LOADS][PV_PROFILE_CAPACITIES][PV_PROFILE_WINDOWS]; /* windows with a load from beyond that many lines */
	uint32_t first_use[PV_N_PATHS][PV_PROFILE_DISTANCES];                         /* results whose first use comes so many rows later */
};

/* pv_path_of - the kind of an operation class */
enum pv_path pv_path_of(unsigned op_class);

/* pv_reuse_bucket - where a distance of 1 or more is counted; pv_reuse_lines - the middle of a bucket, in lines (INFINITY: first touch) */
int pv_reuse_bucket(uint32_t distance);
double pv_reuse_lines(int bucket);

/* pv_profile_rows - count (n) rows, n <= PV_PROFILE_ROWS */
void pv_profile_rows(const struct pv_feature_row *rows, uint32_t n, struct pv_profile *profile);

#endif
