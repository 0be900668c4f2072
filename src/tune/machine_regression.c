/*
 * machine_regression.c - fitting a machine regression, and testing it on machines left out
 *
 *   foundation over the programs -> anchors; times of all machines -> logarithms of anchor times
 *                                 -> ridge fit -> vectors -> shapes                                \
 *   machine files -> inputs ------------------------------------------------------------------------> Gaussian process
 *
 * The test deals the machines into parts; each part is predicted by a net learnt from the other machines alone, normalisation and scales
 * included. Programs that are held out took no part in vectors, anchors or scales.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "base/random.h"
#include "fit/ridge.h"
#include "tune/tuning.h"
#include "machine_regression/regression.h"

/* Stretches of a program that become anchors; machines that the scales are searched with; the least that a curve begins with. */
enum { ANCHORS_PER_PROGRAM = 8, SCALE_MACHINES = 256, LEAST_MACHINES = 3, CURVE_LEAST = 10 };

struct learning {
	struct tune_data base;
	const struct pv_machine_regression_options *options;
	const struct pv_progress *progress;
	int K, A, C, D;
	struct pv_uarch **uarchs;   /* (K) */
	struct tune_totals anchors; /* (A) */
	struct tune_totals seen, unseen;
	double *w, *b;   /* (K, D), (K): vectors learnt from times */
	double *logs;    /* (K, A) of the anchors' times */
	double *shapes;  /* (K, C) vectors over the geometric mean of the anchors' times */
	uint32_t *order; /* (K) the machines shuffled */
	double *vectors; /* (K, C) predicted ones */
	double *errors;  /* scratch */
};

/* ---- data -------------------------------------------------------------------------------------------------------------------------- */

static enum pv_status load_machines(struct learning *l, struct pv_error *err)
{
	l->uarchs = calloc((size_t)l->K, sizeof *l->uarchs);
	FAIL_IF(!l->uarchs, err, PV_ERR_NOMEM, "out of memory");
	for (int k = 0; k < l->K; k++) {
		const char *path = pv_dataset_machine(l->base.dataset, l->base.source.columns.column[k])->path;
		TRY(pv_uarch_load(path, &l->uarchs[k], err));
	}
	return PV_OK;
}

/* An anchor's representation as a row of C columns. */
static void anchor_row(const struct tune_totals *anchors, int a, int C, double *row)
{
	memcpy(row, anchors->x + (size_t)a * (size_t)anchors->D, (size_t)anchors->D * sizeof *row);
	if (C > anchors->D)
		row[anchors->D] = anchors->rows[a];
}

/* Logarithms of the anchors' times, and every vector over their geometric mean. */
static void fill_outputs(struct learning *l)
{
	const size_t K = (size_t)l->K, A = (size_t)l->A, C = (size_t)l->C, D = (size_t)l->D;
	for (size_t k = 0; k < K; k++) {
		double mean = 0;
		for (size_t a = 0; a < A; a++) {
			const double time = l->anchors.y[a * K + k];
			l->logs[k * A + a] = log(time > 0 ? time : 1);
			mean += l->logs[k * A + a] / (double)A;
		}
		for (size_t c = 0; c < C; c++)
			l->shapes[k * C + c] = (c < D ? l->w[k * D + c] : l->b[k]) / exp(mean);
	}
}

static enum pv_status prepare(struct learning *l, struct pv_error *err)
{
	struct fit_ridge_result r;
	TRY(load_machines(l, err));
	TRY(tune_totals_new(&l->base.fitted, ANCHORS_PER_PROGRAM, &l->anchors, err));
	TRY(tune_totals_new(&l->base.fitted, 1, &l->seen, err));
	TRY(tune_totals_new(&l->base.held, 1, &l->unseen, err));
	l->A = l->anchors.n;
	const size_t K = (size_t)l->K, A = (size_t)l->A, C = (size_t)l->C, programs = (size_t)(l->seen.n + l->unseen.n);
	l->w = calloc(K * (size_t)l->D, sizeof *l->w);
	l->b = calloc(K, sizeof *l->b);
	l->logs = calloc(K * A, sizeof *l->logs);
	l->shapes = calloc(K * C, sizeof *l->shapes);
	l->vectors = calloc(K * C, sizeof *l->vectors);
	l->order = calloc(K, sizeof *l->order);
	l->errors = calloc(K * programs + 1, sizeof *l->errors);
	FAIL_IF(!l->w || !l->b || !l->logs || !l->shapes || !l->vectors || !l->order || !l->errors, err, PV_ERR_NOMEM,
	        "out of memory for %d machines", l->K);
	TRY(fit_ridge(&l->base.fitted, &l->base.valid, l->w, l->C > l->D ? l->b : NULL, &r, err));
	fill_outputs(l);
	struct base_random rng;
	base_random_init(&rng, l->options->seed);
	for (size_t k = 0; k < K; k++)
		l->order[k] = (uint32_t)k;
	base_random_shuffle(&rng, l->order, K);
	return PV_OK;
}

