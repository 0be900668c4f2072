/*
 * figure.h - what is inside a figure: panels, series, points
 *
 * Makers of figures call the functions below without looking at memory: when it runs out, the figure remembers that and
 * report_figure_finish says so.
 */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include <stdio.h>

#include <perfvec/report.h>

#include "base/error.h"

enum report_series_style {
	REPORT_STYLE_LINE,
	REPORT_STYLE_POINTS,
	REPORT_STYLE_SPREAD, /* box from box_low to box_high, whiskers to low and high, a line at y */
	REPORT_STYLE_BAR,    /* a bar from low to high, x -+ 0.4 */
	REPORT_STYLE_LABELS  /* the points' labels alone, centred */
};

/* What the drawing of a series looks like. */
struct report_look {
	int colour; /* of the palette; -1: grey */
	int shape;  /* of points, from 0 */
	bool dashed, thin;
	bool guide; /* guides the eye and is no result: not in CSV */
	bool small; /* points */
};

/* A point. Members that its series' style does not use are NAN. */
struct report_point {
	double x, y, low, box_low, box_high, high;
	char *label; /* of REPORT_STYLE_LABELS; for others in CSV only. NULL: none */
};

struct report_series {
	struct report_series *next;
	char *name;    /* in the legend; NULL: not in it */
	bool unlisted; /* not in the legend: the name is for CSV */
	enum report_series_style style;
	struct report_look look;
	size_t n, capacity;
	struct report_point *points;
};

/* A map of colours: nx columns from left to right, ny rows from bottom to top. */
struct report_heat {
	int nx, ny;
	double *values; /* (ny, nx) NAN: left empty */
	char **x_names, **y_names;
	int best; /* cell with a frame; -1: none */
	char *unit;
};

struct report_panel {
	struct report_panel *next;
	char *title, *x_label, *y_label;
	bool log_x, log_y;
	bool plain;                          /* neither ticks nor grid: positions have no unit */
	double x_low, x_high, y_low, y_high; /* of the axes; NAN: as the points need */
	bool square;                         /* both axes have the same limits and length */
	bool zero;                           /* the y axis begins at 0 */
	bool key_inside;                     /* the legend stands in the upper left corner, where there are no points */
	bool quiet_title;                    /* the title is for CSV only: the axes say it */
	size_t n_ticks;                      /* names at x = 0, 1, ...; 0: numbers */
	char **ticks;
	struct report_series *series;
	struct report_heat *heat;
};

struct pv_figure {
	char *title, *alt;
	char *x_name, *y_name; /* columns of the CSV */
	int n_panels, columns; /* panels stand in rows of so many */
	int width, height;     /* of all, in units of about 1/96 inch */
	bool shared_key;       /* one legend for all panels, that of the first, above them */
	struct report_panel *panels;
	bool failed; /* memory ran out on the way */
	/* Where what cannot be kept goes. */
	struct report_panel no_panel;
	struct report_series no_series;
	struct report_point no_point;
};

/* report_figure_new - an empty figure; NULL when memory is out */
struct pv_figure *report_figure_new(void);

/* report_figure_finish - set *to, or release the figure when memory ran out while it was made (or it is NULL) and return PV_ERR_NOMEM */
enum pv_status report_figure_finish(struct pv_figure *figure, struct pv_figure **to, struct pv_error *err);

/* report_figure_print - set one of the figure's strings, printf-like; what was there is released */
void report_figure_print(struct pv_figure *figure, char **to, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* report_figure_panel, report_figure_series - append an empty one */
struct report_panel *report_figure_panel(struct pv_figure *figure);
struct report_series *report_figure_series(struct pv_figure *figure, struct report_panel *panel, enum report_series_style style,
                                           struct report_look look);

/* report_figure_point - append a point with the rest NAN; valid until the next one */
struct report_point *report_figure_point(struct pv_figure *figure, struct report_series *series, double x, double y);

/* report_figure_tick - name the next tick of the x axis */
void report_figure_tick(struct pv_figure *figure, struct report_panel *panel, const char *name);

/* report_figure_heat - give the panel an empty map; NULL when memory is out */
struct report_heat *report_figure_heat(struct pv_figure *figure, struct report_panel *panel, int nx, int ny);

/* report_figure_width - of a figure with so many upright names along its x axis: at least `least` */
int report_figure_width(int least, size_t n_names);

/* report_palette - "#rrggbb" of colour i >= 0, over and over; told apart by readers with any colour vision. -1: grey */
const char *report_palette(int i);
enum { REPORT_PALETTE_COLOURS = 8 };

#endif
