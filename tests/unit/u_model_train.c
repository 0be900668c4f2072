/*
 * u_model_train.c - training on a dataset made of a formula: it learns, gives the same bytes at any number of threads, resumes
 *
 * With a folder as argument (then rows, then rows of a window) it writes that dataset and stops; tests of the command line use this.
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

#include <perfvec/perfvec.h>

#include "support/predicted.h"
#include "support/synthetic_dataset.h"

static const char expression[] = "InsLSTM(24,1,narchs=K,bias=False)";

struct fixture {
	char folder[64];
	struct pv_dataset *dataset;
};

static int setup(void **state)
{
	static struct fixture f;
	char path[96];
	strcpy(f.folder, "/tmp/u_model_train.XXXXXX");
	if (!mkdtemp(f.folder))
		return -1;
	snprintf(path, sizeof path, "%s/ds", f.folder);
	synthetic_dataset_write(path, &(struct synthetic){6, 2, 6, 2, 12000, 1, 0});
	*state = &f;
	return pv_dataset_open(path, &f.dataset, NULL) == PV_OK ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[96];
	pv_dataset_close(f->dataset);
	snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
	return system(command);
}

static struct pv_train_options small(void)
{
	struct pv_train_options o = pv_train_defaults();
	o.epochs = 3;
	o.lr_step = 2;
	o.batch_size = 20; /* three shards, of unequal size */
	o.threads = 1;
	return o;
}

static struct pv_model *train(const struct fixture *f, const struct pv_train_options *o, struct pv_train_report *report)
{
	struct pv_model *model = NULL;
	struct pv_error err = {0};
	enum pv_status status = pv_train(f->dataset, expression, o, NULL, &model, report, &err);
	if (status != PV_OK)
		fail_msg("training failed: %s", err.message);
	return model;
}

/* The bytes of a file; freed by the caller. */
static char *slurp(const char *folder, const char *name, size_t *n)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *in = fopen(path, "rb");
	assert_non_null(in);
	fseek(in, 0, SEEK_END);
	*n = (size_t)ftell(in);
	rewind(in);
	char *data = malloc(*n + 1);
	assert_int_equal(fread(data, 1, *n, in), *n);
	fclose(in);
	return data;
}

static void assert_same_file(const char *folder, const char *a, const char *b)
{
	size_t n, m;
	char *x = slurp(folder, a, &n), *y = slurp(folder, b, &m);
	assert_int_equal(n, m);
	assert_memory_equal(x, y, n);
	free(x);
	free(y);
}

static bool stop_at_once(void *user)
{
	(void)user;
	return true;
}

static void save(const struct fixture *f, const struct pv_model *model, const char *name)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", f->folder, name);
	assert_int_equal(pv_model_save(model, path, NULL), PV_OK);
}

/* Mean absolute error of total time: programs seen or not, on the model's machines. */
static double error_on(const struct fixture *f, const struct pv_model *model, bool seen)
{
	struct pv_vectors *v = new_vectors(model);
	assert_int_equal(pv_represent_dataset(model, f->dataset, &(struct pv_represent_options){.threads = 2}, NULL, v, NULL), PV_OK);
	double sum = 0;
	int n = 0;
	for (int i = 0; i < pv_vectors_count(v); i++) {
		const struct pv_dataset_program *p = pv_dataset_program(f->dataset, i);
		assert_string_equal(pv_vectors_at(v, i)->program, p->name);
		for (int k = 0; p->seen == seen && k < pv_model_info(model)->n_machines; k++, n++)
			sum += fabs(predicted(model, v, i, k).time_ns / (0.1 * (double)p->total[k]) - 1);
	}
	pv_vectors_free(v);
	return sum / n;
}

static void test_train__learns_the_formula(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	struct pv_train_report r;
	o.epochs = 6;
	o.lr_step = 4;
	struct pv_model *model = train(f, &o, &r);
	assert_int_equal(r.epochs, 6);
	assert_true(r.train_loss < 0.7); /* 1 is what the mean alone gives, about */
	assert_true(r.validation_error < 0.05);
	assert_true(error_on(f, model, true) < 0.05);
	assert_true(error_on(f, model, false) < 0.15);
	assert_true(pv_model_saw_program(model, "p0") && !pv_model_saw_program(model, "p5"));
	assert_int_equal(pv_model_find_machine(model, "m4"), -1);
	pv_model_free(model);
}

static void test_train__same_bytes_at_any_number_of_threads(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	struct pv_model *one = train(f, &o, NULL);
	o.threads = 3;
	struct pv_model *three = train(f, &o, NULL);
	o.seed = 1;
	struct pv_model *other = train(f, &o, NULL);
	save(f, one, "one");
	save(f, three, "three");
	assert_same_file(f->folder, "one", "three");
	assert_true(pv_model_info(one)->foundation != pv_model_info(other)->foundation);
	pv_model_free(one);
	pv_model_free(three);
	pv_model_free(other);
}

