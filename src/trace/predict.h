/*
 * predict.h - predicts the next executed micro-operation from those before it; the encoder and the decoder keep the same state
 *
 * Per static micro-operation: the successor it had last and the one before that, the row flags that go with the former, and the last
 * address with its stride. All of it is forgotten at the start of a chunk, so that every chunk decodes on its own.
 */
#ifndef TRACE_PREDICT_H
#define TRACE_PREDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/trace.h>

enum { TRACE_NO_UOP = UINT32_MAX };

enum trace_predict_kind {
	TRACE_KIND_FIRST = 1u << 0,  /* first micro-operation of its instruction */
	TRACE_KIND_MEM = 1u << 1,    /* accesses memory */
	TRACE_KIND_FOLLOW = 1u << 2, /* accesses memory, and an earlier one of its instruction does too */
	TRACE_KIND_COND = 1u << 3,   /* branch that may go on to the next instruction */
	TRACE_KIND_UNCOND = 1u << 4, /* branch that may not */
	TRACE_KIND_SEEN = 1u << 5,   /* it or an earlier one of its instruction accesses memory */
	TRACE_KIND_DIRTY = 1u << 6   /* next, alt and expect were changed in this chunk */
};

struct trace_predict_uop {
	uint32_t next;       /* predicted successor; at first the following one in the table */
	uint32_t alt;        /* the prediction before that; at first TRACE_NO_UOP */
	uint32_t epoch;      /* last chunk in which the address state was set */
	int16_t addr_offset; /* as in struct pv_uop */
	uint8_t kind;        /* enum trace_predict_kind */
	uint8_t expect;      /* row flags when next follows */
};

struct trace_predict_addr {
	uint64_t last;   /* address of the last access */
	uint64_t stride; /* difference seen twice in a row */
	uint64_t delta;  /* latest difference */
};

struct trace_predict {
	const struct pv_uop *uops; /* (n) the table; borrowed */
	uint32_t n;
	size_t capacity;
	uint32_t epoch; /* counts chunks, from 1 */
	struct trace_predict_uop *uop;
	struct trace_predict_addr *addr;
	uint32_t *dirty; /* (PV_TRACE_CHUNK_ROWS) micro-operations with TRACE_KIND_DIRTY */
	uint32_t n_dirty;
};

/* trace_predict_grow - take the table as it is now: the first p->n entries are unchanged; false when memory is out (then p is as before) */
bool trace_predict_grow(struct trace_predict *p, const struct pv_uop *uops, uint32_t n);

/* trace_predict_release - free the arrays; a zero struct is allowed */
void trace_predict_release(struct trace_predict *p);

/* trace_predict_reset - forget everything: a new chunk starts */
void trace_predict_reset(struct trace_predict *p);

/* trace_predict_miss - uop was followed by successor, not by what was predicted; both are in the table */
void trace_predict_miss(struct trace_predict *p, uint32_t uop, uint32_t successor);

/* Row flags of a chunk's last row, whose successor is in another chunk. */
static inline uint8_t trace_predict_last_flags(const struct trace_predict_uop *u)
{
	return (uint8_t)((u->kind & TRACE_KIND_MEM ? PV_ROW_HAS_ADDR : 0) | (u->kind & TRACE_KIND_UNCOND ? PV_ROW_TAKEN : 0));
}

#endif
