/*
 * cheapest.c - which machine is the cheapest that runs some programs within a time, or the fastest within a budget
 *
 * A machine's time is the sum over the programs, one after the other. Sampling errors of different programs are independent and add up as
 * squares; the model's own may all lean to one side and add up as they are.
 */
#include "cheapest.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One machine and what is known of it. */
struct offer {
	int m; /* column of the table */
	const char *name;
	double time_ns, model_ns, sampling_ns, insns;
	double cost; /* NAN: none was asked for */
	bool within; /* of the time, or of the budget */
	bool sure;   /* whichever way, at either end of the interval */
};

struct answer {
	const struct cheapest *question;
	const struct predictions *t;
	struct pv_uarch_set *uarchs; /* NULL: none given */
	struct pv_formula *limit, *cost;
	double budget;
	struct offer *offers; /* (n) */
	int n;
};

bool cheapest_asked(const struct cheapest *c)
{
	return c->within || c->budget || c->cost || c->costs;
}

/* ---- parameters ---- */

static const struct pv_uarch *in_set(const struct pv_uarch_set *set, const char *name)
{
	for (size_t i = 0; set && i < pv_uarch_set_count(set); i++)
		if (!strcmp(pv_uarch_name(pv_uarch_set_at(set, i)), name))
			return pv_uarch_set_at(set, i);
	return NULL;
}

/* The machine file of a dataset among the inputs, or the preset of that name; NULL when there is neither. */
static const char *file_of(const struct predictions *t, const char *name)
{
	for (int i = 0; i < t->in->n_operands; i++)
		for (int k = 0; t->in->datasets[i] && k < pv_dataset_n_machines(t->in->datasets[i]); k++)
			if (!strcmp(pv_dataset_machine(t->in->datasets[i], k)->name, name))
				return pv_dataset_machine(t->in->datasets[i], k)->path;
	for (size_t i = 0; i < pv_uarch_preset_count(); i++)
		if (!strcmp(pv_uarch_preset_name(i), name))
			return name;
	return NULL;
}

/* What formulas see of a machine; its parameters are not known without a file of it. */
static void set_values(const struct answer *a, const struct offer *o, const struct pv_uarch *uarch, double time_ns, double *values)
{
	const double mhz = pv_model_machine(a->t->model, a->t->machines[o->m])->clock_mhz;
	pv_machine_values(uarch, time_ns, o->insns, values);
	values[PV_MACHINE_CLOCK] = mhz;
	values[PV_MACHINE_CPI] = pv_cpi(time_ns, mhz, (uint64_t)o->insns);
	values[PV_MACHINE_IPC] = 1 / values[PV_MACHINE_CPI];
}

/* The same with its parameters, where they are at hand. */
static enum pv_status set_all_values(const struct answer *a, const struct offer *o, double *values, struct pv_error *err)
{
	struct pv_uarch *own = NULL;
	const struct pv_uarch *given = in_set(a->uarchs, o->name);
	const char *file = given ? NULL : file_of(a->t, o->name);
	enum pv_status status = file ? pv_uarch_load(file, &own, err) : PV_OK;
	if (status == PV_OK)
		set_values(a, o, given ? given : own, o->time_ns, values);
	pv_uarch_free(own);
	return status;
}

/* ---- costs ---- */

static bool error_line(const char *format, const char *a, const char *b)
{
	fprintf(stderr, "error: ");
	fprintf(stderr, format, a, b);
	fputc('\n', stderr);
	return false;
}

static bool cost_by_formula(const struct answer *a, struct offer *o, double *values)
{
	struct pv_error err = {0};
	size_t n;
	const struct pv_formula_variable *variables = pv_machine_variables(&n);
	if (set_all_values(a, o, values, &err) != PV_OK)
		return cli_error(&err) == CLI_OK;
	const int missing = pv_formula_missing(a->cost, values);
	if (missing >= 0) {
		error_line("the cost names '%s', which is not known of machine '%s'", variables[missing].name, o->name);
		fputs("hint: --uarch-files names folders or files with the machines' parameters\n", stderr);
		return false;
	}
	o->cost = pv_formula_value(a->cost, values);
	return isfinite(o->cost) || error_line("the cost of machine '%s' is not a finite number%s", o->name, "");
}

/* The text of field i of a line, without blanks around it; cut to n bytes. */
static bool csv_field(const char *line, int i, char *text, size_t n)
{
	for (; i > 0; i--) {
		line = strchr(line, ',');
		if (!line++)
			return false;
	}
	line += strspn(line, " \t");
	size_t length = strcspn(line, ",\r\n");
	while (length && strchr(" \t\"", line[length - 1]))
		length--;
	if (length && *line == '"')
		line++, length--;
	snprintf(text, n, "%.*s", (int)(length < n ? length : n - 1), line);
	return true;
}

