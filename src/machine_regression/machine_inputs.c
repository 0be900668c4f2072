/*
 * machine_inputs.c - machines as numbers
 */
#include "machine_regression/machine_inputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "uarch/params.h"

/* What stands for a memory type. */
static const char *const memory_figures[] = {"access_ps", "burst_ps", "peak_mb_per_s"};
enum { N_MEMORY_FIGURES = sizeof memory_figures / sizeof *memory_figures };

static const char memory_type[] = "memory.type";

static bool is_memory_type(const struct uarch_param *p)
{
	return !strcmp(p->name, memory_type);
}

static double memory_figure(int32_t type, int32_t which)
{
	const struct uarch_dram *d = uarch_dram_lookup(type);
	return which == 0 ? d->trcd_ps + d->tcl_ps : which == 1 ? d->tburst_ps : d->peak_mb_per_s;
}

/* NAN when the machine has no such thing. */
static double raw_value(const struct regression_machine_input *c, const struct pv_uarch *u)
{
	const struct uarch_param *p = c->param;
	if (!uarch_param_there(u, p))
		return NAN;
	const int32_t v = uarch_param_int(u, p);
	if (is_memory_type(p))
		return log2(memory_figure(v, c->value));
	if (p->type == UARCH_PARAM_ENUM)
		return v == c->value;
	return p->type == UARCH_PARAM_BOOL ? v : log2((double)v + (p->min <= 0));
}

static double value(const struct regression_machine_input *c, const struct pv_uarch *u)
{
	const double v = raw_value(c, u);
	return isnan(v) ? 0 : (v - c->mean) / c->deviation;
}

/* Mean and deviation over the machines that have it; false when all have the same. */
static bool normalise(struct regression_machine_input *c, const struct pv_uarch *const *machines, int n)
{
	double sum = 0, squares = 0, least = INFINITY, most = -INFINITY;
	int count = 0;
	for (int i = 0; i < n; i++) {
		const double v = raw_value(c, machines[i]);
		if (isnan(v))
			continue;
		sum += v;
		least = fmin(least, v);
		most = fmax(most, v);
		count++;
	}
	if (!count || least == most)
		return false;
	c->mean = sum / count;
	for (int i = 0; i < n; i++) {
		const double v = raw_value(c, machines[i]);
		squares += isnan(v) ? 0 : (v - c->mean) * (v - c->mean);
	}
	c->deviation = sqrt(squares / count);
	return true;
}

static bool equal_columns(const struct regression_machine_input *a, const struct regression_machine_input *b,
                          const struct pv_uarch *const *machines, int n)
{
	for (int i = 0; i < n; i++)
		if (fabs(value(a, machines[i]) - value(b, machines[i])) > 1e-9)
			return false;
	return true;
}

/* Takes a column in when it tells machines apart. */
static void try_column(struct regression_machine_inputs *in, struct regression_machine_input c, const struct pv_uarch *const *machines,
                       int n)
{
	if (!normalise(&c, machines, n))
		return;
	c.same_as = -1;
	for (int i = 0; i < in->n && c.same_as < 0; i++)
		if (in->columns[i].same_as < 0 && equal_columns(&in->columns[i], &c, machines, n))
			c.same_as = i;
	in->d += c.same_as < 0;
	in->columns[in->n++] = c;
}

static void try_param(struct regression_machine_inputs *in, const struct uarch_param *p, const struct pv_uarch *const *machines, int n)
{
	struct regression_machine_input c = {.param = p, .value = -1};
	if (is_memory_type(p)) {
		for (c.value = 0; c.value < N_MEMORY_FIGURES; c.value++) {
			snprintf(c.name, sizeof c.name, "%s.%s", p->name, memory_figures[c.value]);
			try_column(in, c, machines, n);
		}
	} else if (p->type == UARCH_PARAM_ENUM) {
		/* Of two names one column says all; more of them have one each. */
		for (c.value = p->max > 1 ? 0 : 1; c.value <= p->max; c.value++) {
			snprintf(c.name, sizeof c.name, "%s=%s", p->name, p->values[c.value].name);
			try_column(in, c, machines, n);
		}
	} else {
		snprintf(c.name, sizeof c.name, "%s", p->name);
		try_column(in, c, machines, n);
	}
}

