/*
 * perfvec/simulate.h - time traces on many machines in one pass and write the dataset that training reads
 */
#ifndef PERFVEC_SIMULATE_H
#define PERFVEC_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <perfvec/api.h>
#include <perfvec/cpi_stack.h>
#include <perfvec/error.h>
#include <perfvec/progress.h>
#include <perfvec/uarch.h>

PV_API_BEGIN

/* What to simulate. All members are borrowed for the call. */
struct pv_simulate_options {
	const char *const *traces; /* (n_traces) .pvt files, one program each; program names must differ */
	size_t n_traces;
	const struct pv_uarch_set *machines; /* K of them: the target columns, in this order */
	const char *output;                  /* dataset folder; a dataset of that name is replaced when all is done; NULL: counts only */
	bool cpi_stacks;                     /* say where the cycles went, too */
	bool all_targets;                    /* the dataset keeps all 16 targets of every row and machine, too */
	uint64_t max_rows;                   /* of each trace, from its start; 0: all */
	uint64_t n_warm_up;                  /* rows at the start of each trace that are simulated, but neither counted nor written */
	/*
	 * Systematic sampling: of every sample_period rows after the warm-up, sample_unit rows in the middle are counted and written;
	 * sample_detailed rows before them are timed, and all others only warm caches and predictors. Period 0: no sampling.
	 */
	uint64_t sample_unit, sample_period, sample_detailed;
	int n_threads;                      /* 0: one per processor; the result does not depend on it */
	const char *const *unseen_programs; /* (n_unseen_programs) names held out of training */
	size_t n_unseen_programs;
	const char *const *unseen_machines; /* (n_unseen_machines) names whose columns are held out of training */
	size_t n_unseen_machines;
	const char *command; /* how this was asked for, kept in the dataset; may be NULL */
};

/* What one machine did with one program: the counters of counters.def, over the rows that are counted. */
struct pv_machine_counts {
#define X(name, field, unit, meaning) uint64_t name;
#define Y(name, unit, meaning) uint64_t name;
#include <perfvec/counters.def>
#undef X
#undef Y
	uint64_t stack_cycles[PV_N_CPI_COMPONENTS]; /* where the cycles went: their sum is `cycles`; all 0 unless asked for */
	uint64_t n_units;                           /* sampling units; 0: every row after the warm-up was counted */
	double cpi_error_95; /* half of the 95 % confidence interval of the CPI; 0 without sampling, infinite for a single unit */
};

/* One counter of counters.def; its value is at `offset` bytes of struct pv_machine_counts. */
struct pv_counter {
	const char *name, *unit, *meaning;
	size_t offset;
};

/* pv_counters - the counters in order; *n says how many */
const struct pv_counter *pv_counters(size_t *n);

struct pv_simulate_result; /* counts of every program on every machine */

/*
 * pv_simulate - run every trace once through all machines and write features and targets
 *
 * @result    set on success when not NULL; freed with pv_simulate_result_free
 * @progress  may be NULL
 *
 * Time:    each trace is read and its features made once; machines run in parallel over chunks of the trace
 * Memory:  two chunks of 65536 rows x K (4 bytes each, 68 with all targets), the machines, and the reuse structures of one program
 * Returns: PV_OK; PV_ERR_ARG (no traces, a name twice, an unseen name that is not there, a warm-up or a sampling period as long as a
 * trace), what reading traces, building machines and
 * writing datasets return; PV_ERR_INTERRUPTED. On failure nothing is left under the output name that was not there before.
 */
enum pv_status pv_simulate(const struct pv_simulate_options *options, const struct pv_progress *progress,
                           struct pv_simulate_result **result, struct pv_error *err);

/* Sizes, names and counts of a result; everything is owned by it. program -1: all programs together. */
int pv_simulate_n_programs(const struct pv_simulate_result *result);
int pv_simulate_n_machines(const struct pv_simulate_result *result);
const char *pv_simulate_program_name(const struct pv_simulate_result *result, int program);
const char *pv_simulate_machine_name(const struct pv_simulate_result *result, int machine);
struct pv_machine_counts pv_simulate_counts(const struct pv_simulate_result *result, int program, int machine);

/* pv_cpi_component_name, _meaning - of enum pv_cpi_component; static */
const char *pv_cpi_component_name(int component);
const char *pv_cpi_component_meaning(int component);

/* pv_simulate_sampled, _has_stacks - whether units were sampled, and whether CPI stacks were asked for */
bool pv_simulate_sampled(const struct pv_simulate_result *result);
bool pv_simulate_has_stacks(const struct pv_simulate_result *result);

enum pv_stats_format { PV_STATS_TABLE, PV_STATS_CSV, PV_STATS_JSON };

/*
 * pv_simulate_print_stats - every counter of every program on every machine, with names and units, and the CPI stack if there is one
 *
 * Table: a block for each program, a line for each counter, a column for each machine. CSV: a line for each value: program, machine,
 * counter, unit, value. JSON: one object. Format: docs/topics/simulator.md.
 */
void pv_simulate_print_stats(const struct pv_simulate_result *result, enum pv_stats_format format, FILE *f);

/* pv_simulate_save_stats - the same as a file, which appears whole or not at all; PV_ERR_IO, PV_ERR_MISSING, PV_ERR_NOMEM */
enum pv_status pv_simulate_save_stats(const struct pv_simulate_result *result, enum pv_stats_format format, const char *path,
                                      struct pv_error *err);

/* pv_simulate_result_free - release; NULL is allowed */
void pv_simulate_result_free(struct pv_simulate_result *result);

PV_API_END

#endif
