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
 * Lines that stores write whole: line_write.c.
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
static uint32_t line_cycles(int32_t bus_bytes)
{
	return bus_bytes <= 0 ? 0 : (uint32_t)((UARCH_LINE_BYTES + bus_bytes - 1) / bus_bytes);
}

static struct cache_crossbars make_crossbars(const struct pv_uarch *u)
{
	const struct uarch_bus *bus = &u->bus;
	int32_t memory_request_cycles = bus->memory_frontend_cycles + bus->memory_snoop_cycles + bus->memory_forward_cycles;
	return (struct cache_crossbars){
	    .period_ps = u->core.period_ps,
	    .request_cycles = bus->l2_frontend_cycles + bus->l2_forward_cycles,
	    .reply_cycles = bus->l2_response_cycles,
	    .line_cycles = line_cycles(bus->l2_width_bytes),
	    .memory_period_ps = bus->memory_period_ps,
	    .memory_request_ps = memory_request_cycles * bus->memory_period_ps,
	    .memory_reply_ps = bus->memory_response_cycles * bus->memory_period_ps,
	    .memory_line_bus_cycles = line_cycles(bus->memory_width_bytes),
	};
}

static enum pv_status make_lanes(struct cache_memory *m, int32_t n_channels, struct pv_error *err)
{
	bool made = true;
	for (unsigned i = 0; i < m->n_lower; i++)
		made = made && cache_lane_init(&m->requests[i]);
	for (unsigned i = 0; i < CACHE_N_PORTS; i++)
		made = made && cache_lane_init(&m->replies[i]);
	for (int32_t i = 0; i < n_channels; i++)
		made = made && cache_lane_init(&m->memory_requests[i]);
	FAIL_IF(!made, err, PV_ERR_NOMEM, "no memory for crossbars");
	return PV_OK;
}

static enum pv_status make_caches(struct cache_memory *m, const struct pv_uarch *u, struct pv_error *err)
{
	m->has_l2 = u->l2.present != 0;
	m->has_l3 = u->l3.present != 0;
	TRY(cache_init(&m->l1i, "l1i", &u->l1i, UARCH_LINE_BYTES, err));
	TRY(cache_init(&m->l1d, "l1d", &u->l1d, UARCH_LINE_BYTES, err));
	if (m->has_l2)
		TRY(cache_init(&m->lower[m->n_lower++], "l2", &u->l2, UARCH_LINE_BYTES, err));
	if (m->has_l3)
		TRY(cache_init(&m->lower[m->n_lower++], "l3", &u->l3, UARCH_LINE_BYTES, err));
	return PV_OK;
}

enum pv_status cache_memory_init(struct cache_memory *memory, const struct pv_uarch *uarch, const struct uarch_dram *dram,
                                 struct pv_error *err)
{
	memset(memory, 0, sizeof *memory);
	memory->crossbars = make_crossbars(uarch);
	FAIL_IF(uarch->memory.n_channels > CACHE_MAX_CHANNELS, err, PV_ERR_RANGE, "memory: %d channels, at most %d are possible",
	        uarch->memory.n_channels, CACHE_MAX_CHANNELS);
	TRY(make_caches(memory, uarch, err));
	TRY(make_lanes(memory, uarch->memory.n_channels, err));
	TRY(cache_tlbs_init(&memory->tlbs, &uarch->tlb, err));
	return dram_new(&uarch->memory, dram, &memory->dram, err);
}

void cache_memory_release(struct cache_memory *memory)
{
	cache_release(&memory->l1i);
	cache_release(&memory->l1d);
	for (unsigned i = 0; i < CACHE_MAX_LOWER; i++) {
		cache_release(&memory->lower[i]);
		cache_lane_release(&memory->requests[i]);
	}
	for (unsigned i = 0; i < CACHE_N_PORTS; i++)
		cache_lane_release(&memory->replies[i]);
	for (unsigned i = 0; i < CACHE_MAX_CHANNELS; i++)
		cache_lane_release(&memory->memory_requests[i]);
	cache_tlbs_release(&memory->tlbs);
	dram_free(memory->dram);
	memory->dram = NULL;
}

const struct cache *cache_memory_l2(const struct cache_memory *memory)
{
	return memory->has_l2 ? &memory->lower[0] : NULL;
}

const struct cache *cache_memory_l3(const struct cache_memory *memory)
{
	return memory->has_l3 ? &memory->lower[memory->n_lower - 1] : NULL;
}

/* ---- the memory crossbar and DRAM -------------------------------------------------------------------------------------------------- */

/* What a request below level 1 gets: when the line reaches the asking cache's port, from where, and whether its only copy is now above. */
struct reply {
	uint64_t at;
	int8_t depth; /* 1 a cache, 2 memory */
	int8_t from;  /* 2 also where a line of a cache is in flight from memory */
	bool dirty;
	struct cache_path path; /* complete where depth is 2 */
};

