/*
 * cmd_predict.c - perfvec predict: times and CPIs of programs on a model's machines, beside simulated ones where there are any
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inputs.h"

enum format { TABLE, CSV, JSON };

struct predict_args {
	struct cli_model_args use;
	const char *uarch;
	bool csv, json, full, sum;
};

/* One prediction. */
struct cell {
	double time_ns, cpi;
	double sampling_ns;         /* half of the 95 % confidence interval that sampling leaves */
	double simulated_ns, error; /* NAN without a simulated time; error as a fraction */
};

/* All of them: P programs, or their phases, on the chosen M machines. */
struct table {
	const struct pv_model *model;
	const struct cli_inputs *in;
	const struct pv_vectors *vectors;               /* (P) */
	const struct cli_input_program *const *sources; /* (P) where each came from */
	bool phases;                                    /* there is at least one vector of a phase */
	int P, M;
	int *machines;      /* (M) numbers in the model */
	struct cell *cells; /* (P, M) */
	double *errors;     /* (P * M) scratch for medians */
	bool simulated;     /* there is at least one simulated time */
	bool sampled;       /* there is at least one vector that was estimated from a sample */
};

/* ---- computing ---- */

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

static void fill_cells(struct table *t)
{
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
			c->error = c->simulated_ns > 0 ? c->time_ns / c->simulated_ns - 1 : NAN;
			t->simulated = t->simulated || !isnan(c->simulated_ns);
		}
}

/* Whether a program belongs to those that the model was trained on, a machine to those trained together with the foundation. */
static bool seen_program(const struct table *t, int p)
{
	return pv_model_saw_program(t->model, pv_vectors_at(t->vectors, p)->program);
}

static bool seen_machine(const struct table *t, int m)
{
	return pv_model_machine(t->model, t->machines[m])->state == PV_MACHINE_TRAINED;
}

static const char *program_kind(const struct table *t, int p)
{
	return seen_program(t, p) ? "seen" : "unseen";
}

static const char *machine_kind(const struct table *t, int m)
{
	return seen_machine(t, m) ? "seen" : "tuned";
}

/* Some cells: of one program, or (-1) of all seen or unseen ones, on the seen or on the tuned machines. */
struct choice {
	int program;
	bool seen_programs, seen_machines;
};

/* What they amount to; means are over cells with a simulated time, n of them. */
struct summary {
	int n, n_programs, n_machines;
	double simulated_ns, time_ns;
	double error, median, worst; /* mean and median absolute error; the largest error, signed */
};

static bool chosen(const struct table *t, const struct choice *c, int p)
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

static struct summary summarize(const struct table *t, struct choice c)
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

/* ---- printing ---- */

static const char *time_text(double ns, char *text, size_t n)
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

static const char *percent_text(double fraction, bool sign, char *text, size_t n)
{
	if (isnan(fraction))
		snprintf(text, n, "-");
	else
		snprintf(text, n, sign ? "%+.1f %%" : "%.1f %%", 100 * fraction);
	return text;
}

static int width_of_programs(const struct table *t)
{
	int width = 7;
	for (int p = 0; p < t->P; p++) {
		int n = (int)strlen(pv_vectors_at(t->vectors, p)->program);
		width = n > width ? n : width;
	}
	return width;
}

static int width_of_machines(const struct table *t)
{
	int width = 7;
	for (int m = 0; m < t->M; m++) {
		int n = (int)strlen(pv_model_machine(t->model, t->machines[m])->name);
		width = n > width ? n : width;
	}
	return width;
}