static void release(struct learning *l)
{
	for (int k = 0; l->uarchs && k < l->K; k++)
		pv_uarch_free(l->uarchs[k]);
	free(l->uarchs);
	tune_totals_release(&l->anchors);
	tune_totals_release(&l->seen);
	tune_totals_release(&l->unseen);
	free(l->w);
	free(l->b);
	free(l->logs);
	free(l->shapes);
	free(l->vectors);
	free(l->order);
	free(l->errors);
	tune_data_release(&l->base);
}

/* ---- learning ---------------------------------------------------------------------------------------------------------------------- */

/* Inputs (n, d) and outputs (n, A + C) of some machines. */
static void gather(const struct learning *l, const struct machine_regression *net, const uint32_t *machines, int n, double *x, double *y)
{
	const size_t A = (size_t)l->A, C = (size_t)l->C, d = (size_t)net->inputs.d;
	for (size_t i = 0; i < (size_t)n; i++) {
		const size_t k = machines[i];
		regression_machine_inputs_get(&net->inputs, l->uarchs[k], x + i * d);
		memcpy(y + i * (A + C), l->logs + k * A, A * sizeof *y);
		memcpy(y + i * (A + C) + A, l->shapes + k * C, C * sizeof *y);
	}
}

static enum pv_status regress(const struct learning *l, struct machine_regression *net, const uint32_t *machines, int n, double *x,
                              double *y, double *logs, struct pv_error *err)
{
	const size_t A = (size_t)l->A, q = A + (size_t)l->C;
	const int searched = n < SCALE_MACHINES ? n : SCALE_MACHINES;
	gather(l, net, machines, n, x, y);
	for (size_t i = 0; i < (size_t)searched; i++)
		memcpy(logs + i * A, y + i * q, A * sizeof *logs);
	TRY(regression_gp_scales(x, searched, net->inputs.d, logs, l->A, &net->gp, err));
	return regression_gp_fit(&net->gp, x, n, y, (int)q, err);
}

static enum pv_status learn_into(const struct learning *l, struct machine_regression *net, const uint32_t *machines, int n,
                                 struct pv_error *err)
{
	const size_t N = (size_t)n, A = (size_t)l->A, C = (size_t)l->C;
	const struct pv_uarch **uarchs = calloc(N, sizeof *uarchs);
	FAIL_IF(!uarchs, err, PV_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < N; i++)
		uarchs[i] = l->uarchs[machines[i]];
	enum pv_status status =
	    regression_machine_inputs_init(uarchs, n, l->options->parameters, l->options->n_parameters, &net->inputs, err);
	free(uarchs);
	TRY(status);
	double *x = calloc(N * (size_t)net->inputs.d, sizeof *x), *y = calloc(N * (A + C), sizeof *y), *logs = calloc(N * A, sizeof *logs);
	status = x && y && logs ? regress(l, net, machines, n, x, y, logs, err) : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	free(x);
	free(y);
	free(logs);
	net->anchors = calloc(A * C, sizeof *net->anchors);
	FAIL_IF(status == PV_OK && !net->anchors, err, PV_ERR_NOMEM, "out of memory");
	for (int a = 0; status == PV_OK && a < l->A; a++)
		anchor_row(&l->anchors, a, l->C, net->anchors + (size_t)a * C);
	return status == PV_OK ? machine_regression_finish(net, err) : status;
}

/* A net from some of the machines. */
static enum pv_status learn(const struct learning *l, const uint32_t *machines, int n, struct machine_regression **net,
                            struct pv_error *err)
{
	struct machine_regression *made = calloc(1, sizeof *made);
	FAIL_IF(!made, err, PV_ERR_NOMEM, "out of memory");
	made->A = l->A;
	made->C = l->C;
	made->error = NAN;
	const enum pv_status status = learn_into(l, made, machines, n, err);
	if (status != PV_OK) {
		machine_regression_free(made);
		return status;
	}
	*net = made;
	return PV_OK;
}

/* ---- testing ----------------------------------------------------------------------------------------------------------------------- */

/* Learns from the first n machines of `from` and predicts those of `left_out`, whose vectors it writes. */
struct trial {
	const struct learning *l;
	uint32_t *from;
	int n_from;
	const uint32_t *left_out;
	int n_left_out;
	double *vectors; /* (K, C) */
	enum pv_status status;
	struct pv_error err;
};

