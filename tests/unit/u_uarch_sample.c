/*
 * u_uarch_sample.c - the sampler: every value occurs evenly, axes are uncorrelated, constraints hold, same seed same machines
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "uarch/params.h"

static struct pv_uarch_set *sample(size_t count, uint64_t seed, unsigned ooo, unsigned inorder)
{
	struct pv_uarch_set *set = NULL;
	struct pv_error err = {0};
	const struct pv_uarch_sampling what = {.count = count, .seed = seed, .ooo_share = ooo, .inorder_share = inorder};
	if (pv_uarch_sample(&what, &set, &err) != PV_OK)
		fail_msg("%s", err.message);
	return set;
}

static bool is_relative(const char *axis)
{
	return strchr(axis, '+') || strstr(axis, " * ") || strstr(axis, " if ") || strstr(axis, " unless ") || strstr(axis, "<=");
}

/* Number of machines of a set in which p has this value. */
static size_t count_value(const struct pv_uarch_set *set, const struct uarch_param *p, int32_t value)
{
	size_t n = 0;
	for (size_t i = 0; i < pv_uarch_set_count(set); i++)
		n += uarch_param_int(pv_uarch_set_at(set, i), p) == value;
	return n;
}

static void test_axes__all_are_well_formed(void **state)
{
	(void)state;
	size_t n_axes[2] = {0, 0};
	for (int kind = 0; kind < 2; kind++) {
		struct pv_uarch u;
		uarch_defaults(&u, (enum uarch_core_kind)kind);
		for (size_t j = 0; j < uarch_n_params; j++) {
			const struct uarch_param *p = &uarch_params[j];
			int32_t values[256];
			if (!*p->axis[kind] || !(p->kinds & 1u << kind))
				continue;
			n_axes[kind]++;
			size_t n = uarch_axis_values(&u, p, p->axis[kind], values, 256);
			if (!n)
				fail_msg("%s: malformed axis '%s'", p->name, p->axis[kind]);
			for (size_t i = 0; i < n; i++)
				assert_true(values[i] >= p->min && values[i] <= p->max);
		}
	}
	assert_true(n_axes[0] >= 60 && n_axes[1] >= 50);
}

static void test_axes__grammar(void **state)
{
	(void)state;
	struct pv_uarch u;
	int32_t v[16];
	uarch_defaults(&u, UARCH_CORE_OOO);
	u.ooo.fetch_width = 7;
	u.l1d.tag_latency_cycles = 3;
	const struct uarch_param *p = uarch_param_find("ooo.decode_width");
	assert_int_equal(uarch_axis_values(&u, p, "1 2..4 8..20/4", v, 16), 8);
	assert_int_equal(v[7], 20);
	assert_int_equal(uarch_axis_values(&u, p, "ooo.fetch_width + 0..2 <= 8", v, 16), 2);
	assert_true(v[0] == 7 && v[1] == 8);
	assert_int_equal(uarch_axis_values(&u, p, "48 64 96 <= ooo.fetch_width", v, 16), 1);
	assert_int_equal(v[0], 48);
	assert_int_equal(uarch_axis_values(&u, p, "ooo.fetch_width * 2 4", v, 16), 2);
	assert_true(v[0] == 14 && v[1] == 28);
	assert_int_equal(uarch_axis_values(&u, p, "l1d.tag_latency_cycles / 2 + 1", v, 16), 1);
	assert_int_equal(v[0], 2);
	assert_int_equal(uarch_axis_values(&u, p, "5 6 if units.read.count", v, 16), 1);
	assert_int_equal(v[0], 0);
	assert_int_equal(uarch_axis_values(&u, p, "5 6 unless units.read.count", v, 16), 2);
	static const char *const malformed[] = {
	    "", "x", "1..", "3 4..2", "1..4/0", "1 <=", "<= 3", "ooo.fetch_width - 1", "no.such + 1", "1 if x"};
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
		if (uarch_axis_values(&u, p, malformed[i], v, 16))
			fail_msg("'%s' was understood", malformed[i]);
}

