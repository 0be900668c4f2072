/*
 * u_report_figures.c - what figures say: the numbers of their CSV, against figures worked out by hand
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/formats.h"
#include "report/loss_log.h"
#include "support/temp_folder.h"

/* A program on a machine at 1 GHz, of 1000 instructions: CPI is time in microseconds. */
static struct pv_timed pair(const char *program, bool program_seen, const char *machine, bool machine_seen, double predicted,
                            double simulated)
{
	return (struct pv_timed){program, machine, program_seen, machine_seen, 1000 * predicted, 1000 * simulated, predicted, simulated};
}

static char *csv_of(struct pv_figure *figure)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	report_figure_csv(figure, f);
	fclose(f);
	pv_figure_free(figure);
	return text;
}

static void test_errors__are_quantiles_over_the_machines(void **state)
{
	(void)state;
	const struct pv_timed pairs[] = {
	    pair("new", false, "m0", true, 3, 2),   /* +50 % */
	    pair("old", true, "m0", true, 1.25, 1), /* +25 % */
	    pair("old", true, "m1", true, 0.75, 1), /* -25 % */
	    pair("old", true, "m2", true, 3, 2),    /* +50 % */
	    pair("old", true, "m3", false, 0.5, 1), /* -50 % */
	    pair("old", true, "m4", true, 1, NAN),  /* not simulated */
	};
	struct pv_figure *figure;
	assert_int_equal(pv_figure_errors(pairs, 6, &figure, NULL), PV_OK);
	assert_non_null(strstr(pv_figure_alt(figure), "2 programs"));
	assert_non_null(strstr(pv_figure_alt(figure), "mean absolute error 40.0 %"));
	char *csv = csv_of(figure);
	assert_string_equal(csv, "panel,series,label,program,median_error_percent,low,quarter,three_quarters,high\n"
	                         ",\"seen machines: median, quartiles and extremes\",,old,25,-25,0,37.5,50\n"
	                         ",\"seen machines: median, quartiles and extremes\",,new *,50,50,50,50,50\n"
	                         ",\"unseen machines: median, quartiles and extremes\",,old,-50,-50,-50,-50,-50\n");
	free(csv);
}

static void test_scatter__has_every_pair_in_its_quadrant(void **state)
{
	(void)state;
	const struct pv_timed pairs[] = {pair("a", true, "m", true, 1, 2), pair("b", false, "n", false, 8, 4),
	                                 pair("a", true, "n", false, 3, 3), pair("c", true, "n", true, -1, 3),
	                                 pair("d", true, "n", true, 1, 0)};
	struct pv_figure *figure;
	assert_int_equal(pv_figure_scatter(pairs, 5, &figure, NULL), PV_OK);
	assert_non_null(strstr(pv_figure_alt(figure), "3 pairs"));
	assert_non_null(strstr(pv_figure_alt(figure), "mean absolute error 50.0 %"));
	assert_non_null(strstr(pv_figure_alt(figure), "correlation 0.971")); /* (1,2), (8,4), (3,3) */
	char *csv = csv_of(figure);
	assert_non_null(strstr(csv, "panel,series,label,simulated_cpi,predicted_cpi\n"));
	assert_non_null(strstr(csv, ",\"seen program, seen machine\",,2,1\n"));
	assert_non_null(strstr(csv, ",\"seen program, unseen machine\",,3,3\n"));
	assert_non_null(strstr(csv, ",\"unseen program, unseen machine\",,4,8\n"));
	assert_null(strstr(csv, "unseen program, seen machine"));
	free(csv);
}

static void test_pairs__without_simulated_times_are_refused(void **state)
{
	(void)state;
	const struct pv_timed p = pair("a", true, "m", true, 1, NAN);
	struct pv_figure *figure;
	struct pv_error err;
	assert_int_equal(pv_figure_scatter(&p, 1, &figure, &err), PV_ERR_ARG);
	assert_int_equal(pv_figure_errors(&p, 1, &figure, &err), PV_ERR_ARG);
	assert_int_equal(pv_figure_errors(&p, 0, &figure, &err), PV_ERR_ARG);
}

/* ---- training logs ---- */

