/*
 * csv.h - comma-separated values, written and read as RFC 4180 has them
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* Writing a field: pv_csv_text of <perfvec/text.h>. */

/* A table read whole. Lines without any character are left out; lines may have different numbers of fields. */
struct base_csv {
	char *text;    /* what the fields point into */
	char **fields; /* (n_fields), of one line after the other */
	size_t n_fields, fields_capacity;
	size_t *ends; /* (n_lines): where the fields of a line end */
	size_t n_lines, lines_capacity;
};

/*
 * base_csv_parse - read a table
 *
 * Fields may be quoted, and then have commas, line ends and doubled quotes in them. Blanks around a field are dropped, those inside quotes
 * stay. A byte order mark is passed over.
 *
 * @name  stands for the file in messages
 * @text  (n_bytes), not kept
 * @csv   filled; base_csv_release it, on failure too
 *
 * Returns: PV_OK; PV_ERR_FORMAT ("NAME:LINE: ..."; a quote without an end, text behind a quote, a NUL); PV_ERR_NOMEM
 */
enum pv_status base_csv_parse(const char *name, const char *text, size_t n_bytes, struct base_csv *csv, struct pv_error *err);

/* base_csv_load - the same from a file; PV_ERR_MISSING, PV_ERR_IO */
enum pv_status base_csv_load(const char *path, struct base_csv *csv, struct pv_error *err);

/* base_csv_field - field i of a line; NULL when the line is shorter */
const char *base_csv_field(const struct base_csv *csv, size_t line, size_t i);

/* base_csv_release - free what it holds */
void base_csv_release(struct base_csv *csv);

#endif
