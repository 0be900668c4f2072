/*
 * solve.h - symmetric positive definite systems in double precision
 */
#ifndef PV_MODEL_SOLVE_H
#define PV_MODEL_SOLVE_H

#include <stdbool.h>

/*
 * pv_cholesky - factor A = L L^T in place
 *
 * @a  (n, n) row-major; the lower triangle is read and replaced by L
 *
 * Returns false when A is not positive definite (or not finite).
 */
bool pv_cholesky(double *a, int n);

/* pv_cholesky_solve - solve L L^T x = b for m right-hand sides; b (n, m) is replaced by x */
void pv_cholesky_solve(const double *l, int n, double *b, int m);

#endif
