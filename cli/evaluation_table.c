/*
 * evaluation_table.c - an evaluation as tables for people
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "evaluation.h"

enum { N_WORST_PHASES = 10 };

/* ---- texts ---- */

static const char *percent(double fraction, bool sign, char *text, size_t n)
{
	if (isnan(fraction))
		snprintf(text, n, "-");
	else
		snprintf(text, n, sign ? "%+.1f %%" : "%.1f %%", 100 * fraction);
	return text;
}

static const char *interval(double low, double high, char *text, size_t n)
{
	if (isnan(low))
		snprintf(text, n, "-");
	else
		snprintf(text, n, "%.1f..%.1f", 100 * low, 100 * high);
	return text;
}

static const char *correlation(double r, char *text, size_t n)
{
	if (isnan(r))
		snprintf(text, n, "-");
	else
		snprintf(text, n, "%.3f", r);
	return text;
}

static const char *plural(int n)
{
	return n == 1 ? "" : "s";
}

static int width_of(int n, const char *(*name)(const struct pv_evaluation *, int), const struct pv_evaluation *e)
{
	int width = 7;
	for (int i = 0; i < n; i++) {
		const int length = (int)strlen(name(e, i));
		width = length > width ? length : width;
	}
	return width;
}

static const char *program_name(const struct pv_evaluation *e, int p)
{
	return pv_evaluated_program(e, p)->name;
}

static const char *machine_name(const struct pv_evaluation *e, int m)
{
	return pv_evaluated_machine(e, m)->name;
}

/* ---- quadrants ---- */

static void print_accuracy(const char *name, const struct pv_evaluation *e, const struct pv_accuracy *a)
{
	char mean[32], range[48], median[32], p95[32], worst[32], r[4][32];
	printf("  %-11s %8s %13s %8s %8s %9s   %6s %6s   %6s %6s", name, percent(a->error.mean, false, mean, sizeof mean),
	       interval(a->mean_low, a->mean_high, range, sizeof range), percent(a->error.median, false, median, sizeof median),
	       percent(a->error.p95, false, p95, sizeof p95), percent(a->error.worst, true, worst, sizeof worst),
	       correlation(a->pearson_time, r[0], sizeof r[0]), correlation(a->spearman_time, r[1], sizeof r[1]),
	       correlation(a->pearson_ipc, r[2], sizeof r[2]), correlation(a->spearman_ipc, r[3], sizeof r[3]));
	if (a->worst_program >= 0)
		printf("   %s on %s", program_name(e, a->worst_program), machine_name(e, a->worst_machine));
	printf("\n");
}

static void print_quadrant_head(bool phases)
{
	printf("  %-11s %8s %13s %8s %8s %9s   %13s   %13s\n", "", "mean", phases ? "" : "95 %", "median", "95th", "worst", "time: r, rank",
	       "IPC: r, rank");
}

static enum pv_status print_quadrant(const struct pv_evaluation *e, int i, bool phases, struct pv_error *err)
{
	struct pv_pairs pairs = pv_pairs_of_quadrant(i);
	struct pv_accuracy a;
	pairs.phases = phases;
	enum pv_status status = pv_evaluation_accuracy(e, PV_PREDICTOR_MODEL, &pairs, &a, err);
	if (status != PV_OK || !a.error.n)
		return status;
	printf("%d %s program%s on %d %s machine%s", a.n_programs, pairs.programs == PV_WHICH_SEEN ? "seen" : "unseen",
	       plural(a.n_programs), a.n_machines, pairs.machines == PV_WHICH_SEEN ? "seen" : "tuned", plural(a.n_machines));
	printf(phases ? ": %zu pairs of a phase and a machine\n" : ": %zu pairs\n", a.error.n);
	for (int k = 0; k < PV_N_PREDICTORS && status == PV_OK; k++) {
		if (!pv_evaluation_info(e)->available[k])
			continue;
		status = pv_evaluation_accuracy(e, (enum pv_predictor)k, &pairs, &a, err);
		if (status == PV_OK && a.error.n)
			print_accuracy(pv_predictor_name((enum pv_predictor)k), e, &a);
	}
	return status;
}

static enum pv_status print_quadrants(const struct pv_evaluation *e, bool phases, struct pv_error *err)
{
	enum pv_status status = PV_OK;
	print_quadrant_head(phases);
	for (int i = 0; i < PV_N_QUADRANTS && status == PV_OK; i++)
		status = print_quadrant(e, i, phases, err);
	return status;
}

/* ---- programs and machines ---- */

static void print_figures(const struct pv_accuracy *a)
{
	char mean[32], median[32], p95[32], worst[32], r[32];
	printf("   %8s %8s %8s %9s %6s", percent(a->error.mean, false, mean, sizeof mean),
	       percent(a->error.median, false, median, sizeof median), percent(a->error.p95, false, p95, sizeof p95),
	       percent(a->error.worst, true, worst, sizeof worst), correlation(a->spearman_time, r, sizeof r));
}

