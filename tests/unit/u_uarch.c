/*
 * u_uarch.c - the parameter table, values as text, machine files and their errors, sets
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "uarch/params.h"

/* ---- the table --------------------------------------------------------------------------------------------------------------------- */

static void test_table__names_are_unique_and_described(void **state)
{
	(void)state;
	assert_true(uarch_n_params > 200);
	for (size_t i = 0; i < uarch_n_params; i++) {
		const struct uarch_param *p = &uarch_params[i];
		assert_ptr_equal(uarch_param_find(p->name), p);
		assert_true(strlen(p->meaning) > 5);
		assert_true(strlen(p->source) > 1);
		assert_non_null(pv_uarch_group_meaning(p->group));
		assert_true(p->min <= p->max);
		assert_true(p->kinds && !(p->kinds & ~(unsigned)UARCH_KIND_BOTH));
		for (size_t j = 0; j < i; j++)
			assert_true(uarch_params[j].offset != p->offset);
	}
}

/* A number's unit is in its name. */
static void test_table__units_are_in_the_names(void **state)
{
	(void)state;
	static const char *const units[][2] = {
	    {"cycles", "_cycles"}, {"bus cycles", "_cycles"}, {"bytes", "_bytes"}, {"ps", "_ps"}, {"bits", "_bits"}};
	for (size_t i = 0; i < uarch_n_params; i++)
		for (size_t j = 0; j < sizeof units / sizeof *units; j++) {
			size_t n = strlen(uarch_params[i].name), m = strlen(units[j][1]);
			bool suffix = n > m && !strcmp(uarch_params[i].name + n - m, units[j][1]);
			if (!strcmp(uarch_params[i].unit, units[j][0]) && !suffix)
				fail_msg("%s is in %s", uarch_params[i].name, units[j][0]);
		}
}

static void test_table__defaults_pass_the_checks(void **state)
{
	(void)state;
	for (int kind = 0; kind < UARCH_N_core_kind_VALUES; kind++) {
		struct pv_uarch u;
		struct pv_error err = {0};
		uarch_defaults(&u, (enum uarch_core_kind)kind);
		if (pv_uarch_check(&u, &err) != PV_OK)
			fail_msg("%s", err.message);
		for (size_t i = 0; i < uarch_n_params; i++)
			if (uarch_params[i].type == UARCH_PARAM_OPS) {
				char text[1024];
				uarch_param_format(&u, &uarch_params[i], " ", text, sizeof text);
				assert_int_equal(strlen(text), strlen(uarch_params[i].ops[kind])); /* every name was understood */
			}
	}
}

static void test_table__dram_timings_are_consistent(void **state)
{
	(void)state;
	for (int32_t t = 0; t < UARCH_N_DRAM_TYPES; t++) {
		const struct uarch_dram *d = uarch_dram_lookup(t);
		assert_int_equal(d->bus_bits, d->device_bits * d->n_devices);
		assert_true(d->tburst_min_ps <= d->tburst_ps && d->tburst_ps <= d->tburst_max_ps);
		assert_true(d->tras_ps > d->trcd_ps && d->trefi_ps > d->trfc_ps);
		assert_true(d->n_bank_groups == 0 || d->n_banks % d->n_bank_groups == 0);
		/* the rate of back-to-back bursts is the data sheet's rate, within the rounding of the clock */
		double mb_per_s = d->bus_bits / 8.0 * d->burst_beats / (d->tburst_min_ps * 1e-12) / 1e6;
		double bursts = d->tburst_min_ps < d->tburst_ps ? 2 : 1; /* interleaved bank groups move half a burst at a time */
		assert_true(mb_per_s / bursts > 0.98 * d->peak_mb_per_s && mb_per_s / bursts < 1.02 * d->peak_mb_per_s);
	}
	assert_null(uarch_dram_lookup(-1));
	assert_null(uarch_dram_lookup(UARCH_N_DRAM_TYPES));
}

/* ---- values as text ---------------------------------------------------------------------------------------------------------------- */

