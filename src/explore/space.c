/*
 * space.c - base machine and axes
 *
 * Values of an axis are written with units as formulas have them: "NAME - (VALUE)" is parsed as a formula, which is a straight line in the
 * parameter, and the parameter's value is where it crosses zero.
 */
#include "explore/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/yaml.h"

enum { MAX_TEXT = 512 };

enum pv_status pv_space_new(const struct pv_uarch *base, struct pv_space **space, struct pv_error *err)
{
	struct pv_space *s = calloc(1, sizeof *s);
	FAIL_IF(!s, err, PV_ERR_NOMEM, "out of memory for a design space");
	const enum pv_status status = pv_uarch_copy(base, &s->base, err);
	if (status == PV_OK)
		*space = s;
	else
		free(s);
	return status;
}

void pv_space_free(struct pv_space *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->n_axes; i++)
		free(s->axes[i].values);
	pv_uarch_free(s->base);
	free(s);
}

/* ---- names ------------------------------------------------------------------------------------------------------------------------- */

/* The parameter that a name stands for in formulas. */
static enum pv_status find_param(const char *name, const struct uarch_param **param, struct pv_error *err)
{
	struct pv_formula *f;
	size_t n;
	const struct pv_formula_variable *variables = pv_machine_variables(&n);
	if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") != strlen(name) || !*name)
		return base_error_set(err, PV_ERR_FORMAT, "axis '%.100s': a parameter's name is expected before the '='", name);
	TRY(pv_machine_formula("axis", name, &f, err));
	*param = NULL;
	for (size_t i = PV_MACHINE_PARAMETERS; i < n; i++)
		if (pv_formula_uses(f, i))
			*param = uarch_param_find(variables[i].name);
	pv_formula_free(f);
	FAIL_IF(!*param, err, PV_ERR_MISSING, "axis '%.100s': that is no parameter of a machine", name);
	return PV_OK;
}

static enum pv_status check_param(const struct pv_space *s, const struct explore_axis *axis, const struct uarch_param *p,
                                  struct pv_error *err)
{
	FAIL_IF(!p->modelled, err, PV_ERR_UNSUPPORTED, "axis '%s': the simulator does not use this parameter", p->name);
	FAIL_IF(!uarch_param_there(s->base, p), err, PV_ERR_UNSUPPORTED, "axis '%s': the base machine '%s' has no such thing", p->name,
	        s->base->name);
	FAIL_IF(axis->n_params == EXPLORE_AXIS_MAX_PARAMS, err, PV_ERR_RANGE, "axis '%s': more than %d parameters", p->name,
	        EXPLORE_AXIS_MAX_PARAMS);
	bool twice = false;
	for (int i = 0; i <= s->n_axes && i < PV_SPACE_MAX_AXES; i++)
		for (int k = 0; k < s->axes[i].n_params; k++)
			twice = twice || s->axes[i].params[k] == p;
	FAIL_IF(twice, err, PV_ERR_ARG, "axis '%s': the parameter varies already", p->name);
	return PV_OK;
}

/* "A+B+C": all of them; first receives A as it was written. */
static enum pv_status parse_names(struct pv_space *s, struct explore_axis *axis, char *names, struct pv_error *err)
{
	for (char *rest = names, *name; (name = strsep(&rest, "+"));) {
		const struct uarch_param *p;
		TRY(find_param(name, &p, err));
		TRY(check_param(s, axis, p, err));
		FAIL_IF(axis->n_params && p->type != axis->params[0]->type, err, PV_ERR_ARG, "axis '%s': %s is of another type", p->name,
		        axis->params[0]->name);
		axis->params[axis->n_params++] = p;
	}
	return PV_OK;
}

/* ---- values ------------------------------------------------------------------------------------------------------------------------ */

