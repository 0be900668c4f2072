/*
 * SPDX-License-Identifier: MIT
 *
 * protocol.h - the memory shared by the tracer and the plugin inside QEMU
 *
 * One shared mapping, made by the tracer (memfd) and mapped by both sides:
 *
 *   0                        struct tracer_shared
 *   TRACER_SHARED_EVENTS         TRACER_N_BUFFERS buffers of TRACER_BUFFER_WORDS 64-bit events, used in turn
 *   TRACER_SHARED_FILES          files that code was translated from, appended, never changed
 *   TRACER_SHARED_BLOCKS         descriptions of translated blocks, likewise
 *
 * An event is one word:
 *
 *   bit 63 = 0   block executed      bits 0..31 block number; bits 32..41 its instructions
 *   bit 63 = 1   memory accessed     bits 0..47 address; 48..50 log2 of the bytes; 51 set for a write; 52..61 instruction in the block
 *
 * A memory event names its instruction, so a block that is left in the middle never moves an address to another instruction. The block
 * event comes first, then the memory events of its instructions in execution order.
 *
 * The plugin fills a buffer, sets its length, advances n_filled and wakes the tracer; the tracer empties it and advances n_emptied. The
 * position in the buffer being filled lives in shared memory too: what a guest did before it was killed is never lost. Descriptions
 * have a channel of their own because any guest thread may translate a block, while only the first thread writes events.
 */
#ifndef TRACER_PROTOCOL_H
#define TRACER_PROTOCOL_H

#include <stdatomic.h>
#include <stdint.h>

#define TRACER_SHARED_MAGIC 0x3276726369767270u /* changes with every change of this file */

enum {
	TRACER_N_BUFFERS = 8,
	TRACER_BUFFER_WORDS = 32768, /* 256 KiB */
	TRACER_MAX_BLOCK_INSNS = 1023,
	TRACER_SHARED_EVENTS = 4096,
	TRACER_SHARED_FILES = TRACER_SHARED_EVENTS + TRACER_N_BUFFERS * TRACER_BUFFER_WORDS * 8,
	TRACER_SHARED_FILES_BYTES = 1 << 18, /* what does not fit is not reported */
	TRACER_SHARED_BLOCKS = TRACER_SHARED_FILES + TRACER_SHARED_FILES_BYTES
};
#define TRACER_SHARED_BLOCKS_BYTES (UINT64_C(1) << 30) /* room for descriptions; pages are used as they are touched */
#define TRACER_SHARED_BYTES (TRACER_SHARED_BLOCKS + TRACER_SHARED_BLOCKS_BYTES)

#define TRACER_EVENT_MEM (UINT64_C(1) << 63)
#define TRACER_EVENT_ADDR_MASK ((UINT64_C(1) << 48) - 1)
#define TRACER_EVENT_SIZE_SHIFT 48
#define TRACER_EVENT_STORE (UINT64_C(1) << 51)
#define TRACER_EVENT_INSN_SHIFT 52
#define TRACER_EVENT_BLOCK_INSNS_SHIFT 32

/* A translated block: this header, then (n_insns) lengths in bytes as uint8_t, then the machine code; 8-byte aligned. */
struct tracer_block_header {
	uint64_t pc;
	uint32_t id; /* 0, 1, 2, ... in the order of the descriptions */
	uint32_t n_insns;
	uint32_t code_bytes;
	uint32_t hash; /* the plugin's own */
	uint64_t next; /* the plugin's own: 1 + offset of the next description in the same hash bucket, 0 for none */
};

/* A stretch of guest memory that holds a file's code: this header, then (path_bytes) of the path, which ends with 0; 8-byte aligned. */
struct tracer_file_header {
	uint64_t begin, end; /* guest addresses */
	uint64_t offset;     /* in the file, at begin */
	uint64_t path_bytes;
};

/* Why the plugin stopped, in struct tracer_shared.stopped. */
enum tracer_shared_stop {
	TRACER_STOP_NONE = 0,
	TRACER_STOP_EXIT = 1,       /* the guest ended */
	TRACER_STOP_LENGTH = 2,     /* enough instructions were recorded */
	TRACER_STOP_BLOCKS_FULL = 3 /* no room for another description */
};

struct tracer_shared {
	uint64_t magic;
	/* from the tracer, before the start */
	uint64_t n_skip;   /* instructions to run before recording */
	uint64_t n_record; /* instructions to record; UINT64_MAX for all */
	int32_t parent_pid;
	/* hand-over of buffers; the two counters are futexes */
	_Atomic uint32_t n_filled;
	_Atomic uint32_t n_emptied;
	uint32_t filled_words[TRACER_N_BUFFERS];
	/*
	 * When the plugin has counted n_record instructions it hands over what it has and waits for an answer: blocks left in the middle
	 * count whole there, so the tracer, which knows better, may grant some more. 0 ends the guest.
	 */
	_Atomic uint32_t n_asked;
	_Atomic uint32_t n_answered; /* futex */
	uint64_t granted;
	/* blocks */
	_Atomic uint64_t n_blocks;
	_Atomic uint64_t blocks_used; /* bytes */
	_Atomic uint64_t files_used;  /* bytes */
	/* the buffer being filled: its number, and where the next event goes (addresses in the plugin's process) */
	uint32_t filling;
	uint64_t *cursor;
	uint64_t *buffer;
	/* for the report */
	_Atomic uint32_t ready; /* the plugin was loaded */
	_Atomic uint32_t recording;
	_Atomic uint32_t stopped; /* enum tracer_shared_stop */
	_Atomic uint32_t n_other_threads;
	_Atomic uint32_t n_other_processes;
	_Atomic uint32_t in_exec; /* the first thread is inside execve: set when the program replaced itself */
	uint32_t first_drop;      /* instructions of the first recorded block that belong to the skipped ones */
	uint64_t n_skipped;       /* instructions run before the first recorded one */
};

_Static_assert(sizeof(struct tracer_shared) <= TRACER_SHARED_EVENTS, "the header must fit its page");

#endif
