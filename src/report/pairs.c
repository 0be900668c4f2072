/*
 * pairs.c - figures of predicted against simulated times: the scatter, and the spread of each program's errors
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/statistics.h"
#include "report/figure.h"

static bool usable(const struct pv_timed *p)
{
	return p->predicted_ns > 0 && p->simulated_ns > 0 && isfinite(p->predicted_ns) && isfinite(p->simulated_ns);
}

static double error_of(const struct pv_timed *p)
{
	return p->predicted_ns / p->simulated_ns - 1;
}

/* What all usable pairs amount to. */
struct overall {
	size_t n;
	double mean_error, correlation; /* mean absolute error; Pearson's, of CPIs */
	double low, high;               /* CPIs, of both kinds */
};

static struct overall overall(const struct pv_timed *pairs, size_t n)
{
	struct overall o = {.low = INFINITY, .high = 0};
	double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
	for (size_t i = 0; i < n; i++) {
		const double s = pairs[i].simulated_cpi, p = pairs[i].predicted_cpi;
		if (!usable(&pairs[i]))
			continue;
		o.n++;
		o.mean_error += fabs(error_of(&pairs[i]));
		o.low = fmin(o.low, fmin(s, p));
		o.high = fmax(o.high, fmax(s, p));
		const double dx = s - x, dy = p - y; /* Welford's updates: sums of squares about the running mean */
		x += dx / (double)o.n;
		y += dy / (double)o.n;
		xx += dx * (s - x);
		yy += dy * (p - y);
		xy += dx * (p - y);
	}
	o.mean_error /= (double)o.n;
	o.correlation = xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
	return o;
}

static enum pv_status check(const struct overall *o, struct pv_error *err)
{
	if (o->n)
		return PV_OK;
	base_error_set(err, PV_ERR_ARG, "there is no program with both a predicted and a simulated time");
	base_error_hint(err, "simulated times come from a dataset that has machines of the model");
	return PV_ERR_ARG;
}

/* ---- scatter ---- */

static void put_quadrant(struct pv_figure *f, struct report_panel *panel, const struct pv_timed *pairs, size_t n, int quadrant)
{
	static const char *const names[4] = {"seen program, seen machine", "seen program, unseen machine", "unseen program, seen machine",
	                                     "unseen program, unseen machine"};
	struct report_series *s = NULL;
	for (size_t i = 0; i < n; i++) {
		const struct pv_timed *p = &pairs[i];
		if (!usable(p) || quadrant != 2 * !p->program_seen + !p->machine_seen)
			continue;
		if (!s) {
			s = report_figure_series(f, panel, REPORT_STYLE_POINTS,
			                         (struct report_look){.colour = quadrant, .shape = quadrant});
			report_figure_print(f, &s->name, "%s", names[quadrant]);
		}
		report_figure_point(f, s, p->simulated_cpi, p->predicted_cpi);
	}
}

/* predicted = factor x simulated, across the panel */
static void put_ratio(struct pv_figure *f, struct report_panel *panel, double factor, const char *name)
{
	struct report_series *s = report_figure_series(
	    f, panel, REPORT_STYLE_LINE, (struct report_look){.colour = -1, .thin = true, .guide = true, .dashed = factor != 1});
	report_figure_point(f, s, panel->x_low, panel->x_low * factor);
	report_figure_point(f, s, panel->x_high, panel->x_high * factor);
	if (name)
		report_figure_print(f, &s->name, "%s", name);
}

enum pv_status pv_figure_scatter(const struct pv_timed *pairs, size_t n, struct pv_figure **figure, struct pv_error *err)
{
	const struct overall o = overall(pairs, n);
	TRY(check(&o, err));
	struct pv_figure *f = report_figure_new();
	if (!f)
		return report_figure_finish(f, figure, err);
	struct report_panel *panel = report_figure_panel(f);
	f->width = 680;
	f->height = 640;
	report_figure_print(f, &f->title, "Predicted against simulated CPI");
	report_figure_print(
	    f, &f->alt,
	    "Scatter plot of predicted against simulated CPI for %zu pairs of program and machine: mean absolute error %.1f %%, "
	    "correlation %.3f, CPI from %.3g to %.3g.",
	    o.n, 100 * o.mean_error, o.correlation, o.low, o.high);
	report_figure_print(f, &f->x_name, "simulated_cpi");
	report_figure_print(f, &f->y_name, "predicted_cpi");
	report_figure_print(f, &panel->x_label, "simulated CPI (cycles per instruction)");
	report_figure_print(f, &panel->y_label, "predicted CPI (cycles per instruction)");
	panel->log_x = panel->log_y = panel->key_inside = true;
	panel->square = true;
	panel->x_low = panel->y_low = o.low / 1.15;
	panel->x_high = panel->y_high = o.high * 1.15;
	put_ratio(f, panel, 1, "equal");
	put_ratio(f, panel, 1.1, "10 % off");
	put_ratio(f, panel, 1 / 1.1, NULL);
	for (int quadrant = 0; quadrant < 4; quadrant++)
		put_quadrant(f, panel, pairs, n, quadrant);
	return report_figure_finish(f, figure, err);
}

