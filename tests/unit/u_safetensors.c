/*
 * u_safetensors.c - what is written is read back, bytes do not depend on the order of calls, and damaged headers are refused
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/safetensors.h"

static char folder[64], path[96];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/pv_safetensors_XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/x.safetensors", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static const float weights[6] = {1, 2, 3, 4, 5, 6};
static const double moment[1] = {0.1};
static const uint8_t flags[3] = {1, 0, 1};

/* The same content, added in one of two orders. */
static void write_file(bool reversed)
{
	struct base_safetensors_writer *w = base_safetensors_writer_new();
	assert_non_null(w);
	for (int i = 0; i < 3; i++) {
		switch (reversed ? 2 - i : i) {
		case 0:
			assert_int_equal(
			    base_safetensors_writer_add(w, "weights", BASE_DTYPE_F32, (const size_t[]){2, 3}, 2, weights, NULL), PV_OK);
			break;
		case 1:
			assert_int_equal(base_safetensors_writer_add(w, "flags", BASE_DTYPE_BOOL, (const size_t[]){3}, 1, flags, NULL),
			                 PV_OK);
			break;
		case 2: assert_int_equal(base_safetensors_writer_add(w, "moment", BASE_DTYPE_F64, NULL, 0, moment, NULL), PV_OK); break;
		}
		const char *key = (i == 0) == reversed ? "model" : "machines";
		if (i < 2)
			assert_int_equal(base_safetensors_writer_metadata(w, key, key[1] == 'o' ? "InsLSTM(\"é\")" : "a\nb", NULL), PV_OK);
	}
	assert_int_equal(base_safetensors_writer_write(w, path, NULL), PV_OK);
	base_safetensors_writer_free(w);
}

