/*
 * u_model_machines.c - datasets that do not fit a model: another target, other machines under the same names
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

#include <perfvec/features.h>

#include "model/machines.h"
#include "support/temp_folder.h"

static uint64_t parameters_of(const char *text)
{
	uint64_t parameters;
	FILE *out = fopen("machine.yaml", "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(model_machine_parameters("machine.yaml", &parameters, NULL), PV_OK);
	assert_true(parameters != 0);
	return parameters;
}

static void test_parameters__are_what_remains_without_names_and_comments(void **state)
{
	(void)state;
	uint64_t plain = parameters_of("name: a\ncore:\n  kind: ooo\n  type: \"x # y\"\n"), ignored;
	assert_true(
	    parameters_of("# a comment\nname: other\norigin: \"here\"\n\ncore: # what kind\n  kind: ooo   \n  type: \"x # y\" # z\n") ==
	    plain);
	assert_true(parameters_of("name: a\ncore:\n  kind: inorder\n  type: \"x # y\"\n") != plain);
	assert_true(parameters_of("name: a\ncore:\n  kind: ooo\n  type: \"x # z\"\n") != plain);
	assert_true(parameters_of("") == parameters_of("name: a\n"));
	assert_int_equal(model_machine_parameters("nowhere.yaml", &ignored, NULL), PV_ERR_MISSING);
}

static struct pv_dataset *make_dataset(const char *path, int target, const char *machine_text)
{
	const struct pv_dataset_machine_spec machine = {"a", true, 1000, machine_text};
	const struct pv_dataset_spec spec = {.machines = &machine, .n_machines = 1, .target = target};
	struct pv_feature_row rows[40];
	uint32_t targets[40] = {0};
	struct pv_dataset_writer *w;
	struct pv_dataset *dataset;
	memset(rows, 0, sizeof rows);
	assert_int_equal(pv_dataset_create(path, &spec, &w, NULL), PV_OK);
	assert_int_equal(pv_dataset_begin_program(w, "p", true, NULL, NULL), PV_OK);
	assert_int_equal(pv_dataset_append(w, rows, targets, 40, NULL), PV_OK);
	assert_int_equal(pv_dataset_end_program(w, NULL), PV_OK);
	assert_int_equal(pv_dataset_finish(w, NULL), PV_OK);
	assert_int_equal(pv_dataset_open(path, &dataset, NULL), PV_OK);
	return dataset;
}

static void test_target__other_than_store_commit_is_refused(void **state)
{
	(void)state;
	struct pv_dataset *dataset = make_dataset("fetch", PV_TARGET_fetch, "name: a\n");
	const struct pv_train_options o = pv_train_defaults();
	const struct pv_tune_options tune = {0};
	struct model_expression e;
	struct pv_model *model, *other = NULL;
	struct pv_train_plan plan;
	struct pv_error err = {0};
	assert_int_equal(pv_train(dataset, "InsLSTM(4,1)", &o, NULL, &other, NULL, &err), PV_ERR_VERSION);
	assert_non_null(strstr(err.message, "'fetch'"));
	assert_true(err.hint[0] != 0);
	assert_int_equal(pv_train_plan(dataset, "InsLSTM(4,1)", &o, &plan, &err), PV_ERR_VERSION);
	assert_int_equal(model_expression_parse("InsLSTM(4,1,bias=False)", 0, 0, PV_N_FEATURES, 1, &e, NULL), PV_OK);
	assert_int_equal(model_new(&e, &model, NULL), PV_OK);
	assert_int_equal(model_set_machine(model, 0, "a", 1000, PV_MACHINE_TRAINED, NULL), PV_OK);
	assert_int_equal(pv_model_tune(model, dataset, (int[]){0}, 1, &tune, NULL, &other, NULL, &err), PV_ERR_VERSION);
	assert_int_equal(pv_model_check_dataset(model, dataset, NULL, 0, &err), PV_ERR_VERSION);
	pv_model_free(model);
	pv_dataset_close(dataset);
}

static void test_machines__of_one_name_need_one_set_of_parameters(void **state)
{
	(void)state;
	struct pv_dataset *mine = make_dataset("mine", PV_TARGET_store_commit, "name: a\nrob: 10\n");
	struct pv_dataset *other = make_dataset("other", PV_TARGET_store_commit, "name: a\nrob: 20\n");
	struct model_expression e;
	struct pv_model *model, *back;
	struct pv_error err = {0};
	assert_int_equal(model_expression_parse("InsLSTM(4,1,bias=False)", 0, 0, PV_N_FEATURES, 1, &e, NULL), PV_OK);
	assert_int_equal(model_new(&e, &model, NULL), PV_OK);
	assert_int_equal(model_copy_machine(model, 0, pv_dataset_machine(mine, 0), PV_MACHINE_TRAINED, NULL), PV_OK);
	assert_int_equal(model_set_origin(model, "", "0", NULL), PV_OK);
	model_seal(model);
	assert_int_equal(pv_model_save(model, "m.safetensors", NULL), PV_OK);
	assert_int_equal(pv_model_load("m.safetensors", &back, NULL), PV_OK);
	assert_true(pv_model_machine(back, 0)->parameters == pv_model_machine(model, 0)->parameters);
	assert_int_equal(pv_model_check_dataset(back, mine, (int[]){0}, 1, &err), PV_OK);
	assert_int_equal(pv_model_check_dataset(back, other, (int[]){0}, 1, &err), PV_ERR_ARG);
	assert_non_null(strstr(err.message, "machine 'a' of the dataset has other parameters"));
	assert_int_equal(pv_model_check_dataset(back, other, NULL, 0, &err), PV_OK);
	back->machines[0].parameters = 0; /* not known: nothing to hold against */
	assert_int_equal(pv_model_check_dataset(back, other, (int[]){0}, 1, &err), PV_OK);
	pv_model_free(model);
	pv_model_free(back);
	pv_dataset_close(mine);
	pv_dataset_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parameters__are_what_remains_without_names_and_comments),
	    cmocka_unit_test(test_target__other_than_store_commit_is_refused),
	    cmocka_unit_test(test_machines__of_one_name_need_one_set_of_parameters),
	};
	return cmocka_run_group_tests(tests, temp_folder_enter, temp_folder_leave);
}
