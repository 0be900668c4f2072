/*
 * target.h - where branches go: branch target buffer, return-address stack, indirect target predictor
 */
#ifndef PV_SIM_BP_TARGET_H
#define PV_SIM_BP_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "uarch/uarch.h"

/* Branch target buffer: direct mapped, partial tags. */
struct pv_btb {
	struct pv_btb_entry *entries;
	uint32_t mask, index_bits, tag_mask, insn_shift;
};

enum pv_status pv_btb_init(struct pv_btb *btb, uint32_t n_entries, uint32_t tag_bits, uint32_t insn_shift, struct pv_error *err);
void pv_btb_release(struct pv_btb *btb);
/* the target kept for pc, 0 when there is none */
uint64_t pv_btb_lookup(const struct pv_btb *btb, uint64_t pc);
void pv_btb_update(struct pv_btb *btb, uint64_t pc, uint64_t target);

/* Return-address stack: a ring that overwrites its oldest entry. */
struct pv_ras {
	uint64_t *entries;
	uint32_t n_entries, top, n_used;
};

enum pv_status pv_ras_init(struct pv_ras *ras, uint32_t n_entries, struct pv_error *err);
void pv_ras_release(struct pv_ras *ras);
void pv_ras_push(struct pv_ras *ras, uint64_t return_pc);
/* the newest address, 0 when the stack is empty */
uint64_t pv_ras_pop(struct pv_ras *ras);

/* Indirect target predictor: set associative, keyed by pc, global outcomes and the latest indirect targets. */
enum { PV_INDIRECT_MAX_PATH = 16 };

struct pv_indirect {
	struct pv_indirect_entry *entries;
	struct uarch_branch params;
	uint32_t set_bits;
	uint64_t path[PV_INDIRECT_MAX_PATH]; /* latest targets, ring */
	uint32_t path_head;
	uint64_t history; /* global outcomes */
	uint32_t clock;   /* for least-recently-used replacement */
};

enum pv_status pv_indirect_init(struct pv_indirect *indirect, const struct uarch_branch *params, struct pv_error *err);
void pv_indirect_release(struct pv_indirect *indirect);
/* the target predicted for the branch at pc (0: none); then learns where it went */
uint64_t pv_indirect_step(struct pv_indirect *indirect, uint64_t pc, uint64_t target);
/* a conditional branch's outcome enters the history */
void pv_indirect_note_outcome(struct pv_indirect *indirect, bool taken);

#endif
