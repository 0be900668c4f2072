/*
 * params.c - the parameter table, and reading and printing one value of it
 */
#include "uarch/params.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/yaml.h"
#include "uarch/enum_names.h"

/* ---- the table --------------------------------------------------------------------------------------------------------------------- */

#define TYPE(tag) static const struct uarch_enum_value tag##_values[] = {
#define VALUE(tag, constant, text, meaning, instead) [constant] = {text, meaning, instead},
#define TYPE_END(tag)            \
	{                        \
		NULL, NULL, NULL \
	}                        \
	}                        \
	;
#include "uarch/enums.def"
#undef TYPE
#undef VALUE
#undef TYPE_END

static const struct uarch_enum_value dram_type_values[] = {
#define D(name, ...) {#name, "", ""},
#include "uarch/dram_types.def"
#undef D
    {NULL, NULL, NULL}};

#define OOO UARCH_KIND_OOO
#define INORDER UARCH_KIND_INORDER
#define BOTH UARCH_KIND_BOTH

#define ROW(kind_, group_, name_, unit_, min_, max_, default_, axis_, kinds_, modelled_, meaning_, source_, values_) \
	{.type = kind_,                                                                                              \
	 .name = #group_ "." #name_,                                                                                 \
	 .group = #group_,                                                                                           \
	 .key = #name_,                                                                                              \
	 .unit = unit_,                                                                                              \
	 .min = min_,                                                                                                \
	 .max = max_,                                                                                                \
	 .value = {default_, default_},                                                                              \
	 .axis = {axis_, axis_},                                                                                     \
	 .kinds = kinds_,                                                                                            \
	 .modelled = modelled_,                                                                                      \
	 .meaning = meaning_,                                                                                        \
	 .source = source_,                                                                                          \
	 .offset = offsetof(struct pv_uarch, group_.name_),                                                          \
	 .values = values_},
#define INT(g, n, unit, min, max, def, axis, kinds, modelled, meaning, source) \
	ROW(UARCH_PARAM_INT, g, n, unit, min, max, def, axis, kinds, modelled, meaning, source, NULL)
#define POW2(g, n, unit, min, max, def, axis, kinds, modelled, meaning, source) \
	ROW(UARCH_PARAM_POW2, g, n, unit, min, max, def, axis, kinds, modelled, meaning, source, NULL)
#define BOOL(g, n, def, axis, kinds, modelled, meaning, source) \
	ROW(UARCH_PARAM_BOOL, g, n, "", 0, 1, def, axis, kinds, modelled, meaning, source, NULL)
