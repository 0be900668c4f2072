/*
 * predictions_print.c - predictions as tables, CSV and JSON
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "predictions.h"

const char *predictions_time_text(double ns, char *text, size_t n)
{
	if (isnan(ns))
		snprintf(text, n, "-");
	else if (fabs(ns) >= 1e9)
		snprintf(text, n, "%.3f s ", ns * 1e-9);
	else if (fabs(ns) >= 1e6)
		snprintf(text, n, "%.3f ms", ns * 1e-6);
	else
		snprintf(text, n, "%.3f us", ns * 1e-3);
	return text;
}

const char *predictions_percent_text(double fraction, bool sign, char *text, size_t n)
{
	if (isnan(fraction))
		snprintf(text, n, "-");
	else
		snprintf(text, n, sign ? "%+.1f %%" : "%.1f %%", 100 * fraction);
	return text;
}

static int width_of_programs(const struct predictions *t)
{
	int width = 7;
	for (int p = 0; p < t->P; p++) {
		int n = (int)strlen(pv_vectors_at(t->vectors, p)->program);
		width = n > width ? n : width;
	}
	return width;
}

static int width_of_machines(const struct predictions *t)
{
	int width = 7;
	for (int m = 0; m < t->M; m++) {
		int n = (int)strlen(pv_model_machine(t->model, t->machines[m])->name);
		width = n > width ? n : width;
	}
	return width;
}

/* "+- 2.3 %" of a prediction. */
static void print_interval(double half_ns, double time_ns)
{
	char text[32];
	printf("+- %7s  ", predictions_percent_text(half_ns / time_ns, false, text, sizeof text));
}

static bool shows_model(const struct predictions *t)
{
	return !t->simulated && t->P * t->M > 0 && !isnan(t->cells[0].model_ns);
}

static void print_heads(const struct predictions *t, int wp, int wm)
{
	printf("%-*s  ", wp, "program");
	if (t->phases)
		printf("%12s  %12s  ", "from insn", "insns");
	printf("%-*s  %12s  ", wm, "machine", "predicted");
	if (shows_model(t))
		printf("%10s  ", "model");
	if (t->sampled)
		printf("%10s  ", "sampling");
	printf("%8s", "CPI");
	printf(t->simulated ? "  %12s  %8s\n" : "\n", "simulated", "error");
}

static void print_cells(const struct predictions *t)
{
	const int wp = width_of_programs(t), wm = width_of_machines(t);
	print_heads(t, wp, wm);
	for (int i = 0; i < t->P * t->M; i++) {
		const struct pv_prediction *c = &t->cells[t->order[i]];
		const struct pv_vector *v = pv_vectors_at(t->vectors, t->order[i] / t->M);
		char time[32], simulated[32], error[32];
		printf("%-*s  ", wp, v->program);
		if (t->phases)
			printf("%12llu  %12llu  ", (unsigned long long)v->first_insn, (unsigned long long)v->n_insns);
		printf("%-*s  %12s  ", wm, pv_model_machine(t->model, t->machines[t->order[i] % t->M])->name,
		       predictions_time_text(c->time_ns, time, sizeof time));
		if (shows_model(t))
			print_interval(c->model_ns, c->time_ns);
		if (t->sampled)
			print_interval(c->sampling_ns, c->time_ns);
		printf("%8.3f", c->cpi);
		if (t->simulated)
			printf("  %12s  %8s", predictions_time_text(c->simulated_ns, simulated, sizeof simulated),
			       predictions_percent_text(c->error, true, error, sizeof error));
		printf("\n");
	}
}

