/*
 * blocks.h - translated blocks, each decoded once into a template of the rows it appends when it executes
 */
#ifndef TRACER_BLOCKS_H
#define TRACER_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include <perfvec/trace.h>

#include "base/error.h"
#include "isa/decoder.h"

/* What an instruction says of its memory access when it completes. */
enum tracer_block_report {
	TRACER_REPORT_MAYBE = 0, /* nothing to say, or not always: no memory, store-exclusive, compare-and-swap, prefetch */
	TRACER_REPORT_ALWAYS,    /* an address each time */
	TRACER_REPORT_NEVER      /* it writes memory without a word from QEMU: DC ZVA */
};

/* Where control may go after a block's last instruction. */
enum tracer_block_end {
	TRACER_END_NEXT,   /* to the next instruction in memory */
	TRACER_END_COND,   /* there or to the target */
	TRACER_END_TARGET, /* to the target */
	TRACER_END_ANY     /* indirect branches, system calls */
};

/* One memory micro-operation of an instruction. */
struct tracer_block_access {
	uint16_t row;   /* in the block */
	int16_t offset; /* of its address from the instruction's */
	uint16_t bytes; /* read or written */
};

struct tracer_block {
	uint64_t pc;
	uint64_t end;    /* address after the last instruction */
	uint64_t target; /* of a direct branch at the end, else 0 */
	enum tracer_block_end kind;
	uint32_t n_insns;
	uint32_t n_rows;
	uint32_t branch_row;                      /* row of the branch at the end; undefined for TRACER_END_NEXT */
	int32_t last_sure;                        /* last instruction that reports an address whenever it completes; -1 for none */
	bool has_silent;                          /* some instruction is TRACER_REPORT_NEVER */
	const uint8_t *code;                      /* machine code; in the shared mapping */
	const struct pv_row *rows;                /* (n_rows) template; unconditional branches are taken already */
	const uint64_t *insn_pc;                  /* (n_insns) */
	const uint16_t *insn_row;                 /* (n_insns + 1) first row of each instruction */
	const uint16_t *insn_access;              /* (n_insns + 1) first access of each instruction */
	const uint8_t *report;                    /* (n_insns) enum tracer_block_report */
	const struct tracer_block_access *access; /* (insn_access[n_insns]) */
};

struct tracer_blocks;

/*
 * tracer_blocks_new - a table of blocks over the descriptions that the plugin appends
 *
 * @descriptions  (capacity) bytes of the shared mapping; read as the plugin publishes them
 * @decoder, @writer  borrowed; static micro-operations are added to the writer as blocks execute for the first time
 */
enum pv_status tracer_blocks_new(const uint8_t *descriptions, uint64_t capacity, struct isa_decoder *decoder,
                                 struct pv_trace_writer *writer, struct tracer_blocks **blocks, struct pv_error *err);

/* tracer_blocks_free - release; NULL is allowed */
void tracer_blocks_free(struct tracer_blocks *blocks);

/*
 * tracer_blocks_get - a block by its number
 *
 * @n_published  descriptions that the plugin has published so far
 *
 * Instructions with the same address and bytes have the same static micro-operations, whatever block they are in.
 *
 * Returns: PV_OK and *block, owned by the table; PV_ERR_FORMAT (no such block, damaged description); PV_ERR_NOMEM; the writer's errors
 */
enum pv_status tracer_blocks_get(struct tracer_blocks *blocks, uint32_t id, uint64_t n_published, const struct tracer_block **block,
                                 struct pv_error *err);

#endif
