/*
 * 395_cpi_stacks.c - where the cycles go: loops in steady state, with one thing that holds them up
 *
 * A loop is run for 200 and for 300 rounds; the difference of the two stacks is what 100 rounds cost. All code lies in one 64-byte block,
 * so that instructions come from the fetch buffer after the first. That all components add up to the cycles is checked in every scenario,
 * by sim_run_go.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <perfvec/simulate.h>

#include "support/sim_run.h"

enum { FEW = 200, MANY = 300, N = MANY - FEW };

/* A body of so many equal instructions; loads and stores go `stride` bytes further each time. */
struct loop {
	const char *machine, *changes;
	char kind; /* 'o' operation, 'l' load, 's' store */
	enum pv_op_class op_class;
	const char *operands;
	uint32_t flags;
	unsigned n_body;
	uint64_t stride;
	uint64_t footprint; /* addresses begin anew after so many bytes; 0: never */
};

static void run(const struct loop *loop, int n_rounds, uint64_t *stack)
{
	struct sim_run r;
	uint32_t uops[16];
	sim_run_open(&r, loop->machine, loop->changes);
	for (unsigned i = 0; i < loop->n_body; i++) {
		uops[i] = loop->kind == 'l'   ? hand_load(&r.trace, 8, loop->operands)
		          : loop->kind == 's' ? hand_store(&r.trace, 8, loop->operands)
		                              : hand_op(&r.trace, loop->op_class, loop->operands);
		hand_flags(&r.trace, uops[i], loop->flags);
	}
	uint64_t offset = 0;
	for (int k = 0; k < n_rounds; k++)
		for (unsigned i = 0; i < loop->n_body; i++, offset += loop->stride)
			if (loop->kind == 'o')
				hand_run(&r.trace, uops[i]);
			else
				hand_run_at(&r.trace, uops[i], 0x800000 + (loop->footprint > 0 ? offset % loop->footprint : offset));
	sim_run_go(&r);
	for (int i = 0; i < PV_N_CPI_COMPONENTS; i++)
		stack[i] = r.stats.stack_cycles[i];
	sim_run_close(&r);
}

/* What a round costs: `expected` cycles of one component, `other` of another, and nothing else. */
static void assert_round(const struct loop *loop, enum pv_cpi_component component, uint64_t expected, enum pv_cpi_component second,
                         uint64_t other)
{
	uint64_t few[PV_N_CPI_COMPONENTS], many[PV_N_CPI_COMPONENTS];
	run(loop, FEW, few);
	run(loop, MANY, many);
	for (int i = 0; i < PV_N_CPI_COMPONENTS; i++) {
		uint64_t want = N * (i == (int)component ? expected : i == (int)second ? other : 0);
		if (many[i] - few[i] != want)
			fail_msg("%s %s %s: %s took %g cycles a round, not %g", loop->machine, loop->changes, loop->operands,
			         pv_cpi_component_name(i), (double)(many[i] - few[i]) / N, (double)want / N);
	}
}

static void test_stack__narrow_stages_are_base(void **state)
{
	(void)state;
	static const char *const narrow[] = {"ooo.fetch_width=2", "ooo.decode_width=2", "ooo.decode_width=2 ooo.rename_width=2",
	                                     "ooo.decode_width=2 ooo.rename_width=2 ooo.dispatch_width=2", "ooo.commit_width=2"};
	for (unsigned i = 0; i < sizeof narrow / sizeof narrow[0]; i++)
		assert_round(&(struct loop){"o3", narrow[i], 'o', PV_OP_IntAlu, "i1 -> i2", 0, 8, 0, 0}, PV_CPI_base, 4, PV_CPI_l2, 0);
	assert_round(&(struct loop){"minor", "", 'o', PV_OP_IntAlu, "i1 -> i2", 0, 8, 0, 0}, PV_CPI_base, 4, PV_CPI_l2, 0);
}

static void test_stack__units_and_ports_are_structural(void **state)
{
	(void)state;
	static const char *const few[] = {"ooo.issue_width=2", "units.int_alu.count=2", "ooo.writeback_width=2"};
	for (unsigned i = 0; i < sizeof few / sizeof few[0]; i++)
		assert_round(&(struct loop){"o3", few[i], 'o', PV_OP_IntAlu, "i1 -> i2", 0, 8, 0, 0}, PV_CPI_structural, 4, PV_CPI_l2, 0);
	/* divisions of 20 cycles, not pipelined, on two units: each round of two waits for the one before */
	assert_round(&(struct loop){"o3", "", 'o', PV_OP_IntDiv, "i1 -> i2", 0, 2, 0, 0}, PV_CPI_structural, 20, PV_CPI_l2, 0);
}

static void test_stack__chains_are_dependences(void **state)
{
	(void)state;
	assert_round(&(struct loop){"o3", "", 'o', PV_OP_IntAlu, "i1 -> i1", 0, 4, 0, 0}, PV_CPI_dependences, 4, PV_CPI_l2, 0);
	assert_round(&(struct loop){"o3", "", 'o', PV_OP_IntMult, "i1 -> i1", 0, 4, 0, 0}, PV_CPI_dependences, 12, PV_CPI_l2, 0);
	assert_round(&(struct loop){"minor", "", 'o', PV_OP_IntMult, "i1 -> i1", 0, 4, 0, 0}, PV_CPI_dependences, 12, PV_CPI_l2, 0);
}

static void test_stack__chained_loads_wait_for_their_level(void **state)
{
	(void)state;
	/* L1D of 2 cycles, and one to make the address */
	assert_round(&(struct loop){"o3", "", 'l', 0, "i1 -> i1", 0, 1, 0, 0}, PV_CPI_l1, 2, PV_CPI_dependences, 1);
}

