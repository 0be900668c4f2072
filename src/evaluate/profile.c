/*
 * profile.c - what rows are made of, counted
 *
 * Data flow: rows are cut into windows of W; within a window a row's path is its own operation after the longest of its producers' paths,
 * with nominal latencies; the window's longest path, as a number of operations of each kind, is what later gets a machine's latencies.
 * A path travels as one 64-bit word: length above, then 10 bits for each kind, so that the longest is the largest word and adding an
 * operation is one addition.
 *
 *   63           40 39      30 29      20 19      10 9        0
 *   | length       | divides  | multiplies| loads    | integer  |
 *
 * Sources: window paths as T. Karkhanis, J. Smith: "A First-Order Superscalar Processor Model", ISCA 2004, and S. Van den Steen et al.:
 * "Micro-Architecture Independent Analytical Processor Performance and Power Modeling", ISPASS 2015; a load from the address of an earlier
 * store depends on it.
 */
#include "evaluate/profile.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* ---- kinds and buckets ---- */

enum evaluate_path evaluate_path_of(unsigned op_class)
{
	switch (op_class) {
	case PV_OP_MemRead:
	case PV_OP_FloatMemRead: return EVALUATE_PATH_LOAD;
	case PV_OP_IntDiv:
	case PV_OP_FloatDiv:
	case PV_OP_FloatSqrt:
	case PV_OP_SimdDiv:
	case PV_OP_SimdSqrt:
	case PV_OP_SimdFloatDiv:
	case PV_OP_SimdFloatSqrt: return EVALUATE_PATH_DIVIDE;
	case PV_OP_No_OpClass:
	case PV_OP_IntAlu:
	case PV_OP_MemWrite:
	case PV_OP_FloatMemWrite:
	case PV_OP_IprAccess:
	case PV_OP_InstPrefetch: return EVALUATE_PATH_INT;
	default: return EVALUATE_PATH_MULTIPLY;
	}
}

int evaluate_reuse_bucket(uint32_t distance)
{
	if (distance >= PV_REUSE_NEVER)
		return EVALUATE_REUSE_FIRST_TOUCH;
	if (distance < 2)
		return 0;
	int octave = 31 - __builtin_clz(distance);
	return 2 * octave - 1 + (int)(distance >> (octave - 1) & 1);
}

double evaluate_reuse_lines(int bucket)
{
	if (bucket == EVALUATE_REUSE_FIRST_TOUCH)
		return INFINITY;
	if (bucket < 3)
		return bucket + 1; /* 1, 2, 3 */
	const int octave = (bucket + 1) / 2;
	return ldexp((bucket + 1) % 2 ? 1.75 : 1.25, octave);
}

/* ---- data flow ---- */

enum { REGS_PER_CLASS = 64, N_REGS = 8 * REGS_PER_CLASS, STORES = 1024, LENGTH_SHIFT = 40, KIND_BITS = 10 };

/* Cycles that choose the longest path; the machine's own replace them. */
static const uint64_t nominal_cycles[EVALUATE_N_PATHS] = {1, 4, 3, 12};

/* Who wrote a register, in a run of rows: 0 is nobody. */
struct flow {
	uint64_t path[EVALUATE_PROFILE_WINDOWS][N_REGS]; /* of the value, valid when the writer is in the same window */
	uint64_t store_path[EVALUATE_PROFILE_WINDOWS][STORES];
	uint32_t writer[N_REGS]; /* row + 1 */
	uint32_t store[STORES];  /* row + 1 of a store, at row % STORES */
	uint8_t writer_path[N_REGS];
	uint8_t used[N_REGS]; /* its first use has been counted */
	uint64_t longest[EVALUATE_PROFILE_WINDOWS];
};

static unsigned slot_of(unsigned class_plus_1, unsigned index_plus_1)
{
	return (class_plus_1 & 7) * REGS_PER_CLASS + ((index_plus_1 - 1) & (REGS_PER_CLASS - 1));
}

static uint64_t operation(enum evaluate_path kind)
{
	return nominal_cycles[kind] << LENGTH_SHIFT | (uint64_t)1 << (KIND_BITS * (unsigned)kind);
}

/* Registers carry data but for those of the miscellaneous class, which cores do not rename. */
static bool carries(unsigned class_plus_1)
{
	return class_plus_1 && class_plus_1 - 1 < PV_REG_MISC;
}

