/*
 * line_write.h - lines that stores write whole: their data need not come
 */
#ifndef SIM_CACHE_LINE_WRITE_H
#define SIM_CACHE_LINE_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/cache/cache.h"

enum { CACHE_MAX_LOWER = 2 /* shared caches */, CACHE_LINE_WRITES = 4 /* lines that stores missed, followed at a time */ };

/* What a request that went all the way to memory took on its way. */
struct cache_path {
	uint64_t leaves_at;                     /* cycle at which its level 1 cache got rid of it */
	uint64_t memory_at;                     /* cycle of the memory crossbar that took it */
	uint64_t asked_at[CACHE_MAX_LOWER];     /* cycle at which lower[i] took it */
	uint64_t arrival[CACHE_MAX_LOWER];      /* cycle at which lower[i] got the line */
	uint64_t reply_at[CACHE_MAX_LOWER + 1]; /* cycle from which the line came up from lower[i], at last from memory */
};

/* A line that a store missed. */
struct cache_line_write {
	uint64_t line;        /* + 1; 0: none */
	uint64_t covered;     /* a bit for each byte */
	uint64_t arrival;     /* cycle at which its data reach the L1D */
	uint64_t pc, addr;    /* of the store */
	bool has_dram;        /* DRAM has served it */
	bool has_reply_lanes; /* its data have places in the crossbars upwards */
	bool undecided;       /* whether data come; prefetchers below have not learned of them */
	struct cache_path path;
};

struct cache_line_writes {
	struct cache_line_write latest[CACHE_LINE_WRITES]; /* a ring */
	unsigned next, n_undecided;
	uint64_t covered_before; /* bit (pc / 4) % 64: the last line that a store there missed was covered */
};

struct cache_access;
struct cache_memory;
struct cache_request;

/*
 * cache_line_write_open - a store's request for a line goes to memory; younger stores may cover the line before it leaves the L1D
 *
 * @path     its way, as if the data come
 * @arrival  cycle at which they would be in the L1D
 * @access   the store's; what concerns whole lines is set: opens_line, owned_at, expected
 */
void cache_line_write_open(struct cache_memory *memory, const struct cache_request *store, const struct cache_path *path, uint64_t arrival,
                           struct cache_access *access);

/*
 * cache_line_write_cover - an access at a cycle to a line of the L1D that is in flight
 *
 * Returns: whether it is the store that covers the line; the line is there then as soon as it is owned.
 */
bool cache_line_write_cover(struct cache_memory *memory, struct cache_line *line, const struct cache_request *access, uint64_t at);

/* cache_line_write_fetch_left - requests that have left by a cycle, without their lines being covered, ask for data */
void cache_line_write_fetch_left(struct cache_memory *memory, uint64_t at);

#endif
