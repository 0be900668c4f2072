/*
 * issue.c - issue, execution and write-back of the out-of-order core
 *
 *   issue      operands there, a place in the issue width and a functional unit free
 *   executed   issue + stages to execution - 1 + latency: a dependent of a one-cycle operation issues in the next cycle
 *   written    a place in the write-back width
 *   complete   written + stages to commit
 *
 * Slots and units: slots.h.
 */
#include "sim/ooo/ooo.h"

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
	return sim_later(at, head + ooo->params.commit_to_execute_cycles + 2);
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
	sim_resource_take(&ooo->back.iq, (memory ? insn->written : insn->issue) + ooo->params.execute_to_rename_cycles);
}

void ooo_issue(struct ooo *ooo, struct ooo_insn *insn)
{
	const struct sim_core_uop *uop = insn->uop;
	bool has_address = (insn->row->flags & PV_ROW_HAS_ADDR) != 0;
	insn->issue = ooo_take_issue(&ooo->slots, uop, issue_ready(ooo, insn));
	uint64_t done = insn->issue + ooo->params.issue_to_execute_cycles - 1 + uop->latency;
	ooo->waits.loads = (uop->flags & SIM_CORE_LOAD) != 0 && has_address;
	if (ooo->waits.loads)
		done = ooo_load(ooo, insn, done);
	else if ((uop->flags & SIM_CORE_STORE) != 0 && has_address)
		done = cache_memory_translate(&ooo->core.memory, insn->row->addr, done);
	if (ooo->waits.loads)
		ooo->wrong.last[insn->row->uop].latency = (uint32_t)(done - insn->issue);
	insn->executed = done;
	insn->written = ooo_take_writeback(&ooo->slots, done);
	insn->complete = insn->written + ooo->params.execute_to_commit_cycles;
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