static void run_trial(void *context, int task, int thread)
{
	(void)thread;
	struct trial *t = (struct trial *)context + task;
	struct machine_regression *net = NULL;
	t->status = learn(t->l, t->from, t->n_from, &net, &t->err);
	for (int i = 0; t->status == PV_OK && i < t->n_left_out; i++)
		t->status = machine_regression_vector(net, t->l->uarchs[t->left_out[i]],
		                                      t->vectors + (size_t)t->left_out[i] * (size_t)t->l->C, &t->err);
	machine_regression_free(net);
}

static enum pv_status run_trials(struct learning *l, struct trial *trials, int n, struct pv_error *err)
{
	FAIL_IF(l->progress && l->progress->stop && l->progress->stop(l->progress->user), err, PV_ERR_INTERRUPTED, "interrupted");
	base_threads_run(l->base.pool, run_trial, trials, n);
	for (int i = 0; i < n; i++)
		if (trials[i].status != PV_OK) {
			if (err)
				*err = trials[i].err;
			return trials[i].status;
		}
	return PV_OK;
}

/* Errors of vectors (K, C) over totals and some machines. */
static struct pv_error_summary errors_of(struct learning *l, const struct tune_totals *t, const double *vectors, const uint32_t *machines,
                                         int n)
{
	size_t count = 0;
	for (int p = 0; p < t->n; p++)
		for (int i = 0; i < n; i++) {
			const size_t k = machines[i];
			const double *vector = vectors + k * (size_t)l->C, truth = t->y[(size_t)p * (size_t)l->K + k];
			if (truth > 0)
				l->errors[count++] = tune_totals_time(t, p, vector, l->C > l->D ? vector[l->D] : 0) / truth - 1;
		}
	return pv_error_summarize(l->errors, count);
}

static struct pv_machine_regression_point point_of(struct learning *l, int n_machines, const double *vectors, const uint32_t *machines,
                                                   int n)
{
	return (struct pv_machine_regression_point){n_machines, errors_of(l, &l->seen, vectors, machines, n),
	                                            errors_of(l, &l->unseen, vectors, machines, n)};
}

/* Every program's geometric mean time over the machines that were not left out with this one; parts are those of the test. */
static struct pv_error_summary nobody_on(struct learning *l, const struct tune_totals *t, int parts)
{
	size_t count = 0;
	for (int p = 0; p < t->n; p++)
		for (int i = 0; i < l->K; i++) {
			double sum = 0, truth = t->y[(size_t)p * (size_t)l->K + l->order[i]];
			int n = 0;
			for (int j = 0; j < l->K; j++) {
				const double time = t->y[(size_t)p * (size_t)l->K + l->order[j]];
				if (j % parts == i % parts || !(time > 0))
					continue;
				sum += log(time);
				n++;
			}
			if (truth > 0 && n)
				l->errors[count++] = exp(sum / n) / truth - 1;
		}
	return pv_error_summarize(l->errors, count);
}

/* Machine i of the order belongs to part i % parts. */
static enum pv_status test_parts(struct learning *l, int parts, struct pv_machine_regression_report *report, struct pv_error *err)
{
	const size_t K = (size_t)l->K;
	struct trial *trials = calloc((size_t)parts, sizeof *trials);
	uint32_t *from = calloc((size_t)parts * K, sizeof *from), *left = calloc((size_t)parts * K, sizeof *left);
	enum pv_status status = trials && from && left ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	for (int p = 0; status == PV_OK && p < parts; p++) {
		trials[p] = (struct trial){.l = l, .from = from + (size_t)p * K, .left_out = left + (size_t)p * K, .vectors = l->vectors};
		for (size_t i = 0; i < K; i++) {
			if ((int)(i % (size_t)parts) == p)
				left[(size_t)p * K + (size_t)trials[p].n_left_out++] = l->order[i];
			else
				trials[p].from[trials[p].n_from++] = l->order[i];
		}
	}
	if (status == PV_OK)
		status = run_trials(l, trials, parts, err);
	if (status == PV_OK)
		report->net = point_of(l, trials[0].n_from, l->vectors, l->order, l->K);
	free(trials);
	free(from);
	free(left);
	return status;
}

