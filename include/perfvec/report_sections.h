/*
 * perfvec/report_sections.h - figures of models and evaluations, and reports with everything that the inputs allow
 *
 * perfvec/report.h draws plain results; the functions here take these results from an evaluation or a model.
 */
#ifndef PERFVEC_REPORT_SECTIONS_H
#define PERFVEC_REPORT_SECTIONS_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/dataset.h>
#include <perfvec/error.h>
#include <perfvec/evaluate.h>
#include <perfvec/model.h>
#include <perfvec/report.h>

PV_API_BEGIN

/*
 * pv_figure_evaluated_scatter - predicted against simulated CPI, a point for each program and machine
 * pv_figure_evaluated_errors  - spread of each program's signed errors over the machines
 *
 * Returns: as pv_figure_scatter and pv_figure_errors
 */
enum pv_status pv_figure_evaluated_scatter(const struct pv_evaluation *evaluation, struct pv_figure **figure, struct pv_error *err);
enum pv_status pv_figure_evaluated_errors(const struct pv_evaluation *evaluation, struct pv_figure **figure, struct pv_error *err);

/*
 * pv_figure_evaluated_cpi - predicted and simulated CPI along the programs
 *
 * @evaluation  with phases
 * @programs    (n) names of the programs to draw; n 0: all
 * @machine     number in the evaluation; -1: all of them
 *
 * Returns: as pv_figure_cpi; PV_ERR_ARG also for a name that the evaluation does not have
 */
enum pv_status pv_figure_evaluated_cpi(const struct pv_evaluation *evaluation, const char *const *programs, size_t n, int machine,
                                       struct pv_figure **figure, struct pv_error *err);

/*
 * pv_figure_programs - a map of programs: a point for each phase, its mean representation
 * pv_figure_machines - a map of a model's machines, by their vectors
 *
 * @evaluation  with phases, by `model`
 * @seed        of t-SNE; the same seed gives the same map
 *
 * Returns: as pv_figure_map
 */
enum pv_status pv_figure_programs(const struct pv_model *model, const struct pv_evaluation *evaluation, uint64_t seed,
                                  struct pv_figure **figure, struct pv_error *err);
enum pv_status pv_figure_machines(const struct pv_model *model, uint64_t seed, struct pv_figure **figure, struct pv_error *err);

/* What a report is about. Members are borrowed for the call; NULL or 0 where there is none. */
struct pv_report_inputs {
	const struct pv_model *model;
	const char *model_path;                 /* where it was read from; with a model */
	const struct pv_evaluation *evaluation; /* by the model, with phases */
	const struct pv_dataset *dataset;       /* that was evaluated */
	const char *dataset_path;               /* where it is; with a dataset */
	const char *const *logs;                /* (n_logs) what `perfvec train --log` wrote, drawn together */
	size_t n_logs;
	const char *const *stacks; /* (n_stacks) what `perfvec simulate --cpi-stacks --stats json` printed */
	size_t n_stacks;
	const char *const *designs; /* (n_designs) what `perfvec dse --all --json` printed */
	size_t n_designs;
	uint64_t seed; /* of the maps */
};

/*
 * pv_report_fill - add every section that the inputs allow: errors beside baselines, CPI along the programs, maps, training, CPI stacks,
 *                  design spaces, the model, the dataset
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_FORMAT (a file), PV_ERR_ARG (nothing to draw in an input), PV_ERR_INTERRUPTED,
 *          PV_ERR_NOMEM. After a failure the report can only be freed.
 */
enum pv_status pv_report_fill(struct pv_report *report, const struct pv_report_inputs *inputs, struct pv_error *err);

PV_API_END

#endif
