/*
 * features_plain.c - the features written down as their definitions say, by walking lists: slow, short, and the oracle of features.c
 */
#include "data/features.h"

#include <stdlib.h>
#include <string.h>

/* Lines in the order of their latest touch, the latest last. */
struct list {
	uint64_t *lines;
	size_t n;
};

/* Lines after this one, plus one; PV_REUSE_NEVER when it is not there. */
static uint32_t list_distance(const struct list *l, uint64_t line)
{
	for (size_t i = l->n; i-- > 0;)
		if (l->lines[i] == line)
			return l->n - i < PV_REUSE_NEVER ? (uint32_t)(l->n - i) : PV_REUSE_NEVER;
	return PV_REUSE_NEVER;
}

static void list_touch(struct list *l, uint64_t line)
{
	uint32_t distance = list_distance(l, line);
	if (distance < PV_REUSE_NEVER) {
		size_t at = l->n - distance;
		memmove(l->lines + at, l->lines + at + 1, (distance - 1) * sizeof *l->lines);
		l->n--;
	}
	l->lines[l->n++] = line;
}

/* 16 * mean of 8 outcomes of the branch before row end, a missing one counting one half. */
static uint8_t history(const struct pv_uop *uops, const struct pv_row *rows, size_t end, uint64_t pc)
{
	int sum = 0, n = 0;
	for (size_t i = end; i-- > 0 && n < 8;) {
		const struct pv_uop *u = &uops[rows[i].uop];
		if (!(u->flags & PV_UOP_COND_BRANCH) || u->pc != pc)
			continue;
		sum += rows[i].flags & PV_ROW_TAKEN ? 2 : 0;
		n++;
	}
	return (uint8_t)(sum + 8 - n);
}

static uint16_t address_distance(const struct pv_row *rows, size_t at)
{
	for (size_t d = 1; d <= at && d < PV_ADDRESS_NEVER; d++)
		if ((rows[at - d].flags & PV_ROW_HAS_ADDR) && rows[at - d].addr == rows[at].addr)
			return (uint16_t)d;
	return PV_ADDRESS_NEVER;
}

static void one_row(struct list lists[3], const struct pv_uop *uops, const struct pv_row *rows, size_t i, struct pv_feature_row *out)
{
	const struct pv_uop *u = &uops[rows[i].uop];
	data_features_of_uop(u, out);
	out->flags |= rows[i].flags & PV_ROW_TAKEN ? PV_FEATURE_TAKEN : 0;
	out->flags |= rows[i].flags & PV_ROW_FAULT ? PV_FEATURE_FAULT : 0;
	out->fetch_reuse = list_distance(&lists[0], u->pc / 64);
	list_touch(&lists[0], u->pc / 64);
	if (u->flags & PV_UOP_COND_BRANCH) {
		out->entropy_before = history(uops, rows, i, u->pc);
		out->entropy_after = history(uops, rows, i + 1, u->pc);
	}
	if (rows[i].flags & PV_ROW_HAS_ADDR) {
		out->flags |= PV_FEATURE_HAS_ADDR;
		out->load_reuse = list_distance(&lists[1], rows[i].addr / 64);
		out->store_reuse = list_distance(&lists[2], rows[i].addr / 64);
		list_touch(&lists[u->op_class == PV_OP_MemRead ? 1 : 2], rows[i].addr / 64);
		out->address_distance = address_distance(rows, i);
	}
}

enum pv_status data_features_run_plain(const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows, size_t n,
                                       struct pv_feature_row *out, struct pv_error *err)
{
	struct list lists[3] = {0};
	enum pv_status status = PV_OK;
	for (int i = 0; i < 3; i++) {
		lists[i].lines = malloc((n + 1) * sizeof *lists[i].lines);
		if (!lists[i].lines)
			status = base_error_set(err, PV_ERR_NOMEM, "out of memory for %zu lines", n);
	}
	for (size_t i = 0; i < n && status == PV_OK; i++) {
		if (rows[i].uop >= n_uops)
			status = base_error_set(err, PV_ERR_ARG, "row %zu names micro-operation %u of %u", i, rows[i].uop, n_uops);
		else
			one_row(lists, uops, rows, i, &out[i]);
	}
	for (int i = 0; i < 3; i++)
		free(lists[i].lines);
	return status;
}
