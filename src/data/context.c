/*
 * context.c - executed micro-operations into packed context rows
 *
 * A feature row says what a micro-operation is and how far back its lines were; a context row says what it waits for and how hard it is to
 * foresee:
 *
 *	producer, store_distance   a table of the row that wrote each register last, and one of the words stored by the latest 1000 rows
 *	data_reuse, *_set          one more LRU stack, of all data, and the latest lines of every set
 *	stride, branch_age, ...    a little state for each static micro-operation
 *	*_WRONG, NEW_TARGET        three small branch predictors, targets and a return-address stack
 *	ideal, slack               four ideal processors (ideal.h) that are fed with all of the above
 *
 * Rows are taken 1024 at a time: room is reserved first, so that nothing can fail inside.
 */
#include "data/context.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "data/ideal.h"
#include "data/reuse.h"
#include "data/sets.h"
#include "data/stored.h"

enum { BATCH = 1024, LINE_SHIFT = 6, AHEAD = 12, NEAREST = 3, MAX_PRODUCERS = PV_MAX_SRC + 1 };
enum { L1_SETS = 128, L1_WAYS = 8, SHARED_SETS = 1024, SHARED_WAYS = 16 };
enum { REG_INDICES = 2048, N_REGS = 8 * REG_INDICES };
enum { LOG2_COUNTERS = 14, N_COUNTERS = 1 << LOG2_COUNTERS, N_RETURNS = 16 };

/* Lines of 64 bytes that the ideal caches hold, and what they and a miss cost. */
enum { NEAR_LINES = 512, FAR_LINES = 16384, NEAR_CYCLES = 3, FAR_CYCLES = 15, MEMORY_CYCLES = 120 };

/* A static micro-operation: what it is, and what it did last. */
struct known {
	uint64_t pc;
	uint32_t flags; /* enum pv_uop_flag */
	uint16_t src[PV_MAX_SRC], dst[PV_MAX_DST];
	uint8_t n_src, n_dst, latency, access_bytes, insn_bytes;
	uint8_t counter;        /* two bits, 2 and 3 say taken */
	uint8_t history;        /* latest 8 outcomes, bit 0 the latest */
	uint8_t stride_repeats; /* at most 15 */
	uint64_t row_plus_1;    /* latest; 0: none */
	uint64_t target;        /* where it went when it was last taken; UINT64_MAX: never */
	uint64_t addr_plus_1;   /* latest; 0: none */
	int64_t stride;
};

/* What the latest load or other producer left, by row. */
struct result {
	uint8_t op, reuse; /* reuse: 0 unless it loads */
};

struct data_context {
	struct data_reuse data;
	uint64_t data_sets[L1_SETS * L1_WAYS], fetch_sets[L1_SETS * L1_WAYS], shared_sets[SHARED_SETS * SHARED_WAYS];
	uint64_t writer_plus_1[N_REGS]; /* row; 0: never */
	struct result results[DATA_IDEAL_RING];
	struct data_stored stored;
	uint8_t local[N_COUNTERS], global[N_COUNTERS];
	uint32_t outcomes; /* of all conditional branches, bit 0 the latest */
	uint64_t returns[N_RETURNS];
	unsigned n_calls;     /* top of the return-address stack, modulo N_RETURNS */
	uint64_t return_to;   /* of the row before, when it returns; else UINT64_MAX */
	struct known *before; /* the row before, when it was a taken branch; else NULL */
	bool wrong_before;    /* the row before was predicted wrongly */
	uint64_t line;        /* of the row before */
	uint8_t since_taken;
	struct data_ideal ideal;
	uint64_t n_rows;
	struct known *known; /* (n_known) */
	uint32_t n_known;
	size_t room;
};

enum pv_status data_context_new(struct data_context **context, struct pv_error *err)
{
	struct data_context *c = calloc(1, sizeof *c);
	FAIL_IF(!c, err, PV_ERR_NOMEM, "out of memory for context rows");
	enum pv_status status;
	TRY_GOTO(data_reuse_init(&c->data, 1, err), failed);
	TRY_GOTO(data_stored_init(&c->stored, err), failed);
	memset(c->local, 1, sizeof c->local);
	memset(c->global, 1, sizeof c->global);
	c->return_to = c->line = UINT64_MAX;
	c->since_taken = UINT8_MAX;
	*context = c;
	return PV_OK;
failed:
	data_context_free(c);
	return status;
}

