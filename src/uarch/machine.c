/*
 * machine.c - one machine: defaults, names, values as text, checks
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"
#include "uarch/params.h"

void uarch_defaults(struct pv_uarch *u, enum uarch_core_kind kind)
{
	memset(u, 0, sizeof *u);
	u->l1i.present = u->l1d.present = 1;
	u->operations.latency_cycles[PV_OP_No_OpClass] = u->operations.interval_cycles[PV_OP_No_OpClass] = 1;
	for (size_t i = 0; i < uarch_n_params; i++) {
		const struct uarch_param *p = &uarch_params[i];
		if (p->type == UARCH_PARAM_OPS)
			uarch_param_parse(u, p, p->ops[kind], false, NULL);
		else
			uarch_param_put(u, p, p->value[kind]);
	}
	u->core.kind = kind;
}

enum pv_status pv_uarch_copy(const struct pv_uarch *uarch, struct pv_uarch **copy, struct pv_error *err)
{
	struct pv_uarch *u = malloc(sizeof *u);
	FAIL_IF(!u, err, PV_ERR_NOMEM, "out of memory for machine '%s'", uarch->name);
	*u = *uarch;
	*copy = u;
	return PV_OK;
}

void pv_uarch_free(struct pv_uarch *uarch)
{
	free(uarch);
}

const char *pv_uarch_name(const struct pv_uarch *uarch)
{
	return uarch->name;
}

bool uarch_check_name(const char *name)
{
	if (!isalnum((unsigned char)name[0]) || strlen(name) >= UARCH_NAME_BYTES)
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.-", *c))
			return false;
	return true;
}

enum pv_status pv_uarch_rename(struct pv_uarch *uarch, const char *name, struct pv_error *err)
{
	FAIL_IF(!uarch_check_name(name), err, PV_ERR_ARG, "'%s' cannot name a machine; use 1 to %d letters, digits, '_', '.' and '-'", name,
	        UARCH_NAME_BYTES - 1);
	snprintf(uarch->name, sizeof uarch->name, "%s", name);
	return PV_OK;
}

bool pv_uarch_is_inorder(const struct pv_uarch *uarch)
{
	return uarch->core.kind == UARCH_CORE_INORDER;
}

double pv_uarch_clock_mhz(const struct pv_uarch *uarch)
{
	return 1e6 / uarch->core.period_ps;
}

static enum pv_status find_param(const char *name, const struct uarch_param **param, struct pv_error *err)
{
	*param = uarch_param_find(name);
	if (*param)
		return PV_OK;
	base_error_set(err, PV_ERR_MISSING, "no parameter '%s'", name);
	const char *gone = uarch_param_gone(name);
	if (gone) {
		base_error_hint(err, "it was one: %s", gone);
		return PV_ERR_MISSING;
	}
	const char **names = malloc(uarch_n_params * sizeof *names);
	for (size_t i = 0; names && i < uarch_n_params; i++)
		names[i] = uarch_params[i].name;
	base_text_suggest(name, names, names ? uarch_n_params : 0, err);
	free(names);
	return PV_ERR_MISSING;
}

enum pv_status pv_uarch_get_param(const struct pv_uarch *uarch, const char *param, char *text, size_t n_bytes, struct pv_error *err)
{
	const struct uarch_param *p;
	TRY(find_param(param, &p, err));
	uarch_param_format(uarch, p, " ", text, n_bytes);
	return PV_OK;
}

const char *pv_uarch_param_note(const struct pv_uarch *uarch, size_t i)
{
	return uarch_param_instead(uarch, &uarch_params[i]);
}

enum pv_status pv_uarch_set_param(struct pv_uarch *uarch, const char *param, const char *text, struct pv_error *err)
{
	const struct uarch_param *p;
	TRY(find_param(param, &p, err));
	return uarch_param_parse(uarch, p, text, false, err);
}

/* ---- checks ------------------------------------------------------------------------------------------------------------------------ */

/* What is checked, and where each parameter stands in a file. */
struct check {
	const struct pv_uarch *u;
	const struct base_yaml_node *const *nodes; /* NULL, or by index of the table */
	struct pv_error *err;
};

/*
 * Fail at a parameter that does not go with another one (NULL: none): "FILE:LINE:COLUMN: NAME: sentence", or "MACHINE: NAME: sentence" when
 * there is no file. The place is that of the other parameter when the file leaves the first to its base, and the file when it names
 * neither.
 */
#define FAIL(c, param, other, ...) return fail_at((c), (param), (other), base_error_set((c)->err, PV_ERR_RANGE, __VA_ARGS__))

static const struct base_yaml_node *node_of(const struct check *c, const char *param)
{
	const struct uarch_param *p = param ? uarch_param_find(param) : NULL;
	return p && c->nodes ? c->nodes[p - uarch_params] : NULL;
}

/* The file, or the machine where there is none. */
static const char *source_name(const struct check *c)
{
	for (size_t i = 0; c->nodes && i < uarch_n_params; i++)
		if (c->nodes[i])
			return base_yaml_name(c->nodes[i]->document);
	return *c->u->name ? c->u->name : "machine";
}

static enum pv_status fail_at(const struct check *c, const char *param, const char *other, enum pv_status status)
{
	const struct base_yaml_node *node = node_of(c, param);
	if (!node)
		node = node_of(c, other);
	base_error_prefix(c->err, "%s", param);
	if (node)
		base_error_prefix(c->err, "%s:%u:%u", base_yaml_name(node->document), node->line, node->column);
	else
		base_error_prefix(c->err, "%s", source_name(c));
	return status;
}

