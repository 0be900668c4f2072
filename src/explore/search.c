/*
 * search.c - large spaces: descents along the gradient in whole steps, from many places
 *
 * At a design, one pass through the net gives its time and the time's gradient over all inputs. With the slopes of the objective that
 * tells, to first order, what every move to a neighbour (the next value of one axis, or another name) would change. A descent first takes
 * the best move of every axis at once, then fewer of them, then single moves in the order of what they promise; it ends where no neighbour
 * is better. Designs that fail constraints are worse than any that fail fewer.
 *
 * With two objectives the descents follow weighted sums of both, weights from one end to the other; everything looked at counts for the
 * front.
 *
 * The reference moves every axis by the sign of its gradient in each step (ML/opt.py, opt_int), from one start and without looking back.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "explore/evaluator.h"

/* Designs drawn for the start of a descent, and descents in a row that find nothing better before a search ends. */
enum { START_DRAWS = 16, PATIENCE = 24, FRONT_PATIENCE = 6, N_WEIGHTS = 9, MOST_MOVES = 4096 };

struct move {
	int axis, to;
	double promise; /* change of the score, to first order; below 0 is better */
};

struct search {
	const struct explore_evaluator *e;
	struct explore_archive *archive;
	struct base_random rng;
	double weight;                      /* of the first objective; the second has the rest */
	double unit[PV_MAX_OBJECTIVES];     /* what objectives are measured in */
	double *values, *there, *direction; /* (n_variables) */
	double *x, *gradient, *beside;      /* (inputs.d) */
	int *at, *next;                     /* (n_axes) */
	struct move *moves;                 /* (MOST_MOVES) */
	int n_moves;
	bool spent; /* no evaluations are left */
};

/* ---- scores ------------------------------------------------------------------------------------------------------------------------ */

/* Sums of objectives; what cannot be is infinite. */
static double sum_of(const struct search *s, const struct explore_evaluation *v)
{
	if (!v->possible)
		return INFINITY;
	if (s->e->options->n_objectives == 1)
		return v->objectives[0];
	return s->weight * v->objectives[0] / s->unit[0] + (1 - s->weight) * v->objectives[1] / s->unit[1];
}

static bool is_better(const struct search *s, const struct explore_evaluation *a, const struct explore_evaluation *b)
{
	if (a->possible != b->possible)
		return a->possible;
	if (a->unsatisfied != b->unsatisfied)
		return a->unsatisfied < b->unsatisfied;
	return sum_of(s, a) < sum_of(s, b);
}

/* The design's evaluation, from the archive where it is there. The first one that can be gives the objectives' units. */
static enum pv_status look(struct search *s, const int *choices, struct explore_evaluation *v, struct pv_error *err)
{
	const long known = explore_archive_find(s->archive, choices);
	if (known >= 0) {
		*v = s->archive->evaluations[known];
		return PV_OK;
	}
	*v = (struct explore_evaluation){0};
	s->spent = s->archive->n >= s->e->options->evaluations;
	if (s->spent)
		return PV_OK;
	TRY(explore_design_evaluate(s->e, choices, s->values, v, s->archive->failures, NULL, NULL, err));
	for (int i = 0; v->possible && i < PV_MAX_OBJECTIVES; i++)
		if (!(s->unit[i] > 0))
			s->unit[i] = fabs(v->objectives[i]);
	FAIL_IF(explore_archive_add(s->archive, choices, v) < 0, err, PV_ERR_NOMEM, "out of memory");
	const struct pv_progress *p = s->e->progress;
	FAIL_IF(p && p->stop && p->stop(p->user), err, PV_ERR_INTERRUPTED, "interrupted");
	if (p && p->report)
		p->report(p->user, "searching", "designs", s->archive->n, s->e->options->evaluations);
	return PV_OK;
}

/* ---- moves ------------------------------------------------------------------------------------------------------------------------- */

static const struct explore_axis *axis_at(const struct search *s, int axis)
{
	return &s->e->space->axes[axis];
}

