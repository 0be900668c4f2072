/*
 * results.h - what a model predicts for a dataset, as plot and report draw it
 */
#ifndef PV_CLI_RESULTS_H
#define PV_CLI_RESULTS_H

#include "inputs.h"

/* Programs of a dataset on machines of a model. Names are owned by the evaluation. */
struct cli_results {
	struct pv_model *model;
	struct pv_dataset *dataset;       /* NULL: a model alone; then all below is zero */
	struct pv_evaluation *evaluation; /* with phases */
	struct pv_timed *pairs;           /* (n) program by program */
	size_t n;
};

/*
 * cli_results_open - load the model and predict the dataset
 *
 * @args         checked as cli_model_open does; its sample must be NULL
 * @uarch        machines, separated by commas; NULL: all that model and dataset share
 * @dataset      NULL: load the model only
 * @phase_insns  instructions of a phase; 0: such that the longest program has about sixty
 *
 * Returns CLI_OK, or prints the error and returns the exit status (then nothing needs release).
 */
int cli_results_open(const struct cli_command *self, struct cli_model_args *args, const char *uarch, const char *dataset,
                     uint64_t phase_insns, struct cli_results *results);

/* cli_results_release - a zero struct is allowed */
void cli_results_release(struct cli_results *results);

/* ---- figures that need more than pairs --------------------------------------------------------------------------------------------------
 */

/* cli_typical_machine - the machine whose mean absolute error is the median one; -1 without times */
int cli_typical_machine(const struct cli_results *results);

/*
 * cli_figure_cpi - CPI over time
 *
 * @machine   number in the evaluation; -1: all of them
 * @programs  names; none: all. PV_ERR_ARG when one is not there
 */
enum pv_status cli_figure_cpi(const struct cli_results *results, const struct cli_list *programs, int machine, struct pv_figure **figure,
                              struct pv_error *err);

/* cli_figure_programs, cli_figure_machines - maps of phases by program, and of the model's machines */
enum pv_status cli_figure_programs(const struct cli_results *results, uint64_t seed, struct pv_figure **figure, struct pv_error *err);
enum pv_status cli_figure_machines(const struct pv_model *model, uint64_t seed, struct pv_figure **figure, struct pv_error *err);

#endif
