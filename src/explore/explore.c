/*
 * explore.c - from a space, programs and formulas to the best designs
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "explore/evaluator.h"
#include "model/model.h"
#include "represent/vectors.h"

struct pv_explore_options pv_explore_defaults(void)
{
	return (struct pv_explore_options){.exhaustive = 20000, .evaluations = 20000, .seed = 1};
}

/* ---- setting up -------------------------------------------------------------------------------------------------------------------- */

/* Sums the vectors of the programs that count. */
static enum pv_status add_programs(struct explore_evaluator *e, const struct pv_vectors *vectors, const int *programs, int n,
                                   struct pv_error *err)
{
	const int P = pv_vectors_count(vectors), count = n ? n : P;
	const size_t C = (size_t)e->net->C, D = (size_t)pv_vectors_n_repr(vectors);
	FAIL_IF(!count, err, PV_ERR_ARG, "there is no program to explore designs for");
	for (int i = 0; i < count; i++) {
		const int p = n ? programs[i] : i;
		FAIL_IF(p < 0 || p >= P, err, PV_ERR_ARG, "there is no program vector %d", p);
		const struct pv_vector *v = pv_vectors_at(vectors, p);
		for (size_t d = 0; d < D; d++)
			e->program[d] += v->values[d];
		if (C > D)
			e->program[D] += (double)v->n_rows;
		e->insns += (double)v->n_insns;
	}
	return PV_OK;
}

/* Every value of every axis is something that the net can tell apart. */
static enum pv_status check_axes(const struct explore_evaluator *e, struct pv_error *err)
{
	const struct pv_space *s = e->space;
	const struct regression_machine_inputs *in = &e->net->inputs;
	for (int a = 0; a < s->n_axes; a++)
		for (int k = 0; k < s->axes[a].n_params; k++) {
			const struct uarch_param *p = s->axes[a].params[k];
			bool known = false;
			for (int i = 0; i < in->n; i++)
				known = known || in->columns[i].param == p;
			if (known)
				continue;
			base_error_set(err, PV_ERR_UNSUPPORTED, "axis '%s': the machine regression does not look at this parameter",
			               p->name);
			return base_error_hint(err, "fit a regression on machines that differ in it ('perfvec tune --machine-regression')");
		}
	TRY(regression_machine_inputs_check(in, s->base, err));
	for (int a = 0; a < s->n_axes; a++)
		for (int c = 0; c < s->axes[a].n_values; c++) {
			struct pv_uarch u = *s->base;
			for (int k = 0; k < s->axes[a].n_params; k++)
				uarch_param_put(&u, s->axes[a].params[k], s->axes[a].values[c]);
			TRY(regression_machine_inputs_check(in, &u, err));
		}
	return PV_OK;
}

/* Formulas use only what there is: everything but the instruction count of vectors that have none. */
static enum pv_status check_formulas(const struct explore_evaluator *e, struct pv_error *err)
{
	const struct pv_explore_options *o = e->options;
	FAIL_IF(o->n_objectives < 1 || o->n_objectives > PV_MAX_OBJECTIVES, err, PV_ERR_ARG, "there are 1 or %d objectives, not %d",
	        PV_MAX_OBJECTIVES, o->n_objectives);
	FAIL_IF(o->n_constraints < 0 || o->n_constraints > PV_MAX_CONSTRAINTS, err, PV_ERR_ARG, "there are %d constraints at most, not %d",
	        PV_MAX_CONSTRAINTS, o->n_constraints);
	for (int i = 0; i < o->n_objectives + o->n_constraints && !(e->insns > 0); i++) {
		const struct pv_formula *f = i < o->n_objectives ? o->objectives[i] : o->constraints[i - o->n_objectives];
		const bool uses =
		    pv_formula_uses(f, PV_MACHINE_CPI) || pv_formula_uses(f, PV_MACHINE_IPC) || pv_formula_uses(f, PV_MACHINE_INSNS);
		FAIL_IF(uses, err, PV_ERR_ARG, "'%.100s' needs numbers of instructions, which the program vectors do not have",
		        pv_formula_text(f));
	}
	return PV_OK;
}

static enum pv_status prepare(struct explore_evaluator *e, const struct pv_model *model, const struct pv_vectors *vectors,
                              const int *programs, int n_programs, struct pv_error *err)
{
	if (!e->net) {
		base_error_set(err, PV_ERR_MISSING,
		               "the model has no machine regression: it cannot predict machines that were never timed");
		return base_error_hint(err, "'perfvec tune --machine-regression' fits one");
	}
	TRY(represent_vectors_check(vectors, model, err));
	pv_machine_variables(&e->n_variables);
	e->program = calloc((size_t)e->net->C, sizeof *e->program);
	FAIL_IF(!e->program, err, PV_ERR_NOMEM, "out of memory");
	TRY(add_programs(e, vectors, programs, n_programs, err));
	TRY(check_formulas(e, err));
	return check_axes(e, err);
}