/* Two halves of a table: pairs with seen partners and with others; a half that nothing is in is not printed. */
struct halves {
	const char *what, *titles[2];
	bool of_programs;
	int width;
	bool has[2];
};

static void print_head_of(const struct halves *h)
{
	printf("\n%-*s  %-6s", h->width, "", "");
	for (int i = 0; i < 2; i++)
		if (h->has[i])
			printf(h->has[1] && i == 0 ? "   %-43s" : "   %s", h->titles[i]);
	printf("\n%-*s  %-6s", h->width, h->what, "");
	for (int i = 0; i < 2; i++)
		if (h->has[i])
			printf("   %8s %8s %8s %9s %6s", "mean", "median", "95th", "worst", "rank");
	printf("\n");
}

static enum pv_status print_line(const struct pv_evaluation *e, const struct halves *h, const char *name, const char *kind,
                                 struct pv_pairs pairs, struct pv_error *err)
{
	printf("%-*s  %-6s", h->width, name, kind);
	for (int i = 0; i < 2; i++) {
		const enum pv_which which = i ? PV_WHICH_UNSEEN : PV_WHICH_SEEN;
		struct pv_accuracy a;
		if (!h->has[i])
			continue;
		pairs.machines = h->of_programs ? which : PV_WHICH_ALL;
		pairs.programs = h->of_programs ? PV_WHICH_ALL : which;
		enum pv_status status = pv_evaluation_accuracy(e, PV_PREDICTOR_MODEL, &pairs, &a, err);
		if (status != PV_OK)
			return status;
		print_figures(&a);
	}
	printf("\n");
	return PV_OK;
}

static enum pv_status print_programs(const struct pv_evaluation *e, struct pv_error *err)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	struct halves h = {
	    "program", {"the model on seen machines", "on tuned machines"}, true, width_of(info->n_programs, program_name, e), {0}};
	for (int m = 0; m < info->n_machines; m++)
		h.has[pv_evaluated_machine(e, m)->state == PV_MACHINE_TUNED] = true;
	enum pv_status status = PV_OK;
	print_head_of(&h);
	for (int p = 0; p < info->n_programs && status == PV_OK; p++) {
		struct pv_pairs pairs = pv_pairs_of(PV_WHICH_ALL, PV_WHICH_ALL);
		pairs.program = p;
		status = print_line(e, &h, program_name(e, p), pv_evaluated_program(e, p)->seen ? "seen" : "unseen", pairs, err);
	}
	return status;
}

static enum pv_status print_machines(const struct pv_evaluation *e, struct pv_error *err)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	struct halves h = {
	    "machine", {"the model with seen programs", "with unseen programs"}, false, width_of(info->n_machines, machine_name, e), {0}};
	for (int p = 0; p < info->n_programs; p++)
		h.has[!pv_evaluated_program(e, p)->seen] = true;
	enum pv_status status = PV_OK;
	print_head_of(&h);
	for (int m = 0; m < info->n_machines && status == PV_OK; m++) {
		struct pv_pairs pairs = pv_pairs_of(PV_WHICH_ALL, PV_WHICH_ALL);
		const bool trained = pv_evaluated_machine(e, m)->state == PV_MACHINE_TRAINED;
		pairs.machine = m;
		status = print_line(e, &h, machine_name(e, m), trained ? "seen" : "tuned", pairs, err);
	}
	return status;
}

/* ---- phases ---- */

static void print_worst_phases(const struct pv_evaluation *e)
{
	struct pv_worst_phase worst[N_WORST_PHASES];
	const int n = pv_evaluation_worst_phases(e, PV_PREDICTOR_MODEL, worst, N_WORST_PHASES);
	const int width = width_of(pv_evaluation_info(e)->n_programs, program_name, e);
	printf("\nworst phases of the model, mean over the machines\n%-*s  %-6s  %12s %12s %12s %9s %9s\n", width, "program", "",
	       "from insn", "insns", "from row", "error", "bias");
	for (int i = 0; i < n; i++) {
		char error[32], bias[32];
		const struct pv_evaluated_phase *u = pv_evaluated_phase(e, worst[i].phase);
		printf("%-*s  %-6s  %12llu %12llu %12llu %9s %9s\n", width, program_name(e, u->program),
		       pv_evaluated_program(e, u->program)->seen ? "seen" : "unseen", (unsigned long long)u->first_insn,
		       (unsigned long long)u->n_insns, (unsigned long long)u->first_row,
		       percent(worst[i].error, false, error, sizeof error), percent(worst[i].bias, true, bias, sizeof bias));
	}
}

