/*
 * linalg.c - dense linear algebra in double precision, over the BLAS and LAPACK that are linked
 *
 * LAPACK counts columns first: what is a lower triangle here is an upper one there, and rows of eigenvectors here are columns there. No
 * matrix is ever copied for that.
 */
#include "base/linalg.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

/* Weak: NULL when the CBLAS that is linked is not OpenBLAS. */
extern void openblas_set_num_threads(int n) __attribute__((weak));

/* Fortran's calling convention: everything by address, and the lengths of texts behind. */
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t uplo_bytes);
extern void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t uplo_bytes);
extern void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work, const int *lwork,
                   int *info, size_t jobz_bytes, size_t uplo_bytes);

void base_blas_single_thread(void)
{
	void (*set)(int) = openblas_set_num_threads;
	if (set)
		set(1);
}

double *base_doubles_new(size_t n)
{
	return calloc(n ? n : 1, sizeof(double));
}

/* ---- symmetric positive definite systems ---- */

bool base_cholesky(double *a, int n)
{
	int info = 0;
	base_blas_single_thread();
	dpotrf_("U", &n, a, &n, &info, 1);
	for (size_t i = 0; i < (size_t)n && info == 0; i++)
		if (!isfinite(a[i * (size_t)n + i]))
			return false;
	return info == 0;
}

void base_cholesky_solve(const double *l, int n, double *b, int m)
{
	base_blas_single_thread();
	cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, n, m, 1.0, l, n, b, m);
	cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, n, m, 1.0, l, n, b, m);
}

void base_cholesky_inverse(double *l, int n)
{
	int info = 0;
	base_blas_single_thread();
	dpotri_("U", &n, l, &n, &info, 1);
	for (size_t i = 0, N = (size_t)n; i < N; i++)
		for (size_t j = 0; j < i; j++)
			l[j * N + i] = l[i * N + j];
}

/* ---- products ---- */

void base_add_gram(int rows, int n, const double *x, double *g)
{
	base_blas_single_thread();
	cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, n, rows, 1.0, x, n, 1.0, g, n);
}

void base_multiply(int m, int n, int k, double alpha, const double *a, const double *b, double beta, double *c)
{
	base_blas_single_thread();
	cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, alpha, a, k, b, n, beta, c, n);
}

void base_multiply_tn(int m, int n, int k, double alpha, const double *a, const double *b, double beta, double *c)
{
	base_blas_single_thread();
	cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, n, k, alpha, a, m, b, n, beta, c, n);
}

void base_multiply_nt(int m, int n, int k, double alpha, const double *a, const double *b, double beta, double *c)
{
	base_blas_single_thread();
	cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, alpha, a, k, b, k, beta, c, n);
}

/* ---- eigenvalues ---- */

enum pv_status base_symmetric_eigen(double *a, int n, double *values, struct pv_error *err)
{
	const size_t N = (size_t)n;
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j <= i; j++)
			FAIL_IF(!isfinite(a[i * N + j]), err, PV_ERR_RANGE, "a matrix has numbers that are not finite");
	double wanted = 0;
	int info = 0, n_work = -1;
	base_blas_single_thread();
	dsyev_("V", "U", &n, a, &n, values, &wanted, &n_work, &info, 1, 1);
	n_work = (int)wanted;
	double *work = malloc((size_t)n_work * sizeof *work);
	FAIL_IF(!work, err, PV_ERR_NOMEM, "out of memory for the eigenvalues of %d columns", n);
	dsyev_("V", "U", &n, a, &n, values, work, &n_work, &info, 1, 1);
	free(work);
	FAIL_IF(info != 0, err, PV_ERR_RANGE, "the eigenvalues of %d columns do not converge", n);
	return PV_OK;
}
