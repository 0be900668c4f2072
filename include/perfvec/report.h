/*
 * perfvec/report.h - figures and reports: what models, simulations and searches say, drawn
 *
 * A figure is made from plain results and saved as SVG or PNG (drawn by gnuplot, which must be installed) or as CSV (the points themselves;
 * no gnuplot needed). A report is one HTML file with figures and tables that needs no other file and no network.
 *
 * Names in results come from files and may hold anything: they are drawn as text, never run, whatever they say.
 */
#ifndef PERFVEC_REPORT_H
#define PERFVEC_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/error.h>

PV_API_BEGIN

struct pv_figure; /* a figure; copies all it is made from */

/* pv_figure_free - release; NULL is allowed */
void pv_figure_free(struct pv_figure *figure);

/* pv_figure_title, pv_figure_alt - what it shows, in a line and in a sentence with its main numbers; owned by the figure */
const char *pv_figure_title(const struct pv_figure *figure);
const char *pv_figure_alt(const struct pv_figure *figure);

/*
 * pv_figure_save - draw a figure
 *
 * @path  ends in .svg, .png or .csv; the file appears whole or not at all
 *
 * Returns: PV_OK; PV_ERR_ARG (another ending), PV_ERR_MISSING (gnuplot is not installed; no such folder), PV_ERR_IO, PV_ERR_INTERRUPTED,
 *          PV_ERR_NOMEM
 */
enum pv_status pv_figure_save(const struct pv_figure *figure, const char *path, struct pv_error *err);

/*
 * pv_figure_ready - whether a figure could be saved there, to ask before long work: the name's ending, the folder, gnuplot
 *
 * Returns: as pv_figure_save. Nothing is written.
 */
enum pv_status pv_figure_ready(const char *path, struct pv_error *err);

/* ---- what can be drawn --------------------------------------------------------------------------------------------------------------- */

/* One program on one machine. */
struct pv_timed {
	const char *program, *machine;
	bool program_seen, machine_seen; /* took part in training the foundation */
	double predicted_ns, simulated_ns;
	double predicted_cpi, simulated_cpi;
};

/*
 * pv_figure_scatter - predicted against simulated CPI, a point for each pair
 * pv_figure_errors  - spread of each program's signed errors over the machines: median, quartiles, extremes
 *
 * @pairs  (n) those whose times are not both above 0 are left out
 *
 * Returns: PV_OK; PV_ERR_ARG (no pair left), PV_ERR_NOMEM
 */
enum pv_status pv_figure_scatter(const struct pv_timed *pairs, size_t n, struct pv_figure **figure, struct pv_error *err);
enum pv_status pv_figure_errors(const struct pv_timed *pairs, size_t n, struct pv_figure **figure, struct pv_error *err);

/* One program on one machine along its instructions: n phases. */
struct pv_timeline {
	const char *program, *machine;
	size_t n;
	const double *insns;                         /* (n) instructions before the middle of each phase */
	const double *predicted_cpi, *simulated_cpi; /* (n) */
};

/*
 * pv_figure_cpi - predicted and simulated CPI over time
 *
 * @lines        (n) a panel for each
 * @phase_insns  length of a phase, for the title
 *
 * Returns: PV_OK; PV_ERR_ARG (none, or more than PV_MOST_TIMELINES), PV_ERR_NOMEM
 */
enum { PV_MOST_TIMELINES = 48 };
enum pv_status pv_figure_cpi(const struct pv_timeline *lines, size_t n, double phase_insns, struct pv_figure **figure,
                             struct pv_error *err);

/* Points of d dimensions, each of one group. */
struct pv_cloud {
	size_t n, d;
	const double *x;          /* (n, d) */
	const int *group;         /* (n) */
	const char *const *names; /* (n_groups) */
	const bool *seen;         /* (n_groups) took part in training */
	int n_groups;
};

/*
 * pv_figure_map - points in a plane: principal components and t-SNE
 *
 * @what  names what the groups are, such as "programs"
 * @seed  of t-SNE; the same seed gives the same map
 *
 * More than 600 points are thinned out evenly. Fewer than 4 have principal components only.
 * Returns: PV_OK; PV_ERR_ARG (fewer than 2 points), PV_ERR_NOMEM
 */
