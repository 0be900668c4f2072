/*
 * threads.h - a fixed pool of threads that runs numbered tasks
 *
 * Tasks may run in any order and on any thread, so a task's result must depend on its number only, never on the thread: that is how
 * the same inputs give the same bytes at any thread count.
 */
#ifndef BASE_THREADS_H
#define BASE_THREADS_H

#include "base/error.h"

struct base_threads;

/* base_threads_new - a pool of n threads, the calling one included; n <= 0 means one per available processor. NULL when memory is out */
struct base_threads *base_threads_new(int n);

/* base_threads_free - wait for idle threads and release; NULL is allowed */
void base_threads_free(struct base_threads *pool);

/* base_threads_count - number of threads, the calling one included */
int base_threads_count(const struct base_threads *pool);

/*
 * base_threads_run - call task(context, i, thread) for every i in [0, n_tasks) and return when all are done
 *
 * @thread  0..count-1, for scratch memory only
 *
 * A task must not call base_threads_run on the same pool.
 */
void base_threads_run(struct base_threads *pool, void (*task)(void *context, int i, int thread), void *context, int n_tasks);

#endif