/* The column of a name in the first line: the second one without a name; -1 when there is none. */
static int csv_column(const char *line, const char *name)
{
	char text[256];
	if (!name)
		return csv_field(line, 1, text, sizeof text) ? 1 : -1;
	for (int i = 0; csv_field(line, i, text, sizeof text); i++)
		if (!strcmp(text, name))
			return i;
	return -1;
}

static bool set_cost(struct answer *a, const char *line, int column, const char *path)
{
	char name[256], text[256], *end;
	if (!csv_field(line, 0, name, sizeof name) || !*name)
		return true;
	for (int i = 0; i < a->n; i++) {
		if (strcmp(a->offers[i].name, name) != 0)
			continue;
		if (!csv_field(line, column, text, sizeof text))
			*text = '\0';
		a->offers[i].cost = strtod(text, &end);
		if (end == text || *end || !isfinite(a->offers[i].cost))
			return error_line("'%s': the cost of machine '%s' is not a number", path, name);
	}
	return true;
}

/* FILE or FILE:COLUMN; a file whose own name has a colon is tried first. */
static bool costs_from_file(struct answer *a, const char *text)
{
	char path[4096], line[4096];
	const char *name = NULL;
	snprintf(path, sizeof path, "%s", text);
	FILE *f = fopen(path, "re");
	char *colon = strrchr(path, ':');
	if (!f && colon) {
		*colon = '\0';
		name = colon + 1;
		f = fopen(path, "re");
	}
	if (!f)
		return error_line("cannot open '%s': %s", path, strerror(errno));
	const int column = fgets(line, sizeof line, f) ? csv_column(line, name) : -1;
	bool ok = column >= 0 || error_line("'%s' has no column '%s' in its first line", path, name ? name : "2");
	while (ok && fgets(line, sizeof line, f))
		ok = set_cost(a, line, column, path);
	fclose(f);
	for (int i = 0; ok && i < a->n; i++)
		if (isnan(a->offers[i].cost))
			ok = error_line("'%s' has no cost for machine '%s'", path, a->offers[i].name);
	return ok;
}

/* ---- offers ---- */

static void add_up(const struct predictions *t, struct offer *o)
{
	double squares = 0;
	for (int p = 0; p < t->P; p++) {
		const struct pv_prediction *c = &t->cells[p * t->M + o->m];
		o->time_ns += c->time_ns;
		o->model_ns += isnan(c->model_ns) ? 0 : c->model_ns;
		squares += c->sampling_ns * c->sampling_ns;
		o->insns += (double)pv_vectors_at(t->vectors, p)->n_insns;
	}
	o->sampling_ns = sqrt(squares);
}

static bool holds(const struct answer *a, const struct offer *o, double time_ns, double *values)
{
	set_values(a, o, NULL, time_ns, values);
	return pv_formula_value(a->limit, values) != 0;
}

static void judge(const struct answer *a, struct offer *o, double *values)
{
	const double half = hypot(o->model_ns, o->sampling_ns);
	o->within = o->sure = true;
	if (a->limit) {
		o->within = holds(a, o, o->time_ns, values);
		o->sure = holds(a, o, o->time_ns - half, values) == o->within && holds(a, o, o->time_ns + half, values) == o->within;
	} else if (a->question->budget) {
		o->within = o->cost <= a->budget;
	}
}

/* What qualifies first; then the cheapest, or within a budget the fastest. */
static int by_merit(const void *a, const void *b)
{
	const struct offer *x = a, *y = b;
	if (x->within != y->within)
		return x->within ? -1 : 1;
	if (x->cost != y->cost && !isnan(x->cost) && !isnan(y->cost))
		return x->cost < y->cost ? -1 : 1;
	return x->time_ns != y->time_ns ? (x->time_ns < y->time_ns ? -1 : 1) : strcmp(x->name, y->name);
}

static int by_speed(const void *a, const void *b)
{
	const struct offer *x = a, *y = b;
	if (x->within != y->within)
		return x->within ? -1 : 1;
	return x->time_ns != y->time_ns ? (x->time_ns < y->time_ns ? -1 : 1) : strcmp(x->name, y->name);
}

/* ---- printing ---- */

static void print_offer(const struct answer *a, const struct offer *o, int width)
{
	const struct cheapest *q = a->question;
	char time[32], model[32], sampling[32];
	printf("%-*s  %12s", width, o->name, predictions_time_text(o->time_ns, time, sizeof time));
	printf("  +- %7s", predictions_percent_text(o->model_ns > 0 ? o->model_ns / o->time_ns : NAN, false, model, sizeof model));
	if (a->t->sampled)
		printf("  +- %7s", predictions_percent_text(o->sampling_ns / o->time_ns, false, sampling, sizeof sampling));
	if (!isnan(o->cost))
		printf("  %12.6g", o->cost);
	if (q->within || q->budget)
		printf("  %s%s", o->within ? "yes" : "no", o->sure ? "" : ", within the interval");
	putchar('\n');
}

