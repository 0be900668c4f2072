/*
 * linalg.h - dense linear algebra in double precision, over the BLAS and LAPACK that are linked
 *
 * All matrices are row-major without gaps between their rows. Every call runs on the calling thread alone, so that a sum's order, and with
 * it the result, does not depend on the number of processors.
 */
#ifndef BASE_LINALG_H
#define BASE_LINALG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * base_blas_single_thread - make the BLAS library run each call on the calling thread
 *
 * What runs in parallel here are shards of streams; a BLAS with threads of its own would compete with them, and its results could depend
 * on their number. Acts on OpenBLAS, whose setting is process-wide; other libraries are left as they are (set MKL_NUM_THREADS=1,
 * BLIS_NUM_THREADS=1). Calling it again is harmless. The functions below call it themselves.
 */
void base_blas_single_thread(void);

/* base_doubles_new - n zeros, at least one; free() releases; NULL when memory is out */
double *base_doubles_new(size_t n);

/*
 * base_cholesky - factor A = L L^T in place
 *
 * @a  (n, n); the lower triangle is read and replaced by L, the upper one stays
 *
 * Returns false when A is not positive definite (or not finite).
 */
bool base_cholesky(double *a, int n);

/* base_cholesky_solve - solve L L^T X = B for m right-hand sides; b (n, m) is replaced by X */
void base_cholesky_solve(const double *l, int n, double *b, int m);

/* base_cholesky_inverse - replace L, in the lower triangle of (n, n), by the whole of A^-1 */
void base_cholesky_inverse(double *l, int n);

/* base_add_gram - add X^T X, x (rows, n), to the lower triangle of g (n, n) */
void base_add_gram(int rows, int n, const double *x, double *g);

/* C (m, n) = beta C + alpha A B, a (m, k), b (k, n) */
void base_multiply(int m, int n, int k, double alpha, const double *a, const double *b, double beta, double *c);

/* C (m, n) = beta C + alpha A^T B, a (k, m), b (k, n) */
void base_multiply_tn(int m, int n, int k, double alpha, const double *a, const double *b, double beta, double *c);

/* C (m, n) = beta C + alpha A B^T, a (m, k), b (n, k) */
void base_multiply_nt(int m, int n, int k, double alpha, const double *a, const double *b, double beta, double *c);

/*
 * base_symmetric_eigen - eigenvalues and eigenvectors of a symmetric matrix
 *
 * @a       (n, n); the lower triangle is read; row i becomes the vector of value i, of length 1, with either sign
 * @values  (n) set, smallest first
 *
 * Returns: PV_OK; PV_ERR_NOMEM; PV_ERR_RANGE (A is not finite)
 */
enum pv_status base_symmetric_eigen(double *a, int n, double *values, struct pv_error *err);

#endif