/* Loads of ever new lines, one after the other: a cycle for the address, everything else is the level's. */
static void assert_level(const struct loop *loop, enum pv_cpi_component level, uint64_t at_least)
{
	uint64_t few[PV_N_CPI_COMPONENTS], many[PV_N_CPI_COMPONENTS];
	run(loop, FEW, few);
	run(loop, MANY, many);
	for (int i = 0; i < PV_N_CPI_COMPONENTS; i++) {
		uint64_t cycles = many[i] - few[i];
		if (i == (int)level)
			assert_true(cycles >= at_least * loop->n_body * N);
		else
			assert_int_equal(cycles, i == PV_CPI_dependences ? loop->n_body * N : 0);
	}
}

static void test_stack__misses_are_the_level_they_go_to(void **state)
{
	(void)state;
	assert_level(&(struct loop){"o3", "", 'l', 0, "i1 -> i1", 0, 1, 0x1040, 0}, PV_CPI_memory, 50);
	/* 128 kB again and again: too much for 64 kB of L1D, in L2 from the second time on */
	assert_level(&(struct loop){"o3", "l2.inclusion=mostly_inclusive", 'l', 0, "i1 -> i1", 0, 16, 64, 128 << 10}, PV_CPI_l2, 10);
}

static void test_stack__serialising_instructions(void **state)
{
	(void)state;
	/* commit C; rename learns at C + 1, goes on at C + 2; dispatch C + 4, complete C + 6, commit C + 7 */
	struct loop loop = {"o3", "", 'o', PV_OP_IntAlu, "i1 -> i2", PV_UOP_SERIALIZE_BEFORE, 8, 0, 0};
	/* of 8, the first comes from decode when rename's skid buffer was empty: a cycle of its 7 is the way back and forth */
	assert_round(&loop, PV_CPI_serialising, 8 * 7 - 1, PV_CPI_base, 1);
}

/* A branch over one instruction, with outcomes that nobody can know, and a jump back. */
static void random_branches(struct sim_run *r, const char *machine, int n)
{
	sim_run_open(r, machine, "");
	uint32_t cond = hand_branch(&r->trace, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10008, "c0");
	uint32_t skipped = hand_op(&r->trace, PV_OP_IntAlu, "i1 -> i2"), rest = hand_op(&r->trace, PV_OP_IntAlu, "i1 -> i2");
	uint32_t back = hand_branch(&r->trace, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x10000, "");
	uint32_t noise = 12345;
	for (int k = 0; k < n; k++) {
		noise = noise * 1664525 + 1013904223;
		hand_run_branch(&r->trace, cond, (noise >> 30 & 1) != 0);
		if ((noise >> 30 & 1) == 0)
			hand_run(&r->trace, skipped);
		hand_run(&r->trace, rest);
		hand_run(&r->trace, back);
	}
	sim_run_go(r);
}

static void test_stack__a_wrong_guess_costs_until_the_next_commit(void **state)
{
	(void)state;
	struct sim_run few, many;
	random_branches(&few, "o3", 500); /* afterwards the lines of the wrong path are in the cache, too */
	random_branches(&many, "o3", 1000);
	uint64_t after_wrong = 0, n_wrong = 0;
	for (size_t i = few.trace.n_rows - 1; i + 1 < many.trace.n_rows; i++)
		if (many.times[i].mispredicted) {
			after_wrong += (many.times[i + 1].commit_ps - many.times[i].commit_ps) / many.period_ps;
			n_wrong++;
		}
	assert_true(n_wrong > 150);
	assert_int_equal(many.stats.stack_cycles[PV_CPI_branch] - few.stats.stack_cycles[PV_CPI_branch], after_wrong);
	sim_run_close(&few);
	sim_run_close(&many);
}

/* Straight code, cold: each line is waited for, but for the one cycle that a line in the cache takes, too. */
static void test_stack__instruction_misses_are_the_front_end(void **state)
{
	(void)state;
	struct sim_run r;
	sim_run_open(&r, "o3", "");
	for (int i = 0; i < 64 * 16; i++)
		hand_run(&r.trace, hand_op(&r.trace, PV_OP_IntAlu, "i1 -> i2"));
	sim_run_go(&r);
	uint64_t waited = 0, first = r.times[0].commit_ps / r.period_ps;
	for (size_t i = 16; i < r.trace.n_rows; i += 16)
		waited += (r.times[i].commit_ps - r.times[i - 1].commit_ps) / r.period_ps;
	uint64_t front_end = r.stats.stack_cycles[PV_CPI_front_end];
	assert_true(front_end >= waited - 64 && front_end <= waited + first);
	assert_true(front_end > r.stats.commit_cycles * 9 / 10);
	/* 16 additions on six units */
	assert_int_equal(r.stats.stack_cycles[PV_CPI_base] + r.stats.stack_cycles[PV_CPI_structural] + front_end, r.stats.commit_cycles);
	sim_run_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stack__narrow_stages_are_base),
	    cmocka_unit_test(test_stack__units_and_ports_are_structural),
	    cmocka_unit_test(test_stack__chains_are_dependences),
	    cmocka_unit_test(test_stack__chained_loads_wait_for_their_level),
	    cmocka_unit_test(test_stack__misses_are_the_level_they_go_to),
	    cmocka_unit_test(test_stack__serialising_instructions),
	    cmocka_unit_test(test_stack__a_wrong_guess_costs_until_the_next_commit),
	    cmocka_unit_test(test_stack__instruction_misses_are_the_front_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
