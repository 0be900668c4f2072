/*
 * perfvec/tracer.h - running a real program under QEMU and recording its micro-operations
 */
#ifndef PERFVEC_TRACER_H
#define PERFVEC_TRACER_H

#include <stdbool.h>
#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/error.h>
#include <perfvec/progress.h>
#include <perfvec/uop.h>

PV_API_BEGIN

#define PV_TRACER_CPU "cortex-a72" /* guest CPU model unless told otherwise: Armv8-A without SVE */

/* What to run and what to record. Strings are borrowed for the call. Zero-fill before use. */
struct pv_tracer_options {
	enum pv_isa isa;       /* PV_ISA_UNKNOWN means PV_ISA_AARCH64 */
	const char *out_path;  /* trace file */
	char *const *argv;     /* program and arguments, NULL-terminated */
	const char *program;   /* name kept in the trace: 1 to 100 letters, digits and ._+-; NULL: that of the file, others made '_' */
	const char *sysroot;   /* folder with the guest's loader and libraries; NULL: none */
	const char *cpu_model; /* NULL: PV_TRACER_CPU */
	const char *qemu;      /* qemu-aarch64 to use; NULL: found in PATH */
	const char *plugin;    /* libperfvec-qemu.so; NULL: $PERFVEC_PLUGIN, beside the executable, ../lib/perfvec beside it */
	uint64_t n_skip_insns; /* instructions run before recording begins */
	uint64_t n_max_insns;  /* the guest is ended after so many recorded instructions; 0: record to its end */
};

/* Why recording ended. */
enum pv_tracer_end {
	PV_TRACER_EXIT = 0,    /* the program ended by itself */
	PV_TRACER_SIGNAL = 1,  /* a signal killed the program */
	PV_TRACER_LENGTH = 2,  /* n_max_insns were recorded; the program was ended */
	PV_TRACER_STOPPED = 3, /* the caller's stop() asked for it */
	PV_TRACER_EXEC = 4     /* the program replaced itself by another (execve) */
};

/* What happened. */
struct pv_tracer_result {
	enum pv_tracer_end end;
	int exit_status; /* the guest's; 128 + signal after a signal; 0 after PV_TRACER_LENGTH */
	int signal;      /* that killed the guest; 0 for none */
	uint64_t n_insns;
	uint64_t n_rows;
	uint64_t n_skipped_insns;
	uint64_t n_interrupted_blocks; /* translated blocks left in the middle */
	uint64_t n_other_threads;      /* ran and were not recorded */
	uint64_t n_other_processes;    /* were forked and not recorded */
	uint64_t n_unknown_insns;      /* static instructions that the decoder does not know */
	uint64_t n_unmatched_accesses; /* memory accesses of instructions that the decoder holds to have none */
	uint64_t n_no_address_rows;    /* executed loads and stores whose address QEMU does not report */
};

/*
 * pv_tracer_run - run a program to its end, or to the end of the recording, and write its trace
 *
 * The guest has the caller's standard streams, environment and folder. The trace appears under its name only when it is whole; that of
 * a guest that was killed is whole up to its last instruction and is kept.
 *
 * @progress  may be NULL. report counts recorded instructions. When stop() returns true the guest gets SIGTERM and, two seconds later,
 *            SIGKILL; what was recorded is kept and the end is PV_TRACER_STOPPED.
 * @result    filled on success, and on PV_ERR_GUEST as far as it went
 *
 * Threads:  one call at a time in a thread; the calling thread must outlive the call (the guest is killed when it ends)
 * Returns: PV_OK; PV_ERR_ARG; PV_ERR_MISSING (program, QEMU, plugin, guest loader, folder of the trace); PV_ERR_FORMAT (not an ELF file);
 *          PV_ERR_UNSUPPORTED (another instruction set, CPU model); PV_ERR_GUEST (nothing was recorded);
 *          PV_ERR_INTERRUPTED (stopped before anything was); PV_ERR_IO; PV_ERR_NOMEM.
 *          On failure there is no trace.
 */
enum pv_status pv_tracer_run(const struct pv_tracer_options *options, const struct pv_progress *progress, struct pv_tracer_result *result,
                             struct pv_error *err);

PV_API_END

#endif
