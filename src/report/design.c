/*
 * design.c - design spaces: maps over two parameters, and the front of two objectives
 *
 * A cell of a map is the smallest figure of all designs with its two values, whatever their other parameters: the best that can be had
 * there.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/design_file.h"
#include "report/figure.h"

enum { MOST_MAPS = 9, MOST_VALUES = 40 };

enum figure_of { FIRST, SECOND, TIME, CPI };

static double figure_at(const struct report_designs *d, enum figure_of what, size_t i)
{
	switch (what) {
	case FIRST: return d->objectives[2 * i];
	case SECOND: return d->objectives[2 * i + 1];
	case TIME: return 1e-6 * d->time_ns[i];
	default: return d->cpi[i];
	}
}

static enum pv_status parse_value(const char *value, const struct report_designs *d, enum figure_of *what, struct pv_error *err)
{
	static const char *const names[] = {"objective", "objective2", "time", "cpi"};
	*what = FIRST;
	for (int i = 0; value && i < 4; i++)
		if (!strcmp(value, names[i])) {
			*what = (enum figure_of)i;
			value = NULL;
		}
	FAIL_IF(value, err, PV_ERR_ARG, "'%.64s' is none of objective, objective2, time and cpi", value);
	FAIL_IF(*what == SECOND && d->n_objectives < 2, err, PV_ERR_ARG, "the designs have one objective only");
	return PV_OK;
}

/* ---- values of a parameter ---- */

static bool same(const struct report_design_value *a, const struct report_design_value *b)
{
	return a->name && b->name ? !strcmp(a->name, b->name) : !a->name && !b->name && a->number == b->number;
}

/* Numbers in their order, names as they come. */
static int by_number(const void *x, const void *y)
{
	const struct report_design_value *a = x, *b = y;
	return (a->number > b->number) - (a->number < b->number);
}

/* The different values of a parameter: at most MOST_VALUES + 1 of them. */
static int list_values(const struct report_designs *d, int axis, struct report_design_value *values)
{
	int n = 0;
	for (size_t i = 0; i < d->n && n <= MOST_VALUES; i++) {
		const struct report_design_value *v = &d->values[i * REPORT_DESIGN_AXES + (size_t)axis];
		bool known = false;
		for (int j = 0; j < n && !known; j++)
			known = same(&values[j], v);
		if (!known)
			values[n++] = *v;
	}
	bool numbers = true;
	for (int j = 0; j < n; j++)
		numbers = numbers && !values[j].name;
	if (numbers)
		qsort(values, (size_t)n, sizeof *values, by_number);
	return n;
}

static int find_value(const struct report_design_value *values, int n, const struct report_design_value *v)
{
	for (int i = 0; i < n; i++)
		if (same(&values[i], v))
			return i;
	return -1;
}

/* Sizes in the largest unit that divides them. */
static void print_value(struct pv_figure *f, char **to, const char *axis, const struct report_design_value *v)
{
	const size_t n = strlen(axis);
	const bool bytes = n > 6 && !strcmp(axis + n - 6, "_bytes") && !v->name && v->number >= 1024;
	if (v->name)
		report_figure_print(f, to, "%s", v->name);
	else if (bytes && fmod(v->number, 1048576) == 0)
		report_figure_print(f, to, "%.9g MiB", v->number / 1048576);
	else if (bytes && fmod(v->number, 1024) == 0)
		report_figure_print(f, to, "%.9g KiB", v->number / 1024);
	else
		report_figure_print(f, to, "%.9g", v->number);
}

/* The parameter called so, or the first but `other` that takes more than one value; -1: there is none. */
static int find_axis(const struct report_designs *d, const char *name, int other)
{
	struct report_design_value values[MOST_VALUES + 1];
	for (int a = 0; a < d->n_axes; a++)
		if (name ? !strcmp(d->axes[a], name) : a != other && list_values(d, a, values) > 1)
			return a;
	return -1;
}

/* ---- a map ---- */

