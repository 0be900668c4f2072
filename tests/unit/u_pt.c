/*
 * u_pt.c - PyTorch checkpoints: the parameters of real ones, made-up ones of every form that is read, and what is refused
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pickle.h"
#include "base/pt.h"
#include "base/zip.h"

static void check_golden(const char *path)
{
	struct base_pt *pt;
	struct base_safetensors *expected;
	struct pv_error err;
	char name[100];
	double epoch, best;
	if (base_pt_open(path, &pt, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_int_equal(base_safetensors_open("tests/golden/perfvec_checkpoint_io.safetensors", &expected, NULL), PV_OK);
	assert_int_equal(base_pt_count(pt), 9);
	for (size_t i = 0; i < base_pt_count(pt); i++) {
		const struct base_pt_tensor *t = base_pt_at(pt, i);
		assert_ptr_equal(base_pt_find(pt, t->name), t);
		float *is = calloc(t->n, sizeof *is), *should = calloc(t->n, sizeof *should);
		assert_true(is && should);
		snprintf(name, sizeof name, "param.%s", t->name);
		assert_int_equal(base_safetensors_read_f32(expected, name, t->dims, t->n_dims, should, NULL), PV_OK);
		assert_int_equal(base_pt_read_f32(pt, t, is, NULL), PV_OK);
		assert_memory_equal(is, should, t->n * sizeof *is);
		free(is);
		free(should);
	}
	assert_true(base_pt_string(pt, "name", name, sizeof name));
	assert_string_equal(name, "InsLSTM(32,2,narchs=5,bias=False)");
	assert_true(base_pt_number(pt, "epoch", &epoch) && epoch == 3.0);
	assert_true(base_pt_number(pt, "best_loss", &best) && best == 12.5);
	assert_false(base_pt_number(pt, "name", &epoch));
	assert_null(base_pt_find(pt, "module.lstm.weight_ih_l0"));
	base_safetensors_close(expected);
	base_pt_close(pt);
}

static void test_pt__parameters_of_a_checkpoint(void **state)
{
	(void)state;
	check_golden("tests/golden/perfvec_checkpoint.pt");
}

static void test_pt__prefixes_of_a_compiled_model_are_taken_off(void **state)
{
	(void)state;
	check_golden("tests/golden/perfvec_checkpoint_compiled.pt");
}

/* ---- made-up checkpoints ---- */

struct bytes {
	uint8_t data[4096];
	size_t n;
};

static void put(struct bytes *b, const char *data, size_t n)
{
	assert_true(b->n + n <= sizeof b->data);
	memcpy(b->data + b->n, data, n);
	b->n += n;
}

#define PUT(b, literal) put(b, literal, sizeof(literal) - 1)

/* A pickle of {name: tensor} with a storage of four elements under key 0; shape and strides as instructions. */
static struct bytes state_pickle(const char *name, const char *type, const char *view, size_t view_bytes)
{
	struct bytes p = {.n = 0};
	const char length = (char)strlen(name);
	PUT(&p, "\x80\x04}(\x8c");
	put(&p, &length, 1);
	put(&p, name, strlen(name));
	PUT(&p, "\x8c\x0ctorch._utils\x8c\x12_rebuild_tensor_v2\x93(("
	        "\x8c\x07storage"
	        "ctorch\n");
	put(&p, type, strlen(type));
	PUT(&p, "\n\x8c\x01"
	        "0\x8c\x03"
	        "cpuK\x04tQ");
	put(&p, view, view_bytes);
	PUT(&p, "\x89Nt"
	        "Ru.");
	return p;
}

static enum pv_status open_made_up(const struct bytes *pickle, const void *storage, size_t storage_bytes, struct base_pt **pt,
                                   struct pv_error *err)
{
	char path[] = "/tmp/u_pt_XXXXXX";
	struct base_zip_writer zip;
	const int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(base_zip_create(&zip, path, NULL), PV_OK);
	assert_int_equal(base_zip_begin(&zip, "x/data.pkl", pickle->n, NULL), PV_OK);
	assert_int_equal(base_zip_write(&zip, pickle->data, pickle->n, NULL), PV_OK);
	if (storage_bytes) {
		assert_int_equal(base_zip_begin(&zip, "x/data/0", storage_bytes, NULL), PV_OK);
		assert_int_equal(base_zip_write(&zip, storage, storage_bytes, NULL), PV_OK);
	}
	assert_int_equal(base_zip_commit(&zip, NULL), PV_OK);
	const enum pv_status status = base_pt_open(path, pt, err);
	unlink(path);
	return status;
}

static const float four[4] = {1, 2, 3, 4};

