/*
 * u_random.c - the generator: equal seeds, published values, uniformity of a shuffle
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/random.h"

static void test_random__equal_seeds_equal_numbers(void **state)
{
	(void)state;
	struct base_random a, b;
	base_random_init(&a, 42);
	base_random_init(&b, 42);
	for (int i = 0; i < 1000; i++)
		assert_true(base_random_u64(&a) == base_random_u64(&b));
	base_random_init(&b, 43);
	assert_true(base_random_u64(&a) != base_random_u64(&b));
}

static void test_random__first_value_of_known_state(void **state)
{
	(void)state;
	/* rotl(s1 * 5, 7) * 9 with s = {1, 2, 3, 4}: the authors' test value */
	struct base_random a = {{1, 2, 3, 4}};
	assert_true(base_random_u64(&a) == 11520);
	assert_true(base_random_u64(&a) == 0);
	assert_true(base_random_u64(&a) == 1509978240);
}

static void test_random__below_stays_below_and_hits_all(void **state)
{
	(void)state;
	struct base_random a;
	base_random_init(&a, 7);
	int hits[10] = {0};
	for (int i = 0; i < 10000; i++) {
		uint64_t v = base_random_below(&a, 10);
		assert_true(v < 10);
		hits[v]++;
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(hits[i], 800, 1200);
}

static void test_random__shuffle_is_a_permutation(void **state)
{
	(void)state;
	struct base_random a;
	base_random_init(&a, 9);
	uint32_t index[257], seen[257] = {0}, moved = 0;
	for (uint32_t i = 0; i < 257; i++)
		index[i] = i;
	base_random_shuffle(&a, index, 257);
	for (uint32_t i = 0; i < 257; i++) {
		seen[index[i]]++;
		moved += index[i] != i;
	}
	for (uint32_t i = 0; i < 257; i++)
		assert_int_equal(seen[i], 1);
	assert_true(moved > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random__equal_seeds_equal_numbers),
	    cmocka_unit_test(test_random__first_value_of_known_state),
	    cmocka_unit_test(test_random__below_stays_below_and_hits_all),
	    cmocka_unit_test(test_random__shuffle_is_a_permutation),
	};
	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
