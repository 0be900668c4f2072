/*
 * u_json_write.c - JSON as it is written: its text, and what Jansson reads from it
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <perfvec/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static void write_document(struct pv_json_writer *w)
{
	pv_json_begin_object(w, NULL, PV_JSON_LINES);
	pv_json_write_text(w, "program", "a \"quoted\"\n\\ one\x7f");
	pv_json_write_number(w, "ns", 1.0 / 3, 3);
	pv_json_write_number(w, "whole", 3, 9);
	pv_json_write_number(w, "none", NAN, 9);
	pv_json_begin_array(w, "items", PV_JSON_LINES);
	for (uint64_t i = 0; i < 2; i++) {
		pv_json_begin_object(w, NULL, PV_JSON_INLINE);
		pv_json_write_count(w, "n", UINT64_MAX - i);
		pv_json_write_flag(w, "seen", i);
		pv_json_end(w);
	}
	pv_json_end(w);
	pv_json_begin_array(w, "empty", PV_JSON_LINES);
	pv_json_end(w);
	pv_json_begin_array(w, "inline", PV_JSON_INLINE);
	pv_json_write_null(w, NULL);
	pv_json_write_literal(w, NULL, "1e3");
	pv_json_write_text(w, NULL, NULL);
	pv_json_end(w);
	pv_json_end(w);
}

static void test_document__has_this_text(void **state)
{
	(void)state;
	char *text = NULL;
	size_t n_bytes;
	struct pv_json_writer w = {.file = open_memstream(&text, &n_bytes)};
	write_document(&w);
	fclose(w.file);
	assert_string_equal(text, "{\n"
	                          "  \"program\": \"a \\u0022quoted\\u0022\\u000a\\u005c one\\u007f\",\n"
	                          "  \"ns\": 0.333,\n"
	                          "  \"whole\": 3,\n"
	                          "  \"none\": null,\n"
	                          "  \"items\": [\n"
	                          "    {\"n\": 18446744073709551615, \"seen\": false},\n"
	                          "    {\"n\": 18446744073709551614, \"seen\": true}\n"
	                          "  ],\n"
	                          "  \"empty\": [],\n"
	                          "  \"inline\": [null, 1e3, null]\n"
	                          "}\n");
	free(text);
}

/* What a text becomes, written and read again. */
static void assert_text_reads(const char *written, const char *read)
{
	char *text = NULL;
	size_t n_bytes;
	struct base_json *doc;
	struct pv_json_writer w = {.file = open_memstream(&text, &n_bytes)};
	pv_json_begin_object(&w, NULL, PV_JSON_INLINE);
	pv_json_write_text(&w, written, written);
	pv_json_end(&w);
	fclose(w.file);
	assert_int_equal(base_json_parse("t", 1, text, n_bytes, &doc, NULL), PV_OK);
	assert_string_equal(base_json_text(base_json_get(base_json_root(doc), read)), read);
	base_json_free(doc);
	free(text);
}

static void test_text__reads_back(void **state)
{
	(void)state;
	assert_text_reads("plain", "plain");
	assert_text_reads("\"\\/\b\f\n\r\t\x01\x7f", "\"\\/\b\f\n\r\t\x01\x7f");
	assert_text_reads("caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80");
	assert_text_reads("a\xff\xc0", "a\xef\xbf\xbd\xef\xbf\xbd");
}

static void test_text__may_keep_bytes_of_file_names(void **state)
{
	(void)state;
	char *text = NULL;
	size_t n_bytes;
	struct pv_json_writer w = {.file = open_memstream(&text, &n_bytes), .any_bytes = true};
	pv_json_begin_array(&w, NULL, PV_JSON_INLINE);
	pv_json_write_text(&w, NULL, "caf\xe9\"");
	pv_json_end(&w);
	fclose(w.file);
	assert_string_equal(text, "[\"caf\xe9\\u0022\"]\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_document__has_this_text),
	    cmocka_unit_test(test_text__reads_back),
	    cmocka_unit_test(test_text__may_keep_bytes_of_file_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
