/*
 * threads.h - a fixed pool of threads that runs numbered tasks
 *
 * Tasks may run in any order and on any thread, so a task's result must depend on its number only, never on the thread: that is how
 * the same inputs give the same bytes at any thread count.
 */
#ifndef PV_BASE_THREADS_H
#define PV_BASE_THREADS_H

#include "base/error.h"

struct pv_threads;

/* pv_threads_new - a pool of n threads, the calling one included; n <= 0 means one per available processor. NULL when memory is out */
struct pv_threads *pv_threads_new(int n);

/* pv_threads_free - wait for idle threads and release; NULL is allowed */
void pv_threads_free(struct pv_threads *pool);

/* pv_threads_count - number of threads, the calling one included */
int pv_threads_count(const struct pv_threads *pool);

/*
 * pv_threads_run - call task(context, i, thread) for every i in [0, n_tasks) and return when all are done
 *
 * @thread  0..count-1, for scratch memory only
 *
 * A task must not call pv_threads_run on the same pool.
 */
void pv_threads_run(struct pv_threads *pool, void (*task)(void *context, int i, int thread), void *context, int n_tasks);

#endif
