/*
 * u_sim_predictors.c - branch predictors on sequences whose answer is known
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/random.h"
#include "sim/bp/direction.h"
#include "sim/bp/perspective.h"
#include "sim/bp/tage.h"
#include "sim/bp/target.h"

enum { N_KINDS = 13 };

static const struct uarch_branch config = {
    .n_global = 4096,
    .global_counter_bits = 2,
    .n_local = 2048,
    .local_counter_bits = 2,
    .n_local_history = 2048,
    .n_choice = 4096,
    .choice_counter_bits = 2,
    .inst_shift_bits = 2,
};

static struct bp_direction *make(int kind)
{
	struct bp_direction *d = NULL;
	struct pv_error err;
	enum pv_status status = kind == 0   ? bp_local_new(&config, &d, &err)
	                        : kind == 1 ? bp_bimode_new(&config, &d, &err)
	                        : kind == 2 ? bp_tournament_new(&config, &d, &err)
	                        : kind == 3 ? bp_gshare_new(&config, &d, &err)
	                        : kind == 4 ? bp_tage_new(&bp_tage_8_tables, &d, &err)
	                        : kind == 5 ? bp_tage_new(&bp_tage_12_tables, &d, &err)
	                        : kind == 6 ? bp_ltage_new(2, &d, &err)
	                        : kind < 9  ? bp_tage_sc_l_new(kind == 7 ? BP_PREDICTOR_8KB : BP_PREDICTOR_64KB, 2, &d, &err)
	                        : kind < 11 ? bp_mpp_new(kind == 9 ? BP_PREDICTOR_8KB : BP_PREDICTOR_64KB, 2, &d, &err)
	                                    : bp_mpp_tage_new(kind == 11 ? BP_PREDICTOR_8KB : BP_PREDICTOR_64KB, 2, &d, &err);
	assert_int_equal(status, PV_OK);
	return d;
}

static bool step(struct bp_direction *d, uint64_t pc, bool taken)
{
	return d->ops->step(d, pc, pc - 64, taken);
}

/* wrong guesses among the last n_count of n branches of a period-`period` loop: taken, except each period-th time */
static int wrong_in_loop(struct bp_direction *d, int period, int n, int n_count)
{
	int wrong = 0;
	for (int i = 0; i < n; i++) {
		bool taken = i % period != period - 1;
		if (step(d, 0x4000, taken) != taken && i >= n - n_count)
			wrong++;
	}
	return wrong;
}

static void test_direction__always_taken_is_learnt_at_once(void **state)
{
	(void)state;
	for (int kind = 0; kind < N_KINDS; kind++) {
		struct bp_direction *d = make(kind);
		int wrong = 0;
		for (int i = 0; i < 1000; i++)
			wrong += !step(d, 0x1000, true);
		/* counters start on the not-taken side; a global history has as many cold entries as it has bits */
		assert_in_range(wrong, 1, 30);
		for (int i = 0; i < 100; i++)
			assert_true(step(d, 0x1000, true));
		d->ops->free(d);
	}
}

static void test_direction__alternation_needs_history(void **state)
{
	(void)state;
	for (int kind = 0; kind < N_KINDS; kind++) {
		struct bp_direction *d = make(kind);
		int wrong = wrong_in_loop(d, 2, 4000, 1000);
		if (kind == 0)
			assert_in_range(wrong, 500, 1000); /* a 2-bit counter is wrong at least every other time */
		else
			assert_int_equal(wrong, 0);
		d->ops->free(d);
	}
}

static void test_direction__short_loop_exit(void **state)
{
	(void)state;
	/* a loop of 6: a counter per pc misses the exit each time, histories of 8 and more branches see it coming */
	for (int kind = 0; kind < N_KINDS; kind++) {
		struct bp_direction *d = make(kind);
		int wrong = wrong_in_loop(d, 6, 60000, 6000);
		assert_int_equal(wrong, kind == 0 ? 1000 : 0);
		d->ops->free(d);
	}
}

static void test_direction__long_loop_needs_long_history(void **state)
{
	(void)state;
	/* a loop of 60: its exit is beyond 12 bits of history, within TAGE's 130 */
	struct bp_direction *short_history = make(3), *long_history = make(4);
	assert_int_equal(wrong_in_loop(short_history, 60, 120000, 6000), 100);
	assert_in_range(wrong_in_loop(long_history, 60, 120000, 6000), 0, 2);
	short_history->ops->free(short_history);
	long_history->ops->free(long_history);
}

