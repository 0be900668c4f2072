/*
 * cpi.c - predicted against simulated CPI along programs, a panel for each program and machine
 */
#include <math.h>
#include <string.h>

#include "report/figure.h"

static void put_curve(struct pv_figure *f, struct report_panel *panel, const struct pv_timeline *t, const double *cpi, bool predicted,
                      double unit)
{
	struct report_series *s =
	    report_figure_series(f, panel, REPORT_STYLE_LINE, (struct report_look){.colour = predicted, .thin = predicted});
	report_figure_print(f, &s->name, predicted ? "predicted" : "simulated");
	for (size_t i = 0; i < t->n; i++)
		report_figure_point(f, s, t->insns[i] / unit, cpi[i]);
}

/* Axes are in thousands where all programs are short, otherwise in millions. */
static double unit_of(const struct pv_timeline *lines, size_t n)
{
	double longest = 0;
	for (size_t i = 0; i < n; i++)
		longest = lines[i].n && lines[i].insns[lines[i].n - 1] > longest ? lines[i].insns[lines[i].n - 1] : longest;
	return longest < 2e6 ? 1e3 : 1e6;
}

static bool one_machine(const struct pv_timeline *lines, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (strcmp(lines[i].machine, lines[0].machine) != 0)
			return false;
	return true;
}

/* Mean absolute error over all phases; NAN without any. */
static double mean_error(const struct pv_timeline *lines, size_t n)
{
	double sum = 0, count = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < lines[i].n; j++)
			if (lines[i].simulated_cpi[j] > 0) {
				sum += fabs(lines[i].predicted_cpi[j] / lines[i].simulated_cpi[j] - 1);
				count++;
			}
	return count > 0 ? sum / count : NAN;
}

static void describe(struct pv_figure *f, const struct pv_timeline *lines, size_t n, double phase_insns, const char *unit)
{
	if (n == 1)
		report_figure_print(f, &f->title, "CPI of %s over time on %s, for every %g instructions", lines[0].program,
		                    lines[0].machine, phase_insns);
	else if (one_machine(lines, n))
		report_figure_print(f, &f->title, "CPI over time on %s, for every %g instructions", lines[0].machine, phase_insns);
	else
		report_figure_print(f, &f->title, "CPI over time, for every %g instructions", phase_insns);
	report_figure_print(
	    f, &f->alt,
	    "Simulated and predicted CPI of %zu program%s along the executed instructions: mean absolute error of a phase %.1f %%.", n,
	    n == 1 ? "" : "s", 100 * mean_error(lines, n));
	report_figure_print(f, &f->x_name, "%s_instructions", unit);
	report_figure_print(f, &f->y_name, "cpi");
}

enum pv_status pv_figure_cpi(const struct pv_timeline *lines, size_t n, double phase_insns, struct pv_figure **figure, struct pv_error *err)
{
	FAIL_IF(!n, err, PV_ERR_ARG, "no program to draw over time");
	FAIL_IF(n > PV_MOST_TIMELINES, err, PV_ERR_ARG, "%zu programs and machines are too many to draw over time: at most %d", n,
	        PV_MOST_TIMELINES);
	struct pv_figure *f = report_figure_new();
	if (!f)
		return report_figure_finish(f, figure, err);
	const bool same = one_machine(lines, n);
	const double unit = unit_of(lines, n);
	const char *name = unit > 1e3 ? "million" : "thousand";
	const size_t columns = n < 3 ? n : 3, rows = (n + columns - 1) / columns;
	f->columns = (int)columns;
	f->width = columns == 1 ? 760 : 1080;
	f->height = (int)(rows * (columns == 1 ? 330 : 190)) + 70;
	f->shared_key = true;
	describe(f, lines, n, phase_insns, name);
	for (size_t i = 0; i < n; i++) {
		struct report_panel *panel = report_figure_panel(f);
		panel->zero = true;
		panel->x_low = 0;
		report_figure_print(f, &panel->title, same ? "%s" : "%s on %s", lines[i].program, lines[i].machine);
		if (i + columns >= n)
			report_figure_print(f, &panel->x_label, "%s instructions", name);
		if (i % columns == 0)
			report_figure_print(f, &panel->y_label, "CPI");
		put_curve(f, panel, &lines[i], lines[i].simulated_cpi, false, unit);
		put_curve(f, panel, &lines[i], lines[i].predicted_cpi, true, unit);
	}
	return report_figure_finish(f, figure, err);
}
