/*
 * script.c - a figure as a gnuplot script
 *
 * All text is written by report_text_gnuplot, as single-quoted strings, in which gnuplot substitutes nothing; all else is numbers and words
 * of this file. Data stand in the script as numbered blocks of plain numbers.
 */
#include <math.h>

#include "report/formats.h"
#include "report/text.h"

enum { LONGEST_TICK = 24, LONGEST_LABEL = 28, LONGEST_NAME = 48, LINE_HEIGHT = 15 };

/* Filled: circle, square, triangle up, triangle down, diamond, pentagon; then the same hollow. */
static const int shapes[] = {7, 5, 9, 11, 13, 15, 6, 4, 8, 10, 12, 14};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

/* Colours of a map from low to high. Source: matplotlib's viridis (CC0), sampled */
static const char *const viridis = "0 '#440154', 1 '#482878', 2 '#3e4a89', 3 '#31688e', 4 '#26828e', 5 '#1f9e89', 6 '#35b779', "
                                   "7 '#6ece58', 8 '#b5de2b', 9 '#fde725'";

static void put_terminal(const struct pv_figure *fig, enum report_picture picture, FILE *f)
{
	const bool png = picture == REPORT_PICTURE_PNG;
	if (png)
		fprintf(f,
		        "set terminal pngcairo size %d,%d noenhanced font 'Sans,10' fontscale 2 linewidth 2 pointscale 2 background "
		        "'#ffffff'\n",
		        2 * fig->width, 2 * fig->height);
	else
		fprintf(f, "set terminal svg size %d,%d dynamic noenhanced font 'sans-serif,13'%s\n", fig->width, fig->height,
		        picture == REPORT_PICTURE_SVG ? " background rgb '#ffffff'" : "");
	/* The same sizes on paper: SVG has them in pixels, PNG in points. */
	fprintf(f, "small_font = ',%s'\nkey_font = ',%s'\nbig_font = ',%s'\n", png ? "8.5" : "11", png ? "9" : "12", png ? "11.5" : "15");
	fputs("set encoding utf8\nset datafile missing 'NaN'\n", f);
}

static void put_number(FILE *f, double x)
{
	if (isfinite(x))
		fprintf(f, " %.9g", x);
	else
		fputs(" NaN", f);
}

/* room: in units of about 1/96 inch; a longer text is cut */
static void put_setting(FILE *f, const char *setting, const char *text, int room)
{
	if (!text)
		return;
	fprintf(f, "set %s ", setting);
	report_text_gnuplot(f, text, room / 7 > 8 ? room / 7 : 8);
	fputc('\n', f);
}

/* ---- series ---- */

static void put_data(const struct report_series *s, int number, FILE *f)
{
	fprintf(f, "$s%d << E\n", number);
	for (size_t i = 0; i < s->n; i++) {
		const struct report_point *p = &s->points[i];
		const double columns[] = {p->x, p->y, p->low, p->box_low, p->box_high, p->high};
		for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
			put_number(f, columns[c]);
		fputc('\n', f);
	}
	if (!s->n)
		fputs("NaN NaN NaN NaN NaN NaN\n", f);
	fputs("E\n", f);
}

static void put_labels(const struct report_panel *p, FILE *f)
{
	for (const struct report_series *s = p->series; s; s = s->next)
		for (size_t i = 0; s->style == REPORT_STYLE_LABELS && i < s->n; i++) {
			fputs("set label ", f);
			report_text_gnuplot(f, s->points[i].label ? s->points[i].label : "", LONGEST_LABEL);
			fprintf(f, " at %.9g,%.9g center font small_font front\n", s->points[i].x, s->points[i].y);
		}
}

static void put_title(const struct report_series *s, FILE *f)
{
	if (s->name && !s->unlisted) {
		fputs(" title ", f);
		report_text_gnuplot(f, s->name, LONGEST_NAME);
	} else {
		fputs(" notitle", f);
	}
}