static void test_values__every_parameter_reads_back(void **state)
{
	(void)state;
	struct pv_uarch *u;
	assert_int_equal(pv_uarch_load("pk", &u, NULL), PV_OK);
	for (size_t i = 0; i < pv_uarch_param_count(); i++) {
		char text[1024], again[1024];
		const char *name = pv_uarch_param_info(i).name;
		struct pv_error err = {0};
		assert_int_equal(pv_uarch_get_param(u, name, text, sizeof text, &err), PV_OK);
		if (pv_uarch_set_param(u, name, text, &err) != PV_OK)
			fail_msg("%s", err.message);
		assert_int_equal(pv_uarch_get_param(u, name, again, sizeof again, &err), PV_OK);
		assert_string_equal(text, again);
	}
	pv_uarch_free(u);
}

static void test_values__bad_text_leaves_the_machine_as_it_was(void **state)
{
	(void)state;
	static const struct {
		const char *param, *text;
		enum pv_status status;
		const char *message, *hint;
	} cases[] = {
	    {"l1d.size_bytes", "32kB", PV_ERR_FORMAT, "l1d.size_bytes: wrong unit: '32kB'; it takes a plain number of bytes",
	     "write 32768"},
	    {"core.period_ps", "2GHz", PV_ERR_FORMAT, "core.period_ps: wrong unit: '2GHz'; it takes a plain number of ps", "write 500"},
	    {"core.period_ps", "0.5 ns", PV_ERR_FORMAT, "core.period_ps: wrong unit: '0.5 ns'; it takes a plain number of ps", "write 500"},
	    {"ooo.n_rob", "64 cycles", PV_ERR_FORMAT, "ooo.n_rob: wrong unit: '64 cycles'; it takes a plain number", ""},
	    {"ooo.n_rob", "many", PV_ERR_FORMAT, "ooo.n_rob: needs a whole number, not 'many'", ""},
	    {"ooo.n_rob", "1e2", PV_ERR_FORMAT, "ooo.n_rob: needs a whole number, not '1e2'", ""},
	    {"ooo.n_rob", " 64", PV_ERR_FORMAT, "ooo.n_rob: needs a whole number, not ' 64'", ""},
	    {"ooo.n_rob", "", PV_ERR_FORMAT, "ooo.n_rob: needs a whole number, not ''", ""},
	    {"ooo.n_rob", "-1", PV_ERR_RANGE, "ooo.n_rob: -1 is out of bounds; allowed is 4 to 2048", ""},
	    {"ooo.n_rob", "99999999999999999999", PV_ERR_RANGE, "ooo.n_rob: 99999999999999999999 is out of bounds; allowed is 4 to 2048",
	     ""},
	    {"l1d.tag_latency_cycles", "65", PV_ERR_RANGE, "l1d.tag_latency_cycles: 65 is out of bounds; allowed is 1 to 64 cycles", ""},
	    {"branch.n_btb", "3000", PV_ERR_RANGE, "branch.n_btb: 3000 is not a power of two", ""},
	    {"l2.present", "yes", PV_ERR_FORMAT, "l2.present: needs true or false, not 'yes'", ""},
	    {"core.kind", "in-order", PV_ERR_FORMAT, "core.kind: no 'in-order'; allowed is one of: ooo inorder", "did you mean 'inorder'?"},
	    {"units.simd.ops", "SimdAdd SimdMul", PV_ERR_FORMAT, "units.simd.ops: no operation class 'SimdMul'",
	     "did you mean 'SimdMult'?"},
	    {"units.simd.ops", "SimdAdd SimdAdd", PV_ERR_FORMAT, "units.simd.ops: operation class 'SimdAdd' twice", ""},
	    {"ooo.n_robs", "64", PV_ERR_MISSING, "no parameter 'ooo.n_robs'", "did you mean 'ooo.n_rob'?"},
	};
	struct pv_uarch *u;
	assert_int_equal(pv_uarch_load("timing", &u, NULL), PV_OK);
	struct pv_uarch before = *u;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pv_error err = {0};
		assert_int_equal(pv_uarch_set_param(u, cases[i].param, cases[i].text, &err), cases[i].status);
		assert_string_equal(err.message, cases[i].message);
		assert_string_equal(err.hint, cases[i].hint);
		assert_memory_equal(u, &before, sizeof before);
	}
	pv_uarch_free(u);
}

