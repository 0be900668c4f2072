/*
 * choose.c - offers of machines: their times added up, their costs from a formula or a file, and the order of merit
 */
#include <perfvec/choose.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/formula.h>
#include <perfvec/predict.h>

#include "base/csv.h"
#include "base/error.h"

/* A question being answered. */
struct search {
	const struct pv_model *model;
	const struct pv_choice *choice;
	struct pv_formula *limit, *cost; /* NULL: none */
	double *values;                  /* of the formulas' variables */
	struct pv_offer *offers;         /* (n) */
	int n;
};

static const char *name_of(const struct search *s, const struct pv_offer *o)
{
	return pv_model_machine(s->model, o->machine)->name;
}

/* ---- parameters ---- */

static const struct pv_uarch *in_set(const struct pv_uarch_set *set, const char *name)
{
	for (size_t i = 0; set && i < pv_uarch_set_count(set); i++)
		if (!strcmp(pv_uarch_name(pv_uarch_set_at(set, i)), name))
			return pv_uarch_set_at(set, i);
	return NULL;
}

/* The machine file of a dataset, or the preset of that name; NULL when there is neither. */
static const char *file_of(const struct pv_choice *c, const char *name)
{
	for (int i = 0; i < c->n_datasets; i++)
		for (int k = 0; c->datasets[i] && k < pv_dataset_n_machines(c->datasets[i]); k++)
			if (!strcmp(pv_dataset_machine(c->datasets[i], k)->name, name))
				return pv_dataset_machine(c->datasets[i], k)->path;
	for (size_t i = 0; i < pv_uarch_preset_count(); i++)
		if (!strcmp(pv_uarch_preset_name(i), name))
			return name;
	return NULL;
}

/* What formulas see of a machine; its parameters are not known without `uarch`. */
static void set_values(const struct search *s, const struct pv_offer *o, const struct pv_uarch *uarch, double time_ns)
{
	const double mhz = pv_model_machine(s->model, o->machine)->clock_mhz;
	pv_machine_values(uarch, time_ns, o->n_insns, s->values);
	s->values[PV_MACHINE_CLOCK] = mhz;
	s->values[PV_MACHINE_CPI] = pv_cpi(time_ns, mhz, (uint64_t)o->n_insns);
	s->values[PV_MACHINE_IPC] = 1 / s->values[PV_MACHINE_CPI];
}

/* The same with its parameters, where they are at hand. */
static enum pv_status set_all_values(const struct search *s, const struct pv_offer *o, struct pv_error *err)
{
	struct pv_uarch *own = NULL;
	const struct pv_uarch *given = in_set(s->choice->uarchs, name_of(s, o));
	const char *file = given ? NULL : file_of(s->choice, name_of(s, o));
	if (file)
		TRY(pv_uarch_load(file, &own, err));
	set_values(s, o, given ? given : own, o->time_ns);
	pv_uarch_free(own);
	return PV_OK;
}

/* ---- costs ---- */

static enum pv_status cost_by_formula(const struct search *s, struct pv_offer *o, struct pv_error *err)
{
	size_t n;
	TRY(set_all_values(s, o, err));
	const int missing = pv_formula_missing(s->cost, s->values);
	if (missing >= 0) {
		base_error_set(err, PV_ERR_MISSING, "the cost names '%s', which is not known of machine '%s'",
		               pv_machine_variables(&n)[missing].name, name_of(s, o));
		return base_error_hint(err, "--uarch-files names folders or files with the machines' parameters");
	}
	o->cost = pv_formula_value(s->cost, s->values);
	FAIL_IF(!isfinite(o->cost), err, PV_ERR_ARG, "the cost of machine '%s' is not a finite number", name_of(s, o));
	return PV_OK;
}

