/* crash.c - guest: prints a line and dies the way its argument says */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline, noclone)) int bad_load(volatile int *p)
{
	return *p + 1;
}

int main(int argc, char **argv)
{
	printf("about to die\n");
	fflush(stdout);
	if (argc > 1 && !strcmp(argv[1], "abort"))
		abort();
	return bad_load((volatile int *)8);
}
