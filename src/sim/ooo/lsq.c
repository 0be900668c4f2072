/*
 * lsq.c - load and store queue of the out-of-order core
 *
 *   load, address known   youngest older store in the queue that overlaps?
 *      none                    L1D
 *      covers it, has data     forwarded: one cycle
 *      covers it in part       waits until the store has left the queue, then L1D
 *      address still unknown   met before at this load: waits for the store; else the load went ahead wrongly: squash from the load on
 *   store                 executes (address and data), commits, then goes to the L1D in order; leaves the queue when the L1D has it
 *
 * The store is found through a hash table of the latest store to each aligned 8 bytes, not by a search of the queue. An older store
 * behind the latest one to the same 8 bytes is not seen.
 *
 * "Met before" is one bit per load pc (hashed): the store set predictor with perfect knowledge of which store to wait for.
 * Reference: Chrysos, Emer, "Memory dependence prediction using store sets", ISCA 1998.
 */
#include "sim/ooo/ooo.h"

static struct pv_ooo_store_ref *ref_of(const struct pv_ooo_lsq *q, uint64_t granule)
{
	return &q->by_granule[(granule ^ granule >> 10) & (PV_OOO_STORE_HASH - 1)];
}

/* The youngest store that overlaps the bytes and has not left by the time; NULL when there is none. */
static const struct pv_ooo_store *find_store(const struct pv_ooo_lsq *q, uint64_t begin, uint64_t end, uint64_t at)
{
	uint64_t youngest = 0;
	for (uint64_t granule = begin >> PV_OOO_GRANULE_SHIFT; granule <= (end - 1) >> PV_OOO_GRANULE_SHIFT; granule++) {
		const struct pv_ooo_store_ref *ref = ref_of(q, granule);
		if (ref->granule != granule || ref->number <= youngest || ref->number + q->mask < q->n_stores)
			continue;
		const struct pv_ooo_store *s = &q->stores[ref->number & q->mask];
		if (s->begin < end && begin < s->end)
			youngest = ref->number;
	}
	const struct pv_ooo_store *s = &q->stores[youngest & q->mask];
	return youngest > 0 && s->exit > at ? s : NULL;
}

/* The load ran ahead of an older store to its bytes: it and everything younger is fetched again. */
static uint64_t order_violation(struct pv_ooo *ooo, const struct pv_ooo_store *store)
{
	const struct pv_ooo_delays *d = &ooo->delays;
	uint64_t refetch = store->executed + d->execute_to_commit + d->commit_to_fetch + 1;
	pv_ooo_redirect(ooo, refetch);
	uint64_t issue = refetch + d->l1i_hit + d->fetch_to_decode + d->decode_to_rename + d->rename_to_dispatch;
	return issue + d->issue_to_execute;
}

uint64_t pv_ooo_load(struct pv_ooo *ooo, struct pv_ooo_insn *insn, uint64_t at)
{
	struct pv_ooo_lsq *q = &ooo->lsq;
	uint64_t begin = insn->row->addr, end = begin + (insn->uop->access_bytes > 0 ? insn->uop->access_bytes : 1);
	const struct pv_ooo_store *store = find_store(q, begin, end, at);
	if (store != NULL) {
		uint8_t *waits = &q->load_waits[(insn->uop->pc >> 2) & (PV_OOO_WAIT_BITS - 1)];
		if (store->executed > at)
			at = *waits != 0 ? store->executed : order_violation(ooo, store);
		if (store->executed >= at)
			*waits = 1;
		if (store->begin <= begin && end <= store->end) {
			ooo->core.stats.n_forwarded++;
			return at + 1;
		}
		at = pv_later(at, store->exit + 1);
	}
	struct pv_access access = pv_memory_load(&ooo->core.memory, begin, at);
	insn->data_depth = access.depth;
	if ((insn->uop->flags & PV_CORE_PREFETCH) != 0)
		return access.sent_at + 1;
	return access.ready_at;
}

void pv_ooo_store_executed(struct pv_ooo *ooo, struct pv_ooo_insn *insn)
{
	struct pv_ooo_lsq *q = &ooo->lsq;
	uint64_t number = ++q->n_stores, begin = insn->row->addr;
	uint64_t end = begin + (insn->uop->access_bytes > 0 ? insn->uop->access_bytes : 1);
	q->stores[number & q->mask] = (struct pv_ooo_store){.begin = begin, .end = end, .executed = insn->executed, .exit = UINT64_MAX};
	for (uint64_t granule = begin >> PV_OOO_GRANULE_SHIFT; granule <= (end - 1) >> PV_OOO_GRANULE_SHIFT; granule++)
		*ref_of(q, granule) = (struct pv_ooo_store_ref){.granule = granule, .number = number};
}

void pv_ooo_store_drain(struct pv_ooo *ooo, struct pv_ooo_insn *insn)
{
	struct pv_ooo_lsq *q = &ooo->lsq;
	uint64_t send = pv_width_take(&q->ports, insn->commit + ooo->delays.commit_to_execute + 1);
	struct pv_access access = pv_memory_store(&ooo->core.memory, insn->row->addr, send);
	insn->data_depth = access.depth;
	if (access.sent_at > q->ports.cycle) { /* the cache was blocked: those behind wait too */
		q->ports.cycle = access.sent_at;
		q->ports.used = 1;
	}
	q->last_exit = pv_later(q->last_exit, access.ready_at);
	q->stores[q->n_stores & q->mask].exit = q->last_exit;
	insn->store = q->last_exit;
}
