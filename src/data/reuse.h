/*
 * reuse.h - LRU stack distances: how many distinct lines were touched since a line's last touch, plus one
 */
#ifndef DATA_REUSE_H
#define DATA_REUSE_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/features.h>

#include "base/error.h"
#include "data/table.h"

/*
 * One stack. Each touch gets the next time stamp; a bit is set at the stamp of every line's latest touch. The distance of a line
 * last touched at t is the number of bits after t, plus one.
 */
struct data_reuse_stack {
	uint64_t *bits;    /* (capacity) */
	uint32_t *tree;    /* Fenwick tree over the number of bits in blocks of DATA_REUSE_BLOCK, 1-based */
	uint32_t capacity; /* time stamps, a multiple of DATA_REUSE_BLOCK */
	uint32_t now;      /* next time stamp; 0 is never given */
	uint32_t n_lines;  /* bits set */
};

enum { DATA_REUSE_BLOCK = 512, DATA_REUSE_MAX_STACKS = 2 };

/* One or two stacks over the same kind of lines. value[s] of a line's slot is its time stamp in stack s, 0 before its first touch. */
struct data_reuse {
	struct data_table lines;
	struct data_reuse_stack stacks[DATA_REUSE_MAX_STACKS];
	int n_stacks;
};

/* data_reuse_init - empty stacks; data_reuse_release frees them, a zero struct is allowed */
enum pv_status data_reuse_init(struct data_reuse *reuse, int n_stacks, struct pv_error *err);
void data_reuse_release(struct data_reuse *reuse);

/*
 * data_reuse_reserve - make room for n touches, so that the functions below cannot fail; compacts the time stamps when they run out
 *
 * Cost: amortised O(1) per touch reserved when n is a chunk of thousands. Memory: proportional to the number of distinct lines and n.
 */
enum pv_status data_reuse_reserve(struct data_reuse *reuse, uint32_t n, struct pv_error *err);

/* data_reuse_line - the slot of a line; room must have been reserved */
static inline struct data_slot *data_reuse_line(struct data_reuse *reuse, uint64_t line)
{
	return data_table_get(&reuse->lines, line);
}

/* data_reuse_distance - the distance of a line in stack s: 1 for the latest, PV_REUSE_NEVER before its first touch, and never above that.
 * O(log n) */
uint32_t data_reuse_distance(const struct data_reuse *reuse, int s, const struct data_slot *line);

/* data_reuse_touch - make a line the latest of stack s. O(log n) */
void data_reuse_touch(struct data_reuse *reuse, int s, struct data_slot *line);

#endif