void predictions_print_notes(const struct predictions *t)
{
	const struct pv_model_info *info = pv_model_info(t->model);
	char seen[32], unseen[32];
	if (shows_model(t))
		printf("model: half of a 95 %% interval from the mean error that training measured (%s on programs it saw, %s on programs "
		       "left\n"
		       "out of the fit), taken as normal; a program unlike those it was trained on may be further off\n",
		       predictions_percent_text(info->validation_error, false, seen, sizeof seen),
		       predictions_percent_text(info->left_out_error, false, unseen, sizeof unseen));
	struct pv_machine_regression_info net;
	bool derived = false;
	for (int m = 0; m < t->M; m++)
		derived = derived || pv_model_machine(t->model, t->machines[m])->state == PV_MACHINE_DERIVED;
	if (shows_model(t) && derived && pv_model_machine_regression(t->model, &net) && isfinite(net.error))
		printf("machines from their parameters: the mean error on machines left out of the regression is %.1f %%\n",
		       100 * net.error);
	if (t->sampled)
		printf("sampling: half of the 95 %% confidence interval that sampling leaves\n");
}

/* One line per program: mean times over the seen and over the tuned machines, and the mean absolute error. */
static void print_programs(const struct predictions *t)
{
	static const char *const kinds[2] = {"seen", "tuned"};
	const int wp = width_of_programs(t);
	int n[2];
	printf("%-*s        ", wp, "");
	for (int kind = 0; kind < 2; kind++) {
		char title[64];
		n[kind] = predictions_summarize(t, (struct choice){-1, true, kind == 0}).n_machines;
		snprintf(title, sizeof title, "mean over %d %s machine%s", n[kind], kinds[kind], n[kind] == 1 ? "" : "s");
		if (n[kind])
			printf("    %-32s", title);
	}
	printf("\n%-*s  %-6s", wp, "program", "");
	for (int kind = 0; kind < 2; kind++)
		if (n[kind])
			printf("    %11s %11s %8s", "simulated", "predicted", "error");
	printf("\n");
	for (int p = 0; p < t->P; p++) {
		printf("%-*s  %-6s", wp, pv_vectors_at(t->vectors, p)->program, predictions_program_kind(t, p));
		for (int kind = 0; kind < 2; kind++) {
			char a[32], b[32], e[32];
			struct summary s = predictions_summarize(t, (struct choice){p, false, kind == 0});
			if (n[kind])
				printf("    %11s %11s %8s", predictions_time_text(s.simulated_ns, a, sizeof a),
				       predictions_time_text(s.time_ns, b, sizeof b),
				       predictions_percent_text(s.error.mean, false, e, sizeof e));
		}
		printf("\n");
	}
	printf("\n");
}

/* Errors by kind of program and machine. */
static void print_quadrants(const struct predictions *t)
{
	printf("%-16s  %-17s  %11s  %8s  %8s\n", "absolute error", "", "mean", "median", "worst");
	for (int i = 0; i < 4; i++) {
		char programs[32], machines[32], mean[32], median[32], worst[32];
		struct summary s = predictions_summarize(t, (struct choice){-1, i < 2, i % 2 == 0});
		if (!s.n)
			continue;
		snprintf(programs, sizeof programs, "%d %s program%s", s.n_programs, i < 2 ? "seen" : "unseen",
		         s.n_programs == 1 ? "" : "s");
		snprintf(machines, sizeof machines, "%d %s machine%s", s.n_machines, i % 2 ? "tuned" : "seen",
		         s.n_machines == 1 ? "" : "s");
		printf("%-18s  %-18s  %8s  %8s  %8s\n", programs, machines,
		       predictions_percent_text(s.error.mean, false, mean, sizeof mean),
		       predictions_percent_text(s.error.median, false, median, sizeof median),
		       predictions_percent_text(s.error.worst, true, worst, sizeof worst));
	}
}

/* A figure that may not be there, after a comma. */
static void print_csv_figure(double x, int digits)
{
	putchar(',');
	if (isfinite(x))
		printf("%.*g", digits, x);
}

