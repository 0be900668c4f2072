/*
 * simulate.c - how fast the simulator is: rows per second and CPI of each preset, on one core
 *
 *	build/bench/simulate [TRACE.pvt ...]
 *
 * Without arguments it times a synthetic program: loops of arithmetic, loads and stores over 16 kB and 4 MB, calls, a random branch.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <perfvec/trace.h>
#include <perfvec/uarch.h>

#include "base/random.h"
#include "sim/sim.h"

enum { N_SYNTHETIC_ROWS = 4000000, N_BODY = 64, MAX_ROWS = 20000000 };

/* One program in memory. */
struct program {
	const char *name;
	struct pv_uop *uops; /* (n_uops) */
	struct pv_row *rows; /* (n_rows) */
	uint32_t n_uops;
	size_t n_rows;
};

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

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
static void make_body(struct program *p, struct pv_random *random)
{
	p->n_uops = N_BODY;
	p->uops = need(calloc(N_BODY, sizeof *p->uops));
	for (uint32_t i = 0; i < N_BODY; i++) {
		struct pv_uop *u = &p->uops[i];
		unsigned kind = i + 1 == N_BODY ? 9 : (unsigned)pv_random_below(random, 10);
		*u = (struct pv_uop){.pc = 0x10000 + 4 * i, .op_class = PV_OP_IntAlu, .insn_bytes = 4, .n_uops = 1, .flags = PV_UOP_LAST};
		u->n_src = 2;
		u->src[0] = reg(pv_random_below(random, 12));
		u->src[1] = reg(pv_random_below(random, 12));
		u->n_dst = kind < 8 ? 1 : 0;
		u->dst[0] = reg(pv_random_below(random, 12));
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
	struct pv_random random;
	pv_random_init(&random, 1);
	*p = (struct program){.name = "synthetic", .n_rows = N_SYNTHETIC_ROWS};
	make_body(p, &random);
	p->rows = need(calloc(p->n_rows, sizeof *p->rows));
	for (size_t i = 0; i < p->n_rows; i++) {
		uint32_t uop = (uint32_t)(i % N_BODY);
		p->rows[i].uop = uop;
		if (p->uops[uop].access_bytes > 0) {
			uint64_t footprint = uop % 8 == 0 ? 4 << 20 : 16 << 10;
			p->rows[i].addr = 0x1000000 + (pv_random_below(&random, footprint) & ~7ull);
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

static void time_machine(const struct program *p, const char *preset)
{
	struct pv_uarch *uarch = NULL;
	struct pv_sim *sim = NULL;
	struct pv_error err;
	uint32_t *delta = need(calloc(p->n_rows, sizeof *delta));
	if (pv_uarch_load(preset, &uarch, &err) != PV_OK || pv_sim_new(uarch, p->uops, p->n_uops, &sim, &err) != PV_OK)
		fail(&err);
	double start = seconds();
	pv_sim_run(sim, p->rows, p->n_rows, 0, delta, 1, NULL);
	double took = seconds() - start;
	const struct pv_sim_stats *s = pv_sim_stats(sim);
	double k = (double)s->n_rows / 1000;
	printf("%-20s %-8s %-7s %7.2f M rows/s   cycles/row %6.3f   per 1000: mispredicted %6.2f  L1I %6.2f  L1D %6.2f  L2 %6.2f\n",
	       p->name, preset, pv_uarch_is_inorder(uarch) ? "inorder" : "ooo", (double)p->n_rows / took / 1e6,
	       (double)s->cycles / (double)s->n_rows, (double)s->n_mispredicted / k, (double)s->l1i_misses / k, (double)s->l1d_misses / k,
	       (double)s->l2_misses / k);
	pv_sim_free(sim);
	pv_uarch_free(uarch);
	free(delta);
}

static void time_program(struct program *p)
{
	for (size_t i = 0; i < pv_uarch_preset_count(); i++)
		time_machine(p, pv_uarch_preset_name(i));
	free(p->uops);
	free(p->rows);
}

int main(int argc, char **argv)
{
	struct program p;
	if (argc < 2) {
		make_synthetic(&p);
		time_program(&p);
	}
	for (int i = 1; i < argc; i++) {
		load_trace(&p, argv[i]);
		time_program(&p);
	}
	return 0;
}
