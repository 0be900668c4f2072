/*
 * target.h - where branches go: branch target buffer, return-address stack, indirect target predictor
 */
#ifndef SIM_BP_TARGET_H
#define SIM_BP_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "uarch/uarch.h"

/* Branch target buffer: direct mapped, partial tags. */
struct bp_btb {
	struct bp_btb_entry *entries;
	uint32_t mask, index_bits, tag_mask, insn_shift;
};

enum pv_status bp_btb_init(struct bp_btb *btb, uint32_t n_entries, uint32_t tag_bits, uint32_t insn_shift, struct pv_error *err);
void bp_btb_release(struct bp_btb *btb);
/* the target kept for pc, 0 when there is none */
uint64_t bp_btb_lookup(const struct bp_btb *btb, uint64_t pc);
void bp_btb_update(struct bp_btb *btb, uint64_t pc, uint64_t target);

/* Return-address stack: a ring that overwrites its oldest entry. */
struct bp_ras {
	uint64_t *entries;
	uint32_t n_entries, top, n_used;
};

enum pv_status bp_ras_init(struct bp_ras *ras, uint32_t n_entries, struct pv_error *err);
void bp_ras_release(struct bp_ras *ras);
void bp_ras_push(struct bp_ras *ras, uint64_t return_pc);
/* the newest address, 0 when the stack is empty */
uint64_t bp_ras_pop(struct bp_ras *ras);

/* Indirect target predictor: set associative, keyed by pc, global outcomes and the latest indirect targets. */
enum { BP_INDIRECT_MAX_PATH = 16 };

struct bp_indirect {
	struct bp_indirect_entry *entries;
	struct uarch_branch params;
	uint32_t set_bits;
	uint64_t path[BP_INDIRECT_MAX_PATH]; /* latest targets, ring */
	uint32_t path_head;
	uint64_t history; /* global outcomes */
	uint32_t clock;   /* for least-recently-used replacement */
};

enum pv_status bp_indirect_init(struct bp_indirect *indirect, const struct uarch_branch *params, struct pv_error *err);
void bp_indirect_release(struct bp_indirect *indirect);
/* the target predicted for the branch at pc (0: none); then learns where it went */
uint64_t bp_indirect_step(struct bp_indirect *indirect, uint64_t pc, uint64_t target);
/* a conditional branch's outcome enters the history */
void bp_indirect_note_outcome(struct bp_indirect *indirect, bool taken);

#endif
