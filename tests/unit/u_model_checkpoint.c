/*
 * u_model_checkpoint.c - model files: what is saved is loaded, wrong and damaged files are refused with the reason
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

#include "model/model_file.h"
#include "support/temp_folder.h"

/* A model with recognisable figures. */
static struct pv_model *make(bool bias)
{
	struct model_expression e;
	struct pv_model *m;
	assert_int_equal(model_expression_parse(bias ? "InsLSTM(5,2)" : "InsLSTM(5,2,bias=False)", 0, 0, PV_N_FEATURES, 3, &e, NULL),
	                 PV_OK);
	assert_int_equal(model_new(&e, &m, NULL), PV_OK);
	for (size_t i = 0; i < nn_sequential_n_params(m->encoder->chain); i++)
		m->params[i] = 0.001F * (float)i - 0.3F;
	for (int f = 0; f < PV_N_FEATURES; f++) {
		m->inputs.mean[f] = (float)f;
		m->inputs.std[f] = 1 + 0.5F * (float)f;
	}
	assert_int_equal(model_set_machine(m, 0, "big", 2000, PV_MACHINE_TRAINED, NULL), PV_OK);
	assert_int_equal(model_set_machine(m, 1, "small", 1000.0 / 3, PV_MACHINE_TRAINED, NULL), PV_OK);
	assert_int_equal(model_set_machine(m, 2, "new", 3333, PV_MACHINE_TUNED, NULL), PV_OK);
	assert_int_equal(model_add_program(m, "bzip2", NULL), PV_OK);
	assert_int_equal(model_add_program(m, "gawk", NULL), PV_OK);
	assert_int_equal(model_set_origin(m, "perfvec train \"x\"", "9.9.9", NULL), PV_OK);
	m->info.epoch = 7;
	m->info.seed = UINT64_MAX;
	m->info.validation_error = 0.0625;
	m->info.left_out_error = 0.125;
	model_seal(m);
	return m;
}

static void assert_same_model(const struct pv_model *a, const struct pv_model *b)
{
	assert_string_equal(a->info.expression, b->info.expression);
	assert_int_equal(a->info.n_params, b->info.n_params);
	assert_memory_equal(a->params, b->params, a->info.n_params * sizeof *a->params);
	assert_memory_equal(&a->inputs, &b->inputs, sizeof a->inputs);
	assert_true(a->info.foundation == b->info.foundation && a->info.seed == b->info.seed && a->info.bias == b->info.bias);
	assert_int_equal(a->info.epoch, b->info.epoch);
	assert_float_equal(a->info.validation_error, b->info.validation_error, 0);
	assert_float_equal(a->info.left_out_error, b->info.left_out_error, 0);
	assert_string_equal(a->info.command, b->info.command);
	assert_string_equal(a->info.tool_version, b->info.tool_version);
	for (int k = 0; k < 3; k++) {
		const struct pv_model_machine *x = pv_model_machine(a, k), *y = pv_model_machine(b, k);
		assert_string_equal(x->name, y->name);
		assert_true(x->state == y->state && !(x->clock_mhz < y->clock_mhz) && !(x->clock_mhz > y->clock_mhz));
	}
	assert_int_equal(b->info.n_programs, 2);
	assert_true(pv_model_saw_program(b, "bzip2") && pv_model_saw_program(b, "gawk") && !pv_model_saw_program(b, "xz"));
}

static void test_checkpoint__round_trip(void **state)
{
	(void)state;
	for (int bias = 0; bias < 2; bias++) {
		struct pv_model *m = make(bias), *back;
		assert_int_equal(pv_model_save(m, "m.safetensors", NULL), PV_OK);
		assert_int_equal(pv_model_load("m.safetensors", &back, NULL), PV_OK);
		assert_same_model(m, back);
		pv_model_free(m);
		pv_model_free(back);
	}
}

static void test_checkpoint__fingerprint_is_of_the_foundation(void **state)
{
	(void)state;
	struct pv_model *m = make(false);
	uint64_t before = m->info.foundation;
	model_weights(m)[0] += 1;
	model_seal(m);
	assert_true(m->info.foundation == before);
	m->params[0] += 1;
	model_seal(m);
	assert_true(m->info.foundation != before);
	pv_model_free(m);
}

/* Saves a model with one metadata entry replaced, and loads it. */
static enum pv_status load_with(const char *key, const char *value, struct pv_error *err)
{
	struct pv_model *m = make(false), *back = NULL;
	struct base_safetensors_writer *w = base_safetensors_writer_new();
	assert_int_equal(model_file_put(w, m, NULL), PV_OK);
	assert_int_equal(base_safetensors_writer_metadata(w, key, value, NULL), PV_OK);
	assert_int_equal(base_safetensors_writer_write(w, "bad.safetensors", NULL), PV_OK);
	base_safetensors_writer_free(w);
	pv_model_free(m);
	enum pv_status status = pv_model_load("bad.safetensors", &back, err);
	assert_true((status == PV_OK) == (back != NULL));
	pv_model_free(back);
	return status;
}

