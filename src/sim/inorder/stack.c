/*
 * stack.c - the CPI stack of the in-order core: what the latest instruction's commit waited for
 *
 *   1. its turn to commit, and older stores where a barrier waits for them
 *   2. supply: as far as it reached issue later than the instruction before left it, because fetch had it later; not what room in queues
 * cost
 *   3. units, MSHRs, places in the memory system: taken by others, which had latencies of their own
 *   4. its other waits, the latest first: memory, its place and its address, latency, turn to issue, operands
 *   5. what is left: the depth of the pipeline
 *
 * Each is the time by which the instruction would have committed earlier without the wait, all older instructions' times being the same.
 */
#include "sim/inorder/inorder.h"

static uint64_t supply_limit(const struct inorder_waits *w)
{
	uint64_t later = w->arrival > w->last_issue ? w->arrival - w->last_issue : 0;
	return later > w->queues ? later - w->queues : 0;
}

static void give_memory(const struct inorder_waits *w, uint64_t done, struct sim_stack_share *share)
{
	if (w->loads) {
		sim_stack_give(share, sim_stack_level(w->level), w->sent, w->may_commit);
		sim_stack_give(share, PV_CPI_dependences, w->turn, w->unblocked);
	} else {
		sim_stack_give(share, PV_CPI_structural, w->turn, w->may_commit);
	}
	sim_stack_give(share, PV_CPI_base, w->queued, w->turn);
	sim_stack_give(share, PV_CPI_structural, w->committed, w->queued);
	sim_stack_give(share, PV_CPI_dependences, done, w->committed);
}

void inorder_account(struct inorder *inorder, const struct inorder_insn *insn, uint64_t last_commit)
{
	const struct inorder_waits *w = &inorder->waits;
	struct sim_stack_share share = {.left = insn->commit - last_commit, .stack = inorder->core.stats.stack_cycles};
	if (share.left == 0)
		return;
	sim_stack_give(&share, PV_CPI_base, w->ordered, insn->commit);
	sim_stack_give(&share, PV_CPI_serialising, w->may_commit, w->ordered);
	sim_stack_give_supply(&share, &w->supply, supply_limit(w));
	sim_stack_give(&share, PV_CPI_structural, insn->issue + insn->uop->latency, insn->done);
	sim_stack_give(&share, PV_CPI_structural, w->issue_turn, insn->issue);
	if (w->accesses && w->loads)
		sim_stack_give(&share, PV_CPI_structural, w->unblocked, w->sent);
	if (w->accesses)
		give_memory(w, insn->done, &share);
	sim_stack_give(&share, PV_CPI_dependences, 1, insn->uop->latency);
	sim_stack_give(&share, PV_CPI_base, w->operands, w->issue_turn);
	sim_stack_give(&share, PV_CPI_dependences, w->arrival, w->operands);
	sim_stack_give(&share, PV_CPI_base, 0, share.left);
}