static void close_window(struct flow *f, int w, struct evaluate_profile *p)
{
	for (unsigned kind = 0; kind < EVALUATE_N_PATHS; kind++)
		p->path[w][kind] += (uint32_t)(f->longest[w] >> (KIND_BITS * kind)) & ((1u << KIND_BITS) - 1);
	f->longest[w] = 0;
}

/* The slots that a row reads, each once counted as a first use where it is one. */
static unsigned read_slots(struct flow *f, const struct pv_feature_row *r, uint32_t row, unsigned slots[PV_MAX_SRC],
                           struct evaluate_profile *p)
{
	unsigned n = 0;
	for (int i = 0; i < PV_MAX_SRC && r->src_class[i]; i++) {
		if (!carries(r->src_class[i]))
			continue;
		const unsigned s = slot_of(r->src_class[i], r->src_index[i]);
		if (!f->writer[s])
			continue;
		slots[n++] = s;
		const uint32_t distance = row + 1 - f->writer[s];
		if (!f->used[s] && distance < EVALUATE_PROFILE_DISTANCES)
			p->first_use[f->writer_path[s]][distance]++;
		f->used[s] = 1;
	}
	return n;
}

/* The row of an earlier store to the same address, plus 1; 0 when there is none near. */
static uint32_t store_before(const struct flow *f, const struct pv_feature_row *r, uint32_t row)
{
	if (!(r->flags & PV_FEATURE_LOAD) || !r->address_distance || r->address_distance > row || r->address_distance >= PV_ADDRESS_NEVER)
		return 0;
	const uint32_t at = row - r->address_distance;
	return f->store[at % STORES] == at + 1 ? at + 1 : 0;
}

static void flow_row(struct flow *f, const struct pv_feature_row *r, uint32_t row, struct evaluate_profile *p)
{
	unsigned slots[PV_MAX_SRC];
	const unsigned n = read_slots(f, r, row, slots, p);
	const enum evaluate_path kind = evaluate_path_of(r->op - 1u);
	const uint32_t stored = store_before(f, r, row);
	const bool store = r->flags & PV_FEATURE_HAS_ADDR && !(r->flags & PV_FEATURE_LOAD);
	for (int w = 0; w < EVALUATE_PROFILE_WINDOWS; w++) {
		const uint32_t first = row & ~(((uint32_t)EVALUATE_FIRST_WINDOW << w) - 1);
		uint64_t before = stored > first ? f->store_path[w][(stored - 1) % STORES] : 0;
		if (row == first && row)
			close_window(f, w, p);
		for (unsigned i = 0; i < n; i++)
			if (f->writer[slots[i]] > first && f->path[w][slots[i]] > before)
				before = f->path[w][slots[i]];
		const uint64_t path = before + operation(kind);
		f->longest[w] = path > f->longest[w] ? path : f->longest[w];
		for (int i = 0; i < PV_MAX_DST && r->dst_class[i]; i++)
			f->path[w][slot_of(r->dst_class[i], r->dst_index[i])] = path;
		if (store)
			f->store_path[w][row % STORES] = path;
	}
	for (int i = 0; i < PV_MAX_DST && r->dst_class[i]; i++) {
		const unsigned s = slot_of(r->dst_class[i], r->dst_index[i]);
		f->writer[s] = carries(r->dst_class[i]) ? row + 1 : 0;
		f->writer_path[s] = (uint8_t)kind;
		f->used[s] = 0;
	}
	if (store)
		f->store[row % STORES] = row + 1;
}

/* ---- counts ---- */

/* The nearer of the two distances of a data access; a line that one of the two stacks never saw has only the other. */
static uint32_t data_distance(const struct pv_feature_row *r)
{
	const uint32_t load = r->load_reuse ? r->load_reuse : PV_REUSE_NEVER, store = r->store_reuse ? r->store_reuse : PV_REUSE_NEVER;
	return load < store ? load : store;
}

static void count_branch(const struct pv_feature_row *r, struct evaluate_profile *p)
{
	const bool taken = r->flags & PV_FEATURE_TAKEN;
	p->taken += taken;
	if (r->flags & PV_FEATURE_COND_BRANCH) {
		const unsigned sixteenths = r->entropy_before;
		p->cond_branches++;
		p->doubt += sixteenths < 8 ? sixteenths : 16 - sixteenths;
		p->surprises += sixteenths == 8 ? 1 : taken != (sixteenths > 8) ? 2 : 0;
	} else {
		p->uncond_branches++;
		p->indirect_branches += !(r->flags & PV_FEATURE_DIRECT_BRANCH);
	}
}

