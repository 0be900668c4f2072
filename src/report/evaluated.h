/*
 * evaluated.h - an evaluation as the pairs that figures and tables are made of
 */
#ifndef REPORT_EVALUATED_H
#define REPORT_EVALUATED_H

#include <perfvec/evaluate.h>
#include <perfvec/report.h>

/* report_pairs - (n) malloc'd, program by program; names are owned by the evaluation. PV_ERR_NOMEM */
enum pv_status report_pairs(const struct pv_evaluation *evaluation, struct pv_timed **pairs, size_t *n, struct pv_error *err);

#endif
