/*
 * execute.c - issue, functional units and commit of the in-order core
 *
 *   issue    in order, up to the limits; operands promised in time for the unit; a unit of the pool can take it
 *   done     end of the unit's pipe
 *   commit   in order, up to the limits
 *
 * A unit is a rigid pipe: while the operation at its end waits for its turn to commit (an older load still misses), nothing in it moves
 * and nothing enters. That bounds how far issue runs ahead of a miss: as many operations as the pipes hold.
 *
 *   load x1 (miss)   I . . . . . . . . . C
 *   add  x2          I . . x x x x x x x C      reaches the end at +3, waits
 *   add  x3            I . . x x x x x x   C
 *
 * Loads promise their data after the latency of a hit; dependents may issue on that promise and are held up by in-order commit when it
 * is broken. A memory access starts when the registers of its address are committed, and a store when it is the oldest.
 */
#include "sim/inorder/inorder.h"

static uint64_t operands_ready(const struct inorder *c, const struct sim_core_uop *uop, uint64_t at)
{
	uint64_t slack = c->operand_slack[uop->op_class];
	for (unsigned i = 0; i < uop->n_src; i++)
		at = sim_later(at + slack, c->ready_at[uop->src[i]]) - slack;
	return at;
}

/* the first cycle >= at that the unit takes an operation: not while an operation at its end waits */
static uint64_t unit_accepts(const struct inorder_unit *u, uint64_t at)
{
	at = sim_later(at, u->free_at);
	if (at >= u->moves_from)
		return at;
	for (uint32_t i = 0; i < INORDER_STALLS; i++) {
		uint32_t slot = (u->next + i) % INORDER_STALLS; /* the oldest first */
		if (u->stall_from[slot] <= at && at < u->stall_until[slot])
			at = u->stall_until[slot];
	}
	return at;
}

/* when an operation that enters at a cycle reaches the end of the pipe */
static uint64_t unit_done(const struct inorder_unit *u, uint64_t at, uint64_t latency)
{
	if (u == NULL || at >= u->moves_from)
		return at + latency;
	for (uint32_t i = 0; i < INORDER_STALLS; i++) {
		uint32_t slot = (u->next + i) % INORDER_STALLS;
		if (u->stall_until[slot] <= at)
			continue;
		if (u->stall_from[slot] >= at + latency)
			break;
		latency -= u->stall_from[slot] > at ? u->stall_from[slot] - at : 0;
		at = u->stall_until[slot];
	}
	return at + latency;
}

/* the unit that takes the operation first; NULL: none is needed */
static struct inorder_unit *pick_unit(struct inorder *c, const struct sim_core_uop *uop, uint64_t *at)
{
	struct inorder_unit *best = NULL;
	uint64_t best_at = UINT64_MAX;
	for (unsigned i = 0; i < SIM_CORE_MAX_POOLS && uop->pools[i] != SIM_CORE_NO_POOL; i++) {
		for (unsigned n = c->first_unit[uop->pools[i]]; n < c->first_unit[uop->pools[i] + 1] && best_at > *at; n++) {
			uint64_t accepts = unit_accepts(&c->units[n], *at);
			if (accepts < best_at) {
				best_at = accepts;
				best = &c->units[n];
			}
		}
	}
	if (best != NULL)
		*at = best_at;
	return best;
}

/* Issue: limits and unit may each move the cycle on; none of them lets it move back. */
static struct inorder_unit *issue(struct inorder *c, struct inorder_insn *insn)
{
	const struct sim_core_uop *uop = insn->uop;
	bool memory = (uop->flags & (SIM_CORE_LOAD | SIM_CORE_STORE)) != 0;
	uint64_t last_issue = c->issue.cycle, arrival = insn->decode + c->params.decode_to_execute_cycles;
	uint64_t operands = operands_ready(c, uop, arrival), at = operands;
	at = sim_later(at, c->issue.cycle + (c->issue.used >= c->issue.width));
	if (memory)
		at = sim_later(at, c->memory_issue.cycle + (c->memory_issue.used >= c->memory_issue.width));
	uint64_t turn = at;
	struct inorder_unit *unit = pick_unit(c, uop, &at);
	insn->issue = sim_width_take(&c->issue, at);
	if (c->core.keeps_stack) {
		c->waits.last_issue = last_issue;
		c->waits.arrival = arrival;
		c->waits.operands = operands;
		c->waits.issue_turn = turn;
	}
	if (memory) {
		sim_width_take(&c->memory_issue, insn->issue);
		if (c->memory_issue.used == c->memory_issue.width) /* the last that may issue in a cycle ends the cycle */
			sim_width_close(&c->issue);
	}
	sim_ring_take(&c->front.execute_buffer, insn->issue);
	insn->done = unit_done(unit, insn->issue, uop->latency);
	return unit;
}

