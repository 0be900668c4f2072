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
#include "sim/cache/tlb.h"
#include "sim/dram/dram.h"

enum {
	CACHE_MEMORY_LEVELS = 2,
	CACHE_MEMORY_MAX_CHANNELS = 16,
	CACHE_LINE_WRITES = 4
}; /* shared caches, DRAM channels, lines that stores missed */

struct cache_memory_config {
	struct cache_config l1i, l1d, l2, l3;
	bool has_l2, has_l3;
	struct cache_tlb_config tlb;
	struct dram_config dram;
	uint32_t period_ps;                          /* of a core cycle; caches run at it */
	uint32_t request_cycles, reply_cycles;       /* a crossbar between two levels of cache */
	uint32_t bus_bytes;                          /* that it passes in a cycle; 0: no limit */
	uint32_t memory_period_ps;                   /* of the memory crossbar */
	uint32_t memory_request_ps, memory_reply_ps; /* crossbar between the last cache and memory */
	uint32_t memory_bus_bytes;                   /* that it passes in one of its cycles; 0: no limit */
};

/* Who sends over a crossbar, and gets replies. */
enum cache_memory_port {
	CACHE_PORT_L1I,
	CACHE_PORT_L1D,
	CACHE_PORT_WALKER,
	CACHE_PORT_LOWER,
	CACHE_N_PORTS = CACHE_PORT_LOWER + CACHE_MEMORY_LEVELS
};

/* What the latest request that went all the way to memory took on its way. */
struct cache_memory_path {
	uint64_t leaves_at;                         /* cycle at which its level 1 cache got rid of it */
	uint64_t memory_at;                         /* cycle of the memory crossbar that took it */
	uint64_t asked_at[CACHE_MEMORY_LEVELS];     /* cycle at which lower[i] took it */
	uint64_t arrival[CACHE_MEMORY_LEVELS];      /* cycle at which lower[i] got the line */
	uint64_t reply_at[CACHE_MEMORY_LEVELS + 1]; /* cycle from which the line came up from lower[i], at last from memory */
};

/*
 * A line that a store missed. When stores have covered it by the time that the request leaves the L1D, the request asks for ownership only,
 * and no data come. Until that is known it is taken to go as the last line that the same store missed: for data DRAM and the crossbars
 * upwards are taken, and given back if it was wrong; for ownership they are not, and taken late if it was wrong.
 */
struct cache_line_write {
	uint64_t line;     /* + 1; 0: none */
	uint64_t covered;  /* a bit for each byte */
	uint64_t arrival;  /* cycle at which its data reach the L1D */
	uint64_t pc, addr; /* of the store */
	bool has_dram;     /* DRAM has served it */
	bool has_turns;    /* in the crossbars upwards */
	bool undecided;    /* whether data come; prefetchers below have not learned of them */
	struct cache_memory_path path;
};

struct cache_memory {
	struct cache_memory_config config;
	struct cache l1i, l1d;
	struct cache lower[CACHE_MEMORY_LEVELS]; /* L2, L3: those that are there, in order */
	unsigned n_lower;
	struct cache_lane requests[CACHE_MEMORY_LEVELS];              /* down to lower[i] */
	struct cache_lane replies[CACHE_N_PORTS];                     /* up to each port, from whatever is below it */
	struct cache_lane memory_requests[CACHE_MEMORY_MAX_CHANNELS]; /* down to each DRAM channel */
	uint32_t packet_cycles, memory_packet_cycles;                 /* that the data of a line take in a crossbar */
	struct dram_memory *dram;
	struct cache_tlbs tlbs;
	struct cache_memory_path path;
	struct cache_line_write writes[CACHE_LINE_WRITES]; /* the latest, in a ring */
	unsigned next_write, n_undecided;
	uint64_t covered_before; /* bit (pc / 4) % 64: the last line that a store there missed was covered */
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

enum pv_status cache_memory_init(struct cache_memory *memory, const struct cache_memory_config *config, struct pv_error *err);
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

/* cache_memory_walk - tlb.c: when the translation of an address, wanted at a cycle, is there; on machines with TLBs */
uint64_t cache_memory_walk(struct cache_memory *memory, bool data, uint64_t addr, uint64_t at);

/* cache_memory_translate - the same on any machine, for data */
static inline uint64_t cache_memory_translate(struct cache_memory *memory, uint64_t addr, uint64_t at)
{
	return memory->config.tlb.present ? cache_memory_walk(memory, true, addr, at) : at;
}

/* cache_memory_read_descriptor - for tlb.c: a page walk's read below level 1; returns when the data is there */
uint64_t cache_memory_read_descriptor(struct cache_memory *memory, uint64_t addr, uint64_t at);

#endif
