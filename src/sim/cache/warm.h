/*
 * warm.h - accesses that change which lines the caches hold, and take no time
 */
#ifndef SIM_CACHE_WARM_H
#define SIM_CACHE_WARM_H

#include "sim/cache/memory.h"

/* The line that holds addr is fetched, or loaded or stored by the instruction at pc. Prefetchers learn and prefetch. */
void cache_memory_warm_fetch(struct cache_memory *memory, uint64_t addr);
void cache_memory_warm_data(struct cache_memory *memory, uint64_t pc, uint64_t addr, bool write);

#endif
