/* stores.c - guest: writes a static array element by element, reads it back as pairs, and copies with post-indexing */
#include <stdio.h>

long table[64], copy[64];
long sum;

__attribute__((noinline, noclone)) void fill(long *p)
{
	for (long i = 0; i < 64; i++)
		__asm__ volatile("str %0, [%1]" ::"r"(i), "r"(p + i) : "memory");
}

__attribute__((noinline, noclone)) long read_pairs(const long *p)
{
	long total = 0;
	for (long i = 0; i < 64; i += 2) {
		long a, b;
		__asm__ volatile("ldp %0, %1, [%2]" : "=&r"(a), "=&r"(b) : "r"(p + i) : "memory");
		total += a + b;
	}
	return total;
}

__attribute__((noinline, noclone)) void copy_post(const long *from, long *to)
{
	for (long i = 0; i < 64; i++) {
		long v;
		__asm__ volatile("ldr %0, [%1], #8\n\tstr %0, [%2], #8" : "=&r"(v), "+r"(from), "+r"(to) : : "memory");
	}
}

int main(void)
{
	fill(table);
	sum = read_pairs(table);
	copy_post(table, copy);
	printf("%ld %ld\n", sum, copy[63]);
	return 0;
}
