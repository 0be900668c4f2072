/*
 * perfvec/profile.h - where a program would spend its time on a machine: predicted time by function, source line, file and call stack
 *
 * A program's vector is the sum of its micro-operations' representations, so its predicted time is a sum over them, and splits by code.
 */
#ifndef PERFVEC_PROFILE_H
#define PERFVEC_PROFILE_H

#include <stdio.h>

#include <perfvec/api.h>
#include <perfvec/dataset.h>
#include <perfvec/model.h>
#include <perfvec/trace.h>

PV_API_BEGIN

struct pv_profile; /* of one program; immutable */

/* How a trace is profiled. Members are borrowed for the call. */
struct pv_profile_options {
	const int *machines; /* (n_machines) of the model: the columns, in this order */
	int n_machines;
	int threads;                         /* 0: one per processor; does not change the result */
	uint64_t sample_unit, sample_period; /* as in struct pv_represent_options; all rows keep features and call stacks up to date */
	const char *debug_path;              /* folders of separate debug files, colon-separated; NULL: elfutils' own */
	/*
	 * A dataset that holds the trace's program, row by row: simulated times are split the same way. NULL: none. Machines that it does
	 * not have get none.
	 */
	const struct pv_dataset *dataset;
};

/* What time is split by. */
enum pv_profile_by { PV_PROFILE_FUNCTION, PV_PROFILE_LINE, PV_PROFILE_FILE, PV_PROFILE_OBJECT, PV_N_PROFILE_BY };

/* pv_profile_by_name - "function", "line", "file" (of source), "object" (program or library); static; NULL for none */
const char *pv_profile_by_name(int by);

/* A function, line, file or object. Strings and arrays are owned by the profile; "?" is what is not known. */
struct pv_profile_item {
	const char *object;   /* name of the ELF file */
	const char *function; /* NULL unless split by function or line */
	const char *source;   /* path of the source file; NULL unless split by line or file */
	int line;             /* 0: not known, or not split by line */
	uint64_t n_insns;     /* executed; of the rows that were run */
	double *ns;           /* (n_machines) predicted time */
	double *simulated_ns; /* (n_machines) NAN without */
};

/*
 * pv_profile_trace - predict a trace's time and split it by code
 *
 * Functions come from the symbols of the ELF files that the trace names, lines from their debugging information. Code without a symbol is
 * called after the latest address before it that the program calls (OBJECT+0x1234). A file that has changed since the recording
 * (another build ID) is not used. Call stacks are followed from calls and returns.
 *
 * Same trace and model give the same profile at any number of threads: times are added as integers of 2^-20 x 0.1 ns.
 * Returns: PV_OK; PV_ERR_ARG (no machines, an empty trace, a dataset without this program), PV_ERR_SHAPE (it has other rows),
 *          PV_ERR_INTERRUPTED, PV_ERR_NOMEM; those of reading a trace
 */
enum pv_status pv_profile_trace(const struct pv_model *model, const struct pv_trace *trace, const struct pv_profile_options *options,
                                const struct pv_progress *progress, struct pv_profile **profile, struct pv_error *err);
void pv_profile_free(struct pv_profile *profile);

/* pv_profile_total - all of it as one item, whose strings are NULL; owned by the profile */
const struct pv_profile_item *pv_profile_total(const struct pv_profile *profile);

/* pv_profile_has_simulated - whether there is a simulated time on any of the machines */
bool pv_profile_has_simulated(const struct pv_profile *profile);

/*
 * pv_profile_items - the split, largest time on machine `column` first
 *
 * @items  set to (n), freed with pv_profile_items_free; their strings are the profile's
 */
enum pv_status pv_profile_items(const struct pv_profile *profile, enum pv_profile_by by, int column, struct pv_profile_item **items,
                                size_t *n, struct pv_error *err);
void pv_profile_items_free(struct pv_profile_item *items, size_t n);

/*
 * pv_profile_print_stacks - collapsed stacks, a line each: functions from the outermost on, separated by ';', and nanoseconds on machine
 * `column`. In the order of first execution; stacks below half a nanosecond are left out.
 */
void pv_profile_print_stacks(const struct pv_profile *profile, int column, FILE *f);

/* pv_profile_note - what could not be looked up, one sentence each, 0 <= i; NULL after the last */
const char *pv_profile_note(const struct pv_profile *profile, int i);

PV_API_END

#endif
