/*
 * perfvec/progress.h - how long work tells its caller how far it is, and how it is asked to stop
 */
#ifndef PERFVEC_PROGRESS_H
#define PERFVEC_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <perfvec/api.h>

/*
 * What a long-running function calls while it works. All members may be NULL or 0.
 *
 * report:  done of total units (total 0: unknown) of what is named; called a few times a second at most, from the calling thread
 * message: a line of text for the user (no newline), such as the result of an epoch
 * stop:    polled between units of work; when it returns true the function stops soon and returns PV_ERR_INTERRUPTED
 */
struct pv_progress {
	void *user;
	void (*report)(void *user, const char *what, const char *unit, uint64_t done, uint64_t total);
	void (*message)(void *user, const char *text);
	bool (*stop)(void *user);
};

PV_API_BEGIN

/* pv_clock_seconds - a steady clock, for a caller that shows rates; only differences mean something */
double pv_clock_seconds(void);

PV_API_END

#endif