static enum pv_status print_phase_programs(const struct pv_evaluation *e, struct pv_error *err)
{
	const int P = pv_evaluation_info(e)->n_programs, width = width_of(P, program_name, e);
	enum pv_status status = PV_OK;
	printf("\n%-*s  %-6s  %6s %8s %8s %8s %9s %12s   %s\n", width, "program", "", "phases", "mean", "median", "95th", "worst",
	       "at insn", "on");
	for (int p = 0; p < P; p++) {
		struct pv_pairs pairs = pv_pairs_of(PV_WHICH_ALL, PV_WHICH_ALL);
		struct pv_accuracy a;
		char mean[32], median[32], p95[32], worst[32];
		pairs.program = p;
		pairs.phases = true;
		status = pv_evaluation_accuracy(e, PV_PREDICTOR_MODEL, &pairs, &a, err);
		if (status != PV_OK)
			return status;
		if (!a.error.n)
			continue;
		printf("%-*s  %-6s  %6d %8s %8s %8s %9s %12llu   %s\n", width, program_name(e, p),
		       pv_evaluated_program(e, p)->seen ? "seen" : "unseen", pv_evaluated_program(e, p)->n_phases,
		       percent(a.error.mean, false, mean, sizeof mean), percent(a.error.median, false, median, sizeof median),
		       percent(a.error.p95, false, p95, sizeof p95), percent(a.error.worst, true, worst, sizeof worst),
		       (unsigned long long)pv_evaluated_phase(e, a.worst_phase)->first_insn, machine_name(e, a.worst_machine));
	}
	return PV_OK;
}

static enum pv_status print_phases(const struct pv_evaluation *e, bool brief, struct pv_error *err)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	printf("\nphases of %llu instructions\n", (unsigned long long)info->phase_insns);
	enum pv_status status = print_quadrants(e, true, err);
	if (status == PV_OK && !brief)
		status = print_phase_programs(e, err);
	if (status == PV_OK && !brief)
		print_worst_phases(e);
	return status;
}

/* ---- the verdict ---- */

/* "mean_cpi 40.1 %, regression 9.8 %": baselines that the model beats (or not) over a quadrant; returns how many. */
static int list_baselines(const struct pv_comparison *c, bool beaten, char *text, size_t n)
{
	int count = 0;
	size_t at = 0;
	text[0] = '\0';
	for (int k = 1; k < PV_N_PREDICTORS; k++) {
		if (!c[k].n || (c[k].difference < 0) != beaten)
			continue;
		const bool noise = c[k].low <= 0 && c[k].high >= 0;
		const int more = snprintf(text + at, n - at, "%s%s (%.1f %%%s)", count++ ? ", " : "",
		                          pv_predictor_name((enum pv_predictor)k), 100 * c[k].baseline, noise ? "; within the noise" : "");
		at += more > 0 && (size_t)more < n - at ? (size_t)more : 0;
	}
	return count;
}

static enum pv_status print_verdict(const struct pv_evaluation *e, struct pv_error *err)
{
	printf("\n");
	for (int i = 0; i < PV_N_QUADRANTS; i++) {
		const struct pv_pairs pairs = pv_pairs_of_quadrant(i);
		struct pv_comparison c[PV_N_PREDICTORS] = {{0}};
		char better[256], worse[256];
		double model = NAN;
		for (int k = 1; k < PV_N_PREDICTORS; k++) {
			enum pv_status status = pv_evaluation_compare(e, (enum pv_predictor)k, &pairs, &c[k], err);
			if (status != PV_OK)
				return status;
			model = c[k].n ? c[k].model : model;
		}
		const int n_better = list_baselines(c, true, better, sizeof better),
		          n_worse = list_baselines(c, false, worse, sizeof worse);
		if (!n_better && !n_worse)
			continue;
		printf("%s: the model (%.1f %%) ", pv_quadrant_name(i), 100 * model);
		if (n_worse)
			printf("does NOT beat %s%s", worse, n_better ? "; it beats " : "");
		else
			printf("beats ");
		printf("%s\n", better);
	}
	return PV_OK;
}

/* What stands behind the figures, and what is missing. */
static void print_notes(const struct pv_evaluation *e)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	int without = 0;
	for (int m = 0; m < info->n_machines; m++)
		without += !pv_evaluated_machine(e, m)->has_parameters;
	if (!info->n_fit_programs)
		printf("no baseline with a fit: the dataset has no training rows of a program that the model was trained on\n");
	if (without)
		printf("no interval model of %d machine%s: the dataset has no machine file of %s\n", without, plural(without),
		       without == 1 ? "it" : "them");
}

enum pv_status evaluation_print_table(const struct pv_model *model, const struct pv_evaluation *e, bool brief, struct pv_error *err)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	(void)model;
	printf("errors of %s; baselines learnt from %d program%s\n\n",
	       info->held_out_rows ? "held-out rows of seen programs and whole unseen programs" : "whole programs", info->n_fit_programs,
	       plural(info->n_fit_programs));
	enum pv_status status = print_quadrants(e, false, err);
	if (status == PV_OK && !brief)
		status = print_programs(e, err);
	if (status == PV_OK && !brief)
		status = print_machines(e, err);
	if (status == PV_OK && info->n_phases)
		status = print_phases(e, brief, err);
	if (status == PV_OK)
		status = print_verdict(e, err);
	if (status == PV_OK)
		print_notes(e);
	return status;
}
