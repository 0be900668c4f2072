/*
 * features.c - executed micro-operations into packed feature rows
 *
 * The static part of a row is made once per static micro-operation and copied; what is left per row is
 *
 *	fetch_reuse              stack of the lines of pcs: every row asks and touches
 *	load_reuse, store_reuse  two stacks over the lines of addresses: a memory row asks both, touches its own
 *	address_distance         a small table of the exact addresses of the latest 1000 rows
 *	entropy_*                per conditional branch, its 8 latest outcomes
 *
 * Rows are taken 1024 at a time: room is reserved first, so that nothing can fail inside.
 */
#include "data/features.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "data/reuse.h"
#include "data/table.h"

enum { BATCH = 1024, LINE_SHIFT = 6, HISTORY = 8, AHEAD = 12 };

/* Latest row of each address. An entry 1000 rows old is as good as none; such entries are swept out when the table fills up. */
enum { LOG2_RECENT = 12, N_RECENT = 1 << LOG2_RECENT };
struct recent {
	uint64_t addr;
	uint64_t row_plus_1; /* 0: free */
};

struct data_features {
	struct data_reuse fetch, data;
	struct data_slot *fetch_latest; /* slot of the latest fetch line; NULL after slots moved */
	uint64_t fetch_line;
	struct data_table branches; /* key pc; value[0] outcomes (bit 0 the latest), value[1] how many, at most 8 */
	struct recent *recent;      /* (N_RECENT) */
	unsigned n_recent;
	uint64_t n_rows;
	struct pv_feature_row *known; /* (n_known) static parts */
	uint64_t *pcs;                /* (n_known) */
	uint32_t n_known;
	size_t room;
};

enum { LOAD_STACK, STORE_STACK };

enum pv_status data_features_new(struct data_features **features, struct pv_error *err)
{
	struct data_features *f = calloc(1, sizeof *f);
	FAIL_IF(!f, err, PV_ERR_NOMEM, "out of memory for features");
	enum pv_status status;
	TRY_GOTO(data_reuse_init(&f->fetch, 1, err), failed);
	TRY_GOTO(data_reuse_init(&f->data, 2, err), failed);
	TRY_GOTO(data_table_init(&f->branches, err), failed);
	f->recent = calloc(N_RECENT, sizeof *f->recent);
	if (!f->recent) {
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory for features");
		goto failed;
	}
	*features = f;
	return PV_OK;
failed:
	data_features_free(f);
	return status;
}

void data_features_free(struct data_features *f)
{
	if (!f)
		return;
	data_reuse_release(&f->fetch);
	data_reuse_release(&f->data);
	data_table_release(&f->branches);
	free(f->recent);
	free(f->known);
	free(f->pcs);
	free(f);
}

/* ---- static part ---- */

/* Flags of a micro-operation and of its feature row, side by side. */
static const struct {
	uint32_t uop, feature;
} same_flags[] = {
    {PV_UOP_MICROOP, PV_FEATURE_MICROOP},
    {PV_UOP_COND_BRANCH, PV_FEATURE_COND_BRANCH},
    {PV_UOP_UNCOND_BRANCH, PV_FEATURE_UNCOND_BRANCH},
    {PV_UOP_DIRECT_BRANCH, PV_FEATURE_DIRECT_BRANCH},
    {PV_UOP_SQUASH_AFTER, PV_FEATURE_SQUASH_AFTER},
    {PV_UOP_SERIALIZE_AFTER, PV_FEATURE_SERIALIZE_AFTER},
    {PV_UOP_SERIALIZE_BEFORE, PV_FEATURE_SERIALIZE_BEFORE},
    {PV_UOP_STORE_CONDITIONAL, PV_FEATURE_STORE_CONDITIONAL},
    {PV_UOP_ATOMIC, PV_FEATURE_ATOMIC},
    {PV_UOP_READ_BARRIER, PV_FEATURE_READ_BARRIER},
    {PV_UOP_WRITE_BARRIER, PV_FEATURE_WRITE_BARRIER},
    {PV_UOP_NON_SPECULATIVE, PV_FEATURE_NON_SPECULATIVE},
    {PV_UOP_LAST, PV_FEATURE_LAST},
};

