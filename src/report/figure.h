/*
 * figure.h - what is inside a figure: panels, series, points
 *
 * Makers of figures call the functions below without looking at memory: when it runs out, the figure remembers that and pv_figure_finish
 * says so.
 */
#ifndef PV_REPORT_FIGURE_H
#define PV_REPORT_FIGURE_H

#include <stdio.h>

#include <perfvec/report.h>

#include "base/error.h"

enum pv_series_style {
	PV_STYLE_LINE,
	PV_STYLE_POINTS,
	PV_STYLE_SPREAD, /* box from box_low to box_high, whiskers to low and high, a line at y */
	PV_STYLE_BAR,    /* a bar from low to high, x -+ 0.4 */
	PV_STYLE_LABELS  /* the points' labels alone, centred */
};

/* What the drawing of a series looks like. */
struct pv_look {
	int colour; /* of the palette; -1: grey */
	int shape;  /* of points, from 0 */
	bool dashed, thin;
	bool guide; /* guides the eye and is no result: not in CSV */
	bool small; /* points */
};

/* A point. Members that its series' style does not use are NAN. */
struct pv_point {
	double x, y, low, box_low, box_high, high;
	char *label; /* of PV_STYLE_LABELS; for others in CSV only. NULL: none */
};

struct pv_series {
	struct pv_series *next;
	char *name;    /* in the legend; NULL: not in it */
	bool unlisted; /* not in the legend: the name is for CSV */
	enum pv_series_style style;
	struct pv_look look;
	size_t n, capacity;
	struct pv_point *points;
};

/* A map of colours: nx columns from left to right, ny rows from bottom to top. */
struct pv_heat {
	int nx, ny;
	double *values; /* (ny, nx) NAN: left empty */
	char **x_names, **y_names;
	int best; /* cell with a frame; -1: none */
	char *unit;
};

struct pv_panel {
	struct pv_panel *next;
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
	struct pv_series *series;
	struct pv_heat *heat;
};

struct pv_figure {
	char *title, *alt;
	char *x_name, *y_name; /* columns of the CSV */
	int n_panels, columns; /* panels stand in rows of so many */
	int width, height;     /* of all, in units of about 1/96 inch */
	bool shared_key;       /* one legend for all panels, that of the first, above them */
	struct pv_panel *panels;
	bool failed; /* memory ran out on the way */
	/* Where what cannot be kept goes. */
	struct pv_panel no_panel;
	struct pv_series no_series;
	struct pv_point no_point;
};

/* pv_figure_new - an empty figure; NULL when memory is out */
struct pv_figure *pv_figure_new(void);

/* pv_figure_finish - set *to, or release the figure when memory ran out while it was made (or it is NULL) and return PV_ERR_NOMEM */
enum pv_status pv_figure_finish(struct pv_figure *figure, struct pv_figure **to, struct pv_error *err);

/* pv_figure_print - set one of the figure's strings, printf-like; what was there is released */
void pv_figure_print(struct pv_figure *figure, char **to, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* pv_figure_panel, pv_figure_series - append an empty one */
struct pv_panel *pv_figure_panel(struct pv_figure *figure);
struct pv_series *pv_figure_series(struct pv_figure *figure, struct pv_panel *panel, enum pv_series_style style, struct pv_look look);

/* pv_figure_point - append a point with the rest NAN; valid until the next one */
struct pv_point *pv_figure_point(struct pv_figure *figure, struct pv_series *series, double x, double y);

/* pv_figure_tick - name the next tick of the x axis */
void pv_figure_tick(struct pv_figure *figure, struct pv_panel *panel, const char *name);

/* pv_figure_heat - give the panel an empty map; NULL when memory is out */
struct pv_heat *pv_figure_heat(struct pv_figure *figure, struct pv_panel *panel, int nx, int ny);

/* pv_figure_width - of a figure with so many upright names along its x axis: at least `least` */
int pv_figure_width(int least, size_t n_names);

/* pv_palette - "#rrggbb" of colour i >= 0, over and over; told apart by readers with any colour vision. -1: grey */
const char *pv_palette(int i);
enum { PV_PALETTE_COLOURS = 8 };

#endif
