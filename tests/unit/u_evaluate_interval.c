/*
 * u_evaluate_interval.c - the interval model: cycles that can be worked out by hand, and which way parameters push
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "evaluate/interval.h"

enum { N = 1024 };

static void assert_near(double got, double expected, double tolerance)
{
	if (!(fabs(got - expected) <= tolerance))
		fail_msg("%.17g is not %.17g within %g", got, expected, tolerance);
}

static struct pv_uarch *machine(const char *name)
{
	struct pv_uarch *u = NULL;
	assert_int_equal(pv_uarch_load(name, &u, NULL), PV_OK);
	return u;
}

static double total(const struct pv_uarch *u, const struct evaluate_profile *p)
{
	struct evaluate_interval v;
	evaluate_interval_init(&v, u);
	const struct evaluate_interval_cycles c = evaluate_interval_cycles(&v, p);
	assert_true(c.base > 0 && c.branch >= 0 && c.code >= 0 && c.data >= 0 && c.drains >= 0);
	return c.base + c.branch + c.code + c.data + c.drains;
}

/* Integer operations in one line of code; `chained`: each needs the one before. */
static struct evaluate_profile integers(bool chained)
{
	static struct pv_feature_row rows[N];
	struct evaluate_profile p;
	memset(rows, 0, sizeof rows);
	for (int i = 0; i < N; i++) {
		rows[i] = (struct pv_feature_row){.flags = PV_FEATURE_LAST, .op = PV_OP_IntAlu + 1, .fetch_reuse = 1};
		rows[i].dst_class[0] = PV_REG_INT + 1;
		rows[i].dst_index[0] = (uint16_t)(chained ? 1 : 1 + i % 8);
		if (chained)
			rows[i].src_class[0] = PV_REG_INT + 1, rows[i].src_index[0] = 1;
	}
	evaluate_profile_rows(rows, N, &p);
	return p;
}

static struct evaluate_profile loads(uint32_t distance, int every)
{
	static struct pv_feature_row rows[N];
	struct evaluate_profile p;
	for (int i = 0; i < N; i++) {
		rows[i] = (struct pv_feature_row){.flags = PV_FEATURE_LAST, .op = PV_OP_IntAlu + 1, .fetch_reuse = 1};
		if (i % every)
			continue;
		rows[i].op = PV_OP_MemRead + 1;
		rows[i].flags |= PV_FEATURE_LOAD | PV_FEATURE_HAS_ADDR;
		rows[i].load_reuse = distance;
		rows[i].store_reuse = PV_REUSE_NEVER;
		rows[i].address_distance = PV_ADDRESS_NEVER;
	}
	evaluate_profile_rows(rows, N, &p);
	return p;
}

/* The ends are exact; in between it is the Poisson distribution of the lines that came into the set. */
static void test_miss_share__of_known_caches(void **state)
{
	(void)state;
	assert_near(evaluate_miss_share(1, 64, 2), 0, 0);
	assert_near(evaluate_miss_share(INFINITY, 64, 2), 1, 0);
	assert_near(evaluate_miss_share(1e9, 64, 2), 1, 0);
	assert_near(evaluate_miss_share(65, 64, 1), 1 - exp(-1), 1e-12);      /* nobody else came into the set */
	assert_near(evaluate_miss_share(129, 64, 2), 1 - 3 * exp(-2), 1e-12); /* at most one did */
	assert_true(evaluate_miss_share(256, 64, 8) < evaluate_miss_share(256, 64, 4));
	assert_true(evaluate_miss_share(300, 64, 4) > evaluate_miss_share(200, 64, 4));
}

static void test_out_of_order__independent_rows_go_at_the_narrowest_width(void **state)
{
	(void)state;
	struct pv_uarch *u = machine("o3");
	const struct evaluate_profile p = integers(false);
	assert_near(total(u, &p), N / 6.0, 1e-9); /* width 8, but 6 integer units */
	u->units.count[UARCH_POOL_int_alu] = 32;
	assert_near(total(u, &p), N / 8.0, 2);
	u->ooo.rename_width = 4;
	assert_near(total(u, &p), N / 4.0, 1e-9);
	pv_uarch_free(u);
}

/* A chain runs at a row in each latency, and a small window adds what it takes to turn places around. */
static void test_out_of_order__a_chain_goes_at_its_latency(void **state)
{
	(void)state;
	struct pv_uarch *u = machine("o3");
	const struct evaluate_profile p = integers(true);
	assert_near(total(u, &p), N, 0.1 * N);
	u->operations.latency_cycles[PV_OP_IntAlu] = 3;
	assert_near(total(u, &p), 3 * N, 0.1 * N);
	pv_uarch_free(u);
}

