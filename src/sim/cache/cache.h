/*
 * cache.h - one cache: which lines it holds, and its misses in flight
 */
#ifndef SIM_CACHE_CACHE_H
#define SIM_CACHE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "sim/cache/prefetch.h"
#include "sim/resource.h"
#include "uarch/uarch.h"

/* A line in its set; sets are kept in order of use, the latest first. */
struct cache_line {
	uint64_t tag;      /* line address + 1; 0: empty */
	uint64_t ready_at; /* in flight until then */
	int32_t n_targets;
	bool dirty;
	int8_t from;    /* level it came from: 1 another cache, 2 memory */
	uint8_t offset; /* the byte that was asked for first: other words come a packet later; CACHE_NO_DATA: none come */
};

/* While all MSHRs, all targets of one, or all write buffers are taken a cache accepts nothing. */
struct cache_block {
	uint64_t from, until;
};

enum { CACHE_BLOCKS = 8, CACHE_NO_DATA = 255 };

struct cache {
	struct uarch_cache params;
	uint32_t hit_cycles; /* tags and data are looked up side by side */
	uint32_t line_bytes;
	struct cache_line *lines; /* [set][way] */
	uint32_t set_mask, line_shift;
	struct sim_resource mshrs, write_buffers;
	struct cache_block blocks[CACHE_BLOCKS]; /* the latest, in a ring */
	uint32_t next_block;
	uint64_t blocked_until; /* by the last of all */
	uint64_t n_accesses, n_misses, n_prefetches;
	struct cache_prefetch_unit prefetcher;
	uint32_t noise; /* of random replacement */
};

/*
 * cache_init - an empty cache
 *
 * @name        for errors: "l1d"
 * @params      borrowed for the call
 * @line_bytes  a power of two
 *
 * Returns: PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM. On failure cache_release is allowed.
 */
enum pv_status cache_init(struct cache *cache, const char *name, const struct uarch_cache *params, uint32_t line_bytes,
                          struct pv_error *err);
void cache_release(struct cache *cache);

/* cache_find - the line, moved to the front of its set; NULL when it is not there */
struct cache_line *cache_find(struct cache *cache, uint64_t line);

/* cache_holds - whether the line is there; changes nothing */
bool cache_holds(const struct cache *cache, uint64_t line);

/*
 * cache_insert - put a line at the front of its set
 *
 * @victim  the line it pushed out; tag 0 when the way was empty
 */
struct cache_line *cache_insert(struct cache *cache, uint64_t line, struct cache_line *victim);

/* cache_remove - take a line found by cache_find out of its set */
void cache_remove(struct cache *cache, struct cache_line *line);

/* cache_is_exclusive - whether a line that goes up leaves it, and lines that come from below for a cache above do not stay */
static inline bool cache_is_exclusive(const struct cache *cache)
{
	return cache->params.inclusion == UARCH_INCLUSION_EXCLUSIVE;
}

/* cache_prefetches - whether it has a prefetcher */
static inline bool cache_prefetches(const struct cache *cache)
{
	return cache->params.prefetcher != UARCH_PREFETCHER_NONE;
}

/* cache_is_in_flight - whether a line has not arrived at a cycle: for a prefetcher an access to it is a miss too */
static inline bool cache_is_in_flight(const struct cache *cache, const struct cache_line *line, uint64_t at)
{
	return line->ready_at > at + cache->params.response_latency_cycles;
}

/* cache_train - the prefetcher learns from an access, and queues what it wants next */
void cache_train(struct cache *cache, uint64_t pc, uint64_t addr, bool miss, uint64_t at);

/* cache_unblocked_at - the first time >= at outside of the latest blocks */
uint64_t cache_unblocked_at(const struct cache *cache, uint64_t at);

/* cache_accept_at - the first time >= at that the cache is not blocked */
static inline uint64_t cache_accept_at(const struct cache *cache, uint64_t at)
{
	return at >= cache->blocked_until ? at : cache_unblocked_at(cache, at);
}

/* cache_block - accept nothing from `from` until `until` */
void cache_block(struct cache *cache, uint64_t from, uint64_t until);

/* cache_miss_at - the first time >= at that an MSHR is free */
static inline uint64_t cache_miss_at(const struct cache *cache, uint64_t at)
{
	uint64_t free_at = sim_resource_free_at(&cache->mshrs);
	return at > free_at ? at : free_at;
}

/*
 * cache_join - an access at a cycle becomes a target of the MSHR that fetches a line; returns when it has the line
 *
 * The last target blocks the cache until the line is there; one more finds no place, and comes again then.
 */
uint64_t cache_join(struct cache *cache, struct cache_line *line, uint64_t at);

/* cache_prefetch_at - the first time >= at that an MSHR is free beyond the two that are kept for demand misses; UINT64_MAX: never */
uint64_t cache_prefetch_at(const struct cache *cache, uint64_t at);

/* cache_take_mshr - hold one from `at` until `until`; the cache is blocked while all are held */
void cache_take_mshr(struct cache *cache, uint64_t at, uint64_t until);

/* cache_shorten_mshr - one that is held until a time is free earlier, and so is the cache where it blocked it */
void cache_shorten_mshr(struct cache *cache, uint64_t until, uint64_t earlier);

/* cache_take_write_buffer - the same for a victim that waits to be sent down */
void cache_take_write_buffer(struct cache *cache, uint64_t at, uint64_t until);

#endif
