/*
 * memory.c - loads and the store buffer of the in-order core
 *
 * Only a few accesses are in the memory system at a time, hits included; a load waits for a place, and so do the stores that leave the
 * store buffer after they committed. A load takes its data from a store in the buffer that covers it, and waits for one that covers it in
 * part.
 */
#include "sim/inorder/inorder.h"

static uint64_t end_of(const struct inorder_insn *insn)
{
	return insn->row->addr + (insn->uop->access_bytes > 0 ? insn->uop->access_bytes : 1);
}

uint64_t inorder_load(struct inorder *inorder, struct inorder_insn *insn, uint64_t at)
{
	struct inorder_waits *w = &inorder->waits;
	uint64_t begin = insn->row->addr, end = end_of(insn);
	const struct sim_store_entry *store = sim_store_table_find(&inorder->stores, begin, end, at);
	if (store != NULL && store->begin <= begin && end <= store->end) {
		inorder->core.stats.n_forwarded++;
		w->unblocked = w->sent = at;
		w->level = 0;
		return at + 1;
	}
	if (store != NULL)
		at = store->exit + 1;
	w->unblocked = at;
	at = sim_later(at, sim_resource_free_at(&inorder->outstanding));
	struct cache_access access = cache_memory_load(&inorder->core.memory, insn->uop->pc, begin, at);
	sim_resource_take(&inorder->outstanding, access.ready_at + 1);
	insn->data_depth = access.depth;
	w->sent = access.sent_at;
	w->level = access.from;
	return (insn->uop->flags & SIM_CORE_PREFETCH) != 0 ? at + 1 : access.ready_at;
}

void inorder_store(struct inorder *inorder, struct inorder_insn *insn)
{
	uint64_t send = sim_later(insn->commit + 1, sim_resource_free_at(&inorder->outstanding));
	send = sim_width_take(&inorder->store_ports, send);
	struct cache_access access =
	    cache_memory_store(&inorder->core.memory, insn->uop->pc, insn->row->addr, insn->uop->access_bytes, send);
	sim_resource_take(&inorder->outstanding, access.ready_at + 1);
	insn->data_depth = access.depth;
	if (access.ready_at > inorder->last_exit)
		inorder->core.stats.exit_depth = access.from;
	inorder->last_exit = sim_later(inorder->last_exit, access.ready_at);
	insn->store = inorder->last_exit;
	sim_ring_take(&inorder->store_buffer, insn->store + 1);
	sim_store_table_add(&inorder->stores, insn->uop->pc, insn->row->addr, end_of(insn), insn->commit);
	sim_store_table_newest(&inorder->stores)->exit = insn->store;
}
