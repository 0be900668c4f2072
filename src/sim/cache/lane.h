/*
 * lane.h - one layer of a crossbar: passes one packet at a time, for as many of its cycles as the packet is long
 *
 * A ring of cycles, each with the number of the cycle that was taken there last: packets may come in any order of time, and each takes the
 * first free run of cycles at or after its own. A cycle further than CACHE_LANE_CYCLES behind the newest one that shares its place has been
 * forgotten and is taken as free.
 */
#ifndef SIM_CACHE_LANE_H
#define SIM_CACHE_LANE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { CACHE_LANE_CYCLES = 1024 };

struct cache_lane {
	uint64_t *taken; /* (CACHE_LANE_CYCLES) cycle number + 1 */
};

/* false when memory is out */
static inline bool cache_lane_init(struct cache_lane *lane)
{
	lane->taken = calloc(CACHE_LANE_CYCLES, sizeof *lane->taken);
	return lane->taken != NULL;
}

static inline void cache_lane_release(struct cache_lane *lane)
{
	free(lane->taken);
	lane->taken = NULL;
}

static inline bool cache_lane_is_taken(const struct cache_lane *lane, uint64_t cycle)
{
	return lane->taken[cycle & (CACHE_LANE_CYCLES - 1)] == cycle + 1;
}

/* the first cycle >= at from which n cycles are free */
static inline uint64_t cache_lane_find(const struct cache_lane *lane, uint64_t at, uint32_t n)
{
	for (uint32_t found = 0; found < n;) {
		if (cache_lane_is_taken(lane, at + found)) {
			at += found + 1;
			found = 0;
		} else {
			found++;
		}
	}
	return at;
}

/* n cycles from `at` are taken */
static inline void cache_lane_mark(struct cache_lane *lane, uint64_t at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t *place = &lane->taken[(at + i) & (CACHE_LANE_CYCLES - 1)];
		if (*place < at + i + 1)
			*place = at + i + 1;
	}
}

/* both */
static inline uint64_t cache_lane_take(struct cache_lane *lane, uint64_t at, uint32_t n)
{
	at = cache_lane_find(lane, at, n);
	cache_lane_mark(lane, at, n);
	return at;
}

/* n cycles from `at`, marked before, are free again */
static inline void cache_lane_give_back(struct cache_lane *lane, uint64_t at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (cache_lane_is_taken(lane, at + i))
			lane->taken[(at + i) & (CACHE_LANE_CYCLES - 1)] = 0;
}

#endif
