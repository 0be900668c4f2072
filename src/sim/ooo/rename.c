/*
 * rename.c - rename and dispatch of the out-of-order core: waits until everything the instruction will occupy is free
 *
 * Entries that are freed in program order (reorder buffer, load and store queue, physical registers) are rings: entry i is the one that
 * instruction i - n gave back. A physical register is given back when the instruction that overwrites it commits, so that with p
 * physical and a architectural registers at most p - a writers are between rename and commit. Issue queue entries are freed in any order.
 */
#include "sim/ooo/ooo.h"

static uint64_t wait_registers(const struct sim_ring *ring, uint32_t n, uint64_t at)
{
	if (n == 0 || ring->n == 0)
		return at;
	uint32_t last = (ring->next + n - 1) % ring->n;
	return sim_later(at, ring->at[last]);
}

static uint64_t wait_physical(const struct ooo_back *b, const struct sim_core_uop *uop, uint64_t at)
{
	at = wait_registers(&b->phys_int, uop->n_dst_int, at);
	at = wait_registers(&b->phys_cc, uop->n_dst_cc, at);
	at = wait_registers(&b->phys_vec, uop->n_dst_vec, at);
	at = wait_registers(&b->phys_float, uop->n_dst_float, at);
	return wait_registers(&b->phys_pred, uop->n_dst_pred, at);
}

/*
 * A dispatch narrower than rename: what a cycle does not take waits in a skid buffer, and so do the groups that come before it is empty;
 * they go from the next cycle on, in order, as many as fit. Rename stands still meanwhile.
 *
 *   cycle      0      1      2       3      4      5      dispatch 2, rename 3, one stage between them
 *   arrives    a b c  d e f                        g h i
 *   dispatched a b    c      d e     f             g h    the skid buffer is empty after 3; rename hears of it at 4
 */
static uint64_t dispatch_narrow(struct ooo_back *b, uint64_t arrival)
{
	uint64_t at = sim_width_take(&b->dispatch, sim_skid_from(&b->dispatch_skid, arrival));
	sim_skid_pass(&b->dispatch_skid, arrival, at);
	return at;
}

void ooo_rename(struct ooo *ooo, struct ooo_insn *insn)
{
	struct ooo_back *b = &ooo->back;
	const struct sim_core_uop *uop = insn->uop;
	insn->rename = insn->decode + ooo->params.decode_to_rename_cycles;
	uint64_t squashed = sim_later(sim_skid_from(&b->rename_skid, insn->rename), b->squash_until);
	uint64_t serial = sim_later(squashed, b->serialize_until);
	uint64_t at = serial;
	at = sim_later(at, sim_ring_free_at(&b->rob));
	at = sim_later(at, sim_resource_free_at(&b->iq));
	if ((uop->flags & SIM_CORE_LOAD) != 0)
		at = sim_later(at, sim_ring_free_at(&b->lq));
	if ((uop->flags & SIM_CORE_STORE) != 0)
		at = sim_later(at, sim_ring_free_at(&b->sq));
	at = wait_physical(b, uop, at);
	uint64_t free_at = at;
	if ((uop->flags & SIM_CORE_SERIALIZE_BEFORE) != 0)
		at = sim_later(at, b->last_commit + ooo->params.commit_to_rename_cycles + 1);
	if (ooo->core.keeps_stack) {
		ooo->waits.squashed = squashed;
		ooo->waits.serial = serial;
		ooo->waits.free = free_at;
		ooo->waits.unserialised = at;
		ooo->waits.last_dispatch = b->dispatch.cycle;
	}
	if (b->narrow_dispatch)
		at = sim_skid_send_at(&b->dispatch_skid, sim_width_next(&b->rename, at), ooo->params.execute_to_rename_cycles);
	insn->renamed = sim_width_take(&b->rename, at);
	sim_skid_pass(&b->rename_skid, insn->rename, insn->renamed);
	uint64_t arrival = insn->renamed + ooo->params.rename_to_issue_cycles;
	insn->dispatch = b->narrow_dispatch ? dispatch_narrow(b, arrival) : sim_width_take(&b->dispatch, arrival);
}
