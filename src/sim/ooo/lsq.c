/*
 * lsq.c - load and store queue of the out-of-order core
 *
 *   load, address known   youngest older store in the queue that overlaps?
 *      none                    L1D
 *      covers it, has data     forwarded: one cycle
 *      covers it in part       waits until the store has left the queue, then L1D
 *   store                 executes (address and data), commits, then goes to the L1D in order; leaves the queue when the L1D has it
 *
 * A load that got its address before an older store to the same block executed ran ahead wrongly: it is squashed when the store
 * executes, and from then on the two share a store set (store_set.h). Blocks are wider than accesses (gem5: 16 bytes), so that neighbours
 * are caught too. The store is found by address (store_table.h), not by a search of the queue.
 *
 * Stores that write a line whole: line_exit.c.
 */
#include "sim/ooo/ooo.h"

/* The load ran ahead of an older store to its bytes: it and everything younger is fetched again. */
static uint64_t order_violation(struct ooo *ooo, const struct sim_store_entry *store)
{
	const struct uarch_ooo *p = &ooo->params;
	uint64_t refetch = store->executed + p->execute_to_commit_cycles + p->commit_to_fetch_cycles + 1;
	ooo_redirect(ooo, refetch, PV_CPI_dependences);
	uint64_t issue =
	    refetch + ooo->core.memory.l1i.hit_cycles + p->fetch_to_decode_cycles + p->decode_to_rename_cycles + p->rename_to_issue_cycles;
	return issue + p->issue_to_execute_cycles;
}

uint64_t ooo_load(struct ooo *ooo, struct ooo_insn *insn, uint64_t at)
{
	struct ooo_lsq *q = &ooo->lsq;
	uint64_t begin = insn->row->addr, end = begin + (insn->uop->access_bytes > 0 ? insn->uop->access_bytes : 1);
	struct ooo_waits *w = &ooo->waits;
	w->addressed = at;
	uint64_t block = (1ull << q->check_shift) - 1;
	const struct sim_store_entry *store = sim_store_table_find(&q->stores, begin & ~block, ((end - 1) | block) + 1, at);
	if (store != NULL && store->executed > at) {
		ooo_store_sets_violation(&q->sets, insn->uop->pc, store->pc);
		at = order_violation(ooo, store);
	}
	if (store != NULL && (store->begin >= end || begin >= store->end)) /* a neighbour; is there one to the very bytes? */
		store = sim_store_table_find(&q->stores, begin, end, at);
	if (store != NULL) {
		at = sim_later(at, store->executed);
		if (store->begin <= begin && end <= store->end) {
			ooo->core.stats.n_forwarded++;
			w->unblocked = w->sent = at;
			w->level = 0;
			return at + 1;
		}
		at = sim_later(at, store->exit + 1);
	}
	w->unblocked = at;
	at = ooo_take_load_port(&ooo->slots, at);
	struct cache_access access = cache_memory_load(&ooo->core.memory, insn->uop->pc, begin, at);
	insn->data_depth = access.depth;
	w->sent = access.sent_at;
	w->level = access.from;
	if ((insn->uop->flags & SIM_CORE_PREFETCH) != 0)
		return access.sent_at + 1;
	return access.ready_at;
}

void ooo_store_executed(struct ooo *ooo, struct ooo_insn *insn)
{
	uint64_t begin = insn->row->addr, end = begin + (insn->uop->access_bytes > 0 ? insn->uop->access_bytes : 1);
	sim_store_table_add(&ooo->lsq.stores, insn->uop->pc, begin, end, insn->executed);
	ooo_store_sets_store(&ooo->lsq.sets, insn->uop->pc, insn->written);
}

void ooo_store_drain(struct ooo *ooo, struct ooo_insn *insn)
{
	struct ooo_lsq *q = &ooo->lsq;
	uint64_t send = sim_width_take(&q->ports, insn->commit + ooo->params.commit_to_execute_cycles + 1);
	struct cache_access access = cache_memory_store(&ooo->core.memory, insn->uop->pc, insn->row->addr, insn->uop->access_bytes, send);
	insn->data_depth = access.depth;
	if (access.sent_at > q->ports.cycle) { /* the cache was blocked: those behind wait too */
		q->ports.cycle = access.sent_at;
		q->ports.used = 1;
	}
	uint64_t predicted_exit = ooo_line_exit(ooo, &access, insn->row->addr / UARCH_LINE_BYTES);
	if (access.ready_at > q->last_exit)
		ooo->core.stats.exit_depth = access.from;
	q->last_exit = sim_later(q->last_exit, access.ready_at);
	sim_store_table_newest(&q->stores)->exit = q->last_exit;
	insn->store = predicted_exit > 0 ? predicted_exit : q->last_exit;
}
