/*
 * prefetch.h - stride prefetcher of one cache
 */
#ifndef PV_SIM_CACHE_PREFETCH_H
#define PV_SIM_CACHE_PREFETCH_H

#include <stdbool.h>
#include <stdint.h>

enum { PV_PREFETCH_SETS = 16, PV_PREFETCH_WAYS = 4, PV_PREFETCH_MAX_DEGREE = 32, PV_PREFETCH_PAGE_BYTES = 4096 };

struct pv_prefetch_entry {
	uint64_t tag; /* pc + 1; 0: empty */
	uint64_t last_addr;
	int64_t stride;
	uint32_t used;
	uint8_t confidence; /* 0..7 */
};

struct pv_stride_prefetcher {
	struct pv_prefetch_entry entries[PV_PREFETCH_SETS][PV_PREFETCH_WAYS];
	uint32_t degree; /* lines ahead; 0: there is none */
	uint32_t line_bytes;
	bool on_access; /* learns from every access, else from misses */
	uint32_t clock;
};

/*
 * pv_stride_prefetcher_step - learn from an access; which addresses to fetch ahead
 *
 * @addrs  (PV_PREFETCH_MAX_DEGREE) filled with one address for each line, nearest first, all in the page of addr
 *
 * Returns: how many
 */
uint32_t pv_stride_prefetcher_step(struct pv_stride_prefetcher *prefetcher, uint64_t pc, uint64_t addr, uint64_t *addrs);

#endif
