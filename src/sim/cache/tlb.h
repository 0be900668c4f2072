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
#include "uarch/uarch.h"

/* A TLB is a cache of pages: its lines' tags are page numbers. */
struct cache_tlbs {
	struct uarch_tlb params;
	struct cache itlb, dtlb, l2;
	struct sim_resource walkers;
	uint32_t page_shift;
	uint64_t n_walks;
};

/* cache_tlbs_init - params are borrowed for the call; PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM. On failure cache_tlbs_release is allowed. */
enum pv_status cache_tlbs_init(struct cache_tlbs *tlbs, const struct uarch_tlb *params, struct pv_error *err);
void cache_tlbs_release(struct cache_tlbs *tlbs);

/* What page walks read their descriptors from. */
struct cache_descriptor_reader {
	/* a read of the descriptor at an address, at a cycle; returns when the data is there */
	uint64_t (*read)(void *memory, uint64_t addr, uint64_t at);
	void *memory;
};

/* cache_tlbs_translate - when the translation of an address, wanted at a cycle for data or for instructions, is there */
uint64_t cache_tlbs_translate(struct cache_tlbs *tlbs, bool data, uint64_t addr, uint64_t at, struct cache_descriptor_reader reader);

/* cache_tlbs_warm - the same in no time: the reader is called with cycle 0, and its answer is not looked at */
void cache_tlbs_warm(struct cache_tlbs *tlbs, bool data, uint64_t addr, struct cache_descriptor_reader reader);

#endif
