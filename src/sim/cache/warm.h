/*
 * warm.h - accesses that change which lines the caches hold, and take no time
 */
#ifndef SIM_CACHE_WARM_H
#define SIM_CACHE_WARM_H

#include "sim/cache/memory.h"

/* The line that holds addr is fetched, or loaded or stored by the instruction at pc. Prefetchers learn and prefetch. */
void cache_memory_warm_fetch(struct cache_memory *memory, uint64_t addr);
void cache_memory_warm_data(struct cache_memory *memory, uint64_t pc, uint64_t addr, bool write);

/* cache_memory_warm_walk, cache_memory_warm_descriptor - tlb.c and its reads: the page that holds addr is translated */
void cache_memory_warm_walk(struct cache_memory *memory, bool data, uint64_t addr);
void cache_memory_warm_descriptor(struct cache_memory *memory, uint64_t addr);

#endif