static enum pv_status parse(const char *text, struct report_loss_log *log, struct pv_error *err)
{
	return report_loss_log_parse("x.jsonl", text, strlen(text), log, err);
}

static void test_log__adds_up_rows_and_places_epochs(void **state)
{
	(void)state;
	struct report_loss_log log;
	assert_int_equal(parse("{\"step\": 1, \"epoch\": 1, \"loss\": 4, \"rows\": 10, \"seconds\": 0.5}\n"
	                       "{\"step\": 3, \"epoch\": 1, \"loss\": 2, \"rows\": 5}\r\n\n"
	                       "{\"epoch\": 1, \"rows\": 15, \"validation_loss\": 3, \"validation_error\": 0.25, \"seconds\": 2}\n",
	                       &log, NULL),
	                 PV_OK);
	assert_int_equal(log.n_steps, 2);
	assert_true(log.steps[0].rows == 10 && log.steps[1].rows == 15);
	assert_true(log.steps[0].seconds == 0.5 && isnan(log.steps[1].seconds));
	assert_int_equal(log.n_epochs, 1);
	assert_true(log.epochs[0].step == 3 && log.epochs[0].rows == 15 && log.epochs[0].seconds == 2);
	assert_true(log.epochs[0].validation_loss == 3 && log.epochs[0].validation_error == 0.25);
	report_loss_log_release(&log);
}

static void test_log__steps_that_come_again_replace(void **state)
{
	(void)state;
	struct report_loss_log log;
	assert_int_equal(
	    parse("{\"step\": 1, \"epoch\": 1, \"loss\": 4, \"rows\": 10}\n{\"step\": 2, \"epoch\": 1, \"loss\": 3, \"rows\": 10}\n"
	          "{\"epoch\": 1, \"rows\": 20}\n{\"step\": 2, \"epoch\": 1, \"loss\": 9, \"rows\": 7}\n{\"epoch\": 1, \"rows\": 17}\n",
	          &log, NULL),
	    PV_OK);
	assert_int_equal(log.n_steps, 2);
	assert_true(log.steps[1].loss == 9 && log.steps[1].rows == 17);
	assert_int_equal(log.n_epochs, 1);
	assert_true(log.epochs[0].rows == 17);
	report_loss_log_release(&log);
}

