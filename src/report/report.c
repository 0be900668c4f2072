/*
 * report.c - one HTML file with figures and tables
 *
 * The body is written into memory piece by piece; saving puts the fixed parts and the table of contents around it. A content security
 * policy in the page forbids any request: what is not in the file is not shown.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "base/array.h"
#include "base/error.h"
#include "base/file.h"
#include "report/formats.h"
#include "report/page.h"
#include "report/text.h"

struct pv_report {
	char *title;
	char *body;
	size_t n_bytes;
	FILE *stream;    /* into body */
	char **sections; /* (n_sections) headings */
	size_t n_sections;
	size_t n_figures;
};

enum pv_status pv_report_new(const char *title, struct pv_report **report, struct pv_error *err)
{
	struct pv_report *r = calloc(1, sizeof *r);
	FAIL_IF(!r, err, PV_ERR_NOMEM, "out of memory for a report");
	r->title = strdup(title);
	r->stream = open_memstream(&r->body, &r->n_bytes);
	if (!r->title || !r->stream) {
		pv_report_free(r);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for a report");
	}
	*report = r;
	return PV_OK;
}

void pv_report_free(struct pv_report *r)
{
	if (!r)
		return;
	if (r->stream)
		fclose(r->stream);
	for (size_t i = 0; i < r->n_sections; i++)
		free(r->sections[i]);
	free(r->sections);
	free(r->title);
	free(r->body);
	free(r);
}

static enum pv_status checked(const struct pv_report *r, struct pv_error *err)
{
	return ferror(r->stream) ? base_error_set(err, PV_ERR_NOMEM, "out of memory for the report") : PV_OK;
}

enum pv_status pv_report_section(struct pv_report *r, const char *heading, struct pv_error *err)
{
	TRY(base_array_extend(&r->sections, r->n_sections, sizeof *r->sections, "sections", err));
	r->sections[r->n_sections] = strdup(heading);
	FAIL_IF(!r->sections[r->n_sections], err, PV_ERR_NOMEM, "out of memory for the report");
	fprintf(r->stream, "%s<section>\n<h2 id=\"s%zu\">", r->n_sections ? "</section>\n" : "", r->n_sections + 1);
	r->n_sections++;
	report_text_html(r->stream, heading);
	fputs("</h2>\n", r->stream);
	return checked(r, err);
}

enum pv_status pv_report_text(struct pv_report *r, const char *text, struct pv_error *err)
{
	fputs("<p>", r->stream);
	report_text_html(r->stream, text);
	fputs("</p>\n", r->stream);
	return checked(r, err);
}

enum pv_status pv_report_figure(struct pv_report *r, const struct pv_figure *figure, struct pv_error *err)
{
	char id[32], *svg;
	size_t n;
	snprintf(id, sizeof id, "f%zu", r->n_figures + 1);
	TRY(report_figure_draw(figure, REPORT_PICTURE_INLINE, id, &svg, &n, err));
	r->n_figures++;
	fprintf(r->stream, "<figure id=\"%s\" style=\"max-width: %dpx\">\n%s\n<figcaption><strong>", id, figure->width, svg);
	free(svg);
	report_text_html(r->stream, pv_figure_title(figure));
	fputs(".</strong> ", r->stream);
	report_text_html(r->stream, pv_figure_alt(figure));
	fputs("</figcaption>\n</figure>\n", r->stream);
	return checked(r, err);
}

static void put_header(FILE *f, const char *name, bool number)
{
	fprintf(f, "<th scope=\"col\"%s><button type=\"button\">", number ? " class=\"n\"" : "");
	report_text_html(f, name);
	fputs("</button></th>", f);
}

static void put_cell(FILE *f, const struct pv_cell *cell, bool number)
{
	fprintf(f, "<td%s", number ? " class=\"n\"" : "");
	if (isfinite(cell->value))
		fprintf(f, " data-value=\"%.9g\"", cell->value);
	fputc('>', f);
	report_text_html(f, cell->text ? cell->text : "");
	fputs("</td>", f);
}

enum pv_status pv_report_table(struct pv_report *r, const char *caption, const char *const *columns, int n_columns,
                               const struct pv_cell *cells, size_t n_rows, struct pv_error *err)
{
	FILE *f = r->stream;
	fputs("<div class=\"table\" role=\"region\" tabindex=\"0\" aria-label=\"", f);
	report_text_html(f, caption);
	fputs("\"><table>\n<caption>", f);
	report_text_html(f, caption);
	fputs("</caption>\n<thead><tr>", f);
	for (int c = 0; c < n_columns; c++)
		put_header(f, columns[c], n_rows && isfinite(cells[c].value));
	fputs("</tr></thead>\n<tbody>\n", f);
	for (size_t i = 0; i < n_rows; i++) {
		fputs("<tr>", f);
		for (int c = 0; c < n_columns; c++)
			put_cell(f, &cells[i * (size_t)n_columns + (size_t)c], isfinite(cells[c].value));
		fputs("</tr>\n", f);
	}
	fputs("</tbody>\n</table></div>\n", f);
	return checked(r, err);
}

static void put_head(const struct pv_report *r, FILE *f)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src "
	      "'unsafe-inline'\">\n<title>",
	      f);
	report_text_html(f, r->title);
	fprintf(f, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header><h1>", report_page_style);
	report_text_html(f, r->title);
	fputs("</h1><button id=\"theme\" type=\"button\" hidden>light / dark</button></header>\n", f);
}

static void put_contents(const struct pv_report *r, FILE *f)
{
	fputs("<nav aria-label=\"Contents\"><ul>\n", f);
	for (size_t i = 0; i < r->n_sections; i++) {
		fprintf(f, "<li><a href=\"#s%zu\">", i + 1);
		report_text_html(f, r->sections[i]);
		fputs("</a></li>\n", f);
	}
	fputs("</ul></nav>\n", f);
}

enum pv_status pv_report_save(const struct pv_report *r, const char *path, struct pv_error *err)
{
	struct base_out_file f;
	if (fflush(r->stream) != 0)
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for the report");
	TRY(base_out_file_open(&f, path, err));
	put_head(r, f.stream);
	put_contents(r, f.stream);
	fputs("<main>\n", f.stream);
	fwrite(r->body, 1, r->n_bytes, f.stream);
	fprintf(f.stream,
	        "%s</main>\n<footer>Made by perfvec %s. This file needs no other file and no network.</footer>\n<script>\n%s</script>\n",
	        r->n_sections ? "</section>\n" : "", pv_version(), report_page_script);
	fputs("</body>\n</html>\n", f.stream);
	return base_out_file_commit(&f, err);
}
