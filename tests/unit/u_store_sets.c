/*
 * u_store_sets.c - memory dependence prediction: which loads wait for which stores, and how sets are merged
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/ooo/store_set.h"

enum { N_SSIT = 64, N_SETS = 64, NEVER_CLEAR = 0 };

/* Two loads and two stores. A set is numbered by the load that begins it: LOAD_LOW's is lower than LOAD_HIGH's. */
enum { LOAD_LOW = 0x04, LOAD_HIGH = 0x08, STORE_LOW = 0x40, STORE_HIGH = 0x44 };

static void make(struct ooo_store_sets *sets, uint64_t clear_period)
{
	assert_true(ooo_store_sets_init(sets, N_SSIT, N_SETS, clear_period));
}

static void assert_wait(struct ooo_store_sets *sets, uint64_t pc, uint64_t until)
{
	assert_int_equal(ooo_store_sets_wait(sets, pc), until);
}

static void test_sets__a_load_waits_for_the_store_it_ran_ahead_of(void **state)
{
	(void)state;
	struct ooo_store_sets sets;
	make(&sets, NEVER_CLEAR);
	ooo_store_sets_store(&sets, STORE_LOW, 100);
	assert_wait(&sets, LOAD_LOW, 0);
	ooo_store_sets_violation(&sets, LOAD_LOW, STORE_LOW);
	assert_wait(&sets, LOAD_LOW, 0); /* the store that is in flight came before the set */
	ooo_store_sets_store(&sets, STORE_LOW, 200);
	assert_wait(&sets, LOAD_LOW, 200);
	assert_wait(&sets, STORE_LOW, 200); /* stores of a set stay in order */
	assert_wait(&sets, LOAD_HIGH, 0);
	ooo_store_sets_forget(&sets, STORE_LOW);
	assert_wait(&sets, LOAD_LOW, 0);
	ooo_store_sets_release(&sets);
}

static void test_sets__whoever_is_in_one_brings_the_other_in(void **state)
{
	(void)state;
	struct ooo_store_sets sets;
	make(&sets, NEVER_CLEAR);
	ooo_store_sets_violation(&sets, LOAD_LOW, STORE_LOW);
	ooo_store_sets_violation(&sets, LOAD_LOW, STORE_HIGH);
	ooo_store_sets_violation(&sets, LOAD_HIGH, STORE_LOW);
	ooo_store_sets_store(&sets, STORE_HIGH, 300);
	assert_wait(&sets, LOAD_LOW, 300);
	assert_wait(&sets, LOAD_HIGH, 300);
	assert_wait(&sets, STORE_LOW, 300);
	ooo_store_sets_release(&sets);
}

/*
 * A load and a store of two sets: whichever of them is in the higher set moves to the lower one, and the others of the higher set stay.
 *
 *   before                                             a load of the low set             a load of the high set
 *   low set   LOAD_LOW  STORE_LOW                      runs ahead of STORE_HIGH:         runs ahead of STORE_LOW:
 *   high set  LOAD_HIGH STORE_HIGH                     STORE_HIGH moves                  LOAD_HIGH moves
 */
static void test_sets__of_two_the_lower_one_wins(void **state)
{
	(void)state;
	for (int high_load = 0; high_load < 2; high_load++) {
		struct ooo_store_sets sets;
		make(&sets, NEVER_CLEAR);
		ooo_store_sets_violation(&sets, LOAD_LOW, STORE_LOW);
		ooo_store_sets_violation(&sets, LOAD_HIGH, STORE_HIGH);
		ooo_store_sets_store(&sets, STORE_LOW, 100);
		ooo_store_sets_store(&sets, STORE_HIGH, 200);
		ooo_store_sets_violation(&sets, high_load ? LOAD_HIGH : LOAD_LOW, high_load ? STORE_LOW : STORE_HIGH);
		assert_wait(&sets, LOAD_LOW, 100); /* not moved */
		assert_wait(&sets, STORE_LOW, 100);
		assert_wait(&sets, high_load ? LOAD_HIGH : STORE_HIGH, 100);
		assert_wait(&sets, high_load ? STORE_HIGH : LOAD_HIGH, 200);
		ooo_store_sets_release(&sets);
	}
}

static void test_sets__are_dropped_after_so_many_memory_instructions(void **state)
{
	(void)state;
	struct ooo_store_sets sets;
	make(&sets, 3);
	ooo_store_sets_violation(&sets, LOAD_LOW, STORE_LOW);
	ooo_store_sets_store(&sets, STORE_LOW, 100);
	for (int i = 0; i < 3; i++)
		assert_wait(&sets, LOAD_LOW, 100);
	assert_wait(&sets, LOAD_LOW, 0);
	ooo_store_sets_release(&sets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sets__a_load_waits_for_the_store_it_ran_ahead_of),
	    cmocka_unit_test(test_sets__whoever_is_in_one_brings_the_other_in),
	    cmocka_unit_test(test_sets__of_two_the_lower_one_wins),
	    cmocka_unit_test(test_sets__are_dropped_after_so_many_memory_instructions),
	};
	return cmocka_run_group_tests_name("store sets", tests, NULL, NULL);
}