/* ---- checks ------------------------------------------------------------------------------------------------------------------------ */

static void test_check__impossible_combinations(void **state)
{
	(void)state;
	static const struct {
		const char *preset, *param, *text, *message;
	} cases[] = {
	    {"timing", "l1d.size_bytes", "40000",
	     "timing: l1d.size_bytes: 40000 bytes are not a power-of-two number of sets of 2 ways of 64 bytes"},
	    {"timing", "l2.assoc", "12",
	     "timing: l2.size_bytes: 1048576 bytes are not a power-of-two number of sets of 12 ways of 64 bytes"},
	    {"timing", "ooo.n_fetch_queue", "2",
	     "timing: ooo.n_fetch_queue: 2 cannot hold what fetch brings in a cycle; allowed is ooo.fetch_width (3) or more"},
	    {"timing", "units.read.count", "0",
	     "timing: units.read.count: no unit executes MemRead: every pool with this operation class has a count of 0"},
	    {"o3", "units.int_alu.count", "0",
	     "o3: units.int_alu.count: no unit executes IntAlu: every pool with this operation class has a count of 0"},
	    {"o3", "operations.IntMult.interval_cycles", "4",
	     "o3: operations.IntMult.interval_cycles: 4 is more than the latency, 3; allowed is 1 (pipelined) to the latency (not "
	     "pipelined)"},
	    {"minor", "inorder.issue_limit", "3",
	     "minor: inorder.issue_limit: 3 is more than the core takes in a cycle; allowed is 1 to inorder.width (2)"},
	    {"minor", "inorder.n_store_buffer", "1", "minor: inorder.n_stores_per_cycle: 2 is more than inorder.n_store_buffer (1) holds"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pv_uarch *u;
		struct pv_error err = {0};
		assert_int_equal(pv_uarch_load(cases[i].preset, &u, NULL), PV_OK);
		assert_int_equal(pv_uarch_check(u, NULL), PV_OK);
		assert_int_equal(pv_uarch_set_param(u, cases[i].param, cases[i].text, &err), PV_OK);
		assert_int_equal(pv_uarch_check(u, &err), PV_ERR_RANGE);
		assert_string_equal(err.message, cases[i].message);
		pv_uarch_free(u);
	}
}

static void test_check__an_absent_l2_need_not_fit(void **state)
{
	(void)state;
	struct pv_uarch *u;
	assert_int_equal(pv_uarch_load("timing", &u, NULL), PV_OK);
	u->l2.size_bytes = 5000;
	assert_int_equal(pv_uarch_check(u, NULL), PV_ERR_RANGE);
	u->l2.present = 0;
	assert_int_equal(pv_uarch_check(u, NULL), PV_OK);
	pv_uarch_free(u);
}

/* ---- files ------------------------------------------------------------------------------------------------------------------------- */

/* @text  malloc'd */
static void print(const struct pv_uarch *u, char **text)
{
	size_t n = 0;
	*text = NULL;
	FILE *f = open_memstream(text, &n);
	assert_non_null(f);
	pv_uarch_print(u, f);
	fclose(f);
}

static void test_file__presets_print_and_read_back_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < pv_uarch_preset_count(); i++) {
		struct pv_uarch *u, *back;
		struct pv_error err = {0};
		assert_int_equal(pv_uarch_load(pv_uarch_preset_name(i), &u, NULL), PV_OK);
		char *text;
		print(u, &text);
		if (pv_uarch_parse("printed", text, strlen(text), &back, &err) != PV_OK)
			fail_msg("%s", err.message);
		assert_memory_equal(u, back, sizeof *u);
		free(text);
		pv_uarch_free(u);
		pv_uarch_free(back);
	}
}