static void test_direction__correlated_branch(void **state)
{
	(void)state;
	/* the second branch repeats a random first one: only global history knows (half of the first's outcomes stay unknown) */
	for (int kind = 0; kind < N_KINDS; kind++) {
		struct bp_direction *d = make(kind);
		struct base_random random;
		base_random_init(&random, 5);
		int wrong = 0;
		for (int i = 0; i < 60000; i++) {
			bool first = base_random_below(&random, 2) != 0;
			step(d, 0x1000, first);
			bool guess = step(d, 0x2000, first);
			if (i >= 50000)
				wrong += guess != first;
		}
		if (kind == 0)
			assert_in_range(wrong, 4000, 6000);
		else
			assert_in_range(wrong, 0, 1200);
		d->ops->free(d);
	}
}

static void test_direction__opposite_biases_do_not_meet_in_bimode(void **state)
{
	(void)state;
	/* 64 branches that are always and 64 that never are taken, in random order, share the 16 counters of a table */
	struct uarch_branch small = config;
	small.n_global = 16;
	struct bp_direction *d[2];
	assert_int_equal(bp_bimode_new(&small, &d[0], NULL), PV_OK);
	assert_int_equal(bp_gshare_new(&small, &d[1], NULL), PV_OK);
	int wrong[2] = {0, 0};
	for (int k = 0; k < 2; k++) {
		struct base_random random;
		base_random_init(&random, 3);
		for (int i = 0; i < 20000; i++) {
			uint64_t branch = base_random_below(&random, 128);
			bool taken = branch < 64;
			wrong[k] += step(d[k], 0x8000 + 4 * branch, taken) != taken;
		}
		d[k]->ops->free(d[k]);
	}
	assert_true(wrong[0] * 4 < wrong[1]);
}

enum kind { LOCAL, BIMODE, TOURNAMENT, GSHARE, TAGE, TAGE_12, LTAGE, SCL_8, SCL_64, MPP_8, MPP_64, MPP_TAGE_8, MPP_TAGE_64 };

static void test_loop__constant_count_beyond_any_history(void **state)
{
	(void)state;
	/* 1500 times taken, then once not; 10 exits are looked at */
	static const int with_loop_predictor[] = {LTAGE, SCL_8, SCL_64, MPP_TAGE_8, MPP_TAGE_64};
	for (unsigned k = 0; k < sizeof with_loop_predictor / sizeof *with_loop_predictor; k++) {
		struct bp_direction *d = make(with_loop_predictor[k]);
		/* the 8 KB sizes count to 1023 only */
		int period = with_loop_predictor[k] == LTAGE || with_loop_predictor[k] == MPP_TAGE_64 ? 1500 : 900;
		assert_in_range(wrong_in_loop(d, period, 60 * period, 10 * period), 0, 1);
		d->ops->free(d);
	}
	struct bp_direction *without = make(TAGE);
	assert_int_equal(wrong_in_loop(without, 900, 60 * 900, 9000), 10);
	without->ops->free(without);
}

static void test_direction__outcome_of_100_branches_ago(void **state)
{
	(void)state;
	static const int kinds[] = {GSHARE, BIMODE, LTAGE, SCL_8, SCL_64, MPP_64, MPP_TAGE_64};
	for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		struct bp_direction *d = make(kinds[k]);
		struct base_random random;
		base_random_init(&random, 9);
		int wrong = 0;
		for (int i = 0; i < 6000; i++) {
			bool first = base_random_below(&random, 2) != 0;
			step(d, 0x1000, first);
			for (uint64_t j = 0; j < 100; j++)
				step(d, 0x2000 + 4 * j, true);
			bool guess = step(d, 0x3000, first);
			wrong += i >= 5000 && guess != first;
		}
		if (kinds[k] == GSHARE || kinds[k] == BIMODE)
			assert_in_range(wrong, 400, 600);
		else
			assert_in_range(wrong, 0, 60);
		d->ops->free(d);
	}
}

static void test_corrector__bias_that_histories_hide(void **state)
{
	(void)state;
	/* a branch that is taken 4 times out of 5 at random, between random ones: no history helps, the bias does */
	static const int kinds[] = {SCL_8, SCL_64, MPP_TAGE_64};
	for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		struct bp_direction *d = make(kinds[k]);
		struct base_random random;
		base_random_init(&random, 11);
		int wrong = 0;
		for (int i = 0; i < 60000; i++) {
			for (uint64_t j = 0; j < 3; j++)
				step(d, 0x1000 + 4 * j, base_random_below(&random, 2) != 0);
			bool taken = base_random_below(&random, 5) != 0;
			bool guess = step(d, 0x3000, taken);
			wrong += i >= 50000 && guess != taken;
		}
		assert_in_range(wrong, 1900, 2400); /* 2000 is what can be had */
		d->ops->free(d);
	}
}