void data_features_of_uop(const struct pv_uop *uop, struct pv_feature_row *row)
{
	memset(row, 0, sizeof *row);
	for (size_t i = 0; i < sizeof same_flags / sizeof *same_flags; i++)
		if (uop->flags & same_flags[i].uop)
			row->flags |= same_flags[i].feature;
	if ((uop->flags & PV_UOP_STORE) && !(uop->flags & (PV_UOP_STORE_CONDITIONAL | PV_UOP_ATOMIC)))
		row->flags |= PV_FEATURE_STORE;
	if (uop->op_class == PV_OP_MemRead)
		row->flags |= PV_FEATURE_LOAD;
	row->op = (uint8_t)(uop->op_class + 1);
	for (int i = 0; i < uop->n_src; i++) {
		row->src_class[i] = (uint8_t)(uop->src[i].reg_class + 1);
		row->src_index[i] = (uint16_t)(uop->src[i].index + 1);
	}
	for (int i = 0; i < uop->n_dst; i++) {
		row->dst_class[i] = (uint8_t)(uop->dst[i].reg_class + 1);
		row->dst_index[i] = (uint16_t)(uop->dst[i].index + 1);
	}
}

static enum pv_status learn_uops(struct data_features *f, const struct pv_uop *uops, uint32_t n_uops, struct pv_error *err)
{
	const struct base_column columns[] = {{&f->known, sizeof *f->known}, {&f->pcs, sizeof *f->pcs}};
	TRY(base_columns_grow(columns, 2, &f->room, n_uops, "micro-operations' features", err));
	for (; f->n_known < n_uops; f->n_known++) {
		data_features_of_uop(&uops[f->n_known], &f->known[f->n_known]);
		f->pcs[f->n_known] = uops[f->n_known].pc;
	}
	return PV_OK;
}

/* ---- dynamic part ---- */

static uint32_t fetch_reuse(struct data_features *f, uint64_t line)
{
	if (f->fetch_latest && f->fetch_line == line)
		return 1;
	struct data_slot *slot = data_reuse_line(&f->fetch, line);
	uint32_t distance = data_reuse_distance(&f->fetch, 0, slot);
	data_reuse_touch(&f->fetch, 0, slot);
	f->fetch_latest = slot;
	f->fetch_line = line;
	return distance;
}

static size_t recent_home(uint64_t addr)
{
	return (size_t)((addr * 0x9e3779b97f4a7c15u) >> (64 - LOG2_RECENT));
}

/* The entry of an address, or the free one where it belongs. */
static struct recent *recent_find(struct recent *table, uint64_t addr)
{
	size_t i = recent_home(addr);
	while (table[i].row_plus_1 && table[i].addr != addr)
		i = (i + 1) & (N_RECENT - 1);
	return &table[i];
}

/* Keep the entries that are less than 1000 rows old; there are at most 1000 of them. */
static void recent_sweep(struct data_features *f)
{
	struct recent keep[PV_ADDRESS_NEVER];
	unsigned n = 0;
	for (int i = 0; i < N_RECENT; i++)
		if (f->recent[i].row_plus_1 && f->n_rows - (f->recent[i].row_plus_1 - 1) < PV_ADDRESS_NEVER)
			keep[n++] = f->recent[i];
	memset(f->recent, 0, N_RECENT * sizeof *f->recent);
	for (unsigned i = 0; i < n; i++)
		*recent_find(f->recent, keep[i].addr) = keep[i];
	f->n_recent = n;
}

static uint16_t address_distance(struct data_features *f, uint64_t addr)
{
	struct recent *r = recent_find(f->recent, addr);
	uint64_t distance = PV_ADDRESS_NEVER;
	if (r->row_plus_1) {
		distance = f->n_rows - (r->row_plus_1 - 1);
	} else if (++f->n_recent > N_RECENT / 2) {
		recent_sweep(f);
		r = recent_find(f->recent, addr);
		f->n_recent++;
	}
	*r = (struct recent){addr, f->n_rows + 1};
	return (uint16_t)(distance < PV_ADDRESS_NEVER ? distance : PV_ADDRESS_NEVER);
}

/* 16 * (mean of the 8 latest outcomes), a missing one counting one half. */
static uint8_t sixteenths(const struct data_slot *branch)
{
	return (uint8_t)(2 * (uint32_t)__builtin_popcount(branch->value[0]) + HISTORY - branch->value[1]);
}

static void branch_entropy(struct data_features *f, uint64_t pc, bool taken, struct pv_feature_row *out)
{
	struct data_slot *branch = data_table_get(&f->branches, pc & INT64_MAX);
	out->entropy_before = sixteenths(branch);
	branch->value[0] = (branch->value[0] << 1 | taken) & ((1u << HISTORY) - 1);
	branch->value[1] += branch->value[1] < HISTORY;
	out->entropy_after = sixteenths(branch);
}