/* Cycle of the memory crossbar at which it takes a packet for a line's channel, sent at core cycle `at`. */
static uint64_t enter_memory_bus(struct cache_memory *m, uint64_t addr, uint64_t at, uint32_t n_data)
{
	const struct cache_crossbars *c = &m->crossbars;
	struct cache_lane *lane = &m->memory_requests[dram_channel_of(m->dram, addr)];
	return cache_lane_take(lane, cache_to_edge(at * c->period_ps, c->memory_period_ps), 1 + n_data);
}

/* A request for a line goes from a port to memory at a core cycle, and the line comes over the memory crossbar. */
static struct reply read_dram(struct cache_memory *m, enum cache_memory_port port, uint64_t line, uint64_t at, bool write)
{
	const struct cache_crossbars *c = &m->crossbars;
	uint64_t addr = line << m->l1d.line_shift, memory_at = enter_memory_bus(m, addr, at, 0);
	uint64_t data_ps = dram_read(m->dram, addr, UARCH_LINE_BYTES, memory_at * c->memory_period_ps + c->memory_request_ps);
	uint32_t n_cycles = 1 + c->memory_line_bus_cycles;
	uint64_t edge = cache_lane_find(&m->replies[port], cache_to_edge(data_ps, c->memory_period_ps), n_cycles);
	if (!write) /* a store's may not come: line_write.c takes its place if it does */
		cache_lane_mark(&m->replies[port], edge, n_cycles);
	struct reply reply = {.depth = 2, .from = 2};
	reply.at = cache_to_edge(edge * c->memory_period_ps + c->memory_reply_ps, c->period_ps);
	reply.path.leaves_at = at; /* unless a cache is on its way */
	reply.path.memory_at = memory_at;
	reply.path.reply_at[m->n_lower] = edge;
	return reply;
}

/* A line on its way to memory; returns the core cycle at which the crossbar and the controller took it. */
static uint64_t write_dram(struct cache_memory *m, uint64_t line, uint64_t at, bool with_data)
{
	const struct cache_crossbars *c = &m->crossbars;
	uint64_t addr = line << m->l1d.line_shift;
	uint64_t edge = enter_memory_bus(m, addr, at, with_data ? m->crossbars.memory_line_bus_cycles : 0) * c->memory_period_ps;
	if (with_data)
		edge = dram_write(m->dram, addr, UARCH_LINE_BYTES, edge + c->memory_request_ps) - c->memory_request_ps;
	return cache_to_edge(edge, c->period_ps);
}

/* ---- victims ----------------------------------------------------------------------------------------------------------------------- */

/* A line pushed out of a cache at a cycle goes to lower[level], or to memory below the last; so does what it pushes out there. */
static void push_down(struct cache_memory *m, struct cache *from, unsigned level, const struct cache_line *victim, uint64_t at)
{
	for (struct cache_line line = *victim, next; line.tag != 0; line = next) {
		next.tag = 0;
		bool with_data = line.dirty || from->params.writeback_clean != 0;
		uint64_t send = at + from->params.tag_latency_cycles, sent;
		if (level >= m->n_lower) {
			sent = write_dram(m, line.tag - 1, send, with_data);
		} else {
			struct cache *to = &m->lower[level];
			sent =
			    cache_accept_at(to, cache_lane_take(&m->requests[level], send, 1 + (with_data ? m->crossbars.line_cycles : 0)));
			struct cache_line *below = with_data ? cache_find(to, line.tag - 1) : NULL;
			if (with_data && below == NULL) {
				below = cache_insert(to, line.tag - 1, &next);
				below->ready_at = sent + m->crossbars.request_cycles;
			}
			if (below != NULL)
				below->dirty |= line.dirty;
		}
		cache_take_write_buffer(from, at, sent + 1);
		if (level < m->n_lower)
			from = &m->lower[level++];
		at = sent + m->crossbars.request_cycles;
	}
}

/* ---- misses ------------------------------------------------------------------------------------------------------------------------ */

static struct reply request_line(struct cache_memory *m, unsigned level, enum cache_memory_port port, uint64_t line,
                                 const struct cache_request *r, uint64_t at);

/* The line is there, or on its way: then the request is one more target of the MSHR that fetches it. */
static struct reply lower_hit(struct cache *cache, struct cache_line *found, const struct cache_request *r, uint64_t at)
{
	uint64_t hit = at + cache->hit_cycles;
	struct reply reply = {.at = hit, .depth = 1, .from = 1};
	if (found->ready_at > hit)
		reply = (struct reply){.at = cache_join(cache, found, at), .depth = 1, .from = found->from};
	if (cache_is_exclusive(cache) && !r->walk) {
		reply.dirty = found->dirty;
		cache_remove(cache, found);
	}
	return reply;
}

