/*
 * baselines.c - predictors without a network
 *
 * Those that learn do so machine by machine from the training rows of the programs that the model has seen: a machine that was tuned
 * later is fitted to the times that tuning had. All predict the sum of a unit's pieces.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "evaluate/evaluation.h"
#include "evaluate/interval.h"
#include "evaluate/regression.h"
#include "fit/ridge.h"

static bool is_fit_piece(const struct evaluate_task *t, size_t i, enum pv_split split)
{
	return t->pieces.pieces[i].split == split && t->fit[t->pieces.pieces[i].program];
}

/* Architectural instructions, or rows of a source that does not say where they end. */
static double instructions_of(const struct evaluate_profile *p)
{
	return p->insns ? p->insns : p->rows;
}

/* ---- mean CPI ---- */

enum pv_status evaluate_mean_cpi_times(const struct evaluate_task *t, double *times, struct pv_error *err)
{
	const size_t M = (size_t)t->M, P = (size_t)pv_dataset_n_programs(t->dataset);
	double *sums = calloc(P * M + P, sizeof *sums), *insns = sums ? sums + P * M : NULL;
	FAIL_IF(!sums, err, PV_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < t->pieces.n; i++) {
		if (!is_fit_piece(t, i, PV_SPLIT_TRAIN))
			continue;
		const size_t p = (size_t)t->pieces.pieces[i].program;
		insns[p] += instructions_of(&t->pieces.profiles[i]);
		for (size_t m = 0; m < M; m++)
			sums[p * M + m] += t->pieces.times[i * M + m];
	}
	for (size_t i = 0; i < t->pieces.n; i++) {
		const int unit = t->pieces.pieces[i].unit;
		for (size_t m = 0; unit >= 0 && m < M; m++) {
			double cpi = 0; /* 0.1 ns an instruction, every program alike */
			int n = 0;
			for (size_t p = 0; p < P; p++)
				if (insns[p] > 0) {
					cpi += sums[p * M + m] / insns[p];
					n++;
				}
			times[(size_t)unit * M + m] += n ? cpi / n * instructions_of(&t->pieces.profiles[i]) : NAN;
		}
	}
	free(sums);
	return PV_OK;
}

/* ---- regressions ---- */

/* A fit: what times are regressed on, and of which machines. */
struct regressors {
	int D;
	bool inputs;         /* sums of the model's inputs; else counts of the profile */
	int n;               /* machines */
	const int *machines; /* (n) */
};

enum { MAX_REGRESSORS = (int)EVALUATE_REGRESSORS > (int)MODEL_MAX_INPUTS ? (int)EVALUATE_REGRESSORS : (int)MODEL_MAX_INPUTS };

/* The (D) regressors of a piece. */
static void regressors_of(const struct evaluate_task *t, const struct regressors *r, size_t i, double *x)
{
	if (r->inputs)
		memcpy(x, t->pieces.inputs + i * (size_t)r->D, (size_t)r->D * sizeof *x);
	else
		evaluate_regressors(&t->pieces.profiles[i], x);
}

/* Whether a piece goes on with the cell of the one before it: units may cut cells, and the fit is not to depend on them. */
static bool goes_on(const struct evaluate_task *t, size_t i)
{
	return i && t->pieces.pieces[i].cell == t->pieces.pieces[i - 1].cell;
}

static enum pv_status segments_init(struct represent_segments *g, size_t n, int D, int M, struct pv_error *err)
{
	*g = (struct represent_segments){.D = D, .K = M};
	g->program = calloc(n + 1, sizeof *g->program);
	g->rows = calloc(n + 1, sizeof *g->rows);
	g->x = calloc((n + 1) * (size_t)D, sizeof *g->x);
	g->y = calloc((n + 1) * (size_t)M, sizeof *g->y);
	FAIL_IF(!g->program || !g->rows || !g->x || !g->y, err, PV_ERR_NOMEM, "out of memory for %zu segments", n);
	return PV_OK;
}

/* The cells of a split as a ridge fit takes them. */
static enum pv_status gather(const struct evaluate_task *t, const struct regressors *r, enum pv_split split, struct represent_segments *g,
                             struct pv_error *err)
{
	const size_t M = (size_t)t->M, K = (size_t)r->n, D = (size_t)r->D;
	size_t n = 0;
	for (size_t i = 0; i < t->pieces.n; i++)
		n += is_fit_piece(t, i, split) && !goes_on(t, i);
	TRY(segments_init(g, n, r->D, r->n, err));
	for (size_t i = 0; i < t->pieces.n; i++) {
		double x[MAX_REGRESSORS];
		if (!is_fit_piece(t, i, split))
			continue;
		g->n += !goes_on(t, i);
		const size_t at = g->n - 1;
		g->program[at] = t->pieces.pieces[i].program;
		g->rows[at] += t->pieces.profiles[i].rows;
		regressors_of(t, r, i, x);
		for (size_t d = 0; d < D; d++)
			g->x[at * D + d] += x[d];
		for (size_t k = 0; k < K; k++)
			g->y[at * K + k] += t->pieces.times[i * M + (size_t)r->machines[k]];
	}
	return PV_OK;
}

