/*
 * format.h - sizes and numbers of the trace file format; docs/formats/trace.md explains them
 *
 *	header | chunk 0 | chunk 1 | ... | table of micro-operations | origin | index | footer
 */
#ifndef PV_TRACE_FORMAT_H
#define PV_TRACE_FORMAT_H

#include <perfvec/trace.h>

#define PV_TRACE_MAGIC "\x89PVT\r\n\x1a\n"
#define PV_TRACE_END_MAGIC "PVT-END\n"

enum {
	PV_TRACE_VERSION = 2, /* version 1, without mappings, is still read */
	PV_TRACE_HEADER_BYTES = 32,
	PV_TRACE_FOOTER_BYTES = 112,
	PV_TRACE_INDEX_ENTRY_BYTES = 24,
	PV_TRACE_CHUNK_HEADER_BYTES = 56,
	PV_TRACE_TABLE_BLOCK_UOPS = 4096,
	PV_TRACE_TABLE_BLOCK_HEADER_BYTES = 12,
	PV_TRACE_MAX_UOPS = 1 << 24 /* 1.5 GB of struct pv_uop: far above any program, small enough to refuse nonsense */
};

/* The byte streams of a chunk, in file order. */
enum pv_trace_stream {
	PV_STREAM_RUN,    /* rows predicted right between two wrong predictions of the successor */
	PV_STREAM_JUMP,   /* successors that were predicted wrong */
	PV_STREAM_LENGTH, /* bytes of each address difference */
	PV_STREAM_FOLLOW, /* the same for the later accesses of an instruction */
	PV_STREAM_DATA,   /* the address differences */
	PV_STREAM_ESCAPE, /* rows whose flags or address are not as predicted */
	PV_N_STREAMS
};

/* The most bytes that one row can add to each stream. */
#define PV_STREAM_MAX_ROW_BYTES   \
	{                         \
		3, 5, 1, 1, 8, 12 \
	}

/* Where a chunk is and what it must be; kept in the index. */
struct pv_chunk_place {
	uint64_t offset;
	uint64_t hash; /* of the whole chunk */
	uint32_t n_bytes;
	uint32_t first_uop;
};

#endif
