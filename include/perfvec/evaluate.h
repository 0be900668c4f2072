/*
 * perfvec/evaluate.h - how far a model's predictions are from the times of a dataset, beside baselines on the same split
 *
 * Every program of the dataset is predicted on every machine that dataset and model share, by the model and by predictors that need no
 * network; errors are predicted / simulated - 1, as fractions. Groups of (program, machine) pairs are then summed up: the four quadrants of
 * programs that training saw or not and machines that were trained or tuned, one program, one machine, all phases.
 *
 * Shapes: P programs, M machines, U phases of all programs. docs/topics/testing-a-model.md says what the baselines are.
 */
#ifndef PERFVEC_EVALUATE_H
#define PERFVEC_EVALUATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/dataset.h>
#include <perfvec/error.h>
#include <perfvec/error_summary.h>
#include <perfvec/model.h>
#include <perfvec/progress.h>

PV_API_BEGIN

struct pv_evaluation; /* all predictions and times; immutable, safe to use from several threads */

/* Who predicts. */
enum pv_predictor {
	PV_PREDICTOR_MODEL,      /* the learned model */
	PV_PREDICTOR_MEAN_CPI,   /* the machine's mean CPI over the training programs, whatever the program */
	PV_PREDICTOR_REGRESSION, /* ridge regression of CPI on op mix, miss-rate curves and branch statistics, one fit for each machine */
	PV_PREDICTOR_LINEAR,     /* the same on sums of the model's own inputs: the model without its network */
	PV_PREDICTOR_INTERVAL,   /* interval model from the machine's parameters; knows no times */
	PV_N_PREDICTORS
};

/* pv_predictor_name - "model", "mean_cpi", "regression", "linear", "interval"; static */
const char *pv_predictor_name(enum pv_predictor predictor);

struct pv_evaluate_options {
	const int *machines;  /* (n_machines) numbers in the model; NULL: all that the dataset has, too */
	int n_machines;       /* not read without machines */
	bool held_out_rows;   /* of seen programs only the rows of their test part; otherwise whole programs */
	uint64_t phase_insns; /* instructions of a phase; 0: no phases. Rows where the dataset does not say where instructions end */
	unsigned n_resamples; /* of the bootstrap behind intervals; 0: no intervals */
	uint64_t seed;        /* of these */
	int threads;          /* 0: one per processor; does not change the result */
};

/* pv_evaluate_defaults - whole programs on all machines, no phases, 1000 resamples */
struct pv_evaluate_options pv_evaluate_defaults(void);

/* A program. Strings are owned by the evaluation. */
struct pv_evaluated_program {
	const char *name;
	bool seen;                /* the model was trained on a program of that name */
	uint64_t n_rows, n_insns; /* counted */
	int first_phase, n_phases;
};

/* A machine. Strings are owned by the evaluation. */
struct pv_evaluated_machine {
	const char *name;
	double clock_mhz;
	enum pv_machine_state state;
	bool has_parameters; /* its file is a machine file: the interval model knows it */
};

/* A phase: consecutive rows of a program. */
struct pv_evaluated_phase {
	int program;
	uint64_t first_row, n_rows, first_insn, n_insns;
	bool whole; /* at least half as long as asked for; others are left out of numbers about phases */
};

/* What an evaluation is of. */
struct pv_evaluation_info {
	int n_programs, n_machines, n_phases; /* P, M, U; U is 0 without phases */
	uint64_t phase_insns;
	bool held_out_rows;
	int n_fit_programs; /* that the baselines with a fit learned from: seen by the model, with training rows in the dataset */
	bool available[PV_N_PREDICTORS]; /* whether a predictor has predicted anything */
};

/*
 * pv_evaluate - predict a dataset with a model and with the baselines
 *
 * Baselines with a fit learn from the training rows of the programs that the model has seen, on every machine by itself: from the times
 * that training or 'perfvec tune' had. The interval model needs machine files.
 *
 * Returns: PV_OK; PV_ERR_ARG (no machine in common, a machine that the dataset lacks, one of the same name with other parameters, no times,
 *          nothing held out), PV_ERR_VERSION (the dataset's target; it lacks what the model's inputs are
 *          made of), PV_ERR_INTERRUPTED, PV_ERR_NOMEM
 */
enum pv_status pv_evaluate(const struct pv_model *model, const struct pv_dataset *dataset, const struct pv_evaluate_options *options,
                           const struct pv_progress *progress, struct pv_evaluation **evaluation, struct pv_error *err);

/* pv_evaluation_free - release; NULL is allowed */
void pv_evaluation_free(struct pv_evaluation *evaluation);

const struct pv_evaluation_info *pv_evaluation_info(const struct pv_evaluation *evaluation);
const struct pv_evaluated_program *pv_evaluated_program(const struct pv_evaluation *evaluation, int p);
const struct pv_evaluated_machine *pv_evaluated_machine(const struct pv_evaluation *evaluation, int m);
const struct pv_evaluated_phase *pv_evaluated_phase(const struct pv_evaluation *evaluation, int u);

/* A time simulated and predicted, in nanoseconds; NAN: not known. The error is predicted / simulated - 1, NAN without a time. */
struct pv_evaluated_time {
	double simulated_ns, predicted_ns, error;
};

