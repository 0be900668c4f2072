/*
 * targets.h - makes the 16 targets of a micro-operation from its times
 */
#ifndef DATA_TARGETS_H
#define DATA_TARGETS_H

#include <stdbool.h>
#include <stdint.h>

#include <perfvec/features.h>
#include <perfvec/uop.h>

/* The latest times of the micro-operations before. Zero-fill at a program's beginning. */
struct data_target_state {
	uint64_t fetch_tenth_ns, decode_tenth_ns, rename_tenth_ns, dispatch_tenth_ns, commit_tenth_ns, store_tenth_ns;
	bool begun;
};

/*
 * data_targets_next - make the targets of the next micro-operation
 *
 * @times  cut to 0.1 ns before differences are taken, so that the targets of a program add up to its times
 * @load   whether it is a load (operation class MemRead); any other access counts as a store
 * @out    (PV_N_TARGETS) an increment is negative when its time lies before the previous one's, which no in-order stage does
 *
 * Returns: the first negative target, or PV_N_TARGETS when there is none.
 */
enum pv_target data_targets_next(struct data_target_state *state, const struct pv_uop_times *times, bool load, int64_t *out);

#endif