/* ---- all of a small space ---------------------------------------------------------------------------------------------------------- */

enum { SPACE_TASK = 64 };

struct sweep {
	const struct explore_evaluator *e;
	size_t n;
	int *choices;                           /* (n, n_axes) */
	struct explore_evaluation *evaluations; /* (n) */
	double *values;                         /* (threads, n_variables) */
	enum pv_status *statuses;               /* (tasks) */
};

static void sweep_task(void *context, int task, int thread)
{
	struct sweep *s = context;
	const struct pv_space *space = s->e->space;
	const struct pv_progress *p = s->e->progress;
	double *values = s->values + (size_t)thread * s->e->n_variables;
	for (size_t i = (size_t)task * SPACE_TASK; i < s->n && i < ((size_t)task + 1) * SPACE_TASK && s->statuses[task] == PV_OK; i++) {
		int *choices = s->choices + i * (size_t)space->n_axes;
		size_t rest = i;
		for (int a = space->n_axes; a-- > 0; rest /= (size_t)space->axes[a].n_values)
			choices[a] = (int)(rest % (size_t)space->axes[a].n_values);
		s->statuses[task] = explore_design_evaluate(s->e, choices, values, &s->evaluations[i], NULL, NULL, NULL, NULL);
		if (p && p->stop && p->stop(p->user))
			s->statuses[task] = PV_ERR_INTERRUPTED;
	}
}

static enum pv_status keep_sweep(struct sweep *s, struct explore_archive *archive, int n_tasks, struct pv_error *err)
{
	for (int i = 0; i < n_tasks; i++)
		FAIL_IF(s->statuses[i] != PV_OK, err, s->statuses[i],
		        s->statuses[i] == PV_ERR_INTERRUPTED ? "interrupted" : "out of memory");
	for (size_t i = 0; i < s->n; i++)
		FAIL_IF(explore_archive_add(archive, s->choices + i * (size_t)archive->n_axes, &s->evaluations[i]) < 0, err, PV_ERR_NOMEM,
		        "out of memory");
	return PV_OK;
}

static enum pv_status sweep_all(const struct explore_evaluator *e, struct explore_archive *archive, struct pv_error *err)
{
	struct base_threads *pool = base_threads_new(e->options->threads);
	struct sweep s = {.e = e, .n = (size_t)pv_space_size(e->space)};
	const int n_tasks = (int)((s.n + SPACE_TASK - 1) / SPACE_TASK);
	s.choices = calloc(s.n * (size_t)archive->n_axes + 1, sizeof *s.choices);
	s.evaluations = calloc(s.n, sizeof *s.evaluations);
	s.values = pool ? calloc((size_t)base_threads_count(pool) * e->n_variables, sizeof *s.values) : NULL;
	s.statuses = calloc((size_t)n_tasks, sizeof *s.statuses);
	enum pv_status status =
	    s.choices && s.evaluations && s.values && s.statuses ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK) {
		base_threads_run(pool, sweep_task, &s, n_tasks);
		status = keep_sweep(&s, archive, n_tasks, err);
	}
	base_threads_free(pool);
	free(s.choices);
	free(s.evaluations);
	free(s.values);
	free(s.statuses);
	return status;
}

/* ---- results ----------------------------------------------------------------------------------------------------------------------- */

struct point {
	double a, b;
	size_t i;
};

