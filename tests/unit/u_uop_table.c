/*
 * u_uop_table.c - the table of static micro-operations: what is the same entry and what is another
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "trace/uop_table.h"

static uint32_t find(struct trace_uop_table *t, const struct pv_uop *uops, uint32_t n)
{
	uint32_t first;
	struct pv_error err;
	if (trace_uop_table_find(t, uops, n, &first, &err) != PV_OK)
		fail_msg("%s", err.message);
	return first;
}

static void test_table__an_instruction_is_known_by_all_its_micro_operations(void **state)
{
	(void)state;
	struct trace_uop_table t = {0};
	struct pv_uop a[2] = {{.pc = 0x40, .n_uops = 2}, {.pc = 0x40, .n_uops = 2, .uop_index = 1}};
	struct pv_uop b[2] = {a[0], a[1]}, c = {.pc = 0x40, .n_uops = 1};
	b[1].op_class = PV_OP_IntMult;
	assert_int_equal(find(&t, a, 2), 0);
	assert_int_equal(find(&t, b, 2), 2);
	assert_int_equal(find(&t, &c, 1), 4);
	assert_int_equal(find(&t, a, 2), 0);
	assert_int_equal(find(&t, b, 2), 2);
	assert_int_equal(find(&t, &c, 1), 4);
	b[1].target = 0x80; /* no member is left out */
	assert_int_equal(find(&t, b, 2), 5);
	assert_int_equal(t.n_uops, 7);
	assert_int_equal(t.uops[3].op_class, PV_OP_IntMult);
	trace_uop_table_clear(&t);
	assert_int_equal(t.n_uops, 0);
	assert_int_equal(find(&t, b, 2), 0);
	trace_uop_table_release(&t);
}

static void test_table__what_is_written_later_does_not_tell_entries_apart(void **state)
{
	(void)state;
	struct trace_uop_table t = {.is_completed_later = true};
	struct pv_uop u = {.pc = 0x40, .access_bytes = 8};
	assert_int_equal(find(&t, &u, 1), 0);
	t.uops[0].n_uops = 3;
	t.uops[0].target = 0x80;
	assert_int_equal(find(&t, &u, 1), 0);
	u.access_bytes = 4;
	assert_int_equal(find(&t, &u, 1), 1);
	u.uop_index = 1;
	assert_int_equal(find(&t, &u, 1), 2);
	u.dst[5].index = 1;
	assert_int_equal(find(&t, &u, 1), 3);
	trace_uop_table_release(&t);
}

static void test_table__numbers_stay_when_it_grows(void **state)
{
	(void)state;
	enum { N = 40000 };
	struct trace_uop_table t = {0};
	for (int turn = 0; turn < 2; turn++)
		for (uint32_t i = 0; i < N; i++) {
			const struct pv_uop u[2] = {{.pc = 4 * i, .n_uops = 2}, {.pc = 4 * i, .n_uops = 2, .uop_index = 1}};
			if (find(&t, u, 2) != 2 * i)
				fail_msg("instruction %u has another number", i);
		}
	assert_int_equal(t.n_uops, 2 * N);
	trace_uop_table_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table__an_instruction_is_known_by_all_its_micro_operations),
	    cmocka_unit_test(test_table__what_is_written_later_does_not_tell_entries_apart),
	    cmocka_unit_test(test_table__numbers_stay_when_it_grows),
	};
	return cmocka_run_group_tests_name("table of micro-operations", tests, NULL, NULL);
}
