/*
 * csv.c - a figure's points as CSV
 *
 * A line for each point: panel, series and label, then its place; spreads and bars have their limits in further columns. A map has its
 * cells.
 */
#include <math.h>

#include <perfvec/text.h>

#include "report/formats.h"
#include "report/text.h"

static void field(FILE *f, const char *text, char end)
{
	pv_csv_text(f, text ? text : "");
	fputc(end, f);
}

static void number(FILE *f, double x, char end)
{
	if (isfinite(x))
		fprintf(f, "%.9g", x);
	fputc(end, f);
}

static bool has_limits(const struct pv_figure *fig)
{
	for (const struct report_panel *p = fig->panels; p; p = p->next)
		for (const struct report_series *s = p->series; s; s = s->next)
			if (s->style == REPORT_STYLE_SPREAD || s->style == REPORT_STYLE_BAR)
				return true;
	return false;
}

static void put_point(const struct report_panel *p, const struct report_series *s, const struct report_point *at, bool limits, FILE *f)
{
	field(f, p->title, ',');
	field(f, s->name, ',');
	field(f, at->label, ',');
	if (p->n_ticks && at->x >= -0.5 && at->x < (double)p->n_ticks - 0.5)
		field(f, p->ticks[(size_t)lround(at->x)], ',');
	else
		number(f, at->x, ',');
	number(f, at->y, limits ? ',' : '\n');
	if (!limits)
		return;
	number(f, at->low, ',');
	number(f, at->box_low, ',');
	number(f, at->box_high, ',');
	number(f, at->high, '\n');
}

static void put_heat(const struct report_panel *p, FILE *f)
{
	const struct report_heat *h = p->heat;
	for (int i = 0; i < h->nx * h->ny; i++) {
		field(f, p->title, ',');
		field(f, h->x_names[i % h->nx], ',');
		field(f, h->y_names[i / h->nx], ',');
		number(f, h->values[i], '\n');
	}
}

void report_figure_csv(const struct pv_figure *fig, FILE *f)
{
	const bool limits = has_limits(fig), heat = fig->panels && fig->panels->heat;
	fputs(heat ? "panel," : "panel,series,label,", f);
	field(f, fig->x_name ? fig->x_name : "x", ',');
	field(f, fig->y_name ? fig->y_name : "y", heat ? ',' : limits ? ',' : '\n');
	if (heat)
		field(f, fig->panels->heat->unit, '\n');
	else if (limits)
		fputs("low,quarter,three_quarters,high\n", f);
	for (const struct report_panel *p = fig->panels; p; p = p->next) {
		if (p->heat)
			put_heat(p, f);
		for (const struct report_series *s = p->series; s; s = s->next)
			for (size_t i = 0; i < s->n && !s->look.guide; i++)
				put_point(p, s, &s->points[i], limits, f);
	}
}