/* Times of all units by weights (n, D) and a constant (n) for each row. */
static void apply(const struct evaluate_task *t, const struct regressors *r, const double *w, const double *b, double *times)
{
	const size_t M = (size_t)t->M, K = (size_t)r->n, D = (size_t)r->D;
	for (size_t i = 0; i < t->pieces.n; i++) {
		const int unit = t->pieces.pieces[i].unit;
		double x[MAX_REGRESSORS];
		if (unit < 0)
			continue;
		regressors_of(t, r, i, x);
		for (size_t k = 0; k < K; k++) {
			double time = b[k] * t->pieces.profiles[i].rows;
			for (size_t d = 0; d < D; d++)
				time += w[k * D + d] * x[d];
			times[(size_t)unit * M + (size_t)r->machines[k]] += time;
		}
	}
}

static enum pv_status fit_and_apply(const struct evaluate_task *t, const struct regressors *r, double *times, struct pv_error *err)
{
	const size_t n = (size_t)r->n, D = (size_t)r->D;
	struct fit_ridge_result result;
	struct represent_segments train = {0}, valid = {0};
	double *w = calloc(n * D + n, sizeof *w);
	enum pv_status status = w ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK)
		status = gather(t, r, PV_SPLIT_TRAIN, &train, err);
	if (status == PV_OK)
		status = gather(t, r, PV_SPLIT_VALID, &valid, err);
	if (status == PV_OK)
		status = fit_ridge(&train, &valid, w, w + n * D, &result, err);
	if (status == PV_OK)
		apply(t, r, w, w + n * D, times);
	represent_segments_release(&train);
	represent_segments_release(&valid);
	free(w);
	return status;
}

static bool has_fit_pieces(const struct evaluate_task *t)
{
	for (size_t i = 0; i < t->pieces.n; i++)
		if (is_fit_piece(t, i, PV_SPLIT_TRAIN))
			return true;
	return false;
}

/* Trained machines are fitted together, and so are tuned ones: a fit has one strength for all of its machines. */
static enum pv_status regress(const struct evaluate_task *t, struct regressors r, double *times, struct pv_error *err)
{
	int *machines = calloc((size_t)t->M, sizeof *machines);
	FAIL_IF(!machines, err, PV_ERR_NOMEM, "out of memory");
	const bool fits = has_fit_pieces(t);
	enum pv_status status = PV_OK;
	for (size_t i = 0; !fits && i < (size_t)t->n_units * (size_t)t->M; i++)
		times[i] = NAN;
	for (int tuned = 0; tuned < 2 && fits && status == PV_OK; tuned++) {
		r.n = 0;
		for (int m = 0; m < t->M; m++)
			if ((pv_model_machine(t->model, t->in_model[m])->state == PV_MACHINE_TUNED) == (tuned == 1))
				machines[r.n++] = m;
		r.machines = machines;
		if (r.n)
			status = fit_and_apply(t, &r, times, err);
	}
	free(machines);
	return status;
}

enum pv_status evaluate_regression_times(const struct evaluate_task *t, double *times, struct pv_error *err)
{
	return regress(t, (struct regressors){.D = EVALUATE_REGRESSORS}, times, err);
}

enum pv_status evaluate_linear_times(const struct evaluate_task *t, double *times, struct pv_error *err)
{
	return regress(t, (struct regressors){.D = t->pieces.F, .inputs = true}, times, err);
}

/* ---- interval model ---- */

struct interval_job {
	const struct evaluate_task *task;
	struct pv_uarch *const *uarchs; /* (M) NULL: no machine file */
	double *times;
};

static void run_machine(void *context, int m, int thread)
{
	(void)thread;
	const struct interval_job *job = context;
	const struct evaluate_task *t = job->task;
	const size_t M = (size_t)t->M;
	struct evaluate_interval v;
	if (job->uarchs[m])
		evaluate_interval_init(&v, job->uarchs[m]);
	for (size_t i = 0; i < t->pieces.n; i++) {
		const int unit = t->pieces.pieces[i].unit;
		if (unit < 0)
			continue;
		double *time = &job->times[(size_t)unit * M + (size_t)m];
		if (!job->uarchs[m]) {
			*time = NAN;
			continue;
		}
		const struct evaluate_interval_cycles c = evaluate_interval_cycles(&v, &t->pieces.profiles[i]);
		*time += (c.base + c.branch + c.code + c.data + c.drains) * 0.01 * job->uarchs[m]->core.period_ps;
	}
}

enum pv_status evaluate_interval_times(const struct evaluate_task *t, struct pv_evaluated_machine *machines, double *times,
                                       struct pv_error *err)
{
	struct pv_uarch **uarchs = calloc((size_t)t->M, sizeof *uarchs);
	FAIL_IF(!uarchs, err, PV_ERR_NOMEM, "out of memory");
	for (int m = 0; m < t->M; m++) { /* another simulator's machine need not be a machine file */
		machines[m].has_parameters =
		    pv_uarch_load(pv_dataset_machine(t->dataset, t->in_dataset[m])->path, &uarchs[m], NULL) == PV_OK;
		if (!machines[m].has_parameters)
			uarchs[m] = NULL;
	}
	struct interval_job job = {t, uarchs, times};
	base_threads_run(t->pool, run_machine, &job, t->M);
	for (int m = 0; m < t->M; m++)
		pv_uarch_free(uarchs[m]);
	free(uarchs);
	return PV_OK;
}
