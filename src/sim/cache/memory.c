/*
 * memory.c - an access's way through the levels of cache and memory, and back
 *
 *   hit in L1     at + hit
 *   hit in L2     at + L1 tag + crossbar + L2 hit + crossbar + L1 response
 *   memory        at + L1 tag + crossbar + L2 tag + memory crossbar + DRAM + memory crossbar + L2 response + crossbar + L1 response
 *
 * An L3 adds a crossbar, its tags and its response to the last, as L2 does. Each level's MSHR is held from the miss until its line
 * arrives.
 *
 * Crossbars pass requests to each level, to each DRAM channel, and replies to each cache one after the other: a packet holds its layer for
 * a cycle, and as many more as its data need. The words of a line that were not asked for first come that much later.
 *
 * Victims wait in a write buffer, from the arrival of the line that pushed them out until the crossbar and the level below take them: dirty
 * ones, and clean ones where the cache says so, with their data, other clean ones as a message. A mostly exclusive cache takes lines only
 * from above: a line that is read from it leaves it, and a line that comes from below passes it by.
 *
 * A store's miss asks for the line's data and for its ownership. While the request has not left the L1D, younger stores may join it; once
 * they cover the line, only ownership is asked for: the crossbar above memory gives it, and no level below keeps a copy.
 *
 * Prefetches go out behind the access that made them, as far as MSHRs are free; instruction lines train the L1I's prefetcher only, and a
 * line that a cache above holds is not prefetched into one below.
 *
 * Accesses change the tags in the order they are made (program order), whatever their times: an access that in a pipeline would come
 * before another with a line conflict may come after it here.
 *
 * Reference: the delays of each step are those of gem5's classic caches and coherent crossbars (src/mem/cache/base.cc, coherent_xbar.cc).
 */
#include "sim/cache/memory.h"

#include <string.h>

/* Cycles that the data of a line hold a crossbar of so many bytes. */
static uint32_t packet_cycles(uint32_t line_bytes, uint32_t bus_bytes)
{
	return bus_bytes == 0 ? 0 : (line_bytes + bus_bytes - 1) / bus_bytes;
}

static enum pv_status make_lanes(struct cache_memory *m, struct pv_error *err)
{
	bool made = true;
	for (unsigned i = 0; i < m->n_lower; i++)
		made = made && cache_lane_init(&m->requests[i]);
	for (unsigned i = 0; i < CACHE_N_PORTS; i++)
		made = made && cache_lane_init(&m->replies[i]);
	for (unsigned i = 0; i < m->config.dram.n_channels; i++)
		made = made && cache_lane_init(&m->memory_requests[i]);
	FAIL_IF(!made, err, PV_ERR_NOMEM, "no memory for crossbars");
	return PV_OK;
}

enum pv_status cache_memory_init(struct cache_memory *memory, const struct cache_memory_config *config, struct pv_error *err)
{
	const struct cache_memory_config *c = config;
	memset(memory, 0, sizeof *memory);
	memory->config = *config;
	FAIL_IF(c->dram.n_channels > CACHE_MEMORY_MAX_CHANNELS, err, PV_ERR_RANGE, "memory: %u channels, at most %d are possible",
	        c->dram.n_channels, CACHE_MEMORY_MAX_CHANNELS);
	TRY(cache_init(&memory->l1i, &c->l1i, err));
	TRY(cache_init(&memory->l1d, &c->l1d, err));
	if (c->has_l2)
		TRY(cache_init(&memory->lower[memory->n_lower++], &c->l2, err));
	if (c->has_l3)
		TRY(cache_init(&memory->lower[memory->n_lower++], &c->l3, err));
	memory->packet_cycles = packet_cycles(c->l1d.line_bytes, c->bus_bytes);
	memory->memory_packet_cycles = packet_cycles(c->l1d.line_bytes, c->memory_bus_bytes);
	TRY(make_lanes(memory, err));
	TRY(cache_tlbs_init(&memory->tlbs, &c->tlb, err));
	return dram_new(&c->dram, &memory->dram, err);
}

