/*
 * tune.c - vectors for new machines, the foundation frozen: the ridge fit of training, on a dataset that has been timed on them
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "base/random.h"
#include "model/machines.h"
#include "fit/ridge.h"
#include "tune/tuning.h"

/* A curve's steps, and how often programs are drawn where not all are taken. */
enum { CURVE_LEAST_ROWS = 4096, CURVE_ROWS_FACTOR = 4, CURVE_PROGRAMS_FACTOR = 2, CURVE_DRAWS = 8 };

/* ---- tuning ------------------------------------------------------------------------------------------------------------------------ */

struct tuning {
	struct tune_data base;
	const struct pv_tune_options *options;
	double *w, *b; /* (n, D), (n) */
};

static const struct pv_dataset_machine *machine_at(const struct tuning *t, int i)
{
	return pv_dataset_machine(t->base.dataset, t->base.source.columns.column[i]);
}

/* Machines replace their own vector, or take the next free one. */
static enum pv_status put_vectors(struct tuning *t, struct pv_model *m, struct pv_error *err)
{
	const size_t D = (size_t)m->info.n_repr;
	int next = t->base.model->info.n_machines;
	for (int i = 0; i < t->base.source.columns.n; i++) {
		const struct pv_dataset_machine *machine = machine_at(t, i);
		int k = pv_model_find_machine(t->base.model, machine->name);
		k = k >= 0 ? k : next++;
		for (size_t d = 0; d < D; d++)
			model_weights(m)[(size_t)k * D + d] = (float)t->w[(size_t)i * D + d];
		if (model_bias(m))
			model_bias(m)[k] = (float)t->b[i];
		TRY(model_copy_machine(m, k, machine, PV_MACHINE_TUNED, err));
	}
	return model_set_origin(m, t->options->command, pv_version(), err);
}

static enum pv_status make_model(struct tuning *t, struct pv_model **tuned, struct pv_error *err)
{
	int n_more = 0;
	struct pv_model *m;
	for (int i = 0; i < t->base.source.columns.n; i++)
		n_more += pv_model_find_machine(t->base.model, machine_at(t, i)->name) < 0;
	TRY(model_extend(t->base.model, n_more, &m, err));
	enum pv_status status = put_vectors(t, m, err);
	if (status != PV_OK) {
		pv_model_free(m);
		return status;
	}
	model_seal(m);
	*tuned = m;
	return PV_OK;
}

/* ---- few programs ------------------------------------------------------------------------------------------------------------------ */

/*
 * A machine vector has D numbers, and a few programs do not determine them: columns that they hardly use come out as anything. So a vector
 * is sought among mixtures of the vectors that the model has: the regression's columns are times on these machines, and ridge strengths
 * shrink towards small shares of all. With D known machines or more nothing is lost by that. With fewer, what none of them has cannot be
 * mixed, and from FEW_PROGRAMS on the plain regression is taken (docs/topics/tune.md has the figures).
 */
enum { FEW_PROGRAMS = 2, MOST_MIXED = 256 };

/* Rows of the model that may be mixed, evenly spread: those of machines that are tuned now would be the answer itself. */
static int known_machines(const struct tuning *t, int *known)
{
	const int K = t->base.model->info.n_machines, step = (K + MOST_MIXED - 1) / MOST_MIXED;
	int n = 0;
	for (int k = 0; k < K; k += step) {
		bool own = false;
		for (int i = 0; i < t->base.source.columns.n; i++)
			own = own || !strcmp(machine_at(t, i)->name, t->base.model->machines[k].name);
		if (!own)
			known[n++] = k;
	}
	return n;
}

/* Segments whose representations are replaced by times on the known machines; only x is new, and to be freed. */
static bool times_on(const struct tuning *t, const struct represent_segments *from, const int *known, int n, struct represent_segments *to)
{
	const size_t D = (size_t)from->D, N = (size_t)n;
	const float *weights = model_weights(t->base.model), *bias = model_bias(t->base.model);
	*to = *from;
	to->D = n;
	to->x = calloc(from->n * N + 1, sizeof *to->x);
	for (size_t i = 0; to->x && i < from->n; i++)
		for (size_t k = 0; k < N; k++) {
			const float *vector = weights + (size_t)known[k] * D;
			double time = bias ? (double)bias[known[k]] * from->rows[i] : 0;
			for (size_t d = 0; d < D; d++)
				time += (double)vector[d] * from->x[i * D + d];
			to->x[i * N + k] = time;
		}
	return to->x;
}

