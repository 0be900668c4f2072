/* streams.c - guest: reads standard input, writes both output streams, shows its arguments, ends with status 42 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	for (int c; (c = getchar()) != EOF;)
		putchar(toupper(c));
	const char *value = getenv("GUEST_VALUE");
	printf("environment: %s\n", value ? value : "none");
	/* The first descriptor that a program opens is the one it would get without the tracer. */
	printf("next descriptor: %d\n", dup(0));
	fflush(stdout);
	fprintf(stderr, "to standard error\n");
	return 42;
}
