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
 *
 * Fetch 1 asks for one line after the other, straight on, as long as fetch 2 has room for them and not too many are in flight. A taken
 * branch finds the lines behind it asked for: the new stream waits until there is a place in flight again, and the lines that were
 * not needed stay in the cache. After a mispredicted branch the same happens from the guessed pc on: fetch 2 takes lines apart as long as
 * the buffers behind it have room, and again when the branch issues and they begin to move.
 */
#include "sim/inorder/inorder.h"

/* when fetch 1 can ask for its next line, given that fetch 2 took lines up to n_taken; UINT64_MAX: no room before fetch 2 goes on */
static uint64_t can_ask_at(const struct inorder_front *f)
{
	if (f->n_asked >= f->n_taken + f->n_buffer)
		return UINT64_MAX;
	uint64_t at = sim_later(f->ask_at, sim_ring_free_at(&f->lines_in_flight));
	if (f->n_asked < f->n_buffer)
		return at;
	return sim_later(at, f->taken_at[(f->n_asked - f->n_buffer) % INORDER_MAX_LINES]);
}

static void ask(struct inorder *inorder, uint64_t at)
{
	struct inorder_front *f = &inorder->front;
	struct cache_access access = cache_memory_fetch(&inorder->core.memory, f->ask_pc, at);
	uint64_t number = f->n_asked++ % INORDER_MAX_LINES;
	f->arrival[number] = access.ready_at;
	f->depth[number] = access.depth;
	f->extra[number] = access.ready_at - at - inorder->core.memory.l1i.hit_cycles;
	f->ask_at = at + 1;
	f->ask_pc = ((f->ask_pc >> f->line_shift) + 1) << f->line_shift;
	sim_ring_take(&f->lines_in_flight, access.ready_at + 1);
}

static void take_line(struct inorder_front *f, uint64_t at)
{
	f->taken_at[f->n_taken++ % INORDER_MAX_LINES] = at;
}

void inorder_redirect(struct inorder *inorder, uint64_t at, uint64_t pc, enum pv_cpi_component why)
{
	struct inorder_front *f = &inorder->front;
	for (uint64_t ask_at = can_ask_at(f); ask_at < at; ask_at = can_ask_at(f))
		ask(inorder, ask_at);
	bool full = f->n_asked >= f->n_taken + f->n_buffer;
	if (full && f->arrival[(f->n_asked - 1) % INORDER_MAX_LINES] + inorder->params.fetch1_to_fetch2_cycles < at)
		at++;                   /* a full buffer must be emptied before fetch 1 has room again */
	while (f->n_taken < f->n_asked) /* thrown away */
		take_line(f, at);
	f->ask_at = sim_later(f->ask_at, at);
	f->ask_pc = pc;
	f->why = (uint8_t)why;
	f->line = 0;
	sim_width_close(&f->fetch2);
}

void inorder_wrong_path(struct inorder *inorder, const struct inorder_insn *branch, uint64_t until)
{
	struct inorder_front *f = &inorder->front;
	uint64_t width = f->fetch2.width, line_bytes = 1ull << f->line_shift, buffers = f->decode_buffer.n + f->execute_buffer.n;
	uint64_t n_line = (line_bytes - (branch->wrong_pc & (line_bytes - 1))) / 4, n_passed = n_line; /* instructions of 4 bytes */
	while (n_passed <= buffers + 4 * width) { /* behind the buffers only the pipes take some */
		for (uint64_t at = can_ask_at(f); f->n_asked <= f->n_taken; at = can_ask_at(f)) {
			if (at >= until)
				return;
			ask(inorder, at);
		}
		uint64_t arrival = f->arrival[f->n_taken % INORDER_MAX_LINES] + inorder->params.fetch1_to_fetch2_cycles;
		uint64_t flows = n_passed <= buffers ? branch->fetch + n_passed / width : branch->issue + (n_passed - buffers) / width;
		uint64_t taken = sim_later(arrival + n_line / width, flows);
		if (taken >= until)
			return;
		while (can_ask_at(f) < taken)
			ask(inorder, can_ask_at(f));
		take_line(f, taken);
		n_line = line_bytes / 4;
		n_passed += n_line;
	}
}