/* Rows from shares (K, n) of known ones. */
static void mix(struct tuning *t, const double *shares, const int *known, int n)
{
	const size_t D = (size_t)t->base.model->info.n_repr, K = (size_t)t->base.source.columns.n;
	const float *weights = model_weights(t->base.model), *bias = model_bias(t->base.model);
	memset(t->w, 0, K * D * sizeof *t->w);
	memset(t->b, 0, K * sizeof *t->b);
	for (size_t k = 0; k < K; k++)
		for (size_t i = 0; i < (size_t)n; i++) {
			const double share = shares[k * (size_t)n + i];
			for (size_t d = 0; d < D; d++)
				t->w[k * D + d] += share * (double)weights[(size_t)known[i] * D + d];
			t->b[k] += bias ? share * (double)bias[known[i]] : 0;
		}
}

/* One program by itself leaves nothing to choose a ridge strength by; its halves are as two. Returns ids (n) to be freed; NULL: no memory
 */
static int *halve(const struct represent_segments *g)
{
	int *ids = malloc((g->n + 1) * sizeof *ids);
	const bool one = g->n && g->program[0] == g->program[g->n - 1];
	for (size_t i = 0; ids && i < g->n; i++)
		ids[i] = g->program[i] + (one && i >= g->n / 2);
	return ids;
}

static enum pv_status fit_mixture(struct tuning *t, const struct represent_segments *train, const struct represent_segments *valid,
                                  const int *known, int n, struct pv_error *err)
{
	struct represent_segments on_train = {0}, on_valid = {0};
	struct fit_ridge_result r;
	double *shares = calloc((size_t)train->K * (size_t)n + 1, sizeof *shares);
	int *ids = halve(train);
	enum pv_status status = PV_OK;
	if (!shares || !ids || !times_on(t, train, known, n, &on_train) || !times_on(t, valid, known, n, &on_valid))
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	on_train.program = ids;
	if (status == PV_OK)
		status = fit_ridge(&on_train, &on_valid, shares, NULL, &r, err);
	if (status == PV_OK)
		mix(t, shares, known, n);
	free(shares);
	free(ids);
	free(on_train.x);
	free(on_valid.x);
	return status;
}

/* Rows of t's machines from the segments of so many programs. */
static enum pv_status fit(struct tuning *t, const struct represent_segments *train, const struct represent_segments *valid, int n_programs,
                          struct pv_error *err)
{
	struct fit_ridge_result r;
	int *known = calloc((size_t)t->base.model->info.n_machines + 1, sizeof *known);
	FAIL_IF(!known, err, PV_ERR_NOMEM, "out of memory");
	const int n = known_machines(t, known);
	const bool mixed = n > 1 && (n_programs < FEW_PROGRAMS || n >= t->base.model->info.n_repr);
	enum pv_status status;
	if (mixed)
		status = fit_mixture(t, train, valid, known, n, err);
	else
		status = fit_ridge(train, valid, t->w, t->base.model->expression.bias ? t->b : NULL, &r, err);
	free(known);
	return status;
}

/* ---- errors ------------------------------------------------------------------------------------------------------------------------ */

/* Errors of one machine, or (-1) of all, over totals; room for (n * K) errors. */
static struct pv_error_summary errors_on(const struct tune_totals *t, const double *w, const double *b, int machine, double *errors)
{
	size_t n = 0;
	for (int i = 0; i < t->n; i++)
		for (int k = 0; k < t->K; k++) {
			const double truth = t->y[(size_t)i * (size_t)t->K + (size_t)k];
			if ((machine < 0 || machine == k) && truth > 0)
				errors[n++] = tune_totals_time(t, i, w + (size_t)k * (size_t)t->D, b ? b[k] : 0) / truth - 1;
		}
	return pv_error_summarize(errors, n);
}

static const double *constants(const struct tuning *t)
{
	return t->base.model->expression.bias ? t->b : NULL;
}

/* Errors of each machine on the validation ranges, and on the programs held out. */
static enum pv_status fill_results(const struct tuning *t, struct pv_tune_result *results, struct pv_error *err)
{
	struct tune_totals valid = {0}, held = {0};
	enum pv_status status = tune_totals_new(&t->base.valid, 1, &valid, err);
	if (status == PV_OK)
		status = tune_totals_new(&t->base.held, 1, &held, err);
	double *errors = malloc((size_t)(valid.n + held.n + 1) * sizeof *errors);
	if (status == PV_OK && !errors)
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; status == PV_OK && i < t->base.source.columns.n; i++) {
		results[i] = (struct pv_tune_result){.name = machine_at(t, i)->name,
		                                     .validation = errors_on(&valid, t->w, constants(t), i, errors),
		                                     .held_out = errors_on(&held, t->w, constants(t), i, errors)};
	}
	free(errors);
	tune_totals_release(&valid);
	tune_totals_release(&held);
	return status;
}

