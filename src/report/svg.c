/*
 * svg.c - gnuplot's SVG, adapted
 *
 * gnuplot gives every element the same ids in every picture and calls each picture "Gnuplot". Here its titles are taken out (readers would
 * see them as tool tips), ours is put in, and in a picture for HTML every id and reference gets a prefix, since ids are the page's.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/formats.h"
#include "report/text.h"

/* Whether text begins with word. */
static bool at(const char *text, const char *word)
{
	return !strncmp(text, word, strlen(word));
}

/* Behind the element that begins at p (it has no child of its kind); the end of the text when it is not closed. */
static const char *behind(const char *p, const char *closing)
{
	const char *end = strstr(p, closing);
	return end ? end + strlen(closing) : p + strlen(p);
}

/* One tag, from '<' to '>', with a prefix before what follows id=Q, href=Q# and url(#. Returns what is behind it. */
static const char *put_tag(FILE *f, const char *p, const char *id)
{
	static const char *const marks[] = {" id='", " id=\"", "href='#", "href=\"#", "url(#"};
	while (*p && *p != '>') {
		size_t n = 0;
		for (size_t i = 0; id && i < sizeof marks / sizeof *marks && !n; i++)
			n = at(p, marks[i]) ? strlen(marks[i]) : 0;
		if (n)
			fprintf(f, "%.*s%s-", (int)n, p, id);
		else
			fputc(*p, f);
		p += n ? n : 1;
	}
	if (*p)
		fputc(*p++, f);
	return p;
}

static void put_heading(FILE *f, const char *id, const char *title, const char *description)
{
	fprintf(f, "\n<title id=\"%s-title\">", id ? id : "figure");
	report_text_html(f, title);
	fprintf(f, "</title>\n<desc id=\"%s-desc\">", id ? id : "figure");
	report_text_html(f, description);
	fputs("</desc>", f);
}

static void put_root(FILE *f, const char *tag, const char *id)
{
	const char *end = strchr(tag, '>');
	const char *prefix = id ? id : "figure";
	fprintf(f, "%.*s role=\"img\" aria-labelledby=\"%s-title %s-desc\">", (int)(end - tag), tag, prefix, prefix);
}

static void put_svg(FILE *f, const char *svg, const char *root, const char *id, const char *title, const char *description)
{
	if (!id)
		fprintf(f, "%.*s", (int)(root - svg), svg);
	put_root(f, root, id);
	put_heading(f, id, title, description);
	for (const char *p = strchr(root, '>') + 1; *p;) {
		if (at(p, "<title>"))
			p = behind(p, "</title>");
		else if (at(p, "<desc>"))
			p = behind(p, "</desc>");
		else if (*p == '<')
			p = put_tag(f, p, id);
		else
			fputc(*p++, f);
	}
}

char *report_svg_adapt(const char *svg, const char *id, const char *title, const char *description, size_t *n_bytes)
{
	const char *root = strstr(svg, "<svg");
	char *text = NULL;
	size_t n = 0;
	if (!root || !isspace((unsigned char)root[4]) || !strchr(root, '>') || strstr(svg, "<script"))
		return NULL;
	FILE *f = open_memstream(&text, &n);
	if (!f)
		return NULL;
	put_svg(f, svg, root, id, title, description);
	bool bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad) {
		free(text);
		return NULL;
	}
	*n_bytes = n;
	return text;
}
