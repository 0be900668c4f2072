/*
 * ras.c - return-address stack: calls push, returns pop; deeper nesting than entries loses the oldest
 */
#include "sim/bp/target.h"

#include <stdlib.h>

enum pv_status bp_ras_init(struct bp_ras *ras, uint32_t n_entries, struct pv_error *err)
{
	FAIL_IF(n_entries == 0, err, PV_ERR_RANGE, "return-address stack: at least one entry is needed");
	*ras = (struct bp_ras){.n_entries = n_entries, .entries = calloc(n_entries, sizeof *ras->entries)};
	FAIL_IF(ras->entries == NULL, err, PV_ERR_NOMEM, "no memory for a return-address stack of %u entries", n_entries);
	return PV_OK;
}

void bp_ras_release(struct bp_ras *ras)
{
	free(ras->entries);
	ras->entries = NULL;
}

void bp_ras_push(struct bp_ras *ras, uint64_t return_pc)
{
	ras->top = ras->top + 1 == ras->n_entries ? 0 : ras->top + 1;
	ras->entries[ras->top] = return_pc;
	if (ras->n_used < ras->n_entries)
		ras->n_used++;
}

uint64_t bp_ras_pop(struct bp_ras *ras)
{
	if (ras->n_used == 0)
		return 0;
	uint64_t pc = ras->entries[ras->top];
	ras->top = ras->top == 0 ? ras->n_entries - 1 : ras->top - 1;
	ras->n_used--;
	return pc;
}
