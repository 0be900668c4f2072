/*
 * perfvec/simulate.h - time traces on many machines in one pass and write the dataset that training reads
 */
#ifndef PERFVEC_SIMULATE_H
#define PERFVEC_SIMULATE_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/error.h>
#include <perfvec/progress.h>
#include <perfvec/uarch.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What to simulate. All members are borrowed for the call. */
struct pv_simulate_options {
	const char *const *traces; /* (n_traces) .pvt files, one program each; program names must differ */
	size_t n_traces;
	const struct pv_uarch_set *machines; /* K of them: the target columns, in this order */
	const char *output;                  /* dataset folder; a dataset of that name is replaced when all is done */
	uint64_t max_rows;                   /* of each trace, from its start; 0: all */
	int n_threads;                       /* 0: one per processor; the result does not depend on it */
	const char *const *unseen_programs;  /* (n_unseen_programs) names held out of training */
	size_t n_unseen_programs;
	const char *const *unseen_machines; /* (n_unseen_machines) names whose columns are held out of training */
	size_t n_unseen_machines;
	const char *command; /* how this was asked for, kept in the dataset; may be NULL */
};

/* What one machine did with one program. */
struct pv_machine_counts {
	uint64_t n_insns, n_rows;
	uint64_t cycles;        /* until the last commit or store */
	uint64_t time_tenth_ns; /* sum of the targets */
	uint64_t n_branches, n_mispredicted;
	uint64_t n_l1i_misses, n_l1d_misses, n_l2_misses, n_dram_reads, n_dram_writes;
};

struct pv_simulate_result; /* counts of every program on every machine */

/*
 * pv_simulate - run every trace once through all machines and write features and targets
 *
 * @result    set on success when not NULL; freed with pv_simulate_result_free
 * @progress  may be NULL
 *
 * Time:    each trace is read and its features made once; machines run in parallel over chunks of the trace
 * Memory:  two chunks of 65536 rows x K, the machines, and the reuse structures of one program
 * Returns: PV_OK; PV_ERR_ARG (no traces, a name twice, an unseen name that is not there), what reading traces, building machines and
 * writing datasets return; PV_ERR_INTERRUPTED. On failure nothing is left under the output name that was not there before.
 */
enum pv_status pv_simulate(const struct pv_simulate_options *options, const struct pv_progress *progress,
                           struct pv_simulate_result **result, struct pv_error *err);

/* Sizes, names and counts of a result; everything is owned by it. program -1: the sum over all programs. */
int pv_simulate_n_programs(const struct pv_simulate_result *result);
int pv_simulate_n_machines(const struct pv_simulate_result *result);
const char *pv_simulate_program_name(const struct pv_simulate_result *result, int program);
const char *pv_simulate_machine_name(const struct pv_simulate_result *result, int machine);
struct pv_machine_counts pv_simulate_counts(const struct pv_simulate_result *result, int program, int machine);

/* pv_simulate_result_free - release; NULL is allowed */
void pv_simulate_result_free(struct pv_simulate_result *result);

#ifdef __cplusplus
}
#endif

#endif