void cache_memory_release(struct cache_memory *memory)
{
	cache_release(&memory->l1i);
	cache_release(&memory->l1d);
	for (unsigned i = 0; i < CACHE_MEMORY_LEVELS; i++) {
		cache_release(&memory->lower[i]);
		cache_lane_release(&memory->requests[i]);
	}
	for (unsigned i = 0; i < CACHE_N_PORTS; i++)
		cache_lane_release(&memory->replies[i]);
	for (unsigned i = 0; i < CACHE_MEMORY_MAX_CHANNELS; i++)
		cache_lane_release(&memory->memory_requests[i]);
	cache_tlbs_release(&memory->tlbs);
	dram_free(memory->dram);
	memory->dram = NULL;
}

const struct cache *cache_memory_l2(const struct cache_memory *memory)
{
	return memory->config.has_l2 ? &memory->lower[0] : NULL;
}

const struct cache *cache_memory_l3(const struct cache_memory *memory)
{
	return memory->config.has_l3 ? &memory->lower[memory->n_lower - 1] : NULL;
}

/* ---- the memory crossbar and DRAM -------------------------------------------------------------------------------------------------- */

static uint64_t to_edge(uint64_t at_ps, uint32_t period_ps)
{
	return (at_ps + period_ps - 1) / period_ps;
}

/* Cycle of the memory crossbar at which it takes a packet for a line's channel, sent at core cycle `at`. */
static uint64_t enter_memory_bus(struct cache_memory *m, uint64_t addr, uint64_t at, uint32_t n_data)
{
	const struct cache_memory_config *c = &m->config;
	struct cache_lane *lane = &m->memory_requests[dram_channel(m->dram, addr)];
	return cache_lane_take(lane, to_edge(at * c->period_ps, c->memory_period_ps), 1 + n_data);
}

/* Core cycle at which a line asked for at core cycle `at` has come over the memory crossbar. */
static uint64_t from_dram(struct cache_memory *m, enum cache_memory_port port, uint64_t line, uint64_t at, bool write)
{
	const struct cache_memory_config *c = &m->config;
	uint64_t addr = line << m->l1d.line_shift;
	m->path.memory_at = enter_memory_bus(m, addr, at, 0);
	if (m->n_lower == 0)
		m->path.leaves_at = at;
	uint64_t request = m->path.memory_at * c->memory_period_ps + c->memory_request_ps;
	uint64_t data = dram_read(m->dram, addr, c->l1d.line_bytes, request);
	uint64_t edge = cache_lane_find(&m->replies[port], to_edge(data, c->memory_period_ps), 1 + m->memory_packet_cycles);
	if (!write) /* a store's may not come: then its turn is taken when it is known that it does */
		cache_lane_mark(&m->replies[port], edge, 1 + m->memory_packet_cycles);
	m->path.reply_at[m->n_lower] = edge;
	return to_edge(edge * c->memory_period_ps + c->memory_reply_ps, c->period_ps);
}

/* A line on its way to memory; returns the core cycle at which the crossbar and the controller took it. */
static uint64_t to_dram(struct cache_memory *m, uint64_t line, uint64_t at, bool with_data)
{
	const struct cache_memory_config *c = &m->config;
	uint64_t addr = line << m->l1d.line_shift;
	uint64_t edge = enter_memory_bus(m, addr, at, with_data ? m->memory_packet_cycles : 0) * c->memory_period_ps;
	if (with_data)
		edge = dram_write(m->dram, addr, c->l1d.line_bytes, edge + c->memory_request_ps) - c->memory_request_ps;
	return to_edge(edge, c->period_ps);
}

/* ---- victims ----------------------------------------------------------------------------------------------------------------------- */

