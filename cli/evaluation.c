/*
 * evaluation.c - an evaluation as CSV and JSON
 */
#include "evaluation.h"

#include <math.h>
#include <stdio.h>

/* ---- groups ---- */

typedef void print_group(const struct pv_evaluation *e, const struct pv_evaluation_group *g, enum pv_predictor predictor,
                         const struct pv_accuracy *a, void *user);

/* Prints every predictor's errors of every group that has any. */
static enum pv_status each_group(const struct pv_evaluation *e, print_group *print, void *user, struct pv_error *err)
{
	for (int i = 0; i < pv_evaluation_n_groups(e); i++) {
		const struct pv_evaluation_group g = pv_evaluation_group(e, i);
		for (int k = 0; k < PV_N_PREDICTORS; k++) {
			struct pv_accuracy a;
			const enum pv_status status = pv_evaluation_accuracy(e, (enum pv_predictor)k, &g.pairs, &a, err);
			if (status != PV_OK)
				return status;
			if (a.error.n)
				print(e, &g, (enum pv_predictor)k, &a, user);
		}
	}
	return PV_OK;
}

/* ---- CSV ---- */

static void csv_figure(double value)
{
	if (isnan(value))
		printf(",");
	else
		printf(",%.6g", value);
}

static void csv_group(const struct pv_evaluation *e, const struct pv_evaluation_group *g, enum pv_predictor predictor,
                      const struct pv_accuracy *a, void *user)
{
	const double figures[] = {a->error.mean,   a->mean_low,      a->mean_high,   a->error.median, a->error.p95,  a->error.bias,
	                          a->pearson_time, a->spearman_time, a->pearson_ipc, a->spearman_ipc, a->error.worst};
	(void)user;
	printf("%s,%s,%s,%s,%s,%s,%zu", g->section, g->program, g->program_kind, g->machine, g->machine_kind, pv_predictor_name(predictor),
	       a->error.n);
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		csv_figure(figures[i]);
	printf(",%s,%s,", pv_evaluated_program(e, a->worst_program)->name, pv_evaluated_machine(e, a->worst_machine)->name);
	if (a->worst_phase >= 0)
		printf("%llu", (unsigned long long)pv_evaluated_phase(e, a->worst_phase)->first_insn);
	printf("\n");
}

enum pv_status evaluation_print_csv(const struct pv_evaluation *e, struct pv_error *err)
{
	printf("section,program,program_kind,machine,machine_kind,predictor,n,mean,mean_low,mean_high,median,p95,bias,pearson_time,"
	       "spearman_time,pearson_ipc,spearman_ipc,worst,worst_program,worst_machine,worst_first_insn\n");
	return each_group(e, csv_group, NULL, err);
}

/* ---- JSON ---- */

static void json_figure(const char *name, double value)
{
	if (isfinite(value))
		printf(", \"%s\": %.9g", name, value);
}

static void json_text(const char *name, const char *text)
{
	if (!text[0])
		return;
	printf(", \"%s\": ", name);
	cli_print_json(text);
}

static void json_group(const struct pv_evaluation *e, const struct pv_evaluation_group *g, enum pv_predictor predictor,
                       const struct pv_accuracy *a, void *user)
{
	const char **comma = user;
	printf("%s\n  {\"section\": \"%s\", \"predictor\": \"%s\", \"n\": %zu", *comma, g->section, pv_predictor_name(predictor),
	       a->error.n);
	*comma = ",";
	json_text("program", g->program);
	json_text("program_kind", g->program_kind);
	json_text("machine", g->machine);
	json_text("machine_kind", g->machine_kind);
	json_figure("mean", a->error.mean);
	json_figure("mean_low", a->mean_low);
	json_figure("mean_high", a->mean_high);
	json_figure("median", a->error.median);
	json_figure("p95", a->error.p95);
	json_figure("bias", a->error.bias);
	json_figure("pearson_time", a->pearson_time);
	json_figure("spearman_time", a->spearman_time);
	json_figure("pearson_ipc", a->pearson_ipc);
	json_figure("spearman_ipc", a->spearman_ipc);
	json_figure("worst", a->error.worst);
	json_text("worst_program", pv_evaluated_program(e, a->worst_program)->name);
	json_text("worst_machine", pv_evaluated_machine(e, a->worst_machine)->name);
	if (a->worst_phase >= 0)
		printf(", \"worst_first_insn\": %llu", (unsigned long long)pv_evaluated_phase(e, a->worst_phase)->first_insn);
	printf("}");
}

