/*
 * refit.h - machine rows in closed form: ridge regression of segment times on segment sums of representations
 *
 * Shapes: n segments, D representation, K machines. With x_i the summed representation of segment i and y_ik its time on machine k,
 *
 *   minimise over W, for each machine k:   sum_i  w_i (x_i W_k - y_ik)^2  +  ridge |S W_k|^2
 *
 * w_i makes errors relative to the segment's time and programs equal to each other; S scales every column of x to a root mean square of 1,
 * so that one grid of ridge strengths suits any representation; a weak fixed ridge on W_k itself holds units that training hardly saw. The strength with the lowest error on programs left out of the fit wins.
 */
#ifndef PV_MODEL_REFIT_H
#define PV_MODEL_REFIT_H

#include "model/segments.h"

struct pv_refit_result {
	double ridge; /* chosen strength */
	double error; /* mean absolute relative error of total time over programs and machines on the validation segments; NAN without */
	double worst; /* the largest of these errors, signed */
	double left_out_error; /* the same for each training program predicted from the others alone; NAN with fewer than two programs */
};

/*
 * pv_refit - fit machine rows to training segments
 *
 * @train  at least one segment
 * @valid  segments of the same programs that are not fitted; n may be 0
 * @w      (K, D) set, 0.1 ns per unit of representation
 * @b      (K) set, 0.1 ns per row; NULL: no constant
 *
 * Returns: PV_OK; PV_ERR_ARG (no segments); PV_ERR_RANGE (representations that are not finite); PV_ERR_NOMEM
 */
enum pv_status pv_refit(const struct pv_segments *train, const struct pv_segments *valid, double *w, double *b,
                        struct pv_refit_result *result, struct pv_error *err);

/*
 * pv_total_error - mean absolute and largest signed relative error of total time, over the programs of some segments (those of one program
 * are consecutive) and all machines
 *
 * @w, @b  as in pv_refit; b may be NULL
 * @worst  may be NULL
 *
 * Returns NAN when there are no segments.
 */
double pv_total_error(const struct pv_segments *segments, const double *w, const double *b, double *worst);

/*
 * pv_total_errors - the signed errors of total time that pv_total_error averages
 *
 * @programs  (n) set to the programs' numbers in the dataset; n is returned
 * @errors    (n, K) predicted / true - 1; room for as many programs as the dataset has
 */
int pv_total_errors(const struct pv_segments *segments, const double *w, const double *b, int *programs, double *errors);

#endif
