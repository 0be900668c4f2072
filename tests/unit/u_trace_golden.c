/*
 * u_trace_golden.c - trace files written by earlier builds stay readable
 *
 * The files in tests/fuzz/corpus/f_trace/ hold the hand-made traces below; they must read as exactly those rows. UPDATE=1 writes them anew
 * (for a new format version).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/trace.h>

#include "support/hand_trace.h"

static const struct pv_trace_origin origin = {.isa = PV_ISA_AARCH64,
                                              .program = "hand",
                                              .command = "hand --made \"by\" h\xc3\xa4nd\t\xff",
                                              .cpu_model = "cortex-a72",
                                              .tool = "hand_trace",
                                              .n_skipped_insns = 1000,
                                              .cut = true,
                                              .n_other_threads = 1,
                                              .n_other_processes = 2,
                                              .n_interrupted_blocks = 3};

/* A function that adds up an array with a load pair, called twice. */
static void make_sum(struct hand_trace *t)
{
	hand_init(t, 0x400100);
	uint32_t zero = hand_op(t, PV_OP_IntAlu, "-> i3");
	uint32_t first = hand_load(t, 8, "i0 -> i1");
	uint32_t second = hand_load(t, 8, "i0 -> i2");
	uint32_t step = hand_op(t, PV_OP_IntAlu, "i0 -> i0");
	hand_join(t, 3);
	uint32_t add = hand_op(t, PV_OP_IntAlu, "i1 i2 -> i3 c0");
	uint32_t loop = hand_branch(t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x400104, "c0");
	uint32_t ret = hand_branch(t, PV_UOP_UNCOND_BRANCH | PV_UOP_RETURN, 0, "i30");
	hand_pc(t, 0x400800);
	uint32_t call = hand_branch(t, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_CALL, 0x400100, "-> i30");
	uint32_t store = hand_store(t, 8, "i3 i31");
	for (uint64_t round = 0; round < 2; round++) {
		hand_run(t, call);
		hand_run(t, zero);
		for (uint64_t i = 0; i < 10; i++) {
			hand_run_at(t, first, 0x10000 + 4096 * round + 16 * i);
			hand_run_at(t, second, 0x10008 + 4096 * round + 16 * i);
			hand_run(t, step);
			hand_run(t, add);
			hand_run_branch(t, loop, i < 9);
		}
		hand_run(t, ret);
		hand_run_at(t, store, 0x7ffff8);
	}
}

/* Everything unusual: faults, addresses where none is expected, none where one is, jumps to and fro, every register class. */
static void make_odd(struct hand_trace *t)
{
	hand_init(t, 0xffff000000000000u);
	uint32_t vec = hand_op(t, PV_OP_SimdFloatMultAcc, "v0 v31 e7 p3 f2 -> v1 m600");
	uint32_t load = hand_load(t, 16, "i31 -> v2");
	uint32_t prefetch = hand_op(t, PV_OP_InstPrefetch, "i1");
	hand_flags(t, prefetch, PV_UOP_PREFETCH);
	uint32_t atomic = hand_load(t, 4, "i1 i2 -> i3");
	hand_flags(t, atomic, PV_UOP_ATOMIC | PV_UOP_STORE | PV_UOP_READ_BARRIER | PV_UOP_WRITE_BARRIER | PV_UOP_NON_SPECULATIVE);
	uint32_t branch = hand_branch(t, PV_UOP_COND_BRANCH, 0, "c1");
	uint32_t syscall = hand_op(t, PV_OP_No_OpClass, "");
	hand_flags(t, syscall, PV_UOP_SYSCALL | PV_UOP_SERIALIZE_AFTER | PV_UOP_SQUASH_AFTER);
	uint64_t addr = 1;
	for (int i = 0; i < 20; i++) {
		hand_run(t, vec);
		hand_run_at(t, load, addr);
		addr = addr * 0x5851f42d4c957f2du + 1; /* up to 8 bytes of difference */
		if (i % 3 == 0)
			hand_run_at(t, prefetch, addr >> 16);
		hand_run_at(t, atomic, 0x2000);
		if (i % 5 == 0)
			hand_run(t, load);
		hand_run_branch(t, branch, i % 4 == 1); /* and not as the successor would have it */
		if (i % 7 == 0) {
			hand_run(t, syscall);
			t->rows[t->n_rows - 1].flags |= PV_ROW_FAULT;
			t->rows[t->n_rows - 1].addr = addr;
		}
	}
}

static void make_empty(struct hand_trace *t)
{
	hand_init(t, 0);
}

static void make_one(struct hand_trace *t)
{
	hand_init(t, 0);
	hand_run(t, hand_op(t, PV_OP_IntAlu, "i0 -> i0"));
}

static void check(const char *name, void (*make)(struct hand_trace *))
{
	static struct pv_row rows[PV_TRACE_CHUNK_ROWS];
	char path[256];
	struct hand_trace h;
	struct pv_trace *t;
	struct pv_error err = {0};
	size_t n = 0;
	snprintf(path, sizeof path, "tests/fuzz/corpus/f_trace/%s.pvt", name);
	make(&h);
	const char *update = getenv("UPDATE");
	if (update && !strcmp(update, "1"))
		hand_write(&h, path, &origin);
	if (pv_trace_open(path, &t, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_true(pv_trace_info(t)->n_rows == h.n_rows);
	assert_int_equal(pv_trace_info(t)->n_uops, h.n_uops);
	assert_in_range(pv_trace_info(t)->file_bytes, 1, 4095);
	assert_string_equal(pv_trace_info(t)->origin.command, origin.command);
	if (h.n_uops)
		assert_memory_equal(pv_trace_uops(t), h.uops, h.n_uops * sizeof *h.uops);
	if (h.n_rows) {
		assert_int_equal(pv_trace_read_chunk(t, 0, rows, &n, NULL, &err), PV_OK);
		assert_memory_equal(rows, h.rows, n * sizeof *rows);
	}
	assert_int_equal(n, h.n_rows);
	pv_trace_close(t);
	hand_release(&h);
}

static void test_trace_golden__files_of_version_1(void **state)
{
	(void)state;
	check("sum", make_sum);
	check("odd", make_odd);
	check("empty", make_empty);
	check("one", make_one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_trace_golden__files_of_version_1)};
	return cmocka_run_group_tests_name("trace_golden", tests, NULL, NULL);
}
