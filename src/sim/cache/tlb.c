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

#include "sim/cache/memory.h"
#include "sim/cache/warm.h"

enum { DESCRIPTOR_BYTES = 8, TABLES_BIT = 52, LEVEL_SHIFT = 48 };

static enum pv_status make(struct cache *cache, const char *name, uint32_t n_entries, uint32_t assoc, struct pv_error *err)
{
	struct cache_config config = {
	    .name = name, .size_bytes = n_entries, .assoc = assoc, .line_bytes = 1, .n_mshrs = 1, .n_targets_per_mshr = 1};
	return cache_init(cache, &config, err);
}

enum pv_status cache_tlbs_init(struct cache_tlbs *tlbs, const struct cache_tlb_config *config, struct pv_error *err)
{
	const struct cache_tlb_config *c = config;
	*tlbs = (struct cache_tlbs){.config = *config};
	if (!c->present)
		return PV_OK;
	FAIL_IF(c->page_bytes < 64 || (c->page_bytes & (c->page_bytes - 1)) != 0 || c->n_walkers == 0 || c->n_walk_levels == 0, err,
	        PV_ERR_RANGE, "tlb: pages of %u bytes, %u walkers and %u levels are not possible", c->page_bytes, c->n_walkers,
	        c->n_walk_levels);
	tlbs->page_shift = (uint32_t)__builtin_ctz(c->page_bytes);
	TRY(make(&tlbs->itlb, "itlb", c->n_itlb, c->itlb_assoc, err));
	TRY(make(&tlbs->dtlb, "dtlb", c->n_dtlb, c->dtlb_assoc, err));
	if (c->n_l2 > 0)
		TRY(make(&tlbs->l2, "l2 tlb", c->n_l2, c->l2_assoc, err));
	FAIL_IF(!sim_resource_init(&tlbs->walkers, c->n_walkers), err, PV_ERR_NOMEM, "no memory for page walkers");
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
static uint64_t descriptor(const struct cache_tlb_config *c, uint64_t page, uint32_t level)
{
	uint32_t bits = (uint32_t)__builtin_ctz(c->page_bytes / DESCRIPTOR_BYTES) * (c->n_walk_levels - 1 - level);
	uint64_t index = bits < 64 ? page >> bits : 0;
	return 1ull << TABLES_BIT | (uint64_t)level << LEVEL_SHIFT | index * DESCRIPTOR_BYTES;
}

static uint64_t walk(struct cache_memory *m, uint64_t page, uint64_t at)
{
	struct cache_tlbs *t = &m->tlbs;
	uint64_t free_at = sim_resource_free_at(&t->walkers);
	at = at > free_at ? at : free_at;
	for (uint32_t level = 0; level < t->config.n_walk_levels; level++)
		at = cache_memory_read_descriptor(m, descriptor(&t->config, page, level), at);
	sim_resource_take(&t->walkers, at);
	t->n_walks++;
	return at;
}

static void enter(struct cache *tlb, uint64_t page, uint64_t ready_at)
{
	struct cache_line victim;
	cache_insert(tlb, page, &victim)->ready_at = ready_at;
}

static uint64_t look_below(struct cache_memory *m, uint64_t page, uint64_t at)
{
	struct cache_tlbs *t = &m->tlbs;
	if (t->config.n_l2 == 0)
		return walk(m, page, at);
	at += t->config.l2_cycles;
	t->l2.n_accesses++;
	const struct cache_line *found = cache_find(&t->l2, page);
	if (found != NULL)
		return at > found->ready_at ? at : found->ready_at;
	t->l2.n_misses++;
	at = walk(m, page, at);
	enter(&t->l2, page, at);
	return at;
}

uint64_t cache_memory_walk(struct cache_memory *m, bool data, uint64_t addr, uint64_t at)
{
	struct cache *tlb = data ? &m->tlbs.dtlb : &m->tlbs.itlb;
	uint64_t page = addr >> m->tlbs.page_shift;
	tlb->n_accesses++;
	const struct cache_line *found = cache_find(tlb, page);
	if (found != NULL)
		return at > found->ready_at ? at : found->ready_at;
	tlb->n_misses++;
	at = look_below(m, page, at);
	enter(tlb, page, at);
	return at;
}

/* The same in no time. */
void cache_memory_warm_walk(struct cache_memory *m, bool data, uint64_t addr)
{
	struct cache_tlbs *t = &m->tlbs;
	struct cache *tlb = data ? &t->dtlb : &t->itlb;
	uint64_t page = addr >> t->page_shift;
	tlb->n_accesses++;
	if (cache_find(tlb, page) != NULL)
		return;
	tlb->n_misses++;
	enter(tlb, page, 0);
	if (t->config.n_l2 > 0) {
		t->l2.n_accesses++;
		if (cache_find(&t->l2, page) != NULL)
			return;
		t->l2.n_misses++;
		enter(&t->l2, page, 0);
	}
	t->n_walks++;
	for (uint32_t level = 0; level < t->config.n_walk_levels; level++)
		cache_memory_warm_descriptor(m, descriptor(&t->config, page, level));
}