static void put_series(const struct report_series *s, int number, FILE *f)
{
	const char *colour = report_palette(s->look.colour);
	switch (s->style) {
	case REPORT_STYLE_LINE:
		fprintf(f, "$s%d using 1:2 with lines lc rgb '%s' lw %s dt %d", number, colour, s->look.thin ? "1" : "2",
		        s->look.dashed ? 2 : 1);
		put_title(s, f);
		break;
	case REPORT_STYLE_POINTS:
		fprintf(f, "$s%d using 1:2 with points pt %d ps %s lc rgb '%s'", number, shapes[s->look.shape % N_SHAPES],
		        s->look.small ? "0.4" : "0.8", colour);
		put_title(s, f);
		break;
	case REPORT_STYLE_SPREAD:
		fprintf(f, "$s%d using 1:4:3:6:5 with candlesticks whiskerbars 0.6 lc rgb '%s' lw 1.5 fs solid 0.35 border", number,
		        colour);
		put_title(s, f);
		fprintf(f, ", $s%d using ($1-0.5*bw):2:(bw):(0) with vectors nohead lw 2.5 lc rgb '%s' notitle", number, colour);
		break;
	case REPORT_STYLE_BAR:
		fprintf(f, "$s%d using 1:2:($1-0.4):($1+0.4):3:6 with boxxyerror fs solid 0.9 noborder lc rgb '%s'", number, colour);
		put_title(s, f);
		break;
	case REPORT_STYLE_LABELS: fputs("NaN notitle", f); break;
	}
}

/* ---- panels ---- */

static void put_ticks(const struct report_panel *p, int width, FILE *f)
{
	int longest = 0;
	for (size_t i = 0; i < p->n_ticks; i++) {
		int n = report_text_width(p->ticks[i], LONGEST_TICK);
		longest = n > longest ? n : longest;
	}
	const bool turned = (size_t)longest * 8 * p->n_ticks > (size_t)width;
	fprintf(f, "set xtics nomirror scale 0.5 font small_font %s (", turned ? "rotate by 90 right" : "norotate");
	for (size_t i = 0; i < p->n_ticks; i++) {
		fputs(i ? ", " : "", f);
		report_text_gnuplot(f, p->ticks[i], LONGEST_TICK);
		fprintf(f, " %zu", i);
	}
	fprintf(f, ")\nset xrange [-0.7:%g]\n", (double)p->n_ticks - 0.3);
}

/* Width of the boxes of spreads: several series stand side by side over a tick. */
static double box_width(const struct report_panel *p)
{
	int n = 0;
	for (const struct report_series *s = p->series; s; s = s->next)
		n += s->style == REPORT_STYLE_SPREAD;
	return n ? 0.6 / n : 0.6;
}

/* Round numbers of each decade: gnuplot's own ticks are the decades, of which a short axis has one or none. */
static void put_log_ticks(const struct report_panel *p, FILE *f)
{
	static const double many[] = {1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8}, few[] = {1, 2, 5};
	const bool is_short = p->x_high < 8 * p->x_low;
	const double *steps = is_short ? many : few;
	const int n = is_short ? (int)(sizeof many / sizeof *many) : (int)(sizeof few / sizeof *few);
	for (int axis = 0; axis < 2; axis++) {
		fprintf(f, "set %ctics (", "xy"[axis]);
		const char *comma = "";
		for (double decade = pow(10, floor(log10(p->x_low))); decade <= p->x_high; decade *= 10)
			for (int i = 0; i < n; i++)
				if (decade * steps[i] >= p->x_low && decade * steps[i] <= p->x_high) {
					fprintf(f, "%s%.9g", comma, decade * steps[i]);
					comma = ", ";
				}
		fputs(")\n", f);
	}
}

/* Distance of the x axis's ticks where gnuplot's own choice would be too dense: in narrow panels about five. */
static const char *step_of_ticks(const struct report_panel *p, int width, char *text, size_t n)
{
	double low = p->x_low, high = p->x_high;
	for (const struct report_series *s = p->series; s && !isfinite(p->x_high); s = s->next)
		for (size_t i = 0; i < s->n; i++) {
			low = fmin(low, s->points[i].x); /* fmin and fmax pass over NAN */
			high = fmax(high, s->points[i].x);
		}
	*text = '\0';
	if (width > 400 || p->log_x || !(high > low))
		return text;
	const double decade = pow(10, floor(log10((high - low) / 4))), step = (high - low) / 4 / decade;
	snprintf(text, n, "%.9g", decade * (step < 1.5 ? 1 : step < 3.5 ? 2 : step < 7.5 ? 5 : 10));
	return text;
}

/* high NAN: as the points need */
static void put_range(FILE *f, char axis, double low, double high)
{
	fprintf(f, "set %crange [%.9g:", axis, low);
	if (isfinite(high))
		fprintf(f, "%.9g]\n", high);
	else
		fputs("*]\n", f);
}