/* A line pushed out of a cache at a cycle goes to lower[level], or to memory below the last; so does what it pushes out there. */
static void push_down(struct cache_memory *m, struct cache *from, unsigned level, const struct cache_line *victim, uint64_t at)
{
	for (struct cache_line line = *victim, next; line.tag != 0; line = next) {
		next.tag = 0;
		bool with_data = line.dirty || from->config.writeback_clean;
		uint64_t send = at + from->config.tag_cycles, sent;
		if (level >= m->n_lower) {
			sent = to_dram(m, line.tag - 1, send, with_data);
		} else {
			struct cache *to = &m->lower[level];
			sent = cache_accept_at(to, cache_lane_take(&m->requests[level], send, 1 + (with_data ? m->packet_cycles : 0)));
			struct cache_line *below = with_data ? cache_find(to, line.tag - 1) : NULL;
			if (with_data && below == NULL) {
				below = cache_insert(to, line.tag - 1, &next);
				below->ready_at = sent + m->config.request_cycles;
			}
			if (below != NULL)
				below->dirty |= line.dirty;
		}
		cache_take_write_buffer(from, at, sent + 1);
		if (level < m->n_lower)
			from = &m->lower[level++];
		at = sent + m->config.request_cycles;
	}
}

/* ---- misses ------------------------------------------------------------------------------------------------------------------------ */

/* Who asks: prefetchers learn from loads and stores, the L1I's from fetches. */
struct request {
	uint64_t pc, addr;
	bool data, write;
	uint32_t n_bytes; /* of a store */
	bool walk;        /* a descriptor, for a page walk: it has no copy above */
};

/* What a level below answers: when the line reaches the asking cache's port, from where, and whether its only copy is now above. */
struct below {
	uint64_t at;
	int8_t depth; /* 1 a cache, 2 memory */
	int8_t from;  /* 2 also where a line of a cache is in flight from memory */
	bool dirty;
};

static struct below ask(struct cache_memory *m, unsigned level, enum cache_memory_port port, uint64_t line, const struct request *r,
                        uint64_t at);

/* The line is there, or on its way: then the request is one more target of the MSHR that fetches it. */
static struct below lower_hit(struct cache *cache, struct cache_line *found, const struct request *r, uint64_t at)
{
	uint64_t hit = at + cache->config.hit_cycles;
	struct below answer = {.at = hit, .depth = 1, .from = 1};
	if (found->ready_at > hit)
		answer = (struct below){.at = cache_join(cache, found, at), .depth = 1, .from = found->from};
	if (cache->config.exclusive && !r->walk) {
		answer.dirty = found->dirty;
		cache_remove(cache, found);
	}
	return answer;
}

/* A line comes into lower[level] from below; it stays there unless the cache is exclusive and a cache above wants it. */
static struct below lower_miss(struct cache_memory *m, unsigned level, uint64_t line, const struct request *r, uint64_t at, bool prefetch)
{
	struct cache *cache = &m->lower[level];
	uint64_t start = cache_miss_at(cache, at);
	struct below answer = ask(m, level + 1, CACHE_PORT_LOWER + level, line, r, start + cache->config.tag_cycles);
	uint64_t arrival = m->path.arrival[level] = answer.at;
	cache_take_mshr(cache, start, arrival);
	answer.at = arrival + cache->config.response_cycles;
	if (cache->config.exclusive && !prefetch && !r->walk)
		return answer;
	struct cache_line victim, *new_line = cache_insert(cache, line, &victim);
	new_line->ready_at = answer.at;
	new_line->from = answer.from;
	new_line->n_targets = 1;
	new_line->dirty = answer.dirty;
	answer.dirty = false;
	push_down(m, cache, level + 1, &victim, arrival);
	return answer;
}

static bool is_held_above(const struct cache_memory *m, unsigned level, uint64_t line)
{
	if (cache_holds(&m->l1d, line) || cache_holds(&m->l1i, line))
		return true;
	for (unsigned i = 0; i < level; i++)
		if (cache_holds(&m->lower[i], line))
			return true;
	return false;
}

