/*
 * line_write.c - lines that stores write whole: their data need not come
 *
 *   store misses a line        its request stands in the L1D until the crossbar and the level below take it (leaves_at)
 *   before leaves_at           younger stores to the line join it; when they have covered all its bytes, only ownership is asked for
 *   from leaves_at on          data were asked for
 *
 * A request for ownership passes the levels below without leaving a copy, and the crossbar above memory answers it.
 *
 * Which of the two a request is, is known only with the store that covers the line or once the request has left, but the times of other
 * accesses are asked for before that. Until then the line is taken to go as the last line that the same store missed. If that was not
 * covered, the data's places in DRAM and in the crossbars upwards are taken at once, and given back when the line is covered after all. If
 * it was, they are not, and are taken late when the line is not covered.
 *
 * Reference: gem5's whole-line writes (src/mem/cache/mshr.cc), which Arm calls streaming writes.
 */
#include "sim/cache/line_write.h"

#include "sim/cache/memory.h"

static uint64_t bytes_of(const struct cache *l1, const struct cache_request *r)
{
	uint32_t first = (uint32_t)(r->addr & (l1->line_bytes - 1)), n = r->n_bytes > 0 ? r->n_bytes : 1;
	uint64_t mask = n >= 64 ? UINT64_MAX : (1ull << n) - 1;
	return mask << first; /* what is beyond the line's end belongs to the next one */
}

/* ---- the last line that a store missed --------------------------------------------------------------------------------------------- */

static bool was_covered(const struct cache_line_writes *writes, uint64_t pc)
{
	return (writes->covered_before >> (pc / 4 % 64) & 1) != 0;
}

static void note_covered(struct cache_line_writes *writes, uint64_t pc, bool covered)
{
	uint64_t bit = 1ull << (pc / 4 % 64);
	writes->covered_before = covered ? writes->covered_before | bit : writes->covered_before & ~bit;
}

/* ---- the way up -------------------------------------------------------------------------------------------------------------------- */

/* The crossbar's layer from lower[hop], or below the last from memory, up to the cache above it, for the L1D's data; and how many of its
 * cycles a line takes. */
static struct cache_lane *reply_lane(struct cache_memory *m, unsigned hop, uint32_t *n_cycles)
{
	*n_cycles = 1 + (hop == m->n_lower ? m->crossbars.memory_line_bus_cycles : m->crossbars.line_cycles);
	return &m->replies[hop == 0 ? CACHE_PORT_L1D : CACHE_PORT_LOWER + hop - 1];
}

/* The data of a line take their places in the crossbars upwards. */
static void take_reply_lanes(struct cache_memory *m, struct cache_line_write *w)
{
	for (unsigned hop = 0; hop <= m->n_lower; hop++) {
		uint32_t n_cycles;
		struct cache_lane *lane = reply_lane(m, hop, &n_cycles);
		cache_lane_mark(lane, w->path.reply_at[hop], n_cycles);
	}
	w->has_reply_lanes = true;
}

static void give_back_reply_lanes(struct cache_memory *m, struct cache_line_write *w)
{
	for (unsigned hop = 0; hop <= m->n_lower; hop++) {
		uint32_t n_cycles;
		struct cache_lane *lane = reply_lane(m, hop, &n_cycles);
		cache_lane_give_back(lane, w->path.reply_at[hop], n_cycles);
	}
	w->has_reply_lanes = false;
}

/* When the crossbar above memory has a request: there it is answered if it asks for ownership only. */
static uint64_t reaches_memory_at(const struct cache_crossbars *c, const struct cache_path *path)
{
	return cache_to_edge(path->memory_at * c->memory_period_ps + c->memory_request_ps, c->period_ps);
}

/* When the answer would be in the L1D without data, as far as it is known when the request is made. */
static uint64_t expect_owned_at(const struct cache_memory *m, const struct cache_path *path)
{
	uint64_t at = reaches_memory_at(&m->crossbars, path);
	for (unsigned i = 0; i < m->n_lower; i++)
		at += m->lower[i].params.response_latency_cycles + m->crossbars.reply_cycles;
	return at;
}

