/*
 * issue.c - issue, execution and write-back of the out-of-order core
 *
 *   issue      operands there, a place in the issue width and a functional unit free
 *   executed   issue + stages to execution - 1 + latency: a dependent of a one-cycle operation issues in the next cycle
 *   written    a place in the write-back width
 *   complete   written + stages to commit
 *
 * Issue slots and units are taken from a calendar of cycles: instructions come in program order, and each takes the first cycle with
 * room at or after its own readiness, so that a ready younger one slips into a gap that an older, waiting one leaves. Older ones come
 * first here, which is also the priority of the scheduler.
 */
#include "sim/ooo/ooo.h"

enum { ISSUE_UNIT = 0, WRITEBACK_UNIT = 1, LOAD_UNIT = 2, FIRST_POOL = 3 };

/* a unit of a pool for `interval` cycles from `cycle`: the day's count, and later days' when it is not pipelined */
static bool take_unit(struct ooo *ooo, unsigned pool, uint64_t cycle, unsigned interval)
{
	unsigned unit = FIRST_POOL + pool, limit = ooo->pool_count[pool];
	for (unsigned i = 0; i < interval; i++) {
		struct sim_calendar_day *day = sim_calendar_day(&ooo->calendar, cycle + i);
		if (day != NULL && day->used[unit] >= limit)
			return false;
	}
	for (unsigned i = 0; i < interval; i++) {
		struct sim_calendar_day *day = sim_calendar_day(&ooo->calendar, cycle + i);
		if (day != NULL)
			day->used[unit]++;
	}
	return true;
}

static bool take_any_unit(struct ooo *ooo, const struct sim_core_uop *uop, uint64_t cycle)
{
	if (uop->pools[0] == SIM_CORE_NO_POOL)
		return true;
	for (unsigned i = 0; i < SIM_CORE_MAX_POOLS && uop->pools[i] != SIM_CORE_NO_POOL; i++)
		if (take_unit(ooo, uop->pools[i], cycle, uop->interval))
			return true;
	return false;
}

static uint64_t take_issue(struct ooo *ooo, const struct sim_core_uop *uop, uint64_t cycle)
{
	for (uint64_t from = cycle;; cycle++) {
		struct sim_calendar_day *day = sim_calendar_day(&ooo->calendar, cycle);
		if (cycle - from > SIM_CORE_STALL_CYCLES) /* for the watchdog */
			return cycle;
		if (day != NULL && day->used[ISSUE_UNIT] >= ooo->issue_width)
			continue;
		if (!take_any_unit(ooo, uop, cycle))
			continue;
		if (day != NULL)
			day->used[ISSUE_UNIT]++;
		return cycle;
	}
}

static inline uint64_t take_slot(struct ooo *ooo, unsigned unit, unsigned n_slots, uint64_t cycle)
{
	for (uint64_t from = cycle;; cycle++) {
		struct sim_calendar_day *day = sim_calendar_day(&ooo->calendar, cycle);
		if (day == NULL || cycle - from > SIM_CORE_STALL_CYCLES)
			return cycle;
		if (day->used[unit] < n_slots) {
			day->used[unit]++;
			return cycle;
		}
	}
}

uint64_t ooo_take_load_port(struct ooo *ooo, uint64_t cycle)
{
	return ooo->load_ports > 0 ? take_slot(ooo, LOAD_UNIT, ooo->load_ports, cycle) : cycle;
}

static uint64_t operands_ready(const struct ooo *ooo, const struct sim_core_uop *uop, uint64_t at)
{
	for (unsigned i = 0; i < uop->n_src; i++)
		at = sim_later(at, ooo->ready_at[uop->src[i]]);
	return at;
}

/* Non-speculative instructions and barriers go when they are the oldest and no store waits for the cache. */
static uint64_t wait_for_head(const struct ooo *ooo, uint64_t at)
{
	uint64_t head = sim_later(ooo->back.last_commit, ooo->lsq.last_exit);
	return sim_later(at, head + ooo->delays.commit_to_execute + 2);
}

static uint64_t issue_ready(struct ooo *ooo, const struct ooo_insn *insn)
{
	const struct sim_core_uop *uop = insn->uop;
	uint64_t at = operands_ready(ooo, uop, insn->dispatch);
	bool memory = (uop->flags & (SIM_CORE_LOAD | SIM_CORE_STORE)) != 0;
	if (memory)
		at = sim_later(at, ooo_store_sets_wait(&ooo->lsq.sets, uop->pc));
	ooo->waits.operands = at;
	if (memory)
		at = sim_later(at, ooo->lsq.barrier_until);
	if ((uop->flags & (SIM_CORE_HEAD_ONLY | SIM_CORE_BARRIER)) != 0)
		at = wait_for_head(ooo, at);
	ooo->waits.ordered = at;
	return at;
}

/* An issue queue entry is free again at issue; a memory instruction keeps it until it is done. */
static void leave_issue_queue(struct ooo *ooo, const struct ooo_insn *insn)
{
	bool memory = (insn->uop->flags & (SIM_CORE_LOAD | SIM_CORE_STORE)) != 0;
	sim_resource_take(&ooo->back.iq, (memory ? insn->written : insn->issue) + ooo->delays.execute_to_rename);
}

void ooo_issue(struct ooo *ooo, struct ooo_insn *insn)
{
	const struct sim_core_uop *uop = insn->uop;
	bool has_address = (insn->row->flags & PV_ROW_HAS_ADDR) != 0;
	insn->issue = take_issue(ooo, uop, issue_ready(ooo, insn));
	uint64_t done = insn->issue + ooo->delays.issue_to_execute - 1 + uop->latency;
	ooo->waits.loads = (uop->flags & SIM_CORE_LOAD) != 0 && has_address;
	if (ooo->waits.loads)
		done = ooo_load(ooo, insn, done);
	else if ((uop->flags & SIM_CORE_STORE) != 0 && has_address)
		done = cache_memory_translate(&ooo->core.memory, insn->row->addr, done);
	if (ooo->waits.loads)
		ooo->wrong.seen[insn->row->uop].latency = (uint32_t)(done - insn->issue);
	insn->executed = done;
	insn->written = take_slot(ooo, WRITEBACK_UNIT, ooo->writeback_width, done);
	insn->complete = insn->written + ooo->delays.execute_to_commit;
	for (unsigned i = 0; i < uop->n_dst; i++)
		ooo->ready_at[uop->dst[i]] = insn->written;
	leave_issue_queue(ooo, insn);
	if ((uop->flags & SIM_CORE_STORE) != 0 && has_address)
		ooo_store_executed(ooo, insn);
	if ((uop->flags & SIM_CORE_BARRIER) != 0)
		ooo->lsq.barrier_until = sim_later(ooo->lsq.barrier_until, insn->written);
	if (insn->branch == BP_BRANCH_WRONG_EXECUTE)
		ooo_mispredicted(ooo, insn);
}
