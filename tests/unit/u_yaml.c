/*
 * u_yaml.c - YAML wrapper: positions, typed getters, refusals, printing
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/yaml.h"

static struct base_yaml *parse(const char *text)
{
	struct base_yaml *doc = NULL;
	struct pv_error err = {0};
	if (base_yaml_parse("x.yaml", text, strlen(text), &doc, &err) != PV_OK)
		fail_msg("%s", err.message);
	return doc;
}

static void assert_refused(const char *text, const char *message)
{
	struct base_yaml *doc = NULL;
	struct pv_error err = {0};
	enum pv_status status = base_yaml_parse("x.yaml", text, strlen(text), &doc, &err);
	assert_int_equal(status, PV_ERR_FORMAT);
	assert_null(doc);
	assert_string_equal(err.message, message);
}

static const char sample[] = "# a comment\n"
                             "name: \"a b\"\n"
                             "counts: {one: 1, big: 0x10, minus: -3}\n"
                             "list:\n"
                             "  - 1.5\n"
                             "  - [true, false]\n"
                             "  - \"7\"\n";

static void test_yaml__typed_values(void **state)
{
	(void)state;
	struct base_yaml *doc = parse(sample);
	const struct base_yaml_node *root = base_yaml_root(doc), *counts, *list;
	assert_int_equal(root->n_items, 3);
	const char *name;
	assert_int_equal(base_yaml_get_string(root, "name", &name, NULL), PV_OK);
	assert_string_equal(name, "a b");
	int64_t v;
	assert_int_equal(base_yaml_get_map(root, "counts", &counts, NULL), PV_OK);
	assert_int_equal(base_yaml_get_int(counts, "big", 0, 100, &v, NULL), PV_OK);
	assert_int_equal(v, 16);
	assert_int_equal(base_yaml_get_int(counts, "minus", -5, 5, &v, NULL), PV_OK);
	assert_int_equal(v, -3);
	assert_int_equal(base_yaml_get_sequence(root, "list", &list, NULL), PV_OK);
	double d;
	assert_int_equal(base_yaml_double(base_yaml_item(list, 0), 0, 2, &d, NULL), PV_OK);
	assert_true(d == 1.5);
	bool b;
	assert_int_equal(base_yaml_bool(base_yaml_item(base_yaml_item(list, 1), 0), &b, NULL), PV_OK);
	assert_true(b);
	assert_null(base_yaml_item(list, 3));
	base_yaml_free(doc);
}

static void test_yaml__every_node_knows_its_place(void **state)
{
	(void)state;
	struct base_yaml *doc = parse(sample);
	const struct base_yaml_node *root = base_yaml_root(doc);
	const struct base_yaml_node *big = base_yaml_find(base_yaml_find(root, "counts"), "big");
	assert_int_equal(big->key->line, 3);
	assert_int_equal(big->key->column, 18);
	assert_int_equal(big->line, 3);
	assert_int_equal(big->column, 23);
	const struct base_yaml_node *seven = base_yaml_item(base_yaml_find(root, "list"), 2);
	assert_int_equal(seven->line, 7);
	assert_int_equal(seven->column, 5);
	assert_true(seven->quoted);
	base_yaml_free(doc);
}

static void test_yaml__wrong_types_are_told_with_place(void **state)
{
	(void)state;
	struct base_yaml *doc = parse(sample);
	const struct base_yaml_node *root = base_yaml_root(doc);
	struct pv_error err;
	int64_t v = 77;
	assert_int_equal(base_yaml_get_int(root, "name", 0, 9, &v, &err), PV_ERR_FORMAT);
	assert_string_equal(err.message, "x.yaml:2:7: name: needs a whole number, not 'a b' in quotes");
	assert_int_equal(base_yaml_int(base_yaml_item(base_yaml_find(root, "list"), 2), 0, 9, &v, &err), PV_ERR_FORMAT);
	assert_int_equal(base_yaml_get_int(root, "list", 0, 9, &v, &err), PV_ERR_FORMAT);
	assert_string_equal(err.message, "x.yaml:5:3: list: needs a whole number, not a sequence ([a, b])");
	assert_int_equal(base_yaml_get_int(base_yaml_find(root, "counts"), "big", 0, 9, &v, &err), PV_ERR_RANGE);
	assert_string_equal(err.message, "x.yaml:3:23: big: 0x10 is out of bounds; allowed is 0 to 9");
	assert_int_equal(base_yaml_get_int(base_yaml_find(root, "counts"), "two", 0, 9, &v, &err), PV_ERR_MISSING);
	assert_string_equal(err.message, "x.yaml:3:9: counts: key 'two' is missing");
	assert_int_equal(v, 77);
	base_yaml_free(doc);
}

static void test_yaml__whole_numbers_at_the_edge(void **state)
{
	(void)state;
	struct base_yaml *doc =
	    parse("[9223372036854775807, 9223372036854775808, 18446744073709551615, 18446744073709551616, 1e3, 1_000, +1, 0x, ' 1', 32kB]");
	const struct base_yaml_node *n = base_yaml_root(doc)->first;
	int64_t v;
	uint64_t u;
	assert_int_equal(base_yaml_int(n, 0, INT64_MAX, &v, NULL), PV_OK);
	assert_true(v == INT64_MAX);
	n = n->next;
	assert_int_equal(base_yaml_int(n, INT64_MIN, INT64_MAX, &v, NULL), PV_ERR_RANGE);
	assert_int_equal(base_yaml_uint(n, UINT64_MAX, &u, NULL), PV_OK);
	n = n->next;
	assert_int_equal(base_yaml_uint(n, UINT64_MAX, &u, NULL), PV_OK);
	assert_true(u == UINT64_MAX);
	for (n = n->next; n; n = n->next)
		assert_int_equal(base_yaml_uint(n, UINT64_MAX, &u, NULL), PV_ERR_FORMAT);
	base_yaml_free(doc);
}

static void test_yaml__refusals(void **state)
{
	(void)state;
	assert_refused("", "x.yaml: an empty file");
	assert_refused("# only a comment\n", "x.yaml: an empty file");
	assert_refused("a: 1\nb: 2\na: 3\n", "x.yaml:3:1: duplicate key 'a'; it first stands in line 1");
	assert_refused("a: &x 1\nb: *x\n", "x.yaml:1:7: anchors and tags are not supported");
	assert_refused("a: !!int 1\n", "x.yaml:1:10: anchors and tags are not supported");
	assert_refused("a: 1\n---\nb: 1\n", "x.yaml:2:1: a second document in one file");
	assert_refused("{[a]: 1}\n", "x.yaml:1:2: a key must be a scalar");
	assert_refused("a: 1\nb: \x1b[0m\n", "x.yaml:2:4: a control character; not a text file");
	assert_refused("%\xc2", "x.yaml:1:1: directives are not supported"); /* libfyaml 0.7.12 never returns from it */
	assert_refused("a: \xc2", "x.yaml:1:4: not UTF-8");
	assert_refused("a: \xc0\x80", "x.yaml:1:4: not UTF-8");
	assert_refused("a: \xed\xa0\x80", "x.yaml:1:4: not UTF-8");
	assert_refused("a: \xf5\x80\x80\x80", "x.yaml:1:4: not UTF-8");
	struct pv_error err = {0};
	struct base_yaml *doc = NULL;
	assert_int_equal(base_yaml_parse("x.yaml", "a\0b", 3, &doc, &err), PV_ERR_FORMAT);
	assert_string_equal(err.message, "x.yaml:1:2: a control character; not a text file");
	assert_int_equal(base_yaml_parse("x.yaml", "a: [1, 2\nb: 3\n", 14, &doc, &err), PV_ERR_FORMAT);
	assert_string_equal(err.message, "x.yaml:3:1: not YAML: flow sequence without a closing bracket");
	assert_int_equal(base_yaml_load("/no/such/file", &doc, &err), PV_ERR_MISSING);
	assert_null(doc);
}

