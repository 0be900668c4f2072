/*
 * warm.h - accesses that change which lines the caches hold, and take no time
 */
#ifndef PV_SIM_CACHE_WARM_H
#define PV_SIM_CACHE_WARM_H

#include "sim/cache/memory.h"

/* The line that holds addr is fetched, or loaded or stored by the instruction at pc. Prefetchers learn and prefetch. */
void pv_memory_warm_fetch(struct pv_memory *memory, uint64_t addr);
void pv_memory_warm_data(struct pv_memory *memory, uint64_t pc, uint64_t addr, bool write);

#endif
