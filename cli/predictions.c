/*
 * predictions.c - the table that predict makes
 */
#include "predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum pv_status predictions_fill(struct predictions *t, struct pv_error *err)
{
	for (int i = 0; i < t->P * t->M; i++) {
		const int program = i / t->M;
		t->order[i] = i;
		struct pv_prediction *x = &t->cells[i];
		const enum pv_status status = pv_predict(t->model, t->vectors, program, t->machines[i % t->M], t->sources[program], x, err);
		if (status != PV_OK)
			return status;
		t->sampled = t->sampled || pv_vectors_at(t->vectors, program)->n_units;
		t->simulated = t->simulated || !isnan(x->simulated_ns);
	}
	return PV_OK;
}

/* Whether a program belongs to those that the model was trained on, a machine to those trained together with the foundation. */
static bool seen_program(const struct predictions *t, int p)
{
	return pv_model_saw_program(t->model, pv_vectors_at(t->vectors, p)->program);
}

static bool seen_machine(const struct predictions *t, int m)
{
	return pv_model_machine(t->model, t->machines[m])->state == PV_MACHINE_TRAINED;
}

const char *predictions_program_kind(const struct predictions *t, int p)
{
	return seen_program(t, p) ? "seen" : "unseen";
}

const char *predictions_machine_kind(const struct predictions *t, int m)
{
	return seen_machine(t, m) ? "seen" : "tuned";
}

static bool chosen(const struct predictions *t, const struct choice *c, int p)
{
	return c->program >= 0 ? p == c->program : seen_program(t, p) == c->seen_programs;
}

static void add_cell(struct summary *s, const struct pv_prediction *c, double *errors)
{
	s->simulated_ns += c->simulated_ns;
	s->time_ns += c->time_ns;
	errors[s->n++] = c->error;
}

struct summary predictions_summarize(const struct predictions *t, struct choice c)
{
	struct summary s = {0};
	for (int m = 0; m < t->M; m++)
		s.n_machines += seen_machine(t, m) == c.seen_machines;
	for (int p = 0; p < t->P; p++) {
		s.n_programs += chosen(t, &c, p);
		for (int m = 0; m < t->M && chosen(t, &c, p); m++) {
			const struct pv_prediction *cell = &t->cells[p * t->M + m];
			if (seen_machine(t, m) == c.seen_machines && !isnan(cell->error))
				add_cell(&s, cell, t->errors);
		}
	}
	s.error = pv_error_summarize(t->errors, (size_t)s.n);
	s.simulated_ns = s.n ? s.simulated_ns / s.n : NAN;
	s.time_ns = s.n ? s.time_ns / s.n : NAN;
	return s;
}

/* ---- order ---- */

struct key {
	double value;
	const char *program, *machine;
	int cell;
};

static int by_key(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	if (x->value != y->value && !(isnan(x->value) && isnan(y->value)))
		return isnan(x->value) || x->value > y->value ? 1 : -1;
	if (x->program && strcmp(x->program, y->program) != 0)
		return strcmp(x->program, y->program);
	if (x->machine && strcmp(x->machine, y->machine) != 0)
		return strcmp(x->machine, y->machine);
	return x->cell - y->cell;
}

bool predictions_sort(struct predictions *t, const char *by)
{
	static const char *const names[] = {"time", "cpi", "error", "name"};
	int which = 0;
	while (which < 4 && strcmp(by, names[which]) != 0)
		which++;
	struct key *keys = calloc((size_t)t->P * (size_t)t->M + 1, sizeof *keys);
	for (int i = 0; keys && which < 4 && i < t->P * t->M; i++) {
		const struct pv_prediction *c = &t->cells[i];
		const double values[] = {c->time_ns, c->cpi, -fabs(c->error), 0};
		const bool names_count = which == 3;
		keys[i] = (struct key){values[which], names_count ? pv_vectors_at(t->vectors, i / t->M)->program : NULL,
		                       names_count ? pv_model_machine(t->model, t->machines[i % t->M])->name : NULL, i};
	}
	if (keys && which < 4)
		qsort(keys, (size_t)(t->P * t->M), sizeof *keys, by_key);
	for (int i = 0; keys && which < 4 && i < t->P * t->M; i++)
		t->order[i] = keys[i].cell;
	free(keys);
	return which < 4;
}
