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

static void json_text(struct pv_json_writer *w, const char *key, const char *text)
{
	if (text[0])
		pv_json_write_text(w, key, text);
}

static void json_group(const struct pv_evaluation *e, const struct pv_evaluation_group *g, enum pv_predictor predictor,
                       const struct pv_accuracy *a, void *user)
{
	struct pv_json_writer *w = user;
	pv_json_begin_object(w, NULL, PV_JSON_INLINE);
	pv_json_write_text(w, "section", g->section);
	pv_json_write_text(w, "predictor", pv_predictor_name(predictor));
	pv_json_write_count(w, "n", a->error.n);
	json_text(w, "program", g->program);
	json_text(w, "program_kind", g->program_kind);
	json_text(w, "machine", g->machine);
	json_text(w, "machine_kind", g->machine_kind);
	cli_json_known(w, "mean", a->error.mean, 9);
	cli_json_known(w, "mean_low", a->mean_low, 9);
	cli_json_known(w, "mean_high", a->mean_high, 9);
	cli_json_known(w, "median", a->error.median, 9);
	cli_json_known(w, "p95", a->error.p95, 9);
	cli_json_known(w, "bias", a->error.bias, 9);
	cli_json_known(w, "pearson_time", a->pearson_time, 9);
	cli_json_known(w, "spearman_time", a->spearman_time, 9);
	cli_json_known(w, "pearson_ipc", a->pearson_ipc, 9);
	cli_json_known(w, "spearman_ipc", a->spearman_ipc, 9);
	cli_json_known(w, "worst", a->error.worst, 9);
	json_text(w, "worst_program", pv_evaluated_program(e, a->worst_program)->name);
	json_text(w, "worst_machine", pv_evaluated_machine(e, a->worst_machine)->name);
	if (a->worst_phase >= 0)
		pv_json_write_count(w, "worst_first_insn", pv_evaluated_phase(e, a->worst_phase)->first_insn);
	pv_json_end(w);
}

/* The times of all predictors, for a program or a phase on a machine. */
static void json_times(struct pv_json_writer *w, const struct pv_evaluation *e, bool phase, int i, int m)
{
	for (int k = 0; k < PV_N_PREDICTORS; k++) {
		const enum pv_predictor predictor = (enum pv_predictor)k;
		const struct pv_evaluated_time t =
		    phase ? pv_evaluated_phase_time(e, predictor, i, m) : pv_evaluated_time(e, predictor, i, m);
		char name[32];
		snprintf(name, sizeof name, "%s_ns", pv_predictor_name(predictor));
		if (k == 0)
			cli_json_known(w, "simulated_ns", t.simulated_ns, 9);
		cli_json_known(w, name, t.predicted_ns, 9);
	}
}

static void json_pairs(struct pv_json_writer *w, const struct pv_evaluation *e)
{
	pv_json_begin_array(w, "pairs", PV_JSON_LINES);
	for (int p = 0; p < pv_evaluation_info(e)->n_programs; p++)
		for (int m = 0; m < pv_evaluation_info(e)->n_machines; m++) {
			const struct pv_evaluated_program *program = pv_evaluated_program(e, p);
			const struct pv_evaluated_machine *machine = pv_evaluated_machine(e, m);
			pv_json_begin_object(w, NULL, PV_JSON_INLINE);
			pv_json_write_text(w, "program", program->name);
			pv_json_write_text(w, "program_kind", program->seen ? "seen" : "unseen");
			pv_json_write_text(w, "machine", machine->name);
			pv_json_write_text(w, "machine_kind", machine->state == PV_MACHINE_TRAINED ? "seen" : "tuned");
			pv_json_write_count(w, "insns", program->n_insns);
			pv_json_write_number(w, "clock_mhz", machine->clock_mhz, 9);
			json_times(w, e, false, p, m);
			pv_json_end(w);
		}
	pv_json_end(w);
}