/* Parse and expect this error. */
static void assert_refused(const char *text, enum pv_status status, const char *message, const char *hint)
{
	struct pv_uarch *u = NULL;
	struct pv_error err = {0};
	assert_int_equal(pv_uarch_parse("m.yaml", text, strlen(text), &u, &err), status);
	assert_null(u);
	assert_string_equal(err.message, message);
	assert_string_equal(err.hint, hint);
}

#define HEAD "perfvec_machine: 1\nname: m\nbase: timing\n"

static void test_file__a_base_gives_the_rest(void **state)
{
	(void)state;
	static const char text[] = HEAD "ooo: {n_rob: 100}\nunits: {simd: {count: 3}}\n";
	struct pv_uarch *u, *timing;
	assert_int_equal(pv_uarch_parse("m.yaml", text, strlen(text), &u, NULL), PV_OK);
	assert_int_equal(pv_uarch_load("timing", &timing, NULL), PV_OK);
	assert_string_equal(pv_uarch_name(u), "m");
	assert_int_equal(u->ooo.n_rob, 100);
	assert_int_equal(u->ooo.n_iq, timing->ooo.n_iq);
	assert_int_equal(u->units.count[UARCH_POOL_simd], 3);
	assert_true(u->units.ops[UARCH_POOL_simd] == timing->units.ops[UARCH_POOL_simd]);
	pv_uarch_free(u);
	pv_uarch_free(timing);
}

static void test_file__errors_say_line_and_what_is_allowed(void **state)
{
	(void)state;
	assert_refused(HEAD "ooo:\n  n_rob: 5000\n", PV_ERR_RANGE, "m.yaml:5:10: ooo.n_rob: 5000 is out of bounds; allowed is 4 to 2048",
	               "");
	assert_refused(HEAD "ooo:\n  n_rbo: 64\n", PV_ERR_FORMAT, "m.yaml:5:3: ooo: unknown key 'n_rbo'", "did you mean 'n_rob'?");
	assert_refused(HEAD "l1d:\n  size_kb: 64\n", PV_ERR_FORMAT, "m.yaml:5:3: l1d: wrong unit: 'size_kb'",
	               "the parameter is 'size_bytes'");
	assert_refused(HEAD "l1d:\n  size_bytes: 64kB\n", PV_ERR_FORMAT,
	               "m.yaml:5:15: l1d.size_bytes: wrong unit: '64kB'; it takes a plain number of bytes", "write 65536");
	assert_refused(HEAD "l1d:\n  assoc: 2\n  assoc: 4\n", PV_ERR_FORMAT, "m.yaml:6:3: duplicate key 'assoc'; it first stands in line 5",
	               "");
	assert_refused(HEAD "l1d:\n  assoc: \"2\"\n", PV_ERR_FORMAT, "m.yaml:5:10: l1d.assoc: needs a whole number, not '2' in quotes", "");
	assert_refused(HEAD "l1d:\n  assoc: [2]\n", PV_ERR_FORMAT, "m.yaml:5:10: assoc: needs a single value, not a sequence ([a, b])", "");
	assert_refused(HEAD "l1d: 7\n", PV_ERR_FORMAT, "m.yaml:4:6: l1d: needs a mapping (key: value), not '7'", "");
	assert_refused(HEAD "l4: {}\n", PV_ERR_FORMAT, "m.yaml:4:1: unknown key 'l4'", "did you mean 'l2'?");
	assert_refused(HEAD "inorder:\n  width: 2\n", PV_ERR_FORMAT,
	               "m.yaml:4:1: 'inorder' belongs to in-order cores; this machine's core.kind is ooo", "");
	assert_refused(HEAD "core: {kind: inorder}\n", PV_ERR_FORMAT, "m.yaml:4:14: core.kind: inorder does not go with base 'timing'", "");
	assert_refused(HEAD "units: {int_alu: {size: 3}}\n", PV_ERR_FORMAT, "m.yaml:4:19: units.int_alu: unknown key 'size'", "");
	assert_refused(HEAD "units: {int_alu: {ops: [IntAlu, IntMul]}}\n", PV_ERR_FORMAT,
	               "m.yaml:4:33: units.int_alu.ops: no operation class 'IntMul'", "did you mean 'IntMult'?");
	/* a combination: at the line that can be changed */
	assert_refused(HEAD "l1d:\n  size_bytes: 24576\n", PV_ERR_RANGE,
	               "m.yaml:5:15: l1d.size_bytes: 24576 bytes are not a power-of-two number of sets of 2 ways of 64 bytes", "");
}