/* ---- spread of errors ---- */

/* Programs in the order of their first pair, the seen ones first. */
struct programs {
	const char **names; /* (n) */
	bool *seen;
	size_t n;
};

static bool list_programs(const struct pv_timed *pairs, size_t n, struct programs *p)
{
	*p = (struct programs){.names = calloc(n + 1, sizeof *p->names), .seen = calloc(n + 1, sizeof *p->seen)};
	for (int unseen = 0; p->names && p->seen && unseen < 2; unseen++)
		for (size_t i = 0; i < n; i++) {
			bool known = !usable(&pairs[i]) || pairs[i].program_seen == unseen;
			for (size_t j = 0; j < p->n && !known; j++)
				known = !strcmp(p->names[j], pairs[i].program);
			if (known)
				continue;
			p->names[p->n] = pairs[i].program;
			p->seen[p->n++] = !unseen;
		}
	return p->names && p->seen;
}

static void put_spread(struct pv_figure *f, struct report_series *s, double x, double *errors, size_t n)
{
	base_sort(errors, n);
	struct report_point *p = report_figure_point(f, s, x, base_quantile(errors, n, 0.5));
	p->low = errors[0];
	p->box_low = base_quantile(errors, n, 0.25);
	p->box_high = base_quantile(errors, n, 0.75);
	p->high = errors[n - 1];
}

/* All programs on the machines of one kind. */
static void put_machines(struct pv_figure *f, struct report_panel *panel, const struct programs *programs, const struct pv_timed *pairs,
                         size_t n, bool seen, double shift, double *errors)
{
	struct report_series *s =
	    report_figure_series(f, panel, REPORT_STYLE_SPREAD, (struct report_look){.colour = seen ? 0 : 1, .shape = seen ? 0 : 1});
	report_figure_print(f, &s->name, "%s machines: median, quartiles and extremes", seen ? "seen" : "unseen");
	for (size_t i = 0; i < programs->n; i++) {
		size_t count = 0;
		for (size_t j = 0; j < n; j++)
			if (usable(&pairs[j]) && pairs[j].machine_seen == seen && !strcmp(pairs[j].program, programs->names[i]))
				errors[count++] = 100 * error_of(&pairs[j]);
		if (count)
			put_spread(f, s, (double)i + shift, errors, count);
	}
}

static bool any_machine(const struct pv_timed *pairs, size_t n, bool seen)
{
	for (size_t i = 0; i < n; i++)
		if (usable(&pairs[i]) && pairs[i].machine_seen == seen)
			return true;
	return false;
}

static void put_programs(struct pv_figure *f, const struct programs *programs, const struct pv_timed *pairs, size_t n, double *errors)
{
	struct report_panel *panel = report_figure_panel(f);
	const bool seen = any_machine(pairs, n, true), unseen = any_machine(pairs, n, false);
	report_figure_print(f, &panel->y_label, "error of predicted time (%%)");
	report_figure_print(f, &panel->x_label, "program (unseen ones marked with *)");
	for (size_t i = 0; i < programs->n; i++) {
		char *name = NULL;
		report_figure_print(f, &name, "%s%s", programs->names[i], programs->seen[i] ? "" : " *");
		report_figure_tick(f, panel, name ? name : "");
		free(name);
	}
	struct report_series *zero =
	    report_figure_series(f, panel, REPORT_STYLE_LINE, (struct report_look){.colour = -1, .thin = true, .guide = true});
	report_figure_point(f, zero, -0.7, 0);
	report_figure_point(f, zero, (double)programs->n - 0.3, 0);
	if (seen)
		put_machines(f, panel, programs, pairs, n, true, unseen ? -0.17 : 0, errors);
	if (unseen)
		put_machines(f, panel, programs, pairs, n, false, seen ? 0.17 : 0, errors);
}

enum pv_status pv_figure_errors(const struct pv_timed *pairs, size_t n, struct pv_figure **figure, struct pv_error *err)
{
	const struct overall o = overall(pairs, n);
	TRY(check(&o, err));
	struct programs programs;
	double *errors = calloc(n + 1, sizeof *errors);
	struct pv_figure *f = report_figure_new();
	if (f && (!list_programs(pairs, n, &programs) || !errors))
		f->failed = true;
	if (f && !f->failed) {
		f->height = 460;
		f->width = report_figure_width(900, programs.n);
		report_figure_print(f, &f->title, "Errors of each program over the machines");
		report_figure_print(
		    f, &f->alt,
		    "Box plot of the signed errors of predicted time of %zu programs over the machines, %zu pairs in all: mean absolute "
		    "error %.1f %%.",
		    programs.n, o.n, 100 * o.mean_error);
		report_figure_print(f, &f->x_name, "program");
		report_figure_print(f, &f->y_name, "median_error_percent");
		put_programs(f, &programs, pairs, n, errors);
	}
	if (f) {
		free(programs.names);
		free(programs.seen);
	}
	free(errors);
	return report_figure_finish(f, figure, err);
}