static void print_table(const struct answer *a)
{
	const struct cheapest *q = a->question;
	int width = 7;
	for (int i = 0; i < a->n; i++)
		width = (int)strlen(a->offers[i].name) > width ? (int)strlen(a->offers[i].name) : width;
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
		const struct offer *o = &a->offers[i];
		printf("%s,%.9g,%.6g,%.6g,", o->name, o->time_ns, o->model_ns, o->sampling_ns);
		if (!isnan(o->cost))
			printf("%.9g", o->cost);
		printf(",%d,%d\n", o->within, o->sure);
	}
}

static void print_json(const struct answer *a)
{
	printf("{\"machines\": [");
	for (int i = 0; i < a->n; i++) {
		const struct offer *o = &a->offers[i];
		printf("%s\n  {\"machine\": ", i ? "," : "");
		cli_print_json(o->name);
		printf(", \"time_ns\": %.9g, \"model_ns\": %.6g", o->time_ns, o->model_ns);
		if (isfinite(o->sampling_ns))
			printf(", \"sampling_ns\": %.6g", o->sampling_ns);
		if (!isnan(o->cost))
			printf(", \"cost\": %.9g", o->cost);
		printf(", \"within\": %s, \"sure\": %s}", o->within ? "true" : "false", o->sure ? "true" : "false");
	}
	printf("\n], \"answer\": ");
	if (a->offers[0].within)
		cli_print_json(a->offers[0].name);
	else
		printf("null");
	printf("}\n");
}

/* The best machine in a sentence; or that there is none. */
static int conclude(const struct answer *a, bool aloud)
{
	const struct cheapest *q = a->question;
	const struct offer *best = &a->offers[0];
	const bool fastest = q->budget && !q->within;
	if (!best->within) {
		if (q->within)
			fprintf(stderr, "error: none of %d machines runs the %d program%s within %s\n", a->n, a->t->P,
			        a->t->P == 1 ? "" : "s", q->within);
		else
			fprintf(stderr, "error: none of %d machines costs %s or less\n", a->n, q->budget);
		return CLI_FAILED;
	}
	char time[32];
	if (aloud)
		printf("\n%s: %s, %s%s\n", fastest ? "fastest" : "cheapest", best->name,
		       predictions_time_text(best->time_ns, time, sizeof time), best->sure ? "" : "; the limit is within its interval");
	return CLI_OK;
}

/* ---- the question ---- */

static bool parse(struct answer *a)
{
	const struct cheapest *q = a->question;
	struct pv_error err = {0};
	char text[512], *end;
	enum pv_status status = PV_OK;
	if (q->within) {
		snprintf(text, sizeof text, "time <= %s", q->within);
		status = pv_machine_formula("limit", text, &a->limit, &err);
	}
	if (status == PV_OK && q->cost)
		status = pv_machine_formula("cost", q->cost, &a->cost, &err);
	if (status == PV_OK && q->uarchs.n)
		status = pv_uarch_set_load((const char *const *)q->uarchs.items, q->uarchs.n, &a->uarchs, &err);
	if (status != PV_OK)
		return cli_error(&err) == CLI_OK;
	a->budget = q->budget ? strtod(q->budget, &end) : 0;
	if (q->budget && (end == q->budget || *end || !isfinite(a->budget)))
		return error_line("the budget '%s' is not a number%s", q->budget, "");
	return true;
}

static bool make_offers(struct answer *a)
{
	size_t n;
	pv_machine_variables(&n);
	double *values = calloc(n, sizeof *values);
	a->offers = calloc((size_t)a->t->M, sizeof *a->offers);
	bool ok = (values && a->offers) || error_line("out of memory%s%s", "", "");
	for (int m = 0; ok && m < a->t->M; m++) {
		a->offers[m] = (struct offer){.m = m, .name = pv_model_machine(a->t->model, a->t->machines[m])->name, .cost = NAN};
		add_up(a->t, &a->offers[a->n++]);
	}
	if (ok && a->question->costs)
		ok = costs_from_file(a, a->question->costs);
	for (int i = 0; ok && a->cost && i < a->n; i++)
		ok = cost_by_formula(a, &a->offers[i], values);
	for (int i = 0; ok && i < a->n; i++)
		judge(a, &a->offers[i], values);
	free(values);
	return ok;
}

int cheapest_answer(const struct cheapest *c, const struct predictions *t)
{
	struct answer a = {.question = c, .t = t};
	int status = CLI_FAILED;
	if (parse(&a) && make_offers(&a)) {
		qsort(a.offers, (size_t)a.n, sizeof *a.offers, c->budget && !c->within ? by_speed : by_merit);
		(c->csv ? print_csv : c->json ? print_json : print_table)(&a);
		status = conclude(&a, !c->csv && !c->json);
	}
	pv_formula_free(a.limit);
	pv_formula_free(a.cost);
	pv_uarch_set_free(a.uarchs);
	free(a.offers);
	return status;
}
