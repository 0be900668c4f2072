/*
 * replay.c - from executed blocks and addresses to rows
 *
 *   block event     the finished block before it is settled: branch outcome from where control went, how far it came;
 *                   then the new block's template of rows is copied to the end of the batch
 *   memory event    names its instruction in the block: the addresses of that instruction's rows are set
 *
 * A block is left in the middle when a signal or fault strikes. QEMU's user mode delivers asynchronous signals between blocks; what
 * leaves in the middle is the faulting instruction itself. QEMU reports an access after it was made, so the first instruction that had
 * to report an address and did not is where the block was left. What comes after it is not recorded.
 */
#include "tracer/replay.h"

#include <stdlib.h>
#include <string.h>

#include "tracer/protocol.h"

enum { GUEST_PAGE_BYTES = 4096, BATCH_ROWS = 16384, ROOM_ROWS = BATCH_ROWS + TRACER_MAX_BLOCK_INSNS * PV_MAX_UOPS_PER_INSN };

enum pv_status tracer_replay_init(struct tracer_replay *r, struct tracer_blocks *blocks, struct pv_trace_writer *writer,
                                  uint64_t n_max_insns, struct pv_error *err)
{
	*r = (struct tracer_replay){.blocks = blocks, .writer = writer, .n_max_insns = n_max_insns, .last_insn = -1};
	r->rows = malloc(ROOM_ROWS * sizeof *r->rows);
	return r->rows ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory for %d rows", ROOM_ROWS);
}

void tracer_replay_release(struct tracer_replay *r)
{
	free(r->rows);
	r->rows = NULL;
}

/* ---- how far a block came ---- */

/* What is known when a block is settled. */
struct next {
	bool known;
	uint64_t pc;
	uint32_t n_insns;
	bool crash; /* nothing follows because a signal killed the guest */
};

static bool may_go_to(const struct tracer_block *b, uint64_t pc)
{
	switch (b->kind) {
	case TRACER_END_NEXT: return pc == b->end;
	case TRACER_END_COND: return pc == b->end || pc == b->target;
	case TRACER_END_TARGET: return pc == b->target;
	case TRACER_END_ANY: return true;
	}
	return false;
}

/*
 * Whether the last instruction that reported did so for a part of its bytes and then met a page that it may not touch. Only an access
 * that crosses pages can.
 */
static bool stopped_inside(const struct tracer_replay *r)
{
	const struct tracer_block *b = r->block;
	if (r->last_insn < 0 || b->report[r->last_insn] != TRACER_REPORT_ALWAYS)
		return false;
	uint32_t bytes = 0;
	for (uint32_t i = b->insn_access[r->last_insn]; i < b->insn_access[r->last_insn + 1]; i++)
		bytes += b->access[i].bytes;
	return r->bytes < bytes && (r->base ^ (r->base + bytes - 1)) >= GUEST_PAGE_BYTES;
}

/* The first instruction of a kind after the last that reported; n_insns when there is none. */
static uint32_t find_report(const struct tracer_replay *r, enum tracer_block_report report)
{
	uint32_t i = (uint32_t)(r->last_insn + 1);
	while (i < r->block->n_insns && r->block->report[i] != report)
		i++;
	return i;
}

/* The first instruction that had to report its access and did not, or not wholly; n_insns when there is none. */
static uint32_t first_silent(const struct tracer_replay *r)
{
	if (stopped_inside(r))
		return (uint32_t)r->last_insn;
	return find_report(r, TRACER_REPORT_ALWAYS);
}

/*
 * The instruction at which QEMU left a block to run it again, alone (wide atomics of a program with threads): the next block is that
 * instruction. Returns n_insns when it is not so.
 */
static uint32_t restarted_at(const struct tracer_replay *r, const struct next *next)
{
	const struct tracer_block *b = r->block;
	if (!next->known || next->n_insns != 1 || next->pc < b->pc || next->pc >= b->end || b->n_insns == 1)
		return b->n_insns;
	for (uint32_t i = (uint32_t)(r->last_insn + 1); i < b->n_insns; i++)
		if (b->insn_pc[i] == next->pc && b->insn_access[i] != b->insn_access[i + 1])
			return i;
	return b->n_insns;
}

