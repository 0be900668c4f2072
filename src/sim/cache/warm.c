/*
 * warm.c - accesses that change which lines the caches hold, and take no time
 *
 * The same moves of lines between the levels as memory.c makes (inclusion, write-back of victims, prefetches), without MSHRs, which are
 * free long before the next access when nothing takes time, and without memory: open rows stay as the last timed access left them.
 */
#include "sim/cache/warm.h"

/* A line pushed out of L1 goes down where memory.c sends it. */
static void push_down(struct pv_memory *m, const struct pv_cache *from, const struct pv_cache_line *victim)
{
	if (victim->tag == 0 || !m->config.has_l2 || (!victim->dirty && !from->config.writeback_clean))
		return;
	struct pv_cache_line *below = pv_cache_find(&m->l2, victim->tag - 1), lower;
	if (below == NULL)
		below = pv_cache_insert(&m->l2, victim->tag - 1, &lower);
	below->dirty |= victim->dirty;
}

static void insert_l2(struct pv_memory *m, uint64_t line)
{
	struct pv_cache_line victim;
	pv_cache_insert(&m->l2, line, &victim);
}

static void train_l2(struct pv_memory *m, uint64_t pc, uint64_t addr, bool miss)
{
	struct pv_stride_prefetcher *p = &m->l2.prefetcher;
	uint64_t addrs[PV_PREFETCH_MAX_DEGREE];
	if (p->degree == 0 || (!miss && !p->on_access))
		return;
	uint32_t n = pv_stride_prefetcher_step(p, pc, addr, addrs);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t line = addrs[i] >> m->l2.line_shift;
		if (!pv_cache_holds(&m->l2, line) && !pv_cache_holds(&m->l1d, line) && !pv_cache_holds(&m->l1i, line))
			insert_l2(m, line);
	}
}

/* A miss of L1 asks L2; returns whether the line that comes up is dirty. */
static bool from_l2(struct pv_memory *m, uint64_t pc, uint64_t addr, bool data)
{
	struct pv_cache *l2 = &m->l2;
	bool dirty = false;
	if (!m->config.has_l2)
		return false;
	l2->n_accesses++;
	struct pv_cache_line *found = pv_cache_find(l2, addr >> l2->line_shift);
	bool miss = found == NULL;
	if (miss) {
		l2->n_misses++;
		if (!l2->config.exclusive)
			insert_l2(m, addr >> l2->line_shift);
	} else if (l2->config.exclusive) {
		dirty = found->dirty;
		pv_cache_remove(l2, found);
	}
	if (data)
		train_l2(m, pc, addr, miss);
	return dirty;
}

static void fill_l1(struct pv_memory *m, struct pv_cache *l1, uint64_t pc, uint64_t addr, bool data, bool write)
{
	bool dirty = from_l2(m, pc, addr, data) || write;
	struct pv_cache_line victim;
	pv_cache_insert(l1, addr >> l1->line_shift, &victim)->dirty = dirty;
	push_down(m, l1, &victim);
}

static void train_l1d(struct pv_memory *m, uint64_t pc, uint64_t addr, bool miss)
{
	struct pv_cache *l1 = &m->l1d;
	struct pv_stride_prefetcher *p = &l1->prefetcher;
	uint64_t addrs[PV_PREFETCH_MAX_DEGREE];
	if (p->degree == 0 || (!miss && !p->on_access))
		return;
	uint32_t n = pv_stride_prefetcher_step(p, pc, addr, addrs);
	for (uint32_t i = 0; i < n; i++)
		if (!pv_cache_holds(l1, addrs[i] >> l1->line_shift))
			fill_l1(m, l1, pc, addrs[i], true, false);
}

static bool touch(struct pv_memory *m, struct pv_cache *l1, uint64_t pc, uint64_t addr, bool data, bool write)
{
	l1->n_accesses++;
	struct pv_cache_line *found = pv_cache_find(l1, addr >> l1->line_shift);
	if (found != NULL) {
		found->dirty |= write;
		return true;
	}
	l1->n_misses++;
	fill_l1(m, l1, pc, addr, data, write);
	return false;
}

void pv_memory_warm_fetch(struct pv_memory *memory, uint64_t addr)
{
	touch(memory, &memory->l1i, addr, addr, false, false);
}

void pv_memory_warm_data(struct pv_memory *memory, uint64_t pc, uint64_t addr, bool write)
{
	bool hit = touch(memory, &memory->l1d, pc, addr, true, write);
	train_l1d(memory, pc, addr, !hit);
}