void data_context_free(struct data_context *c)
{
	if (!c)
		return;
	data_reuse_release(&c->data);
	data_stored_release(&c->stored);
	free(c->known);
	free(c);
}

/* ---- static part ---- */

static uint8_t latency_of(enum pv_op_class op)
{
	switch (op) {
	case PV_OP_IntMult:
	case PV_OP_SimdMult:
	case PV_OP_SimdMultAcc: return 3;
	case PV_OP_IntDiv:
	case PV_OP_FloatDiv:
	case PV_OP_FloatSqrt:
	case PV_OP_SimdFloatDiv:
	case PV_OP_SimdFloatSqrt: return 12;
	default:
		return (op >= PV_OP_FloatAdd && op <= PV_OP_FloatMisc) || (op >= PV_OP_SimdFloatAdd && op <= PV_OP_SimdFloatMultAcc) ? 4
		                                                                                                                     : 1;
	}
}

static uint16_t register_number(struct pv_reg reg)
{
	return (uint16_t)((reg.reg_class % 8) * REG_INDICES + reg.index % REG_INDICES);
}

static struct known known_of(const struct pv_uop *u)
{
	struct known k = {.pc = u->pc,
	                  .flags = u->flags,
	                  .n_src = u->n_src,
	                  .n_dst = u->n_dst,
	                  .latency = latency_of(u->op_class),
	                  .access_bytes = u->access_bytes,
	                  .insn_bytes = u->insn_bytes,
	                  .counter = 1,
	                  .target = UINT64_MAX};
	for (int i = 0; i < u->n_src; i++)
		k.src[i] = register_number(u->src[i]);
	for (int i = 0; i < u->n_dst; i++)
		k.dst[i] = register_number(u->dst[i]);
	return k;
}

static enum pv_status learn_uops(struct data_context *c, const struct pv_uop *uops, uint32_t n_uops, struct pv_error *err)
{
	if (n_uops > c->room) {
		const size_t before = c->before ? (size_t)(c->before - c->known) : 0;
		TRY(base_array_grow(&c->known, &c->room, n_uops, sizeof *c->known, "micro-operations' context", err));
		c->before = c->before ? c->known + before : NULL;
	}
	for (; c->n_known < n_uops; c->n_known++)
		c->known[c->n_known] = known_of(&uops[c->n_known]);
	return PV_OK;
}

/* ---- dependencies ---- */

/* Inserts a row into the nearest ones, which are in order of their distance; a row counts once. */
static void add_nearest(uint64_t nearest[NEAREST], uint64_t row_plus_1)
{
	for (int i = 0; i < NEAREST; i++) {
		if (row_plus_1 == nearest[i])
			return;
		if (row_plus_1 > nearest[i]) {
			memmove(nearest + i + 1, nearest + i, (size_t)(NEAREST - 1 - i) * sizeof *nearest);
			nearest[i] = row_plus_1;
			return;
		}
	}
}

/* Rows that wrote the source registers; those within reach are listed for the ideal processors. Returns how many. */
static int find_producers(const struct data_context *c, const struct known *k, uint64_t producers[MAX_PRODUCERS],
                          struct pv_context_row *out)
{
	uint64_t nearest[NEAREST] = {0};
	int n = 0;
	for (int i = 0; i < k->n_src; i++) {
		const uint64_t row_plus_1 = c->writer_plus_1[k->src[i]];
		if (!row_plus_1 || c->n_rows + 1 - row_plus_1 > DATA_IDEAL_REACH)
			continue;
		producers[n++] = row_plus_1 - 1;
		add_nearest(nearest, row_plus_1);
	}
	for (int i = 0; i < NEAREST; i++)
		out->producer[i] = (uint16_t)(nearest[i] ? c->n_rows + 1 - nearest[i] : 0);
	if (!n)
		return 0;
	const struct result *first = &c->results[(nearest[0] - 1) % DATA_IDEAL_RING];
	out->producer_op = first->op;
	out->flags |= first->reuse ? PV_CONTEXT_PRODUCER_LOADS : 0;
	for (int i = 0; i < NEAREST && nearest[i]; i++) {
		const struct result *result = &c->results[(nearest[i] - 1) % DATA_IDEAL_RING];
		if (i == 1 && result->reuse)
			out->flags |= PV_CONTEXT_PRODUCER2_LOADS;
		if (!out->producer_reuse)
			out->producer_reuse = result->reuse;
	}
	return n;
}