/* wrong guesses in a program of loops, correlated, local, biased and random branches */
static int wrong_in_program(int kind, int n)
{
	struct bp_direction *d = make(kind);
	struct base_random random;
	base_random_init(&random, 21);
	int wrong = 0;
	bool first = false, second = false;
	for (int i = 0; i < n; i++) {
		bool noise = base_random_below(&random, 8) == 0;
		first = base_random_below(&random, 4) != 0;
		const bool taken[] = {first, i % 7 != 0, first != second, i % 3 == 0, noise, !first, true, i % 11 < 5};
		for (unsigned j = 0; j < sizeof taken / sizeof *taken; j++)
			wrong += step(d, 0x4000 + 64 * j + 4 * (j & 1), taken[j]) != taken[j];
		second = first;
		for (int j = 0; j < 40; j++)
			wrong += step(d, 0x5000, j < 39) != (j < 39);
	}
	d->ops->free(d);
	return wrong;
}

static void test_direction__order_of_the_family(void **state)
{
	(void)state;
	int local = wrong_in_program(LOCAL, 10000), bimode = wrong_in_program(BIMODE, 10000), tage = wrong_in_program(TAGE, 10000);
	int ltage = wrong_in_program(LTAGE, 10000), small = wrong_in_program(SCL_8, 10000), large = wrong_in_program(SCL_64, 10000);
	int perceptron = wrong_in_program(MPP_64, 10000), both = wrong_in_program(MPP_TAGE_64, 10000);
	assert_true(bimode < local);
	assert_true(tage < bimode);
	assert_true(ltage < tage + tage / 20);
	assert_true(small < ltage + ltage / 20);
	assert_true(large < small + small / 20);
	assert_true(perceptron < bimode);
	assert_true(both < bimode);
}

static void test_direction__equal_twins(void **state)
{
	(void)state;
	/* no hidden state: two of a kind say the same, one after the other or in turn */
	for (int kind = 0; kind < N_KINDS; kind++)
		assert_int_equal(wrong_in_program(kind, 1000), wrong_in_program(kind, 1000));
}

static void test_direction__bad_sizes_are_refused(void **state)
{
	(void)state;
	struct bp_direction *d = NULL;
	struct pv_error err;
	struct uarch_branch bad = config;
	bad.n_global = 1000;
	assert_int_equal(bp_bimode_new(&bad, &d, &err), PV_ERR_RANGE);
	assert_int_equal(bp_gshare_new(&bad, &d, &err), PV_ERR_RANGE);
	bad = config;
	bad.local_counter_bits = 9;
	assert_int_equal(bp_local_new(&bad, &d, &err), PV_ERR_RANGE);
	assert_int_equal(bp_tournament_new(&bad, &d, &err), PV_ERR_RANGE);
	struct bp_tage_config tage = bp_tage_8_tables;
	tage.max_history = 5000;
	assert_int_equal(bp_tage_new(&tage, &d, &err), PV_ERR_RANGE);
	assert_null(d);
}

static void test_btb__keeps_the_latest_of_an_index(void **state)
{
	(void)state;
	struct bp_btb btb;
	assert_int_equal(bp_btb_init(&btb, 256, 16, 2, NULL), PV_OK);
	assert_true(bp_btb_lookup(&btb, 0x1000) == 0);
	bp_btb_update(&btb, 0x1000, 0x5000);
	assert_true(bp_btb_lookup(&btb, 0x1000) == 0x5000);
	assert_true(bp_btb_lookup(&btb, 0x1000 + 256 * 4) == 0); /* same index, another tag */
	bp_btb_update(&btb, 0x1000 + 256 * 4, 0x6000);
	assert_true(bp_btb_lookup(&btb, 0x1000) == 0);
	/* 8 index + 16 tag bits above the 2 dropped: addresses 2^26 apart cannot be told apart */
	assert_true(bp_btb_lookup(&btb, 0x1000 + 256 * 4 + (1ull << 26)) == 0x6000);
	bp_btb_release(&btb);
	assert_int_equal(bp_btb_init(&btb, 100, 16, 2, NULL), PV_ERR_RANGE);
}

static void test_ras__deep_calls_lose_the_oldest(void **state)
{
	(void)state;
	struct bp_ras ras;
	assert_int_equal(bp_ras_init(&ras, 4, NULL), PV_OK);
	assert_true(bp_ras_pop(&ras) == 0);
	for (uint64_t i = 1; i <= 6; i++)
		bp_ras_push(&ras, i * 0x10);
	for (uint64_t i = 6; i >= 3; i--)
		assert_true(bp_ras_pop(&ras) == i * 0x10);
	assert_true(bp_ras_pop(&ras) == 0);
	bp_ras_release(&ras);
}

