/*
 * u_machine_regression.c - Gaussian processes on known functions, machines as numbers, and rows of machines that were never timed
 *
 * With an argument it writes a dataset of sampled machines instead, for tests/cli/tune and tests/cli/dse: FOLDER [MACHINES].
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/learn_rep.h>
#include <perfvec/machine_regression.h>

#include "base/npy.h"
#include "base/random.h"
#include "model/model.h"
#include "machine_regression/gaussian_process.h"
#include "machine_regression/machine_inputs.h"
#include "machine_regression/regression.h"
#include "support/predicted.h"
#include "support/synthetic_dataset.h"

/* ---- regression -------------------------------------------------------------------------------------------------------------------- */

/* Two of six inputs matter. */
static void known(const double *x, double *y)
{
	y[0] = sin(1.5 * x[0]) + 0.5 * x[1];
	y[1] = 3 + x[0] * x[1];
}

static void draw(struct base_random *rng, int n, double *x, double *y)
{
	for (int i = 0; i < 6 * n; i++)
		x[i] = 3.4 * base_random_unit(rng) - 1.7;
	for (int i = 0; i < n; i++)
		known(x + 6 * i, y + 2 * i);
}

static void test_regression__finds_what_matters(void **state)
{
	enum { N = 60, TESTS = 200 };
	double x[6 * N], y[2 * N], at[6 * TESTS], truth[2 * TESTS], squares = 0;
	struct base_random rng;
	struct regression_gp gp;
	(void)state;
	base_random_init(&rng, 4);
	draw(&rng, N, x, y);
	draw(&rng, TESTS, at, truth);
	assert_int_equal(regression_gp_scales(x, N, 6, y, 2, &gp, NULL), PV_OK);
	assert_int_equal(regression_gp_fit(&gp, x, N, y, 2, NULL), PV_OK);
	for (int j = 2; j < 6; j++)
		assert_true(gp.scale[j] < 0.2 * gp.scale[0] && gp.scale[j] < 0.2 * gp.scale[1]);
	for (int i = 0; i < TESTS; i++) {
		double got[2];
		regression_gp_value(&gp, at + 6 * i, got);
		squares += (got[0] - truth[2 * i]) * (got[0] - truth[2 * i]) + (got[1] - truth[2 * i + 1]) * (got[1] - truth[2 * i + 1]);
	}
	assert_true(sqrt(squares / (2 * TESTS)) < 0.08); /* the functions' own deviation is 0.9 */
	regression_gp_release(&gp);
}

static void test_regression__goes_through_its_examples(void **state)
{
	const double x[] = {-1, 0, 1}, y[] = {5, 1, 3};
	struct regression_gp gp;
	(void)state;
	assert_int_equal(regression_gp_scales(x, 3, 1, y, 1, &gp, NULL), PV_OK);
	gp.noise = 1e-9;
	assert_int_equal(regression_gp_fit(&gp, x, 3, y, 1, NULL), PV_OK);
	for (int i = 0; i < 3; i++) {
		double got;
		regression_gp_value(&gp, &x[i], &got);
		assert_true(fabs(got - y[i]) < 1e-3);
	}
	regression_gp_release(&gp);
}

/* ---- machines as numbers ----------------------------------------------------------------------------------------------------------- */

static struct pv_uarch *machine(const char *name, const char *param, const char *value)
{
	struct pv_uarch *u;
	struct pv_error err = {0};
	assert_int_equal(pv_uarch_load("timing", &u, &err), PV_OK);
	assert_int_equal(pv_uarch_rename(u, name, &err), PV_OK);
	if (param && pv_uarch_set_param(u, param, value, &err) != PV_OK)
		fail_msg("%s", err.message);
	return u;
}

