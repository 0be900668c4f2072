/*
 * reuse.h - LRU stack distances: how many distinct lines were touched since a line's last touch, plus one
 */
#ifndef PV_DATA_REUSE_H
#define PV_DATA_REUSE_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/features.h>

#include "base/error.h"
#include "data/table.h"

/*
 * One stack. Each touch gets the next time stamp; a bit is set at the stamp of every line's latest touch. The distance of a line
 * last touched at t is the number of bits after t, plus one.
 */
struct pv_reuse_stack {
	uint64_t *bits;    /* (capacity) */
	uint32_t *tree;    /* Fenwick tree over the number of bits in blocks of PV_REUSE_BLOCK, 1-based */
	uint32_t capacity; /* time stamps, a multiple of PV_REUSE_BLOCK */
	uint32_t now;      /* next time stamp; 0 is never given */
	uint32_t n_lines;  /* bits set */
};

enum { PV_REUSE_BLOCK = 512, PV_REUSE_MAX_STACKS = 2 };

/* One or two stacks over the same kind of lines. value[s] of a line's slot is its time stamp in stack s, 0 before its first touch. */
struct pv_reuse {
	struct pv_table lines;
	struct pv_reuse_stack stacks[PV_REUSE_MAX_STACKS];
	int n_stacks;
};

/* pv_reuse_init - empty stacks; pv_reuse_release frees them, a zero struct is allowed */
enum pv_status pv_reuse_init(struct pv_reuse *reuse, int n_stacks, struct pv_error *err);
void pv_reuse_release(struct pv_reuse *reuse);

/*
 * pv_reuse_reserve - make room for n touches, so that the functions below cannot fail; compacts the time stamps when they run out
 *
 * Cost: amortised O(1) per touch reserved when n is a chunk of thousands. Memory: proportional to the number of distinct lines and n.
 */
enum pv_status pv_reuse_reserve(struct pv_reuse *reuse, uint32_t n, struct pv_error *err);

/* pv_reuse_line - the slot of a line; room must have been reserved */
static inline struct pv_slot *pv_reuse_line(struct pv_reuse *reuse, uint64_t line)
{
	return pv_table_get(&reuse->lines, line);
}

/* pv_reuse_distance - of a line in stack s: 1 when it is the latest; PV_REUSE_NEVER before its first touch, and at most. O(log n) */
uint32_t pv_reuse_distance(const struct pv_reuse *reuse, int s, const struct pv_slot *line);

/* pv_reuse_touch - make a line the latest of stack s. O(log n) */
void pv_reuse_touch(struct pv_reuse *reuse, int s, struct pv_slot *line);

#endif
