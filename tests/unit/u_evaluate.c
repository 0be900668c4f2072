/*
 * u_evaluate.c - an evaluation on a dataset made of a formula: predictions are those of the model, baselines are what they say they are,
 * sums over pairs are right
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/perfvec.h>

#include "support/predicted.h"
#include "support/synthetic_dataset.h"
#include "support/temp_folder.h"

struct fixture {
	void *folder; /* where the test stands */
	struct pv_dataset *dataset;
	struct pv_model *model; /* with two of the held-out machines tuned */
};

static void must(enum pv_status status, const struct pv_error *err)
{
	if (status != PV_OK)
		fail_msg("%s", err->message);
}

static void assert_near(double got, double expected, double tolerance)
{
	if (!(fabs(got - expected) <= tolerance))
		fail_msg("%.17g is not %.17g within %g", got, expected, tolerance);
}

static struct pv_model *train(const struct pv_dataset *dataset)
{
	struct pv_train_options o = pv_train_defaults();
	struct pv_error err = {0};
	struct pv_model *trained, *tuned;
	o.epochs = 1;
	o.batch_size = 16;
	must(pv_train(dataset, "InsLSTM(6,1,narchs=K,bias=True)", &o, NULL, &trained, NULL, &err), &err);
	const struct pv_tune_options tune = {.refit_rows = PV_TRAIN_AUTO};
	must(pv_model_tune(trained, dataset, (const int[]){4, 5}, 2, &tune, NULL, &tuned, NULL, &err), &err);
	pv_model_free(trained);
	return tuned;
}

static int setup(void **state)
{
	static struct fixture f;
	struct pv_error err = {0};
	if (temp_folder_enter(&f.folder))
		return -1;
	synthetic_dataset_write("ds", &(struct synthetic){6, 2, 6, 2, 9000, 1, 0});
	must(pv_dataset_open("ds", &f.dataset, &err), &err);
	f.model = train(f.dataset);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	pv_model_free(f->model);
	pv_dataset_close(f->dataset);
	return temp_folder_leave(&f->folder);
}

static struct pv_evaluation *evaluate(const struct fixture *f, const struct pv_evaluate_options *o)
{
	struct pv_evaluation *e = NULL;
	struct pv_error err = {0};
	must(pv_evaluate(f->model, f->dataset, o, NULL, &e, &err), &err);
	return e;
}

/* ---- predictions ---- */

static void test_evaluate__predicts_what_predict_does(void **state)
{
	const struct fixture *f = *state;
	const struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_evaluation *e = evaluate(f, &o);
	struct pv_vectors *vectors = new_vectors(f->model);
	struct pv_error err = {0};
	must(pv_represent_dataset(f->model, f->dataset, NULL, NULL, vectors, &err), &err);
	assert_int_equal(pv_evaluation_info(e)->n_programs, 6);
	assert_int_equal(pv_evaluation_info(e)->n_machines, 6);
	assert_int_equal(pv_evaluation_info(e)->n_phases, 0);
	assert_int_equal(pv_evaluation_info(e)->n_fit_programs, 4);
	for (int p = 0; p < 6; p++)
		for (int m = 0; m < 6; m++) {
			const struct pv_evaluated_time t = pv_evaluated_time(e, PV_PREDICTOR_MODEL, p, m);
			const double ns = predicted(f->model, vectors, p, m).time_ns;
			const double simulated = 0.1 * (double)pv_dataset_program(f->dataset, p)->total[m];
			assert_near(t.predicted_ns, ns, 1e-9 * ns);
			assert_near(t.simulated_ns, simulated, 1e-9 * simulated);
			assert_near(t.error, ns / simulated - 1, 1e-9);
		}
	assert_string_equal(pv_evaluated_program(e, 4)->name, "p4");
	assert_false(pv_evaluated_program(e, 4)->seen);
	assert_true(pv_evaluated_program(e, 3)->seen);
	assert_int_equal(pv_evaluated_program(e, 0)->n_insns, pv_dataset_program(f->dataset, 0)->n_insns);
	assert_int_equal(pv_evaluated_machine(e, 3)->state, PV_MACHINE_TRAINED);
	assert_int_equal(pv_evaluated_machine(e, 4)->state, PV_MACHINE_TUNED);
	pv_vectors_free(vectors);
	pv_evaluation_free(e);
}

