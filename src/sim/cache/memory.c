/*
 * memory.c - an access's way through L1, L2 and memory, and back
 *
 *   hit in L1     at + hit
 *   hit in L2     at + L1 tag + crossbar + L2 hit + crossbar + L1 response
 *   memory        at + L1 tag + crossbar + L2 tag + memory crossbar + DRAM + memory crossbar + L2 response + crossbar + L1 response
 *
 * Each level's MSHR is held from the miss until its line arrives. Victims: dirty ones, and clean ones where the cache says so, move one
 * level down (posted: nobody waits for them; write buffers never fill). A mostly exclusive L2 takes lines only from above: a line that is
 * read from it leaves it, and a line that comes from memory passes it by.
 *
 * Stride prefetchers of L1D and L2 bring lines in behind the access that made them, as far as MSHRs are free; instruction lines do not
 * train them, and a line that a cache above holds is not prefetched into L2.
 *
 * Accesses change the tags in the order they are made (program order), whatever their times: an access that in a pipeline would come
 * before another with a line conflict may come after it here.
 */
#include "sim/cache/memory.h"

#include <string.h>

enum pv_status pv_memory_init(struct pv_memory *memory, const struct pv_memory_config *config, struct pv_error *err)
{
	memset(memory, 0, sizeof *memory);
	memory->config = *config;
	PV_TRY(pv_cache_init(&memory->l1i, &config->l1i, err));
	PV_TRY(pv_cache_init(&memory->l1d, &config->l1d, err));
	if (config->has_l2)
		PV_TRY(pv_cache_init(&memory->l2, &config->l2, err));
	return pv_dram_new(&config->dram, &memory->dram, err);
}

void pv_memory_release(struct pv_memory *memory)
{
	pv_cache_release(&memory->l1i);
	pv_cache_release(&memory->l1d);
	pv_cache_release(&memory->l2);
	pv_dram_free(memory->dram);
	memory->dram = NULL;
}

/* Cycle at which a line asked for at cycle `at` has come over the memory crossbar to the lowest cache. */
static uint64_t from_dram(struct pv_memory *m, uint64_t line, uint64_t at)
{
	const struct pv_memory_config *c = &m->config;
	uint64_t request = at * c->period_ps + c->memory_request_ps;
	uint64_t data = pv_dram_read(m->dram, line << m->l1d.line_shift, c->l1d.line_bytes, request);
	uint64_t edge = (data + c->memory_period_ps - 1) / c->memory_period_ps * c->memory_period_ps + c->memory_reply_ps;
	return (edge + c->period_ps - 1) / c->period_ps;
}

static void to_dram(struct pv_memory *m, uint64_t line, uint64_t at)
{
	pv_dram_write(m->dram, line << m->l1d.line_shift, m->config.l1d.line_bytes, at * m->config.period_ps);
}

/* A line pushed out of L1: to L2, and what it pushes out there to memory. */
static void write_back(struct pv_memory *m, const struct pv_cache *from, const struct pv_cache_line *victim, uint64_t at)
{
	if (victim->tag == 0 || (!victim->dirty && !from->config.writeback_clean))
		return;
	uint64_t line = victim->tag - 1;
	if (!m->config.has_l2) {
		if (victim->dirty)
			to_dram(m, line, at);
		return;
	}
	struct pv_cache_line *below = pv_cache_find(&m->l2, line), lower = {0};
	if (below == NULL) {
		below = pv_cache_insert(&m->l2, line, &lower);
		below->ready_at = at;
	}
	below->dirty |= victim->dirty;
	if (lower.tag != 0 && lower.dirty)
		to_dram(m, lower.tag - 1, at);
}

/* What the levels below L1 answer: when the line reaches L1's port, from where, and whether its only copy is now above. */
struct below {
	uint64_t at;
	int8_t depth;
	int8_t from; /* 2 also where a line of L2 is in flight from memory */
	bool dirty;
};

static struct below l2_hit(struct pv_memory *m, struct pv_cache_line *found, uint64_t at)
{
	uint64_t hit = at + m->l2.config.hit_cycles;
	struct below answer = {.at = hit > found->ready_at ? hit : found->ready_at, .depth = 1};
	answer.from = hit > found->ready_at ? 1 : 2;
	if (m->l2.config.exclusive) {
		answer.dirty = found->dirty;
		pv_cache_remove(&m->l2, found);
	}
	return answer;
}

static struct below l2_miss(struct pv_memory *m, uint64_t line, uint64_t at)
{
	struct pv_cache *l2 = &m->l2;
	uint64_t start = pv_cache_miss_at(l2, at);
	uint64_t arrival = from_dram(m, line, start + l2->config.tag_cycles);
	pv_cache_take_mshr(l2, start, arrival);
	l2->n_misses++;
	uint64_t ready = arrival + l2->config.response_cycles;
	if (!l2->config.exclusive) {
		struct pv_cache_line victim, *new_line = pv_cache_insert(l2, line, &victim);
		new_line->ready_at = ready;
		if (victim.tag != 0 && victim.dirty)
			to_dram(m, victim.tag - 1, arrival);
	}
	return (struct below){.at = ready, .depth = 2, .from = 2};
}

/* Who asks: prefetchers learn from loads and stores. */
struct request {
	uint64_t pc, addr;
	bool data, write;
};

