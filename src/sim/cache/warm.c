/*
 * warm.c - accesses that change which lines the caches hold, and take no time
 *
 * The same moves of lines between the levels as memory.c makes (inclusion, write-back of victims, prefetches), without MSHRs, write buffers
 * and crossbars, which are free long before the next access when nothing takes time, and without memory: open rows stay as the last timed
 * access left them.
 */
#include "sim/cache/warm.h"

struct touch {
	uint64_t pc, addr;
	bool data, write;
	bool walk; /* a descriptor, for a page walk: it has no copy above */
};

/* A line pushed out goes down where memory.c sends it, and what it pushes out there. */
static void push_down(struct cache_memory *m, const struct cache *from, unsigned level, struct cache_line victim)
{
	for (; victim.tag != 0 && level < m->n_lower && (victim.dirty || from->params.writeback_clean != 0); level++) {
		struct cache *to = &m->lower[level];
		struct cache_line *below = cache_find(to, victim.tag - 1), next = {0};
		if (below == NULL)
			below = cache_insert(to, victim.tag - 1, &next);
		below->dirty |= victim.dirty;
		from = to;
		victim = next;
	}
}

static bool is_held_above(const struct cache_memory *m, unsigned level, uint64_t line)
{
	bool held = cache_holds(&m->l1d, line) || cache_holds(&m->l1i, line);
	for (unsigned i = 0; i < level; i++)
		held = held || cache_holds(&m->lower[i], line);
	return held;
}

static bool ask(struct cache_memory *m, unsigned level, const struct touch *t);

/* A line comes into lower[level]; returns whether the line that goes on up is dirty. */
static bool fill(struct cache_memory *m, unsigned level, const struct touch *t, bool prefetch)
{
	struct cache *cache = &m->lower[level];
	bool dirty = ask(m, level + 1, t);
	if (cache_is_exclusive(cache) && !prefetch && !t->walk)
		return dirty;
	struct cache_line victim;
	cache_insert(cache, t->addr >> cache->line_shift, &victim)->dirty = dirty;
	push_down(m, cache, level + 1, victim);
	return false;
}

static void train_lower(struct cache_memory *m, unsigned level, const struct touch *t, bool miss)
{
	struct cache *cache = &m->lower[level];
	struct cache_prefetch_unit *p = &cache->prefetcher;
	uint64_t addrs[CACHE_PREFETCH_MAX_DEGREE];
	if (p->kind == UARCH_PREFETCHER_NONE || !t->data || (!miss && !p->on_access))
		return;
	uint32_t n = cache_prefetch_step(p, t->pc, t->addr, addrs);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t line = addrs[i] >> cache->line_shift;
		if (!cache_holds(cache, line) && !is_held_above(m, level, line))
			fill(m, level, &(struct touch){.pc = t->pc, .addr = addrs[i], .data = true}, true);
	}
}

/* A miss above asks lower[level]; returns whether the line that comes up is dirty. */
static bool ask(struct cache_memory *m, unsigned level, const struct touch *t)
{
	if (level >= m->n_lower)
		return false;
	struct cache *cache = &m->lower[level];
	bool dirty = false;
	cache->n_accesses++;
	struct cache_line *found = cache_find(cache, t->addr >> cache->line_shift);
	bool miss = found == NULL;
	if (miss) {
		cache->n_misses++;
		dirty = fill(m, level, t, false);
	} else if (cache_is_exclusive(cache) && !t->walk) {
		dirty = found->dirty;
		cache_remove(cache, found);
	}
	train_lower(m, level, t, miss);
	return dirty;
}

static void fill_l1(struct cache_memory *m, struct cache *l1, const struct touch *t)
{
	bool dirty = ask(m, 0, t) || t->write;
	struct cache_line victim;
	cache_insert(l1, t->addr >> l1->line_shift, &victim)->dirty = dirty;
	push_down(m, l1, 0, victim);
}

static void train_l1(struct cache_memory *m, struct cache *l1, const struct touch *t, bool miss)
{
	struct cache_prefetch_unit *p = &l1->prefetcher;
	uint64_t addrs[CACHE_PREFETCH_MAX_DEGREE];
	if (p->kind == UARCH_PREFETCHER_NONE || (!miss && !p->on_access))
		return;
	uint32_t n = cache_prefetch_step(p, t->pc, t->addr, addrs);
	for (uint32_t i = 0; i < n; i++)
		if (!cache_holds(l1, addrs[i] >> l1->line_shift))
			fill_l1(m, l1, &(struct touch){.pc = t->pc, .addr = addrs[i], .data = t->data});
}

static void touch(struct cache_memory *m, struct cache *l1, const struct touch *t)
{
	l1->n_accesses++;
	struct cache_line *found = cache_find(l1, t->addr >> l1->line_shift);
	if (found != NULL) {
		found->dirty |= t->write;
	} else {
		l1->n_misses++;
		fill_l1(m, l1, t);
	}
	train_l1(m, l1, t, found == NULL);
}

static uint64_t read_descriptor(void *memory, uint64_t addr, uint64_t at)
{
	ask(memory, 0, &(struct touch){.addr = addr, .walk = true});
	return at;
}

static void translate(struct cache_memory *m, bool data, uint64_t addr)
{
	if (m->tlbs.params.present != 0)
		cache_tlbs_warm(&m->tlbs, data, addr, (struct cache_descriptor_reader){read_descriptor, m});
}

void cache_memory_warm_fetch(struct cache_memory *memory, uint64_t addr)
{
	translate(memory, false, addr);
	touch(memory, &memory->l1i, &(struct touch){.pc = addr, .addr = addr});
}

void cache_memory_warm_data(struct cache_memory *memory, uint64_t pc, uint64_t addr, bool write)
{
	translate(memory, true, addr);
	touch(memory, &memory->l1d, &(struct touch){.pc = pc, .addr = addr, .data = true, .write = write});
}