/* A Latin hypercube: of m listed values in n machines each is used n/m times, up to the two strata that its ends may share. */
static void assert_even(const struct pv_uarch_set *set, const struct uarch_param *p, const char *axis)
{
	int32_t values[256];
	size_t m = uarch_axis_values(pv_uarch_set_at(set, 0), p, axis, values, 256), n = pv_uarch_set_count(set);
	for (size_t i = 0; i < m; i++) {
		size_t weight = 0;
		for (size_t k = 0; k < m; k++)
			weight += values[k] == values[i];
		double expected = (double)n * (double)weight / (double)m, got = (double)count_value(set, p, values[i]);
		if (fabs(got - expected) > 2.0 * (double)weight || got < 1)
			fail_msg("%s = %d in %.0f of %zu machines, expected %.1f", p->name, values[i], got, n, expected);
	}
}

static void test_sample__every_axis_value_occurs_evenly(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct pv_uarch_set *set = sample(60, 5, kind == 0, kind == 1);
		for (size_t j = 0; j < uarch_n_params; j++) {
			const struct uarch_param *p = &uarch_params[j];
			if (*p->axis[kind] && (p->kinds & 1u << kind) && !is_relative(p->axis[kind]))
				assert_even(set, p, p->axis[kind]);
		}
		pv_uarch_set_free(set);
	}
}

static double correlation(const struct pv_uarch_set *set, const struct uarch_param *p, const struct uarch_param *q)
{
	double n = (double)pv_uarch_set_count(set), sp = 0, sq = 0, spp = 0, sqq = 0, spq = 0;
	for (size_t i = 0; i < pv_uarch_set_count(set); i++) {
		double x = uarch_param_int(pv_uarch_set_at(set, i), p), y = uarch_param_int(pv_uarch_set_at(set, i), q);
		sp += x, sq += y, spp += x * x, sqq += y * y, spq += x * y;
	}
	double vp = spp - sp * sp / n, vq = sqq - sq * sq / n;
	return vp > 0 && vq > 0 ? (spq - sp * sq / n) / sqrt(vp * vq) : 0;
}

static void test_sample__axes_are_uncorrelated(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct pv_uarch_set *set = sample(400, 11, kind == 0, kind == 1);
		double worst = 0;
		for (size_t j = 0; j < uarch_n_params; j++)
			for (size_t k = 0; k < j; k++) {
				const struct uarch_param *p = &uarch_params[j], *q = &uarch_params[k];
				if (!*p->axis[kind] || !*q->axis[kind] || is_relative(p->axis[kind]) || is_relative(q->axis[kind]))
					continue;
				double r = fabs(correlation(set, p, q));
				worst = r > worst ? r : worst;
			}
		assert_true(worst > 0 && worst < 0.17);
		pv_uarch_set_free(set);
	}
}

static void test_sample__constraints_hold(void **state)
{
	(void)state;
	struct pv_uarch_set *set = sample(300, 3, 6, 1);
	for (size_t i = 0; i < 300; i++) {
		const struct pv_uarch *u = pv_uarch_set_at(set, i);
		assert_int_equal(pv_uarch_check(u, NULL), PV_OK);
		assert_int_equal(u->l1d.data_latency_cycles, u->l1d.tag_latency_cycles);
		assert_int_equal(u->l2.response_latency_cycles, u->l2.tag_latency_cycles / 2 + 1);
		if (pv_uarch_is_inorder(u)) {
			assert_true(u->inorder.issue_limit == u->inorder.width && u->inorder.memory_commit_limit <= u->inorder.width);
			continue;
		}
		assert_in_range(u->ooo.decode_width, u->ooo.fetch_width, u->ooo.fetch_width + 1);
		assert_in_range(u->ooo.rename_width, u->ooo.fetch_width, u->ooo.fetch_width + 1);
		assert_in_range(u->ooo.issue_width, u->ooo.dispatch_width, u->ooo.dispatch_width + 2);
		assert_in_range(u->ooo.commit_width, u->ooo.dispatch_width, u->ooo.dispatch_width + 2);
		assert_true(u->ooo.decode_width <= 8 && u->ooo.issue_width <= 8 && u->ooo.commit_width <= 8);
		assert_int_equal(u->ooo.writeback_width, u->ooo.issue_width);
		assert_int_equal((u->ooo.squash_width - u->ooo.commit_width) % 4, 0);
		int limit = u->ooo.n_rob > 48 ? u->ooo.n_rob : 48;
		assert_true(u->ooo.n_phys_int <= limit && u->ooo.n_phys_float <= limit && u->ooo.n_phys_vec <= limit);
		const int32_t *units = u->units.count;
		assert_true(units[UARCH_POOL_read_write] ? !units[UARCH_POOL_read] && !units[UARCH_POOL_write]
		                                         : units[UARCH_POOL_read] && units[UARCH_POOL_write]);
	}
	pv_uarch_set_free(set);
}

