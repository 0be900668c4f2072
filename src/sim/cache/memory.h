/*
 * memory.h - the memory system of one machine: L1I, L1D, up to two shared levels below them, crossbars between all, and DRAM
 */
#ifndef SIM_CACHE_MEMORY_H
#define SIM_CACHE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "sim/cache/cache.h"
#include "sim/cache/lane.h"
#include "sim/cache/line_write.h"
#include "sim/cache/tlb.h"
#include "sim/dram/dram.h"

enum { CACHE_MAX_CHANNELS = 16 }; /* of DRAM */

/* Clocks, and what the crossbars between the levels and above memory take: from the machine's parameters. */
struct cache_crossbars {
	uint32_t period_ps;                          /* of a core cycle; caches run at it */
	uint32_t request_cycles, reply_cycles;       /* between two levels of cache */
	uint32_t line_cycles;                        /* that the data of a line hold it */
	uint32_t memory_period_ps;                   /* of a cycle of the memory crossbar */
	uint32_t memory_request_ps, memory_reply_ps; /* between the last cache and memory */
	uint32_t memory_line_bus_cycles;             /* that the data of a line hold it */
};

/* the cycle of a clock at or after a time */
static inline uint64_t cache_to_edge(uint64_t at_ps, uint32_t period_ps)
{
	return (at_ps + period_ps - 1) / period_ps;
}

/* Who sends over a crossbar, and gets replies. */
enum cache_memory_port {
	CACHE_PORT_L1I,
	CACHE_PORT_L1D,
	CACHE_PORT_WALKER,
	CACHE_PORT_LOWER,
	CACHE_N_PORTS = CACHE_PORT_LOWER + CACHE_MAX_LOWER
};

struct cache_memory {
	struct cache_crossbars crossbars;
	struct cache l1i, l1d;
	struct cache lower[CACHE_MAX_LOWER]; /* L2, L3: those that are there, in order */
	unsigned n_lower;
	bool has_l2, has_l3;
	struct cache_lane requests[CACHE_MAX_LOWER];           /* down to lower[i] */
	struct cache_lane replies[CACHE_N_PORTS];              /* up to each port, from whatever is below it */
	struct cache_lane memory_requests[CACHE_MAX_CHANNELS]; /* down to each DRAM channel */
	struct dram_memory *dram;
	struct cache_tlbs tlbs;
	struct cache_line_writes line_writes;
};

/* An access on its way. Prefetchers learn from loads and stores, the L1I's from fetches. */
struct cache_request {
	uint64_t pc, addr;
	bool data, write;
	uint32_t n_bytes; /* of a store */
	bool walk;        /* a descriptor, for a page walk: it has no copy above */
};

/* An answer of the memory system. */
struct cache_access {
	uint64_t sent_at;  /* cycle the L1 accepted it */
	uint64_t ready_at; /* cycle the data is there, or the line writable */
	int8_t depth;      /* 0 L1, 1 a cache below, 2 memory; joining a miss in flight counts as 0 */
	int8_t from;       /* where the data came from: as depth, but an access that waits for a miss in flight waits for that level */
	bool opens_line;   /* a store that missed; others may cover its line before the request leaves: then ready_at would be owned_at */
	uint64_t owned_at; /* 0 unless opens_line */
	bool expected;     /* opens_line, and the last line that this store missed was covered */
	bool covers_line;  /* a store that did: ready_at is that of all stores to the line since, and no data are needed */
};

/*
 * cache_memory_init - the memory system of a machine
 *
 * @uarch  its parameters
 * @dram   its type of memory, uarch_dram_lookup(uarch->memory.type)
 *
 * Both are borrowed for the call. Returns: PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM. On failure cache_memory_release is allowed.
 */
enum pv_status cache_memory_init(struct cache_memory *memory, const struct pv_uarch *uarch, const struct uarch_dram *dram,
                                 struct pv_error *err);
void cache_memory_release(struct cache_memory *memory);

/* cache_memory_l2, cache_memory_l3 - NULL when the machine has none */
const struct cache *cache_memory_l2(const struct cache_memory *memory);
const struct cache *cache_memory_l3(const struct cache_memory *memory);

/*
 * Each takes the line that holds addr, at a core cycle; pc, of the load or store, trains prefetchers. Times of calls need not rise. A
 * store's address has been translated before, by cache_memory_translate.
 */
struct cache_access cache_memory_fetch(struct cache_memory *memory, uint64_t addr, uint64_t at);
struct cache_access cache_memory_load(struct cache_memory *memory, uint64_t pc, uint64_t addr, uint64_t at);
struct cache_access cache_memory_store(struct cache_memory *memory, uint64_t pc, uint64_t addr, uint32_t n_bytes, uint64_t at);

/* cache_memory_walk - when the translation of an address, wanted at a cycle, is there; on machines with TLBs */
uint64_t cache_memory_walk(struct cache_memory *memory, bool data, uint64_t addr, uint64_t at);

/* cache_memory_translate - the same on any machine, for data */
static inline uint64_t cache_memory_translate(struct cache_memory *memory, uint64_t addr, uint64_t at)
{
	return memory->tlbs.params.present != 0 ? cache_memory_walk(memory, true, addr, at) : at;
}

#endif
