/*
 * targets.h - the 16 targets of a micro-operation from its times
 */
#ifndef DATA_TARGETS_H
#define DATA_TARGETS_H

#include <stdbool.h>
#include <stdint.h>

#include <perfvec/features.h>

/* When one micro-operation did what: absolute, in 0.1 ns. */
struct data_target_times {
	uint64_t fetch, decode, rename, dispatch, commit;
	uint64_t store;                 /* when it left the store queue; 0 for anything but a store */
	int8_t fetch_depth, data_depth; /* -1 none, 0 L1, 1 L2, 2 memory */
	bool load;                      /* a load (operation class MemRead); any other access counts as a store */
	bool mispredicted;
};

/* The latest times of the micro-operations before. Zero-fill at a program's beginning. */
struct data_target_state {
	uint64_t fetch, decode, rename, dispatch, commit, store;
	bool begun;
};

/*
 * data_targets_next - the targets of the next micro-operation
 *
 * @out  (PV_N_TARGETS) an increment is negative when its time lies before the previous one's, which no in-order stage does
 *
 * Returns: the first negative target, or PV_N_TARGETS when there is none.
 */
enum pv_target data_targets_next(struct data_target_state *state, const struct data_target_times *times, int64_t *out);

#endif