static void test_file__errors_of_the_head(void **state)
{
	(void)state;
	assert_refused("name: m\n", PV_ERR_MISSING, "m.yaml:1:1: key 'perfvec_machine' is missing", "");
	assert_refused("perfvec_machine: 2\nname: m\nbase: o3\n", PV_ERR_VERSION,
	               "m.yaml:1:18: machine file version 2; this perfvec reads version 1", "");
	assert_refused("perfvec_machine: 1\nbase: o3\n", PV_ERR_MISSING, "m.yaml:1:1: key 'name' is missing", "");
	assert_refused("perfvec_machine: 1\nbase: o3\nname: a b\n", PV_ERR_ARG,
	               "m.yaml:3:7: 'a b' cannot name a machine; use 1 to 63 letters, digits, '_', '.' and '-'", "");
	assert_refused("perfvec_machine: 1\nname: m\nbase: o4\n", PV_ERR_MISSING, "m.yaml:3:7: no preset 'o4'", "");
	assert_refused("perfvec_machine: 1\nname: m\n", PV_ERR_MISSING, "m.yaml:1:1: core.kind is missing", "");
	assert_refused("perfvec_machine: 1\nname: m\ncore: {kind: ooo}\n", PV_ERR_MISSING, "m.yaml:3:1: core.period_ps is missing",
	               "a machine file says everything, or takes the rest from a preset: 'base: o3'");
	assert_refused("- 1\n", PV_ERR_FORMAT, "m.yaml:1:1: needs a mapping (key: value), not a sequence ([a, b])", "");
}

/* Files of earlier versions still load; asking for the parameter says where it went. */
static void test_file__a_parameter_that_is_gone_is_read_over(void **state)
{
	(void)state;
	static const char text[] = HEAD "ooo: {n_rob: 100, rename_to_fetch_cycles: 3, fetch_trap_latency_cycles: 2}\n";
	struct pv_uarch *u = NULL;
	assert_int_equal(pv_uarch_parse("m.yaml", text, strlen(text), &u, NULL), PV_OK);
	assert_int_equal(u->ooo.n_rob, 100);
	struct pv_error err = {0};
	assert_int_equal(pv_uarch_set_param(u, "ooo.rename_to_fetch_cycles", "2", &err), PV_ERR_MISSING);
	assert_string_equal(err.message, "no parameter 'ooo.rename_to_fetch_cycles'");
	assert_string_equal(err.hint, "it was one: fetch hears of a full rename from decode; gem5 reads nothing from this wire");
	pv_uarch_free(u);
	assert_refused(HEAD "ooo: {rename_to_fetch_cycles: [3]}\n", PV_ERR_FORMAT,
	               "m.yaml:4:31: rename_to_fetch_cycles: needs a single value, not a sequence ([a, b])", "");
}

/* Leaving out any one line of a complete file is noticed, and the message names what is gone; but parameters that came after the first
 * machine files have their defaults. */
