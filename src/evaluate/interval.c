/*
 * interval.c - an interval model
 *
 *            base            branch            base                 memory               base
 *   dispatch |||||||||||||||||.........||||||||||||||||||||||||||||||...................||||||||||||
 *                            mispredicted    as far as the window reaches behind the load
 *
 * What it leaves out, all of it known to the machine's file: a third cache level (its hits count as memory's), prefetchers, write buffers,
 * DRAM rows and queues, store misses unless they fill the channels, wrong-path effects, branch target misses. Prediction accuracy comes
 * from the outcomes' local majority, scaled by the kind of predictor.
 */
#include "evaluate/interval.h"

#include <math.h>

/* ---- a machine ---- */

/*
 * Mispredictions of the simulator's predictors on the eight programs of demo/traces (400 k micro-operations each), over those of a
 * majority vote of the last 8 outcomes of each branch: bi-mode and gshare 0.67, local 1.01, tournament 0.55, the others 0.37 to 0.39.
 */
static double share_mispredicted(int32_t kind)
{
	switch (kind) {
	case UARCH_BP_LOCAL: return 1.0;
	case UARCH_BP_BIMODE:
	case UARCH_BP_GSHARE: return 0.67;
	case UARCH_BP_TOURNAMENT: return 0.55;
	default: return 0.38;
	}
}

/* Of indirect branches, returns included, in the same runs. */
static const double indirect_mispredicted = 0.017;

/* A set of n_ways holds the line unless that many of the other lines came into the same set: Poisson, of the mean number that did.
 * Source: M. Hill, A. Smith: "Evaluating Associativity in CPU Caches", IEEE TC 38(12), 1989 */
double evaluate_miss_share(double lines, double n_sets, int n_ways)
{
	const double mean = (lines - 1) / n_sets;
	if (!(mean < 4.0 * n_ways + 40))
		return 1;
	double term = exp(-mean), below = 0;
	for (int i = 0; i < n_ways; i++) {
		below += term;
		term *= mean / (i + 1);
	}
	return below < 1 ? 1 - below : 0;
}

static void fill_misses(const struct uarch_cache *cache, double *share)
{
	const double n_sets = (double)cache->size_bytes / UARCH_LINE_BYTES / cache->assoc;
	for (int b = 0; b < EVALUATE_REUSE_BUCKETS; b++)
		share[b] = cache->present ? evaluate_miss_share(evaluate_reuse_lines(b), n_sets, cache->assoc) : 1;
}

static double hit_cycles(const struct uarch_cache *c)
{
	return c->tag_latency_cycles > c->data_latency_cycles ? c->tag_latency_cycles : c->data_latency_cycles;
}

/* The way of a line to the last cache and back, in ps; half of the accesses find their row open. */
static double memory_ps(const struct pv_uarch *u, const struct uarch_dram *d, double bursts)
{
	const double crossbar = (double)(u->bus.memory_frontend_cycles + u->bus.memory_forward_cycles + u->bus.memory_response_cycles) *
	                        u->bus.memory_period_ps;
	const double row = d->page_policy == UARCH_PAGE_OPEN_ADAPTIVE ? 0.5 * (d->trp_ps + d->trcd_ps) : d->trcd_ps;
	return crossbar + u->memory.frontend_latency_ps + u->memory.backend_latency_ps + row + d->tcl_ps + bursts * d->tburst_ps;
}

static void fill_latencies(struct evaluate_interval *v)
{
	const struct pv_uarch *u = v->uarch;
	const bool inorder = u->core.kind == UARCH_CORE_INORDER;
	for (unsigned op = 0; op < PV_N_OP_CLASSES; op++) {
		double latency = u->operations.latency_cycles[op];
		const enum evaluate_path kind = evaluate_path_of(op);
		if (kind == EVALUATE_PATH_LOAD)
			latency += v->hit_l1d;
		if (inorder && kind == EVALUATE_PATH_LOAD)
			latency += u->inorder.memory_assumed_cycles - u->inorder.int_operand_slack_cycles;
		else if (inorder && op == PV_OP_IntMult)
			latency -= u->inorder.mul_operand_slack_cycles;
		else if (inorder)
			latency -= kind == EVALUATE_PATH_INT ? u->inorder.int_operand_slack_cycles : u->inorder.simd_operand_slack_cycles;
		v->latency[op] = latency > 1 ? latency : 1;
	}
}

