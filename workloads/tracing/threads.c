/* threads.c - guest: three more threads contend for a counter and a pair, then a child process runs */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static _Atomic long counter;
static struct {
	long low, high;
} __attribute__((aligned(16))) pair;

/* The pair is written with a 16-byte store-exclusive, which QEMU may have to run alone. */
static void *work(void *unused)
{
	for (int i = 0; i < 2000; i++) {
		atomic_fetch_add(&counter, 1);
		__asm__ volatile("1: ldxp x2, x3, [%0]\n\t"
		                 "add x2, x2, #1\n\t"
		                 "stxp w4, x2, x3, [%0]\n\t"
		                 "cbnz w4, 1b" ::"r"(&pair)
		                 : "x2", "x3", "x4", "memory");
	}
	return unused;
}

int main(void)
{
	pthread_t thread[3];
	for (int i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, work, NULL);
	work(NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	printf("%ld %ld\n", (long)counter, pair.low);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		for (volatile int i = 0; i < 1000; i++)
			;
		printf("child\n");
		fflush(stdout);
		_exit(3);
	}
	int status;
	waitpid(child, &status, 0);
	printf("child ended with %d\n", WEXITSTATUS(status));
	return 0;
}