static void test_file__every_parameter_is_required(void **state)
{
	(void)state;
	struct pv_uarch *u, *out = NULL;
	assert_int_equal(pv_uarch_load("minor", &u, NULL), PV_OK);
	char *text;
	print(u, &text);
	size_t n_removed = 0;
	bool came_later = false;
	for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, "  ", 2)) {
			came_later = !strncmp(line, "l3:", 3) || !strncmp(line, "tlb:", 4);
			continue;
		}
		char key[64], *cut = strdup(text);
		assert_non_null(cut);
		assert_int_equal(sscanf(line, " %63[^:]", key), 1);
		char *begin = cut + (line - text), *end = strchr(begin, '\n') + 1;
		memmove(begin, end, strlen(end) + 1);
		struct pv_error err = {0};
		if (came_later || !strcmp(key, "memory_snoop_cycles")) {
			assert_int_equal(pv_uarch_parse("m.yaml", cut, strlen(cut), &out, &err), PV_OK);
			assert_memory_equal(u, out, sizeof *u);
			pv_uarch_free(out);
			free(cut);
			continue;
		}
		assert_int_equal(pv_uarch_parse("m.yaml", cut, strlen(cut), &out, &err), PV_ERR_MISSING);
		assert_non_null(strstr(err.message, key));
		free(cut);
		n_removed++;
	}
	assert_true(n_removed > 120);
	free(text);
	pv_uarch_free(u);
}

/* ---- sets -------------------------------------------------------------------------------------------------------------------------- */

static void write_text(const char *dir, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_set__mixed_arguments_sorted_without_namesakes(void **state)
{
	(void)state;
	char dir[] = "/tmp/u_uarch_XXXXXX", file[64], command[64];
	assert_non_null(mkdtemp(dir));
	write_text(dir, "b.yaml", "perfvec_machine: 1\nname: zz\nbase: o3\n");
	write_text(dir, "a.yaml", "perfvec_machine: 1\nname: aa\nbase: hpi\n");
	write_text(dir, "notes.txt", "not a machine\n");
	snprintf(file, sizeof file, "%s/b.yaml", dir);
	struct pv_uarch_set *set = NULL;
	struct pv_error err = {0};
	const char *mixed[] = {"timing", dir};
	assert_int_equal(pv_uarch_set_load(mixed, 2, &set, &err), PV_OK);
	assert_int_equal(pv_uarch_set_count(set), 3);
	assert_string_equal(pv_uarch_name(pv_uarch_set_at(set, 0)), "aa");
	assert_string_equal(pv_uarch_name(pv_uarch_set_at(set, 1)), "timing");
	assert_string_equal(pv_uarch_name(pv_uarch_set_at(set, 2)), "zz");
	assert_true(pv_uarch_is_inorder(pv_uarch_set_at(set, 0)));
	pv_uarch_set_free(set);
	const char *twice[] = {dir, file};
	assert_int_equal(pv_uarch_set_load(twice, 2, &set, &err), PV_ERR_FORMAT);
	assert_string_equal(err.message, "two machines are named 'zz'");
	const char *nothing[] = {"timing", "no_such_machine"};
	assert_int_equal(pv_uarch_set_load(nothing, 2, &set, &err), PV_ERR_MISSING);
	assert_string_equal(err.message, "no preset or machine file 'no_such_machine'");
	snprintf(command, sizeof command, "rm -r %s/*.yaml", dir);
	assert_int_equal(system(command), 0);
	const char *empty[] = {dir};
	assert_int_equal(pv_uarch_set_load(empty, 1, &set, &err), PV_ERR_MISSING);
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table__names_are_unique_and_described),
	    cmocka_unit_test(test_table__units_are_in_the_names),
	    cmocka_unit_test(test_table__defaults_pass_the_checks),
	    cmocka_unit_test(test_table__dram_timings_are_consistent),
	    cmocka_unit_test(test_values__every_parameter_reads_back),
	    cmocka_unit_test(test_values__bad_text_leaves_the_machine_as_it_was),
	    cmocka_unit_test(test_check__impossible_combinations),
	    cmocka_unit_test(test_check__an_absent_l2_need_not_fit),
	    cmocka_unit_test(test_file__presets_print_and_read_back_whole),
	    cmocka_unit_test(test_file__a_base_gives_the_rest),
	    cmocka_unit_test(test_file__errors_say_line_and_what_is_allowed),
	    cmocka_unit_test(test_file__errors_of_the_head),
	    cmocka_unit_test(test_file__a_parameter_that_is_gone_is_read_over),
	    cmocka_unit_test(test_file__every_parameter_is_required),
	    cmocka_unit_test(test_set__mixed_arguments_sorted_without_namesakes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
