/*
 * replay.h - turns the plugin's events into rows of a trace
 */
#ifndef TRACER_REPLAY_H
#define TRACER_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/trace.h>

#include "base/error.h"
#include "tracer/blocks.h"
#include "tracer/zva.h"

/* How the stream of events ended. */
enum tracer_replay_end {
	TRACER_REPLAY_EXIT,  /* the guest asked to end: its last block is whole, or another thread ended it */
	TRACER_REPLAY_CRASH, /* a signal killed the guest: the last instruction may have raised it */
	TRACER_REPLAY_CUT    /* the tracer ended the guest: nobody knows how far the last block came */
};

/* A block that was settled whole and whose rows are still pending. */
struct tracer_past_block {
	const struct tracer_block *block;
	size_t row;
};

enum { TRACER_N_PAST = 4 };

struct tracer_replay {
	struct tracer_blocks *blocks;   /* borrowed */
	struct pv_trace_writer *writer; /* borrowed */
	uint64_t n_max_insns;
	uint64_t n_insns;              /* recorded so far */
	uint64_t n_rows;               /* likewise */
	uint64_t n_interrupted_blocks; /* left in the middle */
	uint64_t n_unmatched_accesses; /* of instructions without a memory micro-operation */
	uint64_t n_no_address_rows;    /* loads and stores without an address */
	uint32_t n_drop;               /* instructions to leave out at the beginning */
	bool done;                     /* n_max_insns were recorded; further events are ignored */
	/* the block that is executing, if any */
	const struct tracer_block *block;
	struct pv_row *block_rows;                    /* its rows, at the end of the batch */
	int32_t last_insn;                            /* last instruction that reported an address; -1 for none */
	uint64_t base;                                /* that instruction's lowest address */
	uint32_t bytes;                               /* that it accessed so far */
	uint32_t n_addressed;                         /* rows of the block that have an address */
	struct tracer_zva zva;                        /* registers known after the last block, if it had DC ZVA */
	struct tracer_past_block past[TRACER_N_PAST]; /* blocks before, newest at n_past - 1, modulo TRACER_N_PAST */
	unsigned n_past;
	/* rows not yet given to the writer */
	struct pv_row *rows;
	size_t n_pending;
};

/* tracer_replay_init - PV_ERR_NOMEM */
enum pv_status tracer_replay_init(struct tracer_replay *r, struct tracer_blocks *blocks, struct pv_trace_writer *writer,
                                  uint64_t n_max_insns, struct pv_error *err);

/* tracer_replay_release - a zero struct is allowed */
void tracer_replay_release(struct tracer_replay *r);

/*
 * tracer_replay_events - take events in order
 *
 * @words        (n) as the plugin wrote them (protocol.h)
 * @n_published  blocks described so far
 *
 * Returns: PV_OK; PV_ERR_FORMAT (events that cannot be); PV_ERR_NOMEM; the writer's errors
 */
enum pv_status tracer_replay_events(struct tracer_replay *r, const uint64_t *words, size_t n, uint64_t n_published, struct pv_error *err);

/* tracer_replay_finish - settle the last block and give all rows to the writer */
enum pv_status tracer_replay_finish(struct tracer_replay *r, enum tracer_replay_end end, struct pv_error *err);

#endif
