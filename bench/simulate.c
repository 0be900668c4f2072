/*
 * simulate.c - how fast the simulator is: instructions per second of each machine, on one core, and on more
 *
 *	build/bench/simulate [--sampled N] [TRACE.pvt ...]
 *
 * Times the presets, or N machines sampled with seed 1 (three out-of-order ones for each in-order one); then prints medians for both kinds
 * of core, what a machine takes of memory, and how perfvec simulate (statistics only) goes faster with threads. Without traces it times a
 * synthetic program: loops of arithmetic, loads and stores over 16 kB and 4 MB, calls, a random branch.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perfvec/simulate.h>
#include <perfvec/trace.h>
#include <perfvec/uarch.h>

#include "base/clock.h"
#include "base/random.h"
#include "sim/sim.h"

enum { N_SYNTHETIC_ROWS = 4000000, N_BODY = 64, MAX_ROWS = 20000000, N_REPEATS = 3 };

/* One program in memory. */
struct program {
	const char *name;
	struct pv_uop *uops; /* (n_uops) */
	struct pv_row *rows; /* (n_rows) */
	uint32_t n_uops;
	size_t n_rows;
};

static void *need(void *p)
{
	if (p == NULL) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	return p;
}

static void fail(const struct pv_error *err)
{
	fprintf(stderr, "error: %s\n", err->message);
	exit(1);
}

static struct pv_reg reg(uint64_t index)
{
	return (struct pv_reg){.index = (uint16_t)index, .reg_class = PV_REG_INT};
}

/* A loop body: 5 of 10 arithmetic, 3 loads, 1 store, 1 conditional branch; the last is the loop's own. */
static void make_body(struct program *p, struct base_random *random)
{
	p->n_uops = N_BODY;
	p->uops = need(calloc(N_BODY, sizeof *p->uops));
	for (uint32_t i = 0; i < N_BODY; i++) {
		struct pv_uop *u = &p->uops[i];
		unsigned kind = i + 1 == N_BODY ? 9 : (unsigned)base_random_below(random, 10);
		*u = (struct pv_uop){.pc = 0x10000 + 4 * i, .op_class = PV_OP_IntAlu, .insn_bytes = 4, .n_uops = 1, .flags = PV_UOP_LAST};
		u->n_src = 2;
		u->src[0] = reg(base_random_below(random, 12));
		u->src[1] = reg(base_random_below(random, 12));
		u->n_dst = kind < 8 ? 1 : 0;
		u->dst[0] = reg(base_random_below(random, 12));
		if (kind >= 5 && kind < 9) {
			u->op_class = kind == 8 ? PV_OP_MemWrite : PV_OP_MemRead;
			u->flags |= kind == 8 ? PV_UOP_STORE : PV_UOP_LOAD;
			u->access_bytes = 8;
		} else if (kind == 9) {
			u->flags |= PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH;
			u->target = 0x10000;
		}
	}
}

static void make_synthetic(struct program *p)
{
	struct base_random random;
	base_random_init(&random, 1);
	*p = (struct program){.name = "synthetic", .n_rows = N_SYNTHETIC_ROWS};
	make_body(p, &random);
	p->rows = need(calloc(p->n_rows, sizeof *p->rows));
	for (size_t i = 0; i < p->n_rows; i++) {
		uint32_t uop = (uint32_t)(i % N_BODY);
		p->rows[i].uop = uop;
		if (p->uops[uop].access_bytes > 0) {
			uint64_t footprint = uop % 8 == 0 ? 4 << 20 : 16 << 10;
			p->rows[i].addr = 0x1000000 + (base_random_below(&random, footprint) & ~7ull);
			p->rows[i].flags = PV_ROW_HAS_ADDR;
		} else if (uop + 1 == N_BODY) {
			p->rows[i].flags = PV_ROW_TAKEN;
		}
	}
}

static void load_trace(struct program *p, const char *path)
{
	struct pv_trace *trace = NULL;
	struct pv_error err;
	if (pv_trace_open(path, &trace, &err) != PV_OK)
		fail(&err);
	const struct pv_trace_info *info = pv_trace_info(trace);
	size_t n = info->n_rows < MAX_ROWS ? info->n_rows : MAX_ROWS;
	*p = (struct program){.name = path, .n_uops = info->n_uops};
	p->uops = need(calloc(info->n_uops, sizeof *p->uops));
	p->rows = need(calloc(n + PV_TRACE_CHUNK_ROWS, sizeof *p->rows));
	for (uint32_t i = 0; i < info->n_uops; i++)
		p->uops[i] = pv_trace_uops(trace)[i];
	for (uint32_t chunk = 0; chunk < info->n_chunks && p->n_rows < n; chunk++) {
		size_t n_chunk = 0;
		if (pv_trace_read_chunk(trace, chunk, p->rows + p->n_rows, &n_chunk, NULL, &err) != PV_OK)
			fail(&err);
		p->n_rows += n_chunk;
	}
	pv_trace_close(trace);
}

/* One machine on all programs. */
struct speed {
	double rows_per_second, insns_per_second, bytes;
	bool in_order;
};

