/*
 * u_hand_trace.c - the builder of hand-made traces builds what it says
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/hand_trace.h"

static void test_hand_trace__operands_flags_and_rows(void **state)
{
	(void)state;
	struct hand_trace t;
	hand_init(&t, 0x1000);
	uint32_t add = hand_op(&t, PV_OP_IntAlu, "i1 c0 -> f3 v31 m600");
	uint32_t ld0 = hand_load(&t, 8, "i3 -> i4");
	uint32_t ld1 = hand_load(&t, 8, "i3 -> i5");
	hand_join(&t, 2);
	uint32_t br = hand_branch(&t, PV_UOP_COND_BRANCH, 0x1000, "c0");
	hand_run(&t, add);
	hand_run_at(&t, ld0, 0x8000);
	hand_run_at(&t, ld1, 0x8008);
	hand_run_branch(&t, br, true);

	assert_int_equal(t.n_uops, 4);
	const struct pv_uop *u = t.uops;
	assert_int_equal(u[0].n_src, 2);
	assert_int_equal(u[0].n_dst, 3);
	assert_int_equal(u[0].src[1].reg_class, PV_REG_CC);
	assert_int_equal(u[0].dst[0].reg_class, PV_REG_FLOAT);
	assert_int_equal(u[0].dst[2].reg_class, PV_REG_MISC);
	assert_int_equal(u[0].dst[2].index, 600);
	assert_int_equal(u[0].flags, PV_UOP_LAST);
	assert_int_equal(u[1].flags, PV_UOP_LOAD | PV_UOP_MICROOP);
	assert_int_equal(u[2].flags, PV_UOP_LOAD | PV_UOP_MICROOP | PV_UOP_LAST);
	assert_int_equal(u[1].pc, 0x1004);
	assert_int_equal(u[2].pc, 0x1004);
	assert_int_equal(u[2].addr_offset, 8);
	assert_int_equal(u[3].pc, 0x1008);
	assert_int_equal(t.n_rows, 4);
	assert_int_equal(t.rows[2].addr, 0x8008);
	assert_int_equal(t.rows[2].flags, PV_ROW_HAS_ADDR);
	assert_int_equal(t.rows[3].flags, PV_ROW_TAKEN);
	hand_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_hand_trace__operands_flags_and_rows)};
	return cmocka_run_group_tests_name("hand_trace", tests, NULL, NULL);
}