void evaluate_interval_init(struct evaluate_interval *v, const struct pv_uarch *u)
{
	const struct uarch_dram *dram = uarch_dram_lookup(u->memory.type);
	const double bursts = ceil(UARCH_LINE_BYTES / ((double)dram->bus_bits * dram->burst_beats / 8)), period = u->core.period_ps;
	const double between = u->l2.present ? u->bus.l2_frontend_cycles + u->bus.l2_forward_cycles + u->bus.l2_response_cycles : 0;
	*v = (struct evaluate_interval){.uarch = u, .mispredicted = share_mispredicted(u->branch.kind)};
	fill_misses(&u->l1i, v->miss_l1i);
	fill_misses(&u->l1d, v->miss_l1d);
	fill_misses(&u->l2, v->miss_l2);
	v->hit_l1i = hit_cycles(&u->l1i);
	v->hit_l1d = hit_cycles(&u->l1d);
	v->l2 = u->l2.present ? between + hit_cycles(&u->l2) + u->l1d.response_latency_cycles : 0;
	v->memory = between + u->l1d.response_latency_cycles + memory_ps(u, dram, bursts) / period +
	            (u->l2.present ? u->l2.tag_latency_cycles + u->l2.response_latency_cycles : 0);
	v->line_cycles = bursts * dram->tburst_ps / period / u->memory.n_channels;
	v->l1d_lines = (double)u->l1d.size_bytes / UARCH_LINE_BYTES;
	v->last_lines = (double)(u->l2.present ? u->l2.size_bytes : u->l1d.size_bytes) / UARCH_LINE_BYTES;
	fill_latencies(v);
}

/* ---- what both kinds of core share ---- */

static double mean_latency(const struct evaluate_interval *v, const struct evaluate_profile *p, enum evaluate_path kind)
{
	double n = 0, cycles = 0;
	for (unsigned op = 0; op < PV_N_OP_CLASSES; op++)
		if (evaluate_path_of(op) == kind) {
			n += p->ops[op];
			cycles += p->ops[op] * v->latency[op];
		}
	return n > 0 ? cycles / n : 1;
}

/* Accesses of a kind that miss level 1, and of these those that go to memory. */
struct misses {
	double all, memory;
};

/* A mostly exclusive L2 takes lines from above only, and of the data those that are dirty unless L1D writes clean ones back, too. */
static bool keeps_clean_data(const struct pv_uarch *u)
{
	return u->l2.present && (u->l2.inclusion != UARCH_INCLUSION_EXCLUSIVE || u->l1d.writeback_clean);
}

static struct misses misses_of(const struct evaluate_interval *v, const struct evaluate_profile *p, enum evaluate_touch touch)
{
	const double *level1 = touch == EVALUATE_TOUCH_FETCH ? v->miss_l1i : v->miss_l1d;
	const bool passes_l2 = touch == EVALUATE_TOUCH_LOAD_CLEAN && !keeps_clean_data(v->uarch);
	struct misses m = {0, 0};
	for (int b = 0; b < EVALUATE_REUSE_BUCKETS; b++) {
		const double n = p->reuse[touch][b] * level1[b];
		m.all += n;
		m.memory += passes_l2 ? n : n * v->miss_l2[b];
	}
	return m;
}

static struct misses load_misses(const struct evaluate_interval *v, const struct evaluate_profile *p)
{
	const struct misses clean = misses_of(v, p, EVALUATE_TOUCH_LOAD_CLEAN), stored = misses_of(v, p, EVALUATE_TOUCH_LOAD_STORED);
	return (struct misses){clean.all + stored.all, clean.memory + stored.memory};
}

static double accesses_of(const struct evaluate_profile *p, enum evaluate_touch touch)
{
	double n = 0;
	for (int b = 0; b < EVALUATE_REUSE_BUCKETS; b++)
		n += p->reuse[touch][b];
	return n;
}

static double loads_of(const struct evaluate_profile *p)
{
	return accesses_of(p, EVALUATE_TOUCH_LOAD_CLEAN) + accesses_of(p, EVALUATE_TOUCH_LOAD_STORED);
}