static int by_both(const void *a, const void *b)
{
	const struct point *x = a, *y = b;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	if (x->b != y->b)
		return x->b < y->b ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

long pv_pareto_front(const double *a, const double *b, size_t n, size_t *front)
{
	struct point *points = malloc((n + 1) * sizeof *points);
	if (!points)
		return -1;
	for (size_t i = 0; i < n; i++)
		points[i] = (struct point){a[i], b[i], i};
	qsort(points, n, sizeof *points, by_both);
	long count = 0;
	double least = INFINITY;
	for (size_t i = 0; i < n; i++)
		if (points[i].b < least) {
			least = points[i].b;
			front[count++] = points[i].i;
		}
	free(points);
	return count;
}

static int by_objective(const void *a, const void *b)
{
	const struct pv_design *x = a, *y = b;
	for (int i = 0; i < PV_MAX_OBJECTIVES; i++)
		if (x->objectives[i] != y->objectives[i])
			return x->objectives[i] < y->objectives[i] ? -1 : 1;
	return (x->choices > y->choices) - (x->choices < y->choices); /* in the order they were looked at */
}

static enum pv_status find_front(struct pv_exploration *x, int n_objectives, struct pv_error *err)
{
	double *a = malloc((x->n_designs + 1) * sizeof *a), *b = malloc((x->n_designs + 1) * sizeof *b);
	x->front = malloc((x->n_designs + 1) * sizeof *x->front);
	long n = -1;
	if (a && b && x->front) {
		for (size_t i = 0; i < x->n_designs; i++) {
			a[i] = x->designs[i].objectives[0];
			b[i] = n_objectives > 1 ? x->designs[i].objectives[1] : 0;
		}
		n = pv_pareto_front(a, b, x->n_designs, x->front);
	}
	free(a);
	free(b);
	FAIL_IF(n < 0, err, PV_ERR_NOMEM, "out of memory");
	x->n_front = (size_t)n;
	return PV_OK;
}

/* No design to show: says why. */
static enum pv_status nothing_found(const struct explore_evaluator *e, const struct explore_archive *archive,
                                    const struct pv_exploration *x, struct pv_error *err)
{
	struct pv_error reason = {0};
	struct pv_uarch u;
	const unsigned long long looked = (unsigned long long)x->evaluated;
	if (x->impossible == x->evaluated) {
		explore_space_fill(e->space, archive->choices, &u);
		if (pv_uarch_check(&u, &reason) == PV_OK)
			return base_error_set(err, PV_ERR_RANGE, "none of %llu designs has an objective that is a finite number", looked);
		return base_error_set(err, PV_ERR_RANGE, "none of %llu designs is a machine that can be; the first: %.300s", looked,
		                      reason.message);
	}
	uint64_t failures[PV_MAX_CONSTRAINTS] = {0};
	double *values = malloc(e->n_variables * sizeof *values);
	FAIL_IF(!values, err, PV_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < archive->n; i++) {
		struct explore_evaluation v;
		if (archive->evaluations[i].possible)
			explore_design_evaluate(e, archive->choices + i * (size_t)archive->n_axes, values, &v, failures, NULL, NULL, NULL);
	}
	free(values);
	int worst = 0;
	for (int i = 1; i < e->options->n_constraints; i++)
		worst = failures[i] > failures[worst] ? i : worst;
	return base_error_set(err, PV_ERR_RANGE, "none of %llu designs satisfies all constraints; most fail '%.200s' (%llu of them)",
	                      looked, pv_formula_text(e->options->constraints[worst]), (unsigned long long)failures[worst]);
}

static enum pv_status conclude(const struct explore_evaluator *e, struct explore_archive *archive, struct pv_exploration *x,
                               struct pv_error *err)
{
	x->space = pv_space_size(e->space);
	x->evaluated = archive->n;
	x->designs = calloc(archive->n + 1, sizeof *x->designs);
	FAIL_IF(!x->designs, err, PV_ERR_NOMEM, "out of memory");
	x->storage = archive->choices;
	for (size_t i = 0; i < archive->n; i++) {
		const struct explore_evaluation *v = &archive->evaluations[i];
		x->impossible += !v->possible;
		x->unsatisfied += v->possible && v->unsatisfied;
		if (!v->possible || v->unsatisfied)
			continue;
		struct pv_design *d = &x->designs[x->n_designs++];
		*d = (struct pv_design){
		    archive->choices + i * (size_t)archive->n_axes, 0.1 * v->time, v->cpi, {v->objectives[0], v->objectives[1]}};
	}
	enum pv_status status = x->n_designs ? PV_OK : nothing_found(e, archive, x, err);
	archive->choices = NULL;
	TRY(status);
	qsort(x->designs, x->n_designs, sizeof *x->designs, by_objective);
	return find_front(x, e->options->n_objectives, err);
}

void pv_exploration_release(struct pv_exploration *x)
{
	free(x->designs);
	free(x->front);
	free(x->storage);
	*x = (struct pv_exploration){0};
}

enum pv_status pv_explore(const struct pv_model *model, const struct pv_space *space, const struct pv_vectors *vectors, const int *programs,
                          int n_programs, const struct pv_explore_options *options, const struct pv_progress *progress,
                          struct pv_exploration *exploration, struct pv_error *err)
{
	struct explore_evaluator e = {.space = space, .net = model->net, .options = options, .progress = progress};
	struct explore_archive archive;
	struct pv_exploration x = {0};
	explore_archive_init(&archive, space->n_axes);
	x.exhaustive = pv_space_size(space) <= options->exhaustive;
	enum pv_status status = prepare(&e, model, vectors, programs, n_programs, err);
	if (status == PV_OK)
		status = x.exhaustive ? sweep_all(&e, &archive, err) : explore_search(&e, &archive, &x.descents, err);
	if (status == PV_OK)
		status = conclude(&e, &archive, &x, err);
	free(e.program);
	explore_archive_release(&archive);
	if (status != PV_OK) {
		pv_exploration_release(&x);
		return status;
	}
	*exploration = x;
	return PV_OK;
}
