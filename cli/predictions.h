/*
 * predictions.h - the table that predict makes: programs on machines, with intervals and errors
 */
#ifndef CLI_PREDICTIONS_H
#define CLI_PREDICTIONS_H

#include "inputs.h"

/* All of them: P programs, or their phases, on the chosen M machines. */
struct predictions {
	const struct pv_model *model;
	const struct pv_represented *in;
	const struct pv_vectors *vectors;        /* (P) */
	const struct pv_dataset *const *sources; /* (P) the dataset that each came from; NULL: from another file */
	bool phases;                             /* there is at least one vector of a phase */
	int P, M;
	int *machines;               /* (M) numbers in the model */
	struct pv_prediction *cells; /* (P, M) */
	int *order;                  /* (P * M) numbers of cells in the order of printing */
	double *errors;              /* (P * M) scratch for medians */
	bool simulated;              /* there is at least one simulated time */
	bool sampled;                /* there is at least one vector that was estimated from a sample */
};

/* predictions_fill - compute all cells; their order is program after program. Errors: as pv_predict */
enum pv_status predictions_fill(struct predictions *t, struct pv_error *err);

/* predictions_sort - order by "time", "cpi" (smallest first), "error" (largest first) or "name"; false for anything else */
bool predictions_sort(struct predictions *t, const char *by);

/* What a program and a machine are to the model: "seen" in training, "unseen"; "tuned" later. */
const char *predictions_program_kind(const struct predictions *t, int p);
const char *predictions_machine_kind(const struct predictions *t, int m);

/* Some cells: of one program, or (-1) of all seen or unseen ones, on the seen or on the tuned machines. */
struct choice {
	int program;
	bool seen_programs, seen_machines;
};

/* What they amount to; means are over cells with a simulated time, n of them. */
struct summary {
	int n, n_programs, n_machines;
	double simulated_ns, time_ns;
	struct pv_error_summary error;
};

/* predictions_summarize - means and extremes of some cells */
struct summary predictions_summarize(const struct predictions *t, struct choice c);

/* predictions_print_table - one line per program beside simulated times, unless `full`; else one per cell */
void predictions_print_table(const struct predictions *t, bool full);
void predictions_print_csv(const struct predictions *t);
void predictions_print_json(const struct predictions *t);

/* predictions_time_text, predictions_percent_text - a time with a unit; a fraction in percent, with its sign if asked for. "-" for NAN */
const char *predictions_time_text(double ns, char *text, size_t n);
const char *predictions_percent_text(double fraction, bool sign, char *text, size_t n);

/* predictions_print_notes - what the columns of intervals say */
void predictions_print_notes(const struct predictions *t);

#endif
