/*
 * figure.c - figures in memory
 */
#include "report/figure.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "report/formats.h"

/* Okabe and Ito, "Color Universal Design" (2008), without black and yellow, and two of Tol's (2021) that differ from the rest in lightness.
 */
static const char *const palette[REPORT_PALETTE_COLOURS] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                            "#e69f00", "#56b4e9", "#882255", "#999933"};

const char *report_palette(int i)
{
	return i < 0 ? "#808080" : palette[i % REPORT_PALETTE_COLOURS];
}

struct pv_figure *report_figure_new(void)
{
	struct pv_figure *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	f->columns = 1;
	f->width = 900;
	f->height = 480;
	return f;
}

int report_figure_width(int least, size_t n_names)
{
	enum { NAME = 16, BESIDE = 120, WIDEST = 8000 };
	const size_t width = n_names > WIDEST ? WIDEST : n_names * NAME + BESIDE;
	return width > WIDEST ? WIDEST : width > (size_t)least ? (int)width : least;
}

static void heat_free(struct report_heat *h)
{
	if (!h)
		return;
	for (int i = 0; h->x_names && i < h->nx; i++)
		free(h->x_names[i]);
	for (int i = 0; h->y_names && i < h->ny; i++)
		free(h->y_names[i]);
	free(h->x_names);
	free(h->y_names);
	free(h->values);
	free(h->unit);
	free(h);
}

static void series_release(struct report_series *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->points[i].label);
	free(s->points);
	free(s->name);
}

static void panel_release(struct report_panel *p)
{
	for (struct report_series *s = p->series, *next; s; s = next) {
		next = s->next;
		series_release(s);
		free(s);
	}
	for (size_t i = 0; i < p->n_ticks; i++)
		free(p->ticks[i]);
	free(p->ticks);
	heat_free(p->heat);
	free(p->title);
	free(p->x_label);
	free(p->y_label);
}

void pv_figure_free(struct pv_figure *f)
{
	if (!f)
		return;
	for (struct report_panel *p = f->panels, *next; p; p = next) {
		next = p->next;
		panel_release(p);
		free(p);
	}
	panel_release(&f->no_panel);
	series_release(&f->no_series);
	free(f->no_point.label);
	free(f->title);
	free(f->alt);
	free(f->x_name);
	free(f->y_name);
	free(f);
}

enum pv_status report_figure_finish(struct pv_figure *f, struct pv_figure **to, struct pv_error *err)
{
	if (f && !f->failed) {
		*to = f;
		return PV_OK;
	}
	pv_figure_free(f);
	return base_error_set(err, PV_ERR_NOMEM, "out of memory");
}

void report_figure_print(struct pv_figure *f, char **to, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	free(*to);
	if (vasprintf(to, fmt, ap) < 0) {
		*to = NULL;
		f->failed = true;
	}
	va_end(ap);
}

struct report_panel *report_figure_panel(struct pv_figure *f)
{
	struct report_panel *p = calloc(1, sizeof *p), **end = &f->panels;
	if (!p) {
		f->failed = true;
		return &f->no_panel;
	}
	p->x_low = p->x_high = p->y_low = p->y_high = NAN;
	while (*end)
		end = &(*end)->next;
	*end = p;
	f->n_panels++;
	return p;
}

struct report_series *report_figure_series(struct pv_figure *f, struct report_panel *panel, enum report_series_style style,
                                           struct report_look look)
{
	struct report_series *s = calloc(1, sizeof *s), **end = &panel->series;
	if (!s) {
		f->failed = true;
		return &f->no_series;
	}
	s->style = style;
	s->look = look;
	while (*end)
		end = &(*end)->next;
	*end = s;
	return s;
}

struct report_point *report_figure_point(struct pv_figure *f, struct report_series *s, double x, double y)
{
	if (base_array_grow(&s->points, &s->capacity, s->n + 1, sizeof *s->points, "points", NULL) != PV_OK) {
		f->failed = true;
		return &f->no_point;
	}
	s->points[s->n] = (struct report_point){x, y, NAN, NAN, NAN, NAN, NULL};
	return &s->points[s->n++];
}

void report_figure_tick(struct pv_figure *f, struct report_panel *p, const char *name)
{
	if (base_array_extend(&p->ticks, (size_t)p->n_ticks, sizeof *p->ticks, "ticks", NULL) != PV_OK ||
	    !(p->ticks[p->n_ticks] = strdup(name))) {
		f->failed = true;
		return;
	}
	p->n_ticks++;
}

struct report_heat *report_figure_heat(struct pv_figure *f, struct report_panel *p, int nx, int ny)
{
	struct report_heat *h = calloc(1, sizeof *h);
	if (h) {
		*h = (struct report_heat){.nx = nx, .ny = ny, .best = -1};
		h->values = calloc((size_t)nx * (size_t)ny, sizeof *h->values);
		h->x_names = calloc((size_t)nx, sizeof *h->x_names);
		h->y_names = calloc((size_t)ny, sizeof *h->y_names);
	}
	if (!h || !h->values || !h->x_names || !h->y_names) {
		heat_free(h);
		f->failed = true;
		return NULL;
	}
	for (int i = 0; i < nx * ny; i++)
		h->values[i] = NAN;
	heat_free(p->heat);
	p->heat = h;
	return h;
}

const char *pv_figure_title(const struct pv_figure *f)
{
	return f->title ? f->title : "";
}

const char *pv_figure_alt(const struct pv_figure *f)
{
	return f->alt ? f->alt : "";
}
