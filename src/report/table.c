/*
 * table.c - the table of a report, made cell by cell
 */
#include "report/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"

/* Takes over the text. */
static void append(struct report_table *t, double value, char *text)
{
	if (text && base_array_grow(&t->cells, &t->capacity, t->n + 1, sizeof *t->cells, "cells", NULL) == PV_OK) {
		t->cells[t->n++] = (struct pv_cell){text, value};
	} else {
		t->failed = true;
		free(text);
	}
}

/* malloc'd; NULL when memory is out. */
static char *printed(const char *fmt, va_list ap)
{
	char *text;
	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

void report_table_add(struct report_table *t, double value, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	append(t, value, printed(fmt, ap));
	va_end(ap);
}

void report_table_fact(struct report_table *t, const char *name, const char *fmt, ...)
{
	va_list ap;
	report_table_add(t, NAN, "%s", name);
	va_start(ap, fmt);
	append(t, NAN, printed(fmt, ap));
	va_end(ap);
}

void report_table_time(struct report_table *t, double ns)
{
	if (isnan(ns))
		report_table_add(t, NAN, "-");
	else
		report_table_add(t, ns, "%.4g", ns * 1e-3);
}

void report_table_percent(struct report_table *t, double fraction, bool sign)
{
	if (isnan(fraction))
		report_table_add(t, NAN, "-");
	else
		report_table_add(t, fraction, sign ? "%+.1f" : "%.1f", 100 * fraction);
}

void report_table_number(struct report_table *t, double x)
{
	if (isnan(x))
		report_table_add(t, NAN, "-");
	else
		report_table_add(t, x, "%.3f", x);
}

enum pv_status report_table_put(struct report_table *t, struct pv_report *report, const char *caption, const char *const *columns,
                                int n_columns, struct pv_error *err)
{
	enum pv_status status = PV_OK;
	if (t->failed)
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory for a table");
	else
		status = pv_report_table(report, caption, columns, n_columns, t->cells, t->n / (size_t)n_columns, err);
	report_table_release(t);
	return status;
}

void report_table_release(struct report_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free((char *)t->cells[i].text);
	free(t->cells);
	*t = (struct report_table){0};
}