static void test_train__resumes_to_the_same_bytes(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	char folder[96], last[128];
	snprintf(folder, sizeof folder, "%s/checkpoints", f->folder);
	snprintf(last, sizeof last, "%s/last.safetensors", folder);
	struct pv_model *whole = train(f, &o, NULL);
	o.epochs = 2;
	o.checkpoints = folder;
	pv_model_free(train(f, &o, NULL));
	o.epochs = 3;
	o.lr_step = 2;
	o.checkpoints = NULL;
	o.resume = last;
	struct pv_model *resumed = train(f, &o, NULL);
	save(f, whole, "whole");
	save(f, resumed, "resumed");
	assert_same_file(f->folder, "whole", "resumed");
	pv_model_free(whole);
	pv_model_free(resumed);
}

/* Going on from within an epoch, with an average of the weights. */
static void resumes_with_average(const struct fixture *f, enum pv_train_average average)
{
	struct pv_train_options o = small();
	char folder[96];
	snprintf(folder, sizeof folder, "%s/ck-%d", f->folder, (int)average);
	o.average = average;
	o.epochs = 2;
	struct pv_model *whole = train(f, &o, NULL);
	struct pv_train_report r;
	struct pv_error err = {0};
	struct pv_model *none = NULL, *resumed;
	/* Stopped right away: the checkpoint is that of step 1. With swa the second epoch counts. */
	const struct pv_progress stop = {.stop = stop_at_once};
	o.checkpoints = folder;
	assert_int_equal(pv_train(f->dataset, expression, &o, &stop, &none, &r, &err), PV_ERR_INTERRUPTED);
	assert_null(none);
	assert_int_equal(pv_train(f->dataset, expression, &o, &stop, &none, &r, &err), PV_ERR_INTERRUPTED);
	resumed = train(f, &o, NULL);
	save(f, whole, "whole");
	save(f, resumed, "resumed");
	assert_same_file(f->folder, "whole", "resumed");
	o.checkpoints = NULL;
	o.average = PV_TRAIN_AVERAGE_NONE;
	struct pv_model *plain = train(f, &o, NULL);
	assert_true(pv_model_info(plain)->foundation != pv_model_info(whole)->foundation);
	pv_model_free(plain);
	pv_model_free(whole);
	pv_model_free(resumed);
}

static void test_train__averages_of_weights(void **state)
{
	resumes_with_average(*state, PV_TRAIN_AVERAGE_EMA);
	resumes_with_average(*state, PV_TRAIN_AVERAGE_SWA);
}

/* An average of the last step alone is the weights as trained, but for rounding. */
static void test_train__an_average_of_nothing_changes_little(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	struct pv_train_report plain, average;
	pv_model_free(train(f, &o, &plain));
	o.average = PV_TRAIN_AVERAGE_EMA;
	o.average_decay = 1e-9;
	pv_model_free(train(f, &o, &average));
	assert_true(fabs(average.validation_loss / plain.validation_loss - 1) < 1e-5);
	o.average_decay = 0.9;
	pv_model_free(train(f, &o, &average));
	assert_true(fabs(average.validation_loss / plain.validation_loss - 1) > 1e-5);
}

static void test_train__tunes_held_out_machines(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	o.epochs = 6;
	o.lr_step = 4;
	struct pv_model *model = train(f, &o, NULL), *tuned;
	const struct pv_tune_options options = {0};
	struct pv_tune_result r[2];
	assert_int_equal(pv_model_tune(model, f->dataset, (int[]){4, 5}, 2, &options, NULL, &tuned, r, NULL), PV_OK);
	assert_int_equal(pv_model_info(tuned)->n_machines, 6);
	assert_true(pv_model_info(tuned)->foundation == pv_model_info(model)->foundation);
	assert_int_equal(pv_model_machine(tuned, 4)->state, PV_MACHINE_TUNED);
	assert_int_equal(pv_model_machine(tuned, 3)->state, PV_MACHINE_TRAINED);
	assert_true(r[0].validation.mean < 0.08 && r[1].validation.mean < 0.08);
	assert_true(error_on(f, tuned, true) < 0.05);
	pv_model_free(tuned);
	pv_model_free(model);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		synthetic_dataset_write(argv[1], &(struct synthetic){6, 2, 6, 2, argc > 2 ? strtoull(argv[2], NULL, 10) : 12000, 1,
		                                                     argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0});
		return 0;
	}
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_train__learns_the_formula),
	    cmocka_unit_test(test_train__same_bytes_at_any_number_of_threads),
	    cmocka_unit_test(test_train__resumes_to_the_same_bytes),
	    cmocka_unit_test(test_train__averages_of_weights),
	    cmocka_unit_test(test_train__an_average_of_nothing_changes_little),
	    cmocka_unit_test(test_train__tunes_held_out_machines),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
