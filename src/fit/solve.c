/*
 * solve.c - Cholesky factorisation, row by row, so that inner loops run along rows
 *
 * Reference: G. Golub, C. Van Loan, "Matrix Computations", 4th edition, section 4.2.
 */
#include "fit/solve.h"

#include <math.h>
#include <stddef.h>

bool fit_cholesky(double *a, int n)
{
	for (int i = 0; i < n; i++) {
		double *row = a + (size_t)i * (size_t)n;
		for (int j = 0; j <= i; j++) {
			const double *other = a + (size_t)j * (size_t)n;
			double s = row[j];
			for (int k = 0; k < j; k++)
				s -= row[k] * other[k];
			if (j < i)
				row[j] = s / other[j];
			else if (!(s > 0) || !isfinite(s))
				return false;
			else
				row[j] = sqrt(s);
		}
	}
	return true;
}

void fit_cholesky_solve(const double *l, int n, double *b, int m)
{
	const size_t N = (size_t)n, M = (size_t)m;
	for (size_t i = 0; i < N; i++) {
		for (size_t k = 0; k < i; k++)
			for (size_t j = 0; j < M; j++)
				b[i * M + j] -= l[i * N + k] * b[k * M + j];
		for (size_t j = 0; j < M; j++)
			b[i * M + j] /= l[i * N + i];
	}
	for (size_t i = N; i-- > 0;) {
		for (size_t k = i + 1; k < N; k++)
			for (size_t j = 0; j < M; j++)
				b[i * M + j] -= l[k * N + i] * b[k * M + j];
		for (size_t j = 0; j < M; j++)
			b[i * M + j] /= l[i * N + i];
	}
}
