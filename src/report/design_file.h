/*
 * design_file.h - what `perfvec dse --json` prints
 */
#ifndef REPORT_DESIGN_FILE_H
#define REPORT_DESIGN_FILE_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

enum { REPORT_DESIGN_AXES = 64 };

/* The value of one parameter in a design: a number, or a name. */
struct report_design_value {
	double number;    /* NAN: it is a name */
	const char *name; /* NULL: it is a number */
};

/* Designs that were looked at for some programs. Names are owned by the document. */
struct report_designs {
	const char *programs;               /* in words */
	size_t n;                           /* designs */
	int n_axes;                         /* parameters, at most REPORT_DESIGN_AXES */
	int n_objectives;                   /* 1 or 2 */
	const char *formulas[2];            /* of the objectives; NULL: not known */
	const char **axes;                  /* (n_axes) names of parameters */
	struct report_design_value *values; /* (n, REPORT_DESIGN_AXES), the first n_axes of each */
	double *objectives;                 /* (n, 2) */
	double *time_ns;                    /* (n) */
	double *cpi;                        /* (n) NAN: not known */
};

/* All explorations of a file. */
struct report_design_file {
	struct base_json *doc;
	struct report_designs *items; /* (n) */
	size_t n;
};

/*
 * report_design_file_read - take the explorations out of a document
 *
 * @name  stands for the file in messages
 * @doc   taken over, on failure too
 *
 * Returns: PV_OK; PV_ERR_FORMAT (not such a document; no design; designs with different parameters), PV_ERR_NOMEM
 */
enum pv_status report_design_file_read(const char *name, struct base_json *doc, struct report_design_file *file, struct pv_error *err);

/* report_design_file_release - a zero struct is allowed */
void report_design_file_release(struct report_design_file *file);

#endif