static void test_log__refuses_by_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"", "x.jsonl: there is no training step in it"},
	    {"{\"epoch\": 1}\n", "x.jsonl: there is no training step in it"},
	    {"{\"step\": 1, \"epoch\": 1, \"loss\": 4, \"rows\": 10}\n[1]\n", "x.jsonl:2: not a JSON object"},
	    {"{\"step\": 1, \"epoch\": 1, \"rows\": 10}\n", "x.jsonl:1: a step needs the numbers 'step', 'epoch', 'loss' and 'rows'"},
	    {"{\"step\": 1, \"epoch\": 1, \"loss\": \"4\", \"rows\": 10}\n", "x.jsonl:1: a step needs"},
	    {"{\"step\": -1, \"epoch\": 1, \"loss\": 4, \"rows\": 10}\n", "x.jsonl:1: a step needs"},
	    {"{\"steps\": 1}\n", "x.jsonl:1: neither a step nor an epoch"},
	    {"{\"step\": 1, \"step\": 1}\n", "x.jsonl:1:"},
	    {"{\"step\": 1,\n", "x.jsonl:1:"},
	    {"step,loss\n1,2\n", "x.jsonl:1:"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct report_loss_log log;
		struct pv_error err = {0};
		assert_int_equal(parse(cases[i].text, &log, &err), PV_ERR_FORMAT);
		if (strncmp(err.message, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("case %zu: %s", i, err.message);
	}
}

static void test_log__passes_over_the_line_being_written(void **state)
{
	(void)state;
	struct report_loss_log log;
	assert_int_equal(parse("{\"step\": 1, \"epoch\": 1, \"loss\": 4, \"rows\": 10}\n{\"step\": 2, \"epo", &log, NULL), PV_OK);
	assert_int_equal(log.n_steps, 1);
	report_loss_log_release(&log);
}

/* ---- CPI over time ---- */

static void test_cpi__has_two_curves_for_each_program(void **state)
{
	(void)state;
	const double insns[] = {500000, 1500000}, predicted[] = {1.5, 2}, simulated[] = {1, 2};
	const struct pv_timeline lines[] = {{"a", "m", 2, insns, predicted, simulated}, {"b", "n", 1, insns, simulated, simulated}};
	struct pv_figure *figure;
	assert_int_equal(pv_figure_cpi(lines, 2, 1e6, &figure, NULL), PV_OK);
	assert_non_null(strstr(pv_figure_alt(figure), "error of a phase 16.7 %"));
	char *csv = csv_of(figure);
	assert_string_equal(csv, "panel,series,label,thousand_instructions,cpi\na on m,simulated,,500,1\na on m,simulated,,1500,2\n"
	                         "a on m,predicted,,500,1.5\na on m,predicted,,1500,2\nb on n,simulated,,500,1\nb on n,predicted,,500,1\n");
	free(csv);
	assert_int_equal(pv_figure_cpi(lines, 0, 1e6, &figure, NULL), PV_ERR_ARG);
}

/* ---- CPI stacks ---- */

#define STACK(base, memory)                                                                                                        \
	"\"cpi_base\": " #base ", \"cpi_front_end\": 0, \"cpi_branch\": 0, \"cpi_l1\": 0, \"cpi_l2\": 0, \"cpi_memory\": " #memory \
	", \"cpi_dependences\": 0, \"cpi_structural\": 0, \"cpi_serialising\": 0"

static enum pv_status stacks(const char *json, const char *program, const char *machine, struct pv_figure **figure, struct pv_error *err)
{
	FILE *f = fopen("stats.json", "w");
	fputs(json, f);
	fclose(f);
	return pv_figure_stacks("stats.json", program, machine, figure, err);
}

static const char runs[] = "{\"runs\": [{\"program\": \"p\", \"machine\": \"m\", " STACK(
    1, 2) "}, {\"program\": \"p\", \"machine\": \"n\", " STACK(0.5, 0.25) "}, {\"program\": \"q\", \"machine\": \"m\", " STACK(3, 0) "}]}";

static void test_stacks__pile_up_means(void **state)
{
	(void)state;
	struct pv_figure *figure;
	assert_int_equal(stacks(runs, NULL, NULL, &figure, NULL), PV_OK);
	assert_non_null(strstr(pv_figure_alt(figure), "most of them to 'base' (67 %)"));
	char *csv = csv_of(figure);
	assert_non_null(strstr(csv, "\nmachines: mean over the programs,base,,m,2,0,,,2\n"));
	assert_non_null(strstr(csv, "\nmachines: mean over the programs,memory,,m,1,2,,,3\n"));
	assert_non_null(strstr(csv, "\nmachines: mean over the programs,memory,,n,0.25,0.5,,,0.75\n"));
	assert_non_null(strstr(csv, "\nprograms: mean over the machines,memory,,p,1.125,0.75,,,1.875\n"));
	free(csv);
	assert_int_equal(stacks(runs, NULL, "n", &figure, NULL), PV_OK);
	csv = csv_of(figure);
	assert_non_null(strstr(csv, "\nprograms,base,,p,0.5,0,,,0.5\n"));
	assert_null(strstr(csv, ",q,"));
	free(csv);
}

static void test_stacks__refuse_by_run(void **state)
{
	(void)state;
	static const struct {
		const char *json, *message;
		enum pv_status status;
	} cases[] = {
	    {"[]", "stats.json: there are no runs in it", PV_ERR_FORMAT},
	    {"{\"runs\": []}", "stats.json: there are no runs in it", PV_ERR_FORMAT},
	    {"{\"runs\": [{}]}", "stats.json: run 1 names no program and machine", PV_ERR_FORMAT},
	    {"{\"runs\": [{\"program\": \"p\", \"machine\": \"m\", \"cpi\": 1}]}", "stats.json: run 1 has no CPI stack", PV_ERR_FORMAT},
	    {"{\"runs\": [{\"program\": \"p\", \"machine\": \"m\", " STACK(1, -2) "}]}", "stats.json: run 1 has no CPI stack",
	     PV_ERR_FORMAT},
	    {"{", "stats.json:1:", PV_ERR_FORMAT},
	    {runs, "stats.json: there is no run of program 'q' on machine 'n'", PV_ERR_ARG},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pv_figure *figure;
		struct pv_error err = {0};
		assert_int_equal(stacks(cases[i].json, "q", "n", &figure, &err), cases[i].status);
		if (strncmp(err.message, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("case %zu: %s", i, err.message);
	}
}

/* ---- maps ---- */

static void test_map__names_every_single_point(void **state)
{
	(void)state;
	const double x[] = {0, 0, 4, 0, 0, 1};
	const int group[] = {0, 1, 2};
	const char *const names[] = {"a", "b", "c"};
	const bool seen[] = {true, true, false};
	const struct pv_cloud cloud = {3, 2, x, group, names, seen, 3};
	struct pv_figure *figure;
	assert_int_equal(pv_figure_map(&cloud, "things", 1, &figure, NULL), PV_OK);
	assert_non_null(strstr(pv_figure_alt(figure), "Maps of 3 things"));
	char *csv = csv_of(figure);
	assert_non_null(strstr(csv, "principal components,in training,a,"));
	assert_non_null(strstr(csv, "principal components,in training,b,"));
	assert_non_null(strstr(csv, "principal components,not in training,c,"));
	assert_null(strstr(csv, "t-SNE")); /* of fewer than four there is none */
	free(csv);
	const struct pv_cloud one = {1, 2, x, group, names, seen, 1};
	assert_int_equal(pv_figure_map(&one, "things", 1, &figure, NULL), PV_ERR_ARG);
}

static void test_map__thins_out_many_points(void **state)
{
	(void)state;
	enum { N = 1500 };
	static double x[N];
	static int group[N];
	const char *const names[] = {"a", "b"};
	const bool seen[] = {true, false};
	for (int i = 0; i < N; i++) {
		x[i] = i;
		group[i] = i >= N / 2;
	}
	const struct pv_cloud cloud = {N, 1, x, group, names, seen, 2};
	struct pv_figure *figure;
	assert_int_equal(pv_figure_map(&cloud, "things", 1, &figure, NULL), PV_OK);
	assert_non_null(strstr(pv_figure_alt(figure), " 500 points of 1 dimension"));
	pv_figure_free(figure);
}

/* ---- scripts ---- */

static void test_script__holds_names_in_single_quotes_only(void **state)
{
	(void)state;
	const char *evil = "x' ; system('touch pwned') # `touch pwned`\n$s0 << E";
	const struct pv_timed p = pair(evil, true, "m", true, 1, 2);
	struct pv_figure *figure;
	char *text;
	size_t n;
	assert_int_equal(pv_figure_errors(&p, 1, &figure, NULL), PV_OK);
	FILE *f = open_memstream(&text, &n);
	report_figure_script(figure, REPORT_PICTURE_SVG, f);
	fclose(f);
	assert_non_null(strstr(text, "'x\xe2\x80\x99 ; system(\xe2\x80\x99touch pwne\xe2\x80\xa6' 0)"));
	assert_null(strstr(text, "\n$s0 << E'"));
	assert_null(strstr(text, " system('touch"));
	free(text);
	pv_figure_free(figure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_errors__are_quantiles_over_the_machines),
	    cmocka_unit_test(test_scatter__has_every_pair_in_its_quadrant),
	    cmocka_unit_test(test_pairs__without_simulated_times_are_refused),
	    cmocka_unit_test(test_log__adds_up_rows_and_places_epochs),
	    cmocka_unit_test(test_log__steps_that_come_again_replace),
	    cmocka_unit_test(test_log__refuses_by_line),
	    cmocka_unit_test(test_log__passes_over_the_line_being_written),
	    cmocka_unit_test(test_cpi__has_two_curves_for_each_program),
	    cmocka_unit_test_setup_teardown(test_stacks__pile_up_means, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_stacks__refuse_by_run, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test(test_map__names_every_single_point),
	    cmocka_unit_test(test_map__thins_out_many_points),
	    cmocka_unit_test(test_script__holds_names_in_single_quotes_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
