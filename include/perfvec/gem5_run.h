/*
 * perfvec/gem5_run.h - run a program in gem5 on many machines and turn the traces into a dataset while they are written
 */
#ifndef PERFVEC_GEM5_RUN_H
#define PERFVEC_GEM5_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/error.h>
#include <perfvec/progress.h>
#include <perfvec/uarch.h>

PV_API_BEGIN

/* What to run. All members are borrowed for the call. */
struct pv_gem5_run_options {
	const char *gem5;                    /* a gem5 of the PerfVec kind; without a slash it is looked for in PATH */
	const char *config;                  /* gem5 configuration script; NULL: ours, beside perfvec. Needed with reference machines */
	const struct pv_uarch_set *machines; /* one run each; NULL: reference machines first_reference..last_reference */
	int first_reference, last_reference; /* numbers of the fork's generated machines: its option -r, less one */
	const char *reference_cpu;           /* "o3" or "minor"; NULL: minor for 60..69, o3 for all others */
	const char *const *command;          /* (n_command) program and arguments */
	size_t n_command;
	const char *const
	    *environment; /* (n_environment) NAME=VALUE, the guest's whole environment; ours only, not with reference machines */
	size_t n_environment;
	const char *op_classes;             /* as in perfvec/gem5.h; NULL: what our script says, with other scripts gem5 21's */
	const char *input;                  /* what the program reads as its standard input; NULL: nothing. Not with reference machines */
	const char *program;                /* its name in the dataset; NULL: the file's */
	const char *output;                 /* dataset folder; OUTPUT.partial and OUTPUT.log are used beside it */
	const char *keep_traces;            /* folder for the text traces, compressed; NULL: they are not kept */
	uint64_t max_insns;                 /* of each run; 0: to the program's end */
	unsigned timeout_s;                 /* a run that writes no trace for so long is ended; 0: never */
	int n_jobs;                         /* runs at a time, >= 1 */
	bool all_targets;                   /* keep all 16 targets */
	const char *const *unseen_machines; /* (n_unseen_machines) names whose columns are held out of training */
	size_t n_unseen_machines;
	const char *how; /* how this was asked for, kept in the dataset; may be NULL */
};

/* What became of one machine. */
struct pv_gem5_run_machine {
	char name[64];
	bool finished; /* its column is in the dataset */
	bool resumed;  /* finished by an earlier call */
	int n_attempts;
	uint64_t n_rows;        /* that its trace had */
	uint64_t time_tenth_ns; /* of the rows in the dataset */
	char reason[512];       /* why it is not finished */
};

/* What became of all. */
struct pv_gem5_run_result {
	struct pv_gem5_run_machine *machines; /* (n_machines) in the order of their names or numbers */
	size_t n_machines, n_finished;
	uint64_t n_rows; /* of the dataset */
	char cut[512];   /* where and why the dataset ends before the longest trace does; "" when it does not */
	char alike[512]; /* machines that differ for us and not for gem5, the first such pair; "" when there is none */
};

/*
 * pv_gem5_run - one gem5 process for each machine, n_jobs at a time
 *
 * gem5's trace files are FIFOs, read as they are written; only compressed rows of finished machines reach the disk, in OUTPUT.partial,
 * until all are combined. A run that fails is tried once more. When some fail twice the dataset holds the others, and OUTPUT.partial stays:
 * the same call then runs only what is missing, as it does after an interruption. OUTPUT.log gets NAME.log (all that gem5 and the program
 * print), NAME.config.ini and NAME.stats.txt.
 *
 * @result    set on failure, too, when it came that far, else NULL; freed with pv_gem5_run_result_free
 * @progress  may be NULL
 *
 * Returns: PV_OK even when machines failed (see result); PV_ERR_ARG (machines that are equal, no program), PV_ERR_MISSING (gem5, script,
 * program), PV_ERR_GUEST (every machine failed), PV_ERR_INTERRUPTED (finished machines are kept), PV_ERR_IO. No dataset is written then.
 */
enum pv_status pv_gem5_run(const struct pv_gem5_run_options *options, const struct pv_progress *progress,
                           struct pv_gem5_run_result **result, struct pv_error *err);

/* pv_gem5_run_result_free - release; NULL is allowed */
void pv_gem5_run_result_free(struct pv_gem5_run_result *result);

PV_API_END

#endif
