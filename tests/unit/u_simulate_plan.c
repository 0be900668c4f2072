/*
 * u_simulate_plan.c - which rows are warmed, timed and counted
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "simulate/plan.h"

/* a letter for each row: w warm, t timed, B first of a unit, c counted, E last of one (X both) */
static void assert_plan(const struct simulate_plan *plan, const char *expected)
{
	char got[128] = {0};
	uint64_t n_units = 0;
	assert_int_equal(strlen(expected), plan->n_rows);
	for (uint64_t row = 0; row < plan->n_rows; row++) {
		struct simulate_row_span span = simulate_plan_at(plan, row);
		assert_true(span.end > row && span.end <= plan->n_rows);
		bool last = span.ends_unit && span.end == row + 1;
		char counted = span.begins_unit && last ? 'X' : span.begins_unit ? 'B' : last ? 'E' : 'c';
		got[row] = span.use == SIMULATE_ROWS_WARM ? 'w' : span.use == SIMULATE_ROWS_TIMED ? 't' : counted;
		n_units += span.use == SIMULATE_ROWS_COUNTED && last;
	}
	assert_string_equal(got, expected);
	assert_int_equal(simulate_plan_units(plan), n_units);
}

static void test_plan__whole_trace_is_one_unit(void **state)
{
	(void)state;
	assert_plan(&(struct simulate_plan){.n_rows = 5}, "BcccE");
	assert_plan(&(struct simulate_plan){.n_rows = 6, .n_warm_up = 2}, "ttBccE");
	assert_plan(&(struct simulate_plan){.n_rows = 3, .n_warm_up = 3}, "ttt");
}

static void test_plan__units_lie_in_the_middle_of_periods(void **state)
{
	(void)state;
	struct simulate_plan plan = {.n_rows = 24, .unit = 2, .period = 8, .detailed = 1};
	assert_plan(&plan, "wwtBEwwwwwtBEwwwwwtBEwww");
	plan.n_rows = 21; /* the last unit just ends */
	assert_plan(&plan, "wwtBEwwwwwtBEwwwwwtBE");
	plan.n_rows = 20; /* it does not: left out */
	assert_plan(&plan, "wwtBEwwwwwtBEwwwwwww");
	plan.n_warm_up = 3;
	assert_plan(&plan, "wwwwwtBEwwwwwtBEwwww");
}

static void test_plan__detailed_rows_stop_at_the_period(void **state)
{
	(void)state;
	assert_plan(&(struct simulate_plan){.n_rows = 10, .unit = 1, .period = 5, .detailed = 100}, "ttXwwttXww");
	assert_plan(&(struct simulate_plan){.n_rows = 9, .unit = 4, .period = 4, .detailed = 2}, "BccEBccEw");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plan__whole_trace_is_one_unit),
	    cmocka_unit_test(test_plan__units_lie_in_the_middle_of_periods),
	    cmocka_unit_test(test_plan__detailed_rows_stop_at_the_period),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
