/*
 * commit.c - commit of the out-of-order core: in order, then everything the instruction held is given back
 */
#include "sim/ooo/ooo.h"

static void free_registers(struct sim_ring *ring, uint32_t n, uint64_t at)
{
	for (uint32_t i = 0; ring->n > 0 && i < n; i++)
		sim_ring_take(ring, at);
}

static void give_back(struct ooo *ooo, const struct ooo_insn *insn)
{
	struct ooo_back *b = &ooo->back;
	const struct uarch_ooo *p = &ooo->params;
	const struct sim_core_uop *uop = insn->uop;
	for (uint32_t i = 0; i <= insn->n_squashed; i++) /* squashed ones leave at the head, behind it */
		sim_ring_take(&b->rob, insn->commit + p->commit_to_rename_cycles);
	if ((uop->flags & SIM_CORE_LOAD) != 0)
		sim_ring_take(&b->lq, insn->commit + p->commit_to_execute_cycles + p->execute_to_rename_cycles);
	if ((uop->flags & SIM_CORE_STORE) != 0)
		sim_ring_take(&b->sq,
		              (insn->store > 0 ? sim_later(ooo->lsq.last_exit, insn->commit) : insn->commit) + p->execute_to_rename_cycles);
	uint64_t registers_at = insn->commit + p->commit_to_rename_cycles + 1;
	free_registers(&b->phys_int, uop->n_dst_int, registers_at);
	free_registers(&b->phys_cc, uop->n_dst_cc, registers_at);
	free_registers(&b->phys_vec, uop->n_dst_vec, registers_at);
	free_registers(&b->phys_float, uop->n_dst_float, registers_at);
	free_registers(&b->phys_pred, uop->n_dst_pred, registers_at);
}

/* Instructions after which the pipeline starts anew; until then fetch went straight on, for nothing but the cache. */
static void restart(struct ooo *ooo, struct ooo_insn *insn)
{
	const struct uarch_ooo *p = &ooo->params;
	bool fault = (insn->row->flags & PV_ROW_FAULT) != 0;
	if (fault || (insn->uop->flags & SIM_CORE_SQUASH_AFTER) != 0) {
		insn->wrong_pc = insn->uop->pc + insn->uop->insn_bytes;
		ooo_wrong_path(ooo, insn, insn->commit + (fault ? p->trap_latency_cycles : 0) + p->commit_to_fetch_cycles + 2,
		               PV_CPI_serialising);
		ooo->front.block = 0;
	}
	if ((insn->uop->flags & SIM_CORE_SERIALIZE_AFTER) != 0)
		ooo->back.serialize_until = insn->commit + p->commit_to_rename_cycles + 1;
}

/* An instruction with a fault traps when all older stores have left. */
static uint64_t may_commit_at(const struct ooo *ooo, const struct ooo_insn *insn)
{
	uint64_t at = insn->complete + 1;
	return (insn->row->flags & PV_ROW_FAULT) != 0 ? sim_later(at, ooo->lsq.last_exit) : at;
}

void ooo_commit(struct ooo *ooo, struct ooo_insn *insn)
{
	uint64_t at = sim_later(may_commit_at(ooo, insn), insn->renamed + ooo->params.rename_to_rob_cycles);
	insn->commit = sim_width_take(&ooo->back.commit, sim_later(at, insn->squashed));
	ooo->back.last_commit = insn->commit;
	if ((insn->uop->flags & SIM_CORE_STORE) != 0 && (insn->row->flags & PV_ROW_HAS_ADDR) != 0)
		ooo_store_drain(ooo, insn);
	give_back(ooo, insn);
	restart(ooo, insn);
}
