/*
 * u_formula.c - formulas: what they come to, units, names, slopes, and the column that an error names
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/formula.h>

static const struct pv_formula_variable table[] = {
    {"time", "ns", ""},
    {"x", "", ""},
    {"y", "", ""},
    {"l2.size_bytes", "bytes", ""},
    {"ooo.n_rob", "", ""},
    {"core.period_ps", "ps", ""},
    {"branch.kind", "", "local tage bimode "},
    {"l2.tag_latency_cycles", "cycles", ""},
    {"l2.present", "", ""},
};
enum { N = sizeof table / sizeof *table };

/* time 2 us, x 3, y -4, l2 64 KiB, rob 128, period 400 ps, tage, 12 cycles, present */
static const double values[N] = {2000, 3, -4, 65536, 128, 400, 1, 12, 1};

static struct pv_formula *parse(const char *text)
{
	struct pv_formula *f = NULL;
	struct pv_error err = {0};
	if (pv_formula_parse("objective", text, table, N, &f, &err) != PV_OK)
		fail_msg("'%s': %s", text, err.message);
	return f;
}

static double value(const char *text)
{
	struct pv_formula *f = parse(text);
	assert_string_equal(pv_formula_text(f), text);
	const double v = pv_formula_value(f, values);
	pv_formula_free(f);
	return v;
}