static void test_loads__farther_is_slower(void **state)
{
	(void)state;
	static const char *const names[] = {"o3", "timing", "minor", "hpi"};
	for (int i = 0; i < 4; i++) {
		struct pv_uarch *u = machine(names[i]);
		const struct evaluate_profile near = loads(10, 8), middle = loads(3000, 8), far = loads(PV_REUSE_NEVER, 8);
		u->l1d.writeback_clean = 1; /* so that an exclusive L2 holds the lines, too */
		u->l2.present = 1;
		assert_true(total(u, &near) <= total(u, &middle));
		assert_true(total(u, &middle) < total(u, &far));
		pv_uarch_free(u);
	}
}

/* 128 misses to memory: one after the other in order; side by side out of order, as many at a time as the window holds. */
static void test_loads__misses_overlap_out_of_order(void **state)
{
	(void)state;
	struct pv_uarch *in = machine("minor"), *out = machine("o3");
	struct evaluate_interval v;
	const struct evaluate_profile dense = loads(PV_REUSE_NEVER, 8), sparse = loads(PV_REUSE_NEVER, 512);
	evaluate_interval_init(&v, in);
	assert_near(evaluate_interval_cycles(&v, &dense).data, 128 * v.memory, 1e-6);
	evaluate_interval_init(&v, out);
	const double each = evaluate_interval_cycles(&v, &dense).data / 128, alone = evaluate_interval_cycles(&v, &sparse).data / 2;
	assert_true(each < 0.25 * alone);
	assert_true(alone > 0.5 * v.memory && alone <= v.memory);
	pv_uarch_free(in);
	pv_uarch_free(out);
}

/* A mostly exclusive L2 never holds clean data that L1D drops. */
static void test_loads__clean_lines_pass_an_exclusive_l2_by(void **state)
{
	(void)state;
	struct pv_uarch *u = machine("o3");
	const struct evaluate_profile p = loads(3000, 8);
	u->l2.present = 1;
	u->l2.size_bytes = 2 << 20;
	u->l2.inclusion = UARCH_INCLUSION_MOSTLY;
	const double kept = total(u, &p);
	u->l2.inclusion = UARCH_INCLUSION_EXCLUSIVE;
	u->l1d.writeback_clean = 0;
	const double dropped = total(u, &p);
	u->l1d.writeback_clean = 1;
	assert_true(dropped > 1.5 * kept);
	assert_near(total(u, &p), kept, 1e-9);
	pv_uarch_free(u);
}

static void test_branches__cost_what_the_predictor_misses(void **state)
{
	(void)state;
	struct pv_uarch *u = machine("o3");
	struct evaluate_profile p = integers(false);
	struct evaluate_interval v;
	p.cond_branches = 100;
	p.surprises = 2 * 40;
	u->branch.kind = UARCH_BP_LOCAL;
	evaluate_interval_init(&v, u);
	const double local = evaluate_interval_cycles(&v, &p).branch;
	u->branch.kind = UARCH_BP_TAGE;
	evaluate_interval_init(&v, u);
	const double tage = evaluate_interval_cycles(&v, &p).branch;
	assert_true(local > 40 * 5 && tage > 0);
	assert_true(tage < 0.5 * local);
	pv_uarch_free(u);
}

static void test_nothing__takes_no_time(void **state)
{
	(void)state;
	struct pv_uarch *u = machine("ex5");
	struct evaluate_interval v;
	const struct evaluate_profile p = {0};
	evaluate_interval_init(&v, u);
	assert_near(evaluate_interval_cycles(&v, &p).base, 0, 0);
	pv_uarch_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_miss_share__of_known_caches),
	    cmocka_unit_test(test_out_of_order__independent_rows_go_at_the_narrowest_width),
	    cmocka_unit_test(test_out_of_order__a_chain_goes_at_its_latency),
	    cmocka_unit_test(test_loads__farther_is_slower),
	    cmocka_unit_test(test_loads__misses_overlap_out_of_order),
	    cmocka_unit_test(test_loads__clean_lines_pass_an_exclusive_l2_by),
	    cmocka_unit_test(test_branches__cost_what_the_predictor_misses),
	    cmocka_unit_test(test_nothing__takes_no_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