/* The last window in which a miss was counted, for each capacity and window size. */
typedef uint32_t last_windows[EVALUATE_PROFILE_CAPACITIES][EVALUATE_PROFILE_WINDOWS];

static void count_miss(uint32_t distance, uint32_t row, last_windows last, last_windows count)
{
	for (int c = 0; c < EVALUATE_PROFILE_CAPACITIES; c++) {
		const bool first_touches = c == EVALUATE_PROFILE_CAPACITIES - 1;
		if (distance <= (first_touches ? PV_REUSE_NEVER - 1 : (uint32_t)EVALUATE_FIRST_CAPACITY << (2 * c)))
			return;
		for (int w = 0; w < EVALUATE_PROFILE_WINDOWS; w++) {
			const uint32_t window = row / ((uint32_t)EVALUATE_FIRST_WINDOW << w) + 1;
			count[c][w] += last[c][w] != window;
			last[c][w] = window;
		}
	}
}

static void count_access(const struct pv_feature_row *r, uint32_t row, last_windows *last, struct evaluate_profile *p)
{
	const uint32_t distance = data_distance(r);
	const bool stored = r->store_reuse && r->store_reuse < PV_REUSE_NEVER;
	if (!(r->flags & PV_FEATURE_LOAD)) {
		p->reuse[EVALUATE_TOUCH_STORE][evaluate_reuse_bucket(distance)]++;
		return;
	}
	p->reuse[stored ? EVALUATE_TOUCH_LOAD_STORED : EVALUATE_TOUCH_LOAD_CLEAN][evaluate_reuse_bucket(distance)]++;
	count_miss(distance, row, last[EVALUATE_LOADS_ALL], p->miss_windows[EVALUATE_LOADS_ALL]);
	if (!stored)
		count_miss(distance, row, last[EVALUATE_LOADS_CLEAN], p->miss_windows[EVALUATE_LOADS_CLEAN]);
}

static void count_row(const struct pv_feature_row *r, uint32_t row, last_windows *last, struct evaluate_profile *p)
{
	const uint32_t serializing = PV_FEATURE_SERIALIZE_BEFORE | PV_FEATURE_SERIALIZE_AFTER | PV_FEATURE_SQUASH_AFTER |
	                             PV_FEATURE_NON_SPECULATIVE | PV_FEATURE_READ_BARRIER | PV_FEATURE_WRITE_BARRIER;
	p->insns += (r->flags & PV_FEATURE_LAST) != 0;
	p->ops[r->op && r->op <= PV_N_OP_CLASSES ? r->op - 1 : 0]++;
	p->reuse[EVALUATE_TOUCH_FETCH][evaluate_reuse_bucket(r->fetch_reuse)]++;
	for (int i = 0; i < PV_MAX_DST && r->dst_class[i]; i++)
		p->results[r->dst_class[i] <= PV_N_REG_CLASSES ? r->dst_class[i] - 1 : PV_REG_MISC]++;
	if (r->flags & PV_FEATURE_HAS_ADDR)
		count_access(r, row, last, p);
	if (r->flags & (PV_FEATURE_COND_BRANCH | PV_FEATURE_UNCOND_BRANCH))
		count_branch(r, p);
	p->serializing += (r->flags & serializing) != 0;
	p->atomics += (r->flags & (PV_FEATURE_ATOMIC | PV_FEATURE_STORE_CONDITIONAL)) != 0;
}

void evaluate_profile_rows(const struct pv_feature_row *rows, uint32_t n, struct evaluate_profile *p)
{
	struct flow f; /* paths need no clearing: they are read only where a writer in the same window is known */
	last_windows last[EVALUATE_N_LOADS] = {{{0}}};
	memset(f.writer, 0, sizeof f.writer);
	memset(f.store, 0, sizeof f.store);
	memset(f.longest, 0, sizeof f.longest);
	memset(p, 0, sizeof *p);
	p->rows = n;
	for (uint32_t i = 0; i < n; i++) {
		flow_row(&f, &rows[i], i, p);
		count_row(&rows[i], i, last, p);
	}
	for (int w = 0; n && w < EVALUATE_PROFILE_WINDOWS; w++)
		close_window(&f, w, p);
}
