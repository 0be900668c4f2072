/*
 * prefetch.c - a stride per load or store instruction, or the lines behind each line; and a queue of what is wanted
 *
 * Stride: each entry keeps an instruction's last address and the difference to the one before. A difference seen again raises its
 * confidence, another one lowers it; at half of the range and above the next `degree` strides are fetched ahead, strides below a line as
 * whole lines. A new instruction needs three accesses: the first two make the stride, the third confirms it.
 *
 * Next line: the `degree` lines behind every line that misses (or, where the machine says so, that is accessed).
 *
 * Prefetches wait in a queue of limited length, first in first out, until the cache has an MSHR for them that no demand miss needs. An
 * access to a line that still waits in the queue goes its own way, and the prefetch is dropped.
 *
 * Reference: Smith, "Sequential program prefetching in memory hierarchies", Computer 11 (1978); Baer, Chen, "An effective on-chip
 * preloading scheme to reduce data access penalty", SC 1991; table, confidence and queue as gem5's StridePrefetcher and its base,
 * src/mem/cache/prefetch/queued.cc.
 */
#include "sim/cache/prefetch.h"

enum { CONFIDENCE_START = 4, CONFIDENCE_NEEDED = 4, CONFIDENCE_MAX = 7 };

void cache_prefetch_init(struct cache_prefetch_unit *prefetcher, const struct uarch_cache *params, uint32_t line_bytes)
{
	*prefetcher = (struct cache_prefetch_unit){
	    .kind = (enum uarch_prefetcher)params->prefetcher,
	    .degree = params->prefetch_degree,
	    .line_bytes = line_bytes,
	    .on_access = params->prefetch_on_access != 0,
	    .queue_size = params->n_prefetch_queue,
	};
}

/* the instruction's entry; a new one takes the place of the least recently used */
static struct cache_prefetch_entry *entry_of(struct cache_prefetch_unit *p, uint64_t pc, uint64_t addr, bool *is_new)
{
	struct cache_prefetch_entry *set = p->entries[(pc >> 2) % CACHE_PREFETCH_SETS], *victim = set;
	for (unsigned i = 0; i < CACHE_PREFETCH_WAYS; i++) {
		if (set[i].tag == pc + 1) {
			*is_new = false;
			return &set[i];
		}
		if (set[i].used < victim->used)
			victim = &set[i];
	}
	*is_new = true;
	*victim = (struct cache_prefetch_entry){.tag = pc + 1, .last_addr = addr, .confidence = CONFIDENCE_START};
	return victim;
}

static bool learn(struct cache_prefetch_entry *e, uint64_t addr)
{
	int64_t stride = (int64_t)(addr - e->last_addr);
	e->last_addr = addr;
	if (stride == e->stride && stride != 0) {
		e->confidence = (uint8_t)(e->confidence < CONFIDENCE_MAX ? e->confidence + 1 : CONFIDENCE_MAX);
	} else {
		e->confidence = (uint8_t)(e->confidence > 0 ? e->confidence - 1 : 0);
		if (e->confidence < CONFIDENCE_NEEDED)
			e->stride = stride;
	}
	return e->confidence >= CONFIDENCE_NEEDED && e->stride != 0;
}

/* Addresses ahead in steps of bytes, as far as they stay in the page. */
static uint32_t run_ahead(const struct cache_prefetch_unit *p, uint64_t addr, int64_t step, uint64_t *addrs)
{
	uint32_t n = 0;
	for (uint32_t d = 1; d <= p->degree; d++) {
		uint64_t next = addr + (uint64_t)(step * (int64_t)d);
		if (next / CACHE_PREFETCH_PAGE_BYTES != addr / CACHE_PREFETCH_PAGE_BYTES)
			break;
		addrs[n++] = next;
	}
	return n;
}

static uint32_t step_stride(struct cache_prefetch_unit *p, uint64_t pc, uint64_t addr, uint64_t *addrs)
{
	bool is_new;
	struct cache_prefetch_entry *e = entry_of(p, pc, addr, &is_new);
	e->used = ++p->clock;
	if (is_new || !learn(e, addr))
		return 0;
	int64_t line = p->line_bytes, step = e->stride;
	if (step > -line && step < line)
		step = step < 0 ? -line : line;
	return run_ahead(p, addr, step, addrs);
}

uint32_t cache_prefetch_step(struct cache_prefetch_unit *p, uint64_t pc, uint64_t addr, uint64_t *addrs)
{
	if (p->kind == UARCH_PREFETCHER_NEXT_LINE)
		return run_ahead(p, addr, p->line_bytes, addrs);
	return step_stride(p, pc, addr, addrs);
}

/* ---- the queue --------------------------------------------------------------------------------------------------------------------- */

static struct cache_queued_prefetch *queued_at(struct cache_prefetch_unit *p, uint32_t i)
{
	uint32_t at = p->first + i;
	return &p->queue[at < p->queue_size ? at : at - p->queue_size];
}

/* place of a line in the queue; n when it is not there */
static uint32_t find_queued(struct cache_prefetch_unit *p, uint64_t line)
{
	uint32_t i = 0;
	while (i < p->n && queued_at(p, i)->addr / p->line_bytes != line)
		i++;
	return i;
}

static void drop_queued(struct cache_prefetch_unit *p, uint32_t i)
{
	for (; i + 1 < p->n; i++)
		*queued_at(p, i) = *queued_at(p, i + 1);
	p->n--;
}

void cache_prefetch_cancel(struct cache_prefetch_unit *p, uint64_t addr)
{
	uint32_t i = find_queued(p, addr / p->line_bytes);
	if (i < p->n)
		drop_queued(p, i);
}

void cache_prefetch_queue(struct cache_prefetch_unit *p, uint64_t pc, uint64_t addr, uint64_t at)
{
	if (find_queued(p, addr / p->line_bytes) < p->n)
		return;
	if (p->n == p->queue_size)
		cache_prefetch_drop_next(p);
	p->n++;
	*queued_at(p, p->n - 1) = (struct cache_queued_prefetch){.pc = pc, .addr = addr, .ready_at = at};
}