static void print_cells(const struct table *t)
{
	const int wp = width_of_programs(t), wm = width_of_machines(t);
	printf("%-*s  ", wp, "program");
	if (t->phases)
		printf("%12s  %12s  ", "from insn", "insns");
	printf("%-*s  %12s  ", wm, "machine", "predicted");
	if (t->sampled)
		printf("%10s  ", "sampling");
	printf("%8s", "CPI");
	printf(t->simulated ? "  %12s  %8s\n" : "\n", "simulated", "error");
	for (int p = 0; p < t->P; p++)
		for (int m = 0; m < t->M; m++) {
			const struct cell *c = &t->cells[p * t->M + m];
			char time[32], simulated[32], error[32];
			const struct pv_vector *v = pv_vectors_at(t->vectors, p);
			printf("%-*s  ", wp, v->program);
			if (t->phases)
				printf("%12llu  %12llu  ", (unsigned long long)v->first_insn, (unsigned long long)v->n_insns);
			printf("%-*s  %12s  ", wm, pv_model_machine(t->model, t->machines[m])->name,
			       time_text(c->time_ns, time, sizeof time));
			if (t->sampled)
				printf("+- %7s  ", percent_text(c->sampling_ns / c->time_ns, false, error, sizeof error));
			printf("%8.3f", c->cpi);
			if (t->simulated)
				printf("  %12s  %8s", time_text(c->simulated_ns, simulated, sizeof simulated),
				       percent_text(c->error, true, error, sizeof error));
			printf("\n");
		}
}

/* One line per program: mean times over the seen and over the tuned machines, and the mean absolute error. */
static void print_programs(const struct table *t)
{
	static const char *const kinds[2] = {"seen", "tuned"};
	const int wp = width_of_programs(t);
	int n[2];
	printf("%-*s        ", wp, "");
	for (int kind = 0; kind < 2; kind++) {
		char title[64];
		n[kind] = summarize(t, (struct choice){-1, true, kind == 0}).n_machines;
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
		printf("%-*s  %-6s", wp, pv_vectors_at(t->vectors, p)->program, program_kind(t, p));
		for (int kind = 0; kind < 2; kind++) {
			char a[32], b[32], e[32];
			struct summary s = summarize(t, (struct choice){p, false, kind == 0});
			if (n[kind])
				printf("    %11s %11s %8s", time_text(s.simulated_ns, a, sizeof a), time_text(s.time_ns, b, sizeof b),
				       percent_text(s.error, false, e, sizeof e));
		}
		printf("\n");
	}
	printf("\n");
}

/* Errors by kind of program and machine. */
static void print_quadrants(const struct table *t)
{
	printf("%-16s  %-17s  %11s  %8s  %8s\n", "absolute error", "", "mean", "median", "worst");
	for (int i = 0; i < 4; i++) {
		char programs[32], machines[32], mean[32], median[32], worst[32];
		struct summary s = summarize(t, (struct choice){-1, i < 2, i % 2 == 0});
		if (!s.n)
			continue;
		snprintf(programs, sizeof programs, "%d %s program%s", s.n_programs, i < 2 ? "seen" : "unseen",
		         s.n_programs == 1 ? "" : "s");
		snprintf(machines, sizeof machines, "%d %s machine%s", s.n_machines, i % 2 ? "tuned" : "seen",
		         s.n_machines == 1 ? "" : "s");
		printf("%-18s  %-18s  %8s  %8s  %8s\n", programs, machines, percent_text(s.error, false, mean, sizeof mean),
		       percent_text(s.median, false, median, sizeof median), percent_text(s.worst, true, worst, sizeof worst));
	}
}

static void print_csv(const struct table *t)
{
	printf("program,program_kind,%smachine,machine_kind,predicted_ns,%scpi,simulated_ns,error\n",
	       t->phases ? "phase,first_insn,insns," : "", t->sampled ? "sampling_ns," : "");
	for (int p = 0; p < t->P; p++)
		for (int m = 0; m < t->M; m++) {
			const struct cell *c = &t->cells[p * t->M + m];
			const struct pv_vector *v = pv_vectors_at(t->vectors, p);
			printf("%s,%s,", v->program, program_kind(t, p));
			if (t->phases)
				printf("%u,%llu,%llu,", v->phase, (unsigned long long)v->first_insn, (unsigned long long)v->n_insns);
			printf("%s,%s,%.9g,", pv_model_machine(t->model, t->machines[m])->name, machine_kind(t, m), c->time_ns);
			if (t->sampled)
				printf("%.6g,", c->sampling_ns);
			printf("%.6g", c->cpi);
			if (isnan(c->error))
				printf(",,\n");
			else
				printf(",%.9g,%.6g\n", c->simulated_ns, c->error);
		}
}

