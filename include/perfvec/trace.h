/*
 * perfvec/trace.h - trace files (.pvt): a table of static micro-operations and a stream of executed ones
 *
 * The stream is cut into independent chunks of at most PV_TRACE_CHUNK_ROWS rows, so that it can be read from any chunk and by several
 * threads. Format: docs/formats/trace.md.
 */
#ifndef PERFVEC_TRACE_H
#define PERFVEC_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/error.h>
#include <perfvec/progress.h>
#include <perfvec/uop.h>

PV_API_BEGIN

enum { PV_TRACE_CHUNK_ROWS = 65536 };

struct pv_trace;        /* an open trace file; safe to read from several threads */
struct pv_trace_writer; /* a trace file being written; one thread */

/* A stretch of the program's memory that held a file's code. Those of one trace may overlap in time only: the later one follows. */
struct pv_trace_mapping {
	uint64_t begin, end;  /* addresses */
	uint64_t offset;      /* in the file, at begin */
	const char *path;     /* absolute */
	const char *build_id; /* hexadecimal; empty where the file has none */
};

/* Where a trace came from. Strings are borrowed by the writer for the call and owned by the reader's struct pv_trace. */
struct pv_trace_origin {
	enum pv_isa isa;
	const char *program;           /* short name, such as "bzip2" */
	const char *command;           /* program and arguments as run; never NULL */
	const char *cpu_model;         /* guest CPU model, or the simulator that wrote it */
	const char *tool;              /* "perfvec 0.1.0 (qemu 7.2.22)" and the like */
	uint64_t n_skipped_insns;      /* instructions run before recording began */
	bool cut;                      /* recording stopped before the program's end */
	uint64_t n_other_threads;      /* guest threads that ran and were not recorded */
	uint64_t n_other_processes;    /* guest processes forked and not recorded */
	uint64_t n_interrupted_blocks; /* translated blocks left in the middle (signals, faults) */
	uint32_t n_mappings;
	const struct pv_trace_mapping *mappings; /* (n_mappings) that recorded code was in, in the order of their first use */
};

/* What is in a trace. */
struct pv_trace_info {
	struct pv_trace_origin origin;
	unsigned version; /* of the file format */
	uint64_t n_insns; /* executed instructions */
	uint64_t n_rows;  /* executed micro-operations */
	uint32_t n_uops;  /* static micro-operations */
	uint32_t n_chunks;
	uint64_t file_bytes;
};

/*
 * pv_trace_open - open a trace file and read its header, index and table of static micro-operations
 *
 * @path   file; copied
 * @trace  set on success; owned by the caller, freed with pv_trace_close
 * @err    may be NULL
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_FORMAT, PV_ERR_VERSION, PV_ERR_NOMEM
 */
enum pv_status pv_trace_open(const char *path, struct pv_trace **trace, struct pv_error *err);

/* pv_trace_close - release an open trace; NULL is allowed */
void pv_trace_close(struct pv_trace *trace);

/* pv_trace_info - what is in the trace; owned by the trace */
const struct pv_trace_info *pv_trace_info(const struct pv_trace *trace);

/* pv_trace_uops - the (n_uops) table of static micro-operations; owned by the trace */
const struct pv_uop *pv_trace_uops(const struct pv_trace *trace);

/*
 * pv_trace_read_chunk - decode one chunk of executed micro-operations
 *
 * @chunk    0 <= chunk < n_chunks
 * @rows     (PV_TRACE_CHUNK_ROWS) filled
 * @n_rows   rows in this chunk, 1..PV_TRACE_CHUNK_ROWS; every chunk but the last is full
 * @next_pc  pc of the first row of the following chunk, 0 after the last; may be NULL
 *
 * Threads: any number of threads may read chunks of one trace at once.
 * Returns: PV_OK; PV_ERR_ARG; PV_ERR_IO; PV_ERR_FORMAT (checksum, truncation, a row that names no micro-operation)
 */
enum pv_status pv_trace_read_chunk(const struct pv_trace *trace, uint32_t chunk, struct pv_row *rows, size_t *n_rows, uint64_t *next_pc,
                                   struct pv_error *err);

/* What a trace's rows do, all counted in executed micro-operations unless said otherwise. */
struct pv_trace_summary {
	uint64_t n_by_op_class[PV_N_OP_CLASSES];
	uint64_t n_branches; /* conditional and unconditional */
	uint64_t n_cond_branches;
	uint64_t n_cond_taken;
	uint64_t n_calls;
	uint64_t n_returns;
	uint64_t n_loads;  /* with an address; by flag (PV_UOP_LOAD) or op class */
	uint64_t n_stores; /* with an address; by flag (PV_UOP_STORE) or op class */
	uint64_t n_faults;
	uint64_t n_syscalls;
	uint64_t n_code_lines;    /* distinct 64-byte lines of instructions executed */
	uint64_t n_data_lines;    /* distinct 64-byte lines of bytes accessed */
	uint32_t n_uops_executed; /* static micro-operations executed at least once */
};

/*
 * pv_trace_summarize - read a whole trace and count what it does
 *
 * @progress  may be NULL
 *
 * Cost: one pass; memory for the static table and 16 bytes per touched 4 kB page.
 * Returns: PV_OK; as pv_trace_read_chunk; PV_ERR_NOMEM; PV_ERR_INTERRUPTED (then *summary is undefined)
 */
enum pv_status pv_trace_summarize(const struct pv_trace *trace, struct pv_trace_summary *summary, const struct pv_progress *progress,
                                  struct pv_error *err);

/*
 * pv_trace_create - start writing a trace; the file appears under its final name only when pv_trace_finish succeeds
 *
 * Returns: PV_OK; PV_ERR_MISSING (no such folder), PV_ERR_IO, PV_ERR_NOMEM
 */
enum pv_status pv_trace_create(const char *path, struct pv_trace_writer **writer, struct pv_error *err);

/*
 * pv_trace_add_uops - append static micro-operations to the table
 *
 * @uops      (n) copied; the micro-operations of one instruction are consecutive
 * @first_id  set to the index of uops[0]; the others follow
 *
 * Operands past n_src and n_dst and the reserved fields are not kept: they read back as 0.
 * Returns: PV_OK; PV_ERR_RANGE (operand counts, op class, register class, too many of them); PV_ERR_NOMEM; then nothing was added
 */
enum pv_status pv_trace_add_uops(struct pv_trace_writer *writer, const struct pv_uop *uops, size_t n, uint32_t *first_id,
                                 struct pv_error *err);

/*
 * pv_trace_append - append executed micro-operations, in program order
 *
 * @rows  (n) read only, not kept; rows[i].uop must have been returned by pv_trace_add_uops
 *
 * Cost: some 7 ns a row and 4 ns a call on average; every 65536th row compresses and writes a chunk.
 * Returns: PV_OK; PV_ERR_RANGE, PV_ERR_IO, PV_ERR_NOMEM (then only pv_trace_discard and pv_trace_finish, which fails, are valid)
 */
enum pv_status pv_trace_append(struct pv_trace_writer *writer, const struct pv_row *rows, size_t n, struct pv_error *err);

/*
 * pv_trace_finish - write what is pending, the table and the index, and give the file its final name
 *
 * @origin  copied into the file
 *
 * Releases the writer whatever happens. On failure nothing is left under the final name that was not there before.
 */
enum pv_status pv_trace_finish(struct pv_trace_writer *writer, const struct pv_trace_origin *origin, struct pv_error *err);

/* pv_trace_discard - give up writing: removes the temporary file and releases the writer; NULL is allowed */
void pv_trace_discard(struct pv_trace_writer *writer);

PV_API_END

#endif
