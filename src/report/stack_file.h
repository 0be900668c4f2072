/*
 * stack_file.h - CPI stacks as `perfvec simulate --cpi-stacks --stats json` prints them
 */
#ifndef REPORT_STACK_FILE_H
#define REPORT_STACK_FILE_H

#include <stddef.h>

#include <perfvec/cpi_stack.h>

#include "base/error.h"
#include "base/json.h"

/* One program on one machine. Names are owned by the document. */
struct report_stack {
	const char *program, *machine;
	double cpi[PV_N_CPI_COMPONENTS]; /* cycles per instruction, in the order of cpi_stack.def */
};

struct report_stacks {
	struct base_json *doc;
	struct report_stack *items; /* (n) */
	size_t n;
};

/*
 * report_stacks_read - take the stacks out of a document
 *
 * @name  stands for the file in messages
 * @doc   taken over, on failure too
 *
 * Returns: PV_OK; PV_ERR_FORMAT (not such a document; a run without a stack), PV_ERR_NOMEM
 */
enum pv_status report_stacks_read(const char *name, struct base_json *doc, struct report_stacks *stacks, struct pv_error *err);

/* report_stacks_release - a zero struct is allowed */
void report_stacks_release(struct report_stacks *stacks);

/* report_stack_component - name of a component, in words */
const char *report_stack_component(int component);

#endif
