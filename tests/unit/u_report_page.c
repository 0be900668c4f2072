/*
 * u_report_page.c - a report's HTML: what comes from outside stands in it as text, and the file appears whole or not at all
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <perfvec/report.h>

#include "support/temp_folder.h"

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	char *text = calloc(1, 1 << 20);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

static int count(const char *text, const char *word)
{
	int n = 0;
	for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
		n++;
	return n;
}

static void test_page__holds_outside_text_as_text(void **state)
{
	(void)state;
	static const char evil[] = "</title></td><script>alert(1)</script>&\"'";
	static const char safe[] = "&lt;/title&gt;&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;";
	const char *const columns[] = {evil, "n"};
	const struct pv_cell cells[] = {{evil, NAN}, {"2", 2.5}, {"plain", NAN}, {"-", NAN}};
	struct pv_report *r;
	assert_int_equal(pv_report_new(evil, &r, NULL), PV_OK);
	assert_int_equal(pv_report_section(r, evil, NULL), PV_OK);
	assert_int_equal(pv_report_text(r, evil, NULL), PV_OK);
	assert_int_equal(pv_report_table(r, evil, columns, 2, cells, 2, NULL), PV_OK);
	assert_int_equal(pv_report_save(r, "r.html", NULL), PV_OK);
	pv_report_free(r);
	char *page = read_all("r.html");
	assert_null(strstr(page, "alert(1)</script>"));
	assert_int_equal(count(page, "<script>"), 1);
	/* title, heading, contents, section, paragraph, label, caption, column, cell */
	assert_int_equal(count(page, safe), 9);
	assert_non_null(strstr(page, "<td class=\"n\" data-value=\"2.5\">2</td></tr>\n<tr><td>plain</td><td class=\"n\">-</td></tr>"));
	assert_non_null(strstr(page, "<th scope=\"col\" class=\"n\"><button type=\"button\">n</button></th>"));
	assert_non_null(strstr(page, "<a href=\"#s1\">"));
	assert_non_null(strstr(page, "<h2 id=\"s1\">"));
	free(page);
}

static void test_page__of_an_empty_table_and_no_section(void **state)
{
	(void)state;
	const char *const columns[] = {"a", "b"};
	struct pv_report *r;
	assert_int_equal(pv_report_new("t", &r, NULL), PV_OK);
	assert_int_equal(pv_report_table(r, "none", columns, 2, NULL, 0, NULL), PV_OK);
	assert_int_equal(pv_report_save(r, "r.html", NULL), PV_OK);
	/* and once more with what came later */
	assert_int_equal(pv_report_text(r, "later", NULL), PV_OK);
	assert_int_equal(pv_report_save(r, "r.html", NULL), PV_OK);
	pv_report_free(r);
	char *page = read_all("r.html");
	assert_int_equal(count(page, "<section>"), 0);
	assert_int_equal(count(page, "</section>"), 0);
	assert_int_equal(count(page, "<p>later</p>"), 1);
	assert_non_null(strstr(page, "<tbody>\n</tbody>"));
	free(page);
}

static void test_save__leaves_what_was_there_on_failure(void **state)
{
	(void)state;
	struct pv_error err;
	struct pv_report *r;
	assert_int_equal(pv_report_new("t", &r, NULL), PV_OK);
	assert_int_equal(pv_report_save(r, "nowhere/r.html", &err), PV_ERR_MISSING);
	assert_int_equal(pv_report_ready("nowhere/r.html", &err), PV_ERR_MISSING);
	assert_int_not_equal(access("nowhere", F_OK), 0);
	pv_report_free(r);
	pv_report_free(NULL);
	assert_int_equal(pv_figure_ready("x.gif", &err), PV_ERR_ARG);
	assert_int_equal(pv_figure_ready(".svg", &err), PV_ERR_ARG);
	assert_int_equal(pv_figure_ready("x.csv", &err), PV_OK);
	assert_int_not_equal(access("x.csv", F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_page__holds_outside_text_as_text, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_page__of_an_empty_table_and_no_section, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_save__leaves_what_was_there_on_failure, temp_folder_enter, temp_folder_leave),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