/* Sends the prefetches of a shared level that were wished for, and could go, before an access at a cycle. */
static void prefetch_lower(struct cache_memory *m, unsigned level, uint64_t until)
{
	struct cache *cache = &m->lower[level];
	const struct cache_prefetch_wish *wish;
	while ((wish = cache_prefetch_first(&cache->prefetcher)) != NULL) {
		uint64_t line = wish->addr >> cache->line_shift, at = cache_prefetch_at(cache, wish->ready_at);
		if (at > until)
			return;
		struct request r = {.pc = wish->pc, .addr = wish->addr, .data = true};
		cache_prefetch_drop_first(&cache->prefetcher);
		if (cache_holds(cache, line) || is_held_above(m, level, line))
			continue;
		cache->n_prefetches++;
		lower_miss(m, level, line, &r, at, true);
	}
}

/* A line that has not arrived yet: for a prefetcher an access to it is a miss too. */
static bool is_in_flight(const struct cache *cache, const struct cache_line *line, uint64_t at)
{
	return line->ready_at > at + cache->config.response_cycles;
}

/* Learns from an access, and queues what it wants next. */
static void train(struct cache *cache, const struct request *r, bool miss, uint64_t at)
{
	struct cache_prefetch_unit *p = &cache->prefetcher;
	uint64_t addrs[CACHE_PREFETCH_MAX_DEGREE];
	if (!miss && !p->on_access)
		return;
	cache_prefetch_forget(p, r->addr);
	uint32_t n = cache_prefetch_step(p, r->pc, r->addr, addrs);
	for (uint32_t i = 0; i < n; i++)
		if (!cache_holds(cache, addrs[i] >> cache->line_shift))
			cache_prefetch_wish(p, r->pc, addrs[i], at + 1);
}

/* A request for a line goes down from a port at a cycle, to lower[level] or, below the last, to memory; and the line comes up. */
static struct below ask(struct cache_memory *m, unsigned level, enum cache_memory_port port, uint64_t line, const struct request *r,
                        uint64_t at)
{
	if (level >= m->n_lower)
		return (struct below){.at = from_dram(m, port, line, at, r->write), .depth = 2, .from = 2};
	struct cache *cache = &m->lower[level];
	at = cache_accept_at(cache, cache_lane_take(&m->requests[level], at, 1));
	uint64_t leaves_at = at;
	at += m->config.request_cycles;
	bool prefetches = cache->prefetcher.kind != CACHE_PREFETCH_OFF;
	if (prefetches)
		prefetch_lower(m, level, at);
	cache->n_accesses++;
	struct cache_line *found = cache_find(cache, line);
	bool missed = found == NULL || is_in_flight(cache, found, at);
	struct below answer;
	if (found != NULL) {
		answer = lower_hit(cache, found, r, at);
	} else {
		cache->n_misses++;
		answer = lower_miss(m, level, line, r, at, false);
	}
	m->path.asked_at[level] = at;
	if (prefetches && r->data && !(r->write && answer.depth == 2)) /* a store's: when it is known what it asks for */
		train(cache, r, missed, at);
	m->path.reply_at[level] = cache_lane_find(&m->replies[port], answer.at, 1 + m->packet_cycles);
	if (!r->write || answer.depth < 2)
		cache_lane_mark(&m->replies[port], m->path.reply_at[level], 1 + m->packet_cycles);
	m->path.leaves_at = leaves_at;
	answer.at = m->path.reply_at[level] + m->config.reply_cycles;
	return answer;
}

/* ---- level 1 ----------------------------------------------------------------------------------------------------------------------- */

static struct cache_access l1_hit(const struct cache_memory *m, struct cache *l1, struct cache_line *found, uint8_t first, uint64_t at)
{
	uint64_t hit = at + l1->config.hit_cycles;
	if (found->ready_at <= hit)
		return (struct cache_access){.sent_at = at, .ready_at = hit};
	uint64_t ready = cache_join(l1, found, at);
	if (ready > found->ready_at)
		return (struct cache_access){.sent_at = found->ready_at, .ready_at = ready, .from = found->from};
	uint64_t behind = first == found->offset || found->offset == CACHE_NO_DATA ? 0 : m->packet_cycles;
	return (struct cache_access){.sent_at = at, .ready_at = ready + behind, .from = found->from};
}