static void test_evaluate__same_at_any_number_of_threads(void **state)
{
	struct pv_evaluate_options o = pv_evaluate_defaults();
	o.phase_insns = 1500;
	o.threads = 1;
	struct pv_evaluation *one = evaluate(*state, &o);
	o.threads = 3;
	struct pv_evaluation *three = evaluate(*state, &o);
	assert_int_equal(pv_evaluation_info(one)->n_phases, pv_evaluation_info(three)->n_phases);
	for (int k = 0; k < PV_PREDICTOR_INTERVAL; k++)
		for (int u = 0; u < pv_evaluation_info(one)->n_phases; u++)
			assert_true(pv_evaluated_phase_time(one, (enum pv_predictor)k, u, 5).predicted_ns ==
			            pv_evaluated_phase_time(three, (enum pv_predictor)k, u, 5).predicted_ns);
	pv_evaluation_free(one);
	pv_evaluation_free(three);
}

/* Phases are vectors of `represent --phase`, and add up to the program; the baselines' fit does not depend on them. */
static void test_phases__add_up(void **state)
{
	const struct fixture *f = *state;
	struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_evaluation *whole = evaluate(f, &o);
	o.phase_insns = 700;
	struct pv_evaluation *e = evaluate(f, &o);
	struct pv_vectors *vectors = new_vectors(f->model);
	struct pv_error err = {0};
	must(pv_represent_dataset(f->model, f->dataset, &(struct pv_represent_options){.phase_insns = 700}, NULL, vectors, &err), &err);
	assert_int_equal(pv_evaluation_info(e)->n_phases, pv_vectors_count(vectors));
	for (int u = 0; u < pv_vectors_count(vectors); u++) {
		const struct pv_vector *v = pv_vectors_at(vectors, u);
		const struct pv_evaluated_phase *phase = pv_evaluated_phase(e, u);
		assert_string_equal(pv_evaluated_program(e, phase->program)->name, v->program);
		assert_int_equal(phase->first_row, v->first_row);
		assert_int_equal(phase->first_insn, v->first_insn);
		assert_int_equal(phase->n_insns, v->n_insns);
		assert_int_equal(phase->whole, 2 * v->n_insns >= 700);
		assert_near(pv_evaluated_phase_time(e, PV_PREDICTOR_MODEL, u, 2).predicted_ns, predicted(f->model, vectors, u, 2).time_ns,
		            1e-6);
	}
	for (int k = 0; k < PV_PREDICTOR_INTERVAL; k++)
		for (int p = 0; p < 6; p++) {
			const struct pv_evaluated_program *program = pv_evaluated_program(e, p);
			const double expected = pv_evaluated_time(whole, (enum pv_predictor)k, p, 1).predicted_ns;
			double sum = 0;
			for (int u = program->first_phase; u < program->first_phase + program->n_phases; u++)
				sum += pv_evaluated_phase_time(e, (enum pv_predictor)k, u, 1).predicted_ns;
			assert_near(sum, expected, 1e-9 * fabs(expected));
			assert_near(pv_evaluated_time(e, (enum pv_predictor)k, p, 1).predicted_ns, expected, 1e-9 * fabs(expected));
		}
	pv_vectors_free(vectors);
	pv_evaluation_free(whole);
	pv_evaluation_free(e);
}

static void test_held_out_rows__are_the_test_parts_of_seen_programs(void **state)
{
	const struct fixture *f = *state;
	struct pv_evaluate_options o = pv_evaluate_defaults();
	o.held_out_rows = true;
	struct pv_evaluation *e = evaluate(f, &o);
	for (int p = 0; p < 6; p++) {
		const struct pv_dataset_program *program = pv_dataset_program(f->dataset, p);
		const uint64_t from = p < 4 ? program->begin[PV_SPLIT_TEST] : 0, to = p < 4 ? program->end[PV_SPLIT_TEST] : program->n_rows;
		double tenths = 0;
		for (uint64_t row = from; row < to; row++)
			tenths += program->target_bytes == 2 ? ((const uint16_t *)program->targets)[row * 6 + 3]
			                                     : ((const uint32_t *)program->targets)[row * 6 + 3];
		assert_int_equal(pv_evaluated_program(e, p)->n_rows, to - from);
		assert_near(pv_evaluated_time(e, PV_PREDICTOR_MODEL, p, 3).simulated_ns, 0.1 * tenths, 1e-6);
	}
	pv_evaluation_free(e);
}

