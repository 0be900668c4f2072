/*
 * memory.h - the memory system of one machine: L1I, L1D, an optional shared L2, and DRAM
 */
#ifndef PV_SIM_CACHE_MEMORY_H
#define PV_SIM_CACHE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "sim/cache/cache.h"
#include "sim/dram/dram.h"

struct pv_memory_config {
	struct pv_cache_config l1i, l1d, l2;
	bool has_l2;
	struct pv_dram_config dram;
	uint32_t period_ps;                          /* of a core cycle; caches run at it */
	uint32_t request_cycles, reply_cycles;       /* crossbar between L1 and L2 */
	uint32_t memory_period_ps;                   /* of the memory crossbar */
	uint32_t memory_request_ps, memory_reply_ps; /* crossbar between the last cache and memory */
};

struct pv_memory {
	struct pv_memory_config config;
	struct pv_cache l1i, l1d, l2;
	struct pv_dram_memory *dram;
};

/* An answer of the memory system. */
struct pv_access {
	uint64_t sent_at;  /* cycle the L1 accepted it */
	uint64_t ready_at; /* cycle the data is there, or the line writable */
	int8_t depth;      /* 0 L1, 1 L2, 2 memory; joining a miss in flight counts as 0 */
	int8_t from;       /* where the data came from: as depth, but an access that waits for a miss in flight waits for that level */
};

enum pv_status pv_memory_init(struct pv_memory *memory, const struct pv_memory_config *config, struct pv_error *err);
void pv_memory_release(struct pv_memory *memory);

/* Each takes the line that holds addr, at a core cycle; pc, of the load or store, trains prefetchers. Times of calls need not rise. */
struct pv_access pv_memory_fetch(struct pv_memory *memory, uint64_t addr, uint64_t at);
struct pv_access pv_memory_load(struct pv_memory *memory, uint64_t pc, uint64_t addr, uint64_t at);
struct pv_access pv_memory_store(struct pv_memory *memory, uint64_t pc, uint64_t addr, uint64_t at);

#endif
