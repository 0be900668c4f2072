/*
 * u_threads.c - every task runs exactly once, at any thread count, call after call
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/threads.h"

static void count(void *context, int i, int thread)
{
	(void)thread;
	((unsigned char *)context)[i]++;
}

static void test_threads__each_task_once(void **state)
{
	(void)state;
	for (int n = 1; n <= 4; n++) {
		struct base_threads *pool = base_threads_new(n);
		assert_non_null(pool);
		unsigned char hits[500];
		for (int round = 0; round < 200; round++) {
			memset(hits, 0, sizeof hits);
			int n_tasks = round % 5 == 0 ? 0 : 1 + round;
			base_threads_run(pool, count, hits, n_tasks);
			for (int i = 0; i < 500; i++)
				assert_int_equal(hits[i], i < n_tasks);
		}
		base_threads_free(pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads__each_task_once)};
	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