/* ---- memory ---- */

static uint32_t cycles_of_reuse(uint32_t distance)
{
	return distance <= NEAR_LINES ? NEAR_CYCLES : distance <= FAR_LINES ? FAR_CYCLES : MEMORY_CYCLES;
}

static void find_stride(struct known *k, uint64_t addr, struct pv_context_row *out)
{
	if (k->addr_plus_1) {
		const int64_t stride = (int64_t)(addr - (k->addr_plus_1 - 1));
		const uint64_t size = stride < 0 ? -(uint64_t)stride : (uint64_t)stride;
		k->stride_repeats = stride != k->stride ? 0 : k->stride_repeats < 15 ? k->stride_repeats + 1 : 15;
		k->stride = stride;
		out->stride = (uint16_t)(size < UINT16_MAX ? size : UINT16_MAX);
		out->stride_repeats = k->stride_repeats;
	}
	k->addr_plus_1 = addr + 1;
}

static void memory_access(struct data_context *c, struct known *k, uint64_t addr, struct pv_context_row *out)
{
	const uint64_t line = addr >> LINE_SHIFT;
	const unsigned bytes = k->access_bytes ? k->access_bytes : 1;
	struct data_slot *slot = data_reuse_line(&c->data, line);
	out->data_reuse = data_reuse_distance(&c->data, 0, slot);
	data_reuse_touch(&c->data, 0, slot);
	out->data_set = data_sets_touch(c->data_sets, L1_SETS, L1_WAYS, line);
	out->shared_set = data_sets_touch(c->shared_sets, SHARED_SETS, SHARED_WAYS, line);
	out->access_bytes = k->access_bytes;
	if ((addr & 63) + bytes > 64)
		out->flags |= PV_CONTEXT_CROSSES_LINE;
	find_stride(k, addr, out);
}

/* The latest row that stored to the bytes, and this row as the latest if it stores. */
static void find_store(struct data_context *c, const struct known *k, uint64_t addr, bool stores, struct pv_context_row *out)
{
	const uint64_t first = addr >> 3, last = (addr + (k->access_bytes ? k->access_bytes : 1) - 1) >> 3;
	uint64_t row_plus_1 = 0;
	for (uint64_t word = first; word <= last; word++) {
		const uint64_t writer = data_stored_find(&c->stored, word);
		row_plus_1 = writer > row_plus_1 ? writer : row_plus_1;
	}
	if (row_plus_1 && c->n_rows + 1 - row_plus_1 <= DATA_STORED_ROWS)
		out->store_distance = (uint16_t)(c->n_rows + 1 - row_plus_1);
	for (uint64_t word = first; stores && word <= last; word++)
		data_stored_put(&c->stored, word, c->n_rows + 1);
}

/* ---- fetch and branches ---- */

/* Cycles that fetch waits for the line of a row on the ideal processors. */
static uint32_t fetch_line(struct data_context *c, uint64_t pc, uint32_t reuse, bool has_addr, struct pv_context_row *out)
{
	const uint64_t line = pc >> LINE_SHIFT;
	out->line_offset = (uint8_t)((pc & 63) >> 2);
	if (line == c->line) {
		out->fetch_set = 1;
		return 0;
	}
	if (line == c->line + 1)
		out->flags |= PV_CONTEXT_NEXT_LINE;
	c->line = line;
	out->fetch_set = data_sets_touch(c->fetch_sets, L1_SETS, L1_WAYS, line);
	const uint8_t shared = data_sets_touch(c->shared_sets, SHARED_SETS, SHARED_WAYS, line);
	if (!has_addr)
		out->shared_set = shared;
	return reuse <= NEAR_LINES ? 0 : cycles_of_reuse(reuse);
}

