/*
 * result.c - a profile put together by function, line, file or object; collapsed stacks
 */
#include "profile/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

void pv_profile_free(struct pv_profile *p)
{
	if (!p)
		return;
	profile_code_free(p->code);
	profile_stacks_free(p->stacks);
	free(p->ns);
	free(p->simulated_ns);
	free(p->stack_ns);
	free(p->rows);
	free(p->ends_insn);
	free(p->total.ns);
	free(p->total.simulated_ns);
	free(p);
}

void profile_add(const struct pv_profile *p, uint32_t uop, struct pv_profile_item *item)
{
	const size_t M = (size_t)p->M;
	item->n_insns += p->ends_insn[uop] ? p->rows[uop] : 0;
	for (size_t m = 0; m < M; m++) {
		item->ns[m] += p->ns[uop * M + m];
		item->simulated_ns[m] += p->simulated_ns ? p->simulated_ns[uop * M + m] : NAN;
	}
}

bool profile_item_new(struct pv_profile_item *item, int M)
{
	item->ns = calloc((size_t)M, sizeof *item->ns);
	item->simulated_ns = calloc((size_t)M, sizeof *item->simulated_ns);
	return item->ns && item->simulated_ns;
}

const char *pv_profile_by_name(int by)
{
	static const char *const names[PV_N_PROFILE_BY] = {"function", "line", "file", "object"};
	return by >= 0 && by < PV_N_PROFILE_BY ? names[by] : NULL;
}

const struct pv_profile_item *pv_profile_total(const struct pv_profile *p)
{
	return &p->total;
}

bool pv_profile_has_simulated(const struct pv_profile *p)
{
	for (int m = 0; m < p->M; m++)
		if (!isnan(p->total.simulated_ns[m]))
			return true;
	return false;
}

const char *pv_profile_note(const struct pv_profile *p, int i)
{
	return i >= 0 && (uint32_t)i < p->code->n_notes ? p->code->notes[i] : NULL;
}

/* Labels an item with the code that a micro-operation is of. */
static void describe(const struct pv_profile *p, enum pv_profile_by by, uint32_t uop, struct pv_profile_item *item)
{
	const struct profile_code *c = p->code;
	const struct profile_code_function *f = &c->functions[c->function[uop]];
	const struct profile_code_line *l = &c->lines[c->line[uop]];
	item->object = c->objects[f->object];
	item->function = by == PV_PROFILE_FUNCTION || by == PV_PROFILE_LINE ? f->name : NULL;
	item->source = by == PV_PROFILE_LINE || by == PV_PROFILE_FILE ? c->sources[l->source] : NULL;
	item->line = by == PV_PROFILE_LINE ? l->line : 0;
}

/* Of items, and of what begins with one. */
static int by_what(const void *a, const void *b)
{
	const struct pv_profile_item *x = a, *y = b;
	int order = strcmp(x->object, y->object);
	if (!order && x->function)
		order = strcmp(x->function, y->function);
	if (!order && x->source)
		order = strcmp(x->source, y->source);
	return order ? order : x->line - y->line;
}

/* A micro-operation and what it is labelled with. */
struct labelled {
	struct pv_profile_item item;
	uint32_t uop;
};

/* An item for each executed micro-operation, and then those of the same code put together. */
static enum pv_status group(const struct pv_profile *p, enum pv_profile_by by, struct pv_profile_item *items, size_t *n,
                            struct pv_error *err)
{
	struct labelled *each = calloc(p->code->n_uops + (size_t)1, sizeof *each);
	FAIL_IF(!each, err, PV_ERR_NOMEM, "out of memory for a profile");
	size_t n_each = 0;
	for (uint32_t uop = 0; uop < p->code->n_uops; uop++)
		if (p->rows[uop]) {
			describe(p, by, uop, &each[n_each].item);
			each[n_each++].uop = uop;
		}
	qsort(each, n_each, sizeof *each, by_what);
	bool ok = true;
	for (size_t i = 0; i < n_each && ok; i++) {
		if (!i || by_what(&each[i - 1], &each[i])) {
			items[*n] = each[i].item;
			ok = profile_item_new(&items[(*n)++], p->M);
		}
		if (ok)
			profile_add(p, each[i].uop, &items[*n - 1]);
	}
	free(each);
	return ok ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory for a profile");
}

struct order {
	double ns;
	size_t at;
};

static int by_time(const void *a, const void *b)
{
	const struct order *x = a, *y = b;
	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static enum pv_status sort_items(struct pv_profile_item *items, size_t n, int column, struct pv_error *err)
{
	struct order *order = calloc(n + 1, sizeof *order);
	struct pv_profile_item *sorted = calloc(n + 1, sizeof *sorted);
	const bool ok = order && sorted;
	for (size_t i = 0; ok && i < n; i++)
		order[i] = (struct order){items[i].ns[column], i};
	if (ok && n)
		qsort(order, n, sizeof *order, by_time);
	for (size_t i = 0; ok && i < n; i++)
		sorted[i] = items[order[i].at];
	if (ok && n)
		memcpy(items, sorted, n * sizeof *items);
	free(order);
	free(sorted);
	return ok ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory for a profile");
}

enum pv_status pv_profile_items(const struct pv_profile *p, enum pv_profile_by by, int column, struct pv_profile_item **items, size_t *n,
                                struct pv_error *err)
{
	FAIL_IF(column < 0 || column >= p->M || !pv_profile_by_name((int)by), err, PV_ERR_ARG, "no such machine, or nothing to split by");
	*n = 0;
	*items = calloc(p->code->n_uops + (size_t)1, sizeof **items);
	FAIL_IF(!*items, err, PV_ERR_NOMEM, "out of memory for a profile");
	enum pv_status status = group(p, by, *items, n, err);
	if (status == PV_OK)
		status = sort_items(*items, *n, column, err);
	if (status != PV_OK)
		pv_profile_items_free(*items, *n);
	return status;
}

void pv_profile_items_free(struct pv_profile_item *items, size_t n)
{
	for (size_t i = 0; items && i < n; i++) {
		free(items[i].ns);
		free(items[i].simulated_ns);
	}
	free(items);
}

/* A frame's name: what separates frames and counts becomes '_'. */
static void print_frame(const char *name, bool first, FILE *f)
{
	if (!first)
		fputc(';', f);
	for (; *name; name++)
		fputc(*name == ';' || *name == ' ' || *name == '\n' ? '_' : *name, f);
}

void pv_profile_print_stacks(const struct pv_profile *p, int column, FILE *f)
{
	size_t n;
	const struct profile_stack_node *nodes = profile_stacks_nodes(p->stacks, &n);
	for (size_t i = 1; i < n; i++) {
		uint32_t path[PROFILE_MAX_STACK_DEPTH + 1], depth = 0;
		const double ns = p->stack_ns[i * (size_t)p->M + (size_t)column];
		if (ns < 0.5)
			continue;
		for (uint32_t at = (uint32_t)i; at; at = nodes[at].parent)
			path[depth++] = nodes[at].function;
		for (uint32_t d = depth; d-- > 0;)
			print_frame(p->code->functions[path[d]].name, d + 1 == depth, f);
		fprintf(f, " %.0f\n", ns);
	}
}
