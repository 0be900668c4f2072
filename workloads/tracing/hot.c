/*
 * hot.c - most of its time goes into one line of one function, which is called from two places
 */
#include <stdio.h>

__attribute__((noinline)) static unsigned hot(unsigned *a, int n)
{
	unsigned s = 0;
	/* clang-format off */
	for (int i = 0; i < n; i++) s += a[(s ^ a[(s * 5 + i) & 1023]) & 1023] * 3; /* the hot line */
	/* clang-format on */
	return s;
}

__attribute__((noinline)) static unsigned outer(unsigned *a, int n)
{
	return hot(a, n) + 1;
}

int main(void)
{
	static unsigned a[1024];
	unsigned s = 0;
	/* clang-format off: one line, on purpose */
	for (int i = 0; i < 30; i++) {
		a[i * 7 & 1023] = s + i;
		s += hot(a, 500) + outer(a, 200);
	}
	printf("%u\n", s);
	return 0;
}