/* The column of a name in the first line, the second one without a name; -1 when there is none. */
static int find_column(const struct base_csv *csv, const char *name)
{
	const char *text;
	if (!name)
		return base_csv_field(csv, 0, 1) ? 1 : -1;
	for (int i = 0; (text = base_csv_field(csv, 0, (size_t)i)); i++)
		if (!strcmp(text, name))
			return i;
	return -1;
}

/* Takes a machine's cost from a line of the file, when the machine is among the offers. */
static enum pv_status cost_from_line(struct search *s, const struct base_csv *csv, size_t line, size_t column, const char *path,
                                     struct pv_error *err)
{
	const char *name = base_csv_field(csv, line, 0), *text = base_csv_field(csv, line, column);
	for (int i = 0; i < s->n; i++) {
		char *end = NULL;
		if (strcmp(name_of(s, &s->offers[i]), name) != 0)
			continue;
		s->offers[i].cost = text ? strtod(text, &end) : NAN;
		FAIL_IF(!text || end == text || *end || !isfinite(s->offers[i].cost), err, PV_ERR_ARG,
		        "'%s': the cost of machine '%s' is not a number", path, name);
	}
	return PV_OK;
}

static enum pv_status costs_from_table(struct search *s, const struct base_csv *csv, const char *path, const char *name,
                                       struct pv_error *err)
{
	const int column = find_column(csv, name);
	FAIL_IF(column < 0, err, PV_ERR_MISSING, "'%s' has no column '%s' in its first line", path, name ? name : "2");
	for (size_t line = 1; base_csv_field(csv, line, 0); line++)
		TRY(cost_from_line(s, csv, line, (size_t)column, path, err));
	for (int i = 0; i < s->n; i++)
		FAIL_IF(isnan(s->offers[i].cost), err, PV_ERR_ARG, "'%s' has no cost for machine '%s'", path, name_of(s, &s->offers[i]));
	return PV_OK;
}

/* FILE or FILE:COLUMN; a file whose own name has a colon is tried first. */
static enum pv_status costs_from_file(struct search *s, struct pv_error *err)
{
	struct base_csv csv;
	struct pv_error first = {0};
	char *path = strdup(s->choice->costs), *colon = path ? strrchr(path, ':') : NULL;
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = base_csv_load(path, &csv, &first);
	if (status == PV_ERR_MISSING && colon) {
		*colon = '\0';
		base_csv_release(&csv);
		status = base_csv_load(path, &csv, err);
	} else {
		colon = NULL;
		if (status != PV_OK && err)
			*err = first;
	}
	if (status == PV_OK)
		status = costs_from_table(s, &csv, path, colon ? colon + 1 : NULL, err);
	base_csv_release(&csv);
	free(path);
	return status;
}

/* ---- offers ---- */

static enum pv_status add_up(const struct search *s, const struct pv_vectors *vectors, struct pv_offer *o, struct pv_error *err)
{
	double squares = 0;
	for (int p = 0; p < pv_vectors_count(vectors); p++) {
		struct pv_prediction x;
		TRY(pv_predict(s->model, vectors, p, o->machine, NULL, &x, err));
		o->time_ns += x.time_ns;
		o->model_ns += isnan(x.model_ns) ? 0 : x.model_ns;
		squares += x.sampling_ns * x.sampling_ns;
		o->n_insns += (double)pv_vectors_at(vectors, p)->n_insns;
	}
	o->sampling_ns = sqrt(squares);
	return PV_OK;
}

static bool holds(const struct search *s, const struct pv_offer *o, double time_ns)
{
	set_values(s, o, NULL, time_ns);
	return pv_formula_value(s->limit, s->values) != 0;
}

static void judge(const struct search *s, struct pv_offer *o)
{
	const double half = hypot(o->model_ns, o->sampling_ns);
	o->qualifies = o->clear = true;
	if (s->limit) {
		o->qualifies = holds(s, o, o->time_ns);
		o->clear = holds(s, o, o->time_ns - half) == o->qualifies && holds(s, o, o->time_ns + half) == o->qualifies;
	} else if (s->choice->budget) {
		o->qualifies = o->cost <= *s->choice->budget;
	}
}

