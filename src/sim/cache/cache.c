/*
 * cache.c - tags and MSHRs of one cache
 *
 * Sets keep their lines in order of use, so that the victim is the last way and a hit in the first way, the common case, moves nothing.
 * A missing line enters its set at once, with the time it will arrive: a later access that finds it still in flight joins the miss (a
 * target of its MSHR). MSHRs are a heap of times; when the last free one is taken the cache accepts nothing until the first is free again.
 *
 * Reference: Kroft, "Lockup-free instruction fetch/prefetch cache organization", ISCA 1981.
 */
#include "sim/cache/cache.h"

#include <stdlib.h>
#include <string.h>

enum pv_status pv_cache_init(struct pv_cache *cache, const struct pv_cache_config *config, struct pv_error *err)
{
	const struct pv_cache_config *c = config;
	*cache = (struct pv_cache){.config = *config, .noise = 2463534242u};
	PV_FAIL_IF(c->line_bytes == 0 || (c->line_bytes & (c->line_bytes - 1)) != 0 || c->assoc == 0, err, PV_ERR_RANGE,
	           "%s: %u ways of %u-byte lines are not possible", c->name, c->assoc, c->line_bytes);
	uint64_t n_sets = c->size_bytes / ((uint64_t)c->line_bytes * c->assoc);
	PV_FAIL_IF(n_sets == 0 || (n_sets & (n_sets - 1)) != 0 || n_sets * c->line_bytes * c->assoc != c->size_bytes, err, PV_ERR_RANGE,
	           "%s: %u bytes in %u ways of %u-byte lines do not make a power of two of sets", c->name, c->size_bytes, c->assoc,
	           c->line_bytes);
	PV_FAIL_IF(c->n_mshrs == 0 || c->n_targets_per_mshr == 0, err, PV_ERR_RANGE, "%s: at least one MSHR with one target is needed",
	           c->name);
	PV_FAIL_IF(c->prefetch_degree > PV_PREFETCH_MAX_DEGREE, err, PV_ERR_RANGE, "%s: a prefetch degree of %u, at most %d is possible",
	           c->name, c->prefetch_degree, PV_PREFETCH_MAX_DEGREE);
	cache->prefetcher.degree = c->prefetch_degree;
	cache->prefetcher.line_bytes = c->line_bytes;
	cache->prefetcher.on_access = c->prefetch_on_access;
	cache->set_mask = (uint32_t)n_sets - 1;
	cache->line_shift = (uint32_t)__builtin_ctz(c->line_bytes);
	cache->lines = calloc((size_t)n_sets * c->assoc, sizeof *cache->lines);
	PV_FAIL_IF(!pv_resource_init(&cache->mshrs, c->n_mshrs) || cache->lines == NULL, err, PV_ERR_NOMEM, "no memory for cache %s",
	           c->name);
	return PV_OK;
}

void pv_cache_release(struct pv_cache *cache)
{
	free(cache->lines);
	free(cache->mshrs.until);
	cache->lines = NULL;
	cache->mshrs.until = NULL;
}

static struct pv_cache_line *set_of(const struct pv_cache *cache, uint64_t line)
{
	return cache->lines + (size_t)(line & cache->set_mask) * cache->config.assoc;
}

static struct pv_cache_line *to_front(struct pv_cache_line *set, uint32_t way)
{
	if (way > 0) {
		struct pv_cache_line line = set[way];
		memmove(set + 1, set, way * sizeof *set);
		set[0] = line;
	}
	return set;
}

struct pv_cache_line *pv_cache_find(struct pv_cache *cache, uint64_t line)
{
	struct pv_cache_line *set = set_of(cache, line);
	for (uint32_t way = 0; way < cache->config.assoc; way++)
		if (set[way].tag == line + 1)
			return to_front(set, way);
	return NULL;
}

bool pv_cache_holds(const struct pv_cache *cache, uint64_t line)
{
	const struct pv_cache_line *set = set_of(cache, line);
	for (uint32_t way = 0; way < cache->config.assoc; way++)
		if (set[way].tag == line + 1)
			return true;
	return false;
}

static uint32_t pick_victim(struct pv_cache *cache, const struct pv_cache_line *set)
{
	uint32_t last = cache->config.assoc - 1;
	if (!cache->config.random || set[last].tag == 0)
		return last;
	cache->noise ^= cache->noise << 13;
	cache->noise ^= cache->noise >> 17;
	cache->noise ^= cache->noise << 5;
	return cache->noise % cache->config.assoc;
}

struct pv_cache_line *pv_cache_insert(struct pv_cache *cache, uint64_t line, struct pv_cache_line *victim)
{
	struct pv_cache_line *set = set_of(cache, line);
	uint32_t way = pick_victim(cache, set);
	*victim = set[way];
	set[way] = (struct pv_cache_line){.tag = line + 1};
	return to_front(set, way);
}

void pv_cache_remove(struct pv_cache *cache, struct pv_cache_line *line)
{
	struct pv_cache_line *set = set_of(cache, line->tag - 1);
	uint32_t way = (uint32_t)(line - set), n = cache->config.assoc;
	memmove(set + way, set + way + 1, (n - way - 1) * sizeof *set);
	set[n - 1] = (struct pv_cache_line){0};
}

void pv_cache_block(struct pv_cache *cache, uint64_t from, uint64_t until)
{
	if (until <= from)
		return;
	if (from < cache->blocked_until && until > cache->blocked_from) { /* one block runs into the other */
		cache->blocked_from = from < cache->blocked_from ? from : cache->blocked_from;
		cache->blocked_until = until > cache->blocked_until ? until : cache->blocked_until;
		return;
	}
	cache->blocked_from = from;
	cache->blocked_until = until;
}

void pv_cache_take_mshr(struct pv_cache *cache, uint64_t at, uint64_t until)
{
	pv_resource_take(&cache->mshrs, until);
	uint64_t first_free = pv_resource_free_at(&cache->mshrs);
	if (first_free > at)
		pv_cache_block(cache, at, first_free);
}

bool pv_cache_can_prefetch_at(const struct pv_cache *cache, uint64_t at)
{
	uint32_t n_busy = 0;
	for (uint32_t i = 0; i < cache->mshrs.n; i++)
		n_busy += cache->mshrs.until[i] > at;
	return n_busy + 2 < cache->mshrs.n;
}
