/*
 * u_import_pt.c - PyTorch checkpoints become models: parameters, statistics, machines, predictions; and what does not fit
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/import_pt.h>

#include "base/safetensors.h"
#include "model/model.h"

static const char checkpoint[] = "tests/golden/perfvec_checkpoint.pt";

static float *read_tensor(const struct base_safetensors *file, const char *name, size_t *n)
{
	const struct base_tensor_view *v = base_safetensors_find(file, name);
	assert_non_null(v);
	float *p = calloc(v->n, sizeof *p);
	assert_non_null(p);
	assert_int_equal(base_safetensors_read_f32(file, name, v->dims, v->n_dims, p, NULL), PV_OK);
	*n = v->n;
	return p;
}

/* The imported model, run as a stream over PyTorch's input, gives PyTorch's output. */
static void test_import_pt__predicts_as_pytorch(void **state)
{
	(void)state;
	enum { B = 4, T = 24, F = 51, K = 5, D = 32 };
	const struct pv_import_pt_options options = {0};
	struct pv_model *model;
	struct pv_error err;
	struct base_safetensors *file;
	struct nn_work *work;
	const float *repr, *output;
	size_t n;
	if (pv_import_pt(checkpoint, &options, &model, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_int_equal(base_safetensors_open("tests/golden/perfvec_checkpoint_io.safetensors", &file, NULL), PV_OK);
	float *input = read_tensor(file, "input", &n), x[T * B * F];
	assert_int_equal(n, T * B * F);
	for (int b = 0; b < B; b++)
		for (int t = 0; t < T; t++)
			memcpy(x + (t * B + b) * F, input + (b * T + t) * F, F * sizeof *x);
	assert_int_equal(nn_work_streams(model->encoder->chain, B, T, false, &work, NULL), PV_OK);
	nn_forward(work, model->params, x, T, 0, &repr, &output, NULL);
	float *expected = read_tensor(file, "output", &n);
	for (size_t i = 0; i < n; i++)
		assert_true(fabsf(output[(T - 1) * B * K + i] - expected[i]) <= 1e-4f * fabsf(expected[i]) + 1e-6f);
	free(expected);
	expected = read_tensor(file, "representation", &n);
	for (size_t i = 0; i < n; i++)
		assert_true(fabsf(repr[(T - 1) * B * D + i] - expected[i]) <= 1e-4f * fabsf(expected[i]) + 1e-6f);
	free(expected);
	free(input);
	nn_work_free(work);
	base_safetensors_close(file);
	pv_model_free(model);
}

static void test_import_pt__statistics_machines_and_epoch(void **state)
{
	(void)state;
	static const char *const names[] = {"a", "b", "c", "d", "e"};
	const struct pv_import_pt_options options = {.machines = names, .n_machines = 5, .clock_mhz = 2500, .command = "here"};
	struct pv_model *model;
	assert_int_equal(pv_import_pt(checkpoint, &options, &model, NULL), PV_OK);
	const struct pv_model_info *info = pv_model_info(model);
	assert_string_equal(info->expression, "InsLSTM(32,2,narchs=5,bias=False)");
	assert_string_equal(info->inputs, "plain");
	assert_string_equal(info->command, "here");
	assert_int_equal(info->epoch, 3);
	assert_string_equal(pv_model_machine(model, 4)->name, "e");
	assert_true(pv_model_machine(model, 4)->clock_mhz == 2500);
	/* Of the op class and of the fetch reuse distance. */
	assert_true(fabsf(model->inputs.mean[1] - 18.470363f) < 1e-5f && fabsf(model->inputs.std[1] - 21.796935f) < 1e-5f);
	assert_true(fabsf(model->inputs.std[18] - 298244.99f) < 0.1f);
	pv_model_free(model);
}

/* The published statistics stand in the features' order. */
static void test_import_pt__statistics_are_in_the_features_order(void **state)
{
	(void)state;
	static const char *const features[] = {
#define X(name, ...) #name,
#include <perfvec/features.def>
#undef X
	};
	static const char *const published[] = {
#define X(name, ...) #name,
#include "model/published_stats.def"
#undef X
	};
	assert_int_equal(sizeof features, sizeof published);
	for (size_t i = 0; i < sizeof features / sizeof *features; i++)
		assert_string_equal(features[i], published[i]);
}

static void test_import_pt__what_does_not_fit(void **state)
{
	(void)state;
	static const char *const twice[] = {"a", "b", "c", "d", "a"};
	static const struct {
		struct pv_import_pt_options options;
		enum pv_status status;
		const char *message;
	} cases[] = {
	    {{.expression = "InsLSTM(32,3,bias=False)"}, PV_ERR_SHAPE, "lacks the parameter lstm.weight_ih_l2"},
	    {{.expression = "InsLSTM(32,1,bias=False)"}, PV_ERR_SHAPE, "has 9 parameters, InsLSTM(32,1,narchs=5,bias=False) has 5"},
	    {{.expression = "InsLSTM(16,2,bias=False)"}, PV_ERR_SHAPE, "lstm.weight_ih_l0 is not of the shape"},
	    {{.expression = "InsLSTM(32,2)"}, PV_ERR_SHAPE, "lacks the parameter linear.bias"},
	    {{.expression = "InsLSTM(32,2,narchs=6,bias=False)"}, PV_ERR_SHAPE, "narchs=6, but there are 5 machines"},
	    {{.expression = "InsLSTM(32,"}, PV_ERR_FORMAT, "column 12"},
	    {{.machines = twice, .n_machines = 4}, PV_ERR_SHAPE, "is of 5 machines; 4 names"},
	    {{.machines = twice, .n_machines = 5}, PV_ERR_ARG, "two machines are called 'a'"},
	    {{.clock_mhz = -1}, PV_ERR_RANGE, "clock"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pv_model *model = NULL;
		struct pv_error err = {0};
		const enum pv_status status = pv_import_pt(checkpoint, &cases[i].options, &model, &err);
		if (status != cases[i].status || !strstr(err.message, cases[i].message))
			fail_msg("case %zu: status %d, '%s'", i, status, err.message);
		assert_null(model);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_import_pt__predicts_as_pytorch),
	    cmocka_unit_test(test_import_pt__statistics_machines_and_epoch),
	    cmocka_unit_test(test_import_pt__statistics_are_in_the_features_order),
	    cmocka_unit_test(test_import_pt__what_does_not_fit),
	};
	return cmocka_run_group_tests_name("import pt", tests, NULL, NULL);
}
