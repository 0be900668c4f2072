/*
 * perfvec/gem5.h - text traces of PerfVec's gem5 into datasets
 */
#ifndef PERFVEC_GEM5_H
#define PERFVEC_GEM5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/error.h>
#include <perfvec/progress.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What to import: one program, timed by gem5 on K machines. All members are borrowed for the call. Zero-fill before use. */
struct pv_gem5_import_options {
	const char *const *traces;        /* (n_traces) K of them: NAME.txt, compressed (zstd, gzip, xz) or not, files or FIFOs */
	const char *const *stores;        /* (n_traces) their stores; NULL, or NULL for one: found beside the trace by name */
	size_t n_traces;                  /* K */
	const char *const *machine_names; /* (n_traces); NULL: from the traces' names */
	const char *const
	    *machine_texts;       /* (n_traces) contents of machine files kept in the dataset; NULL: two lines that say what is known */
	const double *clock_mhz;  /* (n_traces); NULL, or 0 for one: what all its fetch and retire ticks are multiples of */
	const char *program;      /* its name */
	const char *output;       /* dataset folder */
	bool add;                 /* add the program to the dataset there, which must be of the same machines; made when missing */
	const char *trace_output; /* .pvt of the rows; NULL: PROGRAM.pvt in the dataset folder */
	bool all_targets;         /* keep all 16 targets and not only the time */
	const char *op_classes;   /* numbering of the traces: "gem5-21" (also 22), "gem5-23" (also 24), or a file; NULL: "gem5-21" */
	bool unseen_program;      /* held out of training */
	const char *const *unseen_machines; /* (n_unseen_machines) names held out of training */
	size_t n_unseen_machines;
	int n_threads;       /* 0: one per processor; the result does not depend on it */
	const char *command; /* how this was asked for, kept in the dataset; may be NULL */
};

/* One machine of an import. */
struct pv_gem5_import_machine {
	char name[104];
	double clock_mhz;
	uint64_t time_tenth_ns; /* of the program */
};

/* What was imported. */
struct pv_gem5_import_result {
	uint64_t n_rows, n_insns; /* of the combination */
	uint64_t n_bytes;         /* of text, unpacked, all traces and their stores */
	bool disagree;            /* the traces part: they execute different things from row n_rows on */
	char end[400];            /* why the rows end where they do, a phrase */
	size_t n_machines;
	struct pv_gem5_import_machine *machines; /* (n_machines); freed with pv_gem5_import_result_release */
};

/*
 * pv_gem5_import - combine the traces of one program on K machines row by row into a dataset and a .pvt trace
 *
 * Features and the .pvt come from the first trace, targets from all. Rows end with the shortest trace, or before the first one where pc or
 * branch outcome differ between traces.
 *
 * @progress  may be NULL
 * @result    filled on success; may be NULL
 *
 * Memory:  constant in the length of the traces, but for the reuse structures and one table of static micro-operations
 * Returns: PV_OK; PV_ERR_FORMAT with file, line, field and what was expected; PV_ERR_ARG (names, machines other than the dataset's),
 * PV_ERR_SHAPE (no row in common), PV_ERR_RANGE (a time that goes back, or above 2^32), PV_ERR_MISSING, PV_ERR_IO, PV_ERR_NOMEM,
 * PV_ERR_INTERRUPTED. On failure nothing is left that was not there before.
 */
enum pv_status pv_gem5_import(const struct pv_gem5_import_options *options, const struct pv_progress *progress,
                              struct pv_gem5_import_result *result, struct pv_error *err);

/* pv_gem5_import_result_release - free what the result holds; zero-filled is allowed */
void pv_gem5_import_result_release(struct pv_gem5_import_result *result);

#ifdef __cplusplus
}
#endif

#endif
