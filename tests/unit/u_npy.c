/*
 * u_npy.c - .npy files: what is written is read back, what NumPy would not write is refused
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/npy.h"

static const char path[] = "build-u_npy.tmp.npy";

static void test_npy__plain_array_comes_back(void **state)
{
	(void)state;
	struct base_npy_writer w;
	const uint64_t shape[] = {3};
	assert_int_equal(base_npy_create(&w, path, "'<u2'", shape, 1, NULL), PV_OK);
	uint16_t rows[5][3];
	for (int i = 0; i < 15; i++)
		rows[i / 3][i % 3] = (uint16_t)(i * 1000);
	assert_int_equal(base_npy_append(&w, rows, 2, NULL), PV_OK);
	assert_int_equal(base_npy_append(&w, rows[2], 3, NULL), PV_OK);
	assert_int_not_equal(access(path, F_OK), 0); /* nothing under the final name yet */
	assert_int_equal(base_npy_commit(&w, NULL), PV_OK);
	struct base_npy a;
	assert_int_equal(base_npy_open(&a, path, NULL), PV_OK);
	assert_int_equal(a.n_dims, 2);
	assert_int_equal(a.shape[0], 5);
	assert_int_equal(a.shape[1], 3);
	assert_int_equal((uintptr_t)a.data % 64, 0);
	assert_memory_equal(a.data, rows, sizeof rows);
	assert_int_equal(base_npy_expect(&a, path, "'<u2'", NULL), PV_OK);
	struct pv_error err;
	assert_int_equal(base_npy_expect(&a, path, "'<u4'", &err), PV_ERR_FORMAT);
	assert_non_null(strstr(err.message, "'<u2', expected '<u4'"));
	base_npy_close(&a);
	unlink(path);
}

static void test_npy__structured_and_empty(void **state)
{
	(void)state;
	const char *descr = "[('a', '<u4'), ('b', '|u1', (8,)), ('c', '<f4')]";
	struct base_npy_writer w;
	assert_int_equal(base_npy_create(&w, path, descr, NULL, 0, NULL), PV_OK);
	assert_int_equal(w.row_bytes, 16);
	assert_int_equal(base_npy_commit(&w, NULL), PV_OK);
	struct base_npy a;
	assert_int_equal(base_npy_open(&a, path, NULL), PV_OK);
	assert_int_equal(a.n_items, 0);
	assert_int_equal(a.n_fields, 3);
	assert_int_equal(a.fields[2].offset, 12);
	assert_int_equal(base_npy_expect(&a, path, descr, NULL), PV_OK);
	assert_int_equal(base_npy_expect(&a, path, "[('a', '<u4'), ('b', '|u1', (4,)), ('c', '<f4')]", NULL), PV_ERR_FORMAT);
	base_npy_close(&a);
	unlink(path);
}

static enum pv_status parse(const char *header, size_t n_data, struct pv_error *err)
{
	uint8_t bytes[512] = "\x93NUMPY\x01";
	size_t n = strlen(header);
	bytes[8] = (uint8_t)n;
	memcpy(bytes + 10, header, n);
	struct base_npy a;
	return base_npy_parse(&a, "x.npy", bytes, 10 + n + n_data, err);
}

static void test_npy__numpy_headers_are_read(void **state)
{
	(void)state;
	struct pv_error err = {0};
	assert_int_equal(parse("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }    \n", 24, &err), PV_OK);
	assert_int_equal(parse("{'shape': (3,), 'fortran_order': True, 'descr': '|u1'}\n", 3, &err), PV_OK);
	assert_int_equal(parse("{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n", 8, &err), PV_OK);
	assert_int_equal(parse("{'descr': [('x', '<u2', (2, 2)), ('y', '<i8')], 'fortran_order': False, 'shape': (1,)}\n", 16, &err),
	                 PV_OK);
}

static void test_npy__bad_headers_are_refused(void **state)
{
	(void)state;
	const struct {
		const char *header;
		size_t n_data;
		enum pv_status status;
	} cases[] = {
	    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 23, PV_ERR_SHAPE},
	    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 25, PV_ERR_SHAPE},
	    {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n", 0, PV_ERR_SHAPE},
	    {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", 24, PV_ERR_UNSUPPORTED},
	    {"{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", 8, PV_ERR_UNSUPPORTED},
	    {"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }\n", 8, PV_ERR_UNSUPPORTED},
	    {"{'descr': '<f4', 'fortran_order': False}\n", 8, PV_ERR_FORMAT},
	    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, }\n", 8, PV_ERR_FORMAT},
	    {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }\n", 8, PV_ERR_FORMAT},
	    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'shape': (2,)}\n", 8, PV_ERR_FORMAT},
	    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}\n", 8, PV_ERR_FORMAT},
	    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x\n", 8, PV_ERR_FORMAT},
	    {"nothing", 8, PV_ERR_FORMAT},
	    {"", 0, PV_ERR_FORMAT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pv_error err = {0};
		assert_int_equal(parse(cases[i].header, cases[i].n_data, &err), cases[i].status);
		assert_non_null(strstr(err.message, "x.npy"));
	}
}

static void test_npy__every_truncation_is_refused(void **state)
{
	(void)state;
	struct base_npy_writer w;
	assert_int_equal(base_npy_create(&w, path, "'<f4'", NULL, 0, NULL), PV_OK);
	const float data[4] = {1, 2, 3, 4};
	assert_int_equal(base_npy_append(&w, data, 4, NULL), PV_OK);
	assert_int_equal(base_npy_commit(&w, NULL), PV_OK);
	struct base_map map;
	assert_int_equal(base_map_open(&map, path, NULL), PV_OK);
	struct base_npy a;
	for (size_t n = 0; n < map.n_bytes; n++)
		assert_int_not_equal(base_npy_parse(&a, path, map.data, n, NULL), PV_OK);
	assert_int_equal(base_npy_parse(&a, path, map.data, map.n_bytes, NULL), PV_OK);
	base_map_close(&map);
	unlink(path);
}

static void test_npy__failures_leave_no_file(void **state)
{
	(void)state;
	struct base_npy_writer w;
	struct pv_error err;
	assert_int_equal(base_npy_create(&w, "no/such/folder/x.npy", "'<f4'", NULL, 0, &err), PV_ERR_MISSING);
	assert_int_equal(base_npy_create(&w, path, "'<f3'", NULL, 0, &err), PV_ERR_ARG);
	assert_int_equal(base_npy_create(&w, path, "'<f4'", NULL, 0, &err), PV_OK);
	base_npy_discard(&w);
	base_npy_discard(&w);
	assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_npy__plain_array_comes_back),      cmocka_unit_test(test_npy__structured_and_empty),
	    cmocka_unit_test(test_npy__numpy_headers_are_read),      cmocka_unit_test(test_npy__bad_headers_are_refused),
	    cmocka_unit_test(test_npy__every_truncation_is_refused), cmocka_unit_test(test_npy__failures_leave_no_file),
	};
	return cmocka_run_group_tests_name("npy", tests, NULL, NULL);
}