static bool has_order(const struct explore_axis *axis)
{
	return axis->params[0]->type != UARCH_PARAM_ENUM;
}

/* First-order change of the score when one axis takes another value; values, x and gradient are those of s->at. */
static double promise_of(struct search *s, int axis, int to, const struct explore_evaluation *here)
{
	const struct pv_explore_options *o = s->e->options;
	struct pv_uarch u;
	double time = 0, change = 0;
	memcpy(s->next, s->at, (size_t)s->archive->n_axes * sizeof *s->next);
	s->next[axis] = to;
	explore_space_fill(s->e->space, s->next, &u);
	regression_machine_inputs_get(&s->e->net->inputs, &u, s->beside);
	for (int j = 0; j < s->e->net->inputs.d; j++)
		time += s->gradient[j] * (s->beside[j] - s->x[j]);
	pv_machine_values(&u, 0.1 * here->time, s->e->insns, s->there);
	for (size_t i = 0; i < s->e->n_variables; i++)
		s->direction[i] = s->there[i] - s->values[i]; /* CPI and IPC by the clock, the time still being the same */
	s->direction[PV_MACHINE_TIME] = 0.1 * time;
	s->direction[PV_MACHINE_CPI] += s->values[PV_MACHINE_CPI] * time / here->time;
	s->direction[PV_MACHINE_IPC] -= s->values[PV_MACHINE_IPC] * time / here->time;
	for (int i = 0; i < o->n_objectives; i++) {
		const double share = o->n_objectives == 1 ? 1 : (i ? 1 - s->weight : s->weight) / s->unit[i];
		change += share * pv_formula_slope(o->objectives[i], s->values, s->direction);
	}
	return isfinite(change) ? change : 0;
}

static int by_promise(const void *a, const void *b)
{
	const struct move *x = a, *y = b;
	if (x->promise != y->promise)
		return x->promise < y->promise ? -1 : 1;
	return x->axis != y->axis ? x->axis - y->axis : x->to - y->to;
}

static void add_move(struct search *s, int axis, int to, const struct explore_evaluation *here)
{
	if (to >= 0 && to < axis_at(s, axis)->n_values && to != s->at[axis] && s->n_moves < MOST_MOVES)
		s->moves[s->n_moves++] =
		    (struct move){axis, to, here->possible ? promise_of(s, axis, to, here) : base_random_unit(&s->rng)};
}

/* All moves to neighbours of s->at, the most promising first. */
static enum pv_status list_moves(struct search *s, struct pv_error *err)
{
	struct explore_evaluation here;
	s->n_moves = 0;
	TRY(explore_design_evaluate(s->e, s->at, s->values, &here, NULL, s->x, s->gradient, err));
	for (int axis = 0; axis < s->archive->n_axes; axis++) {
		if (has_order(axis_at(s, axis))) {
			add_move(s, axis, s->at[axis] - 1, &here);
			add_move(s, axis, s->at[axis] + 1, &here);
		}
		for (int to = 0; !has_order(axis_at(s, axis)) && to < axis_at(s, axis)->n_values; to++)
			add_move(s, axis, to, &here);
	}
	qsort(s->moves, (size_t)s->n_moves, sizeof *s->moves, by_promise);
	return PV_OK;
}

/* s->next: the best moves of different axes that promise something, so many of them at most. Returns how many there were. */
static int combine(struct search *s, int most)
{
	int n = 0;
	memcpy(s->next, s->at, (size_t)s->archive->n_axes * sizeof *s->next);
	for (int i = 0; i < s->n_moves && n < most; i++) {
		const struct move *m = &s->moves[i];
		if (m->promise >= 0 || s->next[m->axis] != s->at[m->axis])
			continue;
		s->next[m->axis] = m->to;
		n++;
	}
	return n;
}

/* Goes to s->next when that is better. */
static enum pv_status try_next(struct search *s, struct explore_evaluation *here, bool *moved, struct pv_error *err)
{
	struct explore_evaluation there;
	TRY(look(s, s->next, &there, err));
	*moved = !s->spent && is_better(s, &there, here);
	if (*moved) {
		memcpy(s->at, s->next, (size_t)s->archive->n_axes * sizeof *s->at);
		*here = there;
	}
	return PV_OK;
}

