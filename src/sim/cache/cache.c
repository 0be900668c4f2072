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

static enum pv_status check(const char *name, const struct uarch_cache *p, uint32_t line_bytes, struct pv_error *err)
{
	FAIL_IF(line_bytes == 0 || (line_bytes & (line_bytes - 1)) != 0 || p->assoc <= 0, err, PV_ERR_RANGE,
	        "%s: %d ways of %u-byte lines are not possible", name, p->assoc, line_bytes);
	uint64_t size_bytes = p->size_bytes, way_bytes = (uint64_t)line_bytes * p->assoc, n_sets = size_bytes / way_bytes;
	FAIL_IF(n_sets == 0 || (n_sets & (n_sets - 1)) != 0 || n_sets * way_bytes != size_bytes, err, PV_ERR_RANGE,
	        "%s: %d bytes in %d ways of %u-byte lines do not make a power of two of sets", name, p->size_bytes, p->assoc, line_bytes);
	FAIL_IF(p->n_mshrs <= 0 || p->n_targets_per_mshr <= 0, err, PV_ERR_RANGE, "%s: at least one MSHR with one target is needed", name);
	FAIL_IF(p->prefetch_degree > CACHE_PREFETCH_MAX_DEGREE, err, PV_ERR_RANGE, "%s: a prefetch degree of %d, at most %d is possible",
	        name, p->prefetch_degree, CACHE_PREFETCH_MAX_DEGREE);
	FAIL_IF(p->prefetcher != UARCH_PREFETCHER_NONE && (p->n_prefetch_queue <= 0 || p->n_prefetch_queue > CACHE_PREFETCH_MAX_QUEUE), err,
	        PV_ERR_RANGE, "%s: a prefetch queue of %d, 1 to %d are possible", name, p->n_prefetch_queue, CACHE_PREFETCH_MAX_QUEUE);
	return PV_OK;
}

enum pv_status cache_init(struct cache *cache, const char *name, const struct uarch_cache *params, uint32_t line_bytes,
                          struct pv_error *err)
{
	const struct uarch_cache *p = params;
	*cache = (struct cache){.params = *params, .line_bytes = line_bytes, .noise = 2463534242u};
	TRY(check(name, params, line_bytes, err));
	uint32_t n_sets = p->size_bytes / (line_bytes * p->assoc);
	cache->hit_cycles = p->tag_latency_cycles > p->data_latency_cycles ? p->tag_latency_cycles : p->data_latency_cycles;
	cache->set_mask = n_sets - 1;
	cache->line_shift = (uint32_t)__builtin_ctz(line_bytes);
	cache->lines = calloc((size_t)n_sets * p->assoc, sizeof *cache->lines);
	cache_prefetch_init(&cache->prefetcher, params, line_bytes);
	bool made = sim_resource_init(&cache->mshrs, p->n_mshrs) && cache->lines != NULL;
	made = made && (p->n_write_buffers == 0 || sim_resource_init(&cache->write_buffers, p->n_write_buffers));
	FAIL_IF(!made, err, PV_ERR_NOMEM, "no memory for cache %s", name);
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
	return cache->lines + (size_t)(line & cache->set_mask) * cache->params.assoc;
}

static struct cache_line *to_front(struct cache_line *set, int32_t way)
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
	for (int32_t way = 0; way < cache->params.assoc; way++)
		if (set[way].tag == line + 1)
			return to_front(set, way);
	return NULL;
}

bool cache_holds(const struct cache *cache, uint64_t line)
{
	const struct cache_line *set = set_of(cache, line);
	for (int32_t way = 0; way < cache->params.assoc; way++)
		if (set[way].tag == line + 1)
			return true;
	return false;
}

static int32_t pick_victim(struct cache *cache, const struct cache_line *set)
{
	int32_t last = cache->params.assoc - 1;
	if (cache->params.replacement != UARCH_REPLACEMENT_RANDOM || set[last].tag == 0)
		return last;
	cache->noise ^= cache->noise << 13;
	cache->noise ^= cache->noise >> 17;
	cache->noise ^= cache->noise << 5;
	return (int32_t)(cache->noise % (uint32_t)cache->params.assoc);
}

struct cache_line *cache_insert(struct cache *cache, uint64_t line, struct cache_line *victim)
{
	struct cache_line *set = set_of(cache, line);
	int32_t way = pick_victim(cache, set);
	*victim = set[way];
	set[way] = (struct cache_line){.tag = line + 1};
	return to_front(set, way);
}

void cache_remove(struct cache *cache, struct cache_line *line)
{
	struct cache_line *set = set_of(cache, line->tag - 1);
	uint32_t way = (uint32_t)(line - set), n = cache->params.assoc;
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
	const struct uarch_cache *p = &cache->params;
	if (++line->n_targets > p->n_targets_per_mshr)
		return line->ready_at + cache->hit_cycles;
	if (line->n_targets == p->n_targets_per_mshr)
		cache_block(cache, at, line->ready_at - p->response_latency_cycles); /* those of this very cycle that come after it too */
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

void cache_train(struct cache *cache, uint64_t pc, uint64_t addr, bool miss, uint64_t at)
{
	struct cache_prefetch_unit *p = &cache->prefetcher;
	uint64_t addrs[CACHE_PREFETCH_MAX_DEGREE];
	if (!miss && !p->on_access)
		return;
	cache_prefetch_cancel(p, addr);
	uint32_t n = cache_prefetch_step(p, pc, addr, addrs);
	for (uint32_t i = 0; i < n; i++)
		if (!cache_holds(cache, addrs[i] >> cache->line_shift))
			cache_prefetch_queue(p, pc, addrs[i], at + 1);
}