/* What a figure is, and its formula where that is known. */
static void print_what(struct pv_figure *f, char **to, const struct report_designs *d, enum figure_of what)
{
	const char *formula = what == FIRST ? d->formulas[0] : what == SECOND ? d->formulas[1] : NULL;
	if (what == TIME || what == CPI)
		report_figure_print(f, to, what == TIME ? "predicted time (ms)" : "predicted CPI");
	else
		report_figure_print(f, to, "objective%s%s%s",
		                    d->n_objectives < 2 ? ""
		                    : what == FIRST     ? " 1"
		                                        : " 2",
		                    formula ? ": " : "", formula ? formula : "");
}

static void put_cells(struct report_heat *h, const struct report_designs *d, const int *axes, enum figure_of what,
                      const struct report_design_value *x_values, const struct report_design_value *y_values)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct report_design_value *at = &d->values[i * REPORT_DESIGN_AXES];
		const int x = find_value(x_values, h->nx, &at[axes[0]]), y = axes[1] < 0 ? 0 : find_value(y_values, h->ny, &at[axes[1]]);
		double *cell = &h->values[y * h->nx + x];
		*cell = fmin(*cell, figure_at(d, what, i)); /* fmin passes over NAN */
	}
	for (int i = 0; i < h->nx * h->ny; i++)
		if (isfinite(h->values[i]) && (h->best < 0 || h->values[i] < h->values[h->best]))
			h->best = i;
}

static enum pv_status put_map(struct pv_figure *f, const struct report_designs *d, const struct pv_design_view *view, bool titled,
                              struct pv_error *err)
{
	struct report_design_value x_values[MOST_VALUES + 1], y_values[MOST_VALUES + 1];
	enum figure_of what;
	TRY(parse_value(view->value, d, &what, err));
	int axes[2];
	axes[0] = find_axis(d, view->x, -1);
	axes[1] = find_axis(d, view->y, axes[0]);
	FAIL_IF(axes[0] < 0 || (view->y && axes[1] < 0), err, PV_ERR_ARG, "the designs do not differ in '%s'",
	        view->x && axes[0] < 0 ? view->x
	        : view->y              ? view->y
	                               : "any parameter");
	FAIL_IF(axes[0] == axes[1], err, PV_ERR_ARG, "both axes are '%s'", view->y);
	const int nx = list_values(d, axes[0], x_values), ny = axes[1] < 0 ? 1 : list_values(d, axes[1], y_values);
	FAIL_IF(nx > MOST_VALUES || ny > MOST_VALUES, err, PV_ERR_ARG, "a map takes at most %d values of a parameter", MOST_VALUES);
	struct report_panel *panel = report_figure_panel(f);
	struct report_heat *h = report_figure_heat(f, panel, nx, ny);
	if (!h)
		return PV_OK; /* the figure remembers */
	if (titled)
		report_figure_print(f, &panel->title, "%s", d->programs);
	report_figure_print(f, &panel->x_label, "%s", d->axes[axes[0]]);
	if (axes[1] >= 0)
		report_figure_print(f, &panel->y_label, "%s", d->axes[axes[1]]);
	print_what(f, &h->unit, d, what);
	for (int i = 0; i < nx; i++)
		print_value(f, &h->x_names[i], d->axes[axes[0]], &x_values[i]);
	for (int i = 0; i < ny && axes[1] >= 0; i++)
		print_value(f, &h->y_names[i], d->axes[axes[1]], &y_values[i]);
	put_cells(h, d, axes, what, x_values, y_values);
	if (!f->x_name) {
		report_figure_print(f, &f->x_name, "%s", d->axes[axes[0]]);
		report_figure_print(f, &f->y_name, "%s", axes[1] < 0 ? "" : d->axes[axes[1]]);
		report_figure_print(f, &f->title, "Design space%s%s, %s", titled ? "" : " of ", titled ? "" : d->programs,
		                    h->unit ? h->unit : "");
		if (h->best >= 0)
			report_figure_print(
			    f, &f->alt,
			    "Map of %zu designs; the smallest figure, %.4g, is at %s %s%s%s, where a frame stands. Cells are the best "
			    "over all other parameters.",
			    d->n, h->values[h->best], d->axes[axes[0]], h->x_names[h->best % nx], axes[1] < 0 ? "" : ", ",
			    axes[1] < 0                ? ""
			    : h->y_names[h->best / nx] ? h->y_names[h->best / nx]
			                               : "");
	}
	return PV_OK;
}

/* ---- the front of two objectives ---- */

/* Objectives of a design. */
struct two {
	double first, second;
};