/* The byte of its line that comes first; of instructions the whole line is wanted. */
static uint8_t first_byte(const struct cache *cache, const struct request *r)
{
	return (uint8_t)(r->data ? r->addr & (cache->config.line_bytes - 1) : 0);
}

static uint64_t bytes_of(const struct cache *l1, const struct request *r)
{
	uint32_t first = (uint32_t)(r->addr & (l1->config.line_bytes - 1)), n = r->n_bytes > 0 ? r->n_bytes : 1;
	uint64_t mask = n >= 64 ? UINT64_MAX : (1ull << n) - 1;
	return mask << first; /* what is beyond the line's end belongs to the next one */
}

/* The crossbar's layer from lower[hop], or below the last from memory, up to the cache above it, for the L1D's data; and how long a line
 * takes. */
static struct cache_lane *reply_lane(struct cache_memory *m, unsigned hop, uint32_t *n_cycles)
{
	*n_cycles = 1 + (hop == m->n_lower ? m->memory_packet_cycles : m->packet_cycles);
	return &m->replies[hop == 0 ? CACHE_PORT_L1D : CACHE_PORT_LOWER + hop - 1];
}

/* The data of a line take their turns in the crossbars upwards, or give them back. */
static void take_turns(struct cache_memory *m, struct cache_line_write *w, bool take)
{
	for (unsigned hop = 0; hop <= m->n_lower; hop++) {
		uint32_t n_cycles;
		struct cache_lane *lane = reply_lane(m, hop, &n_cycles);
		if (take)
			cache_lane_mark(lane, w->path.reply_at[hop], n_cycles);
		else
			cache_lane_give_back(lane, w->path.reply_at[hop], n_cycles);
	}
	w->has_turns = take;
}

/* What became of the last line that a store missed. */
static bool was_covered(const struct cache_memory *m, uint64_t pc)
{
	return (m->covered_before >> (pc / 4 % 64) & 1) != 0;
}

static void note_covered(struct cache_memory *m, uint64_t pc, bool covered)
{
	uint64_t bit = 1ull << (pc / 4 % 64);
	m->covered_before = covered ? m->covered_before | bit : m->covered_before & ~bit;
}

/* The request of a line that a store missed has left for its data; prefetchers below learn of it. */
static void leave_for_data(struct cache_memory *m, struct cache_line_write *w)
{
	const struct cache_memory_config *c = &m->config;
	struct request r = {.pc = w->pc, .addr = w->addr, .data = true, .write = true};
	if (!w->has_dram)
		dram_read(m->dram, w->addr, c->l1d.line_bytes, w->path.memory_at * c->memory_period_ps + c->memory_request_ps);
	if (!w->has_turns)
		take_turns(m, w, true);
	w->undecided = false;
	note_covered(m, w->pc, false);
	m->n_undecided--;
	for (unsigned level = 0; level < m->n_lower; level++)
		if (m->lower[level].prefetcher.kind != CACHE_PREFETCH_OFF)
			train(&m->lower[level], &r, true, w->path.asked_at[level]);
}

static void leave_all_for_data(struct cache_memory *m, uint64_t at)
{
	for (unsigned i = 0; i < CACHE_LINE_WRITES; i++)
		if (m->writes[i].undecided && at >= m->writes[i].path.leaves_at)
			leave_for_data(m, &m->writes[i]);
}

/* A store's request went to memory; younger stores may cover the line before it leaves. */
static void open_line(struct cache_memory *m, const struct request *r, uint64_t line, uint64_t arrival)
{
	bool expected = was_covered(m, r->pc), has_dram = !(expected && dram_take_back(m->dram));
	struct cache_line_write *w = &m->writes[m->next_write];
	m->next_write = (m->next_write + 1) % CACHE_LINE_WRITES;
	struct cache_line_write before = *w;
	*w = (struct cache_line_write){.line = line + 1,
	                               .covered = bytes_of(&m->l1d, r),
	                               .arrival = arrival,
	                               .pc = r->pc,
	                               .addr = r->addr,
	                               .has_dram = has_dram,
	                               .undecided = true,
	                               .path = m->path};
	m->n_undecided++;
	if (!expected)
		take_turns(m, w, true);
	if (before.undecided)
		leave_for_data(m, &before);
}