/* ---- baselines ---- */

static void test_mean_cpi__is_the_mean_of_the_training_programs(void **state)
{
	const struct fixture *f = *state;
	const struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_evaluation *e = evaluate(f, &o);
	double per_insn = 0; /* every row of this dataset is an instruction */
	for (int p = 0; p < 4; p++) {
		const struct pv_dataset_program *program = pv_dataset_program(f->dataset, p);
		double tenths = 0;
		for (uint64_t row = 0; row < program->end[PV_SPLIT_TRAIN]; row++)
			tenths += program->target_bytes == 2 ? ((const uint16_t *)program->targets)[row * 6 + 4]
			                                     : ((const uint32_t *)program->targets)[row * 6 + 4];
		per_insn += tenths / (double)program->end[PV_SPLIT_TRAIN] / 4;
	}
	const double expected = 0.1 * per_insn * (double)pv_dataset_program(f->dataset, 5)->n_insns;
	assert_near(pv_evaluated_time(e, PV_PREDICTOR_MEAN_CPI, 5, 4).predicted_ns, expected, 1e-9 * expected);
	pv_evaluation_free(e);
}

/* The formula's times are nearly linear in what the regression is given. */
static void test_regression__learns_a_linear_machine(void **state)
{
	const struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_evaluation *e = evaluate(*state, &o);
	struct pv_accuracy a;
	const struct pv_pairs seen = pv_pairs_of(PV_WHICH_SEEN, PV_WHICH_ALL);
	must(pv_evaluation_accuracy(e, PV_PREDICTOR_REGRESSION, &seen, &a, NULL), NULL);
	assert_int_equal(a.error.n, 24);
	assert_true(a.error.mean < 0.05);
	assert_true(a.spearman_time > 0.95);
	pv_evaluation_free(e);
}

/* Its machine files say nothing that the interval model could use. */
static void test_interval__needs_machine_files(void **state)
{
	const struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_evaluation *e = evaluate(*state, &o);
	struct pv_accuracy a;
	const struct pv_pairs all = pv_pairs_of(PV_WHICH_ALL, PV_WHICH_ALL);
	assert_false(pv_evaluation_info(e)->available[PV_PREDICTOR_INTERVAL]);
	assert_false(pv_evaluated_machine(e, 0)->has_parameters);
	must(pv_evaluation_accuracy(e, PV_PREDICTOR_INTERVAL, &all, &a, NULL), NULL);
	assert_int_equal(a.error.n, 0);
	assert_true(isnan(a.error.mean) && isnan(a.pearson_ipc) && a.worst_program == -1);
	pv_evaluation_free(e);
}

/* ---- sums over pairs ---- */

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void test_accuracy__of_one_quadrant(void **state)
{
	const struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_evaluation *e = evaluate(*state, &o);
	struct pv_accuracy a;
	const struct pv_pairs pairs = pv_pairs_of(PV_WHICH_UNSEEN, PV_WHICH_SEEN);
	double errors[8], sum = 0, bias = 0, worst = 0;
	int n = 0;
	for (int p = 4; p < 6; p++)
		for (int m = 0; m < 4; m++) {
			const double error = pv_evaluated_time(e, PV_PREDICTOR_MODEL, p, m).error;
			worst = fabs(error) > fabs(worst) ? error : worst;
			bias += error / 8;
			sum += fabs(error);
			errors[n++] = fabs(error);
		}
	qsort(errors, 8, sizeof *errors, by_value);
	must(pv_evaluation_accuracy(e, PV_PREDICTOR_MODEL, &pairs, &a, NULL), NULL);
	assert_int_equal(a.error.n, 8);
	assert_int_equal(a.n_programs, 2);
	assert_int_equal(a.n_machines, 4);
	assert_near(a.error.mean, sum / 8, 1e-12);
	assert_near(a.error.bias, bias, 1e-12);
	assert_near(a.error.median, 0.5 * (errors[3] + errors[4]), 1e-12);
	assert_near(a.error.p95, errors[6] + 0.65 * (errors[7] - errors[6]), 1e-12); /* place 0.95 x 7 = 6.65 */
	assert_near(a.error.worst, worst, 1e-12);
	assert_near(pv_evaluated_time(e, PV_PREDICTOR_MODEL, a.worst_program, a.worst_machine).error, worst, 0);
	assert_int_equal(a.worst_phase, -1);
	assert_true(errors[0] <= a.mean_low && a.mean_low <= a.error.mean && a.error.mean <= a.mean_high && a.mean_high <= errors[7]);
	pv_evaluation_free(e);
}