static double mispredictions(const struct evaluate_interval *v, const struct evaluate_profile *p)
{
	return v->mispredicted * 0.5 * p->surprises + indirect_mispredicted * p->indirect_branches;
}

/* Cycles that the busiest pool of units needs; an operation class that several pools execute is counted with all their units at the first.
 */
static double unit_cycles(const struct evaluate_interval *v, const struct evaluate_profile *p)
{
	const struct pv_uarch *u = v->uarch;
	double busy[UARCH_N_POOLS] = {0}, most = 0;
	for (unsigned op = 0; op < PV_N_OP_CLASSES; op++) {
		int first = -1;
		double n_units = 0;
		for (int pool = UARCH_N_POOLS - 1; pool >= 0; pool--)
			if (u->units.ops[pool] >> op & 1 && u->units.count[pool]) {
				first = pool;
				n_units += u->units.count[pool];
			}
		if (first >= 0)
			busy[first] += p->ops[op] * (double)u->operations.interval_cycles[op] / n_units;
	}
	for (int pool = 0; pool < UARCH_N_POOLS; pool++)
		most = fmax(most, busy[pool]);
	return most;
}

static double code_cycles(const struct evaluate_interval *v, const struct evaluate_profile *p)
{
	const struct misses m = misses_of(v, p, EVALUATE_TOUCH_FETCH);
	return (m.all - m.memory) * v->l2 + m.memory * v->memory;
}

/* Lines over the memory channels; one in three is also written back. */
static double channel_cycles(const struct evaluate_interval *v, const struct evaluate_profile *p)
{
	const double lines =
	    load_misses(v, p).memory + misses_of(v, p, EVALUATE_TOUCH_STORE).memory + misses_of(v, p, EVALUATE_TOUCH_FETCH).memory;
	return lines * 4 / 3 * v->line_cycles;
}

static double instructions(const struct evaluate_profile *p)
{
	return p->insns ? p->insns : p->rows; /* rows of a source that does not say where instructions end */
}

/* ---- out of order ---- */

/* Rows in flight: the reorder buffer, or what runs out before it. The issue queue holds the half of a window that waits. */
static double window_of(const struct pv_uarch *u, const struct evaluate_profile *p)
{
	const double n = p->rows;
	double w = fmin(u->ooo.n_rob, 2.0 * u->ooo.n_iq);
	const struct {
		double entries, users;
	} limits[] = {
	    {u->ooo.n_lq, loads_of(p)},
	    {u->ooo.n_sq, accesses_of(p, EVALUATE_TOUCH_STORE)},
	    {u->ooo.n_phys_int - 43, p->results[PV_REG_INT]},
	    {u->ooo.n_phys_vec - 40, p->results[PV_REG_VEC]},
	    {u->ooo.n_phys_cc - 6, p->results[PV_REG_CC]},
	};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (limits[i].users > 0)
			w = fmin(w, fmax(1, limits[i].entries) * n / limits[i].users);
	return fmax(w, 4);
}

/* A row of figures for each profiled window, read at any size in between on a straight line over its logarithm. */
static double at_window(const double *figures, double window)
{
	const double at = fmin(fmax(log2(window / EVALUATE_FIRST_WINDOW), 0), EVALUATE_PROFILE_WINDOWS - 1);
	const int i = at < EVALUATE_PROFILE_WINDOWS - 1 ? (int)at : EVALUATE_PROFILE_WINDOWS - 2;
	return figures[i] + (at - i) * (figures[i + 1] - figures[i]);
}

/* Cycles a row that the data flow allows with so many rows in flight, loads taking `more` than a hit on average. */
static double flow_cycles(const struct evaluate_interval *v, const struct evaluate_profile *p, double window, double more)
{
	double latency[EVALUATE_N_PATHS], per_row[EVALUATE_PROFILE_WINDOWS];
	for (int kind = 0; kind < EVALUATE_N_PATHS; kind++)
		latency[kind] = mean_latency(v, p, (enum evaluate_path)kind);
	latency[EVALUATE_PATH_LOAD] += more;
	for (int w = 0; w < EVALUATE_PROFILE_WINDOWS; w++) {
		double cycles = 0;
		for (int kind = 0; kind < EVALUATE_N_PATHS; kind++)
			cycles += p->path[w][kind] * latency[kind];
		per_row[w] = cycles / p->rows;
	}
	return at_window(per_row, window);
}

