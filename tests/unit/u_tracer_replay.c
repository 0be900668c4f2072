/*
 * u_tracer_replay.c - events made by hand, as the plugin would write them, and the rows that must come of them
 *
 * Block 0, at 0x1000:  ldr x1, [x0]   str x1, [x2]   add x1, x1, x3   b.ne 0x1000
 * Block 1, at 0x1010:  ldp x4, x5, [x0]   ret
 * Block 2, at 0x1004:  str x1, [x2]                                  (alone)
 * Block 3, at 0x2000:  ret
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <perfvec/trace.h>

#include "isa/decoder.h"
#include "tracer/blocks.h"
#include "tracer/protocol.h"
#include "tracer/replay.h"

enum { LDR = 0xf9400001u, STR = 0xf9000041u, ADD = 0x8b030021u, LDP = 0xa9401404u, RET = 0xd65f03c0u, B_NE = 0x54ffffa1u, ROOM = 4096 };

struct bench {
	uint8_t descriptions[ROOM];
	size_t used;
	uint32_t n_blocks;
	char path[64];
	struct isa_decoder *decoder;
	struct pv_trace_writer *writer;
	struct tracer_blocks *blocks;
	struct tracer_replay replay;
	struct pv_trace *trace;
	struct pv_row *rows;
	size_t n_rows;
};

static void describe(struct bench *b, uint64_t pc, const uint32_t *code, uint32_t n)
{
	struct tracer_block_header header = {.pc = pc, .id = b->n_blocks++, .n_insns = n, .code_bytes = 4 * n};
	uint8_t *p = b->descriptions + b->used;
	memcpy(p, &header, sizeof header);
	memset(p + sizeof header, 4, n);
	memcpy(p + sizeof header + n, code, 4 * n);
	b->used += (sizeof header + 5 * n + 7) & ~(size_t)7;
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	if (!b)
		return 1;
	*state = b;
	describe(b, 0x1000, (const uint32_t[]){LDR, STR, ADD, B_NE}, 4);
	describe(b, 0x1010, (const uint32_t[]){LDP, RET}, 2);
	describe(b, 0x1004, (const uint32_t[]){STR}, 1);
	describe(b, 0x2000, (const uint32_t[]){RET}, 1);
	snprintf(b->path, sizeof b->path, "/tmp/u_tracer_replay.%ld.pvt", (long)getpid());
	return isa_decoder_new(PV_ISA_AARCH64, &b->decoder, NULL) || pv_trace_create(b->path, &b->writer, NULL) ||
	       tracer_blocks_new(b->descriptions, ROOM, b->decoder, b->writer, &b->blocks, NULL) ||
	       tracer_replay_init(&b->replay, b->blocks, b->writer, UINT64_MAX, NULL);
}

static int teardown(void **state)
{
	struct bench *b = *state;
	pv_trace_discard(b->writer);
	pv_trace_close(b->trace);
	tracer_replay_release(&b->replay);
	tracer_blocks_free(b->blocks);
	isa_decoder_free(b->decoder);
	unlink(b->path);
	free(b->rows);
	free(b);
	return 0;
}

static uint64_t block(uint32_t id)
{
	return id;
}

static uint64_t load(unsigned insn, unsigned log2_bytes, uint64_t addr)
{
	return TRACER_EVENT_MEM | (uint64_t)insn << TRACER_EVENT_INSN_SHIFT | (uint64_t)log2_bytes << TRACER_EVENT_SIZE_SHIFT | addr;
}

static enum pv_status feed(struct bench *b, const uint64_t *words, size_t n)
{
	return tracer_replay_events(&b->replay, words, n, b->n_blocks, NULL);
}
#define FEED(b, ...) feed(b, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* Ends the recording and reads the file back. */
static void finish(struct bench *b, enum tracer_replay_end end)
{
	assert_int_equal(tracer_replay_finish(&b->replay, end, NULL), PV_OK);
	struct pv_trace_origin origin = {.isa = PV_ISA_AARCH64, .program = "p", .command = "p", .cpu_model = "c", .tool = "t"};
	enum pv_status status = pv_trace_finish(b->writer, &origin, NULL);
	b->writer = NULL;
	assert_int_equal(status, PV_OK);
	assert_int_equal(pv_trace_open(b->path, &b->trace, NULL), PV_OK);
	b->rows = malloc(PV_TRACE_CHUNK_ROWS * sizeof *b->rows);
	assert_non_null(b->rows);
	assert_int_equal(pv_trace_read_chunk(b->trace, 0, b->rows, &b->n_rows, NULL, NULL), PV_OK);
	assert_int_equal(b->n_rows, b->replay.n_rows);
}

static uint64_t pc_of(const struct bench *b, size_t row)
{
	return pv_trace_uops(b->trace)[b->rows[row].uop].pc;
}

static void test_replay__branch_outcomes_come_from_where_control_went(void **state)
{
	struct bench *b = *state;
	assert_int_equal(FEED(b, block(0), load(0, 3, 0x8000), load(1, 3, 0x9000), block(0), load(0, 3, 0x8008), load(1, 3, 0x9008),
	                      block(1), load(0, 3, 0x7000), load(0, 3, 0x7008), block(3)),
	                 PV_OK);
	finish(b, TRACER_REPLAY_EXIT);
	assert_int_equal(b->replay.n_insns, 11);
	assert_int_equal(b->replay.n_interrupted_blocks, 0);
	assert_int_equal(b->rows[0].addr, 0x8000);
	assert_int_equal(b->rows[1].addr, 0x9000);
	assert_int_equal(b->rows[3].flags, PV_ROW_TAKEN);
	assert_int_equal(b->rows[4].addr, 0x8008);
	assert_int_equal(b->rows[7].flags, 0);
	assert_int_equal(b->rows[b->n_rows - 1].flags, PV_ROW_TAKEN);
}