/* The access raised it where there is one, else the whole instruction. */
static void mark_fault(struct tracer_replay *r, uint32_t insn)
{
	const struct tracer_block *b = r->block;
	uint32_t from = b->insn_access[insn], to = b->insn_access[insn + 1];
	for (uint32_t i = from; i < to; i++)
		r->block_rows[b->access[i].row].flags |= PV_ROW_FAULT;
	for (uint32_t row = b->insn_row[insn]; from == to && row < b->insn_row[insn + 1]; row++)
		r->block_rows[row].flags |= PV_ROW_FAULT;
}

/* The slow path of settle(): how many instructions of the block are recorded. */
static uint32_t examine(struct tracer_replay *r, const struct next *next)
{
	const struct tracer_block *b = r->block;
	uint32_t restart = restarted_at(r, next);
	if (restart < b->n_insns) {
		r->n_interrupted_blocks++;
		return restart;
	}
	/* Control went where only the block's end leads: it completed, whatever the decoder holds of its instructions. */
	bool went_on = next->known && b->kind != TRACER_END_ANY && may_go_to(b, next->pc);
	if (went_on)
		return b->n_insns;
	uint32_t silent = first_silent(r);
	if (silent == b->n_insns && (next->known ? b->kind != TRACER_END_ANY : next->crash))
		silent = find_report(r, TRACER_REPORT_NEVER); /* likelier than a signal that came just then */
	if (silent < b->n_insns) {
		r->n_interrupted_blocks++;
		if (!next->known && !next->crash)
			return silent; /* another thread ended the guest here */
		mark_fault(r, silent);
		return silent + 1;
	}
	/* Breakpoints and undefined instructions end a block and trap; a memory instruction there is followed by a signal. */
	uint32_t last = b->n_insns - 1;
	bool trapped = next->known || next->crash;
	if (b->kind == TRACER_END_NEXT && trapped && b->insn_access[last] == b->insn_access[last + 1])
		mark_fault(r, last);
	return b->n_insns;
}

/* ---- settling a block ---- */

/* Takes the first n instructions of the block, less what lies outside the recording; returns how many were taken. */
static uint32_t take(struct tracer_replay *r, uint32_t n)
{
	const struct tracer_block *b = r->block;
	uint64_t want = r->n_max_insns - r->n_insns;
	uint32_t first = r->n_drop < n ? r->n_drop : n;
	uint32_t last = n - first > want ? first + (uint32_t)want : n;
	uint32_t from = b->insn_row[first], to = b->insn_row[last];
	for (uint32_t i = b->insn_access[first]; i < b->insn_access[last]; i++)
		r->n_no_address_rows += !(r->block_rows[b->access[i].row].flags & PV_ROW_HAS_ADDR);
	if (from)
		memmove(r->block_rows, r->block_rows + from, (to - from) * sizeof *r->block_rows);
	r->n_drop = 0;
	r->n_pending += to - from;
	return last - first;
}

/* Derives addresses that QEMU did not report, from the blocks before where the last one was not of this sort. */
static void fill_silent(struct tracer_replay *r, uint32_t n_insns)
{
	unsigned n = r->zva.known ? 0 : r->n_past < TRACER_N_PAST ? r->n_past : TRACER_N_PAST;
	for (; n; n--) {
		const struct tracer_past_block *past = &r->past[(r->n_past - n) % TRACER_N_PAST];
		tracer_zva_fill(&r->zva, past->block, past->block->n_insns, r->rows + past->row);
	}
	tracer_zva_fill(&r->zva, r->block, n_insns, r->block_rows);
}

/* The rest of settle() for blocks that need a second look: left in the middle, at an edge of the recording. */
static void settle_slowly(struct tracer_replay *r, const struct next *next)
{
	uint32_t n = examine(r, next);
	const struct tracer_block *b = r->block;
	if (n == b->n_insns && b->kind == TRACER_END_COND && next->known && next->pc == b->target && b->target != b->end)
		r->block_rows[b->branch_row].flags |= PV_ROW_TAKEN;
	if (b->has_silent)
		fill_silent(r, n);
	else
		r->zva.known = 0;
	r->n_past = 0;
	r->n_insns += take(r, n);
	r->done = r->n_insns >= r->n_max_insns;
	r->block = NULL;
}

