/*
 * predictions.c - the table that predict makes
 */
#include "predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Simulated time of a part of a program on column k of its dataset. */
static double time_of_rows(const struct cli_input_program *p, const struct pv_vector *v, int k)
{
	const size_t K = (size_t)pv_dataset_n_machines(p->dataset);
	double sum = 0;
	for (uint64_t row = v->first_row; row < v->first_row + v->n_rows; row++) {
		size_t at = (size_t)row * K + (size_t)k;
		sum += p->program->target_bytes == 2 ? ((const uint16_t *)p->program->targets)[at]
		                                     : (double)((const uint32_t *)p->program->targets)[at];
	}
	return 0.1 * sum;
}

static double simulated_ns(const struct cli_input_program *p, const struct pv_vector *v, const char *machine)
{
	for (int k = 0; p->dataset && k < pv_dataset_n_machines(p->dataset); k++)
		if (!strcmp(pv_dataset_machine(p->dataset, k)->name, machine))
			return v->phase ? time_of_rows(p, v, k) : 0.1 * (double)p->program->total[k];
	return NAN;
}

/*
 * Half of a 95 % interval, as a fraction, from the mean absolute error that training measured: of a normal distribution that is 1.96 sigma,
 * and the mean absolute deviation sqrt(2 / pi) sigma. Programs it was not trained on: those left out of the fit, if it left any out.
 * Machines that were never timed: what the machine regression measured on machines left out, if that is more.
 */
static double model_error_95(const struct predictions *t, int p, int k)
{
	const struct pv_model_info *info = pv_model_info(t->model);
	const double per_mean = 1.959963984540054 / sqrt(2 / 3.141592653589793);
	const double seen = info->validation_error, unseen = isnan(info->left_out_error) ? seen : info->left_out_error;
	const bool is_seen = pv_model_saw_program(t->model, pv_vectors_at(t->vectors, p)->program);
	const double of_program = is_seen && !isnan(seen) ? seen : fmax(seen, unseen);
	struct pv_machine_regression_info net;
	if (pv_model_machine(t->model, k)->state != PV_MACHINE_DERIVED || !pv_model_machine_regression(t->model, &net))
		return per_mean * of_program;
	return per_mean * fmax(of_program, net.error);
}

void predictions_fill(struct predictions *t)
{
	for (int i = 0; i < t->P * t->M; i++)
		t->order[i] = i;
	for (int p = 0; p < t->P; p++)
		for (int m = 0; m < t->M; m++) {
			const struct pv_vector *v = pv_vectors_at(t->vectors, p);
			const struct pv_model_machine *machine = pv_model_machine(t->model, t->machines[m]);
			struct cell *c = &t->cells[p * t->M + m];
			c->time_ns = pv_predict_ns(t->model, v, t->machines[m]);
			c->sampling_ns = pv_predict_error_ns(t->model, v, t->machines[m]);
			t->sampled = t->sampled || v->n_units;
			c->cpi = pv_cpi(c->time_ns, machine->clock_mhz, v->n_insns);
			c->simulated_ns = simulated_ns(t->sources[p], v, machine->name);
			c->model_ns = c->time_ns * model_error_95(t, p, t->machines[m]);
			c->error = c->simulated_ns > 0 ? c->time_ns / c->simulated_ns - 1 : NAN;
			t->simulated = t->simulated || !isnan(c->simulated_ns);
		}
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

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void add_cell(struct summary *s, const struct cell *c, double *errors)
{
	s->simulated_ns += c->simulated_ns;
	s->time_ns += c->time_ns;
	s->error += fabs(c->error);
	s->worst = fabs(c->error) > fabs(s->worst) ? c->error : s->worst;
	errors[s->n++] = fabs(c->error);
}

struct summary predictions_summarize(const struct predictions *t, struct choice c)
{
	struct summary s = {0};
	for (int m = 0; m < t->M; m++)
		s.n_machines += seen_machine(t, m) == c.seen_machines;
	for (int p = 0; p < t->P; p++) {
		s.n_programs += chosen(t, &c, p);
		for (int m = 0; m < t->M && chosen(t, &c, p); m++) {
			const struct cell *cell = &t->cells[p * t->M + m];
			if (seen_machine(t, m) == c.seen_machines && !isnan(cell->error))
				add_cell(&s, cell, t->errors);
		}
	}
	if (!s.n) {
		s.simulated_ns = s.time_ns = s.error = s.median = s.worst = NAN;
		return s;
	}
	qsort(t->errors, (size_t)s.n, sizeof *t->errors, by_value);
	s.median = 0.5 * (t->errors[(s.n - 1) / 2] + t->errors[s.n / 2]);
	s.simulated_ns /= s.n;
	s.time_ns /= s.n;
	s.error /= s.n;
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
		const struct cell *c = &t->cells[i];
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
