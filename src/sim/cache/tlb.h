/*
 * tlb.h - address translation: a TLB for instructions, one for data, an optional one below both, and page walks
 */
#ifndef PV_SIM_CACHE_TLB_H
#define PV_SIM_CACHE_TLB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "sim/cache/cache.h"
#include "sim/resource.h"
#include "uarch/uarch.h"

/* A TLB is a cache of pages: its lines' tags are page numbers. */
struct pv_tlbs {
	struct uarch_tlb params;
	struct pv_cache itlb, dtlb, l2;
	struct pv_resource walkers;
	uint32_t page_shift;
	uint64_t n_walks;
};

/* pv_tlbs_init - params are borrowed for the call; PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM. On failure pv_tlbs_release is allowed. */
enum pv_status pv_tlbs_init(struct pv_tlbs *tlbs, const struct uarch_tlb *params, struct pv_error *err);
void pv_tlbs_release(struct pv_tlbs *tlbs);

/* What page walks read their descriptors from. */
struct cache_descriptor_reader {
	/* a read of the descriptor at an address, at a cycle; returns when the data is there */
	uint64_t (*read)(void *memory, uint64_t addr, uint64_t at);
	void *memory;
};

/* cache_tlbs_translate - when the translation of an address, wanted at a cycle for data or for instructions, is there */
uint64_t cache_tlbs_translate(struct pv_tlbs *tlbs, bool data, uint64_t addr, uint64_t at, struct cache_descriptor_reader reader);

/* cache_tlbs_warm - the same in no time: the reader is called with cycle 0, and its answer is not looked at */
void cache_tlbs_warm(struct pv_tlbs *tlbs, bool data, uint64_t addr, struct cache_descriptor_reader reader);

#endif