/* Ends the block that is executing: control went to next. */
static inline void settle(struct tracer_replay *r, uint64_t next_pc, uint32_t next_insns)
{
	const struct tracer_block *b = r->block;
	bool special = b->has_silent || next_insns == 1;
	bool edge = r->n_drop || r->n_insns + b->n_insns >= r->n_max_insns;
	bool left = r->last_insn < b->last_sure || !may_go_to(b, next_pc) || (b->kind == TRACER_END_ANY && stopped_inside(r));
	if (__builtin_expect(special || edge || left, 0)) {
		settle_slowly(r, &(struct next){.known = true, .pc = next_pc, .n_insns = next_insns});
		return;
	}
	if (b->kind == TRACER_END_COND && next_pc != b->end)
		r->block_rows[b->branch_row].flags |= PV_ROW_TAKEN;
	r->past[r->n_past++ % TRACER_N_PAST] = (struct tracer_past_block){b, r->n_pending};
	r->n_insns += b->n_insns;
	r->n_pending += b->n_rows;
	r->n_no_address_rows += b->insn_access[b->n_insns] - r->n_addressed;
	r->zva.known = 0;
	r->block = NULL;
}

static enum pv_status flush(struct tracer_replay *r, struct pv_error *err)
{
	if (r->n_pending)
		TRY(pv_trace_append(r->writer, r->rows, r->n_pending, err));
	r->n_rows += r->n_pending;
	r->n_pending = 0;
	r->n_past = 0;
	return PV_OK;
}

/* ---- events ---- */

static enum pv_status begin_block(struct tracer_replay *r, uint64_t word, uint64_t n_published, struct pv_error *err)
{
	const struct tracer_block *b;
	TRY(tracer_blocks_get(r->blocks, (uint32_t)word, n_published, &b, err));
	if (r->block) {
		settle(r, b->pc, b->n_insns);
		if (r->done)
			return PV_OK;
	}
	if (r->n_pending >= BATCH_ROWS)
		TRY(flush(r, err));
	r->block = b;
	r->block_rows = r->rows + r->n_pending;
	r->last_insn = -1;
	r->n_addressed = 0;
	memcpy(r->block_rows, b->rows, b->n_rows * sizeof *b->rows);
	return PV_OK;
}

/* Sets the addresses of an instruction's rows; a second, lower address of the same instruction corrects them. */
static enum pv_status access_memory(struct tracer_replay *r, uint64_t word, struct pv_error *err)
{
	const struct tracer_block *b = r->block;
	uint32_t insn = (uint32_t)(word >> TRACER_EVENT_INSN_SHIFT) & TRACER_MAX_BLOCK_INSNS;
	uint64_t addr = word & TRACER_EVENT_ADDR_MASK;
	if (__builtin_expect(!b || insn >= b->n_insns, 0))
		return base_error_set(err, PV_ERR_FORMAT,
		                      "the plugin reported a memory access of instruction %u of no block, after %llu instructions", insn,
		                      (unsigned long long)r->n_insns);
	uint32_t bytes = 1u << (word >> TRACER_EVENT_SIZE_SHIFT & 7);
	if ((int32_t)insn == r->last_insn) {
		r->bytes += bytes;
		if (addr >= r->base)
			return PV_OK;
	} else {
		r->last_insn = (int32_t)insn;
		r->bytes = bytes;
		r->n_addressed += (uint32_t)(b->insn_access[insn + 1] - b->insn_access[insn]);
	}
	r->base = addr;
	uint32_t from = b->insn_access[insn], to = b->insn_access[insn + 1];
	r->n_unmatched_accesses += from == to;
	for (uint32_t i = from; i < to; i++) {
		struct pv_row *row = &r->block_rows[b->access[i].row];
		row->addr = addr + (uint64_t)(int64_t)b->access[i].offset;
		row->flags |= PV_ROW_HAS_ADDR;
	}
	return PV_OK;
}

enum pv_status tracer_replay_events(struct tracer_replay *r, const uint64_t *words, size_t n, uint64_t n_published, struct pv_error *err)
{
	for (size_t i = 0; i < n && !r->done; i++)
		TRY(words[i] & TRACER_EVENT_MEM ? access_memory(r, words[i], err) : begin_block(r, words[i], n_published, err));
	return PV_OK;
}

enum pv_status tracer_replay_finish(struct tracer_replay *r, enum tracer_replay_end end, struct pv_error *err)
{
	if (r->block && !r->done && end != TRACER_REPLAY_CUT)
		settle_slowly(r, &(struct next){.crash = end == TRACER_REPLAY_CRASH});
	r->block = NULL;
	return flush(r, err);
}
