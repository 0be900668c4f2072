/*
 * resource.h - time tables: what a pipeline has a limited number of, as times instead of cycle-by-cycle state
 *
 *   sim_width      a stage that passes n instructions a cycle, in order: the current cycle and how many it took
 *   sim_ring       entries freed in the order they were taken (reorder buffer, load queue): the time each was freed, n takes ago
 *   sim_resource   entries freed in any order (issue queue, MSHRs): a heap of the times they become free
 *   sim_calendar   units taken in any order of time (issue slots, functional units): a count per cycle, in a ring of cycles
 */
#ifndef SIM_RESOURCE_H
#define SIM_RESOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct sim_width {
	uint64_t cycle;
	uint32_t used, width;
};

/* the first cycle >= at with room, never before an earlier answer; takes a place in it */
static inline uint64_t sim_width_take(struct sim_width *w, uint64_t at)
{
	if (at > w->cycle) {
		w->cycle = at;
		w->used = 1;
	} else if (w->used < w->width) {
		w->used++;
	} else {
		w->cycle++;
		w->used = 1;
	}
	return w->cycle;
}

/* what sim_width_take would answer; takes nothing */
static inline uint64_t sim_width_next(const struct sim_width *w, uint64_t at)
{
	uint64_t next = w->cycle + (w->used >= w->width);
	return at > next ? at : next;
}

/* no more places in the current cycle */
static inline void sim_width_close(struct sim_width *w)
{
	w->used = w->width;
}

struct sim_ring {
	uint64_t *at;
	uint32_t n, next;
};

static inline bool sim_ring_init(struct sim_ring *r, uint32_t n)
{
	*r = (struct sim_ring){.n = n, .at = calloc(n, sizeof *r->at)};
	return r->at != NULL;
}

/* when the entry that the next one reuses was freed; 0 while there are unused ones */
static inline uint64_t sim_ring_free_at(const struct sim_ring *r)
{
	return r->at[r->next];
}

static inline void sim_ring_take(struct sim_ring *r, uint64_t until)
{
	r->at[r->next] = until;
	r->next = r->next + 1 == r->n ? 0 : r->next + 1;
}

/*
 * The skid buffer of a stage: it takes what the stage before still sends until that hears of a stall, and the stage before hears that it
 * may go on when it is empty.
 */
struct sim_skid {
	uint64_t stalled_at; /* the stage could not pass what had come */
	uint64_t until;      /* it had passed all that came since */
};

/* when the stage takes what arrives at a time: at once, or behind what is in the buffer */
static inline uint64_t sim_skid_from(const struct sim_skid *s, uint64_t arrival)
{
	return arrival > s->until ? arrival : arrival + 1;
}

/* what arrived at a time has passed the stage */
static inline void sim_skid_pass(struct sim_skid *s, uint64_t arrival, uint64_t passed)
{
	if (arrival > s->until && passed > arrival)
		s->stalled_at = arrival;
	if (arrival <= s->until || passed > arrival)
		s->until = passed;
}

/* the first cycle >= at in which the stage before may send, given that it hears of the stage `back` cycles later */
static inline uint64_t sim_skid_send_at(const struct sim_skid *s, uint64_t at, uint64_t back)
{
	return at >= s->stalled_at + back && at < s->until + back ? s->until + back : at;
}

struct sim_resource {
	uint64_t *until; /* binary heap, earliest first */
	uint32_t n;
};

static inline bool sim_resource_init(struct sim_resource *r, uint32_t n)
{
	*r = (struct sim_resource){.n = n, .until = calloc(n, sizeof *r->until)};
	return r->until != NULL;
}

/* the earliest time an entry is free */
static inline uint64_t sim_resource_free_at(const struct sim_resource *r)
{
	return r->until[0];
}

/* take the entry that is free first, until a time */
static inline void sim_resource_take(struct sim_resource *r, uint64_t until)
{
	uint32_t at = 0;
	for (;;) {
		uint32_t child = 2 * at + 1;
		if (child >= r->n)
			break;
		if (child + 1 < r->n && r->until[child + 1] < r->until[child])
			child++;
		if (r->until[child] >= until)
			break;
		r->until[at] = r->until[child];
		at = child;
	}
	r->until[at] = until;
}

/* an entry held until a time is free earlier; nothing happens when there is none */
static inline void sim_resource_shorten(struct sim_resource *r, uint64_t until, uint64_t earlier)
{
	uint32_t at = 0;
	while (at < r->n && r->until[at] != until)
		at++;
	if (at == r->n)
		return;
	for (uint32_t parent; at > 0 && r->until[parent = (at - 1) / 2] > earlier; at = parent)
		r->until[at] = r->until[parent];
	r->until[at] = earlier;
}

/*
 * A cycle further than SIM_CALENDAR_CYCLES behind the newest one that shares its place has lost its count and is taken as free: only
 * instructions that far apart in time and yet in flight together would notice.
 */
enum { SIM_CALENDAR_CYCLES = 2048, SIM_CALENDAR_UNITS = 24 };

struct sim_calendar_day {
	uint64_t cycle;
	uint8_t used[SIM_CALENDAR_UNITS];
};

struct sim_calendar {
	struct sim_calendar_day *days;
};

static inline bool sim_calendar_init(struct sim_calendar *c)
{
	c->days = calloc(SIM_CALENDAR_CYCLES, sizeof *c->days);
	return c->days != NULL;
}

/* the counts of a cycle; NULL when they are lost */
static inline struct sim_calendar_day *sim_calendar_day(struct sim_calendar *c, uint64_t cycle)
{
	struct sim_calendar_day *day = &c->days[cycle & (SIM_CALENDAR_CYCLES - 1)];
	if (day->cycle == cycle)
		return day;
	if (day->cycle > cycle)
		return NULL;
	memset(day, 0, sizeof *day);
	day->cycle = cycle;
	return day;
}

#endif
