/*
 * interval.h - the analytic baseline: an interval model of a machine from its own parameters, without training
 *
 * Cycles are those of a machine that never misses, limited by its widths, its units and the data flow within its window, plus a penalty for
 * every miss event: branch mispredictions, instruction cache misses, data cache misses, instructions that drain the pipeline. Everything
 * about the program comes from its profile, everything about the machine from its file.
 *
 * Sources:
 *   T. Karkhanis, J. Smith: "A First-Order Superscalar Processor Model", ISCA 2004 (steady state and miss events add up)
 *   S. Eyerman, L. Eeckhout, T. Karkhanis, J. Smith: "A Mechanistic Performance Model for Superscalar Out-of-Order Processors",
 *     ACM TOCS 27(2), 2009 (penalties as intervals at dispatch, memory-level parallelism)
 *   T. Carlson, W. Heirman, L. Eeckhout: "Sniper", SC 2011 (dispatch limited by the window's longest path)
 *   S. Van den Steen et al.: "Micro-Architecture Independent Analytical Processor Performance and Power Modeling", ISPASS 2015 (all of it
 *     from machine-independent statistics)
 *   M. Breughe, S. Eyerman, L. Eeckhout: "A Mechanistic Performance Model for Superscalar In-Order Processors", ISPASS 2012
 */
#ifndef EVALUATE_INTERVAL_H
#define EVALUATE_INTERVAL_H

#include "evaluate/profile.h"
#include "uarch/uarch.h"

/* Cycles by what they are lost to. */
struct evaluate_interval_cycles {
	double base;   /* widths, units, data flow; hits in the level-1 caches and (out of order, as data flow) the second level */
	double branch; /* mispredictions */
	double code;   /* instruction cache misses */
	double data;   /* load misses */
	double drains; /* serializing instructions */
};

/* A machine as the model sees it: latencies in cycles, and for each bucket of reuse distances the share that misses. */
struct evaluate_interval {
	const struct pv_uarch *uarch; /* borrowed */
	double miss_l1i[EVALUATE_REUSE_BUCKETS], miss_l1d[EVALUATE_REUSE_BUCKETS], miss_l2[EVALUATE_REUSE_BUCKETS];
	double hit_l1i, hit_l1d, l2, memory; /* l2 and memory: beyond the hit in level 1 */
	double line_cycles;                  /* that a line keeps the memory channels busy */
	double l1d_lines, last_lines;        /* capacities of the level-1 data cache and of the last one */
	double mispredicted;                 /* share of surprises that the direction predictor gets wrong */
	double latency[PV_N_OP_CLASSES];     /* until a dependent operation can start */
};

/* evaluate_interval_init - prepare a machine */
void evaluate_interval_init(struct evaluate_interval *interval, const struct pv_uarch *uarch);

/* evaluate_interval_cycles - cycles that a profile's rows take */
struct evaluate_interval_cycles evaluate_interval_cycles(const struct evaluate_interval *interval, const struct evaluate_profile *profile);

/* evaluate_miss_share - share of accesses at a stack distance of `lines` that miss an LRU cache; INFINITY gives 1 */
double evaluate_miss_share(double lines, double n_sets, int n_ways);

#endif
