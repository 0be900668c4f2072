/*
 * u_text.c - UTF-8, likeness of names, the alphabet of names, and command lines
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <perfvec/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void test_utf8__accepts_what_unicode_table_3_7_has(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t length;
	} cases[] = {
	    {"a", 1},
	    {"\xc2\x80", 2},         /* U+0080, the first of two bytes */
	    {"\xdf\xbf", 2},         /* U+07FF */
	    {"\xe0\xa0\x80", 3},     /* U+0800 */
	    {"\xed\x9f\xbf", 3},     /* the last before the surrogates */
	    {"\xee\x80\x80", 3},     /* the first behind them */
	    {"\xf0\x90\x80\x80", 4}, /* U+10000 */
	    {"\xf4\x8f\xbf\xbf", 4}, /* U+10FFFF */
	    {"\xc1\xbf", 0},         /* overlong */
	    {"\xe0\x9f\xbf", 0},     /* overlong */
	    {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
	    {"\xed\xa0\x80", 0},     /* a surrogate */
	    {"\xf4\x90\x80\x80", 0}, /* beyond U+10FFFF */
	    {"\xf5\x80\x80\x80", 0},
	    {"\x80", 0},
	    {"\xe2\x82", 0}, /* ends too early */
	    {"\xc3(", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(base_utf8_length(cases[i].text, strlen(cases[i].text)), cases[i].length);
		assert_int_equal(base_utf8_length(cases[i].text, BASE_UTF8_LONGEST), cases[i].length);
	}
	assert_int_equal(base_utf8_length("\xe2\x82\xac", 2), 0);
}

static void test_nearest__finds_a_slip_and_nothing_far(void **state)
{
	(void)state;
	static const char *const names[] = {"n_rob", "n_lq", "clock_mhz"};
	assert_string_equal(base_text_nearest("n_rbo", names, 3), "n_rob");
	assert_string_equal(base_text_nearest("clok_mhz", names, 3), "clock_mhz");
	assert_null(base_text_nearest("x", names, 3));
	assert_null(base_text_nearest("frequency", names, 3));
}

static void test_name__has_the_alphabet_of_datasets(void **state)
{
	(void)state;
	char longest[BASE_NAME_LONGEST + 2];
	memset(longest, 'a', sizeof longest);
	longest[BASE_NAME_LONGEST + 1] = '\0';
	assert_true(base_name_ok("600.perl-bench_s+1"));
	assert_false(base_name_ok(""));
	assert_false(base_name_ok(".hidden"));
	assert_false(base_name_ok("a b"));
	assert_false(base_name_ok("caf\xc3\xa9"));
	assert_false(base_name_ok(longest));
	char *name = base_name_from(longest);
	assert_true(base_name_ok(name));
	free(name);
	name = base_name_from(".a (b)~");
	assert_string_equal(name, "_a__b__");
	free(name);
}

/* What a shell makes of the line, one argument a line. */
static void assert_shell_reads(const char *const *arguments, size_t n)
{
	char *line = pv_command_line("printf '%s\\0'", n, arguments), got[256] = "";
	assert_non_null(line);
	FILE *shell = popen(line, "r");
	assert_non_null(shell);
	size_t at = 0, bytes = fread(got, 1, sizeof got, shell);
	assert_int_equal(pclose(shell), 0);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(got + at, arguments[i]);
		at += strlen(arguments[i]) + 1;
	}
	assert_int_equal(at, bytes);
	free(line);
}

static void test_command_line__is_what_a_shell_reads_back(void **state)
{
	(void)state;
	const char *const arguments[] = {"InsLSTM(64,2,narchs=K,bias=False)", "a b",      "it's",      "",
	                                 "$HOME `id` \"x\" \\ * ~",           "--mass=1", "two\nlines"};
	assert_shell_reads(arguments, sizeof arguments / sizeof *arguments);
}

static void test_command_line__quotes_only_what_needs_it(void **state)
{
	(void)state;
	const char *const arguments[] = {"--cfg", "ds/dataset.yaml", "--lr=1e-3", "InsLSTM(64,2)"};
	char *line = pv_command_line("perfvec train", 4, arguments);
	assert_string_equal(line, "perfvec train --cfg ds/dataset.yaml --lr=1e-3 'InsLSTM(64,2)'");
	free(line);
	const char *const program[] = {"./a=b", "c=d"};
	line = pv_command_line(NULL, 2, program);
	assert_string_equal(line, "'./a=b' c=d");
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_utf8__accepts_what_unicode_table_3_7_has),
	    cmocka_unit_test(test_nearest__finds_a_slip_and_nothing_far),
	    cmocka_unit_test(test_name__has_the_alphabet_of_datasets),
	    cmocka_unit_test(test_command_line__is_what_a_shell_reads_back),
	    cmocka_unit_test(test_command_line__quotes_only_what_needs_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