static void test_indirect__path_tells_targets_apart(void **state)
{
	(void)state;
	struct uarch_branch c = {
	    .n_indirect_sets = 256, .n_indirect_ways = 2, .indirect_tag_bits = 16, .indirect_path_length = 3, .inst_shift_bits = 2};
	struct bp_indirect p;
	assert_int_equal(bp_indirect_init(&p, &c, NULL), PV_OK);
	static const uint64_t targets[3] = {0x10000, 0x20040, 0x30180};
	int wrong = 0;
	for (int i = 0; i < 300; i++)
		if (bp_indirect_step(&p, 0x4000, targets[i % 3]) != targets[i % 3])
			wrong++;
	assert_in_range(wrong, 3, 6); /* each place on the cycle once, then never */
	bp_indirect_release(&p);
}

/* ---- hashes of paths, kept up to date branch by branch --------------------------------------------------------------------------------
 */

enum { N_PUSHES = 400 };

/* the same hash, over all of the path */
static uint32_t plain_hash(const uint16_t *pcs, const bool *outcomes, int latest, const struct bp_feature *f)
{
	uint32_t x = 0;
	for (int i = 0; i < f->a; i++) {
		int at = latest - i;
		uint32_t bit = at >= 0 && f->kind == BP_FEATURE_GHISTPATH && outcomes[at];
		x = (f->b == 0 ? x : x << f->b | x >> (32 - f->b)) ^ ((at >= 0 ? (uint32_t)pcs[at] << 1 : 0) | bit);
	}
	return x;
}

static void test_perspective__folded_paths_are_the_plain_hashes(void **state)
{
	(void)state;
	static const struct bp_feature features[] = {
	    {BP_FEATURE_GHISTPATH, 1, 3, 0, 1.0f, 0, 6}, {BP_FEATURE_GHISTPATH, 15, 4, 0, 1.0f, 0, 6},
	    {BP_FEATURE_PATH, 27, 5, 0, 1.0f, 0, 6},     {BP_FEATURE_GHISTPATH, 105, 4, 0, 1.0f, 0, 6},
	    {BP_FEATURE_PATH, 127, 0, 0, 1.0f, 0, 6},    {BP_FEATURE_GHISTPATH, 31, 1, 0, 1.0f, 0, 6},
	};
	static struct bp_past past;
	uint16_t pcs[N_PUSHES];
	bool outcomes[N_PUSHES];
	struct base_random random;
	base_random_init(&random, 3);
	bp_past_init(&past, features, 6, 16, 11);
	for (int n = 0; n < N_PUSHES; n++) {
		uint32_t word = (uint32_t)base_random_u64(&random);
		bool jump = n % 5 == 0, taken = (word >> 20 & 1) != 0;
		pcs[n] = (uint16_t)word;
		outcomes[n] = jump ? (word & 1) == 0 : taken;
		if (jump)
			bp_past_push_jump(&past, word);
		else
			bp_past_push(&past, word, false, taken, true);
		for (uint32_t i = 0; i < 6; i++)
			assert_int_equal(bp_past_hash(&past, i, 0), plain_hash(pcs, outcomes, n, &features[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_direction__always_taken_is_learnt_at_once),
	    cmocka_unit_test(test_direction__alternation_needs_history),
	    cmocka_unit_test(test_direction__short_loop_exit),
	    cmocka_unit_test(test_direction__long_loop_needs_long_history),
	    cmocka_unit_test(test_direction__correlated_branch),
	    cmocka_unit_test(test_direction__opposite_biases_do_not_meet_in_bimode),
	    cmocka_unit_test(test_loop__constant_count_beyond_any_history),
	    cmocka_unit_test(test_direction__outcome_of_100_branches_ago),
	    cmocka_unit_test(test_corrector__bias_that_histories_hide),
	    cmocka_unit_test(test_direction__order_of_the_family),
	    cmocka_unit_test(test_perspective__folded_paths_are_the_plain_hashes),
	    cmocka_unit_test(test_direction__equal_twins),
	    cmocka_unit_test(test_direction__bad_sizes_are_refused),
	    cmocka_unit_test(test_btb__keeps_the_latest_of_an_index),
	    cmocka_unit_test(test_ras__deep_calls_lose_the_oldest),
	    cmocka_unit_test(test_indirect__path_tells_targets_apart),
	};
	return cmocka_run_group_tests_name("predictors", tests, NULL, NULL);
}
