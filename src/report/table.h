/*
 * table.h - the table of a report, made cell by cell
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include <perfvec/report.h>

/* Cells row by row; zero: empty. A cell that could not be added shows when the table is put into the report. */
struct report_table {
	struct pv_cell *cells; /* (n) texts are owned */
	size_t n, capacity;
	bool failed;
};

/* report_table_add - append a cell; value NAN: it is text, and its column is sorted by that */
void report_table_add(struct report_table *table, double value, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* report_table_time, report_table_percent, report_table_number - a time in microseconds, a fraction in percent (with its sign, if asked
 * for), a number with three digits; "-" for NAN */
void report_table_time(struct report_table *table, double ns);
void report_table_percent(struct report_table *table, double fraction, bool sign);
void report_table_number(struct report_table *table, double x);

/* report_table_fact - two cells: a property and its value as text */
void report_table_fact(struct report_table *table, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * report_table_put - the table into a report; releases the table, whatever happens
 *
 * @columns  (n_columns) headings
 *
 * Returns: PV_OK; PV_ERR_NOMEM, also when a cell could not be added
 */
enum pv_status report_table_put(struct report_table *table, struct pv_report *report, const char *caption, const char *const *columns,
                                int n_columns, struct pv_error *err);

/* report_table_release - without putting it anywhere */
void report_table_release(struct report_table *table);

#endif