static void test_replay__lower_address_of_an_instruction_wins(void **state)
{
	struct bench *b = *state;
	assert_int_equal(FEED(b, block(1), load(0, 3, 0x7008), load(0, 3, 0x7000), block(3)), PV_OK);
	finish(b, TRACER_REPLAY_EXIT);
	uint64_t lowest = UINT64_MAX;
	for (size_t i = 0; i < b->n_rows; i++)
		if (b->rows[i].flags & PV_ROW_HAS_ADDR && b->rows[i].addr < lowest)
			lowest = b->rows[i].addr;
	assert_int_equal(lowest, 0x7000);
}

static void test_replay__fault_ends_a_block_at_the_silent_access(void **state)
{
	struct bench *b = *state;
	/* The store faults; its handler is at 0x2000. */
	assert_int_equal(FEED(b, block(0), load(0, 3, 0x8000), block(3)), PV_OK);
	finish(b, TRACER_REPLAY_EXIT);
	assert_int_equal(b->replay.n_interrupted_blocks, 1);
	assert_int_equal(b->n_rows, 3);
	assert_int_equal(b->rows[0].flags, PV_ROW_HAS_ADDR);
	assert_int_equal(pc_of(b, 1), 0x1004);
	assert_int_equal(b->rows[1].flags, PV_ROW_FAULT);
	assert_int_equal(pc_of(b, 2), 0x2000);
}

static void test_replay__fault_is_seen_before_an_indirect_branch(void **state)
{
	struct bench *b = *state;
	/* ret may go anywhere, so only the silent load tells; then one whose second half is in a forbidden page. */
	assert_int_equal(FEED(b, block(1), block(3), block(1), load(0, 3, 0x7ff8), block(3)), PV_OK);
	finish(b, TRACER_REPLAY_EXIT);
	assert_int_equal(b->replay.n_interrupted_blocks, 2);
	assert_int_equal(b->replay.n_insns, 4);
}

static void test_replay__instruction_run_again_alone_is_recorded_once(void **state)
{
	struct bench *b = *state;
	assert_int_equal(FEED(b, block(0), load(0, 3, 0x8000), block(2), load(0, 3, 0x9000), block(3)), PV_OK);
	finish(b, TRACER_REPLAY_EXIT);
	assert_int_equal(b->replay.n_insns, 3);
	assert_int_equal(pc_of(b, 0), 0x1000);
	assert_int_equal(pc_of(b, 1), 0x1004);
	assert_int_equal(b->rows[1].addr, 0x9000);
	assert_int_equal(b->rows[1].uop, 1); /* the same static micro-operation as in block 0 */
	assert_int_equal(pc_of(b, 2), 0x2000);
}

static void test_replay__edges_are_cut_to_the_instruction(void **state)
{
	struct bench *b = *state;
	b->replay.n_drop = 2;
	b->replay.n_max_insns = 3;
	assert_int_equal(
	    FEED(b, block(0), load(0, 3, 0x8000), load(1, 3, 0x9000), block(0), load(0, 3, 0x8008), load(1, 3, 0x9008), block(0)), PV_OK);
	assert_true(b->replay.done);
	finish(b, TRACER_REPLAY_CUT);
	assert_int_equal(b->n_rows, 3);
	assert_int_equal(pc_of(b, 0), 0x1008);
	assert_int_equal(b->rows[1].flags, PV_ROW_TAKEN);
	assert_int_equal(b->rows[2].addr, 0x8008);
}

static void test_replay__killed_in_a_block_leaves_it_out(void **state)
{
	struct bench *b = *state;
	assert_int_equal(FEED(b, block(3), block(0), load(0, 3, 0x8000)), PV_OK);
	finish(b, TRACER_REPLAY_CUT);
	assert_int_equal(b->n_rows, 1);
}

static void test_replay__crash_marks_the_last_instruction(void **state)
{
	struct bench *b = *state;
	assert_int_equal(FEED(b, block(0), load(0, 3, 0x8000)), PV_OK);
	finish(b, TRACER_REPLAY_CRASH);
	assert_int_equal(b->n_rows, 2);
	assert_int_equal(b->rows[1].flags, PV_ROW_FAULT);
}

static void test_replay__impossible_events_are_refused(void **state)
{
	struct bench *b = *state;
	assert_int_equal(FEED(b, load(0, 3, 0x8000)), PV_ERR_FORMAT);
	assert_int_equal(FEED(b, block(77)), PV_ERR_FORMAT);
	assert_int_equal(FEED(b, block(3), load(5, 3, 0x8000)), PV_ERR_FORMAT);
}

static void test_replay__damaged_description_is_refused(void **state)
{
	struct bench *b = *state;
	struct tracer_block_header header;
	memcpy(&header, b->descriptions, sizeof header);
	header.n_insns = 1u << 30;
	memcpy(b->descriptions, &header, sizeof header);
	assert_int_equal(FEED(b, block(3)), PV_ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_replay__branch_outcomes_come_from_where_control_went, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replay__lower_address_of_an_instruction_wins, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replay__fault_ends_a_block_at_the_silent_access, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replay__fault_is_seen_before_an_indirect_branch, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replay__instruction_run_again_alone_is_recorded_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replay__edges_are_cut_to_the_instruction, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replay__killed_in_a_block_leaves_it_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replay__crash_marks_the_last_instruction, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replay__impossible_events_are_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replay__damaged_description_is_refused, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