/* pv_evaluated_time, pv_evaluated_phase_time - of a program or of a phase on a machine */
struct pv_evaluated_time pv_evaluated_time(const struct pv_evaluation *evaluation, enum pv_predictor predictor, int program, int machine);
struct pv_evaluated_time pv_evaluated_phase_time(const struct pv_evaluation *evaluation, enum pv_predictor predictor, int phase,
                                                 int machine);

/* pv_evaluated_phase_vector - (D) sum of the representations of a phase's rows; owned by the evaluation */
const double *pv_evaluated_phase_vector(const struct pv_evaluation *evaluation, int phase);

/* Of programs those that the model saw, of machines those that were trained. */
enum pv_which { PV_WHICH_ALL, PV_WHICH_SEEN, PV_WHICH_UNSEEN };

/* Pairs to sum up: those that meet all of it. */
struct pv_pairs {
	enum pv_which programs, machines;
	int program, machine; /* one only; -1: any */
	bool phases;          /* (phase, machine) pairs instead of (program, machine) */
};

/* pv_pairs_of - all pairs of the programs and machines */
struct pv_pairs pv_pairs_of(enum pv_which programs, enum pv_which machines);

/* The four quadrants: seen programs on seen and on tuned machines, unseen programs on seen and on tuned machines. */
enum { PV_N_QUADRANTS = 4 };

/* pv_pairs_of_quadrant, pv_quadrant_name - quadrant i, 0 <= i < PV_N_QUADRANTS, and what it is called, such as "seen programs, tuned
 * machines"; static */
struct pv_pairs pv_pairs_of_quadrant(int i);
const char *pv_quadrant_name(int i);

/* A group of pairs that errors are summed up over. Strings are static or owned by the evaluation; "" stands for any. */
struct pv_evaluation_group {
	const char *section;                /* "quadrant", "program" or "machine"; with "phases_of_" before it where pairs are of phases */
	const char *program, *program_kind; /* kind: "seen" or "unseen" */
	const char *machine, *machine_kind; /* kind: "seen" or "tuned" */
	struct pv_pairs pairs;
};

/*
 * pv_evaluation_n_groups, pv_evaluation_group - all groups, 0 <= i < their number, in the order of a report: the quadrants, each program on
 * seen and on tuned machines, each machine with seen and with unseen programs; then, of an evaluation with phases, the same for phases
 */
int pv_evaluation_n_groups(const struct pv_evaluation *evaluation);
struct pv_evaluation_group pv_evaluation_group(const struct pv_evaluation *evaluation, int i);

/* What the errors of some pairs amount to. Fractions; NAN where there is no answer. */
struct pv_accuracy {
	struct pv_error_summary error;      /* of the pairs with a time and a prediction */
	int n_programs, n_machines;         /* that occur in them */
	double mean_low, mean_high;         /* 95 % interval of the mean over other programs and machines (bootstrap); NAN: none, phases */
	int worst_program, worst_machine;   /* where the worst error is; -1: nowhere */
	int worst_phase;                    /* -1 unless pairs are of phases */
	double pearson_time, spearman_time; /* simulated and predicted times */
	double pearson_ipc, spearman_ipc;   /* simulated and predicted instructions per cycle */
};

/*
 * pv_evaluation_accuracy - sum up the errors of some pairs
 *
 * The interval is of a bootstrap that draws programs and machines independently, both with replacement, and takes every pair as often as
 * both were drawn; with one program or one machine only the other is drawn.
 *
 * Source:  A. Owen: "The Pigeonhole Bootstrap", Annals of Applied Statistics 1(2), 2007
 * Returns: PV_OK, with error.n = 0 and numbers NAN when no pair is chosen; PV_ERR_NOMEM
 */
enum pv_status pv_evaluation_accuracy(const struct pv_evaluation *evaluation, enum pv_predictor predictor, const struct pv_pairs *pairs,
                                      struct pv_accuracy *accuracy, struct pv_error *err);

/* The model's mean absolute error less a baseline's, over pairs that both predict; negative: the model is better. */
struct pv_comparison {
	size_t n;
	double model, baseline, difference; /* fractions */
	double low, high;                   /* 95 % interval of the difference, as above */
};

enum pv_status pv_evaluation_compare(const struct pv_evaluation *evaluation, enum pv_predictor baseline, const struct pv_pairs *pairs,
                                     struct pv_comparison *comparison, struct pv_error *err);

/* ---- where to look ---- */

/* A phase and a predictor's errors in it over the machines, as fractions. */
struct pv_worst_phase {
	int phase;
	double error, bias; /* mean absolute and mean error */
};

/*
 * pv_evaluation_worst_phases - the phases with the largest mean absolute error over all machines
 *
 * @worst  (n) filled, worst first; phases that are not whole and such without a time are left out
 *
 * Returns: how many there are, at most n
 */
int pv_evaluation_worst_phases(const struct pv_evaluation *evaluation, enum pv_predictor predictor, struct pv_worst_phase *worst, int n);

/*
 * pv_evaluation_typical_machine - the machine whose mean absolute error of the model over the programs is the median of all machines'
 *
 * @machine  set to its number in the evaluation; -1 without times
 *
 * Returns: PV_OK; PV_ERR_NOMEM
 */
enum pv_status pv_evaluation_typical_machine(const struct pv_evaluation *evaluation, int *machine, struct pv_error *err);

/* pv_evaluate_phase_insns - the round number of instructions that cuts the longest program of a dataset into about sixty phases */
uint64_t pv_evaluate_phase_insns(const struct pv_dataset *dataset);

PV_API_END

#endif
