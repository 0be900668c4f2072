/*
 * quicksort.c - sorts pseudo-random integers and checks the order
 */
#include <stdio.h>
#include <stdlib.h>

static void sort(int *a, int lo, int hi)
{
	while (hi - lo > 12) {
		int pivot = a[lo + (hi - lo) / 2], i = lo, j = hi;
		while (i <= j) {
			while (a[i] < pivot)
				i++;
			while (a[j] > pivot)
				j--;
			if (i <= j) {
				int t = a[i];
				a[i++] = a[j];
				a[j--] = t;
			}
		}
		if (j - lo < hi - i) {
			sort(a, lo, j);
			lo = i;
		} else {
			sort(a, i, hi);
			hi = j;
		}
	}
	for (int i = lo + 1; i <= hi; i++) {
		int v = a[i], j = i;
		for (; j > lo && a[j - 1] > v; j--)
			a[j] = a[j - 1];
		a[j] = v;
	}
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 60000;
	int *a = malloc((size_t)n * sizeof *a);
	if (!a)
		return 1;
	unsigned x = 12345;
	for (int i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		a[i] = (int)(x >> 8);
	}
	sort(a, 0, n - 1);
	int bad = 0;
	for (int i = 1; i < n; i++)
		bad += a[i - 1] > a[i];
	printf("quicksort %d: %d out of order, median %d\n", n, bad, a[n / 2]);
	free(a);
	return bad != 0;
}
