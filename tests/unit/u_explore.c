/*
 * u_explore.c - spaces as people write them, searches against searching through, Pareto fronts
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/explore.h>
#include <perfvec/machine_regression.h>

#include "base/random.h"
#include "support/predicted.h"
#include "support/synthetic_dataset.h"

/* ---- spaces ------------------------------------------------------------------------------------------------------------------------ */

static struct pv_space *timing_space(void)
{
	struct pv_uarch *u;
	assert_int_equal(pv_uarch_load("timing", &u, NULL), PV_OK);
	struct pv_space *s;
	assert_int_equal(pv_space_new(u, &s, NULL), PV_OK);
	pv_uarch_free(u);
	return s;
}

static void test_space__reads_axes(void **state)
{
	static const struct {
		const char *text, *name, *values;
	} cases[] = {
	    {"l1d.size=16k,32k,64k", "l1d.size_bytes", "16384 32768 65536"},
	    {"l2.size=256k..4M", "l2.size_bytes", "262144 524288 1048576 2097152 4194304"},
	    {"l2.size_kb=256,512", "l2.size_bytes", "262144 524288"},
	    {"l2.size_kb=64kB..96kB/32", "l2.size_bytes", "65536 98304"},
	    {"ooo.rob=32..35", "ooo.n_rob", "32 33 34 35"},
	    {"ooo.n_rob=32..96/32, 7", "ooo.n_rob", "32 64 96 7"},
	    {"ooo.rob=10..40*2", "ooo.n_rob", "10 20 40"},
	    {"branch.n_btb=256..1024", "branch.n_btb", "256 512 1024"},
	    {"core.period=0.2ns,500ps,1ns", "core.period_ps", "200 500 1000"},
	    {"core.period_ps=200..400/100", "core.period_ps", "200 300 400"},
	    {"l1d.tag_latency+l1d.data_latency=1..2", "l1d.tag_latency_cycles", "1 2"},
	    {"branch.kind=tage,local", "branch.kind", "tage local"},
	    {"l2.inclusion=*", "l2.inclusion", "mostly_inclusive mostly_exclusive"},
	    {"l2.present=true,false", "l2.present", "true false"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pv_space *s = timing_space();
		struct pv_error err = {0};
		char text[512] = "", value[128];
		int n;
		if (pv_space_add_axis(s, cases[i].text, &err) != PV_OK)
			fail_msg("%s: %s", cases[i].text, err.message);
		assert_string_equal(pv_space_axis(s, 0, &n), cases[i].name);
		for (int c = 0; c < n; c++) {
			pv_space_value(s, 0, c, value, sizeof value);
			strcat(strcat(text, c ? " " : ""), value);
		}
		assert_string_equal(text, cases[i].values);
		assert_true(pv_space_size(s) == n);
		pv_space_free(s);
	}
}

static void test_space__refuses(void **state)
{
	static const struct {
		const char *text;
		enum pv_status status;
		const char *message;
	} cases[] = {
	    {"l1d.size", PV_ERR_FORMAT, "NAME=VALUES is expected"},
	    {"l1d.siz=4k", PV_ERR_MISSING, "'l1d.siz'"},
	    {"time=4", PV_ERR_MISSING, "axis 'time': that is no parameter"},
	    {"2*l1d.size=4k", PV_ERR_FORMAT, "a parameter's name is expected"},
	    {"l1d.size=", PV_ERR_ARG, "a value is missing"},
	    {"l1d.size=4k,,8k", PV_ERR_ARG, "a value is missing"},
	    {"l1d.size=64k..4k", PV_ERR_ARG, "there is no value"},
	    {"l1d.size=4k..64k*1", PV_ERR_FORMAT, "no step leads"},
	    {"l1d.size=4ns", PV_ERR_FORMAT, "'4ns' is no value of it"},
	    {"l1d.size=ooo.rob", PV_ERR_FORMAT, "is no value of it"},
	    {"l1d.size=1", PV_ERR_RANGE, "1 is out of bounds"},
	    {"l1d.size=4k,4096", PV_ERR_ARG, "4096 is given twice"},
	    {"branch.n_btb=300", PV_ERR_RANGE, "300 is not a power of two"},
	    {"branch.kind=perceptron", PV_ERR_FORMAT, "no 'perceptron'"},
	    {"inorder.width=1,2", PV_ERR_UNSUPPORTED, "has no such thing"},
	    {"ooo.n_rob=1..2000", PV_ERR_RANGE, "out of bounds"},
	    {"ooo.n_rob+ooo.n_rob=32", PV_ERR_ARG, "varies already"},
	    {"ooo.n_rob+branch.kind=32", PV_ERR_ARG, "of another type"},
	};
	(void)state;
	struct pv_space *s = timing_space();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pv_error err = {0};
		const enum pv_status status = pv_space_add_axis(s, cases[i].text, &err);
		if (status != cases[i].status || !strstr(err.message, cases[i].message))
			fail_msg("'%s': %d '%s'", cases[i].text, status, err.message);
		assert_int_equal(pv_space_n_axes(s), 0);
	}
	assert_int_equal(pv_space_add_axis(s, "ooo.rob=64,128", NULL), PV_OK);
	assert_int_equal(pv_space_add_axis(s, "ooo.n_rob=32", NULL), PV_ERR_ARG);
	pv_space_free(s);
}

