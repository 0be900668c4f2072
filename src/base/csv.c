/*
 * csv.c - comma-separated values, written and read as RFC 4180 has them
 *
 * A table is read in one pass over a copy of its text, in which each field is shortened in place to what it means and ended with a NUL.
 */
#include "base/csv.h"

#include <perfvec/text.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"

void pv_csv_text(FILE *f, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, f);
		return;
	}
	fputc('"', f);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', f);
		fputc(*text, f);
	}
	fputc('"', f);
}

/* ---- reading ---- */

struct reader {
	const char *name;
	char *at;
	size_t line; /* of the file, from 1 */
	struct base_csv *csv;
	struct pv_error *err;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool ends_field(const char *at)
{
	return !*at || *at == ',' || *at == '\n' || (*at == '\r' && (at[1] == '\n' || !at[1]));
}

/* A field in quotes; reading stands at the first one, and behind the last one afterwards. *end is where its text ends. */
static enum pv_status read_quoted(struct reader *r, char **end)
{
	const size_t first_line = r->line;
	char *to = r->at;
	for (r->at++; *r->at != '"' || r->at[1] == '"'; *to++ = *r->at++) {
		FAIL_IF(!*r->at, r->err, PV_ERR_FORMAT, "%s:%zu: a quoted field that does not end", r->name, first_line);
		r->at += *r->at == '"';
		r->line += *r->at == '\n';
	}
	r->at++;
	*end = to;
	return PV_OK;
}

/* One field; reading stands at what ends it afterwards. The NUL is written later, as that may be the same byte. */
static enum pv_status read_field(struct reader *r, char **field, char **end)
{
	while (is_blank(*r->at))
		r->at++;
	*field = r->at;
	if (*r->at == '"') {
		TRY(read_quoted(r, end));
		while (is_blank(*r->at))
			r->at++;
		FAIL_IF(!ends_field(r->at), r->err, PV_ERR_FORMAT, "%s:%zu: text behind a quoted field", r->name, r->line);
		return PV_OK;
	}
	while (!ends_field(r->at))
		r->at++;
	for (*end = r->at; *end > *field && is_blank((*end)[-1]);)
		--*end;
	return PV_OK;
}

/* Reading stands behind the line's end afterwards. */
static enum pv_status read_line(struct reader *r)
{
	struct base_csv *csv = r->csv;
	for (bool more = true; more;) {
		char *field, *end = NULL;
		TRY(read_field(r, &field, &end));
		TRY(base_array_grow(&csv->fields, &csv->fields_capacity, csv->n_fields + 1, sizeof *csv->fields, "fields", r->err));
		csv->fields[csv->n_fields++] = field;
		more = *r->at == ',';
		if (!more) {
			r->at += *r->at == '\r';
			r->line += *r->at == '\n';
		}
		r->at += *r->at != 0;
		*end = '\0';
	}
	TRY(base_array_grow(&csv->ends, &csv->lines_capacity, csv->n_lines + 1, sizeof *csv->ends, "lines", r->err));
	csv->ends[csv->n_lines++] = csv->n_fields;
	return PV_OK;
}

enum pv_status base_csv_parse(const char *name, const char *text, size_t n_bytes, struct base_csv *csv, struct pv_error *err)
{
	static const char mark[3] = "\xef\xbb\xbf";
	*csv = (struct base_csv){0};
	FAIL_IF(memchr(text, '\0', n_bytes), err, PV_ERR_FORMAT, "%s: a NUL character; not a text file", name);
	csv->text = strndup(text, n_bytes);
	FAIL_IF(!csv->text, err, PV_ERR_NOMEM, "%s: out of memory", name);
	const bool marked = n_bytes >= sizeof mark && !memcmp(csv->text, mark, sizeof mark);
	struct reader r = {.name = name, .at = csv->text + (marked ? sizeof mark : 0), .line = 1, .csv = csv, .err = err};
	while (*r.at) {
		if (*r.at == '\n' || (*r.at == '\r' && r.at[1] == '\n')) {
			r.line += *r.at++ == '\n';
			continue;
		}
		TRY(read_line(&r));
	}
	return PV_OK;
}

enum pv_status base_csv_load(const char *path, struct base_csv *csv, struct pv_error *err)
{
	*csv = (struct base_csv){0};
	struct base_map map;
	TRY(base_map_open(&map, path, err));
	enum pv_status status = base_csv_parse(path, map.data ? (const char *)map.data : "", map.n_bytes, csv, err);
	base_map_close(&map);
	return status;
}

const char *base_csv_field(const struct base_csv *csv, size_t line, size_t i)
{
	const size_t begin = line ? csv->ends[line - 1] : 0;
	return line < csv->n_lines && i < csv->ends[line] - begin ? csv->fields[begin + i] : NULL;
}

void base_csv_release(struct base_csv *csv)
{
	free(csv->text);
	free(csv->fields);
	free(csv->ends);
	*csv = (struct base_csv){0};
}
