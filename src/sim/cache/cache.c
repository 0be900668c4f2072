/*
 * cache.c - tags and MSHRs of one cache
 *
 * Sets keep their lines in order of use, so that the victim is the last way and a hit in the first way, the common case, moves nothing.
 * A missing line enters its set at once, with the time it will arrive: a later access that finds it still in flight joins the miss (a
 * target of its MSHR). MSHRs are a heap of times; when the last free one is taken the cache accepts nothing until the first is free again.
 * So are write buffers, where victims wait for their way down.
 *
 * Reference: Kroft, "Lockup-free instruction fetch/prefetch cache organization", ISCA 1981.
 */
#include "sim/cache/cache.h"

#include <stdlib.h>
#include <string.h>

enum pv_status cache_init(struct cache *cache, const struct cache_config *config, struct pv_error *err)
{
	const struct cache_config *c = config;
	*cache = (struct cache){.config = *config, .noise = 2463534242u};
	FAIL_IF(c->line_bytes == 0 || (c->line_bytes & (c->line_bytes - 1)) != 0 || c->assoc == 0, err, PV_ERR_RANGE,
	        "%s: %u ways of %u-byte lines are not possible", c->name, c->assoc, c->line_bytes);
	uint64_t n_sets = c->size_bytes / ((uint64_t)c->line_bytes * c->assoc);
	FAIL_IF(n_sets == 0 || (n_sets & (n_sets - 1)) != 0 || n_sets * c->line_bytes * c->assoc != c->size_bytes, err, PV_ERR_RANGE,
	        "%s: %u bytes in %u ways of %u-byte lines do not make a power of two of sets", c->name, c->size_bytes, c->assoc,
	        c->line_bytes);
	FAIL_IF(c->n_mshrs == 0 || c->n_targets_per_mshr == 0, err, PV_ERR_RANGE, "%s: at least one MSHR with one target is needed",
	        c->name);
	FAIL_IF(c->prefetch_degree > CACHE_PREFETCH_MAX_DEGREE, err, PV_ERR_RANGE, "%s: a prefetch degree of %u, at most %d is possible",
	        c->name, c->prefetch_degree, CACHE_PREFETCH_MAX_DEGREE);
	FAIL_IF(c->prefetcher != CACHE_PREFETCH_OFF && (c->n_prefetch_queue == 0 || c->n_prefetch_queue > CACHE_PREFETCH_MAX_QUEUE), err,
	        PV_ERR_RANGE, "%s: a prefetch queue of %u, 1 to %d are possible", c->name, c->n_prefetch_queue, CACHE_PREFETCH_MAX_QUEUE);
	cache->prefetcher.kind = c->prefetcher;
	cache->prefetcher.degree = c->prefetch_degree;
	cache->prefetcher.line_bytes = c->line_bytes;
	cache->prefetcher.on_access = c->prefetch_on_access;
	cache->prefetcher.queue_size = c->n_prefetch_queue;
	cache->set_mask = (uint32_t)n_sets - 1;
	cache->line_shift = (uint32_t)__builtin_ctz(c->line_bytes);
	cache->lines = calloc((size_t)n_sets * c->assoc, sizeof *cache->lines);
	bool made = sim_resource_init(&cache->mshrs, c->n_mshrs) && cache->lines != NULL;
	made = made && (c->n_write_buffers == 0 || sim_resource_init(&cache->write_buffers, c->n_write_buffers));
	FAIL_IF(!made, err, PV_ERR_NOMEM, "no memory for cache %s", c->name);
	return PV_OK;
}

void cache_release(struct cache *cache)
{
	free(cache->lines);
	free(cache->mshrs.until);
	free(cache->write_buffers.until);
	cache->lines = NULL;
	cache->mshrs.until = cache->write_buffers.until = NULL;
}

static struct cache_line *set_of(const struct cache *cache, uint64_t line)
{
	return cache->lines + (size_t)(line & cache->set_mask) * cache->config.assoc;
}

static struct cache_line *to_front(struct cache_line *set, uint32_t way)
{
	if (way > 0) {
		struct cache_line line = set[way];
		memmove(set + 1, set, way * sizeof *set);
		set[0] = line;
	}
	return set;
}

struct cache_line *cache_find(struct cache *cache, uint64_t line)
{
	struct cache_line *set = set_of(cache, line);
	for (uint32_t way = 0; way < cache->config.assoc; way++)
		if (set[way].tag == line + 1)
			return to_front(set, way);
	return NULL;
}

