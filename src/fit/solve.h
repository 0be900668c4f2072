/*
 * solve.h - symmetric positive definite systems in double precision
 */
#ifndef FIT_SOLVE_H
#define FIT_SOLVE_H

#include <stdbool.h>

/*
 * fit_cholesky - factor A = L L^T in place
 *
 * @a  (n, n) row-major; the lower triangle is read and replaced by L
 *
 * Returns false when A is not positive definite (or not finite).
 */
bool fit_cholesky(double *a, int n);

/* fit_cholesky_solve - solve L L^T x = b for m right-hand sides; b (n, m) is replaced by x */
void fit_cholesky_solve(const double *l, int n, double *b, int m);

#endif
