/* zero.c - guest: zeroes parts of a static array with the C library's memset */
#include <stdio.h>
#include <string.h>

char table[8192] __attribute__((aligned(64)));

int main(void)
{
	static const struct {
		int at, bytes;
	} part[] = {{0, 8192}, {100, 5000}, {64, 256}, {1, 700}};
	volatile int total = 0;
	for (int i = 0; i < 4; i++) {
		memset(table, 1, sizeof table);
		memset(table + part[i].at, 0, (size_t)part[i].bytes);
		for (int k = 0; k < 8192; k++)
			total += table[k];
	}
	printf("%d\n", total);
	return 0;
}
