/*
 * clock.h - seconds that pass, for rates and time limits
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* base_clock_seconds - a steady clock; only differences mean something */
double base_clock_seconds(void);

/* base_cpu_seconds - processor time of this process, all threads together */
double base_cpu_seconds(void);

#endif
