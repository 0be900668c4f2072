/*
 * evaluation.h - an evaluation as tables, CSV and JSON
 */
#ifndef CLI_EVALUATION_H
#define CLI_EVALUATION_H

#include "cli.h"

/* Print to standard output. Return: PV_OK; PV_ERR_NOMEM */
enum pv_status evaluation_print_table(const struct pv_model *model, const struct pv_evaluation *e, bool brief, struct pv_error *err);
enum pv_status evaluation_print_csv(const struct pv_evaluation *e, struct pv_error *err);
enum pv_status evaluation_print_json(const struct pv_model *model, const struct pv_evaluation *e, struct pv_error *err);

#endif
