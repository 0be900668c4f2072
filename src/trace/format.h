/*
 * format.h - sizes and numbers of the trace file format; docs/formats/trace.md explains them
 *
 *	header | chunk 0 | chunk 1 | ... | table of micro-operations | origin | index | footer
 */
#ifndef TRACE_FORMAT_H
#define TRACE_FORMAT_H

#include <perfvec/trace.h>

#define TRACE_MAGIC "\x89PVT\r\n\x1a\n"
#define TRACE_END_MAGIC "PVT-END\n"

enum {
	TRACE_VERSION = 2, /* version 1, without mappings, is still read */
	TRACE_HEADER_BYTES = 32,
	TRACE_FOOTER_BYTES = 112,
	TRACE_INDEX_ENTRY_BYTES = 24,
	TRACE_CHUNK_HEADER_BYTES = 56,
	TRACE_TABLE_BLOCK_UOPS = 4096,
	TRACE_TABLE_BLOCK_HEADER_BYTES = 12,
	TRACE_MAX_UOPS = 1 << 24 /* 1.5 GB of struct pv_uop: far above any program, small enough to refuse nonsense */
};

/* The byte streams of a chunk, in file order. */
enum trace_stream {
	TRACE_STREAM_RUN,    /* rows predicted right between two wrong predictions of the successor */
	TRACE_STREAM_JUMP,   /* successors that were predicted wrong */
	TRACE_STREAM_LENGTH, /* bytes of each address difference */
	TRACE_STREAM_FOLLOW, /* the same for the later accesses of an instruction */
	TRACE_STREAM_DATA,   /* the address differences */
	TRACE_STREAM_ESCAPE, /* rows whose flags or address are not as predicted */
	TRACE_N_STREAMS
};

/* The most bytes that one row can add to each stream. */
#define TRACE_STREAM_MAX_ROW_BYTES \
	{                          \
		3, 5, 1, 1, 8, 12  \
	}

/* Where a chunk is and what it must be; kept in the index. */
struct trace_chunk_place {
	uint64_t offset;
	uint64_t hash; /* of the whole chunk */
	uint32_t n_bytes;
	uint32_t first_uop;
};

#endif
