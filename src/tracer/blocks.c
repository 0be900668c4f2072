/*
 * blocks.c - decodes translated blocks once and keeps what their execution appends
 *
 * A block's description (protocol.h) is read when the block executes for the first time, so that static micro-operations are numbered
 * in the order of first execution: the same run gives the same numbers, whatever other threads translate meanwhile. Instructions are
 * looked up by address and bytes, because blocks overlap (a branch into the middle of a block starts another) and because code may be
 * replaced by other code at the same address.
 */
#include "tracer/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "tracer/protocol.h"

enum { MAX_INSN_BYTES = 15 };

/* A decoded instruction; all zero means an empty slot (n_uops is never 0). */
struct insn_slot {
	uint64_t pc;
	uint32_t first_uop;
	uint8_t n_bytes;
	uint8_t n_uops;
	uint8_t bytes[MAX_INSN_BYTES];
};

/* What building needs while the number of rows is unknown. */
struct draft {
	struct pv_row rows[TRACER_MAX_BLOCK_INSNS * PV_MAX_UOPS_PER_INSN];
	struct tracer_block_access access[TRACER_MAX_BLOCK_INSNS * PV_MAX_UOPS_PER_INSN];
	uint64_t insn_pc[TRACER_MAX_BLOCK_INSNS];
	uint16_t insn_row[TRACER_MAX_BLOCK_INSNS + 1];
	uint16_t insn_access[TRACER_MAX_BLOCK_INSNS + 1];
	uint8_t report[TRACER_MAX_BLOCK_INSNS];
	struct tracer_block block;
	uint32_t n_access;
};

struct tracer_blocks {
	const uint8_t *descriptions;
	uint64_t capacity;
	struct isa_decoder *decoder;
	struct pv_trace_writer *writer;
	struct tracer_block **block; /* (n_known) NULL until executed */
	uint64_t *offset;            /* (n_known) of the description */
	uint32_t n_known;
	size_t room;
	uint64_t scanned;       /* bytes of descriptions that have an entry above */
	struct insn_slot *insn; /* open addressing */
	size_t n_insns, n_slots;
	struct draft *draft;
};

enum pv_status tracer_blocks_new(const uint8_t *descriptions, uint64_t capacity, struct isa_decoder *decoder,
                                 struct pv_trace_writer *writer, struct tracer_blocks **blocks, struct pv_error *err)
{
	struct tracer_blocks *b = calloc(1, sizeof *b);
	if (b) {
		*b = (struct tracer_blocks){
		    .descriptions = descriptions, .capacity = capacity, .decoder = decoder, .writer = writer, .n_slots = 4096};
		b->insn = calloc(b->n_slots, sizeof *b->insn);
		b->draft = malloc(sizeof *b->draft);
	}
	if (!b || !b->insn || !b->draft) {
		tracer_blocks_free(b);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for the table of translated blocks");
	}
	*blocks = b;
	return PV_OK;
}

void tracer_blocks_free(struct tracer_blocks *b)
{
	if (!b)
		return;
	for (uint32_t i = 0; i < b->n_known; i++)
		free(b->block[i]);
	free(b->block);
	free(b->offset);
	free(b->insn);
	free(b->draft);
	free(b);
}

/* ---- descriptions ---- */

static enum pv_status damaged(uint64_t at, struct pv_error *err)
{
	return base_error_set(err, PV_ERR_FORMAT, "the plugin's description of a block at byte %llu is damaged", (unsigned long long)at);
}

/* Whether a whole description lies at an offset; *bytes gets its length. */
static bool description_fits(const struct tracer_blocks *b, uint64_t at, uint64_t *bytes)
{
	struct tracer_block_header header;
	if (at > b->capacity || b->capacity - at < sizeof header)
		return false;
	memcpy(&header, b->descriptions + at, sizeof header);
	*bytes = (sizeof header + header.n_insns + (uint64_t)header.code_bytes + 7) & ~UINT64_C(7);
	return header.n_insns > 0 && header.n_insns <= TRACER_MAX_BLOCK_INSNS && header.code_bytes <= header.n_insns * MAX_INSN_BYTES &&
	       *bytes <= b->capacity - at;
}

/* Finds the descriptions of all blocks up to id. */
static enum pv_status scan_descriptions(struct tracer_blocks *b, uint32_t id, struct pv_error *err)
{
	const struct base_column columns[] = {{&b->block, sizeof *b->block}, {&b->offset, sizeof *b->offset}};
	while (b->n_known <= id) {
		uint64_t bytes;
		if (!description_fits(b, b->scanned, &bytes))
			return damaged(b->scanned, err);
		TRY(base_columns_grow(columns, 2, &b->room, b->n_known + 1, "translated blocks", err));
		b->block[b->n_known] = NULL;
		b->offset[b->n_known++] = b->scanned;
		b->scanned += bytes;
	}
	return PV_OK;
}