/* One program on one machine: the figure itself, and no interval. */
static void test_accuracy__of_one_pair(void **state)
{
	const struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_evaluation *e = evaluate(*state, &o);
	struct pv_pairs pairs = pv_pairs_of(PV_WHICH_ALL, PV_WHICH_ALL);
	struct pv_accuracy a;
	pairs.program = 2;
	pairs.machine = 5;
	must(pv_evaluation_accuracy(e, PV_PREDICTOR_MODEL, &pairs, &a, NULL), NULL);
	const double error = pv_evaluated_time(e, PV_PREDICTOR_MODEL, 2, 5).error;
	assert_int_equal(a.error.n, 1);
	assert_near(a.error.mean, fabs(error), 0);
	assert_near(a.error.median, fabs(error), 0);
	assert_near(a.error.worst, error, 0);
	assert_true(isnan(a.mean_low) && isnan(a.pearson_time) && isnan(a.spearman_ipc));
	pairs.machines = PV_WHICH_SEEN; /* m5 is not */
	must(pv_evaluation_accuracy(e, PV_PREDICTOR_MODEL, &pairs, &a, NULL), NULL);
	assert_int_equal(a.error.n, 0);
	pv_evaluation_free(e);
}

/* Four quadrants, then 6 programs and 6 machines with two halves each; with phases all of it again. */
static void test_groups__are_in_the_order_of_a_report(void **state)
{
	struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_evaluation *e = evaluate(*state, &o);
	assert_int_equal(pv_evaluation_n_groups(e), 4 + 2 * 6 + 2 * 6);
	pv_evaluation_free(e);
	o.phase_insns = 700;
	e = evaluate(*state, &o);
	assert_int_equal(pv_evaluation_n_groups(e), 2 * (4 + 2 * 6 + 2 * 6));
	static const struct {
		int i;
		const char *section, *program, *program_kind, *machine, *machine_kind;
	} expected[] = {
	    {1, "quadrant", "", "seen", "", "tuned"},
	    {2, "quadrant", "", "unseen", "", "seen"},
	    {4 + 2 * 3, "program", "p3", "seen", "", "seen"},
	    {4 + 2 * 4 + 1, "program", "p4", "unseen", "", "tuned"},
	    {4 + 12 + 2 * 5 + 1, "machine", "", "unseen", "m5", "tuned"},
	    {28 + 1, "phases_of_quadrant", "", "seen", "", "tuned"},
	    {28 + 4 + 12 + 1, "phases_of_machine", "", "unseen", "m0", "seen"},
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		const struct pv_evaluation_group g = pv_evaluation_group(e, expected[i].i);
		assert_string_equal(g.section, expected[i].section);
		assert_string_equal(g.program, expected[i].program);
		assert_string_equal(g.program_kind, expected[i].program_kind);
		assert_string_equal(g.machine, expected[i].machine);
		assert_string_equal(g.machine_kind, expected[i].machine_kind);
		assert_int_equal(g.pairs.phases, expected[i].i >= 28);
	}
	const struct pv_evaluation_group g = pv_evaluation_group(e, 4 + 2 * 4 + 1);
	assert_true(g.pairs.program == 4 && g.pairs.machine == -1 && g.pairs.machines == PV_WHICH_UNSEEN);
	assert_string_equal(pv_quadrant_name(1), "seen programs, tuned machines");
	pv_evaluation_free(e);
}

static double mean_error_of_phase(const struct pv_evaluation *e, int u)
{
	double sum = 0;
	for (int m = 0; m < 6; m++)
		sum += fabs(pv_evaluated_phase_time(e, PV_PREDICTOR_MODEL, u, m).error) / 6;
	return sum;
}