/* One value with its unit, for a parameter that was written as `name`. */
static enum pv_status parse_number(const struct uarch_param *p, const char *name, const char *text, double *value, struct pv_error *err)
{
	char formula[MAX_TEXT];
	struct pv_formula *f;
	size_t n;
	const struct pv_formula_variable *variables = pv_machine_variables(&n);
	/* A comparison is refused where the units are of different kinds, and a difference is not. */
	snprintf(formula, sizeof formula, "%s < (%s)", name, text);
	enum pv_status status = pv_machine_formula("axis", formula, &f, NULL);
	if (status == PV_OK)
		pv_formula_free(f);
	snprintf(formula, sizeof formula, "%s - (%s)", name, text);
	if (status == PV_OK)
		status = pv_machine_formula("axis", formula, &f, NULL);
	double *values = calloc(n, sizeof *values);
	if (status != PV_OK || !values) {
		pv_formula_free(status == PV_OK ? f : NULL);
		free(values);
		return base_error_set(err, values ? PV_ERR_FORMAT : PV_ERR_NOMEM, "axis '%s': '%.60s' is no value of it", p->name, text);
	}
	bool other = false;
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		const bool own = !strcmp(variables[i].name, p->name);
		other = other || (!own && pv_formula_uses(f, i));
		at = own ? i : at;
	}
	const double zero = pv_formula_value(f, values);
	values[at] = 1;
	*value = -zero / (pv_formula_value(f, values) - zero);
	pv_formula_free(f);
	free(values);
	FAIL_IF(other || !isfinite(*value), err, PV_ERR_FORMAT, "axis '%s': '%.60s' is no value of it", p->name, text);
	return PV_OK;
}

static enum pv_status add_value(struct explore_axis *axis, double value, struct pv_error *err)
{
	const struct uarch_param *p = axis->params[0];
	FAIL_IF(axis->n_values == PV_SPACE_MAX_VALUES, err, PV_ERR_RANGE, "axis '%s' has more than %d values", p->name,
	        PV_SPACE_MAX_VALUES);
	const double whole = nearbyint(value);
	for (int i = 0; i < axis->n_params; i++) {
		const struct uarch_param *q = axis->params[i];
		FAIL_IF(fabs(value - whole) > 1e-6 * fabs(value) || whole < q->min || whole > q->max, err, PV_ERR_RANGE,
		        "axis '%s': %.10g is out of bounds; allowed is %d to %d%s%s, whole numbers", q->name, value, q->min, q->max,
		        *q->unit ? " " : "", q->unit);
		FAIL_IF(q->type == UARCH_PARAM_POW2 && ((int32_t)whole & ((int32_t)whole - 1)), err, PV_ERR_RANGE,
		        "axis '%s': %.0f is not a power of two", q->name, whole);
	}
	for (int i = 0; i < axis->n_values; i++)
		FAIL_IF(axis->values[i] == (int32_t)whole, err, PV_ERR_ARG, "axis '%s': %.0f is given twice", p->name, whole);
	axis->values[axis->n_values++] = (int32_t)whole;
	return PV_OK;
}

/* "A..B", "A..B/STEP", "A..B*FACTOR"; the text is cut up. */
static enum pv_status add_range(struct explore_axis *axis, const char *name, char *text, struct pv_error *err)
{
	const struct uarch_param *p = axis->params[0];
	char *dots = strstr(text, ".."), *last = dots + 2, *operator= strpbrk(last, "/*");
	const char kind = operator? *operator: !strcmp(p->unit, "bytes") || p->type == UARCH_PARAM_POW2 ? '*' : '/';
	double from, to, step = kind == '*' ? 2 : 1;
	*dots = 0;
	if (operator) {
		char *end;
		*operator= 0;
		step = strtod(operator+ 1, &end);
		if (kind == '/') /* in the parameter's unit, and with units of its own */
			TRY(parse_number(p, name, operator+ 1, &step, err));
		else if (*end || end == operator+ 1)
			step = 0;
	}
	TRY(parse_number(p, name, text, &from, err));
	TRY(parse_number(p, name, last, &to, err));
	FAIL_IF(!(kind == '*' ? step > 1 && from > 0 : step > 0), err, PV_ERR_FORMAT, "axis '%s': no step leads from %s to %s", p->name,
	        text, last);
	FAIL_IF(from > to, err, PV_ERR_ARG, "axis '%s': %s is above %s: there is no value", p->name, text, last);
	for (double v = from; v <= to * (1 + 1e-9); v = kind == '*' ? v * step : v + step)
		TRY(add_value(axis, kind == '*' ? nearbyint(v) : v, err));
	return PV_OK;
}

static enum pv_status add_name(struct explore_axis *axis, const char *text, struct pv_error *err)
{
	const struct uarch_param *p = axis->params[0];
	if (!strcmp(text, "*")) {
		for (int32_t v = 0; v <= p->max; v++)
			TRY(add_value(axis, v, err));
		return PV_OK;
	}
	struct pv_uarch any;
	uarch_defaults(&any, UARCH_CORE_OOO);
	TRY(uarch_param_parse(&any, p, text, false, err));
	return add_value(axis, uarch_param_int(&any, p), err);
}

