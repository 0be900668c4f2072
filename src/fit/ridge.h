/*
 * ridge.h - machine vectors in closed form: ridge regression of segment times on segment sums of representations
 *
 * Shapes: n segments, D representation, K machines. With x_i the summed representation of segment i and y_ik its time on machine k,
 *
 *   minimise over W, for each machine k:   sum_i  w_i (x_i W_k - y_ik)^2  +  ridge |S W_k|^2
 *
 * w_i makes errors relative to the segment's time and programs equal to each other; S scales every column of x to a root mean square of 1,
 * so that one grid of ridge strengths suits any representation; a weak fixed ridge on W_k itself holds units that training hardly saw. The
 * strength with the lowest error on programs left out of the fit wins.
 */
#ifndef FIT_RIDGE_H
#define FIT_RIDGE_H

#include "represent/segments.h"

struct fit_ridge_result {
	double ridge; /* chosen strength */
	double error; /* mean absolute relative error of total time over programs and machines on the validation segments; NAN without */
	double worst; /* the largest of these errors, signed */
	double left_out_error; /* the same for each training program predicted from the others alone; NAN with fewer than two programs */
};

/*
 * fit_ridge - fit machine vectors to training segments
 *
 * @train  at least one segment
 * @valid  segments of the same programs that are not fitted; n may be 0
 * @w      (K, D) set, 0.1 ns per unit of representation
 * @b      (K) set, 0.1 ns per row; NULL: no constant
 *
 * Returns: PV_OK; PV_ERR_ARG (no segments); PV_ERR_RANGE (representations that are not finite); PV_ERR_NOMEM
 */
enum pv_status fit_ridge(const struct represent_segments *train, const struct represent_segments *valid, double *w, double *b,
                         struct fit_ridge_result *result, struct pv_error *err);

/*
 * fit_total_error - mean absolute and largest signed relative error of total time, over the programs of some segments (those of one program
 * are consecutive) and all machines
 *
 * @w, @b  as in fit_ridge; b may be NULL
 * @worst  may be NULL
 *
 * Returns NAN when there are no segments.
 */
double fit_total_error(const struct represent_segments *segments, const double *w, const double *b, double *worst);

/*
 * fit_total_errors - the signed errors of total time that fit_total_error averages
 *
 * @programs  (n) set to the programs' numbers in the dataset; n is returned
 * @errors    (n, K) predicted / true - 1; room for as many programs as the dataset has
 */
int fit_total_errors(const struct represent_segments *segments, const double *w, const double *b, int *programs, double *errors);

#endif
