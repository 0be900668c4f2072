/*
 * u_report_text.c - text from files in HTML, gnuplot scripts and CSV; gnuplot's SVG made fit for a page
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <perfvec/text.h>

#include "report/formats.h"
#include "report/text.h"

/* What a writer makes of a text; malloc'd. */
static char *html(const char *text)
{
	char *out;
	size_t n;
	FILE *f = open_memstream(&out, &n);
	report_text_html(f, text);
	fclose(f);
	return out;
}

static char *gnuplot(const char *text, int longest)
{
	char *out;
	size_t n;
	FILE *f = open_memstream(&out, &n);
	report_text_gnuplot(f, text, longest);
	fclose(f);
	return out;
}

static char *csv(const char *text)
{
	char *out;
	size_t n;
	FILE *f = open_memstream(&out, &n);
	pv_csv_text(f, text);
	fclose(f);
	return out;
}

static void expect(char *got, const char *wanted)
{
	assert_string_equal(got, wanted);
	free(got);
}

static void test_html__escapes_markup(void **state)
{
	(void)state;
	expect(html("a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
	expect(html("</script><img onerror=x>"), "&lt;/script&gt;&lt;img onerror=x&gt;");
	expect(html("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82"), "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82");
}

static void test_html__replaces_what_is_no_text(void **state)
{
	(void)state;
	expect(html("a\001\t\nb\x7f"), "a???b?");
	expect(html("\xff\xc0\xaf x"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd x"); /* never UTF-8; overlong */
	expect(html("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");     /* a surrogate */
	expect(html("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");                     /* cut */
	expect(html("\xc2\x9b[1m"), "?[1m");                                      /* C1: the terminal's CSI */
	expect(html("\xef\xbf\xbf"), "?");                                        /* U+FFFF, which XML forbids */
}

static void test_gnuplot__replaces_quotes_and_keeps_the_rest(void **state)
{
	(void)state;
	expect(gnuplot("it's `rm` $HOME @x \\n \"q\"", 0), "'it\xe2\x80\x99s `rm` $HOME @x \\n \"q\"'");
	expect(gnuplot("a\n'; system('x')\nE", 0), "'a?\xe2\x80\x99; system(\xe2\x80\x99x\xe2\x80\x99)?E'");
	expect(gnuplot("", 0), "''");
}

static void test_gnuplot__cuts_between_characters(void **state)
{
	(void)state;
	expect(gnuplot("abcdef", 6), "'abcdef'");
	expect(gnuplot("abcdefg", 6), "'abcde\xe2\x80\xa6'");
	expect(gnuplot("'''", 2), "'\xe2\x80\x99\xe2\x80\xa6'");
	expect(gnuplot("\xc3\xa9\xc3\xa9\xc3\xa9", 2), "'\xc3\xa9\xe2\x80\xa6'");
	assert_int_equal(report_text_width("\xc3\xa9\xc3\xa9\xc3\xa9", 0), 3);
	assert_int_equal(report_text_width("abc", 2), 2);
	expect(report_text_cut("", 3), "");
	expect(report_text_cut("a\xff'", 3), "a\xef\xbf\xbd'");
	expect(report_text_cut("\xf0\x9f\x99\x82\xf0\x9f\x99\x82\xf0\x9f\x99\x82", 2), "\xf0\x9f\x99\x82\xe2\x80\xa6");
}

static void test_csv__quotes_where_it_must(void **state)
{
	(void)state;
	expect(csv("plain text"), "plain text");
	expect(csv("a,b"), "\"a,b\"");
	expect(csv("say \"x\""), "\"say \"\"x\"\"\"");
	expect(csv("two\nlines"), "\"two\nlines\"");
}

/* ---- SVG ---- */

static const char svg[] = "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 1 1\"><title>Gnuplot</title><desc>Produced</desc>\n"
                          "<defs><circle id='gpDot' r='1'/></defs><g id=\"gnuplot_plot_1\" ><title>tip</title>"
                          "<use xlink:href='#gpDot' x='1'/><rect filter=\"url(#box)\"/><text>say id='gpDot'</text></g></svg>";

static void test_svg__of_a_page_has_ids_of_its_own(void **state)
{
	(void)state;
	size_t n;
	char *got = report_svg_adapt(svg, "f3", "A & B", "Shows <this>.", &n);
	expect(got,
	       "<svg viewBox=\"0 0 1 1\" role=\"img\" aria-labelledby=\"f3-title f3-desc\">\n<title id=\"f3-title\">A &amp; B</title>\n"
	       "<desc id=\"f3-desc\">Shows &lt;this&gt;.</desc>\n"
	       "<defs><circle id='f3-gpDot' r='1'/></defs><g id=\"f3-gnuplot_plot_1\" >"
	       "<use xlink:href='#f3-gpDot' x='1'/><rect filter=\"url(#f3-box)\"/><text>say id='gpDot'</text></g></svg>");
}

static void test_svg__file_keeps_its_head(void **state)
{
	(void)state;
	size_t n;
	char *got = report_svg_adapt(svg, NULL, "T", "D", &n);
	assert_non_null(got);
	assert_int_equal(n, strlen(got));
	const char head[] = "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 1 1\" role=\"img\" aria-labelledby=\"figure-title figure-desc\">";
	assert_memory_equal(got, head, sizeof head - 1);
	assert_non_null(strstr(got, "<circle id='gpDot'"));
	assert_null(strstr(got, "Gnuplot"));
	free(got);
}

static void test_svg__refuses_what_is_none(void **state)
{
	(void)state;
	size_t n;
	assert_null(report_svg_adapt("", NULL, "", "", &n));
	assert_null(report_svg_adapt("<html>", NULL, "", "", &n));
	assert_null(report_svg_adapt("<svg viewBox", NULL, "", "", &n));
	assert_null(report_svg_adapt("<svg x=''><script>alert(1)</script></svg>", NULL, "", "", &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_html__escapes_markup),
	    cmocka_unit_test(test_html__replaces_what_is_no_text),
	    cmocka_unit_test(test_gnuplot__replaces_quotes_and_keeps_the_rest),
	    cmocka_unit_test(test_gnuplot__cuts_between_characters),
	    cmocka_unit_test(test_csv__quotes_where_it_must),
	    cmocka_unit_test(test_svg__of_a_page_has_ids_of_its_own),
	    cmocka_unit_test(test_svg__file_keeps_its_head),
	    cmocka_unit_test(test_svg__refuses_what_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