enum pv_status pv_figure_map(const struct pv_cloud *cloud, const char *what, uint64_t seed, struct pv_figure **figure,
                             struct pv_error *err);

/*
 * pv_figure_stacks - CPI stacks: where the cycles of each program and machine went
 *
 * @path     what `perfvec simulate --cpi-stacks --stats json` printed
 * @program, @machine  one only; NULL: all. Of several programs on several machines the means are drawn, by machine and by program.
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO; PV_ERR_FORMAT (not such a file, no CPI stacks in it), PV_ERR_ARG (no such program or machine),
 *          PV_ERR_NOMEM
 */
enum pv_status pv_figure_stacks(const char *path, const char *program, const char *machine, struct pv_figure **figure,
                                struct pv_error *err);

/* What of a design space to draw. */
struct pv_design_view {
	const char *programs; /* of several explorations the one of these, as the file names them; NULL: all */
	const char *x, *y;    /* parameters; NULL: the first that vary */
	const char *value;    /* "objective", "objective2", "time" or "cpi"; NULL: the first objective */
};

/*
 * pv_figure_design - a design space: a map over two parameters, or the front of two objectives when there are two and nothing is chosen
 *
 * @path  what `perfvec dse --all --json` printed
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO; PV_ERR_FORMAT (not such a file), PV_ERR_ARG (no such parameter, more than 40 values of one,
 * more than nine explorations), PV_ERR_NOMEM
 */
enum pv_status pv_figure_design(const char *path, const struct pv_design_view *view, struct pv_figure **figure, struct pv_error *err);

/*
 * pv_figure_loss - training logs: loss of the steps and of validation, and the validation error of total time, against steps, rows and
 *                  seconds
 *
 * @paths  (n) files that `perfvec train --log` wrote: a JSON object per line. Steps that a resumed training took again count once.
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO; PV_ERR_FORMAT ("FILE:LINE: ..."; a file without a step), PV_ERR_NOMEM
 */
enum pv_status pv_figure_loss(const char *const *paths, size_t n, struct pv_figure **figure, struct pv_error *err);

/* ---- reports ------------------------------------------------------------------------------------------------------------------------- */

struct pv_report; /* an HTML file in the making */

/* pv_report_new - a report with nothing in it; PV_ERR_NOMEM. pv_report_free releases it; NULL is allowed */
enum pv_status pv_report_new(const char *title, struct pv_report **report, struct pv_error *err);
void pv_report_free(struct pv_report *report);

/* pv_report_section - what follows stands under this heading; PV_ERR_NOMEM */
enum pv_status pv_report_section(struct pv_report *report, const char *heading, struct pv_error *err);

/* pv_report_text - a paragraph; PV_ERR_NOMEM */
enum pv_status pv_report_text(struct pv_report *report, const char *text, struct pv_error *err);

/* pv_report_figure - a figure, drawn now; errors as pv_figure_save */
enum pv_status pv_report_figure(struct pv_report *report, const struct pv_figure *figure, struct pv_error *err);

/* One cell of a table. */
struct pv_cell {
	const char *text;
	double value; /* to sort by; NAN: sort by the text */
};

/*
 * pv_report_table - a table that its reader can sort
 *
 * @columns  (n_columns) headings
 * @cells    (n_rows, n_columns)
 *
 * Columns whose first cell has a value are set flush right. Returns: PV_OK; PV_ERR_NOMEM
 */
enum pv_status pv_report_table(struct pv_report *report, const char *caption, const char *const *columns, int n_columns,
                               const struct pv_cell *cells, size_t n_rows, struct pv_error *err);

/* pv_report_ready - whether a report with figures could be made and saved there: the folder, gnuplot; as pv_figure_ready */
enum pv_status pv_report_ready(const char *path, struct pv_error *err);

/* pv_report_save - write the file; it appears whole or not at all. Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_NOMEM */
enum pv_status pv_report_save(const struct pv_report *report, const char *path, struct pv_error *err);

PV_API_END

#endif
