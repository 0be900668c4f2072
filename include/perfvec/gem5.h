/*
 * perfvec/gem5.h - text traces of PerfVec's gem5 into datasets
 */
#ifndef PERFVEC_GEM5_H
#define PERFVEC_GEM5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/error.h>
#include <perfvec/progress.h>

PV_API_BEGIN

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

/* ---- the same program, traced by gem5 and by ourselves ---- */

/* In what a row of gem5's trace and one of ours can differ. */
enum pv_gem5_difference {
	PV_GEM5_ONLY_THEIRS, /* a row that only gem5's trace has */
	PV_GEM5_ONLY_OURS,
	PV_GEM5_AGAIN, /* gem5 executed it again after a fault; only there */
	PV_GEM5_OP_CLASS,
	PV_GEM5_FLAGS,
	PV_GEM5_SPLIT, /* last micro-operation of its instruction, or not */
	PV_GEM5_SOURCES,
	PV_GEM5_DESTINATIONS,
	PV_GEM5_OUTCOME,
	PV_GEM5_ACCESS, /* whether it has an address, and bytes */
	PV_GEM5_N_DIFFERENCES
};

/* pv_gem5_difference_name - such as "op class"; NULL when kind is not below PV_GEM5_N_DIFFERENCES */
const char *pv_gem5_difference_name(enum pv_gem5_difference kind);

/* What to compare. Members are borrowed for the call. Zero-fill before use. */
struct pv_gem5_compare_options {
	const char *gem5, *stores; /* as an import's; stores may be NULL */
	const char *op_classes;    /* as an import's; may be NULL */
	const char *trace;         /* .pvt of the same program */
	const char *elf;           /* the program, for names of functions; NULL: all code is the program's own */
	const char *const *own;    /* (n_own) functions that count as its own, besides main and those local to main's source file */
	size_t n_own;
};

/* Differences of one kind in one function. */
struct pv_gem5_place {
	const char *function; /* "" when unknown; owned by the result */
	enum pv_gem5_difference kind;
	bool own;
	uint64_t n_rows;
	uint64_t pc;        /* of the first such row */
	const char *reason; /* why, where it is known; else "" */
};

struct pv_gem5_compare_result {
	uint64_t n_theirs, n_ours;         /* rows compared: gem5's to its end, ours to where that is */
	uint64_t n_aligned, n_agree;       /* rows in both; of them those that agree in everything */
	uint64_t n_own, n_own_agree;       /* gem5's rows in the program's own code; of them those that are in ours and agree */
	uint64_t n[PV_GEM5_N_DIFFERENCES]; /* rows that differ, by kind; a row may differ in several */
	uint64_t n_own_by[PV_GEM5_N_DIFFERENCES];
	struct pv_gem5_place *places; /* (n_places) most rows first */
	size_t n_places;
	char *names; /* storage of the names */
};

/*
 * pv_gem5_compare - align gem5's trace of a program with ours by pc and micro-operation, and compare rows
 *
 * @result  freed with pv_gem5_compare_result_release
 *
 * Compared: op class, the thirteen flags, the split, register classes and indices, branch outcome, access size. Addresses are not: stacks
 * and heaps lie elsewhere. Memory:  some 40 bytes a row Returns: PV_OK; what reading traces and ELF files returns; PV_ERR_NOMEM,
 * PV_ERR_INTERRUPTED
 */
enum pv_status pv_gem5_compare(const struct pv_gem5_compare_options *options, const struct pv_progress *progress,
                               struct pv_gem5_compare_result *result, struct pv_error *err);
void pv_gem5_compare_result_release(struct pv_gem5_compare_result *result);

PV_API_END

#endif