static void test_inputs__are_what_differs(void **state)
{
	(void)state;
	struct pv_uarch *u[4] = {machine("a", "l1d.size_bytes", "16384"), machine("b", "l1d.size_bytes", "65536"),
	                         machine("c", "memory.type", "hbm_1000_4h_1x128"), machine("d", NULL, NULL)};
	struct pv_uarch *other = machine("e", "ooo.n_rob", "100");
	struct regression_machine_inputs in;
	struct pv_error err = {0};
	double x[8];
	assert_int_equal(regression_machine_inputs_init((const struct pv_uarch *const *)u, 4, NULL, 0, &in, &err), PV_OK);
	assert_int_equal(in.n, 4);
	assert_string_equal(in.columns[0].name, "memory.type.access_ps");
	assert_string_equal(in.columns[3].name, "l1d.size_bytes");
	assert_int_equal(in.columns[1].same_as, 0); /* of one other memory type the burst time says no more */
	assert_int_equal(in.d, 3);
	regression_machine_inputs_get(&in, u[0], x);
	assert_true(x[2] < -1);
	regression_machine_inputs_get(&in, u[1], x);
	assert_true(x[2] > 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(regression_machine_inputs_check(&in, u[i], &err), PV_OK);
	assert_int_equal(regression_machine_inputs_check(&in, other, &err), PV_ERR_UNSUPPORTED);
	assert_string_equal(err.message, "machine 'e': ooo.n_rob is 100, but 40 in all machines that the net learnt from");
	regression_machine_inputs_release(&in);
	/* Asked for one only, the other may be anything. */
	const char *const only[] = {"l1d.size_bytes"}, *const unknown[] = {"l1d.size"};
	assert_int_equal(regression_machine_inputs_init((const struct pv_uarch *const *)u, 4, only, 1, &in, &err), PV_OK);
	assert_int_equal(in.d, 1);
	assert_int_equal(regression_machine_inputs_check(&in, u[2], &err), PV_OK);
	regression_machine_inputs_release(&in);
	assert_int_equal(regression_machine_inputs_init((const struct pv_uarch *const *)u, 4, unknown, 1, &in, &err), PV_ERR_MISSING);
	assert_int_equal(regression_machine_inputs_init((const struct pv_uarch *const *)u, 1, NULL, 0, &in, &err), PV_ERR_ARG);
	for (int i = 0; i < 4; i++)
		pv_uarch_free(u[i]);
	pv_uarch_free(other);
}

/* ---- nets -------------------------------------------------------------------------------------------------------------------------- */

struct fixture {
	char folder[64];
	struct pv_dataset *dataset;
	struct pv_model *model;
};

static int setup(void **state)
{
	static struct fixture f;
	struct pv_error err = {0};
	char path[96];
	strcpy(f.folder, "/tmp/perfvec_net_XXXXXX");
	if (!mkdtemp(f.folder))
		return -1;
	snprintf(path, sizeof path, "%s/ds", f.folder);
	synthetic_uarch_dataset_write(path, &(struct synthetic){5, 1, 84, 14, 4000, 3, 0}, 7);
	struct pv_train_options o = pv_train_defaults();
	o.epochs = 4;
	o.batch_size = 16;
	if (pv_dataset_open(path, &f.dataset, &err) != PV_OK ||
	    pv_train(f.dataset, "InsLSTM(12,1,narchs=K,bias=True)", &o, NULL, &f.model, NULL, &err) != PV_OK) {
		print_error("%s\n", err.message);
		return -1;
	}
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	pv_model_free(f->model);
	pv_dataset_close(f->dataset);
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", f->folder);
	return system(command);
}

static struct pv_model *learn(const struct fixture *f, int threads, struct pv_machine_regression_report *report)
{
	const struct pv_machine_regression_options o = {.refit_rows = 0, .seed = 1, .curve = report != NULL, .threads = threads};
	struct pv_model *learnt = NULL;
	struct pv_error err = {0};
	if (pv_model_learn_machine_regression(f->model, f->dataset, NULL, 0, &o, NULL, &learnt, report, &err) != PV_OK)
		fail_msg("%s", err.message);
	return learnt;
}

/* Machines left out are predicted far better than by a mean machine, and better from more machines than from few. */
static void test_net__predicts_machines_left_out(void **state)
{
	const struct fixture *f = *state;
	struct pv_machine_regression_report r;
	struct pv_model *m = learn(f, 0, &r);
	struct pv_machine_regression_info info;
	assert_true(pv_model_machine_regression(m, &info) && !pv_model_machine_regression(f->model, &info));
	assert_true(pv_model_machine_regression(m, &info));
	assert_int_equal(info.n_machines, 84);
	assert_int_equal(r.n_seen, 4);
	assert_int_equal(r.n_unseen, 1);
	assert_true(r.net.seen.mean < 0.1 && r.net.seen.mean < 0.3 * r.nobody.seen.mean);
	assert_true(r.net.unseen.mean < r.timed.unseen.mean + 0.05); /* the held-out program is unlike the four others: rows miss it, too */
	assert_true(r.n_curve == 4 && r.curve[0].n_machines == 10 && r.curve[3].n_machines == 68);
	assert_true(r.curve[3].seen.mean < r.curve[0].seen.mean);
	assert_true(fabs(info.error - r.net.unseen.mean) < 1e-12);
	assert_true(pv_model_info(m)->foundation == pv_model_info(f->model)->foundation);
	pv_model_free(m);
}

/* A machine of the dataset, under another name and derived from its parameters, takes about the time that it was timed at. */
static void test_net__gives_rows_to_new_machines(void **state)
{
	const struct fixture *f = *state;
	struct pv_model *m = learn(f, 2, NULL), *more, *again;
	struct pv_error err = {0};
	struct pv_uarch *u[2];
	char path[96];
	const char *const names[2] = {"ooo_020", "inorder_003"};
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/ds/machines/%s.yaml", f->folder, names[i]);
		assert_int_equal(pv_uarch_load(path, &u[i], &err), PV_OK);
		assert_int_equal(pv_uarch_rename(u[i], i ? "new_b" : "new_a", &err), PV_OK);
	}
	assert_int_equal(pv_model_add_uarchs(f->model, (const struct pv_uarch *const *)u, 2, &more, &err), PV_ERR_MISSING);
	assert_int_equal(pv_model_add_uarchs(m, (const struct pv_uarch *const *)u, 2, &more, &err), PV_OK);
	const int K = pv_model_info(m)->n_machines;
	assert_int_equal(pv_model_info(more)->n_machines, K + 2);
	assert_int_equal(pv_model_machine(more, K)->state, PV_MACHINE_DERIVED);
	assert_string_equal(pv_model_machine(more, K + 1)->name, "new_b");
	struct pv_vectors *v = new_vectors(more);
	assert_int_equal(pv_represent_dataset(more, f->dataset, NULL, NULL, v, &err), PV_OK);
	for (int i = 0; i < 2; i++)
		for (int p = 0; p < 5; p++) {
			int k = 0;
			while (strcmp(pv_dataset_machine(f->dataset, k)->name, names[i]))
				k++;
			const double truth = 0.1 * (double)pv_dataset_program(f->dataset, p)->total[k];
			const double error = predicted(more, v, p, K + i).time_ns / truth - 1;
			if (fabs(error) > 0.2)
				fail_msg("%s on %s: off by %g", pv_vectors_at(v, p)->program, names[i], error);
		}
	assert_int_equal(pv_model_add_uarchs(more, (const struct pv_uarch *const *)u, 1, &again, &err), PV_ERR_ARG); /* the name is taken */
	/* Beyond what was seen it says so; what never differed it refuses. */
	char text[200];
	assert_int_equal(pv_machine_regression_outside(m, u[0], text, sizeof text), 0);
	assert_int_equal(pv_uarch_set_param(u[0], "ooo.n_rob", "1024", &err), PV_OK);
	assert_int_equal(pv_machine_regression_outside(m, u[0], text, sizeof text), 1);
	assert_string_equal(text, "ooo.n_rob is larger than in any machine that the regression was fitted on");
	assert_int_equal(pv_uarch_set_param(u[0], "branch.btb_tag_bits", "20", &err), PV_OK);
	assert_int_equal(pv_model_add_uarchs(m, (const struct pv_uarch *const *)u, 1, &again, &err), PV_ERR_UNSUPPORTED);
	pv_vectors_free(v);
	pv_model_free(more);
	pv_model_free(m);
	pv_uarch_free(u[0]);
	pv_uarch_free(u[1]);
}