static void print_json_quadrants(const struct table *t)
{
	static const char *const names[4] = {"seen_programs_seen_machines", "seen_programs_tuned_machines", "unseen_programs_seen_machines",
	                                     "unseen_programs_tuned_machines"};
	printf("\"absolute_error\": {");
	const char *comma = "";
	for (int i = 0; i < 4; i++) {
		struct summary s = summarize(t, (struct choice){-1, i < 2, i % 2 == 0});
		if (!s.n)
			continue;
		printf("%s\n  \"%s\": {\"mean\": %.6g, \"median\": %.6g, \"worst\": %.6g}", comma, names[i], s.error, s.median, s.worst);
		comma = ",";
	}
	printf("}");
}

static void print_json(const struct table *t)
{
	printf("{\"predictions\": [");
	for (int p = 0; p < t->P; p++)
		for (int m = 0; m < t->M; m++) {
			const struct cell *c = &t->cells[p * t->M + m];
			printf("%s\n  {\"program\": ", p || m ? "," : "");
			const struct pv_vector *v = pv_vectors_at(t->vectors, p);
			cli_print_json(v->program);
			if (v->phase)
				printf(", \"phase\": %u, \"first_insn\": %llu, \"insns\": %llu", v->phase,
				       (unsigned long long)v->first_insn, (unsigned long long)v->n_insns);
			printf(", \"program_kind\": \"%s\", \"machine\": ", program_kind(t, p));
			cli_print_json(pv_model_machine(t->model, t->machines[m])->name);
			printf(", \"machine_kind\": \"%s\", \"predicted_ns\": %.9g", machine_kind(t, m), c->time_ns);
			if (v->n_units && isfinite(c->sampling_ns))
				printf(", \"sampling_ns\": %.6g", c->sampling_ns);
			if (isfinite(c->cpi))
				printf(", \"cpi\": %.6g", c->cpi);
			if (!isnan(c->error))
				printf(", \"simulated_ns\": %.9g, \"error\": %.6g", c->simulated_ns, c->error);
			printf("}");
		}
	printf("\n], ");
	print_json_quadrants(t);
	printf("}\n");
}

static void print_table(const struct table *t, const struct predict_args *a)
{
	if (a->csv) {
		print_csv(t);
		return;
	}
	if (a->json) {
		print_json(t);
		return;
	}
	if (t->simulated && !a->full && !t->phases && !t->sampled)
		print_programs(t);
	else
		print_cells(t);
	if (t->simulated && (a->full || t->phases || t->sampled))
		printf("\n");
	if (t->simulated)
		print_quadrants(t);
	if (t->sampled)
		printf("+- is half of the 95 %% confidence interval that sampling leaves; the model's own error is not in it\n");
}

/* ---- the command ---- */

/* Whether the simulated times of the datasets are of what the model predicts; prints an error when not. */
static bool comparable(const struct table *t, const struct cli_inputs *in)
{
	for (int i = 0; i < in->n_operands; i++) {
		struct pv_error err = {0};
		if (in->datasets[i] && pv_model_check_dataset(t->model, in->datasets[i], t->machines, t->M, &err) != PV_OK) {
			cli_error(&err);
			return false;
		}
	}
	return true;
}

/* What the table is of: the vectors as they are, or programs with their phases summed. */
static enum pv_status choose_vectors(struct table *t, bool sum, struct pv_vectors **whole, const struct cli_input_program **sources,
                                     struct pv_error *err)
{
	t->vectors = t->in->vectors;
	if (sum) {
		enum pv_status status = pv_vectors_whole(t->in->vectors, whole, err);
		if (status != PV_OK)
			return status;
		t->vectors = *whole;
	}
	for (int i = 0; i < pv_vectors_count(t->in->vectors); i++) {
		const bool goes_on = pv_vectors_at(t->in->vectors, i)->phase > 1;
		if (!sum || !goes_on)
			sources[t->P++] = &t->in->programs[i];
		t->phases = t->phases || (!sum && pv_vectors_at(t->in->vectors, i)->phase);
	}
	t->sources = sources;
	return PV_OK;
}