/* Whether the row before was a branch whose target nothing foretold: this row is where it went. */
static bool find_new_target(struct data_context *c, uint64_t pc)
{
	struct known *branch = c->before;
	if (!branch)
		return false;
	const bool is_new = c->return_to != UINT64_MAX ? c->return_to != pc : branch->target != pc;
	branch->target = pc;
	return is_new;
}

/* A two-bit counter: whether it was wrong; and it learns. */
static bool predict(uint8_t *counter, bool taken)
{
	const bool wrong = (*counter > 1) != taken;
	*counter = (uint8_t)(taken ? *counter + (*counter < 3) : *counter - (*counter > 0));
	return wrong;
}

static void conditional_branch(struct data_context *c, struct known *k, bool taken, struct pv_context_row *out)
{
	const uint32_t pc = (uint32_t)(k->pc >> 2);
	const uint32_t own = ((pc * 0x9e3779b1u) >> (32 - LOG2_COUNTERS)) ^ (uint32_t)(k->history << (LOG2_COUNTERS - 8));
	const uint32_t all = pc ^ c->outcomes;
	out->flags |= predict(&k->counter, taken) ? PV_CONTEXT_BIMODAL_WRONG : 0;
	out->flags |= predict(&c->local[own % N_COUNTERS], taken) ? PV_CONTEXT_LOCAL_WRONG : 0;
	out->flags |= predict(&c->global[all % N_COUNTERS], taken) ? PV_CONTEXT_GLOBAL_WRONG : 0;
	k->history = (uint8_t)(k->history << 1 | taken);
	c->outcomes = c->outcomes << 1 | taken;
}

static void branch(struct data_context *c, struct known *k, bool taken, struct pv_context_row *out)
{
	if (k->row_plus_1) {
		const uint64_t age = c->n_rows + 1 - k->row_plus_1;
		out->branch_age = (uint16_t)(age < UINT16_MAX ? age : UINT16_MAX);
	}
	if (k->flags & PV_UOP_COND_BRANCH)
		conditional_branch(c, k, taken, out);
	c->before = taken ? k : NULL;
	c->return_to = UINT64_MAX;
	if (taken && k->flags & PV_UOP_RETURN)
		c->return_to = c->returns[--c->n_calls % N_RETURNS];
	if (taken && k->flags & PV_UOP_CALL)
		c->returns[c->n_calls++ % N_RETURNS] = k->pc + k->insn_bytes;
	c->wrong_before = out->flags & PV_CONTEXT_GLOBAL_WRONG;
}

/* ---- rows ---- */

static void remember(struct data_context *c, struct known *k, const struct pv_feature_row *f, const struct pv_context_row *out)
{
	const bool loads = f->flags & PV_FEATURE_HAS_ADDR && !(f->flags & PV_FEATURE_STORE);
	c->results[c->n_rows % DATA_IDEAL_RING] = (struct result){f->op, loads ? (uint8_t)(32 - __builtin_clz(out->data_reuse)) : 0};
	for (int i = 0; i < k->n_dst; i++)
		c->writer_plus_1[k->dst[i]] = c->n_rows + 1;
	k->row_plus_1 = c->n_rows + 1;
	c->n_rows++;
}