static struct speed time_machine(const struct program *programs, int n_programs, const struct pv_uarch *uarch)
{
	struct speed speed = {.in_order = pv_uarch_is_inorder(uarch)};
	double took = 0, rows = 0, insns = 0;
	for (int i = 0; i < n_programs; i++) {
		const struct program *p = &programs[i];
		struct sim *sim = NULL;
		struct pv_error err;
		uint32_t *delta = need(calloc(p->n_rows, sizeof *delta));
		size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
		if (sim_new(uarch, p->uops, p->n_uops, &sim, &err) != PV_OK)
			fail(&err);
		speed.bytes = (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before);
		double start = base_clock_seconds();
		sim_run(sim, p->rows, p->n_rows, 0, delta, 1, NULL);
		double seconds_here = base_clock_seconds() - start;
		const struct pv_sim_stats *s = pv_sim_stats(sim);
		double k = (double)s->n_insns / 1000;
		printf("%-16.16s %-20s %-7s %7.2f M rows/s %7.2f M insns/s   CPI %6.3f   per 1000: mispredicted %6.2f  L1I %6.2f  L1D "
		       "%6.2f  L2 %6.2f\n",
		       p->name, pv_uarch_name(uarch), speed.in_order ? "inorder" : "ooo", (double)p->n_rows / seconds_here / 1e6,
		       (double)s->n_insns / seconds_here / 1e6, (double)s->cycles / (double)s->n_insns, (double)s->n_mispredicted / k,
		       (double)s->l1i_misses / k, (double)s->l1d_misses / k, (double)s->l2_misses / k);
		took += seconds_here;
		rows += (double)s->n_rows;
		insns += (double)s->n_insns;
		sim_free(sim);
		free(delta);
	}
	speed.rows_per_second = rows / took;
	speed.insns_per_second = insns / took;
	return speed;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void summarise(const struct speed *speeds, size_t n, bool in_order)
{
	double *insns = need(calloc(n, sizeof *insns)), rows = 0, bytes = 0;
	size_t m = 0;
	for (size_t i = 0; i < n; i++)
		if (speeds[i].in_order == in_order) {
			insns[m++] = speeds[i].insns_per_second;
			rows += 1 / speeds[i].rows_per_second;
			bytes += speeds[i].bytes;
		}
	qsort(insns, m, sizeof *insns, by_value);
	if (m > 0)
		printf("%-7s %3zu machines: median %.2f, slowest %.2f, fastest %.2f M insns/s per core; all together %.2f M rows/s; %.2f "
		       "MB each\n",
		       in_order ? "inorder" : "ooo", m, insns[m / 2] / 1e6, insns[0] / 1e6, insns[m - 1] / 1e6, (double)m / rows / 1e6,
		       bytes / (double)m / 1e6);
	free(insns);
}

/* perfvec simulate without a dataset, on 1, 2, 4 ... threads up to the processors; the best of some runs */
static void time_threads(char *const *traces, int n_traces, const struct pv_uarch_set *machines)
{
	double alone = 0;
	long n_processors = sysconf(_SC_NPROCESSORS_ONLN);
	for (int n = 1; n <= n_processors; n *= 2) {
		struct pv_simulate_options options = {
		    .traces = (const char *const *)traces, .n_traces = (size_t)n_traces, .machines = machines, .n_threads = n};
		struct pv_error err;
		double took = 1e9;
		for (int i = 0; i < N_REPEATS; i++) {
			double start = base_clock_seconds();
			if (pv_simulate(&options, NULL, NULL, &err) != PV_OK)
				fail(&err);
			took = base_clock_seconds() - start < took ? base_clock_seconds() - start : took;
		}
		alone = n == 1 ? took : alone;
		printf("perfvec simulate on %2d threads: %.2f s, %.2f times as fast as on one\n", n, took, alone / took);
	}
}

static struct pv_uarch_set *choose_machines(uint32_t n_sampled)
{
	struct pv_uarch_set *machines = NULL;
	struct pv_error err;
	const char *presets[32];
	size_t n = 0;
	while (n < pv_uarch_preset_count() && n < 32) {
		presets[n] = pv_uarch_preset_name(n);
		n++;
	}
	struct pv_uarch_sampling what = {.count = n_sampled, .seed = 1, .ooo_share = 3, .inorder_share = 1};
	enum pv_status status = n_sampled > 0 ? pv_uarch_sample(&what, &machines, &err) : pv_uarch_set_load(presets, n, &machines, &err);
	if (status != PV_OK)
		fail(&err);
	return machines;
}

int main(int argc, char **argv)
{
	int first = argc > 2 && strcmp(argv[1], "--sampled") == 0 ? 3 : 1;
	int n_programs = argc > first ? argc - first : 1;
	struct program *programs = need(calloc((size_t)n_programs, sizeof *programs));
	if (argc == first)
		make_synthetic(&programs[0]);
	for (int i = first; i < argc; i++)
		load_trace(&programs[i - first], argv[i]);
	struct pv_uarch_set *machines = choose_machines(first == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0);
	size_t n = pv_uarch_set_count(machines);
	struct speed *speeds = need(calloc(n, sizeof *speeds));
	for (size_t i = 0; i < n; i++)
		speeds[i] = time_machine(programs, n_programs, pv_uarch_set_at(machines, i));
	summarise(speeds, n, false);
	summarise(speeds, n, true);
	if (argc > first)
		time_threads(argv + first, argc - first, machines);
	for (int i = 0; i < n_programs; i++) {
		free(programs[i].uops);
		free(programs[i].rows);
	}
	free(programs);
	free(speeds);
	pv_uarch_set_free(machines);
	return 0;
}
