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
 * Stores that come to cover a line they missed, before its request has left the L1D, do not wait for its data (memory.c). That is known
 * only with the last of them, when the rows of those before it have been given a time: that of the data, or, where the last line
 * that the same store missed was covered, that of ownership. Their entries are right in either case, and so is the sum of target 2 over
 * later rows.
 */
#include "sim/ooo/ooo.h"

/* The load ran ahead of an older store to its bytes: it and everything younger is fetched again. */
static uint64_t order_violation(struct ooo *ooo, const struct sim_store_entry *store)
{
	const struct ooo_delays *d = &ooo->delays;
	uint64_t refetch = store->executed + d->execute_to_commit + d->commit_to_fetch + 1;
	ooo_redirect(ooo, refetch, PV_CPI_dependences);
	uint64_t issue = refetch + d->l1i_hit + d->fetch_to_decode + d->decode_to_rename + d->rename_to_dispatch;
	return issue + d->issue_to_execute;
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
	at = ooo_take_load_port(ooo, at);
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

/* Keeps, for the lines that stores missed, what the exits of stores since then depend on; returns the store's own, NULL when there is none.
 */
static struct ooo_line_stores *follow_lines(struct ooo_lsq *q, const struct cache_access *access, uint64_t line)
{
	struct ooo_line_stores *own = NULL;
	if (access->opens_line) {
		struct ooo_line_stores *l = &q->lines[q->next_line];
		q->next_line = (q->next_line + 1) % CACHE_LINE_WRITES;
		*l = (struct ooo_line_stores){
		    .number = line + 1, .owned_at = access->owned_at, .other_exit = q->last_exit, .expected = access->expected};
	}
	for (unsigned i = 0; i < CACHE_LINE_WRITES; i++) {
		struct ooo_line_stores *l = &q->lines[i];
		l->n++;
		if (l->number == line + 1) {
			l->data_at = sim_later(l->data_at, access->ready_at);
			own = l;
		} else {
			l->other_exit = sim_later(l->other_exit, access->ready_at);
		}
	}
	return own;
}

/* A line is written whole: the stores to it leave as soon as it is owned. */
static void leave_earlier(struct ooo *ooo, struct ooo_line_stores *line)
{
	struct ooo_lsq *q = &ooo->lsq;
	struct sim_ring *sq = &ooo->back.sq;
	uint64_t exit = sim_later(line->other_exit, line->owned_at);
	for (uint32_t i = 1; i < line->n && i <= sq->n; i++) { /* the latest holds its entry still */
		uint64_t *until = &sq->at[(sq->next + sq->n - i) % sq->n];
		if (*until > exit + ooo->delays.execute_to_rename)
			*until = exit + ooo->delays.execute_to_rename;
	}
	sim_store_table_leave(&q->stores, line->n, exit);
	if (q->last_exit > exit)
		q->last_exit = exit;
	for (unsigned i = 0; i < CACHE_LINE_WRITES; i++) /* others that waited for its data do not any more */
		if (q->lines[i].other_exit <= line->data_at && q->lines[i].other_exit > exit)
			q->lines[i].other_exit = exit;
	line->number = 0;
}

void ooo_store_drain(struct ooo *ooo, struct ooo_insn *insn)
{
	struct ooo_lsq *q = &ooo->lsq;
	uint64_t send = sim_width_take(&q->ports, insn->commit + ooo->delays.commit_to_execute + 1);
	struct cache_access access = cache_memory_store(&ooo->core.memory, insn->uop->pc, insn->row->addr, insn->uop->access_bytes, send);
	insn->data_depth = access.depth;
	if (access.sent_at > q->ports.cycle) { /* the cache was blocked: those behind wait too */
		q->ports.cycle = access.sent_at;
		q->ports.used = 1;
	}
	struct ooo_line_stores *line = follow_lines(q, &access, insn->row->addr / UARCH_LINE_BYTES);
	if (access.covers_line && line != NULL) {
		line->owned_at = access.ready_at;
		leave_earlier(ooo, line);
	}
	if (access.ready_at > q->last_exit)
		ooo->core.stats.exit_depth = access.from;
	q->last_exit = sim_later(q->last_exit, access.ready_at);
	sim_store_table_newest(&q->stores)->exit = q->last_exit;
	bool expected = line != NULL && line->number != 0 && line->expected;
	insn->store = expected ? sim_later(line->other_exit, line->owned_at) : q->last_exit;
}