/* Fetch takes one aligned block of the instruction cache at a time, and a taken branch ends its cycle. */
static double fetch_cycles(const struct evaluate_interval *v, const struct evaluate_profile *p)
{
	const double width = v->uarch->ooo.fetch_width;
	const double blocks = instructions(p) * 4 / v->uarch->ooo.fetch_buffer_bytes + p->taken;
	return p->rows / width + blocks * (v->hit_l1i - 1) + p->taken * (width - 1) / (2 * width);
}

/* Windows that hold at least one load from beyond a capacity: such misses overlap, and cost one latency. */
static double miss_windows(const struct evaluate_profile *p, enum evaluate_loads which, double lines, double window)
{
	double figures[EVALUATE_PROFILE_WINDOWS];
	const double at = fmin(fmax(0.5 * log2(lines / EVALUATE_FIRST_CAPACITY), 0), EVALUATE_PROFILE_CAPACITIES - 2);
	const int i = at < EVALUATE_PROFILE_CAPACITIES - 2 ? (int)at : EVALUATE_PROFILE_CAPACITIES - 3;
	const uint32_t(*n)[EVALUATE_PROFILE_WINDOWS] = p->miss_windows[which];
	for (int w = 0; w < EVALUATE_PROFILE_WINDOWS; w++)
		figures[w] = n[i][w] + (at - i) * ((double)n[i + 1][w] - n[i][w]);
	return at_window(figures, window);
}

/* Windows with a load from memory. */
static double memory_windows(const struct evaluate_interval *v, const struct evaluate_profile *p, double window)
{
	const double all = miss_windows(p, EVALUATE_LOADS_ALL, v->last_lines, window);
	if (!v->uarch->l2.present || keeps_clean_data(v->uarch))
		return all;
	return all + miss_windows(p, EVALUATE_LOADS_CLEAN, v->l1d_lines, window) -
	       miss_windows(p, EVALUATE_LOADS_CLEAN, v->last_lines, window);
}

/* Cycles that loads hold up commit once the window is full, or that they take one after the other for want of MSHRs. */
static double stall_cycles(double windows, double misses, double latency, int32_t mshrs, double hidden)
{
	return fmax(fmin(windows, misses) * fmax(0, latency - hidden), misses * latency / mshrs);
}

static double dispatch_width(const struct pv_uarch *u)
{
	const int32_t widths[] = {u->ooo.decode_width, u->ooo.rename_width,    u->ooo.dispatch_width,
	                          u->ooo.issue_width,  u->ooo.writeback_width, u->ooo.commit_width};
	int32_t least = u->ooo.fetch_width;
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
		least = widths[i] < least ? widths[i] : least;
	return least;
}

/* From the moment a row gets its place in the window until the place is free again, besides its execution. */
static double turnaround(const struct pv_uarch *u)
{
	return u->ooo.rename_to_issue_cycles + u->ooo.issue_to_execute_cycles + u->ooo.execute_to_commit_cycles +
	       u->ooo.commit_to_rename_cycles + 1;
}

