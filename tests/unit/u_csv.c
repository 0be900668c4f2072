/*
 * u_csv.c - tables of comma-separated values, read and written
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

#include "base/csv.h"

static struct base_csv read_text(const char *text)
{
	struct base_csv csv;
	struct pv_error err = {0};
	if (base_csv_parse("t.csv", text, strlen(text), &csv, &err) != PV_OK)
		fail_msg("%s", err.message);
	return csv;
}

static void test_parse__plain_fields(void **state)
{
	(void)state;
	struct base_csv csv = read_text("machine, rent\r\nm0,3\n\nm1 ,\t4 \nlast");
	assert_int_equal(csv.n_lines, 4);
	assert_string_equal(base_csv_field(&csv, 0, 1), "rent");
	assert_string_equal(base_csv_field(&csv, 1, 0), "m0");
	assert_string_equal(base_csv_field(&csv, 2, 0), "m1");
	assert_string_equal(base_csv_field(&csv, 2, 1), "4");
	assert_string_equal(base_csv_field(&csv, 3, 0), "last");
	assert_null(base_csv_field(&csv, 3, 1));
	assert_null(base_csv_field(&csv, 4, 0));
	base_csv_release(&csv);
}

static void test_parse__quoted_fields(void **state)
{
	(void)state;
	struct base_csv csv = read_text("\"A15-class, 3-wide\",\"say \"\"hi\"\"\",\"\", \" kept \" ,\"two\nlines\"\n,,");
	assert_int_equal(csv.n_lines, 2);
	assert_string_equal(base_csv_field(&csv, 0, 0), "A15-class, 3-wide");
	assert_string_equal(base_csv_field(&csv, 0, 1), "say \"hi\"");
	assert_string_equal(base_csv_field(&csv, 0, 2), "");
	assert_string_equal(base_csv_field(&csv, 0, 3), " kept ");
	assert_string_equal(base_csv_field(&csv, 0, 4), "two\nlines");
	assert_null(base_csv_field(&csv, 0, 5));
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(base_csv_field(&csv, 1, i), "");
	base_csv_release(&csv);
}

static void test_parse__passes_over_a_byte_order_mark(void **state)
{
	(void)state;
	struct base_csv csv = read_text("\xef\xbb\xbfmachine,rent\n");
	assert_string_equal(base_csv_field(&csv, 0, 0), "machine");
	base_csv_release(&csv);
	csv = read_text("");
	assert_int_equal(csv.n_lines, 0);
	base_csv_release(&csv);
}

static void assert_refused(const char *text, size_t n_bytes, const char *message)
{
	struct base_csv csv;
	struct pv_error err = {0};
	assert_int_equal(base_csv_parse("t.csv", text, n_bytes, &csv, &err), PV_ERR_FORMAT);
	assert_string_equal(err.message, message);
	base_csv_release(&csv);
}

static void test_parse__names_the_line_of_what_it_refuses(void **state)
{
	(void)state;
	assert_refused("a,b\n\"c\nd,", 9, "t.csv:2: a quoted field that does not end");
	assert_refused("\"a\nb\"\n\"c\"d,e\n", 13, "t.csv:3: text behind a quoted field");
	assert_refused("a\0b", 3, "t.csv: a NUL character; not a text file");
}

static void test_write__reads_back(void **state)
{
	(void)state;
	static const char *const fields[] = {"plain", "a,b", "say \"hi\"", "two\nlines", ""};
	char *text = NULL;
	size_t n_bytes;
	FILE *f = open_memstream(&text, &n_bytes);
	for (size_t i = 0; i < 5; i++) {
		fputs(i ? "," : "", f);
		pv_csv_text(f, fields[i]);
	}
	fclose(f);
	struct base_csv csv = read_text(text);
	assert_int_equal(csv.n_fields, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(base_csv_field(&csv, 0, i), fields[i]);
	base_csv_release(&csv);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse__plain_fields),
	    cmocka_unit_test(test_parse__quoted_fields),
	    cmocka_unit_test(test_parse__passes_over_a_byte_order_mark),
	    cmocka_unit_test(test_parse__names_the_line_of_what_it_refuses),
	    cmocka_unit_test(test_write__reads_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
