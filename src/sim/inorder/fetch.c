/*
 * fetch.c - front end of the in-order core
 *
 *   fetch 1 asks the L1I for lines, one after the other; fetch 2 cuts them into instructions and predicts branches; decode splits
 *   instructions into micro-operations.
 *
 *   taken branch     t    t+1     t+2    t+3        all delays 1, L1I of 1 cycle
 *   fetch 2          br                  target
 *   fetch 1               asks    line
 *
 * A predicted-taken branch costs the way back to fetch 1 and a new line, even when the target is in the same line. Fetch 2 passes
 * `width` instructions a cycle, however many micro-operations they are; decode passes `width` micro-operations.
 */
#include "sim/inorder/inorder.h"

void pv_inorder_redirect(struct pv_inorder *inorder, uint64_t at)
{
	struct pv_inorder_front *f = &inorder->front;
	f->ask_at = pv_later(f->ask_at, at);
	f->line = 0;
	pv_width_close(&f->fetch2);
}

static void next_line(struct pv_inorder *inorder, struct pv_inorder_insn *insn)
{
	struct pv_inorder_front *f = &inorder->front;
	uint64_t line = insn->uop->pc >> f->line_shift;
	if (f->line == line + 1)
		return;
	uint64_t ask = pv_later(f->ask_at, pv_ring_free_at(&f->lines_in_flight));
	ask = pv_later(ask, pv_ring_free_at(&f->fetch2_buffer));
	struct pv_access access = pv_memory_fetch(&inorder->core.memory, insn->uop->pc, ask);
	insn->fetch_depth = access.depth;
	pv_ring_take(&f->lines_in_flight, access.ready_at);
	f->line = line + 1;
	f->line_at = access.ready_at + inorder->delays.fetch1_to_fetch2;
	f->ask_at = ask + 1;
	pv_ring_take(&f->fetch2_buffer, f->line_at);
}

static bool is_same_insn(const struct pv_inorder_front *f, const struct pv_core_uop *uop)
{
	return (uop->flags & PV_CORE_MICROOP) != 0 && uop->uop_index != 0 && f->previous_pc == uop->pc + 1;
}

void pv_inorder_fetch(struct pv_inorder *inorder, struct pv_inorder_insn *insn)
{
	struct pv_inorder_front *f = &inorder->front;
	const struct pv_core_uop *uop = insn->uop;
	next_line(inorder, insn);
	uint64_t at = pv_later(f->line_at, pv_ring_free_at(&f->decode_buffer));
	insn->fetch = is_same_insn(f, uop) ? pv_later(f->fetch2.cycle, at) : pv_width_take(&f->fetch2, at);
	f->previous_pc = uop->pc + 1;
	uint64_t decode_at = pv_later(insn->fetch + inorder->delays.fetch2_to_decode, pv_ring_free_at(&f->execute_buffer));
	insn->decode = pv_width_take(&f->decode, decode_at);
	pv_ring_take(&f->decode_buffer, insn->decode - inorder->delays.fetch2_to_decode + 1);
	if ((uop->flags & PV_CORE_BRANCH) == 0)
		return;
	insn->mispredicted = pv_core_predict(&inorder->core, uop, insn->row, insn->next_pc) != PV_BRANCH_RIGHT;
	if (!insn->mispredicted && (insn->row->flags & PV_ROW_TAKEN) != 0)
		pv_inorder_redirect(inorder, insn->fetch + inorder->delays.fetch2_to_fetch1);
}