/* When the answer would be in the L1D without data, as far as it is known when the request is made. */
static uint64_t owned_at(const struct cache_memory *m)
{
	const struct cache_memory_config *c = &m->config;
	uint64_t at = to_edge(m->path.memory_at * c->memory_period_ps + c->memory_request_ps, c->period_ps);
	for (unsigned i = 0; i < m->n_lower; i++)
		at += m->lower[i].config.response_cycles + c->reply_cycles;
	return at;
}

static struct cache_access l1_miss(struct cache_memory *m, struct cache *l1, uint64_t line, const struct request *r, uint64_t at)
{
	uint64_t start = cache_miss_at(l1, at);
	enum cache_memory_port port = l1 == &m->l1i ? CACHE_PORT_L1I : CACHE_PORT_L1D;
	if (r->write)
		dram_mark(m->dram, r->addr);
	struct below answer = ask(m, 0, port, line, r, start + l1->config.tag_cycles);
	uint64_t ready = answer.at + l1->config.response_cycles;
	cache_take_mshr(l1, start, answer.at);
	struct cache_line victim, *new_line = cache_insert(l1, line, &victim);
	*new_line = (struct cache_line){.tag = line + 1,
	                                .ready_at = ready,
	                                .n_targets = 1,
	                                .dirty = r->write || answer.dirty,
	                                .from = answer.from,
	                                .offset = first_byte(l1, r)};
	bool opens = r->write && answer.depth == 2, expected = opens && was_covered(m, r->pc);
	if (opens)
		open_line(m, r, line, answer.at);
	push_down(m, l1, 0, &victim, answer.at);
	struct cache_access access = {.sent_at = start, .ready_at = ready, .depth = answer.depth, .from = answer.from, .opens_line = opens};
	if (opens)
		access.owned_at = owned_at(m) + l1->config.response_cycles, access.expected = expected;
	return access;
}

/* The same for a level 1 cache, whose lines nobody above holds. */
static void prefetch_l1(struct cache_memory *m, struct cache *l1, bool data, uint64_t until)
{
	const struct cache_prefetch_wish *wish;
	while ((wish = cache_prefetch_first(&l1->prefetcher)) != NULL) {
		uint64_t line = wish->addr >> l1->line_shift, at = cache_prefetch_at(l1, wish->ready_at);
		if (at > until)
			return;
		struct request ahead = {.pc = wish->pc, .addr = wish->addr & ~(uint64_t)(l1->config.line_bytes - 1), .data = data};
		cache_prefetch_drop_first(&l1->prefetcher);
		if (cache_holds(l1, line))
			continue;
		l1->n_prefetches++;
		l1_miss(m, l1, line, &ahead, at);
	}
}

/* ---- lines written whole ----------------------------------------------------------------------------------------------------------- */

/* The crossbar above memory answers the request itself; returns when the answer is in the L1D. */
static uint64_t answer_without_data(struct cache_memory *m, const struct cache_line_write *w)
{
	const struct cache_memory_config *c = &m->config;
	const struct cache_memory_path *path = &w->path;
	uint64_t at = to_edge(path->memory_at * c->memory_period_ps + c->memory_request_ps, c->period_ps);
	for (unsigned hop = m->n_lower;; hop--) { /* from lower[hop], at first from memory, to the cache above */
		uint32_t n_cycles;
		struct cache_lane *lane = reply_lane(m, hop, &n_cycles);
		if (hop < m->n_lower)
			at = cache_lane_take(lane, at, 1) + c->reply_cycles;
		if (hop == 0)
			return at;
		struct cache *cache = &m->lower[hop - 1];
		cache_shorten_mshr(cache, path->arrival[hop - 1], at);
		struct cache_line *found = cache_find(cache, w->line - 1);
		if (found != NULL) /* it passes without a copy */
			cache_remove(cache, found);
		cache->n_misses--;
		at += cache->config.response_cycles;
	}
}

