/* timer.c - guest: a timer signal interrupts a computation twenty times */
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

static volatile sig_atomic_t n_ticks;
static long table[1024];

void tick(int number)
{
	(void)number;
	n_ticks++;
}

int main(void)
{
	struct sigaction action = {.sa_handler = tick};
	sigaction(SIGALRM, &action, NULL);
	struct itimerval every = {{0, 250}, {0, 250}};
	setitimer(ITIMER_REAL, &every, NULL);
	for (unsigned long x = 1; n_ticks < 20;)
		for (int i = 0; i < 1024; i++) {
			x = x * 6364136223846793005ul + 1;
			if (x >> 63)
				table[i] += (long)(x >> 60);
			else
				table[(x >> 50) & 1023] ^= (long)x;
		}
	printf("%s\n", n_ticks < 20 ? "early" : "done");
	return 0;
}