static void leave_unit(struct inorder_unit *unit, const struct inorder_insn *insn, uint64_t left)
{
	if (unit == NULL)
		return;
	unit->free_at = insn->issue + insn->uop->interval;
	if (left <= insn->done)
		return;
	unit->stall_from[unit->next] = insn->done;
	unit->stall_until[unit->next] = left;
	unit->next = (unit->next + 1) % INORDER_STALLS;
	unit->moves_from = left;
}

static uint64_t address_committed(const struct inorder *c, const struct sim_core_uop *uop, uint64_t at)
{
	for (unsigned i = 0; i < uop->n_src; i++)
		at = sim_later(at, c->committed_at[uop->src[i]]);
	return at;
}

/* the first cycle >= at in which the instruction could commit, as far as those before it are concerned */
static uint64_t commit_turn(const struct inorder *c, uint64_t at)
{
	return sim_later(at, c->commit.cycle + (c->commit.used >= c->commit.width));
}

/* A memory access leaves its unit when it starts; *left says when. Returns when it may commit. */
static uint64_t access_memory(struct inorder *c, struct inorder_insn *insn, uint64_t *left)
{
	const struct sim_core_uop *uop = insn->uop;
	bool store = (uop->flags & SIM_CORE_STORE) != 0;
	uint64_t start = address_committed(c, uop, sim_later(insn->done, c->barrier_until));
	uint64_t committed = start;
	start = sim_later(start, sim_ring_free_at(&c->memory_queue));
	uint64_t queued = start;
	if (store || c->params.early_memory_issue == 0 || (uop->flags & SIM_CORE_HEAD_ONLY) != 0)
		start = commit_turn(c, start);
	*left = start;
	if (c->core.keeps_stack) {
		c->waits.committed = committed;
		c->waits.queued = queued;
		c->waits.turn = start;
		c->waits.loads = !store;
	}
	if (store)
		return sim_later(cache_memory_translate(&c->core.memory, insn->row->addr, start), sim_ring_free_at(&c->store_buffer));
	return inorder_load(c, insn, start);
}

static void commit(struct inorder *c, struct inorder_insn *insn, uint64_t may_commit, bool memory)
{
	uint64_t at = may_commit;
	const struct sim_core_uop *uop = insn->uop;
	if ((uop->flags & (SIM_CORE_BARRIER | SIM_CORE_ATOMIC)) != 0)
		at = sim_later(at, c->last_exit);
	if (c->core.keeps_stack) {
		c->waits.may_commit = may_commit;
		c->waits.ordered = at;
		c->waits.accesses = memory;
	}
	at = commit_turn(c, at);
	if (memory)
		at = sim_later(at, sim_width_take(&c->memory_commit, at));
	insn->commit = sim_width_take(&c->commit, at);
	for (unsigned i = 0; i < uop->n_dst; i++)
		c->committed_at[uop->dst[i]] = insn->commit;
	if (memory)
		sim_ring_take(&c->memory_queue, insn->commit);
	if ((uop->flags & SIM_CORE_BARRIER) != 0)
		c->barrier_until = insn->commit;
}

void inorder_execute(struct inorder *c, struct inorder_insn *insn)
{
	const struct sim_core_uop *uop = insn->uop;
	bool memory = (uop->flags & (SIM_CORE_LOAD | SIM_CORE_STORE)) != 0 && (insn->row->flags & PV_ROW_HAS_ADDR) != 0;
	struct inorder_unit *unit = issue(c, insn);
	uint64_t promised = insn->issue + uop->latency + (memory ? c->params.memory_assumed_cycles : 0);
	for (unsigned i = 0; i < uop->n_dst; i++)
		c->ready_at[uop->dst[i]] = promised;
	uint64_t left = 0, may_commit = memory ? access_memory(c, insn, &left) : insn->done;
	commit(c, insn, may_commit, memory);
	leave_unit(unit, insn, memory ? left : insn->commit);
	if (memory && (uop->flags & SIM_CORE_STORE) != 0)
		inorder_store(c, insn);
	bool restarts = (uop->flags & (SIM_CORE_SQUASH_AFTER | SIM_CORE_SERIALIZE_AFTER)) != 0 || (insn->row->flags & PV_ROW_FAULT) != 0;
	if (!insn->mispredicted && !restarts)
		return;
	if (!insn->mispredicted)
		insn->wrong_pc = uop->pc + uop->insn_bytes;
	inorder_wrong_path(c, insn, insn->commit + c->params.branch_delay_cycles);
	inorder_redirect(c, insn->commit + c->params.branch_delay_cycles, insn->next_pc,
	                 insn->mispredicted ? PV_CPI_branch : PV_CPI_serialising);
}
