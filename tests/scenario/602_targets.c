/*
 * 602_targets.c - the 16 targets of hand-written times
 *
 *	            fetch  decode  rename  dispatch  commit  store    in 0.1 ns
 *	  0 add        10      12      13        14      20      -
 *	  1 store      10      12      13        15      21     40
 *	  2 load       11      14      14        15      22      -    commits before the store is out
 *	  3 store      30      31      32        33      41     43
 *	  4 branch     30      31      32        34      50      -
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "data/targets.h"

enum { N = 5 };

/* clang-format off */
static const struct pv_uop_times times[N] = {
	{.fetch_ps = 1000, .decode_ps = 1200, .rename_ps = 1300, .dispatch_ps = 1400, .commit_ps = 2000, .fetch_depth = -1, .data_depth = -1},
	{.fetch_ps = 1000, .decode_ps = 1299, .rename_ps = 1300, .dispatch_ps = 1500, .commit_ps = 2100, .store_ps = 4000, .fetch_depth = -1, .data_depth = 1},
	{.fetch_ps = 1100, .decode_ps = 1400, .rename_ps = 1400, .dispatch_ps = 1501, .commit_ps = 2250, .fetch_depth = 0, .data_depth = 2},
	{.fetch_ps = 3000, .decode_ps = 3100, .rename_ps = 3200, .dispatch_ps = 3300, .commit_ps = 4100, .store_ps = 4399, .fetch_depth = 1, .data_depth = 0},
	{.fetch_ps = 3000, .decode_ps = 3100, .rename_ps = 3200, .dispatch_ps = 3400, .commit_ps = 5000, .fetch_depth = -1, .data_depth = -1, .mispredicted = true},
};
/* clang-format on */
enum { LOAD = 2 };

/* Columns: 5 times and increments, then fetch, load and store accesses by depth, then mispredicted; the first fetch counts as memory. */
static const int64_t expected[N][PV_N_TARGETS] = {
    {10, 20, 20, 12, 13, 14, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0}, {0, 1, 20, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0},
    {1, 1, 0, 2, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0},       {19, 19, 3, 17, 18, 18, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0},
    {0, 9, 7, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
};

static void test_targets__of_five_rows(void **state)
{
	(void)state;
	struct data_target_state s = {0};
	int64_t sum[PV_N_TARGETS] = {0}, out[PV_N_TARGETS];
	for (int i = 0; i < N; i++) {
		assert_int_equal(data_targets_next(&s, &times[i], i == LOAD, out), PV_N_TARGETS);
		for (unsigned k = 0; k < PV_N_TARGETS; k++) {
			if (out[k] != expected[i][k])
				fail_msg("row %d: %s is %lld, expected %lld", i, pv_target_name(k), (long long)out[k],
				         (long long)expected[i][k]);
			sum[k] += out[k];
		}
	}
	assert_int_equal(sum[PV_TARGET_fetch], 30); /* sums are the last row's times, cut to 0.1 ns */
	assert_int_equal(sum[PV_TARGET_commit], 50);
	assert_int_equal(sum[PV_TARGET_store_commit], 50);
	assert_int_equal(sum[PV_TARGET_dispatch], 34);
}

static void test_targets__time_does_not_go_back(void **state)
{
	(void)state;
	struct data_target_state s = {0};
	struct pv_uop_times back = times[4];
	int64_t out[PV_N_TARGETS];
	assert_int_equal(data_targets_next(&s, &times[4], false, out), PV_N_TARGETS);
	back.rename_ps = 3100;
	assert_int_equal(data_targets_next(&s, &back, false, out), PV_TARGET_rename);
	assert_int_equal(out[PV_TARGET_rename], -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_targets__of_five_rows),
	    cmocka_unit_test(test_targets__time_does_not_go_back),
	};
	return cmocka_run_group_tests_name("targets by hand", tests, NULL, NULL);
}
