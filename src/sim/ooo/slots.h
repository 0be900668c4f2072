/*
 * slots.h - what the out-of-order core has a limited number of in each cycle: issue slots, functional units, write-back slots, load ports
 *
 * Slots and units are taken from a calendar of cycles: instructions come in program order, and each takes the first cycle with room at or
 * after its own readiness, so that a ready younger one slips into a gap that an older, waiting one leaves. Older ones come first here,
 * which is also the priority of the scheduler.
 */
#ifndef SIM_OOO_SLOTS_H
#define SIM_OOO_SLOTS_H

#include "sim/core.h"
#include "sim/resource.h"

/* Columns of a day of the calendar: one for each kind of slot, then one for each pool of functional units. */
enum { OOO_ISSUE_UNIT, OOO_WRITEBACK_UNIT, OOO_LOAD_UNIT, OOO_FIRST_POOL };

struct ooo_slots {
	struct sim_calendar calendar;
	uint8_t issue_width, writeback_width;
	uint8_t load_ports; /* of the L1D; 0: as many as can issue */
	uint8_t pool_count[UARCH_N_POOLS];
};

/* a unit of a pool for `interval` cycles from `cycle`: the day's count, and later days' when it is not pipelined */
static inline bool ooo_take_unit(struct ooo_slots *s, unsigned pool, uint64_t cycle, unsigned interval)
{
	unsigned unit = OOO_FIRST_POOL + pool, limit = s->pool_count[pool];
	for (unsigned i = 0; i < interval; i++) {
		struct sim_calendar_day *day = sim_calendar_day(&s->calendar, cycle + i);
		if (day != NULL && day->used[unit] >= limit)
			return false;
	}
	for (unsigned i = 0; i < interval; i++) {
		struct sim_calendar_day *day = sim_calendar_day(&s->calendar, cycle + i);
		if (day != NULL)
			day->used[unit]++;
	}
	return true;
}

/* a unit of any pool that executes the micro-operation, from `cycle`; true as well when it needs none */
static inline bool ooo_take_any_unit(struct ooo_slots *s, const struct sim_core_uop *uop, uint64_t cycle)
{
	if (uop->pools[0] == SIM_CORE_NO_POOL)
		return true;
	for (unsigned i = 0; i < SIM_CORE_MAX_POOLS && uop->pools[i] != SIM_CORE_NO_POOL; i++)
		if (ooo_take_unit(s, uop->pools[i], cycle, uop->interval))
			return true;
	return false;
}

/* an issue slot and a unit, in the first cycle >= cycle that has both; a search without end stops for the watchdog */
static inline uint64_t ooo_take_issue(struct ooo_slots *s, const struct sim_core_uop *uop, uint64_t cycle)
{
	for (uint64_t from = cycle;; cycle++) {
		struct sim_calendar_day *day = sim_calendar_day(&s->calendar, cycle);
		if (cycle - from > SIM_CORE_STALL_CYCLES)
			return cycle;
		if (day != NULL && day->used[OOO_ISSUE_UNIT] >= s->issue_width)
			continue;
		if (!ooo_take_any_unit(s, uop, cycle))
			continue;
		if (day != NULL)
			day->used[OOO_ISSUE_UNIT]++;
		return cycle;
	}
}

/* one of n slots of a kind, in the first cycle >= cycle that has one */
static inline uint64_t ooo_take_slot(struct ooo_slots *s, unsigned unit, unsigned n, uint64_t cycle)
{
	for (uint64_t from = cycle;; cycle++) {
		struct sim_calendar_day *day = sim_calendar_day(&s->calendar, cycle);
		if (day == NULL || cycle - from > SIM_CORE_STALL_CYCLES)
			return cycle;
		if (day->used[unit] < n) {
			day->used[unit]++;
			return cycle;
		}
	}
}

static inline uint64_t ooo_take_writeback(struct ooo_slots *s, uint64_t cycle)
{
	return ooo_take_slot(s, OOO_WRITEBACK_UNIT, s->writeback_width, cycle);
}

/* a place among the loads that the L1D takes in a cycle */
static inline uint64_t ooo_take_load_port(struct ooo_slots *s, uint64_t cycle)
{
	return s->load_ports > 0 ? ooo_take_slot(s, OOO_LOAD_UNIT, s->load_ports, cycle) : cycle;
}

#endif