static enum pv_status parse_values(struct explore_axis *axis, const char *name, char *values, struct pv_error *err)
{
	const enum uarch_param_type type = axis->params[0]->type;
	for (char *rest = values, *text; (text = strsep(&rest, ","));) {
		text += strspn(text, " ");
		for (size_t n = strlen(text); n && text[n - 1] == ' ';)
			text[--n] = 0;
		FAIL_IF(!*text, err, PV_ERR_ARG, "axis '%s': a value is missing", axis->params[0]->name);
		double value;
		if (type == UARCH_PARAM_BOOL || type == UARCH_PARAM_ENUM) {
			TRY(add_name(axis, text, err));
		} else if (strstr(text, "..")) {
			TRY(add_range(axis, name, text, err));
		} else {
			TRY(parse_number(axis->params[0], name, text, &value, err));
			TRY(add_value(axis, value, err));
		}
	}
	return PV_OK;
}

/* The part before the '=' may name several parameters; values are in the unit that the first is written in. */
static enum pv_status parse_axis(struct pv_space *s, struct explore_axis *axis, char *copy, struct pv_error *err)
{
	char *values = strchr(copy, '=');
	FAIL_IF(!values, err, PV_ERR_FORMAT, "axis '%.100s': NAME=VALUES is expected", copy);
	*values++ = 0;
	char first[MAX_TEXT];
	snprintf(first, sizeof first, "%.*s", (int)strcspn(copy, "+"), copy);
	TRY(parse_names(s, axis, copy, err));
	return parse_values(axis, first, values, err);
}

enum pv_status pv_space_add_axis(struct pv_space *s, const char *text, struct pv_error *err)
{
	FAIL_IF(s->n_axes == PV_SPACE_MAX_AXES, err, PV_ERR_RANGE, "a space has %d axes at most", PV_SPACE_MAX_AXES);
	FAIL_IF(strlen(text) > 100000, err, PV_ERR_RANGE, "the axis is too long");
	struct explore_axis *axis = &s->axes[s->n_axes];
	char *copy = strdup(text);
	*axis = (struct explore_axis){.values = calloc(PV_SPACE_MAX_VALUES, sizeof *axis->values)};
	const enum pv_status status =
	    copy && axis->values ? parse_axis(s, axis, copy, err) : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	free(copy);
	if (status == PV_OK) {
		s->n_axes++;
		return PV_OK;
	}
	free(axis->values);
	*axis = (struct explore_axis){0};
	return status;
}

/* ---- files ------------------------------------------------------------------------------------------------------------------------- */

/* An axis of a file as pv_space_add_axis takes it: lists are joined. */
static enum pv_status axis_text(const struct base_yaml_node *node, char *text, size_t n_bytes, struct pv_error *err)
{
	const char *value;
	size_t used = (size_t)snprintf(text, n_bytes, "%s=", node->key->text);
	if (node->kind == BASE_YAML_SCALAR)
		used += (size_t)snprintf(text + used, used < n_bytes ? n_bytes - used : 0, "%s", node->text);
	FAIL_IF(node->kind == BASE_YAML_MAP, err, PV_ERR_FORMAT, "a list of values is expected, or a range");
	for (const struct base_yaml_node *item = node->first; item && used < n_bytes; item = item->next) {
		TRY(base_yaml_string(item, &value, err));
		used += (size_t)snprintf(text + used, n_bytes - used, "%s%s", item == node->first ? "" : ",", value);
	}
	FAIL_IF(used >= n_bytes, err, PV_ERR_RANGE, "the axis is too long");
	return PV_OK;
}

