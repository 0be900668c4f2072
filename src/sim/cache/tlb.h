/*
 * tlb.h - address translation: a TLB for instructions, one for data, an optional one below both, and page walks
 */
#ifndef SIM_CACHE_TLB_H
#define SIM_CACHE_TLB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "sim/cache/cache.h"
#include "sim/resource.h"

struct cache_tlb_config {
	bool present;
	uint32_t page_bytes; /* a power of two */
	uint32_t n_itlb, itlb_assoc, n_dtlb, dtlb_assoc;
	uint32_t n_l2, l2_assoc, l2_cycles; /* n_l2 0: there is none */
	uint32_t n_walkers, n_walk_levels;
};

/* A TLB is a cache of pages: its lines' tags are page numbers. */
struct cache_tlbs {
	struct cache_tlb_config config;
	struct cache itlb, dtlb, l2;
	struct sim_resource walkers;
	uint32_t page_shift;
	uint64_t n_walks;
};

/* cache_tlbs_init - PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM. On failure cache_tlbs_release is allowed. */
enum pv_status cache_tlbs_init(struct cache_tlbs *tlbs, const struct cache_tlb_config *config, struct pv_error *err);
void cache_tlbs_release(struct cache_tlbs *tlbs);

#endif