static void one_row(struct data_context *c, const struct pv_row *row, const struct pv_feature_row *f, struct pv_context_row *out)
{
	struct known *k = &c->known[row->uop];
	const bool has_addr = row->flags & PV_ROW_HAS_ADDR, taken = row->flags & PV_ROW_TAKEN;
	const bool stores = f->flags & (PV_FEATURE_STORE | PV_FEATURE_STORE_CONDITIONAL | PV_FEATURE_ATOMIC);
	uint64_t producers[MAX_PRODUCERS];
	uint8_t slack;
	*out = (struct pv_context_row){.since_taken = c->since_taken};
	struct data_ideal_row ideal = {.producers = producers, .latency = k->latency, .redirected = c->wrong_before};
	ideal.n_producers = find_producers(c, k, producers, out);
	if (find_new_target(c, k->pc)) {
		out->flags |= PV_CONTEXT_NEW_TARGET;
		ideal.redirected = true;
	}
	c->before = NULL;
	c->wrong_before = false;
	ideal.fetch_stall = fetch_line(c, k->pc, f->fetch_reuse, has_addr, out);
	if (k->flags & PV_UOP_BRANCH)
		branch(c, k, taken, out);
	if (has_addr) {
		memory_access(c, k, row->addr, out);
		find_store(c, k, row->addr, stores, out);
		if (!stores)
			ideal.latency = cycles_of_reuse(out->data_reuse);
		if (out->store_distance)
			producers[ideal.n_producers++] = c->n_rows - out->store_distance;
	}
	data_ideal_step(&c->ideal, &ideal, out->ideal, &slack);
	out->slack = slack;
	c->since_taken = taken ? 0 : (uint8_t)(c->since_taken + (c->since_taken < UINT8_MAX));
	remember(c, k, f, out);
}

/* What rows a thousand later can tell of a row: its touches, its outcome, its place. */
static void skim_row(struct data_context *c, const struct pv_row *row)
{
	struct known *k = &c->known[row->uop];
	const bool has_addr = row->flags & PV_ROW_HAS_ADDR, taken = row->flags & PV_ROW_TAKEN;
	struct pv_context_row nobody = {0};
	find_new_target(c, k->pc);
	c->before = NULL;
	c->wrong_before = false;
	fetch_line(c, k->pc, 1, has_addr, &nobody);
	if (k->flags & PV_UOP_BRANCH)
		branch(c, k, taken, &nobody);
	if (has_addr) {
		const uint64_t line = row->addr >> LINE_SHIFT;
		data_reuse_touch(&c->data, 0, data_reuse_line(&c->data, line));
		data_sets_touch(c->data_sets, L1_SETS, L1_WAYS, line);
		data_sets_touch(c->shared_sets, SHARED_SETS, SHARED_WAYS, line);
		find_stride(k, row->addr, &nobody);
	}
	c->since_taken = taken ? 0 : (uint8_t)(c->since_taken + (c->since_taken < UINT8_MAX));
	k->row_plus_1 = c->n_rows + 1;
	c->n_rows++;
	c->ideal.n_rows++;
}

/* Takes rows; out NULL: their context is not wanted. */
static enum pv_status take(struct data_context *c, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows,
                           const struct pv_feature_row *features, size_t n, struct pv_context_row *out, struct pv_error *err)
{
	TRY(learn_uops(c, uops, n_uops, err));
	for (size_t begin = 0; begin < n; begin += BATCH) {
		TRY(data_reuse_reserve(&c->data, BATCH, err));
		const size_t end = n - begin < BATCH ? n : begin + BATCH;
		for (size_t i = begin; i < end; i++) {
			FAIL_IF(rows[i].uop >= n_uops, err, PV_ERR_ARG, "row %llu names micro-operation %u of %u",
			        (unsigned long long)c->n_rows, rows[i].uop, n_uops);
			if (i + AHEAD < end && (rows[i + AHEAD].flags & PV_ROW_HAS_ADDR))
				data_table_prefetch(&c->data.lines, rows[i + AHEAD].addr >> LINE_SHIFT);
			if (out)
				one_row(c, &rows[i], &features[i], &out[i]);
			else
				skim_row(c, &rows[i]);
		}
	}
	return PV_OK;
}

enum pv_status data_context_run(struct data_context *c, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows,
                                const struct pv_feature_row *features, size_t n, struct pv_context_row *out, struct pv_error *err)
{
	return take(c, uops, n_uops, rows, features, n, out, err);
}

enum pv_status data_context_skim(struct data_context *c, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows, size_t n,
                                 struct pv_error *err)
{
	return take(c, uops, n_uops, rows, NULL, n, NULL, err);
}