static enum pv_status read_space(const struct base_yaml *doc, struct pv_space **space, struct pv_error *err)
{
	static const char *const known[] = {"base", "axes"};
	const struct base_yaml_node *root = base_yaml_root(doc), *axes;
	const char *base;
	char *text = malloc(100000);
	struct pv_uarch *u = NULL;
	enum pv_status status = text ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK)
		status = base_yaml_check_keys(root, known, 2, err);
	if (status == PV_OK)
		status = base_yaml_get_string(root, "base", &base, err);
	if (status == PV_OK)
		status = base_yaml_get_map(root, "axes", &axes, err);
	if (status == PV_OK)
		status = pv_uarch_load(base, &u, err);
	if (status == PV_OK)
		status = pv_space_new(u, space, err);
	for (const struct base_yaml_node *a = status == PV_OK ? axes->first : NULL; a && status == PV_OK; a = a->next) {
		status = axis_text(a, text, 100000, err);
		if (status == PV_OK)
			status = pv_space_add_axis(*space, text, err);
		if (status != PV_OK)
			base_error_prefix(err, "%s:%u:%u", base_yaml_name(doc), a->key->line, a->key->column);
	}
	pv_uarch_free(u);
	free(text);
	return status;
}

static enum pv_status space_of(struct base_yaml *doc, struct pv_space **space, struct pv_error *err)
{
	struct pv_space *s = NULL;
	const enum pv_status status = read_space(doc, &s, err);
	base_yaml_free(doc);
	if (status != PV_OK) {
		pv_space_free(s);
		return status;
	}
	*space = s;
	return PV_OK;
}

enum pv_status pv_space_load(const char *path, struct pv_space **space, struct pv_error *err)
{
	struct base_yaml *doc;
	TRY(base_yaml_load(path, &doc, err));
	return space_of(doc, space, err);
}

enum pv_status pv_space_parse(const char *file_name, const void *text, size_t n_bytes, struct pv_space **space, struct pv_error *err)
{
	struct base_yaml *doc;
	TRY(base_yaml_parse(file_name, text, n_bytes, &doc, err));
	return space_of(doc, space, err);
}

/* ---- designs ----------------------------------------------------------------------------------------------------------------------- */

const struct pv_uarch *pv_space_base(const struct pv_space *s)
{
	return s->base;
}

int pv_space_n_axes(const struct pv_space *s)
{
	return s->n_axes;
}

const char *pv_space_axis(const struct pv_space *s, int axis, int *n_values)
{
	if (n_values)
		*n_values = s->axes[axis].n_values;
	return s->axes[axis].params[0]->name;
}

void pv_space_value(const struct pv_space *s, int axis, int choice, char *text, size_t n_bytes)
{
	struct pv_uarch u = *s->base;
	const struct uarch_param *p = s->axes[axis].params[0];
	uarch_param_put(&u, p, s->axes[axis].values[choice]);
	uarch_param_format(&u, p, " ", text, n_bytes);
}

double pv_space_size(const struct pv_space *s)
{
	double size = 1;
	for (int i = 0; i < s->n_axes; i++)
		size *= s->axes[i].n_values;
	return size;
}

void explore_space_fill(const struct pv_space *s, const int *choices, struct pv_uarch *u)
{
	*u = *s->base;
	for (int i = 0; i < s->n_axes; i++)
		for (int k = 0; k < s->axes[i].n_params; k++)
			uarch_param_put(u, s->axes[i].params[k], s->axes[i].values[choices[i]]);
}

/* "timing-3-0": the base and its choices; digits alone where that is too long for a name. */
static void name_design(const struct pv_space *s, const int *choices, struct pv_uarch *u)
{
	char name[PV_SPACE_MAX_AXES * 6 + UARCH_NAME_BYTES];
	size_t used = (size_t)snprintf(name, sizeof name, "%s", s->base->name);
	for (int i = 0; i < s->n_axes; i++)
		used += (size_t)snprintf(name + used, sizeof name - used, "-%d", choices[i]);
	if (used >= UARCH_NAME_BYTES) {
		const uint64_t h = base_hash_text(BASE_HASH_START, name);
		snprintf(name, sizeof name, "design-%016llx", (unsigned long long)h);
	}
	snprintf(u->name, sizeof u->name, "%.*s", UARCH_NAME_BYTES - 1, name);
	snprintf(u->origin, sizeof u->origin, "a design of a space around %s", s->base->name);
}

enum pv_status pv_space_uarch(const struct pv_space *s, const int *choices, struct pv_uarch **uarch, struct pv_error *err)
{
	struct pv_uarch *u;
	TRY(pv_uarch_copy(s->base, &u, err));
	explore_space_fill(s, choices, u);
	name_design(s, choices, u);
	const enum pv_status status = pv_uarch_check(u, err);
	if (status != PV_OK) {
		pv_uarch_free(u);
		return status;
	}
	*uarch = u;
	return PV_OK;
}
