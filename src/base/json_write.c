/*
 * json_write.c - JSON written member by member
 *
 * Jansson, which reads JSON here, writes only a whole tree, all reals with one number of digits and a point: 0.1 as 0.10000000000000001,
 * 3 as 3.0. Here each number has the digits that mean something, and an evaluation of any length needs no memory.
 */
#include <perfvec/json.h>

#include <assert.h>
#include <math.h>

#include "base/text.h"

static void put_text(FILE *f, const char *text, bool any_bytes)
{
	fputc('"', f);
	for (size_t n; *text; text += n ? n : 1) {
		const unsigned char c = (unsigned char)*text;
		n = base_utf8_length(text, BASE_UTF8_LONGEST);
		if (n == 0 && any_bytes)
			fputc(c, f);
		else if (n == 0)
			fputs("\\ufffd", f);
		else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			fprintf(f, "\\u%04x", c);
		else
			fwrite(text, 1, n, f);
	}
	fputc('"', f);
}

static void start_line(struct pv_json_writer *w)
{
	fputc('\n', w->file);
	for (int i = 0; i < w->depth; i++)
		fputs(w->level[i].layout == PV_JSON_LINES ? "  " : "", w->file);
}

/* All that stands before a value. */
static void start_value(struct pv_json_writer *w, const char *key)
{
	assert(w->depth == 0 || w->level[w->depth - 1].array == !key);
	if (w->depth) {
		const bool lines = w->level[w->depth - 1].layout == PV_JSON_LINES, begun = w->level[w->depth - 1].begun;
		fputs(!begun ? "" : lines ? "," : ", ", w->file);
		w->level[w->depth - 1].begun = true;
		if (lines)
			start_line(w);
	}
	if (key) {
		put_text(w->file, key, w->any_bytes);
		fputs(": ", w->file);
	}
}

static void begin(struct pv_json_writer *w, const char *key, bool array, enum pv_json_layout layout)
{
	assert(w->depth < PV_JSON_DEPTH);
	start_value(w, key);
	fputc(array ? '[' : '{', w->file);
	w->level[w->depth].array = array;
	w->level[w->depth].layout = layout;
	w->level[w->depth].begun = false;
	w->depth++;
}

void pv_json_begin_object(struct pv_json_writer *w, const char *key, enum pv_json_layout layout)
{
	begin(w, key, false, layout);
}

void pv_json_begin_array(struct pv_json_writer *w, const char *key, enum pv_json_layout layout)
{
	begin(w, key, true, layout);
}

void pv_json_end(struct pv_json_writer *w)
{
	assert(w->depth > 0);
	w->depth--;
	if (w->level[w->depth].layout == PV_JSON_LINES && w->level[w->depth].begun)
		start_line(w);
	fputc(w->level[w->depth].array ? ']' : '}', w->file);
	if (w->depth == 0)
		fputc('\n', w->file);
}

void pv_json_write_text(struct pv_json_writer *w, const char *key, const char *text)
{
	start_value(w, key);
	if (text)
		put_text(w->file, text, w->any_bytes);
	else
		fputs("null", w->file);
}

void pv_json_write_number(struct pv_json_writer *w, const char *key, double value, int digits)
{
	start_value(w, key);
	if (isfinite(value))
		fprintf(w->file, "%.*g", digits, value);
	else
		fputs("null", w->file);
}

void pv_json_write_count(struct pv_json_writer *w, const char *key, uint64_t value)
{
	start_value(w, key);
	fprintf(w->file, "%llu", (unsigned long long)value);
}

void pv_json_write_flag(struct pv_json_writer *w, const char *key, bool value)
{
	start_value(w, key);
	fputs(value ? "true" : "false", w->file);
}

void pv_json_write_literal(struct pv_json_writer *w, const char *key, const char *json)
{
	start_value(w, key);
	fputs(json, w->file);
}

void pv_json_write_null(struct pv_json_writer *w, const char *key)
{
	start_value(w, key);
	fputs("null", w->file);
}