static void test_safetensors__round_trip(void **state)
{
	(void)state;
	struct base_safetensors *f;
	struct pv_error err;
	const char *key, *value;
	float out[6];
	write_file(false);
	if (base_safetensors_open(path, &f, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_int_equal(base_safetensors_count(f), 3);
	assert_string_equal(base_safetensors_at(f, 0)->name, "flags");
	assert_string_equal(base_safetensors_at(f, 2)->name, "weights");
	assert_null(base_safetensors_at(f, 3));
	const struct base_tensor_view *v = base_safetensors_find(f, "flags");
	assert_int_equal(v->dtype, BASE_DTYPE_BOOL);
	assert_memory_equal(v->data, flags, 3);
	assert_int_equal(base_safetensors_find(f, "moment")->n, 1);
	assert_int_equal((uintptr_t)base_safetensors_find(f, "moment")->data % 8, 0);
	assert_int_equal((uintptr_t)base_safetensors_find(f, "weights")->data % 4, 0);
	assert_null(base_safetensors_find(f, "weight"));
	assert_int_equal(base_safetensors_read_f32(f, "weights", (const size_t[]){2, 3}, 2, out, NULL), PV_OK);
	assert_memory_equal(out, weights, sizeof out);
	assert_int_equal(base_safetensors_read_f32(f, "moment", NULL, 0, out, NULL), PV_OK);
	assert_true(out[0] == 0.1f);
	assert_string_equal(base_safetensors_metadata(f, "model"), "InsLSTM(\"é\")");
	assert_null(base_safetensors_metadata(f, "none"));
	assert_true(base_safetensors_metadata_at(f, 0, &key, &value));
	assert_string_equal(key, "machines");
	assert_string_equal(value, "a\nb");
	assert_false(base_safetensors_metadata_at(f, 2, &key, &value));
	base_safetensors_close(f);
}

static void test_safetensors__reading_wrong_tensors_is_refused(void **state)
{
	(void)state;
	struct base_safetensors *f;
	struct pv_error err;
	float out[6] = {9};
	write_file(false);
	assert_int_equal(base_safetensors_open(path, &f, &err), PV_OK);
	assert_int_equal(base_safetensors_read_f32(f, "weights", (const size_t[]){3, 2}, 2, out, &err), PV_ERR_SHAPE);
	assert_non_null(strstr(err.message, "tensor 'weights': shape (2, 3), expected (3, 2)"));
	assert_int_equal(base_safetensors_read_f32(f, "weights", (const size_t[]){6}, 1, out, &err), PV_ERR_SHAPE);
	assert_int_equal(base_safetensors_read_f32(f, "biases", (const size_t[]){6}, 1, out, &err), PV_ERR_MISSING);
	assert_int_equal(base_safetensors_read_f32(f, "flags", (const size_t[]){3}, 1, out, &err), PV_ERR_UNSUPPORTED);
	assert_true(out[0] == 9);
	base_safetensors_close(f);
}

static void test_safetensors__bytes_do_not_depend_on_order(void **state)
{
	(void)state;
	struct base_map map;
	write_file(false);
	assert_int_equal(base_map_open(&map, path, NULL), PV_OK);
	const size_t n = map.n_bytes;
	uint8_t *first = malloc(n);
	assert_non_null(first);
	memcpy(first, map.data, n);
	base_map_close(&map);
	write_file(true);
	assert_int_equal(base_map_open(&map, path, NULL), PV_OK);
	assert_int_equal(map.n_bytes, n);
	assert_memory_equal(map.data, first, n);
	assert_int_equal(first[0] % 8, 0);
	base_map_close(&map);
	free(first);
}

static void test_safetensors__bad_tensors_are_not_added(void **state)
{
	(void)state;
	struct pv_error err;
	struct base_safetensors_writer *w = base_safetensors_writer_new();
	const size_t dims[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, huge[2] = {SIZE_MAX / 2, 4};
	assert_int_equal(base_safetensors_writer_add(w, "a", BASE_DTYPE_F32, dims, 1, weights, &err), PV_OK);
	assert_int_equal(base_safetensors_writer_add(w, "a", BASE_DTYPE_F32, dims, 1, weights, &err), PV_ERR_ARG);
	assert_int_equal(base_safetensors_writer_add(w, "", BASE_DTYPE_F32, dims, 1, weights, &err), PV_ERR_ARG);
	assert_int_equal(base_safetensors_writer_add(w, "__metadata__", BASE_DTYPE_F32, dims, 1, weights, &err), PV_ERR_ARG);
	assert_int_equal(base_safetensors_writer_add(w, "b", BASE_DTYPE_F32, dims, 9, weights, &err), PV_ERR_ARG);
	assert_int_equal(base_safetensors_writer_add(w, "b", BASE_DTYPE_F32, huge, 2, weights, &err), PV_ERR_ARG);
	assert_int_equal(base_safetensors_writer_metadata(w, "k", "\xff\xfe", &err), PV_ERR_ARG);
	assert_int_equal(base_safetensors_writer_write(w, "/nowhere/x.safetensors", &err), PV_ERR_MISSING);
	base_safetensors_writer_free(w);
}

static enum pv_status parse(const char *header, size_t n_data_bytes, struct pv_error *err)
{
	const size_t n = strlen(header);
	uint8_t *bytes = calloc(1, 8 + n + n_data_bytes);
	struct base_safetensors *f = NULL;
	assert_non_null(bytes);
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)n >> 8 * i);
	memcpy(bytes + 8, header, n);
	enum pv_status status = base_safetensors_parse(bytes, 8 + n + n_data_bytes, "test", &f, err);
	base_safetensors_close(f);
	free(bytes);
	return status;
}

static void test_safetensors__damaged_headers_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		size_t n_data_bytes;
		enum pv_status status;
		const char *message;
	} cases[] = {
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}   ", 8, PV_OK, ""},
	    {"{}", 0, PV_OK, ""},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[4,4]}"
	     "}",
	     4, PV_OK, ""},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7, PV_ERR_FORMAT, "tensor 'a': bytes 0 to 8 of 7 bytes"},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 9, PV_ERR_FORMAT, "tensors end at byte 8 of 9"},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, PV_ERR_FORMAT, "do not fit its shape"},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, PV_ERR_FORMAT, "bytes 8 to 0"},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", 8, PV_ERR_FORMAT, "bytes -8 to 0"},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, PV_ERR_FORMAT, "dimension 0 is not a size"},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", 8, PV_ERR_FORMAT, "dimension 0 is not a size"},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0, PV_ERR_FORMAT, "too large"},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0, PV_ERR_FORMAT, "do not fit"},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}}", 8, PV_ERR_FORMAT, "no shape"},
	    {"{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, PV_ERR_UNSUPPORTED, "unknown dtype 'F31'"},
	    {"{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, PV_ERR_FORMAT, "no dtype"},
	    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,8],\"data_offsets\":[0,8]}}", 8, PV_ERR_UNSUPPORTED, "9 dimensions"},
	    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}", 8, PV_ERR_FORMAT, "not two integers"},
	    {"{\"a\":[]}", 0, PV_ERR_FORMAT, "tensor 'a': not an object"},
	    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}"
	     "}",
	     8, PV_ERR_FORMAT, "tensor 'b': starts at byte 4 of the data, the one before it ends at 8"},
	    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}"
	     "}",
	     8, PV_ERR_FORMAT, "tensor 'b': starts at byte 4 of the data, the one before it ends at 3"},
	    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}"
	     "}",
	     8, PV_ERR_FORMAT, "header byte"},
	    {"{\"__metadata__\":{\"a\":1}}", 0, PV_ERR_FORMAT, "metadata 'a' is not a string"},
	    {"{\"__metadata__\":\"a\"}", 0, PV_ERR_FORMAT, "__metadata__ is not an object"},
	    {"{\"a\":", 0, PV_ERR_FORMAT, "header byte"},
	    {"[]", 0, PV_ERR_FORMAT, "not a safetensors file"},
	    {"", 0, PV_ERR_FORMAT, "not a safetensors file"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pv_error err = {0};
		const enum pv_status status = parse(cases[i].header, cases[i].n_data_bytes, &err);
		if (status != cases[i].status || !strstr(err.message, cases[i].message))
			fail_msg("case %zu: %s, '%s'", i, pv_status_name(status), err.message);
	}
}