/* One step of a descent; moved stays false at a design that no neighbour beats. */
static enum pv_status step(struct search *s, struct explore_evaluation *here, bool *moved, struct pv_error *err)
{
	*moved = false;
	TRY(list_moves(s, err));
	for (int most = s->archive->n_axes; most > 1 && !*moved && !s->spent; most /= 2) {
		const int n = combine(s, most);
		if (n < 2)
			break;
		most = n;
		TRY(try_next(s, here, moved, err));
	}
	for (int i = 0; i < s->n_moves && !*moved && !s->spent; i++) {
		memcpy(s->next, s->at, (size_t)s->archive->n_axes * sizeof *s->next);
		s->next[s->moves[i].axis] = s->moves[i].to;
		TRY(try_next(s, here, moved, err));
	}
	return PV_OK;
}

/* ---- descents ---------------------------------------------------------------------------------------------------------------------- */

/* s->at: the best of some designs drawn at random. */
static enum pv_status draw_start(struct search *s, struct explore_evaluation *here, struct pv_error *err)
{
	const size_t n = (size_t)s->archive->n_axes;
	for (int i = 0; i < START_DRAWS && !s->spent; i++) {
		struct explore_evaluation v;
		for (size_t a = 0; a < n; a++)
			s->next[a] = (int)base_random_below(&s->rng, (uint64_t)axis_at(s, (int)a)->n_values);
		TRY(look(s, s->next, &v, err));
		if (!i || (!s->spent && is_better(s, &v, here))) {
			memcpy(s->at, s->next, n * sizeof *s->at);
			*here = v;
		}
	}
	return PV_OK;
}

static enum pv_status descend(struct search *s, struct explore_evaluation *here, struct pv_error *err)
{
	bool moved = true;
	TRY(draw_start(s, here, err));
	while (moved && !s->spent)
		TRY(step(s, here, &moved, err));
	return PV_OK;
}

static enum pv_status run(struct search *s, int patience, uint64_t *descents, struct pv_error *err)
{
	struct explore_evaluation best = {0};
	for (int without = 0; without < patience && !s->spent; without++) {
		struct explore_evaluation here;
		TRY(descend(s, &here, err));
		++*descents;
		if (is_better(s, &here, &best)) {
			best = here;
			without = -1;
		}
	}
	return PV_OK;
}

static bool allocate(struct search *s)
{
	const size_t n = (size_t)s->archive->n_axes + 1, d = (size_t)s->e->net->inputs.d, v = s->e->n_variables;
	s->values = calloc(3 * v + 3 * d, sizeof *s->values);
	s->at = calloc(2 * n, sizeof *s->at);
	s->moves = calloc(MOST_MOVES, sizeof *s->moves);
	if (!s->values || !s->at || !s->moves)
		return false;
	s->there = s->values + v;
	s->direction = s->there + v;
	s->x = s->direction + v;
	s->gradient = s->x + d;
	s->beside = s->gradient + d;
	s->next = s->at + n;
	return true;
}

enum pv_status explore_search(const struct explore_evaluator *e, struct explore_archive *archive, uint64_t *descents, struct pv_error *err)
{
	struct search s = {.e = e, .archive = archive, .weight = 1};
	const int n_weights = e->options->n_objectives == 1 ? 1 : N_WEIGHTS;
	enum pv_status status = allocate(&s) ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	*descents = 0;
	base_random_init(&s.rng, e->options->seed);
	for (int i = 0; status == PV_OK && i < n_weights && !s.spent; i++) {
		s.weight = n_weights == 1 ? 1 : 1 - (double)i / (n_weights - 1);
		status = run(&s, n_weights == 1 ? PATIENCE : FRONT_PATIENCE, descents, err);
	}
	free(s.values);
	free(s.at);
	free(s.moves);
	return status;
}