static void test_pt__views_are_copied_by_their_strides(void **state)
{
	(void)state;
	static const char transposed[] = "K\x00K\x02K\x02\x86K\x01K\x02\x86"; /* offset 0, (2, 2), strides (1, 2) */
	static const float expected[4] = {1, 3, 2, 4};
	struct base_pt *pt;
	struct pv_error err;
	float is[4];
	const struct bytes p = state_pickle("module._orig_mod.module.w", "FloatStorage", transposed, sizeof transposed - 1);
	if (open_made_up(&p, four, sizeof four, &pt, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_int_equal(base_pt_read_f32(pt, base_pt_find(pt, "w"), is, NULL), PV_OK);
	assert_memory_equal(is, expected, sizeof is);
	base_pt_close(pt);
}

static void test_pt__other_types(void **state)
{
	(void)state;
	static const char last[] = "K\x01K\x03\x85K\x01\x85"; /* offset 1, (3), strides (1) */
	static const uint16_t half[4] = {0x3c00, 0xc000, 0x3800, 0x7bff};
	static const double wide[4] = {1, -2, 0.5, 65504};
	static const int64_t whole[4] = {1, 2, 3, 4};
	struct base_pt *pt;
	struct pv_error err;
	float is[3];
	struct bytes p = state_pickle("w", "HalfStorage", last, sizeof last - 1);
	assert_int_equal(open_made_up(&p, half, sizeof half, &pt, &err), PV_OK);
	assert_int_equal(base_pt_read_f32(pt, base_pt_at(pt, 0), is, NULL), PV_OK);
	assert_true(is[0] == -2.0f && is[1] == 0.5f && is[2] == 65504.0f);
	base_pt_close(pt);
	p = state_pickle("w", "DoubleStorage", last, sizeof last - 1);
	assert_int_equal(open_made_up(&p, wide, sizeof wide, &pt, &err), PV_OK);
	assert_int_equal(base_pt_read_f32(pt, base_pt_at(pt, 0), is, NULL), PV_OK);
	assert_true(is[0] == -2.0f && is[1] == 0.5f && is[2] == 65504.0f);
	base_pt_close(pt);
	p = state_pickle("w", "LongStorage", last, sizeof last - 1);
	assert_int_equal(open_made_up(&p, whole, sizeof whole, &pt, &err), PV_OK);
	assert_int_equal(base_pt_read_f32(pt, base_pt_at(pt, 0), is, &err), PV_ERR_UNSUPPORTED);
	base_pt_close(pt);
}

static void test_pt__views_outside_their_storage_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *view;
		size_t n;
	} views[] = {
#define VIEW(literal) {literal, sizeof(literal) - 1}
	    VIEW("K\x01K\x04\x85K\x01\x85"),                                   /* one too far */
	    VIEW("K\x00K\x02K\x02\x86K\x03K\x01\x86"),                         /* by a stride */
	    VIEW("K\x00K\xff\x85K\x00\x85"),                                   /* one number 255 times */
	    VIEW("J\xff\xff\xff\xffK\x01\x85K\x01\x85"),                       /* before it */
	    VIEW("K\x00J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86K\x01K\x01\x86"), /* more than there are */
	    VIEW("K\x00K\x02\x85K\x01K\x01\x86"),                              /* two strides for one dimension */
	    VIEW("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x02\x85K\x01\x85"),
	};
	struct base_pt *pt = NULL;
	struct pv_error err;
	for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
		const struct bytes p = state_pickle("w", "FloatStorage", views[i].view, views[i].n);
		assert_int_equal(open_made_up(&p, four, sizeof four, &pt, &err), PV_ERR_FORMAT);
		assert_null(pt);
	}
	const struct bytes p = state_pickle("w", "FloatStorage", views[0].view, views[0].n);
	assert_int_equal(open_made_up(&p, NULL, 0, &pt, &err), PV_ERR_FORMAT);
	assert_non_null(strstr(err.message, "storage is missing"));
}

static void test_pickle__functions_are_refused_by_name(void **state)
{
	(void)state;
	static const char by_line[] = "\x80\x02}X\x01\x00\x00\x00"
	                              "acposix\nsystem\n(X\x04\x00\x00\x00trueRtRs.";
	static const char by_stack[] = "\x80\x04\x8c\x08"
	                               "builtins\x8c\x04"
	                               "exec\x93\x8c\x01x\x85R.";
	struct base_pickle pickle;
	struct pv_error err;
	assert_int_equal(base_pickle_parse((const uint8_t *)by_line, sizeof by_line - 1, "x", &pickle, &err), PV_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.message, "posix.system"));
	base_pickle_release(&pickle);
	assert_int_equal(base_pickle_parse((const uint8_t *)by_stack, sizeof by_stack - 1, "x", &pickle, &err), PV_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.message, "builtins.exec"));
	base_pickle_release(&pickle);
}