static void put_limits(const struct report_panel *p, FILE *f)
{
	if (isfinite(p->x_low))
		put_range(f, 'x', p->x_low, p->x_high);
	if (isfinite(p->y_low))
		put_range(f, 'y', p->y_low, p->y_high);
	else if (p->zero)
		fputs("set yrange [0:*]\n", f);
	if (p->square)
		fputs("set size ratio -1\nset size square\n", f);
}

static void put_axes(const struct report_panel *p, int width, int height, FILE *f)
{
	char step[32];
	put_setting(f, "xlabel", p->x_label, width);
	put_setting(f, "ylabel", p->y_label, height);
	fprintf(f, "set border 3 lw 1\nset key %s Left reverse samplen 1.5 width 1 font key_font\n",
	        p->key_inside ? "inside top left vertical" : "above left horizontal");
	fputs(p->plain ? "unset xtics\nunset ytics\n"
	               : "set grid lt 1 lw 0.6 lc rgb '#d8d8d8'\nset ytics nomirror scale 0.5 font small_font\n",
	      f);
	if (p->n_ticks)
		put_ticks(p, width, f);
	else if (!p->plain)
		fprintf(f, "set xtics nomirror scale 0.5 font small_font %s\n", step_of_ticks(p, width, step, sizeof step));
	fprintf(f, "bw = %g\nset boxwidth bw\n", box_width(p));
	if (p->log_x)
		fputs("set logscale x\n", f);
	if (p->log_y)
		fputs("set logscale y\n", f);
	if (p->square && p->log_x && p->x_high < 300 * p->x_low)
		put_log_ticks(p, f);
	put_limits(p, f);
}

static void put_curves(const struct report_panel *p, FILE *f)
{
	int n = 0;
	put_labels(p, f);
	for (const struct report_series *s = p->series; s; s = s->next)
		put_data(s, n++, f);
	fputs("plot ", f);
	n = 0;
	for (const struct report_series *s = p->series; s; s = s->next) {
		fputs(n ? ", " : "", f);
		put_series(s, n++, f);
	}
	fputs(n ? "\n" : "NaN notitle\n", f);
}

/* ---- maps of colours ---- */

/* turned: upright, for names that would not stand side by side. Where even those have no room, so many at equal distances as do. */
static void put_names(FILE *f, const char *axis, char *const *names, int n, bool turned, int room)
{
	const int step = n * LINE_HEIGHT > room ? (n * LINE_HEIGHT + room - 1) / room : 1;
	fprintf(f, "set %stics nomirror scale 0 font small_font %s (", axis, turned ? "rotate by 90 right" : "norotate");
	for (int i = 0; i < n; i += step) {
		fputs(i ? ", " : "", f);
		report_text_gnuplot(f, names[i] ? names[i] : "", LONGEST_TICK);
		fprintf(f, " %d", i);
	}
	fputs(")\n", f);
}

static int longest_name(char *const *names, int n)
{
	int longest = 0;
	for (int i = 0; i < n; i++) {
		const int width = names[i] ? report_text_width(names[i], LONGEST_TICK) : 0;
		longest = width > longest ? width : longest;
	}
	return longest;
}

/* The figures in the cells, where there is room. */
static void put_cell_labels(const struct report_heat *h, double middle, FILE *f)
{
	for (int i = 0; i < h->nx * h->ny; i++)
		if (isfinite(h->values[i]))
			fprintf(f, "set label '%.4g' at %d,%d center font small_font tc rgb '%s' front\n", h->values[i], i % h->nx,
			        i / h->nx, h->values[i] < middle ? "#fffffe" : "#000001");
}

static void put_heat(const struct report_panel *p, int width, int height, FILE *f)
{
	const struct report_heat *h = p->heat;
	double low = INFINITY, high = -INFINITY;
	for (int i = 0; i < h->nx * h->ny; i++)
		if (isfinite(h->values[i])) {
			low = fmin(low, h->values[i]);
			high = fmax(high, h->values[i]);
		}
	const double middle = low + 0.6 * (high - low);
	put_setting(f, "xlabel", p->x_label, width);
	put_setting(f, "ylabel", p->y_label, height);
	fputs("set cbtics font small_font\n", f);
	put_names(f, "x", h->x_names, h->nx, longest_name(h->x_names, h->nx) * 8 * h->nx > width * 3 / 4, width * 3 / 5);
	put_names(f, "y", h->y_names, h->ny, false, height * 3 / 5);
	fprintf(f, "set palette defined (%s)\nset palette maxcolors 64\nset border 0\nunset key\n", viridis);
	fprintf(f, "set xrange [-0.5:%g]\nset yrange [-0.5:%g]\n", h->nx - 0.5, h->ny - 0.5);
	if (high > low)
		fprintf(f, "set cbrange [%.9g:%.9g]\n", low, high);
	fputs("$s0 << E\n", f);
	for (int i = 0; i < h->nx * h->ny; i++) {
		fprintf(f, "%d %d", i % h->nx, i / h->nx);
		put_number(f, h->values[i]);
		fputc('\n', f);
	}
	fputs("E\n", f);
	if (width * 3 / 4 / h->nx >= 60 && height * 3 / 4 / h->ny >= 18)
		put_cell_labels(h, middle, f);
	if (h->best >= 0) {
		const int x = h->best % h->nx, y = h->best / h->nx;
		fprintf(f, "set object rectangle from %g,%g to %g,%g front fs empty border rgb '#d55e00' lw 4\n", x - 0.47, y - 0.47,
		        x + 0.47, y + 0.47);
	}
	fputs("plot $s0 using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror fs solid noborder lc palette notitle\n", f);
}