#define ENUM(g, n, tag, def, axis, kinds, modelled, meaning, source)                                                                       \
	ROW(UARCH_PARAM_ENUM, g, n, "", 0, (int32_t)(sizeof tag##_values / sizeof *tag##_values) - 2, def, axis, kinds, modelled, meaning, \
	    source, tag##_values)
#define CINT INT
#define CBOOL BOOL
#define CENUM ENUM
#define POOL(pool, n_ooo, n_inorder, axis_ooo, axis_inorder, ops_ooo, ops_inorder, modelled_, meaning_) \
	{.type = UARCH_PARAM_INT,                                                                       \
	 .name = "units." #pool ".count",                                                               \
	 .group = "units",                                                                              \
	 .key = #pool,                                                                                  \
	 .sub = "count",                                                                                \
	 .unit = "",                                                                                    \
	 .min = 0,                                                                                      \
	 .max = 32,                                                                                     \
	 .value = {n_ooo, n_inorder},                                                                   \
	 .axis = {axis_ooo, axis_inorder},                                                              \
	 .kinds = BOTH,                                                                                 \
	 .modelled = modelled_,                                                                         \
	 .meaning = meaning_,                                                                           \
	 .source = "fu",                                                                                \
	 .offset = offsetof(struct pv_uarch, units.count) + UARCH_POOL_##pool * sizeof(int32_t)},       \
	    {.type = UARCH_PARAM_OPS,                                                                   \
	     .name = "units." #pool ".ops",                                                             \
	     .group = "units",                                                                          \
	     .key = #pool,                                                                              \
	     .sub = "ops",                                                                              \
	     .unit = "",                                                                                \
	     .ops = {ops_ooo, ops_inorder},                                                             \
	     .axis = {"", ""},                                                                          \
	     .kinds = BOTH,                                                                             \
	     .modelled = modelled_,                                                                     \
	     .meaning = "operation classes that these units execute",                                   \
	     .source = "fu",                                                                            \
	     .offset = offsetof(struct pv_uarch, units.ops) + UARCH_POOL_##pool * sizeof(uint64_t)},
#define OP_ROW(op, what, max_, def_ooo, def_inorder, modelled_, meaning_)                                                          \
	{                                                                                                                          \
		.type = UARCH_PARAM_INT, .name = "operations." #op "." what "_cycles", .group = "operations", .key = #op,          \
		.sub = what "_cycles", .unit = "cycles", .min = 1, .max = max_, .value = {def_ooo, def_inorder}, .axis = {"", ""}, \
		.kinds = BOTH, .modelled = modelled_, .meaning = meaning_, .source = "fu"
#define OP(op, latency, interval, latency_inorder, interval_inorder, modelled)                                                           \
	OP_ROW(op, "latency", 1000, latency, latency_inorder, modelled, "from issue until dependents can use the result"),               \
	    .offset = offsetof(struct pv_uarch, operations.latency_cycles) + PV_OP_##op * sizeof(int32_t)                                \
	}                                                                                                                                \
	, OP_ROW(op, "interval", 1000, interval, interval_inorder, modelled, "until the unit takes the next operation; 1 is pipelined"), \
	    .offset = offsetof(struct pv_uarch, operations.interval_cycles) + PV_OP_##op * sizeof(int32_t)                               \
	}                                                                                                                                \
	,

const struct uarch_param uarch_params[] = {
#include "uarch/params.def"
};
const size_t uarch_n_params = sizeof uarch_params / sizeof *uarch_params;

#define GROUP(name, kinds, meaning) {#name, meaning, kinds},
#define OWN_GROUP GROUP
const struct uarch_param_group uarch_param_groups[] = {
#include "uarch/params.def"
    {NULL, NULL, 0}};

/* ---- looking up -------------------------------------------------------------------------------------------------------------------- */

const struct uarch_param *uarch_param_find(const char *name)
{
	for (size_t i = 0; i < uarch_n_params; i++)
		if (!strcmp(uarch_params[i].name, name))
			return &uarch_params[i];
	return NULL;
}

const char *uarch_param_gone(const char *name)
{
	static const struct {
		const char *name, *why;
	} gone[] = {
#define GONE(group, key, why) {#group "." #key, why},
#include "uarch/params.def"
	};
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		if (!strcmp(gone[i].name, name))
			return gone[i].why;
	return NULL;
}

int32_t uarch_param_int(const struct pv_uarch *u, const struct uarch_param *p)
{
	int32_t value;
	memcpy(&value, (const char *)u + p->offset, sizeof value);
	return value;
}

void uarch_param_put(struct pv_uarch *u, const struct uarch_param *p, int32_t value)
{
	memcpy((char *)u + p->offset, &value, sizeof value);
}

bool uarch_param_there(const struct pv_uarch *u, const struct uarch_param *p)
{
	if (!(p->kinds & 1u << u->core.kind))
		return false;
	const struct uarch_cache *cache = !strcmp(p->group, "l2") ? &u->l2 : !strcmp(p->group, "l3") ? &u->l3 : NULL;
	return !cache || cache->present || !strcmp(p->key, "present");
}

uint64_t uarch_param_ops(const struct pv_uarch *u, const struct uarch_param *p)
{
	uint64_t ops;
	memcpy(&ops, (const char *)u + p->offset, sizeof ops);
	return ops;
}

void uarch_param_put_ops(struct pv_uarch *u, const struct uarch_param *p, uint64_t ops)
{
	memcpy((char *)u + p->offset, &ops, sizeof ops);
}

int32_t uarch_param_enum_value(const struct uarch_param *p, const char *name)
{
	for (int32_t i = 0; p->values[i].name; i++)
		if (!strcmp(p->values[i].name, name))
			return i;
	return -1;
}

size_t pv_uarch_param_count(void)
{
	return uarch_n_params;
}

static const char *enum_names(const struct uarch_enum_value *values)
{
#define TYPE(tag)                   \
	if (values == tag##_values) \
		return tag##_names;
#define VALUE(...)
#define TYPE_END(tag)
#include "uarch/enums.def"
#undef TYPE
#undef VALUE
#undef TYPE_END
	return values == dram_type_values ? dram_type_names : "";
}

struct pv_uarch_param pv_uarch_param_info(size_t i)
{
	static const char *const types[] = {"whole number", "power of two", "flag", "name", "operation classes"};
	const struct uarch_param *p = &uarch_params[i];
	return (struct pv_uarch_param){.name = p->name,
	                               .type = types[p->type],
	                               .unit = p->unit,
	                               .min = p->min,
	                               .max = p->max,
	                               .names = enum_names(p->values),
	                               .ooo = p->kinds & UARCH_KIND_OOO,
	                               .inorder = p->kinds & UARCH_KIND_INORDER,
	                               .modelled = p->modelled,
	                               .axis = {p->axis[0], p->axis[1]},
	                               .meaning = p->meaning,
	                               .source = p->source};
}

const char *pv_uarch_group_meaning(const char *group)
{
	for (const struct uarch_param_group *g = uarch_param_groups; g->name; g++)
		if (!strcmp(g->name, group))
			return g->meaning;
	return NULL;
}

/* ---- reading one value ------------------------------------------------------------------------------------------------------------- */

/* Units that people write behind a number, and how many of the parameter's unit they are; 0: a frequency, for a period. */
static const struct {
	const char *suffix, *unit;
	double scale;
} unit_suffixes[] = {
    {"B", "bytes", 1},       {"kB", "bytes", 1024},  {"KB", "bytes", 1024},    {"k", "bytes", 1024},    {"K", "bytes", 1024},
    {"KiB", "bytes", 1024},  {"kiB", "bytes", 1024}, {"MB", "bytes", 1048576}, {"M", "bytes", 1048576}, {"MiB", "bytes", 1048576},
    {"ps", "ps", 1},         {"ns", "ps", 1e3},      {"us", "ps", 1e6},        {"GHz", "ps", 0},        {"MHz", "ps", 0},
    {"cycles", "cycles", 1}, {"cycle", "cycles", 1}, {"bits", "bits", 1},      {"bytes", "bytes", 1},
};

/* "32kB": say that the unit belongs to the name, and what to write. False when the text is not a number and a known unit. */
static bool is_wrong_unit(const struct uarch_param *p, const char *text, struct pv_error *err)
{
	char *end;
	double number = strtod(text, &end);
	if (end == text || number < 0 || number > 1e15)
		return false;
	while (*end == ' ')
		end++;
	for (size_t i = 0; i < sizeof unit_suffixes / sizeof *unit_suffixes; i++) {
		if (strcmp(end, unit_suffixes[i].suffix))
			continue;
		if (!*p->unit)
			base_error_set(err, PV_ERR_FORMAT, "%s: wrong unit: '%s'; it takes a plain number", p->name, text);
		else
			base_error_set(err, PV_ERR_FORMAT, "%s: wrong unit: '%s'; it takes a plain number of %s", p->name, text, p->unit);
		double scale = unit_suffixes[i].scale;
		double same = scale > 0 ? number * scale : number > 0 ? (*end == 'G' ? 1e3 : 1e6) / number : 0;
		if (!strcmp(p->unit, unit_suffixes[i].unit) && same > 0)
			base_error_hint(err, "write %.0f", same);
		return true;
	}
	return false;
}

static enum pv_status out_of_bounds(const struct uarch_param *p, const char *text, struct pv_error *err)
{
	const char *space = *p->unit ? " " : "";
	return base_error_set(err, PV_ERR_RANGE, "%s: %s is out of bounds; allowed is %d to %d%s%s", p->name, text, p->min, p->max, space,
	                      p->unit);
}

static enum pv_status parse_int(const struct uarch_param *p, const char *text, bool quoted, int32_t *value, struct pv_error *err)
{
	char *end;
	errno = 0;
	long v = strtol(text, &end, 10);
	if (quoted || *end || end == text || !(isdigit((unsigned char)*text) || *text == '-')) {
		if (!quoted && is_wrong_unit(p, text, err))
			return PV_ERR_FORMAT;
		return base_error_set(err, PV_ERR_FORMAT, "%s: needs a whole number%s%s, not '%s'%s", p->name, *p->unit ? " of " : "",
		                      p->unit, text, quoted ? " in quotes" : "");
	}
	if (errno || v < p->min || v > p->max)
		return out_of_bounds(p, text, err);
	if (p->type == UARCH_PARAM_POW2 && (v & (v - 1)))
		return base_error_set(err, PV_ERR_RANGE, "%s: %s is not a power of two", p->name, text);
	*value = (int32_t)v;
	return PV_OK;
}

static enum pv_status parse_bool(const struct uarch_param *p, const char *text, bool quoted, int32_t *value, struct pv_error *err)
{
	bool is_true = !strcmp(text, "true");
	FAIL_IF(quoted || (!is_true && strcmp(text, "false")), err, PV_ERR_FORMAT, "%s: needs true or false, not '%s'%s", p->name, text,
	        quoted ? " in quotes" : "");
	*value = is_true;
	return PV_OK;
}

static enum pv_status parse_enum(const struct uarch_param *p, const char *text, int32_t *value, struct pv_error *err)
{
	int32_t v = uarch_param_enum_value(p, text);
	if (v >= 0) {
		*value = v;
		return PV_OK;
	}
	const char *names[64];
	size_t n = 0;
	while (p->values[n].name && n < 64) {
		names[n] = p->values[n].name;
		n++;
	}
	base_error_set(err, PV_ERR_FORMAT, "%s: no '%s'; allowed is one of: %s", p->name, text, enum_names(p->values));
	if (err) {
		size_t length = strlen(err->message);
		if (length && err->message[length - 1] == ' ')
			err->message[length - 1] = '\0';
	}
	base_text_suggest(text, names, n, err);
	return PV_ERR_FORMAT;
}

static int op_class_by_name(const char *name, size_t n)
{
	for (unsigned c = 0; c < PV_N_OP_CLASSES; c++) {
		const char *known = pv_op_class_name(c);
		if (strlen(known) == n && !memcmp(known, name, n))
			return (int)c;
	}
	return -1;
}

static enum pv_status parse_ops(const struct uarch_param *p, const char *text, uint64_t *ops, struct pv_error *err)
{
	uint64_t mask = 0;
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, " ");
		int c = op_class_by_name(at, n);
		if (n && c <= 0) {
			char name[64];
			snprintf(name, sizeof name, "%.*s", (int)(n < 63 ? n : 63), at);
			const char *names[PV_N_OP_CLASSES];
			for (unsigned i = 0; i < PV_N_OP_CLASSES; i++)
				names[i] = pv_op_class_name(i);
			base_error_set(err, PV_ERR_FORMAT, "%s: no operation class '%s'", p->name, name);
			base_text_suggest(name, names + 1, PV_N_OP_CLASSES - 1, err);
			return PV_ERR_FORMAT;
		}
		if (n && mask & 1ull << c)
			return base_error_set(err, PV_ERR_FORMAT, "%s: operation class '%s' twice", p->name, pv_op_class_name((unsigned)c));
		if (n)
			mask |= 1ull << c;
		at += n + (at[n] == ' ');
	}
	*ops = mask;
	return PV_OK;
}

_Static_assert(PV_N_OP_CLASSES <= 64, "operation classes are bits of a uint64_t");

enum pv_status uarch_param_parse(struct pv_uarch *u, const struct uarch_param *p, const char *text, bool quoted, struct pv_error *err)
{
	int32_t value = 0;
	uint64_t ops = 0;
	switch (p->type) {
	case UARCH_PARAM_INT:
	case UARCH_PARAM_POW2: TRY(parse_int(p, text, quoted, &value, err)); break;
	case UARCH_PARAM_BOOL: TRY(parse_bool(p, text, quoted, &value, err)); break;
	case UARCH_PARAM_ENUM: TRY(parse_enum(p, text, &value, err)); break;
	case UARCH_PARAM_OPS:
		TRY(parse_ops(p, text, &ops, err));
		uarch_param_put_ops(u, p, ops);
		return PV_OK;
	}
	uarch_param_put(u, p, value);
	return PV_OK;
}

/* ---- printing one value ------------------------------------------------------------------------------------------------------------ */

static void format_ops(uint64_t ops, const char *separator, char *text, size_t n_bytes)
{
	size_t used = 0;
	text[0] = '\0';
	for (unsigned c = 0; c < PV_N_OP_CLASSES && used < n_bytes; c++)
		if (ops & 1ull << c)
			used += (size_t)snprintf(text + used, n_bytes - used, "%s%s", used ? separator : "", pv_op_class_name(c));
}

void uarch_param_format(const struct pv_uarch *u, const struct uarch_param *p, const char *separator, char *text, size_t n_bytes)
{
	switch (p->type) {
	case UARCH_PARAM_INT:
	case UARCH_PARAM_POW2: snprintf(text, n_bytes, "%d", uarch_param_int(u, p)); break;
	case UARCH_PARAM_BOOL: snprintf(text, n_bytes, "%s", uarch_param_int(u, p) ? "true" : "false"); break;
	case UARCH_PARAM_ENUM: {
		int32_t v = uarch_param_int(u, p);
		snprintf(text, n_bytes, "%s", v >= 0 && v <= p->max ? p->values[v].name : "?");
		break;
	}
	case UARCH_PARAM_OPS: format_ops(uarch_param_ops(u, p), separator, text, n_bytes); break;
	}
}

const char *uarch_param_instead(const struct pv_uarch *u, const struct uarch_param *p)
{
	if (!p->modelled)
		return "not modelled yet";
	int32_t v = p->type == UARCH_PARAM_ENUM ? uarch_param_int(u, p) : -1;
	return v >= 0 && v <= p->max ? p->values[v].instead : "";
}