static enum pv_status make_offers(struct search *s, const struct pv_vectors *vectors, const int *machines, struct pv_error *err)
{
	const int K = pv_model_info(s->model)->n_machines;
	for (int i = 0; i < s->n; i++) {
		FAIL_IF(machines[i] < 0 || machines[i] >= K, err, PV_ERR_ARG, "the model has no machine %d: it has %d, counted from 0",
		        machines[i], K);
		s->offers[i] = (struct pv_offer){.machine = machines[i], .cost = NAN};
		TRY(add_up(s, vectors, &s->offers[i], err));
	}
	if (s->choice->costs)
		TRY(costs_from_file(s, err));
	for (int i = 0; s->cost && i < s->n; i++)
		TRY(cost_by_formula(s, &s->offers[i], err));
	for (int i = 0; i < s->n; i++)
		judge(s, &s->offers[i]);
	return PV_OK;
}

/* ---- order ---- */

/* An offer with the name that settles a tie. */
struct ranked {
	struct pv_offer offer;
	const char *name;
};

static int by_speed(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->offer.qualifies != y->offer.qualifies)
		return x->offer.qualifies ? -1 : 1;
	return x->offer.time_ns != y->offer.time_ns ? (x->offer.time_ns < y->offer.time_ns ? -1 : 1) : strcmp(x->name, y->name);
}

/* What qualifies first, then the cheapest, then the fastest. */
static int by_cost(const void *a, const void *b)
{
	const struct pv_offer *x = &((const struct ranked *)a)->offer, *y = &((const struct ranked *)b)->offer;
	if (x->qualifies == y->qualifies && x->cost != y->cost && !isnan(x->cost) && !isnan(y->cost))
		return x->cost < y->cost ? -1 : 1;
	return by_speed(a, b);
}

static enum pv_status sort_offers(struct search *s, struct pv_error *err)
{
	struct ranked *ranked = malloc(((size_t)s->n + 1) * sizeof *ranked);
	FAIL_IF(!ranked, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < s->n; i++)
		ranked[i] = (struct ranked){s->offers[i], name_of(s, &s->offers[i])};
	qsort(ranked, (size_t)s->n, sizeof *ranked, s->choice->budget && !s->choice->within ? by_speed : by_cost);
	for (int i = 0; i < s->n; i++)
		s->offers[i] = ranked[i].offer;
	free(ranked);
	return PV_OK;
}

/* ---- the question ---- */

static enum pv_status parse(struct search *s, struct pv_error *err)
{
	const struct pv_choice *c = s->choice;
	char text[512];
	size_t n;
	pv_machine_variables(&n);
	s->values = calloc(n, sizeof *s->values);
	FAIL_IF(!s->values, err, PV_ERR_NOMEM, "out of memory");
	if (c->within) {
		const int length = snprintf(text, sizeof text, "time <= %s", c->within);
		FAIL_IF(length < 0 || (size_t)length >= sizeof text, err, PV_ERR_ARG, "the limit of time is too long a text");
		TRY(pv_machine_formula("limit", text, &s->limit, err));
	}
	return c->cost ? pv_machine_formula("cost", c->cost, &s->cost, err) : PV_OK;
}

enum pv_status pv_choose(const struct pv_model *model, const struct pv_vectors *vectors, const int *machines, int n,
                         const struct pv_choice *choice, struct pv_offer *offers, struct pv_error *err)
{
	struct search s = {.model = model, .choice = choice, .offers = offers, .n = n};
	enum pv_status status = parse(&s, err);
	if (status == PV_OK)
		status = make_offers(&s, vectors, machines, err);
	if (status == PV_OK)
		status = sort_offers(&s, err);
	pv_formula_free(s.limit);
	pv_formula_free(s.cost);
	free(s.values);
	return status;
}
