/*
 * u_report_design.c - maps and fronts of design spaces
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
#include "support/temp_folder.h"

static const char space[] =
    "[{\"programs\": \"p\", \"designs\": [\n"
    "{\"parameters\": {\"l1d.size_bytes\": 32768, \"l2.size_bytes\": 1048576, \"branch.kind\": \"tage\"}, \"predicted_ns\": 1e6, "
    "\"cpi\": 1, \"objectives\": [7, 1]},\n"
    "{\"parameters\": {\"l1d.size_bytes\": 8192, \"l2.size_bytes\": 1048576, \"branch.kind\": \"tage\"}, \"predicted_ns\": 3e6, \"cpi\": "
    "3, \"objectives\": [5, 3]},\n"
    "{\"parameters\": {\"l1d.size_bytes\": 8192, \"l2.size_bytes\": 1048576, \"branch.kind\": \"local\"}, \"predicted_ns\": 4e6, "
    "\"objectives\": [4, 4]},\n"
    "{\"parameters\": {\"l1d.size_bytes\": 8192, \"l2.size_bytes\": 2097152, \"branch.kind\": \"local\"}, \"predicted_ns\": 2e6, \"cpi\": "
    "2, \"objectives\": [6, 5]}]}]";

static enum pv_status design(const char *json, struct pv_design_view view, struct pv_figure **figure, struct pv_error *err)
{
	FILE *f = fopen("d.json", "w");
	fputs(json, f);
	fclose(f);
	return pv_figure_design("d.json", &view, figure, err);
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

static void expect(struct pv_design_view view, const char *alt, const char *wanted)
{
	struct pv_figure *figure;
	struct pv_error err = {0};
	if (design(space, view, &figure, &err) != PV_OK)
		fail_msg("%s", err.message);
	if (!strstr(pv_figure_alt(figure), alt))
		fail_msg("'%s' is not in '%s'", alt, pv_figure_alt(figure));
	char *csv = csv_of(figure);
	assert_string_equal(csv, wanted);
	free(csv);
}

static void test_map__is_the_best_over_other_parameters(void **state)
{
	(void)state;
	expect((struct pv_design_view){.value = "objective"}, "the smallest figure, 4, is at l1d.size_bytes 8 KiB, 1 MiB",
	       "panel,l1d.size_bytes,l2.size_bytes,objective 1\n,8 KiB,1 MiB,4\n,32 KiB,1 MiB,7\n,8 KiB,2 MiB,6\n,32 KiB,2 MiB,\n");
	expect((struct pv_design_view){.value = "objective2", .x = "branch.kind", .y = "l1d.size_bytes"},
	       "figure, 1, is at branch.kind tage, 32 KiB",
	       "panel,branch.kind,l1d.size_bytes,objective 2\n,tage,8 KiB,3\n,local,8 KiB,4\n,tage,32 KiB,1\n,local,32 KiB,\n");
	expect((struct pv_design_view){.value = "time", .x = "l2.size_bytes", .y = "branch.kind"},
	       "figure, 1, is at l2.size_bytes 1 MiB, tage",
	       "panel,l2.size_bytes,branch.kind,predicted time (ms)\n,1 MiB,tage,1\n,2 MiB,tage,\n,1 MiB,local,4\n,2 MiB,local,2\n");
	expect((struct pv_design_view){.value = "cpi", .x = "l2.size_bytes"}, "figure, 1,",
	       "panel,l2.size_bytes,l1d.size_bytes,predicted CPI\n,1 MiB,8 KiB,3\n,2 MiB,8 KiB,2\n,1 MiB,32 KiB,1\n,2 MiB,32 KiB,\n");
}

static void test_front__holds_what_nothing_beats(void **state)
{
	(void)state;
	expect((struct pv_design_view){0}, "on 3 of them",
	       "panel,series,label,x,y\n,designs,,4,4\n,designs,,5,3\n,designs,,6,5\n,designs,,7,1\n"
	       ",front,,4,4\n,front,,5,3\n,front,,7,1\n");
}

static void test_map__over_one_parameter_is_a_row(void **state)
{
	(void)state;
	struct pv_figure *figure;
	assert_int_equal(design("[{\"programs\": \"p\", \"designs\": [{\"parameters\": {\"a\": 2, \"b\": true}, \"objectives\": [3]},"
	                        "{\"parameters\": {\"a\": -1, \"b\": true}, \"objectives\": [8]}]}]",
	                        (struct pv_design_view){0}, &figure, NULL),
	                 PV_OK);
	char *csv = csv_of(figure);
	assert_string_equal(csv, "panel,a,,objective\n,-1,,8\n,2,,3\n");
	free(csv);
}

static void test_design__refuses(void **state)
{
	(void)state;
	static const struct {
		const char *json;
		struct pv_design_view view;
		enum pv_status status;
		const char *message;
	} cases[] = {
	    {"{}", {0}, PV_ERR_FORMAT, "d.json: exploration 1, design 1: there is none"},
	    {"[{\"programs\": \"p\", \"designs\": []}]", {0}, PV_ERR_FORMAT, "d.json: exploration 1, design 1: there are no designs"},
	    {"[{\"designs\": [{}]}]", {0}, PV_ERR_FORMAT, "d.json: exploration 1, design 1: there are no designs or no programs"},
	    {"[{\"programs\": \"p\", \"designs\": [{\"parameters\": {\"a\": null}, \"objectives\": [1]}]}]",
	     {0},
	     PV_ERR_FORMAT,
	     "d.json: exploration 1, design 1: its parameters"},
	    {"[{\"programs\": \"p\", \"designs\": [{\"parameters\": {\"a\": 1}, \"objectives\": [1]}, {\"parameters\": {\"b\": 1}, "
	     "\"objectives\": [1]}]}]",
	     {0},
	     PV_ERR_FORMAT,
	     "d.json: exploration 1, design 2: its parameters"},
	    {"[{\"programs\": \"p\", \"designs\": [{\"parameters\": {\"a\": 1}, \"objectives\": []}]}]",
	     {0},
	     PV_ERR_FORMAT,
	     "d.json: exploration 1, design 1: it has not as many objectives"},
	    {"[{\"programs\": \"p\", \"designs\": [{\"parameters\": {\"a\": 1}, \"objectives\": [\"x\"]}]}]",
	     {0},
	     PV_ERR_FORMAT,
	     "d.json: exploration 1, design 1: an objective is not a number"},
	    {"[{\"programs\": \"p\", \"designs\": [{\"parameters\": {\"a\": 1}, \"objectives\": [1]}]}]",
	     {0},
	     PV_ERR_ARG,
	     "d.json: the designs do not differ in 'any parameter'"},
	    {space, {.x = "l3.size_bytes"}, PV_ERR_ARG, "d.json: the designs do not differ in 'l3.size_bytes'"},
	    {space, {.x = "branch.kind", .y = "branch.kind"}, PV_ERR_ARG, "d.json: both axes are 'branch.kind'"},
	    {space, {.value = "area"}, PV_ERR_ARG, "d.json: 'area' is none of objective, objective2, time and cpi"},
	    {space, {.programs = "q"}, PV_ERR_ARG, "d.json: there is no exploration of 'q'"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pv_figure *figure;
		struct pv_error err = {0};
		assert_int_equal(design(cases[i].json, cases[i].view, &figure, &err), cases[i].status);
		if (strncmp(err.message, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("case %zu: %s", i, err.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_map__is_the_best_over_other_parameters, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_front__holds_what_nothing_beats, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_map__over_one_parameter_is_a_row, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_design__refuses, temp_folder_enter, temp_folder_leave),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