static bool is_asked_for(const char *name, const char *const *parameters, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(parameters[i], name))
			return true;
	return !n;
}

static bool differs(const struct uarch_param *p, const struct pv_uarch *a, const struct pv_uarch *b)
{
	if (p->type == UARCH_PARAM_OPS)
		return uarch_param_ops(a, p) != uarch_param_ops(b, p);
	return uarch_param_int(a, p) != uarch_param_int(b, p);
}

/* Whether a parameter differs between the machines that have it. Unmodelled ones change no time. */
static bool varies(const struct uarch_param *p, const struct pv_uarch *const *machines, int n)
{
	const struct pv_uarch *first = NULL;
	for (int i = 0; i < n; i++) {
		if (!uarch_param_there(machines[i], p))
			continue;
		if (first && differs(p, first, machines[i]))
			return true;
		first = first ? first : machines[i];
	}
	return false;
}

static enum pv_status check_parameters(const char *const *parameters, int n, struct pv_error *err)
{
	struct pv_uarch u;
	char text[1024];
	uarch_defaults(&u, UARCH_CORE_OOO);
	for (int i = 0; i < n; i++) {
		TRY(pv_uarch_get_param(&u, parameters[i], text, sizeof text, err));
		FAIL_IF(uarch_param_find(parameters[i])->type == UARCH_PARAM_OPS, err, PV_ERR_ARG,
		        "%s is a set of operation classes, which no net learns from", parameters[i]);
	}
	return PV_OK;
}

static bool keep_bases(struct regression_machine_inputs *in, const struct pv_uarch *const *machines, int n)
{
	const struct pv_uarch *of[2] = {NULL, NULL};
	for (int i = 0; i < n; i++) {
		const struct pv_uarch **kind = &of[machines[i]->core.kind == UARCH_CORE_INORDER];
		if (!*kind || (!(*kind)->l2.present && machines[i]->l2.present))
			*kind = machines[i];
	}
	for (int k = 0; k < 2; k++)
		if (of[k] && pv_uarch_copy(of[k], &in->base[k], NULL) != PV_OK)
			return false;
	return true;
}

enum pv_status regression_machine_inputs_init(const struct pv_uarch *const *machines, int n, const char *const *parameters,
                                              int n_parameters, struct regression_machine_inputs *in, struct pv_error *err)
{
	size_t most = 0;
	*in = (struct regression_machine_inputs){0};
	TRY(check_parameters(parameters, n_parameters, err));
	for (size_t i = 0; i < uarch_n_params; i++)
		most += uarch_params[i].type == UARCH_PARAM_ENUM ? (size_t)uarch_params[i].max + 1 + N_MEMORY_FIGURES : 1;
	in->columns = calloc(most, sizeof *in->columns);
	in->free = calloc(uarch_n_params, sizeof *in->free);
	if (!in->columns || !in->free || !keep_bases(in, machines, n)) {
		regression_machine_inputs_release(in);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < uarch_n_params; i++) {
		const struct uarch_param *p = &uarch_params[i];
		if (!p->modelled || !varies(p, machines, n))
			continue;
		if (p->type != UARCH_PARAM_OPS && is_asked_for(p->name, parameters, n_parameters))
			try_param(in, p, machines, n);
		else
			in->free[in->n_free++] = p;
	}
	if (!in->d) {
		regression_machine_inputs_release(in);
		return base_error_set(err, PV_ERR_ARG, "no parameter tells the machines apart: they are all the same%s",
		                      n_parameters ? " in those asked for" : "");
	}
	return PV_OK;
}

void regression_machine_inputs_release(struct regression_machine_inputs *in)
{
	free(in->columns);
	free(in->free);
	pv_uarch_free(in->base[0]);
	pv_uarch_free(in->base[1]);
	*in = (struct regression_machine_inputs){0};
}