static void test_space__reads_files(void **state)
{
	static const char good[] = "base: timing\naxes:\n  l1d.size: [4k, 8k]\n  l2.size: 256k..1M\n";
	static const char bad[] = "base: timing\naxes:\n  l1d.size: [4k, 8k]\n  l2.sice: 256k..1M\n";
	(void)state;
	struct pv_space *s;
	struct pv_error err = {0};
	assert_int_equal(pv_space_parse("space.yaml", good, sizeof good - 1, &s, &err), PV_OK);
	assert_true(pv_space_size(s) == 6);
	struct pv_uarch *u;
	char text[128];
	assert_int_equal(pv_space_uarch(s, (int[]){1, 2}, &u, &err), PV_OK);
	assert_string_equal(pv_uarch_name(u), "timing-1-2");
	assert_int_equal(pv_uarch_get_param(u, "l2.size_bytes", text, sizeof text, &err), PV_OK);
	assert_string_equal(text, "1048576");
	pv_uarch_free(u);
	pv_space_free(s);
	assert_int_equal(pv_space_parse("space.yaml", bad, sizeof bad - 1, &s, &err), PV_ERR_MISSING);
	assert_non_null(strstr(err.message, "space.yaml:4:3: axis"));
	assert_int_equal(pv_space_parse("space.yaml", "axes: {}\n", 9, &s, &err), PV_ERR_MISSING);
	assert_int_equal(pv_space_parse("space.yaml", "base: timing\naxis: {}\n", 22, &s, &err), PV_ERR_FORMAT);
}

/* ---- fronts ------------------------------------------------------------------------------------------------------------------------ */

static void test_front__against_the_definition(void **state)
{
	enum { N = 200 };
	double a[N], b[N];
	size_t front[N];
	struct base_random rng;
	(void)state;
	base_random_init(&rng, 6);
	for (int i = 0; i < N; i++) {
		a[i] = (double)base_random_below(&rng, 40); /* with equal ones */
		b[i] = (double)base_random_below(&rng, 40);
	}
	const long n = pv_pareto_front(a, b, N, front);
	assert_true(n > 2);
	for (long k = 1; k < n; k++)
		assert_true(a[front[k]] > a[front[k - 1]] && b[front[k]] < b[front[k - 1]]);
	for (int i = 0; i < N; i++) {
		bool on = false, beaten = false, same = false;
		for (int j = 0; j < N; j++)
			beaten = beaten || (a[j] <= a[i] && b[j] <= b[i] && (a[j] < a[i] || b[j] < b[i]));
		for (long k = 0; k < n; k++) {
			on = on || front[k] == (size_t)i;
			same = same || (a[front[k]] == a[i] && b[front[k]] == b[i]);
		}
		assert_true(beaten ? !on : same);
	}
}

/* ---- exploring --------------------------------------------------------------------------------------------------------------------- */

struct fixture {
	char folder[64];
	struct pv_model *model;
	struct pv_vectors *vectors;
	struct pv_uarch *base;
};

static int setup(void **state)
{
	static struct fixture f;
	struct pv_error err = {0};
	char path[96];
	struct pv_dataset *dataset;
	struct pv_model *plain;
	strcpy(f.folder, "/tmp/perfvec_dse_XXXXXX");
	if (!mkdtemp(f.folder))
		return -1;
	snprintf(path, sizeof path, "%s/ds", f.folder);
	synthetic_uarch_dataset_write(path, &(struct synthetic){3, 1, 60, 6, 3000, 3, 0}, 7);
	struct pv_train_options o = pv_train_defaults();
	o.epochs = 3;
	o.batch_size = 16;
	const struct pv_machine_regression_options net = {.refit_rows = 0, .seed = 1};
	if (pv_dataset_open(path, &dataset, &err) != PV_OK ||
	    pv_train(dataset, "InsLSTM(8,1,narchs=K,bias=False)", &o, NULL, &plain, NULL, &err) != PV_OK ||
	    pv_model_learn_machine_regression(plain, dataset, NULL, 0, &net, NULL, &f.model, NULL, &err) != PV_OK ||
	    !(f.vectors = new_vectors(f.model)) || pv_represent_dataset(f.model, dataset, NULL, NULL, f.vectors, &err) != PV_OK) {
		print_error("%s\n", err.message);
		return -1;
	}
	snprintf(path, sizeof path, "%s/ds/machines/ooo_010.yaml", f.folder);
	if (pv_uarch_load(path, &f.base, &err) != PV_OK)
		return -1;
	pv_model_free(plain);
	pv_dataset_close(dataset);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[96];
	pv_vectors_free(f->vectors);
	pv_model_free(f->model);
	pv_uarch_free(f->base);
	snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
	return system(command);
}