static struct evaluate_interval_cycles out_of_order(const struct evaluate_interval *v, const struct evaluate_profile *p)
{
	const struct pv_uarch *u = v->uarch;
	const double n = p->rows, width = dispatch_width(u), window = window_of(u, p);
	const struct misses loads = load_misses(v, p);
	const double n_loads = loads_of(p);
	/* What of a hit in the second level the window hides makes the data flow longer; the rest holds up commit. */
	const double more = n_loads > 0 ? (loads.all - loads.memory) / n_loads * fmin(v->l2, window / width) : 0;
	const double flow = flow_cycles(v, p, window, more) + turnaround(u) / window;
	const double steady = fmax(fmax(n / width, fetch_cycles(v, p)), fmax(unit_cycles(v, p), n * flow));
	const double hidden = window * steady / n; /* dispatch goes on until the window is full */
	const double l2_windows = miss_windows(p, EVALUATE_LOADS_ALL, v->l1d_lines, window);
	const double l2_stalls = stall_cycles(l2_windows, loads.all - loads.memory, v->l2, u->l1d.n_mshrs, hidden);
	const int32_t mshrs = u->l2.present && u->l2.n_mshrs < u->l1d.n_mshrs ? u->l2.n_mshrs : u->l1d.n_mshrs;
	const double memory_stalls = stall_cycles(memory_windows(v, p, window), loads.memory, v->memory, mshrs, hidden);
	const double refill = u->ooo.fetch_to_decode_cycles + u->ooo.decode_to_rename_cycles + u->ooo.rename_to_issue_cycles +
	                      u->ooo.issue_to_execute_cycles + v->hit_l1i;
	const double wrong = mispredictions(v, p);
	/* Between two mispredictions the window fills; the branch resolves behind half of the data flow that has built up. */
	const double filled = fmin(window, wrong > 0 ? n / wrong : window);
	const double resolve = 0.5 * fmax(0, filled * (flow_cycles(v, p, filled, more) - 1 / width));
	return (struct evaluate_interval_cycles){
	    .base = steady,
	    .branch = wrong * (refill + u->ooo.execute_to_commit_cycles + u->ooo.commit_to_fetch_cycles + 2 + resolve),
	    .code = code_cycles(v, p),
	    .data = fmax(l2_stalls + memory_stalls, channel_cycles(v, p) - steady),
	    .drains = p->serializing * (refill + u->ooo.execute_to_commit_cycles),
	};
}

/* ---- in order ---- */

/* A result that is used before it is there holds up everything behind its first user. */
static double use_stalls(const struct evaluate_interval *v, const struct evaluate_profile *p)
{
	double cycles = 0;
	for (int kind = 0; kind < EVALUATE_N_PATHS; kind++) {
		const double latency = mean_latency(v, p, (enum evaluate_path)kind);
		for (int d = 1; d < EVALUATE_PROFILE_DISTANCES; d++)
			cycles += p->first_use[kind][d] * fmax(0, latency - (double)d / v->uarch->inorder.width);
	}
	return cycles;
}

static struct evaluate_interval_cycles in_order(const struct evaluate_interval *v, const struct evaluate_profile *p)
{
	const struct pv_uarch *u = v->uarch;
	const struct misses loads = load_misses(v, p), stores = misses_of(v, p, EVALUATE_TOUCH_STORE);
	const double accesses = loads_of(p) + accesses_of(p, EVALUATE_TOUCH_STORE);
	const double widths[] = {u->inorder.width, u->inorder.issue_limit, u->inorder.commit_limit};
	double width = widths[0];
	for (int i = 1; i < 3; i++)
		width = fmin(width, widths[i]);
	const double issue = fmax(p->rows / width, fmax(unit_cycles(v, p), accesses / u->inorder.memory_issue_limit)) + use_stalls(v, p);
	const double fetch =
	    p->rows / width + p->taken * (v->hit_l1i + u->inorder.fetch1_to_fetch2_cycles + u->inorder.fetch2_to_fetch1_cycles - 1);
	const double waiting = (loads.all - loads.memory) * v->l2 + loads.memory * v->memory;
	const double writing = (stores.all - stores.memory) * v->l2 + stores.memory * v->memory;
	const double steady = fmax(issue, fetch);
	const double busy = (accesses * (v->hit_l1d + 1) + waiting + writing) / u->inorder.n_outstanding;
	const double refill = v->hit_l1i + u->inorder.fetch1_to_fetch2_cycles + u->inorder.fetch2_to_decode_cycles +
	                      u->inorder.decode_to_execute_cycles + u->inorder.branch_delay_cycles + 1;
	return (struct evaluate_interval_cycles){
	    .base = steady,
	    .branch = mispredictions(v, p) * refill,
	    .code = code_cycles(v, p),
	    .data = fmax(waiting, busy - steady),
	    .drains = p->serializing * refill,
	};
}

struct evaluate_interval_cycles evaluate_interval_cycles(const struct evaluate_interval *v, const struct evaluate_profile *p)
{
	if (!p->rows)
		return (struct evaluate_interval_cycles){0};
	return v->uarch->core.kind == UARCH_CORE_INORDER ? in_order(v, p) : out_of_order(v, p);
}
