/*
 * tlb.c - TLBs and page walks
 *
 *   hit in the L1 TLB    no time: in parallel with the cache's tags
 *   hit in the L2 TLB    + its latency
 *   walk                 + a walker free, + n_walk_levels reads of descriptors, each behind the one before
 *
 * Descriptors are read below the level 1 caches, where gem5 connects its table walkers; they are 8 bytes each, 8 to a line, and stay in the
 * caches like data. The tables of one level lie one after another, in an address range of their own per level, so that neighbouring pages
 * share descriptor lines and the upper levels are few lines.
 *
 * A page enters the TLBs with the time its walk will end: who wants the same page meanwhile waits for that walk. Addresses themselves are
 * not changed: physical pages are as far apart as virtual ones.
 */
#include "sim/cache/tlb.h"

#include <stdlib.h>

enum { DESCRIPTOR_BYTES = 8, TABLES_BIT = 52, LEVEL_SHIFT = 48 };

static enum pv_status make(struct cache *cache, const char *name, int32_t n_entries, int32_t assoc, struct pv_error *err)
{
	struct uarch_cache params = {.size_bytes = n_entries, .assoc = assoc, .n_mshrs = 1, .n_targets_per_mshr = 1};
	return cache_init(cache, name, &params, 1, err);
}

enum pv_status cache_tlbs_init(struct cache_tlbs *tlbs, const struct uarch_tlb *params, struct pv_error *err)
{
	const struct uarch_tlb *p = params;
	*tlbs = (struct cache_tlbs){.params = *params};
	if (p->present == 0)
		return PV_OK;
	FAIL_IF(p->page_bytes < 64 || (p->page_bytes & (p->page_bytes - 1)) != 0 || p->n_walkers <= 0 || p->n_walk_levels <= 0, err,
	        PV_ERR_RANGE, "tlb: pages of %d bytes, %d walkers and %d levels are not possible", p->page_bytes, p->n_walkers,
	        p->n_walk_levels);
	tlbs->page_shift = (uint32_t)__builtin_ctz((uint32_t)p->page_bytes);
	TRY(make(&tlbs->itlb, "itlb", p->n_itlb, p->itlb_assoc, err));
	TRY(make(&tlbs->dtlb, "dtlb", p->n_dtlb, p->dtlb_assoc, err));
	if (p->n_l2 > 0)
		TRY(make(&tlbs->l2, "l2 tlb", p->n_l2, p->l2_assoc, err));
	FAIL_IF(!sim_resource_init(&tlbs->walkers, p->n_walkers), err, PV_ERR_NOMEM, "no memory for page walkers");
	return PV_OK;
}

void cache_tlbs_release(struct cache_tlbs *tlbs)
{
	cache_release(&tlbs->itlb);
	cache_release(&tlbs->dtlb);
	cache_release(&tlbs->l2);
	free(tlbs->walkers.until);
	tlbs->walkers.until = NULL;
}

/* Where the descriptor of a page stands at a level, 0 the root. */
static uint64_t descriptor(const struct uarch_tlb *p, uint64_t page, int32_t level)
{
	int32_t bits = __builtin_ctz((uint32_t)p->page_bytes / DESCRIPTOR_BYTES) * (p->n_walk_levels - 1 - level);
	uint64_t index = bits < 64 ? page >> bits : 0;
	return 1ull << TABLES_BIT | (uint64_t)level << LEVEL_SHIFT | index * DESCRIPTOR_BYTES;
}

static uint64_t walk(struct cache_tlbs *t, uint64_t page, uint64_t at, struct cache_descriptor_reader reader)
{
	uint64_t free_at = sim_resource_free_at(&t->walkers);
	at = at > free_at ? at : free_at;
	for (int32_t level = 0; level < t->params.n_walk_levels; level++)
		at = reader.read(reader.memory, descriptor(&t->params, page, level), at);
	sim_resource_take(&t->walkers, at);
	t->n_walks++;
	return at;
}

static void enter(struct cache *tlb, uint64_t page, uint64_t ready_at)
{
	struct cache_line victim;
	cache_insert(tlb, page, &victim)->ready_at = ready_at;
}

static uint64_t look_below(struct cache_tlbs *t, uint64_t page, uint64_t at, struct cache_descriptor_reader reader)
{
	if (t->params.n_l2 == 0)
		return walk(t, page, at, reader);
	at += t->params.l2_latency_cycles;
	t->l2.n_accesses++;
	const struct cache_line *found = cache_find(&t->l2, page);
	if (found != NULL)
		return at > found->ready_at ? at : found->ready_at;
	t->l2.n_misses++;
	at = walk(t, page, at, reader);
	enter(&t->l2, page, at);
	return at;
}

uint64_t cache_tlbs_translate(struct cache_tlbs *t, bool data, uint64_t addr, uint64_t at, struct cache_descriptor_reader reader)
{
	struct cache *tlb = data ? &t->dtlb : &t->itlb;
	uint64_t page = addr >> t->page_shift;
	tlb->n_accesses++;
	const struct cache_line *found = cache_find(tlb, page);
	if (found != NULL)
		return at > found->ready_at ? at : found->ready_at;
	tlb->n_misses++;
	at = look_below(t, page, at, reader);
	enter(tlb, page, at);
	return at;
}

void cache_tlbs_warm(struct cache_tlbs *t, bool data, uint64_t addr, struct cache_descriptor_reader reader)
{
	struct cache *tlb = data ? &t->dtlb : &t->itlb;
	uint64_t page = addr >> t->page_shift;
	tlb->n_accesses++;
	if (cache_find(tlb, page) != NULL)
		return;
	tlb->n_misses++;
	enter(tlb, page, 0);
	if (t->params.n_l2 > 0) {
		t->l2.n_accesses++;
		if (cache_find(&t->l2, page) != NULL)
			return;
		t->l2.n_misses++;
		enter(&t->l2, page, 0);
	}
	t->n_walks++;
	for (int32_t level = 0; level < t->params.n_walk_levels; level++)
		reader.read(reader.memory, descriptor(&t->params, page, level), 0);
}