/* A machine learnt from stored samples (train --learn-rep) leaves the regression where it is, as a machine tuned on a dataset does. */
static void test_net__outlives_a_machine_learnt_from_samples(void **state)
{
	const struct fixture *f = *state;
	struct pv_model *m = learn(f, 2, NULL), *more, *derived[2];
	struct pv_error err = {0};
	struct pv_train_options o = pv_train_defaults();
	struct base_npy_writer w;
	struct pv_machine_regression_info before, after;
	struct pv_uarch *u;
	char path[96];
	const uint64_t columns = (uint64_t)pv_model_info(m)->n_repr + 1;
	const int K = pv_model_info(m)->n_machines;
	double sample[13] = {1e6, 2e6, 3e6, 4e6, 5e6, 6e6, 7e6, 8e6, 9e6, 1e6, 2e6, 3e6, 1e-3};
	assert_int_equal(columns, 13);
	snprintf(path, sizeof path, "%s/s.npy", f->folder);
	assert_int_equal(base_npy_create(&w, path, "'<f8'", &columns, 1, &err), PV_OK);
	for (int i = 0; i < 3; i++, sample[i] *= 2)
		assert_int_equal(base_npy_append(&w, sample, 1, &err), PV_OK);
	assert_int_equal(base_npy_commit(&w, &err), PV_OK);
	snprintf(path, sizeof path, "%s/pi4.yaml", f->folder);
	FILE *cfg = fopen(path, "w");
	assert_non_null(cfg);
	fputs("dataset: s.npy\n", cfg);
	fclose(cfg);
	o.epochs = 2;
	if (pv_learn_rep(m, path, "Predictor(cfg,bias=False)", &o, NULL, &more, NULL, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_int_equal(pv_model_find_machine(more, "pi4"), K);
	assert_true(pv_model_machine_regression(m, &before) && pv_model_machine_regression(more, &after));
	assert_true(before.n_machines == after.n_machines);
	snprintf(path, sizeof path, "%s/ds/machines/ooo_020.yaml", f->folder);
	assert_int_equal(pv_uarch_load(path, &u, &err), PV_OK);
	assert_int_equal(pv_uarch_rename(u, "new", &err), PV_OK);
	assert_int_equal(pv_model_add_uarchs(m, (const struct pv_uarch *const *)&u, 1, &derived[0], &err), PV_OK);
	assert_int_equal(pv_model_add_uarchs(more, (const struct pv_uarch *const *)&u, 1, &derived[1], &err), PV_OK);
	assert_memory_equal(pv_model_machine_vector(derived[0], K), pv_model_machine_vector(derived[1], K + 1), 12 * sizeof(float));
	for (int i = 0; i < 2; i++)
		pv_model_free(derived[i]);
	pv_uarch_free(u);
	pv_model_free(more);
	pv_model_free(m);
}

/* Saved and loaded it gives the same rows, at any number of threads. */
static void test_net__is_part_of_the_model_file(void **state)
{
	const struct fixture *f = *state;
	struct pv_model *a = learn(f, 1, NULL), *b = learn(f, 3, NULL), *loaded, *of[2], *more[2];
	struct pv_error err = {0};
	char path[96];
	snprintf(path, sizeof path, "%s/net.safetensors", f->folder);
	assert_int_equal(pv_model_save(a, path, &err), PV_OK);
	if (pv_model_load(path, &loaded, &err) != PV_OK)
		fail_msg("%s", err.message);
	struct pv_uarch *u;
	struct pv_uarch_sampling one = {.count = 1, .seed = 99, .ooo_share = 1};
	struct pv_uarch_set *set;
	assert_int_equal(pv_uarch_sample(&one, &set, &err), PV_OK);
	assert_int_equal(pv_uarch_copy(pv_uarch_set_at(set, 0), &u, &err), PV_OK);
	pv_uarch_rename(u, "x", &err);
	of[0] = b;
	of[1] = loaded;
	for (int i = 0; i < 2; i++)
		if (pv_model_add_uarchs(of[i], (const struct pv_uarch *const *)&u, 1, &more[i], &err) != PV_OK)
			fail_msg("%s", err.message);
	struct pv_vectors *v = new_vectors(a);
	assert_int_equal(pv_represent_dataset(a, f->dataset, NULL, NULL, v, &err), PV_OK);
	const int K = pv_model_info(a)->n_machines;
	for (int p = 0; p < 5; p++)
		assert_true(predicted(more[0], v, p, K).time_ns == predicted(more[1], v, p, K).time_ns);
	pv_vectors_free(v);
	pv_uarch_free(u);
	pv_uarch_set_free(set);
	pv_model_free(more[0]);
	pv_model_free(more[1]);
	pv_model_free(loaded);
	pv_model_free(a);
	pv_model_free(b);
}

/* The gradient through the net against central differences, along every input. */
static void test_net__gradient(void **state)
{
	const struct fixture *f = *state;
	struct pv_model *m = learn(f, 0, NULL);
	const struct machine_regression *net = m->net;
	struct base_random rng;
	struct pv_vectors *v = new_vectors(m);
	const size_t d = (size_t)net->inputs.d, C = (size_t)net->C;
	double *x = calloc(d, sizeof *x), *g = calloc(d, sizeof *g), *program = calloc(C, sizeof *program), largest = 0;
	assert_true(x && g && program);
	assert_int_equal(pv_represent_dataset(m, f->dataset, NULL, NULL, v, NULL), PV_OK);
	memcpy(program, pv_vectors_at(v, 4)->values, (C - 1) * sizeof *program);
	program[C - 1] = (double)pv_vectors_at(v, 4)->n_rows;
	base_random_init(&rng, 5);
	for (int at = 0; at < 3; at++) {
		double time;
		for (size_t j = 0; j < d; j++)
			x[j] = 2 * base_random_unit(&rng) - 1;
		assert_int_equal(machine_regression_time(net, x, program, &time, g, NULL), PV_OK);
		for (size_t j = 0; j < d; j++)
			largest = fmax(largest, fabs(g[j]));
		for (size_t j = 0; j < d; j++) {
			double up, down;
			const double here = x[j], h = 1e-5;
			x[j] = here + h;
			assert_int_equal(machine_regression_time(net, x, program, &up, NULL, NULL), PV_OK);
			x[j] = here - h;
			assert_int_equal(machine_regression_time(net, x, program, &down, NULL, NULL), PV_OK);
			x[j] = here;
			if (fabs((up - down) / (2 * h) - g[j]) > 1e-5 * largest)
				fail_msg("input %zu: %g, differences give %g", j, g[j], (up - down) / (2 * h));
		}
	}
	assert_true(largest > 0);
	free(x);
	free(g);
	free(program);
	pv_vectors_free(v);
	pv_model_free(m);
}

/* ---- learning curves --------------------------------------------------------------------------------------------------------------- */

static void test_tune__curve_falls(void **state)
{
	const struct fixture *f = *state;
	const struct pv_tune_options o = {.seed = 1};
	struct pv_tune_point points[PV_TUNE_CURVE];
	struct pv_error err = {0};
	int n = 0;
	if (pv_model_tune_curve(f->model, f->dataset, (int[]){0, 30}, 2, &o, NULL, points, &n, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_int_equal(n, 3); /* 1, 2 and 4 programs; they are too short for more rows */
	assert_int_equal(points[0].n_programs, 1);
	assert_int_equal(points[0].n_draws, 8);
	assert_int_equal(points[2].n_programs, 4);
	assert_int_equal(points[2].n_draws, 1);
	assert_true(points[2].n_rows > 3 * points[0].n_rows && points[2].n_insns <= points[2].n_rows);
	assert_true(points[2].error.mean < points[0].error.mean && points[2].error.mean < 0.1);
	assert_true(points[0].error.mean < 0.35); /* one program: a mixture of known machines, not anything */
}

static void test_tune__learns_from_the_programs_named(void **state)
{
	const struct fixture *f = *state;
	struct pv_tune_options o = {.programs = (int[]){1, 2}, .n_programs = 2, .held_out = true};
	struct pv_tune_result r;
	struct pv_model *tuned;
	struct pv_error err = {0};
	if (pv_model_tune(f->model, f->dataset, (int[]){0}, 1, &o, NULL, &tuned, &r, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_true(r.held_out.mean > 0 && r.held_out.mean < 0.2 && fabs(r.held_out.worst) >= r.held_out.mean);
	pv_model_free(tuned);
	o.programs = (int[]){4, 1};
	assert_int_equal(pv_model_tune(f->model, f->dataset, (int[]){0}, 1, &o, NULL, &tuned, &r, &err), PV_ERR_ARG);
	assert_non_null(strstr(err.message, "program 'p4' is held out"));
}

/* ---- fine tuning ------------------------------------------------------------------------------------------------------------------- */

static struct pv_model *fine(const struct fixture *f, double learning_rate, struct pv_fine_errors *before, struct pv_fine_errors *after)
{
	struct pv_train_options o = pv_train_defaults();
	struct pv_model *m = NULL;
	struct pv_error err = {0};
	o.epochs = 2;
	o.batch_size = 16;
	o.learning_rate = learning_rate;
	o.schedule = PV_TRAIN_SCHEDULE_COSINE;
	if (pv_model_fine_tune(f->model, f->dataset, &o, NULL, &m, before, after, &err) != PV_OK)
		fail_msg("%s", err.message);
	return m;
}

/* With steps too small to matter the foundation stays where it was: weights, statistics and rows were all taken over. */
static void test_fine__begins_with_the_model(void **state)
{
	const struct fixture *f = *state;
	struct pv_fine_errors before, after;
	struct pv_model *m = fine(f, 1e-12, &before, &after);
	assert_true(fabs(after.seen.mean - before.seen.mean) < 1e-3 && fabs(after.seen_held.mean - before.seen_held.mean) < 1e-3);
	assert_true(fabs(after.unseen.mean - before.unseen.mean) < 1e-3 && fabs(after.unseen_held.mean - before.unseen_held.mean) < 1e-3);
	pv_model_free(m);
}

static void test_fine__learns(void **state)
{
	const struct fixture *f = *state;
	struct pv_fine_errors before, after;
	struct pv_model *m = fine(f, 2e-3, &before, &after);
	const struct pv_model_info *info = pv_model_info(m);
	assert_true(after.seen.mean < before.seen.mean);
	assert_int_equal(info->n_machines, 84);
	assert_true(info->foundation != pv_model_info(f->model)->foundation);
	int tuned = 0;
	for (int k = 0; k < 84; k++)
		tuned += pv_model_machine(m, k)->state == PV_MACHINE_TUNED;
	assert_int_equal(tuned, 14);
	assert_int_equal(info->n_programs, 4);
	pv_model_free(m);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		const int n = argc > 2 ? atoi(argv[2]) : 42;
		synthetic_uarch_dataset_write(argv[1], &(struct synthetic){5, 1, n, n / 6, 4000, 3, 0}, 7);
		return 0;
	}
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_regression__finds_what_matters),
	    cmocka_unit_test(test_regression__goes_through_its_examples),
	    cmocka_unit_test(test_inputs__are_what_differs),
	    cmocka_unit_test(test_net__predicts_machines_left_out),
	    cmocka_unit_test(test_net__gives_rows_to_new_machines),
	    cmocka_unit_test(test_net__is_part_of_the_model_file),
	    cmocka_unit_test(test_net__outlives_a_machine_learnt_from_samples),
	    cmocka_unit_test(test_net__gradient),
	    cmocka_unit_test(test_tune__curve_falls),
	    cmocka_unit_test(test_tune__learns_from_the_programs_named),
	    cmocka_unit_test(test_fine__begins_with_the_model),
	    cmocka_unit_test(test_fine__learns),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