static void test_formula__computes(void **state)
{
	static const struct {
		const char *text;
		double value;
	} cases[] = {
	    {"1 + 2 * 3", 7},
	    {"(1 + 2) * 3", 9},
	    {"10 - 4 - 3", 3},
	    {"24 / 4 / 2", 3},
	    {"2 ^ 3 ^ 2", 512},
	    {"-2 ^ 2", -4},
	    {"2 ^ -1", 0.5},
	    {"--3", 3},
	    {"!0 + !7", 1},
	    {"1.5e2 + .5", 150.5},
	    {"x * y", -12},
	    {"min(x, y, 7)", -4},
	    {"max(x, y, 2)", 3},
	    {"log2(8) + sqrt(49) + abs(y)", 14},
	    {"log(exp(2)) + log10(1000)", 5},
	    {"floor(2.7) + ceil(2.2) + round(2.5)", 8},
	    {"1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3 && x == 3 && x != y", 1},
	    {"1 > 2 || 0 || x", 1},
	    {"0 || 1 && 0", 0},
	    {"time * (1000 + 10 * l2.size_kb + x)", 2000.0 * 1643},
	    {"l2.present == true", 1},
	    {"true + false", 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (fabs(value(cases[i].text) - cases[i].value) > 1e-9)
			fail_msg("'%s' is %g, not %g", cases[i].text, value(cases[i].text), cases[i].value);
}

static void test_formula__knows_units(void **state)
{
	static const struct {
		const char *text;
		double value;
	} cases[] = {
	    {"2ms", 2e6},
	    {"1M", 1048576},
	    {"2kB", 2048},
	    {"l2.size <= 64k && l2.size > 63KiB && time < 2.1us && time > 1999ns", 1},
	    {"time_us", 2},
	    {"time_s * 1e6", 2},
	    {"l2.size", 65536},
	    {"l2.size_kb", 64},
	    {"l2.size_mb", 0.0625},
	    {"l2.size_kb <= 64kB", 1}, /* converted: 64 against 65536 bytes */
	    {"l2.size_kb <= 63.9kB", 0},
	    {"l2.size_kb + 64kB", 128},
	    {"core.period_ps", 400},
	    {"core.period", 0.4}, /* ns */
	    {"core.period_ps == 0.4ns", 1},
	    {"core.period == 400ps", 1},
	    {"core.period_ps < 401", 1},
	    {"ooo.rob + ooo.n_rob", 256},
	    {"l2.tag_latency <= 12cycles", 1},
	    {"2 * core.period_ps", 800},
	    {"branch.kind == tage && branch.kind != bimode", 1},
	    {"branch.kind == local", 0},
	    {"2 * time < 3ms && 3 * l2.size_kb < 200", 1},
	    {"10 * l2.size_kb + l2.size_mb", 640.0625}, /* weighed: what stands before a unit is per that unit */
	    {"time + l2.size", 67536},                  /* two kinds: just numbers */
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (fabs(value(cases[i].text) - cases[i].value) > 1e-9)
			fail_msg("'%s' is %.10g, not %g", cases[i].text, value(cases[i].text), cases[i].value);
}

static void test_formula__errors_name_the_place(void **state)
{
	static const struct {
		const char *text;
		enum pv_status status;
		const char *message, *hint;
	} cases[] = {
	    {"", PV_ERR_FORMAT, "objective, column 1: the text ends where a number, a name or '('", ""},
	    {"1 +", PV_ERR_FORMAT, "column 4: the text ends", ""},
	    {"1 2", PV_ERR_FORMAT, "column 3: expected an operator or the end, found '2'", ""},
	    {"(1", PV_ERR_FORMAT, "column 3: the text ends where ')' is expected", ""},
	    {"x = 3", PV_ERR_FORMAT, "column 3: expected an operator or the end, found '='; equality is written ==", ""},
	    {"x & y", PV_ERR_FORMAT, "it is written &&", ""},
	    {"1 < x < 3", PV_ERR_FORMAT, "column 7: a comparison of a comparison; write a < b && b < c", ""},
	    {"tiem < 3", PV_ERR_MISSING, "column 1: no variable or function is called 'tiem'", "time"},
	    {"x + l2.siz", PV_ERR_MISSING, "column 5: no variable or function is called 'l2.siz'", "l2.size"},
	    {"squrt(x)", PV_ERR_MISSING, "column 1: no variable or function is called 'squrt'", "sqrt"},
	    {"time_kb", PV_ERR_MISSING, "'time_kb'", "time"},
	    {"3apples", PV_ERR_FORMAT, "column 2: 'apples' behind a number is no unit", ""},
	    {"1e999", PV_ERR_RANGE, "column 1: the number is too large", ""},
	    {"min(1)", PV_ERR_FORMAT, "column 1: min() takes two or more arguments, not 1", ""},
	    {"sqrt(1, 2)", PV_ERR_FORMAT, "column 1: sqrt() takes one argument, not 2", ""},
	    {"sqrt 2", PV_ERR_MISSING, "'sqrt'", "sqrt"},
	    {"time < 1M", PV_ERR_FORMAT, "column 6: a time is compared with a size", ""},
	    {"min(time, l2.size)", PV_ERR_FORMAT, "column 1: the arguments of min() are in different units", ""},
	    {"branch.kind == perceptron", PV_ERR_MISSING, "column 16: branch.kind is never 'perceptron'; it is one of: local tage", ""},
	    {"branch.kind < tage", PV_ERR_FORMAT, "column 13: the names that branch.kind stands for have no order", ""},
	    {"2 * core.period_ps < 3ns", PV_ERR_FORMAT, "column 20: a product, which is a plain number, is compared with a time in another",
	     ""},
	    {"1M > l2.size_kb * 3", PV_ERR_FORMAT, "is compared with a size in another unit", ""},
	    {"x $ y", PV_ERR_FORMAT, "column 3: expected an operator or the end, found '$'", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pv_formula *f = NULL;
		struct pv_error err = {0};
		const enum pv_status status = pv_formula_parse("objective", cases[i].text, table, N, &f, &err);
		if (status != cases[i].status || !strstr(err.message, cases[i].message) || !strstr(err.hint, cases[i].hint))
			fail_msg("'%s': %d '%s' hint '%s'", cases[i].text, status, err.message, err.hint);
		assert_null(f);
	}
}

static void test_formula__limits_hold(void **state)
{
	(void)state;
	char *text = malloc(PV_FORMULA_MAX_TEXT + 2);
	assert_non_null(text);
	struct pv_formula *f = NULL;
	struct pv_error err = {0};
	for (int deep = PV_FORMULA_MAX_DEPTH; deep <= PV_FORMULA_MAX_TEXT; deep *= 4) {
		memset(text, '(', (size_t)deep);
		text[deep] = 0;
		assert_int_equal(pv_formula_parse("cost", text, table, N, &f, &err), PV_ERR_RANGE);
		memset(text, '-', (size_t)deep);
		assert_int_equal(pv_formula_parse("cost", text, table, N, &f, &err), PV_ERR_RANGE);
	}
	memset(text, '1', PV_FORMULA_MAX_TEXT + 1);
	text[PV_FORMULA_MAX_TEXT + 1] = 0;
	assert_int_equal(pv_formula_parse("cost", text, table, N, &f, &err), PV_ERR_RANGE);
	for (size_t i = 0; i < 2 * PV_FORMULA_MAX_STEPS; i++)
		memcpy(text + 2 * i, "1+", 2);
	text[4 * PV_FORMULA_MAX_STEPS - 1] = 0;
	assert_int_equal(pv_formula_parse("cost", text, table, N, &f, &err), PV_ERR_RANGE);
	assert_non_null(strstr(err.message, "more than 1024 operands"));
	free(text);
}

/* Slopes against central differences, along every variable. */
static void test_formula__slopes(void **state)
{
	static const char *const texts[] = {"x * x + 3 * y",
	                                    "time * (1000 + 10 * l2.size_kb + x) / y",
	                                    "x ^ 3 + 2 ^ x + abs(y) + x ^ x",
	                                    "min(x, y) * max(x, 2)",
	                                    "log(x) + log2(x) * log10(x) + exp(y) + sqrt(time)",
	                                    "-(x - y) / (x + 1)",
	                                    "y ^ 2",
	                                    "core.period * l2.size"};
	(void)state;
	for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
		struct pv_formula *f = parse(texts[t]);
		for (int i = 0; i < N; i++) {
			double up[N], down[N], direction[N] = {0};
			const double h = 1e-5 * (1 + fabs(values[i]));
			memcpy(up, values, sizeof up);
			memcpy(down, values, sizeof down);
			up[i] += h;
			down[i] -= h;
			direction[i] = 1;
			const double slope = pv_formula_slope(f, values, direction);
			const double difference = (pv_formula_value(f, up) - pv_formula_value(f, down)) / (2 * h);
			if (fabs(slope - difference) > 1e-5 * (1 + fabs(difference)))
				fail_msg("'%s' along %s: %g, differences give %g", texts[t], table[i].name, slope, difference);
		}
		pv_formula_free(f);
	}
}

static void test_formula__says_what_it_needs(void **state)
{
	(void)state;
	double some[N];
	memcpy(some, values, sizeof some);
	struct pv_formula *f = parse("y + l2.size_kb * ooo.rob");
	assert_true(pv_formula_uses(f, 2) && pv_formula_uses(f, 3) && pv_formula_uses(f, 4));
	assert_false(pv_formula_uses(f, 0) || pv_formula_uses(f, 1));
	assert_int_equal(pv_formula_missing(f, some), -1);
	some[0] = some[3] = some[4] = NAN;
	assert_int_equal(pv_formula_missing(f, some), 3);
	assert_true(isnan(pv_formula_value(f, some)));
	pv_formula_free(f);
	f = parse("l2.size <= 1M");
	assert_true(pv_formula_value(f, some) == 0); /* a comparison with nothing is false */
	pv_formula_free(f);
}

/* Every number, flag and name of the parameter table is a variable under its own name, and its value is the machine's. */
static void test_machine__every_parameter_is_a_variable(void **state)
{
	(void)state;
	size_t n;
	const struct pv_formula_variable *v = pv_machine_variables(&n);
	struct pv_uarch *u;
	struct pv_error err = {0};
	assert_int_equal(pv_uarch_load("timing", &u, &err), PV_OK);
	double *of = malloc(n * sizeof *of);
	assert_non_null(of);
	pv_machine_values(u, 1e6, 500000, of);
	size_t at = PV_MACHINE_PARAMETERS;
	for (size_t i = 0; i < pv_uarch_param_count(); i++) {
		const struct pv_uarch_param p = pv_uarch_param_info(i);
		if (!strcmp(p.type, "operation classes"))
			continue;
		assert_true(at < n);
		assert_string_equal(v[at].name, p.name);
		assert_string_equal(v[at].values, p.names);
		char text[1024];
		assert_int_equal(pv_uarch_get_param(u, p.name, text, sizeof text, &err), PV_OK);
		struct pv_formula *f;
		assert_int_equal(pv_machine_formula("cost", p.name, &f, &err), PV_OK);
		const double have = pv_formula_value(f, of);
		pv_formula_free(f);
		if (!p.ooo || (!strncmp(p.name, "l3.", 3) && strcmp(p.name, "l3.present")))
			assert_true(have == 0); /* timing is out of order, and has no third cache */
		else if (!strcmp(p.type, "flag"))
			assert_true(have == !strcmp(text, "true"));
		else if (strcmp(p.type, "name"))
			assert_true(have == strtod(text, NULL));
		at++;
	}
	assert_int_equal(at, n);
	assert_true(of[PV_MACHINE_CLOCK] == 2000 && of[PV_MACHINE_CPI] == 4 && of[PV_MACHINE_IPC] == 0.25);
	free(of);
	pv_uarch_free(u);
}

/* A name without its unit means its own parameter, not another one. */
static void test_machine__short_names_are_unambiguous(void **state)
{
	(void)state;
	size_t n;
	const struct pv_formula_variable *v = pv_machine_variables(&n);
	for (size_t i = 0; i < n; i++) {
		const size_t length = strlen(v[i].name), unit = strlen(v[i].unit);
		char text[64];
		struct pv_formula *f;
		struct pv_error err = {0};
		if (!unit || length < unit + 1 || strcmp(v[i].name + length - unit, v[i].unit) || v[i].name[length - unit - 1] != '_' ||
		    (strcmp(v[i].unit, "ps") && strcmp(v[i].unit, "cycles") && strcmp(v[i].unit, "bytes")))
			continue;
		snprintf(text, sizeof text, "%.*s", (int)(length - unit - 1), v[i].name);
		if (pv_machine_formula("cost", text, &f, &err) != PV_OK)
			fail_msg("%s: %s", text, err.message);
		assert_true(pv_formula_uses(f, i));
		pv_formula_free(f);
	}
}

static void test_machine__without_level_2_it_costs_nothing(void **state)
{
	(void)state;
	size_t n;
	pv_machine_variables(&n);
	struct pv_uarch *u;
	struct pv_formula *f;
	struct pv_error err = {0};
	double *of = malloc(n * sizeof *of);
	assert_non_null(of);
	assert_int_equal(pv_uarch_load("timing", &u, &err), PV_OK);
	assert_int_equal(pv_machine_formula("cost", "l2.size_kb", &f, &err), PV_OK);
	pv_machine_values(u, NAN, NAN, of);
	assert_true(pv_formula_value(f, of) == 1024);
	assert_int_equal(pv_uarch_set_param(u, "l2.present", "false", &err), PV_OK);
	pv_machine_values(u, NAN, NAN, of);
	assert_true(pv_formula_value(f, of) == 0);
	pv_machine_values(NULL, 1, 1, of);
	assert_true(pv_formula_missing(f, of) >= PV_MACHINE_PARAMETERS);
	pv_formula_free(f);
	pv_uarch_free(u);
	free(of);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_formula__computes),
	    cmocka_unit_test(test_formula__knows_units),
	    cmocka_unit_test(test_formula__errors_name_the_place),
	    cmocka_unit_test(test_formula__limits_hold),
	    cmocka_unit_test(test_formula__slopes),
	    cmocka_unit_test(test_formula__says_what_it_needs),
	    cmocka_unit_test(test_machine__every_parameter_is_a_variable),
	    cmocka_unit_test(test_machine__short_names_are_unambiguous),
	    cmocka_unit_test(test_machine__without_level_2_it_costs_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
