/*
 * u_array.c - arrays that grow
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static void test_grow__doubles_and_keeps_items(void **state)
{
	(void)state;
	int *items = NULL;
	size_t capacity = 0, n_grown = 0;
	for (int i = 0; i < 1000; i++) {
		const size_t before = capacity;
		assert_int_equal(base_array_grow(&items, &capacity, (size_t)i + 1, sizeof *items, "numbers", NULL), PV_OK);
		n_grown += capacity != before;
		items[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	assert_int_equal(capacity, 1024);
	assert_int_equal(n_grown, 7); /* 16, 32, ... 1024 */
	free(items);
}

static void test_columns__grow_together(void **state)
{
	(void)state;
	char *letters = NULL;
	double *numbers = NULL;
	size_t capacity = 0;
	const struct base_column columns[] = {{&letters, sizeof *letters}, {&numbers, sizeof *numbers}};
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(base_columns_grow(columns, 2, &capacity, i + 1, "pairs", NULL), PV_OK);
		letters[i] = (char)i;
		numbers[i] = (double)i;
	}
	assert_int_equal(capacity, 128);
	assert_true(letters[99] == 99 && numbers[99] == 99 && numbers[0] == 0);
	free(letters);
	free(numbers);
}

/* Whatever is written behind what was given shows under the address sanitizer. */
static void test_extend__needs_no_capacity(void **state)
{
	(void)state;
	int *items = NULL;
	for (size_t i = 0; i < 1000; i++) {
		int *before = items;
		assert_int_equal(base_array_extend(&items, i, sizeof *items, "numbers", NULL), PV_OK);
		const bool grows = i == 0 || (i >= 16 && !(i & (i - 1)));
		assert_true(grows || items == before);
		items[i] = (int)i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	free(items);
}

static void test_grow__more_than_memory_has_is_an_error(void **state)
{
	(void)state;
	struct pv_error err = {0};
	char *items = strdup("abc");
	size_t capacity = 4;
	assert_int_equal(base_array_grow(&items, &capacity, SIZE_MAX, 2, "symbols", &err), PV_ERR_NOMEM);
	assert_int_equal(base_array_grow(&items, &capacity, SIZE_MAX / 4, 8, "symbols", &err), PV_ERR_NOMEM);
	assert_string_equal(err.message, "out of memory for 4611686018427387903 symbols");
	assert_string_equal(items, "abc");
	assert_int_equal(capacity, 4);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_grow__doubles_and_keeps_items),
	    cmocka_unit_test(test_columns__grow_together),
	    cmocka_unit_test(test_extend__needs_no_capacity),
	    cmocka_unit_test(test_grow__more_than_memory_has_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
