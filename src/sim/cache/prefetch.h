/*
 * prefetch.h - hardware prefetchers of one cache, and the queue of what they want
 */
#ifndef SIM_CACHE_PREFETCH_H
#define SIM_CACHE_PREFETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uarch/uarch.h"

enum {
	CACHE_PREFETCH_SETS = 16,
	CACHE_PREFETCH_WAYS = 4,
	CACHE_PREFETCH_MAX_DEGREE = 32,
	CACHE_PREFETCH_MAX_QUEUE = 256,
	CACHE_PREFETCH_PAGE_BYTES = 4096
};

struct cache_prefetch_entry {
	uint64_t tag; /* pc + 1; 0: empty */
	uint64_t last_addr;
	int64_t stride;
	uint32_t used;
	uint8_t confidence; /* 0..7 */
};

/* A line that a prefetcher wants. */
struct cache_queued_prefetch {
	uint64_t pc, addr;
	uint64_t ready_at; /* cycle from which it may be asked for */
};

struct cache_prefetch_unit {
	enum uarch_prefetcher kind;
	uint32_t degree; /* lines ahead */
	uint32_t line_bytes;
	bool on_access; /* learns from every access, else from misses */
	struct cache_prefetch_entry entries[CACHE_PREFETCH_SETS][CACHE_PREFETCH_WAYS];
	uint32_t clock;
	struct cache_queued_prefetch queue[CACHE_PREFETCH_MAX_QUEUE]; /* [first .. first + n), as a ring of queue_size */
	uint32_t queue_size, first, n;
};

/* cache_prefetch_init - a prefetcher that has learned nothing; of the parameters of its cache it takes those that concern it */
void cache_prefetch_init(struct cache_prefetch_unit *prefetcher, const struct uarch_cache *params, uint32_t line_bytes);

/*
 * cache_prefetch_step - learn from an access; which addresses to fetch ahead
 *
 * @addrs  (CACHE_PREFETCH_MAX_DEGREE) filled with one address for each line, nearest first, all in the page of addr
 *
 * Returns: how many
 */
uint32_t cache_prefetch_step(struct cache_prefetch_unit *prefetcher, uint64_t pc, uint64_t addr, uint64_t *addrs);

/* cache_prefetch_queue - queue a line from a cycle on; one that is queued stays where it is; a full queue drops its oldest */
void cache_prefetch_queue(struct cache_prefetch_unit *prefetcher, uint64_t pc, uint64_t addr, uint64_t at);

/* cache_prefetch_cancel - an access asks for the line itself: no need to prefetch it any more */
void cache_prefetch_cancel(struct cache_prefetch_unit *prefetcher, uint64_t addr);

/* the oldest that waits; NULL when there is none */
static inline const struct cache_queued_prefetch *cache_prefetch_next(const struct cache_prefetch_unit *p)
{
	return p->n > 0 ? &p->queue[p->first] : NULL;
}

static inline void cache_prefetch_drop_next(struct cache_prefetch_unit *p)
{
	p->first = p->first + 1 == p->queue_size ? 0 : p->first + 1;
	p->n--;
}

#endif