/* ---- instructions ---- */

static size_t slot_of(const struct tracer_blocks *b, uint64_t pc, const uint8_t *bytes, uint8_t n_bytes)
{
	uint64_t h = pc * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(h >> 32) & (b->n_slots - 1);
	while (b->insn[i].n_uops && (b->insn[i].pc != pc || b->insn[i].n_bytes != n_bytes || memcmp(b->insn[i].bytes, bytes, n_bytes) != 0))
		i = (i + 1) & (b->n_slots - 1);
	return i;
}

static bool grow_slots(struct tracer_blocks *b)
{
	struct insn_slot *old = b->insn;
	size_t n_old = b->n_slots;
	struct insn_slot *slots = calloc(2 * n_old, sizeof *slots);
	if (!slots)
		return false;
	b->insn = slots;
	b->n_slots = 2 * n_old;
	for (size_t i = 0; i < n_old; i++)
		if (old[i].n_uops)
			b->insn[slot_of(b, old[i].pc, old[i].bytes, old[i].n_bytes)] = old[i];
	free(old);
	return true;
}

/* Decodes one instruction; its micro-operations get numbers when it was not seen before. */
static enum pv_status decode_insn(struct tracer_blocks *b, uint64_t pc, const uint8_t *bytes, uint8_t n_bytes, struct pv_uop *uops,
                                  uint32_t *n_uops, uint32_t *first_uop, struct pv_error *err)
{
	*n_uops = (uint32_t)isa_decode(b->decoder, pc, bytes, n_bytes, uops);
	size_t i = slot_of(b, pc, bytes, n_bytes);
	if (!b->insn[i].n_uops) {
		if (b->n_insns >= b->n_slots / 2) {
			if (!grow_slots(b))
				return base_error_set(err, PV_ERR_NOMEM, "out of memory for %zu decoded instructions", b->n_insns);
			i = slot_of(b, pc, bytes, n_bytes);
		}
		struct insn_slot slot = {.pc = pc, .n_bytes = n_bytes, .n_uops = (uint8_t)*n_uops};
		TRY(pv_trace_add_uops(b->writer, uops, *n_uops, &slot.first_uop, err));
		memcpy(slot.bytes, bytes, n_bytes);
		b->insn[i] = slot;
		b->n_insns++;
	}
	*first_uop = b->insn[i].first_uop;
	return PV_OK;
}

/* ---- building a block ---- */

/*
 * Store-exclusives may fail and atomics may only compare; prefetches run without a word from QEMU. 16 bytes is the widest access of one
 * micro-operation but for DC ZVA, which QEMU's user mode carries out without a callback.
 */
static enum tracer_block_report report_of(const struct pv_uop *uop)
{
	uint32_t unsure = PV_UOP_PREFETCH | PV_UOP_STORE_CONDITIONAL | PV_UOP_ATOMIC;
	if (!(uop->flags & (PV_UOP_LOAD | PV_UOP_STORE)) || (uop->flags & unsure) || uop->access_bytes == 0)
		return TRACER_REPORT_MAYBE;
	return uop->access_bytes <= 16 ? TRACER_REPORT_ALWAYS : TRACER_REPORT_NEVER;
}

static void draft_branch(struct tracer_block *block, const struct pv_uop *uop, uint32_t row)
{
	if (uop->flags & PV_UOP_SYSCALL)
		block->kind = TRACER_END_ANY;
	if (!(uop->flags & PV_UOP_BRANCH))
		return;
	block->branch_row = row;
	block->target = uop->target;
	if (!(uop->flags & PV_UOP_DIRECT_BRANCH))
		block->kind = TRACER_END_ANY;
	else
		block->kind = uop->flags & PV_UOP_COND_BRANCH ? TRACER_END_COND : TRACER_END_TARGET;
}

