/*
 * store_table.h - stores that have not reached the cache yet, found by address
 *
 * A ring of the latest stores and a hash table of the latest store to each aligned 8 bytes: a load finds the store it must take its data
 * from without a search. An older store behind the latest one to the same 8 bytes is not seen.
 */
#ifndef SIM_STORE_TABLE_H
#define SIM_STORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct sim_store_entry {
	uint64_t begin, end; /* bytes */
	uint64_t executed;   /* address and data known */
	uint64_t pc;
	uint64_t exit; /* the cache has it; UINT64_MAX: not known yet */
};

enum { SIM_STORE_TABLE_HASH = 1024, SIM_STORE_TABLE_SHIFT = 3 };

struct sim_store_ref {
	uint64_t granule, number;
};

struct sim_store_table {
	struct sim_store_entry *stores; /* store `number` is at stores[number & mask] */
	struct sim_store_ref *latest;   /* [SIM_STORE_TABLE_HASH] */
	uint64_t n_stores;              /* so far; numbers begin with 1 */
	uint32_t mask;
};

/* room for the latest n stores at least; false when memory is out (release is allowed) */
static inline bool sim_store_table_init(struct sim_store_table *t, uint32_t n)
{
	uint32_t size = 2;
	while (size < n)
		size *= 2;
	*t = (struct sim_store_table){.mask = size - 1};
	t->stores = calloc(size, sizeof *t->stores);
	t->latest = calloc(SIM_STORE_TABLE_HASH, sizeof *t->latest);
	return t->stores != NULL && t->latest != NULL;
}

static inline void sim_store_table_release(struct sim_store_table *t)
{
	free(t->stores);
	free(t->latest);
	t->stores = NULL;
	t->latest = NULL;
}

static inline struct sim_store_ref *sim_store_table_ref(const struct sim_store_table *t, uint64_t granule)
{
	return &t->latest[(granule ^ granule >> 10) & (SIM_STORE_TABLE_HASH - 1)];
}

/* the youngest store that overlaps the bytes and has not left by the time; NULL when there is none */
static inline const struct sim_store_entry *sim_store_table_find(const struct sim_store_table *t, uint64_t begin, uint64_t end, uint64_t at)
{
	uint64_t youngest = 0;
	for (uint64_t granule = begin >> SIM_STORE_TABLE_SHIFT; granule <= (end - 1) >> SIM_STORE_TABLE_SHIFT; granule++) {
		const struct sim_store_ref *ref = sim_store_table_ref(t, granule);
		if (ref->granule != granule || ref->number <= youngest || ref->number + t->mask < t->n_stores)
			continue;
		const struct sim_store_entry *s = &t->stores[ref->number & t->mask];
		if (s->begin < end && begin < s->end)
			youngest = ref->number;
	}
	const struct sim_store_entry *s = &t->stores[youngest & t->mask];
	return youngest > 0 && s->exit > at ? s : NULL;
}

/* a store is executed; its exit is set through sim_store_table_newest once it is known */
static inline void sim_store_table_add(struct sim_store_table *t, uint64_t pc, uint64_t begin, uint64_t end, uint64_t executed)
{
	uint64_t number = ++t->n_stores;
	t->stores[number & t->mask] =
	    (struct sim_store_entry){.begin = begin, .end = end, .executed = executed, .pc = pc, .exit = UINT64_MAX};
	for (uint64_t granule = begin >> SIM_STORE_TABLE_SHIFT; granule <= (end - 1) >> SIM_STORE_TABLE_SHIFT; granule++)
		*sim_store_table_ref(t, granule) = (struct sim_store_ref){.granule = granule, .number = number};
}

/* the newest n stores leave at a time, where they would leave later */
static inline void sim_store_table_leave(struct sim_store_table *t, uint32_t n, uint64_t exit)
{
	for (uint64_t number = t->n_stores; n > 0 && number > 0 && number + t->mask >= t->n_stores; number--, n--)
		if (t->stores[number & t->mask].exit > exit)
			t->stores[number & t->mask].exit = exit;
}

static inline struct sim_store_entry *sim_store_table_newest(struct sim_store_table *t)
{
	return &t->stores[t->n_stores & t->mask];
}

#endif
