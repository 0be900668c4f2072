/*
 * fetch.c - fetch and decode of the out-of-order core
 *
 *   cycle        0    1    2    3          fetch buffer of 16 bytes, width 3, L1I of 1 cycle
 *   fetch buffer ask  i0   i3   j0
 *                     i1   ask  j1
 *                     i2        j2
 *
 * The fetch buffer holds one aligned block of the L1I. The next block is asked for in the cycle that takes the last instruction of this
 * one, so that an L1I of one cycle costs nothing; a taken branch ends the cycle. Instructions leave for decode through the fetch queue,
 * in order; when decode is held up the queue fills and fetch waits.
 *
 * After a mispredicted branch fetch runs down the wrong path until the redirect arrives: wrong_path.c.
 */
#include "sim/ooo/ooo.h"

static void fetch_block(struct ooo *ooo, struct ooo_insn *insn)
{
	struct ooo_front *f = &ooo->front;
	uint64_t block = insn->uop->pc >> f->block_shift;
	ooo->waits.supply.extra = 0;
	if (f->block == block + 1)
		return;
	struct cache_access access = cache_memory_fetch(&ooo->core.memory, insn->uop->pc, f->ask_at);
	f->block = block + 1;
	f->ready_at = access.ready_at;
	ooo->waits.supply.extra = access.ready_at - f->ask_at - ooo->core.memory.l1i.hit_cycles;
	insn->fetch_depth = access.depth;
}

void ooo_fetch(struct ooo *ooo, struct ooo_insn *insn)
{
	struct ooo_front *f = &ooo->front;
	struct ooo_back *b = &ooo->back;
	const struct uarch_ooo *p = &ooo->params;
	fetch_block(ooo, insn);
	uint64_t room_at = sim_ring_free_at(&f->queue), from = f->width.cycle;
	insn->fetch = sim_width_take(&f->width, sim_later(f->ready_at, room_at));
	f->ask_at = sim_later(f->ask_at, insn->fetch);
	if (ooo->core.keeps_stack)
		sim_stack_keep_supply(&ooo->waits.supply, from, f->ready_at, room_at, insn->fetch, &f->why);
	uint64_t decode_at = sim_width_next(&b->decode, insn->fetch + p->fetch_to_decode_cycles);
	uint64_t may_send_at = sim_skid_send_at(&b->rename_skid, decode_at, p->rename_to_decode_cycles);
	insn->decode = sim_width_take(&b->decode, may_send_at);
	ooo->waits.held = may_send_at - decode_at;
	sim_ring_take(&f->queue, insn->decode - p->fetch_to_decode_cycles + 1);
	if ((insn->uop->flags & SIM_CORE_BRANCH) == 0)
		return;
	insn->branch = sim_core_predict(&ooo->core, insn->uop, insn->row, insn->next_pc, &insn->wrong_pc);
	ooo->wrong.last[insn->row->uop].guess = insn->branch == BP_BRANCH_RIGHT ? insn->next_pc : insn->wrong_pc;
	if ((insn->row->flags & PV_ROW_TAKEN) != 0)
		sim_width_close(&f->width);
	if (insn->branch != BP_BRANCH_WRONG_DECODE)
		return;
	ooo->core.stats.n_decode_redirects++;
	ooo_wrong_path(ooo, insn, insn->decode + ooo->params.decode_to_fetch_cycles + 1, PV_CPI_branch);
}