static enum pv_status run_foundation(struct tuning *t, const struct pv_model *model, const struct pv_dataset *dataset, const int *machines,
                                     int n, bool held, const struct pv_progress *progress, struct pv_error *err)
{
	const struct tune_data_choice choice = {
	    machines, n, t->options->programs, t->options->n_programs, t->options->refit_rows, held, t->options->threads};
	FAIL_IF(n < 1, err, PV_ERR_ARG, "there is no machine to tune for");
	TRY(tune_data_run(&t->base, model, dataset, &choice, progress, err));
	t->w = calloc((size_t)n * (size_t)model->info.n_repr, sizeof *t->w);
	t->b = calloc((size_t)n, sizeof *t->b);
	FAIL_IF(!t->w || !t->b, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

static void tuning_release(struct tuning *t)
{
	tune_data_release(&t->base);
	free(t->w);
	free(t->b);
}

enum pv_status pv_model_tune(const struct pv_model *model, const struct pv_dataset *dataset, const int *machines, int n,
                             const struct pv_tune_options *options, const struct pv_progress *progress, struct pv_model **tuned,
                             struct pv_tune_result *results, struct pv_error *err)
{
	struct tuning t = {.options = options};
	enum pv_status status = run_foundation(&t, model, dataset, machines, n, results && options->held_out, progress, err);
	if (status == PV_OK)
		status = fit(&t, &t.base.fitted, &t.base.valid, t.base.source.n_train, err);
	if (status == PV_OK && results)
		status = fill_results(&t, results, err);
	if (status == PV_OK)
		status = make_model(&t, tuned, err);
	tuning_release(&t);
	return status;
}

/* ---- learning curves --------------------------------------------------------------------------------------------------------------- */

struct curve {
	struct tuning *t;
	struct tune_totals held;
	int P;                           /* programs that can be drawn */
	int *programs;                   /* (P) their numbers */
	size_t *first, *count;           /* (P) their segments */
	uint32_t *order;                 /* (P) of the draw */
	struct represent_segments taken; /* of the draw; room for all */
	double *errors;                  /* of all draws */
	size_t n_errors;
};

static enum pv_status curve_init(struct curve *c, struct tuning *t, struct pv_error *err)
{
	const struct represent_segments *g = &t->base.fitted;
	*c = (struct curve){.t = t};
	FAIL_IF(!t->base.held.n, err, PV_ERR_ARG, "the dataset holds no program out that a learning curve could be measured on");
	TRY(tune_totals_new(&t->base.held, 1, &c->held, err));
	const size_t P = (size_t)t->base.source.n_train + 1;
	c->programs = calloc(P, sizeof *c->programs);
	c->first = calloc(P, sizeof *c->first);
	c->count = calloc(P, sizeof *c->count);
	c->order = calloc(P, sizeof *c->order);
	c->taken = (struct represent_segments){.D = g->D,
	                                       .K = g->K,
	                                       .program = calloc(g->n, sizeof *g->program),
	                                       .rows = calloc(g->n, sizeof *g->rows),
	                                       .x = calloc(g->n * (size_t)g->D, sizeof *g->x),
	                                       .y = calloc(g->n * (size_t)g->K, sizeof *g->y)};
	c->errors = calloc((size_t)c->held.n * (size_t)g->K * CURVE_DRAWS, sizeof *c->errors);
	FAIL_IF(!c->programs || !c->first || !c->count || !c->order || !c->taken.program || !c->taken.rows || !c->taken.x || !c->taken.y ||
	            !c->errors,
	        err, PV_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < g->n; i++) {
		if (!i || g->program[i] != g->program[i - 1]) {
			c->programs[c->P] = g->program[i];
			c->first[c->P++] = i;
		}
		c->count[c->P - 1]++;
	}
	return PV_OK;
}

static void curve_release(struct curve *c)
{
	tune_totals_release(&c->held);
	represent_segments_release(&c->taken);
	free(c->programs);
	free(c->first);
	free(c->count);
	free(c->order);
	free(c->errors);
}

static void take_segment(struct curve *c, size_t i)
{
	const struct represent_segments *g = &c->t->base.fitted;
	struct represent_segments *s = &c->taken;
	const size_t D = (size_t)g->D, K = (size_t)g->K, at = s->n++;
	s->program[at] = g->program[i];
	s->rows[at] = g->rows[i];
	memcpy(s->x + at * D, g->x + i * D, D * sizeof *s->x);
	memcpy(s->y + at * K, g->y + i * K, K * sizeof *s->y);
}

/* Segments of the first n programs of the order, evenly spread, about `rows` rows of each. Returns how many instructions they stand for. */
static double take(struct curve *c, int n, uint64_t rows)
{
	double insns = 0;
	c->taken.n = 0;
	for (int i = 0; i < n; i++) {
		const size_t p = c->order[i], have = c->count[p];
		const struct pv_dataset_program *program = pv_dataset_program(c->t->base.dataset, c->programs[p]);
		size_t wanted = (size_t)(rows / REPRESENT_SEGMENT_ROWS);
		wanted = wanted < 1 ? 1 : wanted > have ? have : wanted;
		for (size_t s = 0; s < wanted; s++) {
			take_segment(c, c->first[p] + (2 * s + 1) * have / (2 * wanted));
			insns += c->taken.rows[c->taken.n - 1] * (double)program->n_insns / (double)program->n_rows;
		}
	}
	return insns;
}

/* Fits machine vectors to what was taken, and adds the errors on the held-out programs. */
static enum pv_status add_errors(struct curve *c, int n_programs, struct pv_error *err)
{
	struct tuning *t = c->t;
	const struct represent_segments none = {.D = c->taken.D, .K = c->taken.K};
	TRY(fit(t, &c->taken, &none, n_programs, err));
	for (int i = 0; i < c->held.n; i++)
		for (int k = 0; k < c->held.K; k++) {
			const double truth = c->held.y[(size_t)i * (size_t)c->held.K + (size_t)k], constant = constants(t) ? t->b[k] : 0;
			const double predicted = tune_totals_time(&c->held, i, t->w + (size_t)k * (size_t)c->held.D, constant);
			if (truth > 0)
				c->errors[c->n_errors++] = predicted / truth - 1;
		}
	return PV_OK;
}

/* One point: several draws of n programs, or the one that there is of all. */
static enum pv_status measure(struct curve *c, int n, uint64_t rows, struct pv_tune_point *point, struct pv_error *err)
{
	struct base_random rng;
	double taken_rows = 0, insns = 0;
	*point = (struct pv_tune_point){.n_programs = n, .n_draws = n < c->P ? CURVE_DRAWS : 1};
	base_random_init(&rng, c->t->options->seed);
	c->n_errors = 0;
	for (int draw = 0; draw < point->n_draws; draw++) {
		for (int i = 0; i < c->P; i++)
			c->order[i] = (uint32_t)i;
		base_random_shuffle(&rng, c->order, (size_t)c->P);
		insns += take(c, n, rows);
		for (size_t i = 0; i < c->taken.n; i++)
			taken_rows += c->taken.rows[i];
		TRY(add_errors(c, n, err));
	}
	point->n_rows = (uint64_t)(taken_rows / point->n_draws);
	point->n_insns = (uint64_t)(insns / point->n_draws);
	point->error = pv_error_summarize(c->errors, c->n_errors);
	return PV_OK;
}

/* The next number of programs: twice as many, and all at last. */
static int next_programs(int n, int all)
{
	return n == all ? all + 1 : CURVE_PROGRAMS_FACTOR * n < all ? CURVE_PROGRAMS_FACTOR * n : all;
}

static enum pv_status measure_all(struct curve *c, const struct pv_progress *progress, struct pv_tune_point *points, int *n_points,
                                  struct pv_error *err)
{
	size_t longest = 0;
	for (int p = 0; p < c->P; p++)
		longest = c->count[p] > longest ? c->count[p] : longest;
	const uint64_t most = longest * REPRESENT_SEGMENT_ROWS;
	*n_points = 0;
	for (int n = 1; n <= c->P; n = next_programs(n, c->P))
		for (uint64_t rows = CURVE_LEAST_ROWS, last = 0; last < most && *n_points < PV_TUNE_CURVE; rows *= CURVE_ROWS_FACTOR) {
			FAIL_IF(progress && progress->stop && progress->stop(progress->user), err, PV_ERR_INTERRUPTED, "interrupted");
			last = rows;
			TRY(measure(c, n, rows < most ? rows : most, &points[*n_points], err));
			++*n_points;
		}
	return PV_OK;
}

enum pv_status pv_model_tune_curve(const struct pv_model *model, const struct pv_dataset *dataset, const int *machines, int n,
                                   const struct pv_tune_options *options, const struct pv_progress *progress,
                                   struct pv_tune_point points[PV_TUNE_CURVE], int *n_points, struct pv_error *err)
{
	struct tuning t = {.options = options};
	struct curve c = {0};
	enum pv_status status = run_foundation(&t, model, dataset, machines, n, true, progress, err);
	if (status == PV_OK)
		status = curve_init(&c, &t, err);
	if (status == PV_OK)
		status = measure_all(&c, progress, points, n_points, err);
	curve_release(&c);
	tuning_release(&t);
	return status;
}