static bool same_machine(const struct pv_uarch *a, const struct pv_uarch *b)
{
	struct pv_uarch x = *a;
	memcpy(x.name, b->name, sizeof x.name);
	memcpy(x.origin, b->origin, sizeof x.origin);
	return !memcmp(&x, b, sizeof x);
}

static void test_sample__machines_are_distinct_and_seeded(void **state)
{
	(void)state;
	struct pv_uarch_set *a = sample(77, 7, 6, 1), *b = sample(77, 7, 6, 1), *c = sample(77, 8, 6, 1);
	size_t n_inorder = 0, n_same = 0;
	for (size_t i = 0; i < 77; i++) {
		assert_memory_equal(pv_uarch_set_at(a, i), pv_uarch_set_at(b, i), sizeof(struct pv_uarch));
		n_same += same_machine(pv_uarch_set_at(a, i), pv_uarch_set_at(c, i));
		n_inorder += pv_uarch_is_inorder(pv_uarch_set_at(a, i));
		for (size_t j = 0; j < i; j++)
			assert_false(same_machine(pv_uarch_set_at(a, i), pv_uarch_set_at(a, j)));
	}
	assert_int_equal(n_same, 0);
	assert_int_equal(n_inorder, 11);
	assert_string_equal(pv_uarch_name(pv_uarch_set_at(a, 0)), "inorder_000");
	assert_string_equal(pv_uarch_name(pv_uarch_set_at(a, 76)), "ooo_065");
	pv_uarch_set_free(a);
	pv_uarch_set_free(b);
	pv_uarch_set_free(c);
}

static void test_sample__counts_and_refusals(void **state)
{
	(void)state;
	static const struct {
		size_t count;
		unsigned ooo, inorder;
		size_t n_inorder;
	} cases[] = {{1, 6, 1, 0}, {2, 6, 1, 1}, {7, 6, 1, 1}, {70, 6, 1, 10}, {5, 1, 0, 0}, {5, 0, 1, 5}, {10, 1, 1, 5}, {1, 0, 3, 1}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pv_uarch_set *set = sample(cases[i].count, 1, cases[i].ooo, cases[i].inorder);
		size_t n = 0;
		for (size_t j = 0; j < pv_uarch_set_count(set); j++)
			n += pv_uarch_is_inorder(pv_uarch_set_at(set, j));
		assert_int_equal(pv_uarch_set_count(set), cases[i].count);
		assert_int_equal(n, cases[i].n_inorder);
		pv_uarch_set_free(set);
	}
	struct pv_uarch_set *set = NULL;
	struct pv_error err;
	assert_int_equal(pv_uarch_sample(&(struct pv_uarch_sampling){.count = 0, .ooo_share = 1}, &set, &err), PV_ERR_ARG);
	assert_int_equal(pv_uarch_sample(&(struct pv_uarch_sampling){.count = 200000, .ooo_share = 1}, &set, &err), PV_ERR_ARG);
	assert_int_equal(pv_uarch_sample(&(struct pv_uarch_sampling){.count = 3}, &set, &err), PV_ERR_ARG);
	assert_null(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_axes__all_are_well_formed),
	    cmocka_unit_test(test_axes__grammar),
	    cmocka_unit_test(test_sample__every_axis_value_occurs_evenly),
	    cmocka_unit_test(test_sample__axes_are_uncorrelated),
	    cmocka_unit_test(test_sample__constraints_hold),
	    cmocka_unit_test(test_sample__machines_are_distinct_and_seeded),
	    cmocka_unit_test(test_sample__counts_and_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
