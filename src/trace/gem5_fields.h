/*
 * gem5_fields.h - the numbers of one line of a gem5 trace, and what is said about a bad one
 *
 * One line is about 150 bytes of small decimal numbers, so the time of reading a trace goes into this scanner: it works on a whole line in
 * a large buffer, and a bad field is only remembered; the line is judged once, at its end.
 */
#ifndef TRACE_GEM5_FIELDS_H
#define TRACE_GEM5_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "trace/text_lines.h"

enum trace_fields_fault { TRACE_FIELD_NONE, TRACE_FIELD_MISSING, TRACE_FIELD_NO_NUMBER, TRACE_FIELD_RANGE, TRACE_FIELD_OTHER };

/* A line being read. The first thing wrong is kept and reported at the line's end. */
struct trace_fields {
	const char *at, *end;
	int number;    /* fields taken */
	int operation; /* number of the op class field; 0 before it is known */
	int bad;       /* number of the first bad field; 0 none */
	enum trace_fields_fault fault;
	const char *bad_at, *why; /* why: TRACE_FIELD_OTHER only */
	int64_t min;
	uint64_t max;
};

/*
 * trace_fields_blame - remember what is wrong with the field taken last, unless an earlier one is wrong
 *
 * @at        where it begins
 * @min, @max what it should have been between
 * @why       TRACE_FIELD_OTHER: what is wrong, following its name in the message; else NULL
 */
void trace_fields_blame(struct trace_fields *f, enum trace_fields_fault fault, const char *at, int64_t min, uint64_t max, const char *why)
    __attribute__((cold));

/* trace_fields_name - what the bad field is; its number counts differently when store latencies come before the operation class */
const char *trace_fields_name(const struct trace_fields *f);

/* trace_fields_error - PV_ERR_FORMAT with file, line and field */
enum pv_status trace_fields_error(const struct trace_text_lines *l, const struct trace_fields *f, struct pv_error *err)
    __attribute__((cold));

/* trace_fields_judge - PV_OK when no field so far is bad */
static inline enum pv_status trace_fields_judge(const struct trace_text_lines *l, const struct trace_fields *f, struct pv_error *err)
{
	return f->bad ? trace_fields_error(l, f, err) : PV_OK;
}

/*
 * trace_fields_end_line - judge a line whose fields have all been taken
 *
 * Returns: PV_OK; PV_ERR_FORMAT, also for a last line without an end: digits of its last number may be missing
 */
enum pv_status trace_fields_end_line(const struct trace_text_lines *l, const struct trace_fields *f, struct pv_error *err);

/* The scanner. Each function takes the next field; one that is bad is remembered, and some number is returned. */

static inline bool trace_fields_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static inline void trace_fields_skip_blanks(struct trace_fields *f)
{
	while (f->at < f->end && trace_fields_is_blank(*f->at))
		f->at++;
}

/* trace_fields_done - whether nothing but blanks is left */
static inline bool trace_fields_done(struct trace_fields *f)
{
	trace_fields_skip_blanks(f);
	return f->at == f->end;
}

/* Digits up to the next blank. first: where the field begins, sign included. */
static inline uint64_t trace_fields_digits(struct trace_fields *f, const char *first, int64_t min, uint64_t max)
{
	const char *from = f->at;
	uint64_t v = 0;
	unsigned d;
	while (f->at < f->end && (d = (unsigned)(*f->at - '0')) <= 9) {
		v = v * 10 + d;
		f->at++;
	}
	size_t n = (size_t)(f->at - from);
	if (n == 0 && f->at == f->end && from == first)
		trace_fields_blame(f, TRACE_FIELD_MISSING, first, min, max, NULL);
	else if (n == 0 || (f->at < f->end && !trace_fields_is_blank(*f->at)))
		trace_fields_blame(f, TRACE_FIELD_NO_NUMBER, first, min, max, NULL);
	else if (n > 20 || v > max || (n == 20 && (from[0] > '1' || v < 10000000000000000000u)))
		trace_fields_blame(f, TRACE_FIELD_RANGE, first, min, max, NULL);
	return v;
}

/* trace_fields_number - the next field, a whole number up to max */
static inline uint64_t trace_fields_number(struct trace_fields *f, uint64_t max)
{
	trace_fields_skip_blanks(f);
	f->number++;
	return trace_fields_digits(f, f->at, 0, max);
}

/* trace_fields_number_or_minus_1 - the same, or -1 */
static inline int64_t trace_fields_number_or_minus_1(struct trace_fields *f, int64_t max)
{
	trace_fields_skip_blanks(f);
	f->number++;
	const char *first = f->at;
	if (f->at == f->end || *f->at != '-')
		return (int64_t)trace_fields_digits(f, first, -1, (uint64_t)max);
	f->at++;
	if (trace_fields_digits(f, first, -1, (uint64_t)max) != 1)
		trace_fields_blame(f, TRACE_FIELD_RANGE, first, -1, (uint64_t)max, NULL);
	return -1;
}

/* trace_fields_flag - bit when the next field is 1, 0 when it is 0 */
static inline uint32_t trace_fields_flag(struct trace_fields *f, uint32_t bit)
{
	return trace_fields_number(f, 1) ? bit : 0;
}

/* trace_fields_unused - pass over any number, with or without a sign */
static inline void trace_fields_unused(struct trace_fields *f)
{
	trace_fields_skip_blanks(f);
	f->number++;
	const char *first = f->at;
	if (f->at < f->end && *f->at == '-')
		f->at++;
	trace_fields_digits(f, first, INT64_MIN, UINT64_MAX);
}

#endif