static void test_worst_phases__are_the_worst_and_whole(void **state)
{
	struct pv_evaluate_options o = pv_evaluate_defaults();
	o.phase_insns = 700;
	struct pv_evaluation *e = evaluate(*state, &o);
	const int U = pv_evaluation_info(e)->n_phases;
	struct pv_worst_phase all[200], three[3];
	const int n = pv_evaluation_worst_phases(e, PV_PREDICTOR_MODEL, all, 200);
	int whole = 0;
	for (int u = 0; u < U; u++)
		whole += pv_evaluated_phase(e, u)->whole;
	assert_true(whole < U && n == whole);
	for (int i = 0; i < n; i++) {
		assert_true(pv_evaluated_phase(e, all[i].phase)->whole);
		assert_near(all[i].error, mean_error_of_phase(e, all[i].phase), 1e-12);
		assert_true(fabs(all[i].bias) <= all[i].error * (1 + 1e-12));
		assert_true(i == 0 || all[i].error <= all[i - 1].error);
	}
	assert_int_equal(pv_evaluation_worst_phases(e, PV_PREDICTOR_MODEL, three, 3), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(three[i].phase, all[i].phase);
	pv_evaluation_free(e);
}

/* Of six machines the third best one. */
static void test_typical_machine__has_the_median_error(void **state)
{
	const struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_evaluation *e = evaluate(*state, &o);
	double errors[6], sorted[6];
	int machine = -1;
	for (int m = 0; m < 6; m++) {
		errors[m] = 0;
		for (int p = 0; p < 6; p++)
			errors[m] += fabs(pv_evaluated_time(e, PV_PREDICTOR_MODEL, p, m).error);
		sorted[m] = errors[m];
	}
	qsort(sorted, 6, sizeof *sorted, by_value);
	must(pv_evaluation_typical_machine(e, &machine, NULL), NULL);
	assert_true(machine >= 0 && machine < 6 && errors[machine] == sorted[2]);
	pv_evaluation_free(e);
}

/* The longest program has 9000 and up to a third more instructions: a sixtieth is 200 at most, and no phase is shorter than 1000. */
static void test_phase_length__is_round(void **state)
{
	const struct fixture *f = *state;
	assert_int_equal(pv_evaluate_phase_insns(f->dataset), 1000);
}

/* Intervals depend on the seed alone, and on nothing without resamples. */
static void test_bootstrap__is_seeded(void **state)
{
	struct pv_evaluate_options o = pv_evaluate_defaults();
	const struct pv_pairs pairs = pv_pairs_of(PV_WHICH_SEEN, PV_WHICH_SEEN);
	struct pv_accuracy a[4];
	for (int i = 0; i < 4; i++) {
		o.seed = i == 2 ? 2 : 1;
		o.n_resamples = i == 3 ? 0 : 200;
		struct pv_evaluation *e = evaluate(*state, &o);
		must(pv_evaluation_accuracy(e, PV_PREDICTOR_MODEL, &pairs, &a[i], NULL), NULL);
		pv_evaluation_free(e);
	}
	assert_true(a[0].mean_low == a[1].mean_low && a[0].mean_high == a[1].mean_high);
	assert_true(a[0].mean_low != a[2].mean_low);
	assert_true(a[0].mean_low < a[0].mean_high);
	assert_true(isnan(a[3].mean_low) && isnan(a[3].mean_high));
	assert_true(a[3].error.mean == a[0].error.mean);
}

static void test_compare__is_the_difference_of_means(void **state)
{
	const struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_evaluation *e = evaluate(*state, &o);
	const struct pv_pairs pairs = pv_pairs_of(PV_WHICH_SEEN, PV_WHICH_UNSEEN);
	struct pv_accuracy model, baseline;
	struct pv_comparison c;
	must(pv_evaluation_accuracy(e, PV_PREDICTOR_MODEL, &pairs, &model, NULL), NULL);
	must(pv_evaluation_accuracy(e, PV_PREDICTOR_MEAN_CPI, &pairs, &baseline, NULL), NULL);
	must(pv_evaluation_compare(e, PV_PREDICTOR_MEAN_CPI, &pairs, &c, NULL), NULL);
	assert_int_equal(c.n, 8);
	assert_near(c.model, model.error.mean, 1e-12);
	assert_near(c.baseline, baseline.error.mean, 1e-12);
	assert_near(c.difference, model.error.mean - baseline.error.mean, 1e-12);
	assert_true(c.low <= c.difference && c.difference <= c.high);
	must(pv_evaluation_compare(e, PV_PREDICTOR_INTERVAL, &pairs, &c, NULL), NULL);
	assert_int_equal(c.n, 0);
	assert_true(isnan(c.difference));
	pv_evaluation_free(e);
}

/* ---- what is refused ---- */

static void assert_refused(const struct fixture *f, const struct pv_dataset *dataset, const struct pv_evaluate_options *o, const char *why)
{
	struct pv_evaluation *e = NULL;
	struct pv_error err = {0};
	assert_int_equal(pv_evaluate(f->model, dataset, o, NULL, &e, &err), PV_ERR_ARG);
	assert_null(e);
	if (!strstr(err.message, why))
		fail_msg("'%s' does not say '%s'", err.message, why);
}

/* A dataset of one machine and one program whose rows all take `time`. */
static struct pv_dataset *small_dataset(const char *machine, uint32_t time)
{
	struct pv_error err = {0};
	struct pv_dataset_writer *w;
	struct pv_dataset *dataset;
	const struct pv_feature_row row = {.flags = PV_FEATURE_LAST, .op = PV_OP_IntAlu + 1, .fetch_reuse = 1};
	const struct pv_dataset_machine_spec machines[] = {{machine, false, 1000, "# formula\n"}};
	const struct pv_dataset_spec spec = {.machines = machines, .n_machines = 1, .target = PV_TARGET_store_commit};
	must(pv_dataset_create("small", &spec, &w, &err), &err);
	must(pv_dataset_begin_program(w, "new", false, NULL, &err), &err);
	must(pv_dataset_append(w, &row, &time, 1, &err), &err);
	must(pv_dataset_end_program(w, &err), &err);
	must(pv_dataset_finish(w, &err), &err);
	must(pv_dataset_open("small", &dataset, &err), &err);
	return dataset;
}

static void test_evaluate__refuses(void **state)
{
	const struct fixture *f = *state;
	struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_dataset *other = small_dataset("elsewhere", 7);
	assert_refused(f, other, &o, "none of the dataset's 1 machines is among the model's 6");
	o.machines = (const int[]){3};
	o.n_machines = 1;
	assert_refused(f, other, &o, "no times of machine 'm3'");
	o.machines = (const int[]){6};
	assert_refused(f, f->dataset, &o, "no machine number 6");
	pv_dataset_close(other);
	o.machines = NULL;
	other = small_dataset("m1", 0);
	assert_refused(f, other, &o, "no times");
	pv_dataset_close(other);
}

/* Nothing to learn from: the baselines with a fit are left out, the model is tested all the same. */
static void test_evaluate__without_training_rows(void **state)
{
	const struct fixture *f = *state;
	const struct pv_evaluate_options o = pv_evaluate_defaults();
	struct pv_dataset *other = small_dataset("m1", 9);
	struct pv_evaluation *e = NULL;
	must(pv_evaluate(f->model, other, &o, NULL, &e, NULL), &(struct pv_error){0});
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	assert_int_equal(info->n_fit_programs, 0);
	assert_true(info->available[PV_PREDICTOR_MODEL]);
	assert_false(info->available[PV_PREDICTOR_MEAN_CPI] || info->available[PV_PREDICTOR_REGRESSION]);
	assert_near(pv_evaluated_time(e, PV_PREDICTOR_MODEL, 0, 0).simulated_ns, 0.9, 1e-12);
	pv_evaluation_free(e);
	pv_dataset_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_evaluate__predicts_what_predict_does),
	    cmocka_unit_test(test_evaluate__same_at_any_number_of_threads),
	    cmocka_unit_test(test_phases__add_up),
	    cmocka_unit_test(test_held_out_rows__are_the_test_parts_of_seen_programs),
	    cmocka_unit_test(test_mean_cpi__is_the_mean_of_the_training_programs),
	    cmocka_unit_test(test_regression__learns_a_linear_machine),
	    cmocka_unit_test(test_interval__needs_machine_files),
	    cmocka_unit_test(test_accuracy__of_one_quadrant),
	    cmocka_unit_test(test_accuracy__of_one_pair),
	    cmocka_unit_test(test_groups__are_in_the_order_of_a_report),
	    cmocka_unit_test(test_worst_phases__are_the_worst_and_whole),
	    cmocka_unit_test(test_typical_machine__has_the_median_error),
	    cmocka_unit_test(test_phase_length__is_round),
	    cmocka_unit_test(test_bootstrap__is_seeded),
	    cmocka_unit_test(test_compare__is_the_difference_of_means),
	    cmocka_unit_test(test_evaluate__refuses),
	    cmocka_unit_test(test_evaluate__without_training_rows),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