/* ---- the whole ---- */

/* Units of about 1/96 inch that are kept free above all panels: for the title, and for the legend that they share. */
enum { TITLE_HEIGHT = 30, KEY_LINE = 20, PANEL_TITLE = 28 };

/* As many entries stand side by side as have room: each takes the width of the longest, and a sample of its line. */
static int key_lines(const struct pv_figure *fig)
{
	int n = 0, longest = 1;
	for (const struct report_series *s = fig->panels->series; s; s = s->next)
		if (s->name) {
			const int width = report_text_width(s->name, LONGEST_NAME);
			longest = width > longest ? width : longest;
			n++;
		}
	const int columns = (fig->width - 40) / (longest * 8 + 50);
	return columns > 1 ? (n + columns - 1) / columns : n;
}

/* The places of the panels, fixed, so that all are of one size whatever their labels. */
static void put_margins(const struct pv_figure *fig, int rows, bool titled, FILE *f)
{
	const bool headed = fig->panels->title && !fig->panels->quiet_title;
	const double above = key_lines(fig) * KEY_LINE + 12 + (titled ? TITLE_HEIGHT : 0) + (headed ? PANEL_TITLE : 0), w = fig->width,
	             h = fig->height;
	fprintf(f, " margins screen %g, %g, %g, %g spacing screen %g, %g", 95 / w, 1 - 20 / w, 58 / h, 1 - above / h, 70 / w,
	        rows > 1 ? 68 / h : 0);
}

static void put_shared_key(const struct pv_figure *fig, bool first, bool titled, FILE *f)
{
	if (first)
		fprintf(f, "set key at screen %g, %g left top vertical maxrows %d Left reverse samplen 1.5 width 1 font key_font\n",
		        20.0 / fig->width, 1 - (titled ? TITLE_HEIGHT + 2 : 4) / (double)fig->height, key_lines(fig));
	else
		fputs("unset key\n", f);
}

void report_figure_script(const struct pv_figure *fig, enum report_picture picture, FILE *f)
{
	const int rows = fig->n_panels ? (fig->n_panels + fig->columns - 1) / fig->columns : 1;
	const int width = fig->width / fig->columns, height = fig->height / rows;
	const bool titled = picture != REPORT_PICTURE_INLINE && fig->title, many = fig->n_panels > 1;
	put_terminal(fig, picture, f);
	if (many) {
		fprintf(f, "set multiplot layout %d,%d", rows, fig->columns);
		if (fig->shared_key)
			put_margins(fig, rows, titled, f);
		if (titled) {
			fputs(" title ", f);
			report_text_gnuplot(f, fig->title, fig->width / 9);
			fputs(" font big_font", f);
		}
		fputc('\n', f);
	}
	for (const struct report_panel *p = fig->panels; p; p = p->next) {
		if (p != fig->panels)
			fputs("reset\nset datafile missing 'NaN'\n", f);
		if (!many && titled)
			put_setting(f, "title", fig->title, width);
		else if (!p->quiet_title)
			put_setting(f, "title", p->title, width);
		if (p->heat) {
			put_heat(p, width, height, f);
			continue;
		}
		put_axes(p, width, height, f);
		if (fig->shared_key && many)
			put_shared_key(fig, p == fig->panels, titled, f);
		else
			fputs("set rmargin 3\n", f); /* for half of the last tick's label */
		put_curves(p, f);
	}
	if (many)
		fputs("unset multiplot\n", f);
	fputs("set output\n", f);
}