void predictions_print_csv(const struct predictions *t)
{
	printf("program,program_kind,%smachine,machine_kind,predicted_ns,cpi,simulated_ns,error,model_ns,sampling_ns\n",
	       t->phases ? "phase,first_insn,insns," : "");
	for (int i = 0; i < t->P * t->M; i++) {
		const int p = t->order[i] / t->M, m = t->order[i] % t->M;
		const struct pv_prediction *c = &t->cells[t->order[i]];
		const struct pv_vector *v = pv_vectors_at(t->vectors, p);
		printf("%s,%s,", v->program, predictions_program_kind(t, p));
		if (t->phases)
			printf("%u,%llu,%llu,", v->phase, (unsigned long long)v->first_insn, (unsigned long long)v->n_insns);
		printf("%s,%s,%.9g,%.6g", pv_model_machine(t->model, t->machines[m])->name, predictions_machine_kind(t, m), c->time_ns,
		       c->cpi);
		print_csv_figure(c->simulated_ns, 9);
		print_csv_figure(c->error, 6);
		print_csv_figure(c->model_ns, 6);
		print_csv_figure(v->n_units ? c->sampling_ns : NAN, 6);
		putchar('\n');
	}
}

static void json_quadrants(struct pv_json_writer *w, const struct predictions *t)
{
	static const char *const names[4] = {"seen_programs_seen_machines", "seen_programs_tuned_machines", "unseen_programs_seen_machines",
	                                     "unseen_programs_tuned_machines"};
	pv_json_begin_object(w, "absolute_error", PV_JSON_LINES);
	for (int i = 0; i < 4; i++) {
		struct summary s = predictions_summarize(t, (struct choice){-1, i < 2, i % 2 == 0});
		if (!s.n)
			continue;
		pv_json_begin_object(w, names[i], PV_JSON_INLINE);
		pv_json_write_number(w, "mean", s.error.mean, 6);
		pv_json_write_number(w, "median", s.error.median, 6);
		pv_json_write_number(w, "worst", s.error.worst, 6);
		pv_json_end(w);
	}
	pv_json_end(w);
}

static void json_cell(struct pv_json_writer *w, const struct predictions *t, int at)
{
	const int p = at / t->M, m = at % t->M;
	const struct pv_prediction *c = &t->cells[at];
	const struct pv_vector *v = pv_vectors_at(t->vectors, p);
	pv_json_begin_object(w, NULL, PV_JSON_INLINE);
	pv_json_write_text(w, "program", v->program);
	if (v->phase) {
		pv_json_write_count(w, "phase", v->phase);
		pv_json_write_count(w, "first_insn", v->first_insn);
		pv_json_write_count(w, "insns", v->n_insns);
	}
	pv_json_write_text(w, "program_kind", predictions_program_kind(t, p));
	pv_json_write_text(w, "machine", pv_model_machine(t->model, t->machines[m])->name);
	pv_json_write_text(w, "machine_kind", predictions_machine_kind(t, m));
	pv_json_write_number(w, "predicted_ns", c->time_ns, 9);
	cli_json_known(w, "model_ns", c->model_ns, 6);
	cli_json_known(w, "sampling_ns", v->n_units ? c->sampling_ns : NAN, 6);
	cli_json_known(w, "cpi", c->cpi, 6);
	cli_json_known(w, "simulated_ns", c->simulated_ns, 9);
	cli_json_known(w, "error", c->error, 6);
	pv_json_end(w);
}

void predictions_print_json(const struct predictions *t)
{
	struct pv_json_writer w = {.file = stdout};
	pv_json_begin_object(&w, NULL, PV_JSON_INLINE);
	pv_json_begin_array(&w, "predictions", PV_JSON_LINES);
	for (int i = 0; i < t->P * t->M; i++)
		json_cell(&w, t, t->order[i]);
	pv_json_end(&w);
	json_quadrants(&w, t);
	pv_json_end(&w);
}

void predictions_print_table(const struct predictions *t, bool full)
{
	const bool cells = !t->simulated || full || t->phases || t->sampled;
	(cells ? print_cells : print_programs)(t);
	if (t->simulated && cells)
		printf("\n");
	if (t->simulated)
		print_quadrants(t);
	if (cells)
		predictions_print_notes(t);
}