static void test_checkpoint__wrong_metadata_is_refused(void **state)
{
	static const struct {
		const char *key, *value;
		enum pv_status status;
		const char *part;
	} cases[] = {
	    {"format", "weights", PV_ERR_FORMAT, "not a perfvec model"},
	    {"format_version", "2", PV_ERR_VERSION, "model file of version '2'"},
	    {"feature_schema", "pv9", PV_ERR_VERSION, "feature schema 'pv9'"},
	    {"inputs", "cubic", PV_ERR_FORMAT, "inputs are 'pv2', 'log' or 'plain', not 'cubic'"},
	    {"target", "fetch", PV_ERR_VERSION, "predicts target 'fetch'"},
	    {"model", "InsLSTM(5,2", PV_ERR_FORMAT, "ends at column 12"},
	    {"model", "InsLSTM(6,2,narchs=3,bias=False)", PV_ERR_SHAPE, "shape"},
	    {"model", "InsLSTM(5,2,narchs=4,bias=False)", PV_ERR_SHAPE, "narchs=4, but there are 3"},
	    {"model", "InsLSTM(5,2,narchs=2,bias=False)", PV_ERR_SHAPE, "narchs=2, but there are 3"},
	    {"model", "InsLSTM(5,3,narchs=3,bias=False)", PV_ERR_SHAPE, "l2"},
	    {"model", "InsLSTM(5,2,bi=True)", PV_ERR_UNSUPPORTED, "does not run over streams"},
	    {"machines", "a\nb\nc\nd", PV_ERR_FORMAT, "names more machines than its 3 rows"},
	    {"machines", "a\n\nb", PV_ERR_FORMAT, "names fewer machines"},
	    {"machine_clocks_mhz", "1\n-2\n3", PV_ERR_FORMAT, "machine 'small' has no valid clock"},
	    {"machine_states", "trained\nold\ntuned", PV_ERR_FORMAT, "machine 'small' is neither trained, tuned nor derived"},
	    {"epoch", "-1", PV_ERR_FORMAT, "'epoch' is '-1', not a count"},
	    {"seed", "18446744073709551616", PV_ERR_FORMAT, "'seed'"},
	};
	(void)state;
	struct pv_error err;
	assert_int_equal(load_with("anything else", "is kept out", &err), PV_OK);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		memset(&err, 0, sizeof err);
		assert_int_equal(load_with(cases[i].key, cases[i].value, &err), cases[i].status);
		if (!strstr(err.message, cases[i].part) || !strstr(err.message, "bad.safetensors"))
			fail_msg("%s = '%s': message '%s' lacks '%s'", cases[i].key, cases[i].value, err.message, cases[i].part);
	}
}

static void test_checkpoint__figures_that_are_not_finite_are_refused(void **state)
{
	(void)state;
	struct pv_model *m = make(false), *back = NULL;
	struct pv_error err = {0};
	m->params[3] = NAN;
	assert_int_equal(pv_model_save(m, "nan.safetensors", NULL), PV_OK);
	assert_int_equal(pv_model_load("nan.safetensors", &back, &err), PV_ERR_FORMAT);
	assert_non_null(strstr(err.message, "element 3 of"));
	pv_model_free(m);
}

static void test_checkpoint__every_truncation_is_refused(void **state)
{
	(void)state;
	struct pv_model *m = make(false), *back = NULL;
	assert_int_equal(pv_model_save(m, "whole.safetensors", NULL), PV_OK);
	pv_model_free(m);
	static char data[1 << 16];
	FILE *f = fopen("whole.safetensors", "rb");
	size_t n = fread(data, 1, sizeof data, f);
	fclose(f);
	assert_true(n > 1000 && n < sizeof data);
	for (size_t cut = 0; cut < n; cut += 1 + cut / 8) {
		f = fopen("cut.safetensors", "wb");
		fwrite(data, 1, cut, f);
		fclose(f);
		assert_int_not_equal(pv_model_load("cut.safetensors", &back, NULL), PV_OK);
	}
	assert_int_equal(pv_model_load("nowhere.safetensors", &back, NULL), PV_ERR_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_checkpoint__round_trip),
	    cmocka_unit_test(test_checkpoint__fingerprint_is_of_the_foundation),
	    cmocka_unit_test(test_checkpoint__wrong_metadata_is_refused),
	    cmocka_unit_test(test_checkpoint__figures_that_are_not_finite_are_refused),
	    cmocka_unit_test(test_checkpoint__every_truncation_is_refused),
	};
	return cmocka_run_group_tests(tests, temp_folder_enter, temp_folder_leave);
}