static struct pv_space *space_of(const struct fixture *f, const char *const *axes, int n)
{
	struct pv_space *s;
	struct pv_error err = {0};
	assert_int_equal(pv_space_new(f->base, &s, &err), PV_OK);
	for (int i = 0; i < n; i++)
		if (pv_space_add_axis(s, axes[i], &err) != PV_OK)
			fail_msg("%s", err.message);
	return s;
}

static struct pv_formula *formula(const char *text)
{
	struct pv_formula *f;
	struct pv_error err = {0};
	if (pv_machine_formula("objective", text, &f, &err) != PV_OK)
		fail_msg("%s", err.message);
	return f;
}

static const char *const axes[] = {"core.period_ps=200,300,400,500,1000",    "ooo.n_rob=32..192/32",          "l1d.n_mshrs=4,8,12,16,32",
                                   "l2.tag_latency+l2.data_latency=8..20/4", "branch.kind=tage,local,bimode", "l2.size=512k..4M"};
enum { N_AXES = sizeof axes / sizeof *axes };

static void test_explore__search_finds_the_optimum(void **state)
{
	static const char *const objectives[] = {"time", "time * (100 + ooo.rob + l2.size_kb / 64 + 2e4 / core.period_ps)",
	                                         "cpi * (1 + l1d.n_mshrs / 64) * clock_ghz ^ 2 + (branch.kind == tage)"};
	const struct fixture *f = *state;
	struct pv_space *s = space_of(f, axes, N_AXES);
	struct pv_formula *limits[] = {formula("l2.size <= 2M"), formula("ooo.rob >= 64 || branch.kind == local")};
	for (size_t i = 0; i < sizeof objectives / sizeof *objectives; i++) {
		struct pv_explore_options o = pv_explore_defaults();
		struct pv_exploration all, searched;
		struct pv_error err = {0};
		struct pv_formula *objective = formula(objectives[i]);
		o.objectives[0] = objective;
		o.n_objectives = 1;
		o.constraints = (const struct pv_formula *const *)limits;
		o.n_constraints = 2;
		if (pv_explore(f->model, s, f->vectors, NULL, 0, &o, NULL, &all, &err) != PV_OK)
			fail_msg("%s", err.message);
		o.exhaustive = 0;
		o.evaluations = 1500;
		if (pv_explore(f->model, s, f->vectors, NULL, 0, &o, NULL, &searched, &err) != PV_OK)
			fail_msg("%s", err.message);
		assert_true(all.exhaustive && !searched.exhaustive && all.space == 5 * 6 * 5 * 4 * 3 * 4);
		assert_int_equal(all.evaluated, (uint64_t)all.space);
		assert_true(searched.evaluated <= 1500 && searched.descents >= 2);
		assert_true(all.unsatisfied > 0 && all.n_designs == all.evaluated - all.impossible - all.unsatisfied);
		if (searched.designs[0].objectives[0] > all.designs[0].objectives[0] * (1 + 1e-12))
			fail_msg("'%s': the search ends at %g, the optimum is %g", objectives[i], searched.designs[0].objectives[0],
			         all.designs[0].objectives[0]);
		pv_exploration_release(&all);
		pv_exploration_release(&searched);
		pv_formula_free(objective);
	}
	pv_formula_free(limits[0]);
	pv_formula_free(limits[1]);
	pv_space_free(s);
}

static void test_explore__same_at_any_number_of_threads(void **state)
{
	const struct fixture *f = *state;
	struct pv_space *s = space_of(f, axes, 4);
	struct pv_formula *time = formula("time"), *cost = formula("ooo.rob + 2e4 / core.period_ps");
	struct pv_exploration x[2];
	for (int i = 0; i < 2; i++) {
		struct pv_explore_options o = pv_explore_defaults();
		o.objectives[0] = time;
		o.objectives[1] = cost;
		o.n_objectives = 2;
		o.threads = i ? 3 : 1;
		assert_int_equal(pv_explore(f->model, s, f->vectors, (int[]){1}, 1, &o, NULL, &x[i], NULL), PV_OK);
	}
	assert_int_equal(x[0].n_front, x[1].n_front);
	assert_true(x[0].n_front > 3);
	for (size_t i = 0; i < x[0].n_front; i++) {
		const struct pv_design *a = &x[0].designs[x[0].front[i]], *b = &x[1].designs[x[1].front[i]];
		assert_memory_equal(a->choices, b->choices, 4 * sizeof *a->choices);
		assert_true(a->objectives[0] == b->objectives[0] && a->time_ns == a->objectives[0]);
		if (i)
			assert_true(a->objectives[1] < x[0].designs[x[0].front[i - 1]].objectives[1]);
	}
	pv_exploration_release(&x[0]);
	pv_exploration_release(&x[1]);
	pv_formula_free(time);
	pv_formula_free(cost);
	pv_space_free(s);
}

