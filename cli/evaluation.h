/*
 * evaluation.h - an evaluation as tables, CSV and JSON
 */
#ifndef PV_CLI_EVALUATION_H
#define PV_CLI_EVALUATION_H

#include "cli.h"

/* Print to standard output. Return: PV_OK; PV_ERR_NOMEM */
enum pv_status evaluation_print_table(const struct pv_model *model, const struct pv_evaluation *e, bool brief, struct pv_error *err);
enum pv_status evaluation_print_csv(const struct pv_evaluation *e, struct pv_error *err);
enum pv_status evaluation_print_json(const struct pv_model *model, const struct pv_evaluation *e, struct pv_error *err);

/* The four quadrants, in the order in which they are printed. */
enum { N_QUADRANTS = 4 };

/* One of them, and its name: "seen programs, seen machines" and so on. */
struct pv_pairs evaluation_quadrant(int i);
const char *evaluation_quadrant_name(int i);

/* The worst phases of a predictor: mean absolute error over all machines. */
struct worst_phase {
	int phase;
	double error, bias; /* mean absolute and mean error over the machines */
};

/* evaluation_worst_phases - the n worst phases, worst first; returns how many there are */
int evaluation_worst_phases(const struct pv_evaluation *e, enum pv_predictor predictor, struct worst_phase *worst, int n);

#endif