enum pv_status regression_machine_inputs_column(struct regression_machine_input *c, struct pv_error *err)
{
	const char *equals = strchr(c->name, '=');
	char name[sizeof c->name];
	snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - c->name) : (int)strlen(c->name), c->name);
	for (int i = 0; i < N_MEMORY_FIGURES; i++) {
		char figure[64];
		snprintf(figure, sizeof figure, "%s.%s", memory_type, memory_figures[i]);
		if (!strcmp(figure, name)) {
			c->param = uarch_param_find(memory_type);
			c->value = i;
			return PV_OK;
		}
	}
	c->param = uarch_param_find(name);
	c->value = -1;
	FAIL_IF(!c->param || c->param->type == UARCH_PARAM_OPS || (c->param->type == UARCH_PARAM_ENUM) != (equals != NULL), err,
	        PV_ERR_FORMAT, "'%.80s' is no machine parameter", c->name);
	if (equals)
		c->value = uarch_param_enum_value(c->param, equals + 1);
	FAIL_IF(equals && c->value < 0, err, PV_ERR_FORMAT, "'%.80s' is no machine parameter", c->name);
	return PV_OK;
}

void regression_machine_inputs_get(const struct regression_machine_inputs *in, const struct pv_uarch *u, double *x)
{
	for (int i = 0, j = 0; i < in->n; i++)
		if (in->columns[i].same_as < 0)
			x[j++] = value(&in->columns[i], u);
}

static bool is_column(const struct regression_machine_inputs *in, const struct uarch_param *p)
{
	for (int i = 0; i < in->n; i++)
		if (in->columns[i].param == p)
			return true;
	for (int i = 0; i < in->n_free; i++)
		if (in->free[i] == p)
			return true;
	return false;
}

/* A name that none of the machines had: it has no column, or (among more than two) its column would never be set. */
static enum pv_status check_name(const struct regression_machine_inputs *in, const struct uarch_param *p, const struct pv_uarch *u,
                                 struct pv_error *err)
{
	char text[1024];
	const int32_t v = uarch_param_int(u, p);
	if (p->type != UARCH_PARAM_ENUM || p->max <= 1 || is_memory_type(p))
		return PV_OK;
	for (int i = 0; i < in->n; i++)
		if (in->columns[i].param == p && in->columns[i].value == v)
			return PV_OK;
	uarch_param_format(u, p, " ", text, sizeof text);
	return base_error_set(err, PV_ERR_UNSUPPORTED, "machine '%s': %s is %.40s, which no machine had that the net learnt from", u->name,
	                      p->name, text);
}

static enum pv_status check_param(const struct regression_machine_inputs *in, const struct uarch_param *p, const struct pv_uarch *u,
                                  const struct pv_uarch *base, struct pv_error *err)
{
	char have[1024], expected[1024];
	if (!p->modelled || !uarch_param_there(u, p))
		return PV_OK;
	if (is_column(in, p))
		return check_name(in, p, u, err);
	if (!uarch_param_there(base, p) || !differs(p, u, base))
		return PV_OK;
	uarch_param_format(u, p, " ", have, sizeof have);
	uarch_param_format(base, p, " ", expected, sizeof expected);
	base_error_set(err, PV_ERR_UNSUPPORTED, "machine '%s': %s is %.60s, but %.60s in all machines that the net learnt from", u->name,
	               p->name, have, expected);
	return base_error_hint(err,
	                       "time machines that differ in it, and fit the regression on them ('perfvec tune --machine-regression')");
}

enum pv_status regression_machine_inputs_check(const struct regression_machine_inputs *in, const struct pv_uarch *u, struct pv_error *err)
{
	/* A machine of a kind that there was none of is told so by core.kind, the first parameter of the table. */
	const struct pv_uarch *own = in->base[u->core.kind == UARCH_CORE_INORDER],
	                      *base = own ? own : in->base[u->core.kind != UARCH_CORE_INORDER];
	for (size_t i = 0; i < uarch_n_params; i++)
		TRY(check_param(in, &uarch_params[i], u, base, err));
	for (int i = 0; i < in->n; i++) {
		const struct regression_machine_input *c = &in->columns[i], *other = c->same_as < 0 ? NULL : &in->columns[c->same_as];
		if (!other || isnan(raw_value(c, u)) || isnan(raw_value(other, u)) || fabs(value(c, u) - value(other, u)) < 1e-6)
			continue;
		return base_error_set(err, PV_ERR_UNSUPPORTED,
		                      "machine '%s': %s does not go with %s as in all machines that the net learnt from", u->name, c->name,
		                      other->name);
	}
	return PV_OK;
}
