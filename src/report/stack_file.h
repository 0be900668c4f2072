/*
 * stack_file.h - CPI stacks as `perfvec simulate --cpi-stacks --stats json` prints them
 */
#ifndef PV_REPORT_STACK_FILE_H
#define PV_REPORT_STACK_FILE_H

#include <stddef.h>

#include <perfvec/cpi_stack.h>

#include "base/error.h"
#include "base/json.h"

/* One program on one machine. Names are owned by the document. */
struct pv_stack {
	const char *program, *machine;
	double cpi[PV_N_CPI_COMPONENTS]; /* cycles per instruction, in the order of cpi_stack.def */
};

struct pv_stacks {
	struct pv_json *doc;
	struct pv_stack *items; /* (n) */
	size_t n;
};

/*
 * pv_stacks_read - take the stacks out of a document
 *
 * @name  stands for the file in messages
 * @doc   taken over, on failure too
 *
 * Returns: PV_OK; PV_ERR_FORMAT (not such a document; a run without a stack), PV_ERR_NOMEM
 */
enum pv_status pv_stacks_read(const char *name, struct pv_json *doc, struct pv_stacks *stacks, struct pv_error *err);

/* pv_stacks_release - a zero struct is allowed */
void pv_stacks_release(struct pv_stacks *stacks);

/* pv_stack_component - name of a component, in words */
const char *pv_stack_component(int component);

#endif