/* The front that descents find, against that of the whole space: most of it, and nothing better. */
static void test_explore__front_of_a_search(void **state)
{
	const struct fixture *f = *state;
	struct pv_space *s = space_of(f, axes, N_AXES);
	struct pv_formula *time = formula("time"), *cost = formula("ooo.rob + l2.size_kb / 16 + 5e4 / core.period_ps");
	struct pv_exploration x[2];
	for (int i = 0; i < 2; i++) {
		struct pv_explore_options o = pv_explore_defaults();
		o.objectives[0] = time;
		o.objectives[1] = cost;
		o.n_objectives = 2;
		if (i) {
			o.exhaustive = 0;
			o.evaluations = 4000;
		}
		assert_int_equal(pv_explore(f->model, s, f->vectors, NULL, 0, &o, NULL, &x[i], NULL), PV_OK);
	}
	size_t found = 0;
	for (size_t i = 0; i < x[0].n_front; i++) {
		const struct pv_design *a = &x[0].designs[x[0].front[i]];
		bool near = false;
		for (size_t k = 0; k < x[1].n_front; k++) {
			const struct pv_design *b = &x[1].designs[x[1].front[k]];
			near = near || (b->objectives[0] <= 1.02 * a->objectives[0] && b->objectives[1] <= 1.02 * a->objectives[1]);
		}
		found += near;
	}
	assert_true(found * 10 >= 7 * x[0].n_front);
	pv_exploration_release(&x[0]);
	pv_exploration_release(&x[1]);
	pv_formula_free(time);
	pv_formula_free(cost);
	pv_space_free(s);
}

static void test_explore__refuses(void **state)
{
	const struct fixture *f = *state;
	struct pv_formula *time = formula("time"), *never[] = {formula("l2.size < 1M"), formula("l2.size > 1M")};
	struct pv_explore_options o = pv_explore_defaults();
	struct pv_exploration x;
	struct pv_error err = {0};
	o.objectives[0] = time;
	o.n_objectives = 1;
	struct pv_space *s = space_of(f, axes + 5, 1);
	o.constraints = (const struct pv_formula *const *)never;
	o.n_constraints = 2;
	assert_int_equal(pv_explore(f->model, s, f->vectors, NULL, 0, &o, NULL, &x, &err), PV_ERR_RANGE);
	assert_non_null(strstr(err.message, "none of 4 designs satisfies all constraints; most fail 'l2.size < 1M' (3 of them)"));
	o.n_constraints = 0;
	assert_int_equal(pv_explore(f->model, s, f->vectors, (int[]){7}, 1, &o, NULL, &x, &err), PV_ERR_ARG);
	struct pv_formula *nan = formula("sqrt(-time)");
	o.objectives[0] = nan;
	assert_int_equal(pv_explore(f->model, s, f->vectors, NULL, 0, &o, NULL, &x, &err), PV_ERR_RANGE);
	assert_non_null(strstr(err.message, "an objective that is a finite number"));
	o.objectives[0] = time;
	pv_space_free(s);
	s = space_of(f, (const char *const[]){"branch.btb_tag_bits=8,16"}, 1);
	assert_int_equal(pv_explore(f->model, s, f->vectors, NULL, 0, &o, NULL, &x, &err), PV_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.message, "axis 'branch.btb_tag_bits': the machine regression does not look at this parameter"));
	pv_space_free(s);
	s = space_of(f, (const char *const[]){"l2.tag_latency=8..10"}, 1);
	assert_int_equal(pv_explore(f->model, s, f->vectors, NULL, 0, &o, NULL, &x, &err), PV_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.message, "does not go with l2.tag_latency_cycles"));
	pv_space_free(s);
	pv_formula_free(time);
	pv_formula_free(nan);
	pv_formula_free(never[0]);
	pv_formula_free(never[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_space__reads_axes),
	    cmocka_unit_test(test_space__refuses),
	    cmocka_unit_test(test_space__reads_files),
	    cmocka_unit_test(test_front__against_the_definition),
	    cmocka_unit_test(test_explore__search_finds_the_optimum),
	    cmocka_unit_test(test_explore__same_at_any_number_of_threads),
	    cmocka_unit_test(test_explore__front_of_a_search),
	    cmocka_unit_test(test_explore__refuses),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