static void prefetch_into_l2(struct pv_memory *m, uint64_t line, uint64_t at)
{
	struct pv_cache *l2 = &m->l2;
	if (pv_cache_holds(l2, line) || pv_cache_holds(&m->l1d, line) || pv_cache_holds(&m->l1i, line))
		return;
	if (!pv_cache_can_prefetch_at(l2, at))
		return;
	uint64_t arrival = from_dram(m, line, at + l2->config.tag_cycles);
	pv_cache_take_mshr(l2, at, arrival);
	struct pv_cache_line victim, *new_line = pv_cache_insert(l2, line, &victim);
	new_line->ready_at = arrival + l2->config.response_cycles;
	l2->n_prefetches++;
	if (victim.tag != 0 && victim.dirty)
		to_dram(m, victim.tag - 1, arrival);
}

static void train_l2(struct pv_memory *m, const struct request *r, bool miss, uint64_t at)
{
	struct pv_stride_prefetcher *p = &m->l2.prefetcher;
	uint64_t addrs[PV_PREFETCH_MAX_DEGREE];
	if (p->degree == 0 || !r->data || (!miss && !p->on_access))
		return;
	uint32_t n = pv_stride_prefetcher_step(p, r->pc, r->addr, addrs);
	for (uint32_t i = 0; i < n; i++)
		prefetch_into_l2(m, addrs[i] >> m->l2.line_shift, at + 1 + i);
}

static struct below from_below(struct pv_memory *m, uint64_t line, const struct request *r, uint64_t at)
{
	const struct pv_memory_config *c = &m->config;
	if (!c->has_l2)
		return (struct below){.at = from_dram(m, line, at), .depth = 2, .from = 2};
	at = pv_cache_accept_at(&m->l2, at + c->request_cycles);
	m->l2.n_accesses++;
	struct pv_cache_line *found = pv_cache_find(&m->l2, line);
	struct below answer = found != NULL ? l2_hit(m, found, at) : l2_miss(m, line, at);
	train_l2(m, r, answer.depth == 2, at);
	answer.at += c->reply_cycles;
	return answer;
}

static struct pv_access l1_hit(struct pv_cache *l1, struct pv_cache_line *found, uint64_t at)
{
	uint64_t hit = at + l1->config.hit_cycles;
	if (found->ready_at <= hit)
		return (struct pv_access){.sent_at = at, .ready_at = hit};
	if (++found->n_targets > l1->config.n_targets_per_mshr) /* no place to wait: again when the line is here */
		return (struct pv_access){
		    .sent_at = found->ready_at, .ready_at = found->ready_at + l1->config.hit_cycles, .from = found->from};
	if (found->n_targets == l1->config.n_targets_per_mshr) /* the MSHR is full: nothing is accepted until the line is here */
		pv_cache_block(l1, at + 1, found->ready_at - l1->config.response_cycles);
	return (struct pv_access){.sent_at = at, .ready_at = found->ready_at, .from = found->from};
}

static struct pv_access l1_miss(struct pv_memory *m, struct pv_cache *l1, uint64_t line, const struct request *r, uint64_t at)
{
	uint64_t start = pv_cache_miss_at(l1, at);
	struct below answer = from_below(m, line, r, start + l1->config.tag_cycles);
	uint64_t ready = answer.at + l1->config.response_cycles;
	pv_cache_take_mshr(l1, start, answer.at);
	struct pv_cache_line victim, *new_line = pv_cache_insert(l1, line, &victim);
	*new_line = (struct pv_cache_line){
	    .tag = line + 1, .ready_at = ready, .n_targets = 1, .dirty = r->write || answer.dirty, .from = answer.from};
	write_back(m, l1, &victim, answer.at);
	return (struct pv_access){.sent_at = start, .ready_at = ready, .depth = answer.depth, .from = answer.from};
}

static void train_l1(struct pv_memory *m, struct pv_cache *l1, const struct request *r, bool miss, uint64_t at)
{
	struct pv_stride_prefetcher *p = &l1->prefetcher;
	uint64_t addrs[PV_PREFETCH_MAX_DEGREE];
	if (p->degree == 0 || !r->data || (!miss && !p->on_access))
		return;
	uint32_t n = pv_stride_prefetcher_step(p, r->pc, r->addr, addrs);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t line = addrs[i] >> l1->line_shift;
		struct request ahead = {.pc = r->pc, .addr = addrs[i], .data = true};
		if (pv_cache_holds(l1, line) || !pv_cache_can_prefetch_at(l1, at + 1 + i))
			continue;
		l1->n_prefetches++;
		l1_miss(m, l1, line, &ahead, at + 1 + i);
	}
}

static struct pv_access l1_access(struct pv_memory *m, struct pv_cache *l1, const struct request *r, uint64_t at)
{
	uint64_t line = r->addr >> l1->line_shift;
	at = pv_cache_accept_at(l1, at);
	l1->n_accesses++;
	struct pv_cache_line *found = pv_cache_find(l1, line);
	struct pv_access access;
	if (found != NULL) {
		found->dirty |= r->write;
		access = l1_hit(l1, found, at);
	} else {
		l1->n_misses++;
		access = l1_miss(m, l1, line, r, at);
	}
	train_l1(m, l1, r, found == NULL, access.sent_at);
	return access;
}

struct pv_access pv_memory_fetch(struct pv_memory *memory, uint64_t addr, uint64_t at)
{
	return l1_access(memory, &memory->l1i, &(struct request){.pc = addr, .addr = addr}, at);
}

struct pv_access pv_memory_load(struct pv_memory *memory, uint64_t pc, uint64_t addr, uint64_t at)
{
	return l1_access(memory, &memory->l1d, &(struct request){.pc = pc, .addr = addr, .data = true}, at);
}

struct pv_access pv_memory_store(struct pv_memory *memory, uint64_t pc, uint64_t addr, uint64_t at)
{
	return l1_access(memory, &memory->l1d, &(struct request){.pc = pc, .addr = addr, .data = true, .write = true}, at);
}
