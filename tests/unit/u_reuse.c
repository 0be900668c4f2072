/*
 * u_reuse.c - stack distances against a list walk, through growth and compaction of the time stamps
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "data/reuse.h"

/* Lines, the latest last. */
struct list {
	uint64_t lines[4096];
	size_t n;
};

static uint32_t walk(struct list *l, uint64_t line, bool touch)
{
	size_t at = l->n;
	while (at > 0 && l->lines[at - 1] != line)
		at--;
	uint32_t distance = at ? (uint32_t)(l->n - at + 1) : PV_REUSE_NEVER;
	if (touch) {
		if (at) {
			memmove(&l->lines[at - 1], &l->lines[at], (l->n - at) * sizeof *l->lines);
			l->n--;
		}
		l->lines[l->n++] = line;
	}
	return distance;
}

static uint64_t pick_line(struct base_random *rng, uint64_t footprint)
{
	uint64_t r = base_random_below(rng, 10);
	if (r < 6)
		return base_random_below(rng, footprint < 8 ? footprint : 8); /* a hot few */
	return base_random_below(rng, footprint) * (r < 8 ? 1 : 64) + (r == 9 ? (uint64_t)1 << 57 : 0);
}

static void compare(uint64_t seed, uint64_t footprint, int n)
{
	struct base_random rng;
	base_random_init(&rng, seed);
	static struct list lists[2];
	lists[0].n = lists[1].n = 0;
	struct data_reuse reuse;
	assert_int_equal(data_reuse_init(&reuse, 2, NULL), PV_OK);
	for (int i = 0; i < n; i++) {
		if (i % 1000 == 0)
			assert_int_equal(data_reuse_reserve(&reuse, 1000, NULL), PV_OK);
		uint64_t line = pick_line(&rng, footprint);
		int own = (int)base_random_below(&rng, 2);
		struct data_slot *slot = data_reuse_line(&reuse, line);
		for (int s = 0; s < 2; s++) {
			uint32_t got = data_reuse_distance(&reuse, s, slot), expected = walk(&lists[s], line, s == own);
			if (got != expected)
				fail_msg("touch %d, stack %d: distance %u, expected %u", i, s, got, expected);
		}
		data_reuse_touch(&reuse, own, slot);
	}
	data_reuse_release(&reuse);
}

static void test_reuse__equals_list_walk(void **state)
{
	(void)state;
	compare(1, 1, 3000);
	compare(2, 20, 20000);
	compare(3, 900, 30000);
}

static void test_reuse__survives_compaction(void **state)
{
	(void)state;
	compare(4, 30, 600000); /* about nine times as many touches as there are stamps */
}

static void test_reuse__a_stream_never_comes_back(void **state)
{
	(void)state;
	struct data_reuse reuse;
	assert_int_equal(data_reuse_init(&reuse, 1, NULL), PV_OK);
	enum { N = 500000 };
	for (uint64_t i = 0; i < N; i++) {
		assert_int_equal(data_reuse_reserve(&reuse, 1, NULL), PV_OK);
		struct data_slot *slot = data_reuse_line(&reuse, i);
		assert_int_equal(data_reuse_distance(&reuse, 0, slot), PV_REUSE_NEVER);
		data_reuse_touch(&reuse, 0, slot);
	}
	for (uint64_t i = 0; i < N; i += 1000)
		assert_int_equal(data_reuse_distance(&reuse, 0, data_reuse_line(&reuse, i)), N - i);
	data_reuse_release(&reuse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reuse__equals_list_walk),
	    cmocka_unit_test(test_reuse__survives_compaction),
	    cmocka_unit_test(test_reuse__a_stream_never_comes_back),
	};
	return cmocka_run_group_tests_name("reuse", tests, NULL, NULL);
}