static void test_safetensors__lengths_are_checked(void **state)
{
	(void)state;
	struct pv_error err;
	struct base_safetensors *f = NULL;
	static const uint8_t all_ones[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, '{', '}'};
	assert_int_equal(base_safetensors_parse(all_ones, 5, "x", &f, &err), PV_ERR_FORMAT);
	assert_non_null(strstr(err.message, "5 bytes are too short"));
	assert_int_equal(base_safetensors_parse(all_ones, sizeof all_ones, "x", &f, &err), PV_ERR_FORMAT);
	assert_non_null(strstr(err.message, "truncated"));
	assert_int_equal(base_safetensors_parse(NULL, 0, "x", &f, &err), PV_ERR_FORMAT);
	assert_int_equal(base_safetensors_open("/nowhere/x", &f, &err), PV_ERR_MISSING);
	assert_int_equal(base_safetensors_open("/tmp", &f, &err), PV_ERR_ARG);
	assert_null(f);
}

static void test_safetensors__narrow_floats_are_converted(void **state)
{
	(void)state;
	static const uint16_t half[] = {0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0x7c00, 0x7e00};
	static const float half_values[] = {1, -2, 65504, 0x1p-14f, 0x1p-24f, -0.0f, INFINITY, NAN};
	static const uint16_t brain[] = {0x3f80, 0xc040};
	struct base_safetensors_writer *w = base_safetensors_writer_new();
	struct base_safetensors *f;
	float out[8];
	assert_int_equal(base_safetensors_writer_add(w, "half", BASE_DTYPE_F16, (const size_t[]){8}, 1, half, NULL), PV_OK);
	assert_int_equal(base_safetensors_writer_add(w, "brain", BASE_DTYPE_BF16, (const size_t[]){2}, 1, brain, NULL), PV_OK);
	assert_int_equal(base_safetensors_writer_write(w, path, NULL), PV_OK);
	base_safetensors_writer_free(w);
	assert_int_equal(base_safetensors_open(path, &f, NULL), PV_OK);
	assert_int_equal(base_safetensors_read_f32(f, "half", (const size_t[]){8}, 1, out, NULL), PV_OK);
	assert_memory_equal(out, half_values, 7 * sizeof(float));
	assert_true(isnan(out[7]));
	assert_int_equal(base_safetensors_read_f32(f, "brain", (const size_t[]){2}, 1, out, NULL), PV_OK);
	assert_true(out[0] == 1.0f && out[1] == -3.0f);
	base_safetensors_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_safetensors__round_trip),
	    cmocka_unit_test(test_safetensors__reading_wrong_tensors_is_refused),
	    cmocka_unit_test(test_safetensors__bytes_do_not_depend_on_order),
	    cmocka_unit_test(test_safetensors__bad_tensors_are_not_added),
	    cmocka_unit_test(test_safetensors__damaged_headers_are_refused),
	    cmocka_unit_test(test_safetensors__lengths_are_checked),
	    cmocka_unit_test(test_safetensors__narrow_floats_are_converted),
	};
	return cmocka_run_group_tests_name("safetensors", tests, make_folder, remove_folder);
}
