/*
 * store_set.h - memory dependence prediction: loads wait for stores that they were caught running ahead of
 *
 * Each load and store that took part in a violation belongs to a set, found by its pc (SSIT). The set remembers its last store (LFST):
 * whatever comes next in the set waits until that one has executed. All sets are dropped every `clear_period` memory instructions.
 *
 * Reference: Chrysos, Emer, "Memory dependence prediction using store sets", ISCA 1998; indices as gem5's StoreSet.
 */
#ifndef SIM_OOO_STORE_SET_H
#define SIM_OOO_STORE_SET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct ooo_store_sets {
	uint32_t *set_of;     /* [ssit_mask + 1] set + 1; 0: none */
	uint64_t *last_store; /* [n_sets] when the last store of the set has executed; 0: none in flight */
	uint32_t ssit_mask, n_sets;
	uint64_t clear_period, n_since_clear; /* memory instructions; period 0: never */
};

/* sizes are powers of two; false when memory is out (release is allowed) */
static inline bool ooo_store_sets_init(struct ooo_store_sets *s, uint32_t n_ssit, uint32_t n_sets, uint64_t clear_period)
{
	*s = (struct ooo_store_sets){.ssit_mask = n_ssit - 1, .n_sets = n_sets, .clear_period = clear_period};
	s->set_of = calloc(n_ssit, sizeof *s->set_of);
	s->last_store = calloc(n_sets, sizeof *s->last_store);
	return s->set_of != NULL && s->last_store != NULL;
}

static inline void ooo_store_sets_release(struct ooo_store_sets *s)
{
	free(s->set_of);
	free(s->last_store);
	s->set_of = NULL;
	s->last_store = NULL;
}

static inline uint32_t *ooo_store_sets_entry(struct ooo_store_sets *s, uint64_t pc)
{
	return &s->set_of[(pc >> 2) & s->ssit_mask];
}

/* the time until which the memory instruction at pc must wait; 0: none */
static inline uint64_t ooo_store_sets_wait(struct ooo_store_sets *s, uint64_t pc)
{
	if (s->clear_period > 0 && ++s->n_since_clear > s->clear_period) {
		memset(s->set_of, 0, ((size_t)s->ssit_mask + 1) * sizeof *s->set_of);
		memset(s->last_store, 0, (size_t)s->n_sets * sizeof *s->last_store);
		s->n_since_clear = 0;
	}
	uint32_t set = *ooo_store_sets_entry(s, pc);
	return set != 0 ? s->last_store[set - 1] : 0;
}

/* the store at pc executes at a time */
static inline void ooo_store_sets_store(struct ooo_store_sets *s, uint64_t pc, uint64_t executed)
{
	uint32_t set = *ooo_store_sets_entry(s, pc);
	if (set != 0)
		s->last_store[set - 1] = executed;
}

/* the store at pc was dispatched on a wrong path and squashed: its set has no last store now */
static inline void ooo_store_sets_forget(struct ooo_store_sets *s, uint64_t pc)
{
	ooo_store_sets_store(s, pc, 0);
}

/* a load was caught: put it and the store into one set; of two sets the lower one wins */
static inline void ooo_store_sets_violation(struct ooo_store_sets *s, uint64_t load_pc, uint64_t store_pc)
{
	uint32_t *load = ooo_store_sets_entry(s, load_pc), *store = ooo_store_sets_entry(s, store_pc);
	if (*load == 0 && *store == 0)
		*load = *store = (uint32_t)((load_pc ^ load_pc >> 10) % s->n_sets) + 1;
	else if (*load == 0)
		*load = *store;
	else if (*store == 0 || *store > *load)
		*store = *load;
	else
		*load = *store;
}

#endif