bool cache_holds(const struct cache *cache, uint64_t line)
{
	const struct cache_line *set = set_of(cache, line);
	for (uint32_t way = 0; way < cache->config.assoc; way++)
		if (set[way].tag == line + 1)
			return true;
	return false;
}

static uint32_t pick_victim(struct cache *cache, const struct cache_line *set)
{
	uint32_t last = cache->config.assoc - 1;
	if (!cache->config.random || set[last].tag == 0)
		return last;
	cache->noise ^= cache->noise << 13;
	cache->noise ^= cache->noise >> 17;
	cache->noise ^= cache->noise << 5;
	return cache->noise % cache->config.assoc;
}

struct cache_line *cache_insert(struct cache *cache, uint64_t line, struct cache_line *victim)
{
	struct cache_line *set = set_of(cache, line);
	uint32_t way = pick_victim(cache, set);
	*victim = set[way];
	set[way] = (struct cache_line){.tag = line + 1};
	return to_front(set, way);
}

void cache_remove(struct cache *cache, struct cache_line *line)
{
	struct cache_line *set = set_of(cache, line->tag - 1);
	uint32_t way = (uint32_t)(line - set), n = cache->config.assoc;
	memmove(set + way, set + way + 1, (n - way - 1) * sizeof *set);
	set[n - 1] = (struct cache_line){0};
}

uint64_t cache_unblocked_at(const struct cache *cache, uint64_t at)
{
	for (unsigned i = 0; i < CACHE_BLOCKS;) {
		const struct cache_block *block = &cache->blocks[i];
		if (at >= block->from && at < block->until) {
			at = block->until + 1; /* it is told when the block ends, and comes again in the next cycle */
			i = 0;
		} else {
			i++;
		}
	}
	return at;
}

void cache_block(struct cache *cache, uint64_t from, uint64_t until)
{
	if (until <= from)
		return;
	cache->blocks[cache->next_block] = (struct cache_block){.from = from, .until = until};
	cache->next_block = (cache->next_block + 1) % CACHE_BLOCKS;
	if (cache->blocked_until < until)
		cache->blocked_until = until;
}

uint64_t cache_join(struct cache *cache, struct cache_line *line, uint64_t at)
{
	const struct cache_config *c = &cache->config;
	if (++line->n_targets > c->n_targets_per_mshr)
		return line->ready_at + c->hit_cycles;
	if (line->n_targets == c->n_targets_per_mshr)
		cache_block(cache, at, line->ready_at - c->response_cycles); /* those of this very cycle that come after it too */
	return line->ready_at;
}

/* Take an entry; the cache is blocked while all are held. */
static void take(struct cache *cache, struct sim_resource *entries, uint64_t at, uint64_t until)
{
	sim_resource_take(entries, until);
	uint64_t first_free = sim_resource_free_at(entries);
	if (first_free > at)
		cache_block(cache, at, first_free);
}

void cache_take_mshr(struct cache *cache, uint64_t at, uint64_t until)
{
	take(cache, &cache->mshrs, at, until);
}

void cache_shorten_mshr(struct cache *cache, uint64_t until, uint64_t earlier)
{
	sim_resource_shorten(&cache->mshrs, until, earlier);
	for (unsigned i = 0; i < CACHE_BLOCKS; i++)
		if (cache->blocks[i].until == until)
			cache->blocks[i].until = earlier;
}

void cache_take_write_buffer(struct cache *cache, uint64_t at, uint64_t until)
{
	if (cache->write_buffers.n > 0)
		take(cache, &cache->write_buffers, at, until);
}

uint64_t cache_prefetch_at(const struct cache *cache, uint64_t at)
{
	enum { KEPT = 2, SMALLEST = (1 << (KEPT + 1)) - 1 }; /* of a heap, the third smallest is among the first three levels */
	const struct sim_resource *mshrs = &cache->mshrs;
	uint64_t least[KEPT + 1] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
	for (uint32_t i = 0; i < mshrs->n && i < SMALLEST; i++) {
		uint64_t until = mshrs->until[i];
		for (unsigned k = 0; k <= KEPT; k++)
			if (until < least[k]) {
				uint64_t larger = least[k];
				least[k] = until;
				until = larger;
			}
	}
	return at > least[KEPT] ? at : least[KEPT];
}
