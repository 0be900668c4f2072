/*
 * design_file.c - what `perfvec dse --json` prints
 *
 * A list of explorations, each with designs: {"programs": TEXT, "objectives": [FORMULA, ...], "designs": [{"parameters": {NAME: VALUE,
 * ...}, "predicted_ns": T, "cpi": C, "objectives": [X] or [X, Y]}, ...]}. All designs of an exploration have the same parameters, in one
 * order.
 */
#include "report/design_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where reading is, for messages. */
struct place {
	const char *name;
	size_t item, design; /* from 0 */
};

static enum pv_status refuse(const struct place *at, struct pv_error *err, const char *what)
{
	base_error_set(err, PV_ERR_FORMAT, "%s: exploration %zu, design %zu: %s", at->name, at->item + 1, at->design + 1, what);
	return base_error_hint(err, "design spaces are what 'perfvec dse --json' prints");
}

/* ---- one design ---- */

/* Parameters of a design, one after the other. */
struct parameters {
	struct report_designs *d;
	size_t design;
	int n;    /* so far */
	bool bad; /* another name, or a value that is none */
};

static bool take_parameter(void *user, const char *key, const struct base_json_value *value)
{
	struct parameters *p = user;
	struct report_designs *d = p->d;
	if (p->design == 0 && p->n < REPORT_DESIGN_AXES)
		d->axes[d->n_axes++] = key;
	p->bad = p->bad || p->n >= d->n_axes || strcmp(key, d->axes[p->n]) != 0;
	if (p->bad)
		return false;
	struct report_design_value *to = &d->values[p->design * REPORT_DESIGN_AXES + (size_t)p->n++];
	*to = (struct report_design_value){NAN, base_json_text(value)};
	bool flag;
	if (base_json_flag(value, &flag))
		to->name = flag ? "true" : "false";
	p->bad = !to->name && (!base_json_number(value, &to->number) || !isfinite(to->number));
	return !p->bad;
}

static enum pv_status read_design(struct place *at, const struct base_json_value *design, struct report_designs *d, struct pv_error *err)
{
	struct parameters p = {.d = d, .design = at->design};
	const struct base_json_value *objectives = base_json_get(design, "objectives");
	base_json_each(base_json_get(design, "parameters"), take_parameter, &p);
	if (p.bad || !p.n || p.n != d->n_axes)
		return refuse(at, err, "its parameters are not those of the first design, or have no values");
	d->time_ns[at->design] = d->cpi[at->design] = NAN;
	base_json_number(base_json_get(design, "predicted_ns"), &d->time_ns[at->design]);
	base_json_number(base_json_get(design, "cpi"), &d->cpi[at->design]);
	if (at->design == 0)
		d->n_objectives = base_json_count(objectives) > 1 ? 2 : 1;
	if (base_json_count(objectives) != (size_t)d->n_objectives)
		return refuse(at, err, "it has not as many objectives as the first design");
	for (int o = 0; o < d->n_objectives; o++)
		if (!base_json_number(base_json_item(objectives, (size_t)o), &d->objectives[2 * at->design + (size_t)o]))
			return refuse(at, err, "an objective is not a number");
	return PV_OK;
}

/* ---- explorations ---- */

static enum pv_status read_designs(struct place *at, const struct base_json_value *item, struct report_designs *d, struct pv_error *err)
{
	const struct base_json_value *designs = base_json_get(item, "designs");
	const size_t n = base_json_is_array(designs) ? base_json_count(designs) : 0;
	at->design = 0;
	d->programs = base_json_text(base_json_get(item, "programs"));
	for (size_t o = 0; o < 2; o++)
		d->formulas[o] = base_json_text(base_json_item(base_json_get(item, "objectives"), o));
	if (!n || !d->programs)
		return refuse(at, err, "there are no designs or no programs");
	d->axes = calloc(REPORT_DESIGN_AXES, sizeof *d->axes);
	d->values = calloc(n * REPORT_DESIGN_AXES, sizeof *d->values);
	d->objectives = calloc(2 * n, sizeof *d->objectives);
	d->time_ns = calloc(n, sizeof *d->time_ns);
	d->cpi = calloc(n, sizeof *d->cpi);
	FAIL_IF(!d->axes || !d->values || !d->objectives || !d->time_ns || !d->cpi, err, PV_ERR_NOMEM, "out of memory for %zu designs", n);
	for (; at->design < n; at->design++, d->n++)
		TRY(read_design(at, base_json_item(designs, at->design), d, err));
	return PV_OK;
}

enum pv_status report_design_file_read(const char *name, struct base_json *doc, struct report_design_file *file, struct pv_error *err)
{
	const struct base_json_value *root = base_json_root(doc);
	const size_t n = base_json_is_array(root) ? base_json_count(root) : 0;
	struct place at = {.name = name};
	enum pv_status status = PV_OK;
	*file = (struct report_design_file){.doc = doc};
	if (!n)
		status = refuse(&at, err, "there is none");
	else if (!(file->items = calloc(n, sizeof *file->items)))
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	for (; at.item < n && status == PV_OK; at.item++)
		status = read_designs(&at, base_json_item(root, at.item), &file->items[file->n++], err);
	if (status != PV_OK)
		report_design_file_release(file);
	return status;
}

void report_design_file_release(struct report_design_file *file)
{
	for (size_t i = 0; i < file->n; i++) {
		free(file->items[i].axes);
		free(file->items[i].values);
		free(file->items[i].objectives);
		free(file->items[i].time_ns);
		free(file->items[i].cpi);
	}
	free(file->items);
	base_json_free(file->doc);
	*file = (struct report_design_file){0};
}