/* The first part is left out throughout; more and more of the others are learnt from. */
static enum pv_status test_curve(struct learning *l, struct pv_machine_regression_report *report, struct pv_error *err)
{
	const int n_left = l->K / PV_MACHINE_REGRESSION_PARTS, rest = l->K - n_left;
	for (int n = CURVE_LEAST; n_left && report->n_curve < PV_MACHINE_REGRESSION_CURVE; n *= 2) {
		struct trial t = {.l = l,
		                  .from = l->order + n_left,
		                  .n_from = n < rest ? n : rest,
		                  .left_out = l->order,
		                  .n_left_out = n_left,
		                  .vectors = l->vectors};
		TRY(run_trials(l, &t, 1, err));
		report->curve[report->n_curve++] = point_of(l, t.n_from, l->vectors, l->order, n_left);
		if (n >= rest)
			break;
	}
	return PV_OK;
}

/* Machine vectors learnt from times, in the layout of predicted ones. */
static void take_timed_rows(struct learning *l)
{
	const size_t C = (size_t)l->C, D = (size_t)l->D;
	for (size_t k = 0; k < (size_t)l->K; k++)
		for (size_t c = 0; c < C; c++)
			l->vectors[k * C + c] = c < D ? l->w[k * D + c] : l->b[k];
}

static enum pv_status test(struct learning *l, struct pv_machine_regression_report *report, struct pv_error *err)
{
	const int parts = l->K < 4 * PV_MACHINE_REGRESSION_PARTS ? l->K : PV_MACHINE_REGRESSION_PARTS; /* few machines: each by itself */
	*report = (struct pv_machine_regression_report){.n_machines = l->K, .n_seen = l->seen.n, .n_unseen = l->unseen.n};
	TRY(test_parts(l, parts, report, err));
	if (l->options->curve)
		TRY(test_curve(l, report, err));
	take_timed_rows(l);
	report->timed = point_of(l, l->K, l->vectors, l->order, l->K);
	report->nobody =
	    (struct pv_machine_regression_point){report->net.n_machines, nobody_on(l, &l->seen, parts), nobody_on(l, &l->unseen, parts)};
	return PV_OK;
}

/* ---- the whole --------------------------------------------------------------------------------------------------------------------- */

static enum pv_status run(struct learning *l, const struct tune_data_choice *choice, const struct pv_model *model,
                          const struct pv_dataset *dataset, struct machine_regression **net, struct pv_machine_regression_report *report,
                          struct pv_error *err)
{
	TRY(tune_data_run(&l->base, model, dataset, choice, l->progress, err));
	TRY(prepare(l, err));
	if (report)
		TRY(test(l, report, err));
	TRY(learn(l, l->order, l->K, net, err));
	if (report) {
		report->n_inputs = (*net)->inputs.d;
		(*net)->error = report->n_unseen ? report->net.unseen.mean : report->net.seen.mean;
		(*net)->kernel[2] = (*net)->error;
	}
	return PV_OK;
}

static enum pv_status make_model(const struct pv_model *model, struct machine_regression *net, const char *command,
                                 struct pv_model **learnt, struct pv_error *err)
{
	struct pv_model *m;
	TRY(model_extend(model, 0, &m, err));
	machine_regression_free(m->net);
	m->net = net;
	enum pv_status status = model_set_origin(m, command, pv_version(), err);
	if (status != PV_OK) {
		m->net = NULL;
		pv_model_free(m);
		return status;
	}
	model_seal(m);
	*learnt = m;
	return PV_OK;
}

enum pv_status pv_model_learn_machine_regression(const struct pv_model *model, const struct pv_dataset *dataset, const int *machines, int n,
                                                 const struct pv_machine_regression_options *options, const struct pv_progress *progress,
                                                 struct pv_model **learnt, struct pv_machine_regression_report *report,
                                                 struct pv_error *err)
{
	const int K = machines ? n : pv_dataset_n_machines(dataset);
	int *all = calloc((size_t)K + 1, sizeof *all);
	FAIL_IF(!all, err, PV_ERR_NOMEM, "out of memory");
	for (int k = 0; k < K; k++)
		all[k] = machines ? machines[k] : k;
	const struct tune_data_choice choice = {
	    .machines = all, .n_machines = K, .rows = options->refit_rows, .held = report != NULL, .threads = options->threads};
	struct learning l = {
	    .options = options, .progress = progress, .K = K, .D = model->info.n_repr, .C = model->info.n_repr + model->expression.bias};
	struct machine_regression *net = NULL;
	enum pv_status status = PV_OK;
	if (K < LEAST_MACHINES)
		status = base_error_set(err, PV_ERR_ARG, "a machine regression needs %d machines to be fitted on at least, not %d",
		                        LEAST_MACHINES, K);
	if (status == PV_OK)
		status = run(&l, &choice, model, dataset, &net, report, err);
	if (status == PV_OK)
		status = make_model(model, net, options->command, learnt, err);
	if (status != PV_OK)
		machine_regression_free(net);
	release(&l);
	free(all);
	return status;
}