/* Fetch 2 goes on to the line of the instruction: the next one of the stream. */
static void next_line(struct inorder *inorder, struct inorder_insn *insn)
{
	struct inorder_front *f = &inorder->front;
	uint64_t line = insn->uop->pc >> f->line_shift;
	inorder->waits.supply.extra = 0;
	if (f->line == line + 1)
		return;
	if (f->line != 0)
		take_line(f, f->fetch2.cycle + 1);
	if (f->line == 0 || line != f->line) { /* a stream begins, or the trace jumps where no branch is */
		while (f->n_taken < f->n_asked)
			take_line(f, f->fetch2.cycle + 1);
		f->ask_pc = insn->uop->pc;
	}
	while (f->n_asked <= f->n_taken)
		ask(inorder, can_ask_at(f));
	uint64_t number = f->n_taken % INORDER_MAX_LINES;
	insn->fetch_depth = f->depth[number];
	inorder->waits.supply.extra = f->extra[number];
	f->line = line + 1;
	f->line_at = f->arrival[number] + inorder->params.fetch1_to_fetch2_cycles;
}

static bool is_same_insn(const struct inorder_front *f, const struct sim_core_uop *uop)
{
	return (uop->flags & SIM_CORE_MICROOP) != 0 && uop->uop_index != 0 && f->previous_pc == uop->pc + 1;
}

/* The wrong path of a branch that fetch 2 guessed at a cycle: another stream, if it guessed taken. */
static void follow_guess(struct inorder *inorder, const struct inorder_insn *insn)
{
	bool taken = (insn->row->flags & PV_ROW_TAKEN) != 0;
	if (!insn->mispredicted && taken)
		inorder_redirect(inorder, insn->fetch + inorder->params.fetch2_to_fetch1_cycles, insn->next_pc, PV_CPI_front_end);
	else if (insn->mispredicted && insn->wrong_pc != insn->uop->pc + insn->uop->insn_bytes)
		inorder_redirect(inorder, insn->fetch + inorder->params.fetch2_to_fetch1_cycles, insn->wrong_pc, PV_CPI_branch);
}

void inorder_fetch(struct inorder *inorder, struct inorder_insn *insn)
{
	struct inorder_front *f = &inorder->front;
	const struct sim_core_uop *uop = insn->uop;
	uint64_t from = f->fetch2.cycle, room_at = sim_ring_free_at(&f->decode_buffer);
	next_line(inorder, insn);
	uint64_t at = sim_later(f->line_at, room_at);
	insn->fetch = is_same_insn(f, uop) ? sim_later(f->fetch2.cycle, at) : sim_width_take(&f->fetch2, at);
	f->previous_pc = uop->pc + 1;
	uint64_t decode_from = insn->fetch + inorder->params.fetch2_to_decode_cycles;
	uint64_t decode_at = sim_later(decode_from, sim_ring_free_at(&f->execute_buffer));
	if (inorder->core.keeps_stack) {
		sim_stack_keep_supply(&inorder->waits.supply, from, f->line_at, room_at, insn->fetch, &f->why);
		inorder->waits.queues = decode_at - decode_from;
	}
	insn->decode = sim_width_take(&f->decode, decode_at);
	sim_ring_take(&f->decode_buffer, insn->decode - inorder->params.fetch2_to_decode_cycles + 1);
	if ((uop->flags & SIM_CORE_BRANCH) == 0)
		return;
	insn->mispredicted = sim_core_predict(&inorder->core, uop, insn->row, insn->next_pc, &insn->wrong_pc) != BP_BRANCH_RIGHT;
	follow_guess(inorder, insn);
}
