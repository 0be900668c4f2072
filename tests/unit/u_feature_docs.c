/*
 * u_feature_docs.c - the tables of the documentation are those of features.def, pv2.def, targets.def, feature_row.def and context_row.def
 *
 * With --write: put them there.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>

static const char features_doc[] = "docs/topics/features.md", dataset_doc[] = "docs/formats/dataset.md";

static char *features_table(void)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	int i = 0;
	fprintf(f, "| index | name | values | meaning |\n|---|---|---|---|\n");
#define X(name, value, low, high, meaning) fprintf(f, "| %d | `%s` | %s to %s | %s |\n", i++, #name, #low, #high, meaning);
#include <perfvec/features.def>
#undef X
	fclose(f);
	return text;
}

static char *targets_table(void)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	int i = 0;
	fprintf(f, "| index | name | unit | meaning |\n|---|---|---|---|\n");
#define X(name, unit, meaning) fprintf(f, "| %d | `%s` | %s | %s |\n", i++, #name, strcmp(unit, "1") ? unit : "0 or 1", meaning);
#include <perfvec/targets.def>
#undef X
	fclose(f);
	return text;
}

/* A bar would part the table's cells. */
static const char *without_bar(const char *dtype)
{
	return dtype + (dtype[0] == '|');
}

static char *members_table(void)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	fprintf(f, "| offset | type | member | meaning |\n|---|---|---|---|\n");
#define S(type, dtype, name, meaning) \
	fprintf(f, "| %zu | `%s` | `%s` | %s |\n", offsetof(struct pv_feature_row, name), without_bar(dtype), #name, meaning);
#define A(type, dtype, name, count, meaning) \
	fprintf(f, "| %zu | `%s` x %d | `%s` | %s |\n", offsetof(struct pv_feature_row, name), without_bar(dtype), count, #name, meaning);
#include <perfvec/feature_row.def>
#undef S
#undef A
	fclose(f);
	return text;
}

static char *context_table(void)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	fprintf(f, "| offset | type | member | meaning |\n|---|---|---|---|\n");
#define S(type, dtype, name, meaning) \
	fprintf(f, "| %zu | `%s` | `%s` | %s |\n", offsetof(struct pv_context_row, name), without_bar(dtype), #name, meaning);
#define A(type, dtype, name, count, meaning) \
	fprintf(f, "| %zu | `%s` x %d | `%s` | %s |\n", offsetof(struct pv_context_row, name), without_bar(dtype), count, #name, meaning);
#include <perfvec/context_row.def>
#undef S
#undef A
	fclose(f);
	return text;
}

static char *pv2_table(void)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	int i = 0;
	fprintf(f, "| index | name | enters as | meaning |\n|---|---|---|---|\n");
#define X(name, value, meaning) fprintf(f, "| %d | `%s` | it is | %s |\n", i++, #name, meaning);
#define L(name, value, meaning) fprintf(f, "| %d | `%s` | logarithm | %s |\n", i++, #name, meaning);
#include <perfvec/pv2.def>
#undef X
#undef L
	fclose(f);
	return text;
}

static char *read_text(const char *path)
{
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	char *text = calloc(1, 1 << 20);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

/* The lines between <!-- begin NAME --> and <!-- end -->. */
static void find_section(const char *path, char *text, const char *name, char **begin, char **end)
{
	char marker[64];
	snprintf(marker, sizeof marker, "<!-- begin %s -->\n", name);
	*begin = strstr(text, marker);
	if (!*begin)
		fail_msg("%s has no '%s'", path, marker);
	*begin += strlen(marker);
	*end = strstr(*begin, "<!-- end -->");
	assert_non_null(*end);
}

static void compare(const char *path, const char *name, char *table)
{
	char *text = read_text(path), *begin, *end;
	find_section(path, text, name, &begin, &end);
	if ((size_t)(end - begin) != strlen(table) || strncmp(begin, table, strlen(table)) != 0)
		fail_msg("the table '%s' of %s is out of date: run this test with --write in the source folder", name, path);
	free(text);
	free(table);
}

static void replace(const char *path, const char *name, char *table)
{
	char *text = read_text(path), *begin, *end;
	find_section(path, text, name, &begin, &end);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "%.*s%s%s", (int)(begin - text), text, table, end);
	fclose(f);
	free(text);
	free(table);
}

static void test_feature_docs__are_up_to_date(void **state)
{
	(void)state;
	compare(features_doc, "features", features_table());
	compare(features_doc, "targets", targets_table());
	compare(features_doc, "pv2", pv2_table());
	compare(dataset_doc, "context", context_table());
	compare(dataset_doc, "members", members_table());
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--write")) {
		replace(features_doc, "features", features_table());
		replace(features_doc, "targets", targets_table());
		replace(features_doc, "pv2", pv2_table());
		replace(dataset_doc, "context", context_table());
		replace(dataset_doc, "members", members_table());
		return 0;
	}
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_feature_docs__are_up_to_date)};
	return cmocka_run_group_tests_name("feature docs", tests, NULL, NULL);
}