static int predict_inputs(struct table *t, const struct predict_args *a)
{
	struct pv_error err = {.status = PV_ERR_NOMEM, .message = "out of memory"};
	const size_t n = (size_t)pv_vectors_count(t->in->vectors);
	struct pv_vectors *whole = NULL;
	const struct cli_input_program **sources = calloc(n + 1, sizeof *sources);
	t->cells = calloc(n * (size_t)t->M + 1, sizeof *t->cells);
	t->errors = calloc(n * (size_t)t->M + 1, sizeof *t->errors);
	enum pv_status status = sources && t->cells && t->errors ? PV_OK : PV_ERR_NOMEM;
	if (status == PV_OK)
		status = choose_vectors(t, a->sum, &whole, sources, &err);
	if (status == PV_OK) {
		fill_cells(t);
		print_table(t, a);
	}
	pv_vectors_free(whole);
	free(sources);
	free(t->cells);
	free(t->errors);
	return status == PV_OK ? CLI_OK : cli_error(&err);
}

static int predict(const struct pv_model *model, char **operands, int n, const struct predict_args *a)
{
	struct cli_inputs in;
	struct table t = {.model = model, .in = &in};
	t.machines = calloc((size_t)pv_model_info(model)->n_machines + strlen(a->uarch ? a->uarch : ""), sizeof *t.machines);
	t.M = t.machines ? cli_choose_machines(model, a->uarch, t.machines) : -1;
	int status = CLI_FAILED;
	if (t.M >= 0 && cli_inputs_open(&in, model, operands, n, &a->use) == CLI_OK) {
		status = comparable(&t, &in) ? predict_inputs(&t, a) : CLI_FAILED;
		cli_inputs_release(&in);
	}
	free(t.machines);
	return status;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct predict_args a = {0};
	const struct cli_option options[] = {
	    {"uarch", 0, CLI_STRING, &a.uarch, "NAMES", "machines, separated by commas (default all of the model's)"},
	    {"full", 0, CLI_FLAG, &a.full, NULL, "print every program on every machine, beside a dataset too"},
	    {"phase", 0, CLI_U64, &a.use.represent.phase_insns, "N", "print time along the program: a line for every N instructions"},
	    {"sum", 0, CLI_FLAG, &a.sum, NULL, "print whole programs where vectors are of phases"},
	    {"csv", 0, CLI_FLAG, &a.csv, NULL, "print comma-separated values; errors are fractions"},
	    {"json", 0, CLI_FLAG, &a.json, NULL, "print JSON; errors are fractions"},
	    CLI_MODEL_OPTIONS(&a.use),
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status >= 0)
		return status;
	struct pv_model *model = NULL;
	if (!n)
		status = cli_usage_error(self, "missing program vectors, a trace or a dataset");
	else if (a.csv + a.json + a.full > 1)
		status = cli_usage_error(self, "of --csv, --json and --full only one can be");
	else
		status = cli_model_open(self, &a.use, &model);
	if (status == CLI_OK)
		status = predict(model, operands, n, &a);
	pv_model_free(model);
	free(operands);
	return status;
}

const struct cli_command cmd_predict = {
    .name = "predict",
    .summary = "predict time and CPI of programs on machines",
    .usage = "--model M [OPTIONS] R.npy|TRACE|DATASET...",
    .description =
        "Beside a dataset there are simulated times, and errors are predicted / simulated - 1: one line per program with means over the\n"
        "machines that the foundation was trained on (seen) and over those learnt later (tuned), and a summary of the errors. --full "
        "prints\n"
        "every program on every machine; so does any input without simulated times.\n"
        "Vectors of phases (represent --phase), and with --phase any traces and datasets, give time along the program.",
    .run = run,
};
