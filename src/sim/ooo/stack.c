/*
 * stack.c - the CPI stack of the out-of-order core: what the latest instruction's commit waited for
 *
 *   1. the commit width
 *   2. supply: as far as dispatch took it later than the instruction before, because fetch had it later; not what room in queues cost
 *   3. slots, units, MSHRs: taken by others, which had latencies of their own
 *   4. its other waits, the latest first: memory, latency, barriers, operands, widths, queues and registers
 *   5. what is left: the depth of the pipeline
 *
 * Each is the time by which the instruction would have committed earlier without the wait, all older instructions' times being the same.
 */
#include "sim/ooo/ooo.h"
#include "sim/stack.h"

static void give_memory(const struct ooo *ooo, const struct ooo_insn *insn, struct sim_stack_share *share)
{
	const struct ooo_waits *w = &ooo->waits;
	sim_stack_give(share, sim_stack_level(w->level), w->sent, insn->executed);
	sim_stack_give(share, PV_CPI_dependences, w->addressed, w->unblocked);
}

static uint64_t supply_limit(const struct ooo *ooo, const struct ooo_insn *insn)
{
	const struct ooo_waits *w = &ooo->waits;
	uint64_t later = insn->dispatch > w->last_dispatch ? insn->dispatch - w->last_dispatch : 0;
	uint64_t queues = w->held + w->unserialised - insn->rename; /* and what it waited for itself */
	return later > queues ? later - queues : 0;
}

void ooo_account(struct ooo *ooo, const struct ooo_insn *insn, uint64_t last_commit)
{
	const struct ooo_waits *w = &ooo->waits;
	struct sim_stack_share share = {.left = insn->commit - last_commit, .stack = ooo->core.stats.stack_cycles};
	if (share.left == 0)
		return;
	sim_stack_give(&share, PV_CPI_branch, insn->complete + 1, insn->squashed);
	sim_stack_give(&share, PV_CPI_base, insn->complete + 1, insn->commit);
	sim_stack_give_supply(&share, &w->supply, supply_limit(ooo, insn));
	sim_stack_give(&share, PV_CPI_structural, insn->executed, insn->written);
	sim_stack_give(&share, PV_CPI_structural, w->ordered, insn->issue);
	if (w->loads)
		sim_stack_give(&share, PV_CPI_structural, w->unblocked, w->sent);
	if (w->loads)
		give_memory(ooo, insn, &share);
	sim_stack_give(&share, PV_CPI_dependences, 1, insn->uop->latency);
	sim_stack_give(&share, PV_CPI_serialising, w->operands, w->ordered);
	sim_stack_give(&share, PV_CPI_dependences, insn->dispatch, w->operands);
	sim_stack_give(&share, PV_CPI_base, insn->renamed + ooo->params.rename_to_issue_cycles, insn->dispatch);
	sim_stack_give(&share, PV_CPI_base, w->unserialised, insn->renamed);
	sim_stack_give(&share, PV_CPI_serialising, w->free, w->unserialised);
	sim_stack_give(&share, PV_CPI_structural, w->serial, w->free);
	sim_stack_give(&share, PV_CPI_serialising, w->squashed, w->serial);
	sim_stack_give(&share, PV_CPI_branch, insn->rename, w->squashed);
	sim_stack_give(&share, PV_CPI_base, 0, share.left);
}