/* A line comes into lower[level] from below; it stays there unless the cache is exclusive and a cache above wants it. */
static struct reply lower_miss(struct cache_memory *m, unsigned level, uint64_t line, const struct cache_request *r, uint64_t at,
                               bool prefetch)
{
	struct cache *cache = &m->lower[level];
	uint64_t start = cache_miss_at(cache, at);
	struct reply reply = request_line(m, level + 1, CACHE_PORT_LOWER + level, line, r, start + cache->params.tag_latency_cycles);
	uint64_t arrival = reply.path.arrival[level] = reply.at;
	cache_take_mshr(cache, start, arrival);
	reply.at = arrival + cache->params.response_latency_cycles;
	if (cache_is_exclusive(cache) && !prefetch && !r->walk)
		return reply;
	struct cache_line victim, *new_line = cache_insert(cache, line, &victim);
	new_line->ready_at = reply.at;
	new_line->from = reply.from;
	new_line->n_targets = 1;
	new_line->dirty = reply.dirty;
	reply.dirty = false;
	push_down(m, cache, level + 1, &victim, arrival);
	return reply;
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

/* Sends the queued prefetches of a shared level that could go before an access at a cycle. */
static void prefetch_lower(struct cache_memory *m, unsigned level, uint64_t until)
{
	struct cache *cache = &m->lower[level];
	const struct cache_queued_prefetch *next;
	while ((next = cache_prefetch_next(&cache->prefetcher)) != NULL) {
		uint64_t line = next->addr >> cache->line_shift, at = cache_prefetch_at(cache, next->ready_at);
		if (at > until)
			return;
		struct cache_request r = {.pc = next->pc, .addr = next->addr, .data = true};
		cache_prefetch_drop_next(&cache->prefetcher);
		if (cache_holds(cache, line) || is_held_above(m, level, line))
			continue;
		cache->n_prefetches++;
		lower_miss(m, level, line, &r, at, true);
	}
}

/* A request for a line goes down from a port at a cycle, to lower[level] or, below the last, to memory; and the line comes up. */
static struct reply request_line(struct cache_memory *m, unsigned level, enum cache_memory_port port, uint64_t line,
                                 const struct cache_request *r, uint64_t at)
{
	if (level >= m->n_lower)
		return read_dram(m, port, line, at, r->write);
	struct cache *cache = &m->lower[level];
	uint64_t taken_at = cache_accept_at(cache, cache_lane_take(&m->requests[level], at, 1));
	at = taken_at + m->crossbars.request_cycles;
	bool prefetches = cache_prefetches(cache);
	if (prefetches)
		prefetch_lower(m, level, at);
	cache->n_accesses++;
	struct cache_line *found = cache_find(cache, line);
	bool missed = found == NULL || cache_is_in_flight(cache, found, at);
	cache->n_misses += found == NULL;
	struct reply reply = found != NULL ? lower_hit(cache, found, r, at) : lower_miss(m, level, line, r, at, false);
	bool opens_line = r->write && reply.depth == 2; /* then line_write.c does both when it is known whether data come */
	if (prefetches && r->data && !opens_line)
		cache_train(cache, r->pc, r->addr, missed, at);
	uint32_t n_cycles = 1 + m->crossbars.line_cycles;
	uint64_t reply_at = cache_lane_find(&m->replies[port], reply.at, n_cycles);
	if (!opens_line)
		cache_lane_mark(&m->replies[port], reply_at, n_cycles);
	reply.at = reply_at + m->crossbars.reply_cycles;
	reply.path.leaves_at = taken_at;
	reply.path.asked_at[level] = at;
	reply.path.reply_at[level] = reply_at;
	return reply;
}

/* ---- level 1 ----------------------------------------------------------------------------------------------------------------------- */

static struct cache_access l1_hit(const struct cache_memory *m, struct cache *l1, struct cache_line *found, uint8_t first, uint64_t at)
{
	uint64_t hit = at + l1->hit_cycles;
	if (found->ready_at <= hit)
		return (struct cache_access){.sent_at = at, .ready_at = hit};
	uint64_t ready = cache_join(l1, found, at);
	if (ready > found->ready_at)
		return (struct cache_access){.sent_at = found->ready_at, .ready_at = ready, .from = found->from};
	uint64_t behind = first == found->offset || found->offset == CACHE_NO_DATA ? 0 : m->crossbars.line_cycles;
	return (struct cache_access){.sent_at = at, .ready_at = ready + behind, .from = found->from};
}

/* The byte of its line that comes first; of instructions the whole line is wanted. */
static uint8_t first_byte(const struct cache *cache, const struct cache_request *r)
{
	return (uint8_t)(r->data ? r->addr & (cache->line_bytes - 1) : 0);
}

static struct cache_access l1_miss(struct cache_memory *m, struct cache *l1, uint64_t line, const struct cache_request *r, uint64_t at)
{
	uint64_t start = cache_miss_at(l1, at);
	enum cache_memory_port port = l1 == &m->l1i ? CACHE_PORT_L1I : CACHE_PORT_L1D;
	if (r->write)
		dram_mark(m->dram, r->addr);
	struct reply reply = request_line(m, 0, port, line, r, start + l1->params.tag_latency_cycles);
	uint64_t ready = reply.at + l1->params.response_latency_cycles;
	cache_take_mshr(l1, start, reply.at);
	struct cache_line victim, *new_line = cache_insert(l1, line, &victim);
	*new_line = (struct cache_line){.tag = line + 1,
	                                .ready_at = ready,
	                                .n_targets = 1,
	                                .dirty = r->write || reply.dirty,
	                                .from = reply.from,
	                                .offset = first_byte(l1, r)};
	struct cache_access access = {.sent_at = start, .ready_at = ready, .depth = reply.depth, .from = reply.from};
	if (r->write && reply.depth == 2)
		cache_line_write_open(m, r, &reply.path, reply.at, &access);
	push_down(m, l1, 0, &victim, reply.at);
	return access;
}

/* The same for a level 1 cache: there is none above that could hold the line. */
static void prefetch_l1(struct cache_memory *m, struct cache *l1, bool data, uint64_t until)
{
	const struct cache_queued_prefetch *next;
	while ((next = cache_prefetch_next(&l1->prefetcher)) != NULL) {
		uint64_t line = next->addr >> l1->line_shift, at = cache_prefetch_at(l1, next->ready_at);
		if (at > until)
			return;
		struct cache_request ahead = {.pc = next->pc, .addr = next->addr & ~(uint64_t)(l1->line_bytes - 1), .data = data};
		cache_prefetch_drop_next(&l1->prefetcher);
		if (cache_holds(l1, line))
			continue;
		l1->n_prefetches++;
		l1_miss(m, l1, line, &ahead, at);
	}
}

static struct cache_access l1_access(struct cache_memory *m, struct cache *l1, const struct cache_request *r, uint64_t at)
{
	uint64_t line = r->addr >> l1->line_shift;
	bool prefetches = cache_prefetches(l1);
	at = cache_accept_at(l1, at);
	if (m->line_writes.n_undecided > 0)
		cache_line_write_fetch_left(m, at);
	if (prefetches)
		prefetch_l1(m, l1, r->data, at);
	l1->n_accesses++;
	struct cache_line *found = cache_find(l1, line);
	bool missed = found == NULL || cache_is_in_flight(l1, found, at);
	struct cache_access access;
	if (found != NULL) {
		found->dirty |= r->write;
		access = l1_hit(m, l1, found, first_byte(l1, r), at);
		if (found->ready_at > at && cache_line_write_cover(m, found, r, at)) {
			access.covers_line = true;
			access.ready_at = found->ready_at;
		}
	} else {
		l1->n_misses++;
		access = l1_miss(m, l1, line, r, at);
	}
	if (prefetches)
		cache_train(l1, r->pc, r->addr, missed, access.sent_at);
	return access;
}

/* Page walks read below level 1. */
static uint64_t read_descriptor(void *memory, uint64_t addr, uint64_t at)
{
	struct cache_memory *m = memory;
	return request_line(m, 0, CACHE_PORT_WALKER, addr >> m->l1d.line_shift, &(struct cache_request){.addr = addr, .walk = true}, at).at;
}

uint64_t cache_memory_walk(struct cache_memory *memory, bool data, uint64_t addr, uint64_t at)
{
	return cache_tlbs_translate(&memory->tlbs, data, addr, at, (struct cache_descriptor_reader){read_descriptor, memory});
}

struct cache_access cache_memory_fetch(struct cache_memory *memory, uint64_t addr, uint64_t at)
{
	if (memory->tlbs.params.present != 0)
		at = cache_memory_walk(memory, false, addr, at);
	return l1_access(memory, &memory->l1i, &(struct cache_request){.pc = addr, .addr = addr}, at);
}

struct cache_access cache_memory_load(struct cache_memory *memory, uint64_t pc, uint64_t addr, uint64_t at)
{
	at = cache_memory_translate(memory, addr, at);
	return l1_access(memory, &memory->l1d, &(struct cache_request){.pc = pc, .addr = addr, .data = true}, at);
}

struct cache_access cache_memory_store(struct cache_memory *memory, uint64_t pc, uint64_t addr, uint32_t n_bytes, uint64_t at)
{
	struct cache_request store = {.pc = pc, .addr = addr, .data = true, .write = true, .n_bytes = n_bytes};
	return l1_access(memory, &memory->l1d, &store, at);
}
