/*
 * u_train_options.c - choices of training by name: every value has one, and other rooms call them the same
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "train/options.h"

static const char *const options[] = {"mode", "evaluate", "optimizer", "schedule", "average", "loss", "inputs", "targets"};

static void test_choices__have_names_both_ways(void **state)
{
	(void)state;
	const int n[] = {2, 3, 2, 3, 3, 5, 4, 2};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		const struct pv_train_choice *c = pv_train_choices(options[i]);
		int count = 0;
		for (; c[count].name; count++)
			assert_string_equal(train_choice_name(options[i], c[count].value), c[count].name);
		assert_int_equal(count, n[i]);
		assert_null(train_choice_name(options[i], 17));
	}
	assert_null(pv_train_choices("epochs"));
	assert_null(train_choice_name("epochs", 0));
}

static void test_choices__defaults_are_among_them(void **state)
{
	(void)state;
	const struct pv_train_options o = pv_train_defaults();
	struct pv_error err = {0};
	assert_int_equal(train_options_check(&o, &err), PV_OK);
	assert_string_equal(train_choice_name("mode", (int)o.mode), "stream");
	assert_string_equal(train_choice_name("evaluate", (int)o.evaluate), "auto");
	assert_string_equal(train_choice_name("schedule", (int)o.schedule), "step");
	assert_string_equal(train_choice_name("loss", (int)o.loss), "MSE");
	assert_string_equal(train_choice_name("inputs", (int)o.inputs), "auto");
}

/* Model files name inputs, too. */
static void test_inputs__are_called_the_same_in_models(void **state)
{
	(void)state;
	for (const struct pv_train_choice *c = pv_train_choices("inputs"); c->name; c++) {
		const enum pv_train_inputs inputs = (enum pv_train_inputs)c->value;
		if (inputs == PV_TRAIN_INPUTS_AUTO)
			continue;
		assert_string_equal(model_inputs_name(train_inputs_kind(inputs)), c->name);
		assert_int_equal(train_inputs_of(train_inputs_kind(inputs)), inputs);
	}
}

static void test_losses__are_those_of_their_names(void **state)
{
	(void)state;
	const float output = 3, target = 1;
	const double sums[] = {4, 2, 1, 1, 4};
	for (int i = 0; i < 5; i++)
		assert_float_equal(nn_loss_sum(train_loss_kind((enum pv_train_loss)i), &output, &target, NULL, 1, 1), sums[i], 1e-6);
	assert_float_equal(nn_loss_value(train_loss_kind(PV_TRAIN_LOSS_RMSE), 16, 4), 2, 1e-9);
	assert_float_equal(nn_loss_value(train_loss_kind(PV_TRAIN_LOSS_MSE), 16, 4), 4, 1e-9);
}

static void test_learning_rate__follows_its_schedule(void **state)
{
	(void)state;
	struct pv_train_options o = pv_train_defaults();
	o.learning_rate = 1;
	o.epochs = 4;
	o.lr_step = 2;
	assert_float_equal(train_learning_rate(&o, 1, 0.5, 100), 1, 1e-12);
	assert_float_equal(train_learning_rate(&o, 2, 0, 100), 0.1, 1e-12);
	o.schedule = PV_TRAIN_SCHEDULE_COSINE;
	assert_float_equal(train_learning_rate(&o, 2, 0, 100), 0.5, 1e-12);
	o.schedule = PV_TRAIN_SCHEDULE_CONSTANT;
	o.warmup_steps = 10;
	assert_float_equal(train_learning_rate(&o, 3, 0, 4), 0.5, 1e-12);
	assert_float_equal(train_learning_rate(&o, 3, 0, 10), 1, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_choices__have_names_both_ways),         cmocka_unit_test(test_choices__defaults_are_among_them),
	    cmocka_unit_test(test_inputs__are_called_the_same_in_models), cmocka_unit_test(test_losses__are_those_of_their_names),
	    cmocka_unit_test(test_learning_rate__follows_its_schedule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
