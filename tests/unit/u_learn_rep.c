/*
 * u_learn_rep.c - a machine's vector from stored samples, through the loop that all training runs: it is found, a run that was stopped
 * within an epoch goes on to the same vector, and one that diverges says so
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <perfvec/learn_rep.h>

#include "base/npy.h"
#include "base/random.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"

enum { D = 8, N = 60 };

static const char predictor[] = "Predictor(cfg,bias=False)";

static struct pv_model *foundation;

/* Times are those of machine b of the model: its vector is what is to be found. */
static bool write_samples(const struct pv_model *m)
{
	struct base_npy_writer w;
	struct base_random rng;
	const uint64_t columns = D + 1;
	bool good = base_npy_create(&w, "s.npy", "'<f8'", &columns, 1, NULL) == PV_OK;
	base_random_init(&rng, 1);
	for (int i = 0; good && i < N; i++) {
		double sample[D + 1] = {0};
		for (int d = 0; d < D; d++) {
			sample[d] = 1e4 * (1 + base_random_unit(&rng));
			sample[D] += 1e-10 * sample[d] * (double)pv_model_machine_vector(m, 1)[d];
		}
		good = base_npy_append(&w, sample, 1, NULL) == PV_OK;
	}
	FILE *cfg = fopen("pi4.yaml", "w");
	good = good && base_npy_commit(&w, NULL) == PV_OK && cfg && fputs("dataset: s.npy\nvalid_start: 0\nvalid_end: 10\n", cfg) > 0;
	return cfg && fclose(cfg) == 0 && good;
}

static int setup(void **state)
{
	if (temp_folder_enter(state))
		return -1;
	foundation = tiny_model(3);
	return write_samples(foundation) ? 0 : -1;
}

static int teardown(void **state)
{
	pv_model_free(foundation);
	return temp_folder_leave(state);
}

static struct pv_train_options small(void)
{
	struct pv_train_options o = pv_train_defaults();
	o.epochs = 4;
	o.lr_step = 0;
	o.batch_size = 8; /* seven steps */
	o.learning_rate = 0.02;
	return o;
}

static enum pv_status learn(const struct pv_train_options *o, const struct pv_progress *progress, struct pv_model **m,
                            struct pv_train_report *r, struct pv_error *err)
{
	*m = NULL;
	return pv_learn_rep(foundation, "pi4.yaml", predictor, o, progress, m, r, err);
}

static const float *vector_of(const struct pv_model *m)
{
	const int k = pv_model_find_machine(m, "pi4");
	assert_int_equal(k, 2);
	return pv_model_machine_vector(m, k);
}

static void test_learn__finds_the_times(void **state)
{
	(void)state;
	struct pv_train_options o = small();
	struct pv_model *m;
	struct pv_train_report r;
	struct pv_error err = {0};
	o.epochs = 300;
	if (learn(&o, NULL, &m, &r, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_int_equal(r.epochs, 300);
	assert_true(r.rows == 300 * 50 && r.validation_error < 0.05);
	assert_memory_equal(pv_model_machine_vector(m, 0), pv_model_machine_vector(foundation, 0), D * sizeof(float));
	pv_model_free(m);
}

static bool stop_at_tenth(void *user)
{
	return ++*(int *)user == 10;
}

static void test_learn__goes_on_from_within_an_epoch(void **state)
{
	(void)state;
	static const enum pv_train_average averages[] = {PV_TRAIN_AVERAGE_NONE, PV_TRAIN_AVERAGE_EMA};
	for (int i = 0; i < 2; i++) {
		struct pv_train_options o = small();
		struct pv_model *whole, *stopped, *resumed;
		struct pv_train_report r;
		struct pv_error err = {0};
		int steps = 0;
		const struct pv_progress progress = {.user = &steps, .stop = stop_at_tenth};
		o.average = averages[i];
		assert_int_equal(learn(&o, NULL, &whole, NULL, &err), PV_OK);
		o.checkpoints = i ? "ck-ema" : "ck";
		/* Step 10 is the third of the second epoch; the first one is what is handed out. */
		assert_int_equal(learn(&o, &progress, &stopped, &r, &err), PV_ERR_INTERRUPTED);
		assert_string_equal(err.message, "stopped in epoch 2");
		assert_non_null(stopped);
		assert_true(r.epochs == 1 && r.best_epoch == 1 && r.rows == 50 + 3 * 8);
		assert_int_equal(learn(&o, NULL, &resumed, &r, &err), PV_OK);
		assert_true(r.epochs == 4 && r.rows == 4 * 50);
		assert_memory_equal(vector_of(whole), vector_of(resumed), D * sizeof(float));
		assert_memory_not_equal(vector_of(whole), vector_of(stopped), D * sizeof(float));
		pv_model_free(stopped);
		o.seed = 1;
		assert_int_equal(learn(&o, NULL, &stopped, NULL, &err), PV_ERR_ARG);
		assert_non_null(strstr(err.message, "is of another training run"));
		pv_model_free(whole);
		pv_model_free(resumed);
	}
}

static void test_learn__says_when_it_diverges(void **state)
{
	(void)state;
	struct pv_train_options o = small();
	struct pv_model *m;
	struct pv_error err = {0};
	o.learning_rate = 1e30;
	assert_int_equal(learn(&o, NULL, &m, NULL, &err), PV_ERR_RANGE);
	assert_null(m);
	assert_non_null(strstr(err.message, "training diverged in epoch 1"));
	assert_non_null(strstr(err.hint, "--inputs plain"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_learn__finds_the_times),
	    cmocka_unit_test(test_learn__goes_on_from_within_an_epoch),
	    cmocka_unit_test(test_learn__says_when_it_diverges),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