static void json_phases(struct pv_json_writer *w, const struct pv_evaluation *e)
{
	pv_json_begin_array(w, "phases", PV_JSON_LINES);
	for (int u = 0; u < pv_evaluation_info(e)->n_phases; u++)
		for (int m = 0; m < pv_evaluation_info(e)->n_machines; m++) {
			const struct pv_evaluated_phase *phase = pv_evaluated_phase(e, u);
			pv_json_begin_object(w, NULL, PV_JSON_INLINE);
			pv_json_write_text(w, "program", pv_evaluated_program(e, phase->program)->name);
			pv_json_write_text(w, "machine", pv_evaluated_machine(e, m)->name);
			pv_json_write_count(w, "first_insn", phase->first_insn);
			pv_json_write_count(w, "insns", phase->n_insns);
			pv_json_write_count(w, "first_row", phase->first_row);
			pv_json_write_count(w, "rows", phase->n_rows);
			json_times(w, e, true, u, m);
			pv_json_end(w);
		}
	pv_json_end(w);
}

/* One baseline in a quadrant; nothing where that has no pairs. */
static enum pv_status json_comparison(struct pv_json_writer *w, const struct pv_evaluation *e, const struct pv_evaluation_group *g,
                                      enum pv_predictor baseline, struct pv_error *err)
{
	struct pv_comparison c;
	enum pv_status status = pv_evaluation_compare(e, baseline, &g->pairs, &c, err);
	if (status != PV_OK || !c.n)
		return status;
	pv_json_begin_object(w, NULL, PV_JSON_INLINE);
	pv_json_write_text(w, "program_kind", g->program_kind);
	pv_json_write_text(w, "machine_kind", g->machine_kind);
	pv_json_write_text(w, "baseline", pv_predictor_name(baseline));
	pv_json_write_count(w, "n", c.n);
	cli_json_known(w, "model_mean", c.model, 9);
	cli_json_known(w, "baseline_mean", c.baseline, 9);
	cli_json_known(w, "difference", c.difference, 9);
	cli_json_known(w, "difference_low", c.low, 9);
	cli_json_known(w, "difference_high", c.high, 9);
	pv_json_write_flag(w, "model_is_better", c.difference < 0);
	pv_json_end(w);
	return PV_OK;
}

/* The model against each baseline, by quadrant. */
static enum pv_status json_comparisons(struct pv_json_writer *w, const struct pv_evaluation *e, struct pv_error *err)
{
	enum pv_status status = PV_OK;
	pv_json_begin_array(w, "comparisons", PV_JSON_LINES);
	for (int i = 0; i < PV_N_QUADRANTS; i++)
		for (int k = 1; k < PV_N_PREDICTORS && status == PV_OK; k++) {
			const struct pv_evaluation_group g = pv_evaluation_group(e, i);
			status = json_comparison(w, e, &g, (enum pv_predictor)k, err);
		}
	pv_json_end(w);
	return status;
}

enum pv_status evaluation_print_json(const struct pv_model *model, const struct pv_evaluation *e, struct pv_error *err)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	struct pv_json_writer w = {.file = stdout};
	pv_json_begin_object(&w, NULL, PV_JSON_INLINE);
	pv_json_write_text(&w, "model", pv_model_info(model)->expression);
	pv_json_write_text(&w, "rows", info->held_out_rows ? "held-out" : "all");
	pv_json_write_count(&w, "phase_insns", info->phase_insns);
	pv_json_write_count(&w, "fit_programs", (uint64_t)info->n_fit_programs);
	pv_json_begin_array(&w, "groups", PV_JSON_LINES);
	enum pv_status status = each_group(e, json_group, &w, err);
	pv_json_end(&w);
	if (status != PV_OK)
		return status;
	json_pairs(&w, e);
	if (info->n_phases)
		json_phases(&w, e);
	status = json_comparisons(&w, e, err);
	pv_json_end(&w);
	return status;
}
