/*
 * prefetch.c - a stride per load or store instruction
 *
 * Each entry keeps an instruction's last address and the difference to the one before. A difference seen again raises its confidence,
 * another one lowers it; at half of the range and above the next `degree` strides are fetched ahead, strides below a line as whole lines. A
 * new instruction needs three accesses: the first two make the stride, the third confirms it.
 *
 * Reference: Baer, Chen, "An effective on-chip preloading scheme to reduce data access penalty", SC 1991; table and confidence as gem5's
 * StridePrefetcher.
 */
#include "sim/cache/prefetch.h"

enum { CONFIDENCE_START = 4, CONFIDENCE_NEEDED = 4, CONFIDENCE_MAX = 7 };

/* the instruction's entry; a new one takes the place of the least recently used */
static struct pv_prefetch_entry *entry_of(struct pv_stride_prefetcher *p, uint64_t pc, uint64_t addr, bool *is_new)
{
	struct pv_prefetch_entry *set = p->entries[(pc >> 2) % PV_PREFETCH_SETS], *victim = set;
	for (unsigned i = 0; i < PV_PREFETCH_WAYS; i++) {
		if (set[i].tag == pc + 1) {
			*is_new = false;
			return &set[i];
		}
		if (set[i].used < victim->used)
			victim = &set[i];
	}
	*is_new = true;
	*victim = (struct pv_prefetch_entry){.tag = pc + 1, .last_addr = addr, .confidence = CONFIDENCE_START};
	return victim;
}

static bool learn(struct pv_prefetch_entry *e, uint64_t addr)
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

uint32_t pv_stride_prefetcher_step(struct pv_stride_prefetcher *p, uint64_t pc, uint64_t addr, uint64_t *addrs)
{
	bool is_new;
	struct pv_prefetch_entry *e = entry_of(p, pc, addr, &is_new);
	e->used = ++p->clock;
	if (is_new || !learn(e, addr))
		return 0;
	int64_t line = p->line_bytes, step = e->stride;
	if (step > -line && step < line)
		step = step < 0 ? -line : line;
	uint32_t n = 0;
	for (uint32_t d = 1; d <= p->degree; d++) {
		uint64_t next = addr + (uint64_t)(step * (int64_t)d);
		if (next / PV_PREFETCH_PAGE_BYTES != addr / PV_PREFETCH_PAGE_BYTES)
			break;
		addrs[n++] = next;
	}
	return n;
}
