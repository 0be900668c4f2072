/*
 * predict.h - what the rows so far say about the next one; the encoder and the decoder keep the same state
 *
 * Per static micro-operation: the successor it had last and the one before that, the row flags that go with the former, and the last
 * address with its stride. All of it is forgotten at the start of a chunk, so that every chunk decodes on its own.
 */
#ifndef PV_TRACE_PREDICT_H
#define PV_TRACE_PREDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/trace.h>

enum { PV_NO_UOP = UINT32_MAX };

enum pv_predict_kind {
	PV_KIND_FIRST = 1u << 0,  /* first micro-operation of its instruction */
	PV_KIND_MEM = 1u << 1,    /* accesses memory */
	PV_KIND_FOLLOW = 1u << 2, /* accesses memory, and an earlier one of its instruction does too */
	PV_KIND_COND = 1u << 3,   /* branch that may go on to the next instruction */
	PV_KIND_UNCOND = 1u << 4, /* branch that may not */
	PV_KIND_SEEN = 1u << 5,   /* it or an earlier one of its instruction accesses memory */
	PV_KIND_DIRTY = 1u << 6   /* next, alt and expect were changed in this chunk */
};

struct pv_predict_uop {
	uint32_t next;       /* predicted successor; at first the following one in the table */
	uint32_t alt;        /* the prediction before that; at first PV_NO_UOP */
	uint32_t epoch;      /* last chunk in which the address state was set */
	int16_t addr_offset; /* as in struct pv_uop */
	uint8_t kind;        /* enum pv_predict_kind */
	uint8_t expect;      /* row flags when next follows */
};

struct pv_predict_addr {
	uint64_t last;   /* address of the last access */
	uint64_t stride; /* difference seen twice in a row */
	uint64_t delta;  /* latest difference */
};

struct pv_predict {
	const struct pv_uop *uops; /* (n) the table; borrowed */
	uint32_t n;
	uint32_t capacity;
	uint32_t epoch; /* counts chunks, from 1 */
	struct pv_predict_uop *uop;
	struct pv_predict_addr *addr;
	uint32_t *dirty; /* (PV_TRACE_CHUNK_ROWS) micro-operations with PV_KIND_DIRTY */
	uint32_t n_dirty;
};

/* pv_predict_grow - take the table as it is now: the first p->n entries are unchanged; false when memory is out (then p is as before) */
bool pv_predict_grow(struct pv_predict *p, const struct pv_uop *uops, uint32_t n);

/* pv_predict_release - free the arrays; a zero struct is allowed */
void pv_predict_release(struct pv_predict *p);

/* pv_predict_reset - forget everything: a new chunk starts */
void pv_predict_reset(struct pv_predict *p);

/* pv_predict_miss - uop was followed by successor, not by what was predicted; both are in the table */
void pv_predict_miss(struct pv_predict *p, uint32_t uop, uint32_t successor);

/* Row flags of a chunk's last row, whose successor is in another chunk. */
static inline uint8_t pv_predict_last_flags(const struct pv_predict_uop *u)
{
	return (uint8_t)((u->kind & PV_KIND_MEM ? PV_ROW_HAS_ADDR : 0) | (u->kind & PV_KIND_UNCOND ? PV_ROW_TAKEN : 0));
}

#endif