static enum pv_status check_bounds(const struct check *c)
{
	for (size_t i = 0; i < uarch_n_params; i++) {
		const struct uarch_param *p = &uarch_params[i];
		if (p->type == UARCH_PARAM_OPS)
			continue;
		int32_t v = uarch_param_int(c->u, p);
		if (v < p->min || v > p->max)
			FAIL(c, p->name, NULL, "%d is out of bounds; allowed is %d to %d", v, p->min, p->max);
		if (p->type == UARCH_PARAM_POW2 && (v & (v - 1)))
			FAIL(c, p->name, NULL, "%d is not a power of two", v);
	}
	return PV_OK;
}

static enum pv_status check_cache(const struct check *c, const struct uarch_cache *cache, const char *param, const char *assoc)
{
	int32_t way = cache->assoc * UARCH_LINE_BYTES;
	int32_t sets = cache->size_bytes / way;
	if (cache->present && (cache->size_bytes % way || sets & (sets - 1) || !sets))
		FAIL(c, param, assoc, "%d bytes are not a power-of-two number of sets of %d ways of %d bytes", cache->size_bytes,
		     cache->assoc, UARCH_LINE_BYTES);
	return PV_OK;
}

static enum pv_status check_tlb(const struct check *c, int32_t n, int32_t assoc, const char *param, const char *assoc_param)
{
	if (n > 0 && (n % assoc || n / assoc & (n / assoc - 1)))
		FAIL(c, param, assoc_param, "%d entries are not a power-of-two number of sets of %d ways", n, assoc);
	return PV_OK;
}

/* Every class that any program needs has a unit; other classes without one run unlimited, as in gem5. */
static enum pv_status check_units(const struct check *c)
{
	static const int needed[] = {PV_OP_IntAlu, PV_OP_MemRead, PV_OP_MemWrite};
	const struct uarch_units *units = &c->u->units;
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		bool found = false;
		for (int pool = 0; pool < UARCH_N_POOLS; pool++)
			found |= units->count[pool] && units->ops[pool] >> needed[i] & 1;
		const char *param = needed[i] == PV_OP_IntAlu    ? "units.int_alu.count"
		                    : needed[i] == PV_OP_MemRead ? "units.read.count"
		                                                 : "units.write.count";
		if (!found)
			FAIL(c, param, NULL, "no unit executes %s: every pool with this operation class has a count of 0",
			     pv_op_class_name((unsigned)needed[i]));
	}
	return PV_OK;
}

static enum pv_status check_operations(const struct check *c)
{
	for (unsigned op = 0; op < PV_N_OP_CLASSES; op++) {
		int32_t latency = c->u->operations.latency_cycles[op], interval = c->u->operations.interval_cycles[op];
		char param[64], other[64];
		snprintf(param, sizeof param, "operations.%s.interval_cycles", pv_op_class_name(op));
		snprintf(other, sizeof other, "operations.%s.latency_cycles", pv_op_class_name(op));
		if (interval > latency)
			FAIL(c, param, other, "%d is more than the latency, %d; allowed is 1 (pipelined) to the latency (not pipelined)",
			     interval, latency);
	}
	return PV_OK;
}

static enum pv_status check_ooo(const struct check *c)
{
	const struct pv_uarch *u = c->u;
	if (u->ooo.n_fetch_queue < u->ooo.fetch_width)
		FAIL(c, "ooo.n_fetch_queue", "ooo.fetch_width",
		     "%d cannot hold what fetch brings in a cycle; allowed is ooo.fetch_width (%d) or more", u->ooo.n_fetch_queue,
		     u->ooo.fetch_width);
	return PV_OK;
}

static enum pv_status check_inorder(const struct check *c)
{
	const struct pv_uarch *u = c->u;
	if (u->inorder.issue_limit > u->inorder.width)
		FAIL(c, "inorder.issue_limit", "inorder.width",
		     "%d is more than the core takes in a cycle; allowed is 1 to inorder.width (%d)", u->inorder.issue_limit,
		     u->inorder.width);
	if (u->inorder.n_stores_per_cycle > u->inorder.n_store_buffer)
		FAIL(c, "inorder.n_stores_per_cycle", "inorder.n_store_buffer", "%d is more than inorder.n_store_buffer (%d) holds",
		     u->inorder.n_stores_per_cycle, u->inorder.n_store_buffer);
	return PV_OK;
}

enum pv_status uarch_check_at(const struct pv_uarch *u, const struct base_yaml_node *const *nodes, struct pv_error *err)
{
	const struct check c = {u, nodes, err};
	TRY(check_bounds(&c));
	TRY(check_cache(&c, &u->l1i, "l1i.size_bytes", "l1i.assoc"));
	TRY(check_cache(&c, &u->l1d, "l1d.size_bytes", "l1d.assoc"));
	TRY(check_cache(&c, &u->l2, "l2.size_bytes", "l2.assoc"));
	TRY(check_cache(&c, &u->l3, "l3.size_bytes", "l3.assoc"));
	TRY(check_tlb(&c, u->tlb.n_itlb, u->tlb.itlb_assoc, "tlb.n_itlb", "tlb.itlb_assoc"));
	TRY(check_tlb(&c, u->tlb.n_dtlb, u->tlb.dtlb_assoc, "tlb.n_dtlb", "tlb.dtlb_assoc"));
	TRY(check_tlb(&c, u->tlb.n_l2, u->tlb.l2_assoc, "tlb.n_l2", "tlb.l2_assoc"));
	TRY(check_units(&c));
	TRY(check_operations(&c));
	return u->core.kind == UARCH_CORE_OOO ? check_ooo(&c) : check_inorder(&c);
}

enum pv_status pv_uarch_check(const struct pv_uarch *uarch, struct pv_error *err)
{
	return uarch_check_at(uarch, NULL, err);
}
