/*
 * threads.c - a fixed pool of threads that runs numbered tasks
 *
 * Workers sleep on a condition variable between calls. Within a call, task numbers are handed out by an atomic counter.
 */
#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct worker {
	struct base_threads *pool;
	pthread_t thread;
	int index;
};

struct base_threads {
	pthread_mutex_t mutex;
	pthread_cond_t start, done;
	struct worker *workers; /* n - 1 of them; the caller is thread 0 */
	int n;
	unsigned generation; /* counts calls of base_threads_run */
	int n_busy;
	bool quit;
	void (*task)(void *, int, int);
	void *context;
	int n_tasks;
	atomic_int next;
};

static void run_tasks(struct base_threads *pool, int thread)
{
	for (;;) {
		int i = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
		if (i >= pool->n_tasks)
			return;
		pool->task(pool->context, i, thread);
	}
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct base_threads *pool = w->pool;
	unsigned seen = 0;
	pthread_mutex_lock(&pool->mutex);
	for (;;) {
		while (!pool->quit && pool->generation == seen)
			pthread_cond_wait(&pool->start, &pool->mutex);
		if (pool->quit)
			break;
		seen = pool->generation;
		pthread_mutex_unlock(&pool->mutex);
		run_tasks(pool, w->index);
		pthread_mutex_lock(&pool->mutex);
		if (--pool->n_busy == 0)
			pthread_cond_signal(&pool->done);
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

static int available_processors(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	int n = CPU_COUNT(&set);
	return n > 0 ? n : 1;
}

struct base_threads *base_threads_new(int n)
{
	if (n <= 0)
		n = available_processors();
	struct base_threads *pool = calloc(1, sizeof *pool);
	if (!pool)
		return NULL;
	pool->workers = calloc((size_t)n, sizeof *pool->workers);
	if (!pool->workers) {
		free(pool);
		return NULL;
	}
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->start, NULL);
	pthread_cond_init(&pool->done, NULL);
	pool->n = 1;
	for (int i = 1; i < n; i++) {
		struct worker *w = &pool->workers[i - 1];
		w->pool = pool;
		w->index = i;
		if (pthread_create(&w->thread, NULL, worker_main, w) != 0)
			break; /* fewer threads than asked for give the same results, later */
		pool->n++;
	}
	return pool;
}

void base_threads_free(struct base_threads *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->mutex);
	pool->quit = true;
	pthread_cond_broadcast(&pool->start);
	pthread_mutex_unlock(&pool->mutex);
	for (int i = 1; i < pool->n; i++)
		pthread_join(pool->workers[i - 1].thread, NULL);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->start);
	pthread_mutex_destroy(&pool->mutex);
	free(pool->workers);
	free(pool);
}

int base_threads_count(const struct base_threads *pool)
{
	return pool->n;
}

void base_threads_run(struct base_threads *pool, void (*task)(void *, int, int), void *context, int n_tasks)
{
	pthread_mutex_lock(&pool->mutex);
	pool->task = task;
	pool->context = context;
	pool->n_tasks = n_tasks;
	atomic_store(&pool->next, 0);
	pool->n_busy = pool->n - 1;
	pool->generation++;
	pthread_cond_broadcast(&pool->start);
	pthread_mutex_unlock(&pool->mutex);
	run_tasks(pool, 0);
	pthread_mutex_lock(&pool->mutex);
	while (pool->n_busy > 0)
		pthread_cond_wait(&pool->done, &pool->mutex);
	pthread_mutex_unlock(&pool->mutex);
}