static void test_yaml__deep_nesting_is_refused(void **state)
{
	(void)state;
	char text[2000];
	memset(text, '[', sizeof text);
	struct base_yaml *doc = NULL;
	assert_int_equal(base_yaml_parse("x.yaml", text, sizeof text, &doc, NULL), PV_ERR_FORMAT);
	assert_null(doc);
}

static void test_yaml__unknown_keys_get_the_nearest_name(void **state)
{
	(void)state;
	static const char *const known[] = {"size_bytes", "assoc"};
	struct base_yaml *doc = parse("assoc: 2\nsize_byte: 3\n");
	struct pv_error err;
	assert_int_equal(base_yaml_check_keys(base_yaml_root(doc), known, 2, &err), PV_ERR_FORMAT);
	assert_string_equal(err.message, "x.yaml:2:1: unknown key 'size_byte'");
	assert_string_equal(err.hint, "did you mean 'size_bytes'?");
	base_yaml_free(doc);
}

static void test_yaml__printed_strings_read_back(void **state)
{
	(void)state;
	static const char *const texts[] = {"plain",     "a b",       "true", "12", "",     "a: b", "- x",    "\"quoted\" \\ back",
	                                    "tab\there", "line\nend", "#no",  "~",  "null", "é",    "x\x01y", "/a/b-c.d"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char *text = NULL;
		size_t n = 0;
		FILE *f = open_memstream(&text, &n);
		assert_non_null(f);
		fputs("key: ", f);
		base_yaml_print_string(f, texts[i]);
		fputc('\n', f);
		fclose(f);
		struct base_yaml *doc = parse(text);
		const char *back;
		assert_int_equal(base_yaml_get_string(base_yaml_root(doc), "key", &back, NULL), PV_OK);
		assert_string_equal(back, texts[i]);
		base_yaml_free(doc);
		free(text);
	}
}

static void test_yaml__bytes_that_are_not_utf8_are_replaced(void **state)
{
	(void)state;
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	assert_non_null(f);
	fputs("key: ", f);
	base_yaml_print_string(f, "a\xff"
	                          "b\xc3\xa4\xc3 \xc2\x85 \xed\xa0\x80 \xf0\x9f\x98\x80\xe2\x82");
	fclose(f);
	struct base_yaml *doc = parse(text);
	const char *back;
	assert_int_equal(base_yaml_get_string(base_yaml_root(doc), "key", &back, NULL), PV_OK);
#define U "\xef\xbf\xbd"
	assert_string_equal(back, "a" U "b\xc3\xa4" U " \xc2\x85 " U U U " \xf0\x9f\x98\x80" U U);
#undef U
	base_yaml_free(doc);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_yaml__bytes_that_are_not_utf8_are_replaced),
	    cmocka_unit_test(test_yaml__typed_values),
	    cmocka_unit_test(test_yaml__every_node_knows_its_place),
	    cmocka_unit_test(test_yaml__wrong_types_are_told_with_place),
	    cmocka_unit_test(test_yaml__whole_numbers_at_the_edge),
	    cmocka_unit_test(test_yaml__refusals),
	    cmocka_unit_test(test_yaml__deep_nesting_is_refused),
	    cmocka_unit_test(test_yaml__unknown_keys_get_the_nearest_name),
	    cmocka_unit_test(test_yaml__printed_strings_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