/* The times of all predictors, for a program or a phase on a machine. */
static void json_times(const struct pv_evaluation *e, bool phase, int i, int m)
{
	for (int k = 0; k < PV_N_PREDICTORS; k++) {
		const enum pv_predictor predictor = (enum pv_predictor)k;
		const struct pv_evaluated_time t =
		    phase ? pv_evaluated_phase_time(e, predictor, i, m) : pv_evaluated_time(e, predictor, i, m);
		char name[32];
		snprintf(name, sizeof name, "%s_ns", pv_predictor_name(predictor));
		if (k == 0)
			json_figure("simulated_ns", t.simulated_ns);
		json_figure(name, t.predicted_ns);
	}
	printf("}");
}

static void json_pairs(const struct pv_evaluation *e)
{
	const char *comma = "";
	printf("\"pairs\": [");
	for (int p = 0; p < pv_evaluation_info(e)->n_programs; p++)
		for (int m = 0; m < pv_evaluation_info(e)->n_machines; m++, comma = ",") {
			const struct pv_evaluated_program *program = pv_evaluated_program(e, p);
			const struct pv_evaluated_machine *machine = pv_evaluated_machine(e, m);
			printf("%s\n  {\"program\": ", comma);
			cli_print_json(program->name);
			printf(", \"program_kind\": \"%s\"", program->seen ? "seen" : "unseen");
			json_text("machine", machine->name);
			printf(", \"machine_kind\": \"%s\", \"insns\": %llu, \"clock_mhz\": %.9g",
			       machine->state == PV_MACHINE_TRAINED ? "seen" : "tuned", (unsigned long long)program->n_insns,
			       machine->clock_mhz);
			json_times(e, false, p, m);
		}
	printf("\n]");
}

static void json_phases(const struct pv_evaluation *e)
{
	const char *comma = "";
	printf(",\n\"phases\": [");
	for (int u = 0; u < pv_evaluation_info(e)->n_phases; u++)
		for (int m = 0; m < pv_evaluation_info(e)->n_machines; m++, comma = ",") {
			const struct pv_evaluated_phase *phase = pv_evaluated_phase(e, u);
			printf("%s\n  {\"program\": ", comma);
			cli_print_json(pv_evaluated_program(e, phase->program)->name);
			json_text("machine", pv_evaluated_machine(e, m)->name);
			printf(", \"first_insn\": %llu, \"insns\": %llu, \"first_row\": %llu, \"rows\": %llu",
			       (unsigned long long)phase->first_insn, (unsigned long long)phase->n_insns,
			       (unsigned long long)phase->first_row, (unsigned long long)phase->n_rows);
			json_times(e, true, u, m);
		}
	printf("\n]");
}

/* The model against each baseline, by quadrant. */
static enum pv_status json_comparisons(const struct pv_evaluation *e, struct pv_error *err)
{
	const char *comma = "";
	printf(",\n\"comparisons\": [");
	for (int i = 0; i < PV_N_QUADRANTS; i++)
		for (int k = 1; k < PV_N_PREDICTORS; k++) {
			const struct pv_evaluation_group g = pv_evaluation_group(e, i);
			struct pv_comparison c;
			enum pv_status status = pv_evaluation_compare(e, (enum pv_predictor)k, &g.pairs, &c, err);
			if (status != PV_OK)
				return status;
			if (!c.n)
				continue;
			printf("%s\n  {\"program_kind\": \"%s\", \"machine_kind\": \"%s\", \"baseline\": \"%s\", \"n\": %zu", comma,
			       g.program_kind, g.machine_kind, pv_predictor_name((enum pv_predictor)k), c.n);
			json_figure("model_mean", c.model);
			json_figure("baseline_mean", c.baseline);
			json_figure("difference", c.difference);
			json_figure("difference_low", c.low);
			json_figure("difference_high", c.high);
			printf(", \"model_is_better\": %s}", c.difference < 0 ? "true" : "false");
			comma = ",";
		}
	printf("\n]");
	return PV_OK;
}

enum pv_status evaluation_print_json(const struct pv_model *model, const struct pv_evaluation *e, struct pv_error *err)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	const char *comma = "";
	printf("{\"model\": ");
	cli_print_json(pv_model_info(model)->expression);
	printf(", \"rows\": \"%s\", \"phase_insns\": %llu, \"fit_programs\": %d,\n\"groups\": [", info->held_out_rows ? "held-out" : "all",
	       (unsigned long long)info->phase_insns, info->n_fit_programs);
	enum pv_status status = each_group(e, json_group, &comma, err);
	if (status != PV_OK)
		return status;
	printf("\n],\n");
	json_pairs(e);
	if (info->n_phases)
		json_phases(e);
	status = json_comparisons(e, err);
	printf("}\n");
	return status;
}
