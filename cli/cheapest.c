/*
 * cheapest.c - printing which machine is the cheapest within a time, or the fastest within a budget
 */
#include "cheapest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is printed. */
struct answer {
	const struct cheapest *question;
	const struct predictions *t;
	struct pv_offer *offers; /* (n) */
	int n;
};

bool cheapest_asked(const struct cheapest *c)
{
	return c->within || c->budget || c->cost || c->costs;
}

static const char *name_of(const struct answer *a, const struct pv_offer *o)
{
	return pv_model_machine(a->t->model, o->machine)->name;
}

/* ---- printing ---- */

static void print_offer(const struct answer *a, const struct pv_offer *o, int width)
{
	const struct cheapest *q = a->question;
	char time[32], model[32], sampling[32];
	printf("%-*s  %12s", width, name_of(a, o), predictions_time_text(o->time_ns, time, sizeof time));
	printf("  +- %7s", predictions_percent_text(o->model_ns > 0 ? o->model_ns / o->time_ns : NAN, false, model, sizeof model));
	if (a->t->sampled)
		printf("  +- %7s", predictions_percent_text(o->sampling_ns / o->time_ns, false, sampling, sizeof sampling));
	if (!isnan(o->cost))
		printf("  %12.6g", o->cost);
	if (q->within || q->budget)
		printf("  %s%s", o->qualifies ? "yes" : "no", o->clear ? "" : ", within the interval");
	putchar('\n');
}

static void print_table(const struct answer *a)
{
	const struct cheapest *q = a->question;
	int width = 7;
	for (int i = 0; i < a->n; i++)
		width = (int)strlen(name_of(a, &a->offers[i])) > width ? (int)strlen(name_of(a, &a->offers[i])) : width;
	printf("%-*s  %12s  %10s", width, "machine", "time", "model");
	if (a->t->sampled)
		printf("  %10s", "sampling");
	if (q->cost || q->costs)
		printf("  %12s", "cost");
	if (q->within)
		printf("  within %s", q->within);
	else if (q->budget)
		printf("  within the budget of %s", q->budget);
	putchar('\n');
	for (int i = 0; i < a->n; i++)
		print_offer(a, &a->offers[i], width);
}

static void print_csv(const struct answer *a)
{
	printf("machine,time_ns,model_ns,sampling_ns,cost,within,sure\n");
	for (int i = 0; i < a->n; i++) {
		const struct pv_offer *o = &a->offers[i];
		printf("%s,%.9g,%.6g,%.6g,", name_of(a, o), o->time_ns, o->model_ns, o->sampling_ns);
		if (!isnan(o->cost))
			printf("%.9g", o->cost);
		printf(",%d,%d\n", o->qualifies, o->clear);
	}
}

static void print_json(const struct answer *a)
{
	struct pv_json_writer w = {.file = stdout};
	pv_json_begin_object(&w, NULL, PV_JSON_INLINE);
	pv_json_begin_array(&w, "machines", PV_JSON_LINES);
	for (int i = 0; i < a->n; i++) {
		const struct pv_offer *o = &a->offers[i];
		pv_json_begin_object(&w, NULL, PV_JSON_INLINE);
		pv_json_write_text(&w, "machine", name_of(a, o));
		pv_json_write_number(&w, "time_ns", o->time_ns, 9);
		pv_json_write_number(&w, "model_ns", o->model_ns, 6);
		cli_json_known(&w, "sampling_ns", o->sampling_ns, 6);
		cli_json_known(&w, "cost", o->cost, 9);
		pv_json_write_flag(&w, "within", o->qualifies);
		pv_json_write_flag(&w, "sure", o->clear);
		pv_json_end(&w);
	}
	pv_json_end(&w);
	pv_json_write_text(&w, "answer", a->offers[0].qualifies ? name_of(a, &a->offers[0]) : NULL);
	pv_json_end(&w);
}

/* The best machine in a sentence; or that there is none. */
static int conclude(const struct answer *a, bool aloud)
{
	const struct cheapest *q = a->question;
	const struct pv_offer *best = &a->offers[0];
	const bool fastest = q->budget && !q->within;
	if (!best->qualifies) {
		if (q->within)
			fprintf(stderr, "error: none of %d machines runs the %d program%s within %s\n", a->n, a->t->P,
			        a->t->P == 1 ? "" : "s", q->within);
		else
			fprintf(stderr, "error: none of %d machines costs %s or less\n", a->n, q->budget);
		return CLI_FAILED;
	}
	char time[32];
	if (aloud)
		printf("\n%s: %s, %s%s\n", fastest ? "fastest" : "cheapest", name_of(a, best),
		       predictions_time_text(best->time_ns, time, sizeof time), best->clear ? "" : "; the limit is within its interval");
	return CLI_OK;
}

/* ---- the question ---- */

static enum pv_status no_memory(struct pv_error *err)
{
	*err = (struct pv_error){.status = PV_ERR_NOMEM, .message = "out of memory"};
	return err->status;
}

/* Where the parameters of machines come from, and what the library is asked. */
static enum pv_status choose(struct answer *a, struct pv_error *err)
{
	const struct cheapest *q = a->question;
	struct pv_uarch_set *uarchs = NULL;
	char *end = NULL;
	const double budget = q->budget ? strtod(q->budget, &end) : 0;
	if (q->budget && (end == q->budget || *end || !isfinite(budget))) {
		snprintf(err->message, sizeof err->message, "the budget '%.200s' is not a number", q->budget);
		return err->status = PV_ERR_ARG;
	}
	a->n = a->t->M;
	a->offers = calloc((size_t)a->n + 1, sizeof *a->offers);
	enum pv_status status = a->offers ? PV_OK : no_memory(err);
	if (status == PV_OK && q->uarchs.n)
		status = pv_uarch_set_load((const char *const *)q->uarchs.items, q->uarchs.n, &uarchs, err);
	const struct pv_choice choice = {.within = q->within,
	                                 .budget = q->budget ? &budget : NULL,
	                                 .cost = q->cost,
	                                 .costs = q->costs,
	                                 .uarchs = uarchs,
	                                 .datasets = (const struct pv_dataset *const *)a->t->in->datasets,
	                                 .n_datasets = a->t->in->n_files};
	if (status == PV_OK)
		status = pv_choose(a->t->model, a->t->vectors, a->t->machines, a->n, &choice, a->offers, err);
	pv_uarch_set_free(uarchs);
	return status;
}

int cheapest_answer(const struct cheapest *c, const struct predictions *t)
{
	struct answer a = {.question = c, .t = t};
	struct pv_error err = {0};
	int status;
	if (choose(&a, &err) == PV_OK) {
		(c->csv ? print_csv : c->json ? print_json : print_table)(&a);
		status = conclude(&a, !c->csv && !c->json);
	} else {
		status = cli_error(&err);
	}
	free(a.offers);
	return status;
}
