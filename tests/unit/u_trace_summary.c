/*
 * u_trace_summary.c - the counts of a trace that was made by hand
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perfvec/trace.h>

#include "support/hand_trace.h"

/* Write t, summarize it, and remove the file. */
static enum pv_status summarize(struct hand_trace *t, struct pv_trace_summary *s, const struct pv_progress *progress)
{
	char path[] = "/tmp/u_trace_summary.XXXXXX";
	struct pv_trace *trace;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	hand_write(t, path, NULL);
	assert_int_equal(pv_trace_open(path, &trace, NULL), PV_OK);
	unlink(path);
	enum pv_status status = pv_trace_summarize(trace, s, progress, NULL);
	pv_trace_close(trace);
	hand_release(t);
	return status;
}

static void test_trace_summary__mix_branches_and_faults(void **state)
{
	(void)state;
	struct hand_trace t;
	struct pv_trace_summary s;
	hand_init(&t, 0x1000);
	uint32_t load = hand_load(&t, 8, "i0 -> i1");
	uint32_t branch = hand_branch(&t, PV_UOP_COND_BRANCH, 0x1000, "c0");
	uint32_t call = hand_branch(&t, PV_UOP_UNCOND_BRANCH | PV_UOP_CALL, 0x2000, "");
	uint32_t ret = hand_branch(&t, PV_UOP_UNCOND_BRANCH | PV_UOP_RETURN, 0, "i30");
	uint32_t atomic = hand_load(&t, 4, "i0 -> i1");
	hand_flags(&t, atomic, PV_UOP_STORE);
	uint32_t syscall = hand_op(&t, PV_OP_No_OpClass, "");
	hand_flags(&t, syscall, PV_UOP_SYSCALL);
	hand_op(&t, PV_OP_IntDiv, "i0 -> i1"); /* never executed */
	for (int i = 0; i < 5; i++) {
		hand_run_at(&t, load, 0x8000);
		hand_run_branch(&t, branch, i < 2);
	}
	hand_run(&t, call);
	hand_run(&t, ret);
	hand_run_at(&t, atomic, 0x8000);
	hand_run(&t, load); /* without address: not counted as an access */
	hand_run(&t, syscall);
	t.rows[t.n_rows - 1].flags |= PV_ROW_FAULT;
	assert_int_equal(summarize(&t, &s, NULL), PV_OK);
	assert_true(s.n_branches == 7 && s.n_cond_branches == 5 && s.n_cond_taken == 2);
	assert_true(s.n_calls == 1 && s.n_returns == 1 && s.n_syscalls == 1 && s.n_faults == 1);
	assert_true(s.n_loads == 6 && s.n_stores == 1);
	assert_true(s.n_by_op_class[PV_OP_MemRead] == 7 && s.n_by_op_class[PV_OP_IntAlu] == 7);
	assert_true(s.n_by_op_class[PV_OP_No_OpClass] == 1 && s.n_by_op_class[PV_OP_IntDiv] == 0);
	assert_int_equal(s.n_uops_executed, 6);
	assert_true(s.n_code_lines == 1 && s.n_data_lines == 1);
}

static void test_trace_summary__lines_are_distinct_and_cross_boundaries(void **state)
{
	(void)state;
	struct hand_trace t;
	struct pv_trace_summary s;
	hand_init(&t, 0x103e); /* 4 bytes in two lines */
	uint32_t load = hand_load(&t, 8, "i0 -> i1");
	uint32_t wide = hand_load(&t, 200, "i0 -> v1");
	for (uint64_t i = 0; i < 5000; i++) /* 5000 pages, twice: the table of pages grows */
		for (int k = 0; k < 2; k++)
			hand_run_at(&t, load, 0x10000000 + 4096 * i);
	hand_run_at(&t, load, 0x2000003c);     /* two lines */
	hand_run_at(&t, load, 0x20000040);     /* the second of them again */
	hand_run_at(&t, load, UINT64_MAX - 3); /* the last line and the first */
	hand_run_at(&t, wide, 0x30000ff0);     /* 16 + 184 bytes: 1 + 3 lines, in two pages */
	assert_int_equal(summarize(&t, &s, NULL), PV_OK);
	assert_true(s.n_code_lines == 2);
	assert_true(s.n_data_lines == 5000 + 2 + 2 + 4);
}

static bool stop_at_once(void *user)
{
	++*(int *)user;
	return true;
}

static void test_trace_summary__stops_when_asked(void **state)
{
	(void)state;
	struct hand_trace t;
	struct pv_trace_summary s;
	int calls = 0;
	struct pv_progress progress = {.user = &calls, .stop = stop_at_once};
	hand_init(&t, 0);
	hand_run(&t, hand_op(&t, PV_OP_IntAlu, ""));
	assert_int_equal(summarize(&t, &s, &progress), PV_ERR_INTERRUPTED);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_trace_summary__mix_branches_and_faults),
	    cmocka_unit_test(test_trace_summary__lines_are_distinct_and_cross_boundaries),
	    cmocka_unit_test(test_trace_summary__stops_when_asked),
	};
	return cmocka_run_group_tests_name("trace_summary", tests, NULL, NULL);
}
