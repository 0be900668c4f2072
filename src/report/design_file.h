/*
 * design_file.h - what `perfvec dse --json` prints
 */
#ifndef PV_REPORT_DESIGN_FILE_H
#define PV_REPORT_DESIGN_FILE_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

enum { PV_DESIGN_AXES = 64 };

/* The value of one parameter in a design: a number, or a name. */
struct pv_design_value {
	double number;    /* NAN: it is a name */
	const char *name; /* NULL: it is a number */
};

/* Designs that were looked at for some programs. Names are owned by the document. */
struct pv_designs {
	const char *programs;           /* in words */
	size_t n;                       /* designs */
	int n_axes;                     /* parameters, at most PV_DESIGN_AXES */
	int n_objectives;               /* 1 or 2 */
	const char *formulas[2];        /* of the objectives; NULL: not known */
	const char **axes;              /* (n_axes) names of parameters */
	struct pv_design_value *values; /* (n, PV_DESIGN_AXES), the first n_axes of each */
	double *objectives;             /* (n, 2) */
	double *time_ns;                /* (n) */
	double *cpi;                    /* (n) NAN: not known */
};

/* All explorations of a file. */
struct pv_design_file {
	struct pv_json *doc;
	struct pv_designs *items; /* (n) */
	size_t n;
};

/*
 * pv_design_file_read - take the explorations out of a document
 *
 * @name  stands for the file in messages
 * @doc   taken over, on failure too
 *
 * Returns: PV_OK; PV_ERR_FORMAT (not such a document; no design; designs with different parameters), PV_ERR_NOMEM
 */
enum pv_status pv_design_file_read(const char *name, struct pv_json *doc, struct pv_design_file *file, struct pv_error *err);

/* pv_design_file_release - a zero struct is allowed */
void pv_design_file_release(struct pv_design_file *file);

#endif