static void test_pickle__damage_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *data;
		size_t n;
		enum pv_status status;
		const char *message;
	} cases[] = {
#define BAD(literal, status, message) {literal, sizeof(literal) - 1, status, message}
	    BAD("", PV_ERR_FORMAT, "ends too early"),
	    BAD(".", PV_ERR_FORMAT, "a value is missing"),
	    BAD("h\x05.", PV_ERR_FORMAT, "not remembered"),
	    BAD("t.", PV_ERR_FORMAT, "a mark is missing"),
	    BAD("(K\x01"
	        "0"
	        "0.",
	        PV_ERR_FORMAT, "a value is missing"),
	    BAD("K\x01K\x02"
	        "a.",
	        PV_ERR_FORMAT, "no list"),
	    BAD("}(K\x01u.", PV_ERR_FORMAT, "a key without a value"),
	    BAD("X\xff\xff\xff\x7f.", PV_ERR_FORMAT, "ends too early"),
	    BAD("Nr\xff\xff\xff\xff.", PV_ERR_FORMAT, "cannot be remembered"),
	    BAD("K\x01)R.", PV_ERR_FORMAT, "no function"),
	    BAD(")Q.", PV_ERR_FORMAT, "no storage"),
	    BAD("I1\n.", PV_ERR_UNSUPPORTED, "instruction 0x49"),
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct base_pickle pickle;
		struct pv_error err = {0};
		const enum pv_status status = base_pickle_parse((const uint8_t *)cases[i].data, cases[i].n, "x", &pickle, &err);
		if (status != cases[i].status || !strstr(err.message, cases[i].message))
			fail_msg("case %zu: status %d, '%s'", i, status, err.message);
		base_pickle_release(&pickle);
	}
}

/* A list in itself, and doubled thirty times: 2^30 items if anyone counted, a few bytes here. */
static void test_pickle__references_cost_nothing(void **state)
{
	(void)state;
	struct bytes p = {.n = 0};
	struct base_pickle pickle;
	PUT(&p, "]q\x00h\x00"
	        "a");
	for (int i = 0; i < 30; i++)
		PUT(&p, "2\x86");
	PUT(&p, ".");
	assert_int_equal(base_pickle_parse(p.data, p.n, "x", &pickle, NULL), PV_OK);
	assert_true(pickle.n_values < 64);
	base_pickle_release(&pickle);
}

static void test_pt__damaged_files_are_refused(void **state)
{
	(void)state;
	struct base_map map;
	struct base_pt *pt = NULL;
	struct pv_error err;
	assert_int_equal(base_map_open(&map, "tests/golden/perfvec_checkpoint.pt", NULL), PV_OK);
	uint8_t *copy = malloc(map.n_bytes);
	assert_non_null(copy);
	for (size_t n = 0; n < map.n_bytes; n += 9973) {
		memcpy(copy, map.data, n);
		assert_int_equal(base_pt_parse(copy, n, "cut", &pt, &err), PV_ERR_FORMAT);
	}
	memcpy(copy, map.data, map.n_bytes);
	copy[160000] ^= 1; /* in the storage of weight_ih_l0 */
	assert_int_equal(base_pt_parse(copy, map.n_bytes, "changed", &pt, &err), PV_ERR_FORMAT);
	assert_non_null(strstr(err.message, "differs from its checksum"));
	assert_null(pt);
	free(copy);
	base_map_close(&map);
}

static void test_pt__what_is_no_checkpoint(void **state)
{
	(void)state;
	struct bytes p = {.n = 0};
	struct base_pt *pt = NULL;
	struct pv_error err;
	assert_int_equal(base_pt_open("tests/golden/nothing.pt", &pt, &err), PV_ERR_MISSING);
	assert_int_equal(base_pt_open("tests/golden/model_12.safetensors", &pt, &err), PV_ERR_FORMAT);
	PUT(&p, "\x80\x02}X\x05\x00\x00\x00"
	        "epochK\x01s.");
	assert_int_equal(open_made_up(&p, NULL, 0, &pt, &err), PV_ERR_FORMAT);
	assert_non_null(strstr(err.message, "has no parameters"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pt__parameters_of_a_checkpoint),
	    cmocka_unit_test(test_pt__prefixes_of_a_compiled_model_are_taken_off),
	    cmocka_unit_test(test_pt__views_are_copied_by_their_strides),
	    cmocka_unit_test(test_pt__other_types),
	    cmocka_unit_test(test_pt__views_outside_their_storage_are_refused),
	    cmocka_unit_test(test_pickle__functions_are_refused_by_name),
	    cmocka_unit_test(test_pickle__damage_is_named),
	    cmocka_unit_test(test_pickle__references_cost_nothing),
	    cmocka_unit_test(test_pt__damaged_files_are_refused),
	    cmocka_unit_test(test_pt__what_is_no_checkpoint),
	};
	return cmocka_run_group_tests_name("pt", tests, NULL, NULL);
}