static void memory_access(struct data_features *f, uint64_t addr, struct pv_feature_row *out)
{
	struct data_slot *line = data_reuse_line(&f->data, addr >> LINE_SHIFT);
	out->load_reuse = data_reuse_distance(&f->data, LOAD_STACK, line);
	out->store_reuse = data_reuse_distance(&f->data, STORE_STACK, line);
	data_reuse_touch(&f->data, out->flags & PV_FEATURE_LOAD ? LOAD_STACK : STORE_STACK, line);
	out->address_distance = address_distance(f, addr);
	out->flags |= PV_FEATURE_HAS_ADDR;
}

static void one_row(struct data_features *f, const struct pv_row *row, struct pv_feature_row *out)
{
	*out = f->known[row->uop];
	uint64_t pc = f->pcs[row->uop];
	out->fetch_reuse = fetch_reuse(f, pc >> LINE_SHIFT);
	if (row->flags & PV_ROW_TAKEN)
		out->flags |= PV_FEATURE_TAKEN;
	if (row->flags & PV_ROW_FAULT)
		out->flags |= PV_FEATURE_FAULT;
	if (out->flags & PV_FEATURE_COND_BRANCH)
		branch_entropy(f, pc, row->flags & PV_ROW_TAKEN, out);
	if (row->flags & PV_ROW_HAS_ADDR)
		memory_access(f, row->addr, out);
	f->n_rows++;
}

/* What later rows can tell of a row: its touches and its outcome, without asking for distances. */
static void skim_row(struct data_features *f, const struct pv_row *row)
{
	const uint64_t pc = f->pcs[row->uop], line = pc >> LINE_SHIFT;
	const uint32_t flags = f->known[row->uop].flags;
	struct pv_feature_row nobody;
	if (!f->fetch_latest || f->fetch_line != line) {
		f->fetch_latest = data_reuse_line(&f->fetch, line);
		f->fetch_line = line;
		data_reuse_touch(&f->fetch, 0, f->fetch_latest);
	}
	if (flags & PV_FEATURE_COND_BRANCH)
		branch_entropy(f, pc, row->flags & PV_ROW_TAKEN, &nobody);
	if (row->flags & PV_ROW_HAS_ADDR)
		data_reuse_touch(&f->data, flags & PV_FEATURE_LOAD ? LOAD_STACK : STORE_STACK,
		                 data_reuse_line(&f->data, row->addr >> LINE_SHIFT));
	f->n_rows++;
}

static enum pv_status reserve(struct data_features *f, struct pv_error *err)
{
	f->fetch_latest = NULL;
	TRY(data_reuse_reserve(&f->fetch, BATCH, err));
	TRY(data_reuse_reserve(&f->data, BATCH, err));
	return data_table_reserve(&f->branches, BATCH, err);
}

/* Takes rows; out NULL: their features are not wanted. */
static enum pv_status take(struct data_features *f, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows, size_t n,
                           struct pv_feature_row *out, struct pv_error *err)
{
	TRY(learn_uops(f, uops, n_uops, err));
	for (size_t begin = 0; begin < n; begin += BATCH) {
		TRY(reserve(f, err));
		size_t end = n - begin < BATCH ? n : begin + BATCH;
		for (size_t i = begin; i < end; i++) {
			FAIL_IF(rows[i].uop >= n_uops, err, PV_ERR_ARG, "row %llu names micro-operation %u of %u",
			        (unsigned long long)f->n_rows, rows[i].uop, n_uops);
			if (i + AHEAD < end && (rows[i + AHEAD].flags & PV_ROW_HAS_ADDR))
				data_table_prefetch(&f->data.lines, rows[i + AHEAD].addr >> LINE_SHIFT);
			if (out)
				one_row(f, &rows[i], &out[i]);
			else
				skim_row(f, &rows[i]);
		}
	}
	return PV_OK;
}

enum pv_status data_features_run(struct data_features *f, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows, size_t n,
                                 struct pv_feature_row *out, struct pv_error *err)
{
	return take(f, uops, n_uops, rows, n, out, err);
}

enum pv_status data_features_skim(struct data_features *f, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows, size_t n,
                                  struct pv_error *err)
{
	return take(f, uops, n_uops, rows, n, NULL, err);
}