static int by_objectives(const void *x, const void *y)
{
	const struct two *a = x, *b = y;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return (a->second > b->second) - (a->second < b->second);
}

static void put_front(struct pv_figure *f, const struct report_designs *d, int colour, bool named)
{
	struct report_panel *panel = f->panels ? f->panels : report_figure_panel(f);
	struct report_series *all = report_figure_series(f, panel, REPORT_STYLE_POINTS, (struct report_look){.colour = -1, .small = true});
	struct report_series *front = report_figure_series(f, panel, REPORT_STYLE_LINE, (struct report_look){.colour = colour});
	struct two *sorted = calloc(d->n, sizeof *sorted);
	double least = INFINITY;
	size_t n = 0;
	f->failed = f->failed || !sorted;
	for (size_t i = 0; sorted && i < d->n; i++)
		sorted[i] = (struct two){d->objectives[2 * i], d->objectives[2 * i + 1]};
	if (sorted)
		qsort(sorted, d->n, sizeof *sorted, by_objectives);
	for (size_t i = 0; sorted && i < d->n; i++) {
		report_figure_point(f, all, sorted[i].first, sorted[i].second);
		if (sorted[i].second < least) {
			least = sorted[i].second;
			report_figure_point(f, front, sorted[i].first, sorted[i].second);
			n++;
		}
	}
	free(sorted);
	print_what(f, &panel->x_label, d, FIRST);
	print_what(f, &panel->y_label, d, SECOND);
	if (named) {
		report_figure_print(f, &all->name, "designs of %s", d->programs);
		report_figure_print(f, &front->name, "front of %s", d->programs);
	} else {
		report_figure_print(f, &all->name, "designs");
		report_figure_print(f, &front->name, "front");
		report_figure_print(f, &f->title, "Front of two objectives of %s", d->programs);
		report_figure_print(f, &f->alt,
		                    "Two objectives of %zu designs; on %zu of them neither can be had smaller without the other growing.",
		                    d->n, n);
	}
}

/* ---- the figure ---- */

static enum pv_status draw(struct pv_figure *f, const struct report_design_file *file, const struct pv_design_view *view,
                           struct pv_error *err)
{
	size_t n = 0, only = 0;
	for (size_t i = 0; i < file->n; i++)
		if (!view->programs || !strcmp(view->programs, file->items[i].programs)) {
			n++;
			only = i;
		}
	FAIL_IF(!n, err, PV_ERR_ARG, "there is no exploration of '%s'", view->programs ? view->programs : "");
	FAIL_IF(n > MOST_MAPS, err, PV_ERR_ARG, "%zu explorations are too many for one figure; choose one with --program", n);
	const bool front = file->items[only].n_objectives > 1 && !view->x && !view->y && !view->value;
	for (size_t i = 0; i < file->n; i++) {
		const struct report_designs *d = &file->items[i];
		if (view->programs && strcmp(view->programs, d->programs) != 0)
			continue;
		if (front && d->n_objectives > 1)
			put_front(f, d, (int)i, n > 1);
		else
			TRY(put_map(f, d, view, n > 1, err));
	}
	if (front && n > 1) {
		report_figure_print(f, &f->title, "Fronts of two objectives");
		report_figure_print(f, &f->alt, "Two objectives of the designs of %zu explorations, and their fronts.", n);
	}
	f->columns = front || n == 1 ? 1 : n < 3 ? (int)n : 3;
	f->width = f->columns == 1 ? 760 : 1080;
	f->height = f->columns == 1 ? 560 : (int)((n + 2) / 3) * 380;
	return PV_OK;
}

enum pv_status pv_figure_design(const char *path, const struct pv_design_view *view, struct pv_figure **figure, struct pv_error *err)
{
	struct base_json *doc;
	struct report_design_file file;
	TRY(base_json_load(path, &doc, err));
	TRY(report_design_file_read(path, doc, &file, err));
	struct pv_figure *f = report_figure_new();
	const enum pv_status status = f ? draw(f, &file, view, err) : PV_OK;
	report_design_file_release(&file);
	if (status != PV_OK) {
		base_error_prefix(err, "%s", path);
		pv_figure_free(f);
		return status;
	}
	return report_figure_finish(f, figure, err);
}
