/* rewrite.c - guest: writes a function, calls it, writes another at the same address, calls that; then the first again */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(void)
{
	static const unsigned add[] = {0x0b010000, 0xd65f03c0}; /* add w0, w0, w1; ret */
	static const unsigned mul[] = {0x1b017c00, 0xd65f03c0}; /* mul w0, w0, w1; ret */
	void *code = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	int (*f)(int, int) = (int (*)(int, int))code;
	const unsigned *order[] = {add, mul, add};
	for (int i = 0; i < 3; i++) {
		memcpy(code, order[i], sizeof add);
		__builtin___clear_cache((char *)code, (char *)code + sizeof add);
		printf("%d\n", f(6, 7));
	}
	return 0;
}
