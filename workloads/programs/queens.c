/*
 * queens.c - counts the solutions of the n queens puzzle
 */
#include <stdio.h>
#include <stdlib.h>

static long place(unsigned all, unsigned columns, unsigned left, unsigned right)
{
	if (columns == all)
		return 1;
	long n = 0;
	for (unsigned free = all & ~(columns | left | right); free;) {
		unsigned bit = free & -free;
		free ^= bit;
		n += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
	}
	return n;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 9;
	printf("queens %d: %ld\n", n, place((1u << n) - 1, 0, 0, 0));
	return 0;
}
