/* forever.c - guest: computes until it is ended; tells when it is running */
#include <stdio.h>

int main(void)
{
	printf("running\n");
	fflush(stdout);
	for (volatile unsigned long i = 0;; i++)
		;
}
