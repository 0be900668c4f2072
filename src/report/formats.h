/*
 * formats.h - a figure as bytes: pictures drawn by gnuplot, and CSV
 */
#ifndef REPORT_FORMATS_H
#define REPORT_FORMATS_H

#include <stddef.h>
#include <stdio.h>

#include "report/figure.h"

enum report_picture {
	REPORT_PICTURE_SVG,    /* a file of its own: with its title, on white */
	REPORT_PICTURE_INLINE, /* an <svg> element for HTML: without title and background, colours of axes and text left to the page */
	REPORT_PICTURE_PNG     /* two pixels for each unit of size */
};

/*
 * report_figure_draw - run gnuplot over a figure
 *
 * @id     with REPORT_PICTURE_INLINE: begins every id in the element, and is that of its title; letters and digits; else not read
 * @bytes  set on success; malloc'd, with a NUL behind its n_bytes
 *
 * Returns: PV_OK; PV_ERR_MISSING (no gnuplot), PV_ERR_IO (it could not be run, or failed), PV_ERR_INTERRUPTED, PV_ERR_NOMEM
 */
enum pv_status report_figure_draw(const struct pv_figure *figure, enum report_picture picture, const char *id, char **bytes,
                                  size_t *n_bytes, struct pv_error *err);

/* report_gnuplot_check - whether gnuplot can be run; errors as report_figure_draw */
enum pv_status report_gnuplot_check(struct pv_error *err);

/* report_figure_script - what gnuplot is told; the caller checks the stream for errors */
void report_figure_script(const struct pv_figure *figure, enum report_picture picture, FILE *f);

/* report_figure_csv - a line for each point (or cell of a map); the caller checks the stream for errors */
void report_figure_csv(const struct pv_figure *figure, FILE *f);

/*
 * report_svg_adapt - gnuplot's SVG with our title and description, and in order to stand among others
 *
 * @id  as report_figure_draw; NULL: a file of its own
 *
 * Returns: malloc'd, NUL-terminated; NULL when memory is out or there is no <svg> in it
 */
char *report_svg_adapt(const char *svg, const char *id, const char *title, const char *description, size_t *n_bytes);

#endif
