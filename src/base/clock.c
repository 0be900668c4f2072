/*
 * clock.c - seconds that pass, for rates and time limits
 */
#include "base/clock.h"

#include <perfvec/progress.h>
#include <time.h>

static double seconds_of(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double base_clock_seconds(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

double base_cpu_seconds(void)
{
	return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

double pv_clock_seconds(void)
{
	return base_clock_seconds();
}