static void draft_insn(struct draft *d, uint32_t insn, uint64_t pc, const struct pv_uop *uops, uint32_t n_uops, uint32_t first_uop)
{
	struct tracer_block *block = &d->block;
	d->insn_pc[insn] = pc;
	d->insn_row[insn] = (uint16_t)block->n_rows;
	d->insn_access[insn] = (uint16_t)d->n_access;
	d->report[insn] = TRACER_REPORT_MAYBE;
	block->kind = TRACER_END_NEXT; /* only the last instruction's counts */
	for (uint32_t u = 0; u < n_uops; u++) {
		uint32_t row = block->n_rows++;
		bool always = (uops[u].flags & PV_UOP_UNCOND_BRANCH) && !(uops[u].flags & PV_UOP_COND_BRANCH);
		/* gem5 does not count a jump to the next instruction */
		bool to_next = (uops[u].flags & PV_UOP_DIRECT_BRANCH) && uops[u].target == pc + uops[u].insn_bytes;
		uint8_t taken = always && !to_next ? PV_ROW_TAKEN : 0;
		d->rows[row] = (struct pv_row){.uop = first_uop + u, .flags = taken};
		if (uops[u].flags & (PV_UOP_LOAD | PV_UOP_STORE))
			d->access[d->n_access++] = (struct tracer_block_access){
			    .row = (uint16_t)row, .offset = uops[u].addr_offset, .bytes = uops[u].access_bytes};
		if (report_of(&uops[u]) != TRACER_REPORT_MAYBE)
			d->report[insn] = (uint8_t)report_of(&uops[u]);
		draft_branch(block, &uops[u], row);
	}
	block->has_silent |= d->report[insn] == TRACER_REPORT_NEVER;
	if (d->report[insn] == TRACER_REPORT_ALWAYS)
		block->last_sure = (int32_t)insn;
}

/* One allocation that holds a block and its arrays, the widest elements first. */
static struct tracer_block *block_from_draft(const struct draft *d)
{
	size_t n = d->block.n_insns;
	size_t pc_bytes = n * sizeof *d->insn_pc, row_bytes = d->block.n_rows * sizeof *d->rows;
	size_t access_bytes = d->n_access * sizeof *d->access, index_bytes = (n + 1) * sizeof *d->insn_row;
	struct tracer_block *block = malloc(sizeof *block + row_bytes + pc_bytes + access_bytes + 2 * index_bytes + n);
	if (!block)
		return NULL;
	*block = d->block;
	uint8_t *p = (uint8_t *)(block + 1);
	block->rows = memcpy(p, d->rows, row_bytes);
	block->insn_pc = memcpy(p += row_bytes, d->insn_pc, pc_bytes);
	block->access = memcpy(p += pc_bytes, d->access, access_bytes);
	block->insn_row = memcpy(p += access_bytes, d->insn_row, index_bytes);
	block->insn_access = memcpy(p += index_bytes, d->insn_access, index_bytes);
	block->report = memcpy(p += index_bytes, d->report, n);
	return block;
}

static enum pv_status build_block(struct tracer_blocks *b, uint32_t id, struct pv_error *err)
{
	struct draft *d = b->draft;
	struct tracer_block_header header;
	const uint8_t *lengths = b->descriptions + b->offset[id] + sizeof header;
	memcpy(&header, b->descriptions + b->offset[id], sizeof header);
	const uint8_t *code = lengths + header.n_insns;
	const uint8_t *end = code + header.code_bytes;
	d->block = (struct tracer_block){.pc = header.pc, .n_insns = header.n_insns, .last_sure = -1, .code = code};
	d->n_access = 0;
	uint64_t pc = header.pc;
	for (uint32_t i = 0; i < header.n_insns; i++) {
		struct pv_uop uops[PV_MAX_UOPS_PER_INSN];
		uint32_t n_uops = 0, first_uop = 0;
		uint8_t n_bytes = lengths[i];
		if (n_bytes == 0 || n_bytes > MAX_INSN_BYTES || n_bytes > end - code)
			return damaged(b->offset[id], err);
		TRY(decode_insn(b, pc, code, n_bytes, uops, &n_uops, &first_uop, err));
		draft_insn(d, i, pc, uops, n_uops, first_uop);
		code += n_bytes;
		pc += n_bytes;
	}
	d->block.end = pc;
	d->insn_row[header.n_insns] = (uint16_t)d->block.n_rows;
	d->insn_access[header.n_insns] = (uint16_t)d->n_access;
	b->block[id] = block_from_draft(d);
	return b->block[id] ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory for %u translated blocks", b->n_known);
}

enum pv_status tracer_blocks_get(struct tracer_blocks *b, uint32_t id, uint64_t n_published, const struct tracer_block **block,
                                 struct pv_error *err)
{
	if (id >= n_published)
		return base_error_set(err, PV_ERR_FORMAT, "the plugin reported block %u but described %llu", id,
		                      (unsigned long long)n_published);
	TRY(scan_descriptions(b, id, err));
	if (!b->block[id])
		TRY(build_block(b, id, err));
	*block = b->block[id];
	return PV_OK;
}
