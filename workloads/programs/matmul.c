/*
 * matmul.c - blocked product of two square double matrices
 */
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 16 };

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 96;
	n = (n + BLOCK - 1) / BLOCK * BLOCK;
	double *a = malloc(sizeof(double) * (size_t)n * (size_t)n * 3);
	if (!a)
		return 1;
	double *b = a + n * n, *c = b + n * n;
	for (int i = 0; i < n * n; i++) {
		a[i] = (double)(i % 7) - 3;
		b[i] = (double)(i % 5) - 2;
		c[i] = 0;
	}
	for (int ii = 0; ii < n; ii += BLOCK)
		for (int kk = 0; kk < n; kk += BLOCK)
			for (int jj = 0; jj < n; jj += BLOCK)
				for (int i = ii; i < ii + BLOCK; i++)
					for (int k = kk; k < kk + BLOCK; k++) {
						double v = a[i * n + k];
						for (int j = jj; j < jj + BLOCK; j++)
							c[i * n + j] += v * b[k * n + j];
					}
	double trace = 0;
	for (int i = 0; i < n; i++)
		trace += c[i * n + i];
	printf("matmul %d: trace %.0f\n", n, trace);
	free(a);
	return 0;
}