/* The answer without data goes up; returns when it is in the L1D. */
static uint64_t answer_without_data(struct cache_memory *m, const struct cache_line_write *w)
{
	uint64_t at = reaches_memory_at(&m->crossbars, &w->path);
	for (unsigned hop = m->n_lower;; hop--) { /* from lower[hop], at first from memory, to the cache above */
		uint32_t n_cycles;
		struct cache_lane *lane = reply_lane(m, hop, &n_cycles);
		if (hop < m->n_lower)
			at = cache_lane_take(lane, at, 1) + m->crossbars.reply_cycles;
		if (hop == 0)
			return at;
		struct cache *cache = &m->lower[hop - 1];
		cache_shorten_mshr(cache, w->path.arrival[hop - 1], at);
		struct cache_line *found = cache_find(cache, w->line - 1);
		if (found != NULL) /* it passes without a copy */
			cache_remove(cache, found);
		cache->n_misses--;
		at += cache->params.response_latency_cycles;
	}
}

/* ---- a line's way ------------------------------------------------------------------------------------------------------------------ */

/* The request has left for data; prefetchers below learn of it. */
static void fetch_data(struct cache_memory *m, struct cache_line_write *w)
{
	const struct cache_crossbars *c = &m->crossbars;
	if (!w->has_dram)
		dram_read(m->dram, w->addr, UARCH_LINE_BYTES, w->path.memory_at * c->memory_period_ps + c->memory_request_ps);
	if (!w->has_reply_lanes)
		take_reply_lanes(m, w);
	w->undecided = false;
	note_covered(&m->line_writes, w->pc, false);
	m->line_writes.n_undecided--;
	for (unsigned level = 0; level < m->n_lower; level++)
		if (cache_prefetches(&m->lower[level]))
			cache_train(&m->lower[level], w->pc, w->addr, true, w->path.asked_at[level]);
}

void cache_line_write_fetch_left(struct cache_memory *m, uint64_t at)
{
	struct cache_line_writes *writes = &m->line_writes;
	for (unsigned i = 0; i < CACHE_LINE_WRITES; i++)
		if (writes->latest[i].undecided && at >= writes->latest[i].path.leaves_at)
			fetch_data(m, &writes->latest[i]);
}

void cache_line_write_open(struct cache_memory *m, const struct cache_request *store, const struct cache_path *path, uint64_t arrival,
                           struct cache_access *access)
{
	struct cache_line_writes *writes = &m->line_writes;
	bool expected = was_covered(writes, store->pc), has_dram = !(expected && dram_take_back(m->dram));
	struct cache_line_write *w = &writes->latest[writes->next], before = *w;
	writes->next = (writes->next + 1) % CACHE_LINE_WRITES;
	*w = (struct cache_line_write){.line = (store->addr >> m->l1d.line_shift) + 1,
	                               .covered = bytes_of(&m->l1d, store),
	                               .arrival = arrival,
	                               .pc = store->pc,
	                               .addr = store->addr,
	                               .has_dram = has_dram,
	                               .undecided = true,
	                               .path = *path};
	writes->n_undecided++;
	if (!expected)
		take_reply_lanes(m, w);
	if (before.undecided)
		fetch_data(m, &before);
	access->opens_line = true;
	access->expected = expected;
	access->owned_at = expect_owned_at(m, path) + m->l1d.params.response_latency_cycles;
}

static struct cache_line_write *find(struct cache_line_writes *writes, uint64_t tag)
{
	for (unsigned i = 0; i < CACHE_LINE_WRITES; i++)
		if (writes->latest[i].line == tag)
			return &writes->latest[i];
	return NULL;
}

bool cache_line_write_cover(struct cache_memory *m, struct cache_line *line, const struct cache_request *access, uint64_t at)
{
	struct cache_line_writes *writes = &m->line_writes;
	struct cache_line_write *w = find(writes, line->tag);
	if (w == NULL || at >= w->path.leaves_at)
		return false;
	if (!access->write) { /* it wants the data */
		w->line = 0;
		return false;
	}
	w->covered |= bytes_of(&m->l1d, access);
	if (~w->covered != 0)
		return false;
	if (w->has_dram && w == &writes->latest[(writes->next + CACHE_LINE_WRITES - 1) % CACHE_LINE_WRITES])
		dram_take_back(m->dram); /* unless another burst came since */
	if (w->has_reply_lanes)
		give_back_reply_lanes(m, w);
	uint64_t owned_at = answer_without_data(m, w);
	if (owned_at < w->arrival) {
		cache_shorten_mshr(&m->l1d, w->arrival, owned_at);
		line->ready_at = owned_at + m->l1d.params.response_latency_cycles;
		line->offset = CACHE_NO_DATA;
	}
	w->line = 0;
	writes->n_undecided -= w->undecided;
	w->undecided = false;
	note_covered(writes, w->pc, true);
	return true;
}
