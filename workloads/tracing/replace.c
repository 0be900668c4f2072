/* replace.c - guest: replaces itself by a program of the host */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	printf("before\n");
	fflush(stdout);
	execl("/nonexistent", "nonexistent", (char *)NULL);
	execl("/bin/sh", "sh", "-c", "echo after; exit 5", (char *)NULL);
	return 1;
}
