/*
 * stack_file.c - CPI stacks as `perfvec simulate --cpi-stacks --stats json` prints them
 */
#include "report/stack_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[PV_N_CPI_COMPONENTS] = {
#define X(name, meaning) #name,
#include <perfvec/cpi_stack.def>
#undef X
};

const char *report_stack_component(int component)
{
	return names[component];
}

static enum pv_status refuse(const char *name, struct pv_error *err, const char *fmt, size_t i)
{
	base_error_set(err, PV_ERR_FORMAT, "%s: ", name);
	if (err)
		snprintf(err->message + strlen(err->message), sizeof err->message - strlen(err->message), fmt, i);
	return base_error_hint(err, "CPI stacks are what 'perfvec simulate --cpi-stacks --stats json' prints");
}

static enum pv_status read_run(const char *name, const struct base_json_value *run, size_t i, struct report_stack *s, struct pv_error *err)
{
	s->program = base_json_text(base_json_get(run, "program"));
	s->machine = base_json_text(base_json_get(run, "machine"));
	if (!s->program || !s->machine)
		return refuse(name, err, "run %zu names no program and machine", i + 1);
	for (int c = 0; c < PV_N_CPI_COMPONENTS; c++) {
		char key[64];
		snprintf(key, sizeof key, "cpi_%s", names[c]);
		s->cpi[c] = NAN;
		if (!base_json_number(base_json_get(run, key), &s->cpi[c]) || !(s->cpi[c] >= 0))
			return refuse(name, err, "run %zu has no CPI stack", i + 1);
	}
	return PV_OK;
}

enum pv_status report_stacks_read(const char *name, struct base_json *doc, struct report_stacks *stacks, struct pv_error *err)
{
	const struct base_json_value *runs = base_json_get(base_json_root(doc), "runs");
	const size_t n = base_json_is_array(runs) ? base_json_count(runs) : 0;
	*stacks = (struct report_stacks){.doc = doc};
	enum pv_status status = PV_OK;
	if (!n)
		status = refuse(name, err, "there are no runs in it", 0);
	else if (!(stacks->items = calloc(n, sizeof *stacks->items)))
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n && status == PV_OK; i++, stacks->n++)
		status = read_run(name, base_json_item(runs, i), i, &stacks->items[i], err);
	if (status != PV_OK)
		report_stacks_release(stacks);
	return status;
}

void report_stacks_release(struct report_stacks *stacks)
{
	base_json_free(stacks->doc);
	free(stacks->items);
	*stacks = (struct report_stacks){0};
}