static struct cache_line_write *open_write(struct cache_memory *m, uint64_t tag)
{
	for (unsigned i = 0; i < CACHE_LINE_WRITES; i++)
		if (m->writes[i].line == tag)
			return &m->writes[i];
	return NULL;
}

/* An access to a line in flight: if it is the store that covers it, the line is there as soon as it is owned. */
static bool cover_line(struct cache_memory *m, struct cache_line *line, const struct request *r, uint64_t at)
{
	struct cache_line_write *w = open_write(m, line->tag);
	if (w == NULL || at >= w->path.leaves_at)
		return false;
	if (!r->write) { /* somebody wants its data */
		w->line = 0;
		return false;
	}
	w->covered |= bytes_of(&m->l1d, r);
	if (~w->covered != 0)
		return false;
	if (w->has_dram && w == &m->writes[(m->next_write + CACHE_LINE_WRITES - 1) % CACHE_LINE_WRITES])
		dram_take_back(m->dram); /* as far as nobody had to wait for it */
	if (w->has_turns)
		take_turns(m, w, false);
	uint64_t owned_at = answer_without_data(m, w);
	if (owned_at < w->arrival) {
		cache_shorten_mshr(&m->l1d, w->arrival, owned_at);
		line->ready_at = owned_at + m->l1d.config.response_cycles;
		line->offset = CACHE_NO_DATA;
	}
	w->line = 0;
	m->n_undecided -= w->undecided;
	w->undecided = false;
	note_covered(m, w->pc, true);
	return true;
}

static struct cache_access l1_access(struct cache_memory *m, struct cache *l1, const struct request *r, uint64_t at)
{
	uint64_t line = r->addr >> l1->line_shift;
	bool prefetches = l1->prefetcher.kind != CACHE_PREFETCH_OFF;
	at = cache_accept_at(l1, at);
	if (m->n_undecided > 0)
		leave_all_for_data(m, at);
	if (prefetches)
		prefetch_l1(m, l1, r->data, at);
	l1->n_accesses++;
	struct cache_line *found = cache_find(l1, line);
	bool missed = found == NULL || is_in_flight(l1, found, at);
	struct cache_access access;
	if (found != NULL) {
		found->dirty |= r->write;
		access = l1_hit(m, l1, found, first_byte(l1, r), at);
		if (found->ready_at > at && cover_line(m, found, r, at)) {
			access.covers_line = true;
			access.ready_at = found->ready_at;
		}
	} else {
		l1->n_misses++;
		access = l1_miss(m, l1, line, r, at);
	}
	if (prefetches)
		train(l1, r, missed, access.sent_at);
	return access;
}

uint64_t cache_memory_read_descriptor(struct cache_memory *memory, uint64_t addr, uint64_t at)
{
	return ask(memory, 0, CACHE_PORT_WALKER, addr >> memory->l1d.line_shift, &(struct request){.addr = addr, .walk = true}, at).at;
}

struct cache_access cache_memory_fetch(struct cache_memory *memory, uint64_t addr, uint64_t at)
{
	if (memory->config.tlb.present)
		at = cache_memory_walk(memory, false, addr, at);
	return l1_access(memory, &memory->l1i, &(struct request){.pc = addr, .addr = addr}, at);
}

struct cache_access cache_memory_load(struct cache_memory *memory, uint64_t pc, uint64_t addr, uint64_t at)
{
	at = cache_memory_translate(memory, addr, at);
	return l1_access(memory, &memory->l1d, &(struct request){.pc = pc, .addr = addr, .data = true}, at);
}

struct cache_access cache_memory_store(struct cache_memory *memory, uint64_t pc, uint64_t addr, uint32_t n_bytes, uint64_t at)
{
	struct request store = {.pc = pc, .addr = addr, .data = true, .write = true, .n_bytes = n_bytes};
	return l1_access(memory, &memory->l1d, &store, at);
}
