/*
 * trace_file.c - how fast trace files are written and read, and how large they are
 *
 * Usage: trace_file [FILE.pvt]... Without a file: a synthetic program, walked at random from a fixed seed: functions of basic blocks with
 * loops, biased branches, calls and returns, whose memory accesses are strided, on the stack, or scattered. Each line compares with
 * copying the same rows by memcpy. Rates are the best of several rounds on one thread; the file lies in $TMPDIR or /tmp.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perfvec/perfvec.h>

#include "base/clock.h"
#include "base/random.h"

enum { N_FUNCTIONS = 200, MAX_BLOCKS = 30, MAX_BLOCK_INSNS = 12, N_SYNTHETIC_ROWS = 20 * 1000 * 1000, APPEND_ROWS = 4096, N_ROUNDS = 3 };

enum access_kind { NO_ACCESS, ON_STACK, STRIDED, SCATTERED };

enum block_end { END_LOOP, END_BIASED, END_CALL, END_RETURN, N_BLOCK_ENDS };

/* A static micro-operation's behaviour, beside struct pv_uop. */
struct behaviour {
	enum access_kind kind;
	uint64_t addr, stride, size; /* of the array or region */
	uint64_t position;
};

struct block {
	uint32_t first, n; /* micro-operations, the branch last */
	enum block_end end;
	unsigned callee;
	unsigned target; /* block that a taken branch goes to */
	unsigned bias;   /* taken this many times of 256, or the loop's usual rounds */
};

struct program {
	struct pv_uop *uops;
	struct behaviour *behaviours;
	uint32_t n_uops;
	unsigned n_blocks[N_FUNCTIONS];
	struct block blocks[N_FUNCTIONS][MAX_BLOCKS];
};

struct walk {
	struct program *p;
	struct base_random rng;
	struct pv_row *rows;
	size_t n;
	uint64_t sp;
};

static void die(const struct pv_error *err)
{
	fprintf(stderr, "error: %s\n", err->message);
	exit(1);
}

static void add_uop(struct program *p, struct base_random *rng, uint64_t pc, bool branch)
{
	struct pv_uop *u = &p->uops[p->n_uops];
	struct behaviour *b = &p->behaviours[p->n_uops++];
	unsigned roll = (unsigned)base_random_below(rng, 100);
	*u =
	    (struct pv_uop){.pc = pc, .flags = PV_UOP_LAST, .op_class = PV_OP_IntAlu, .n_src = 2, .n_dst = 1, .insn_bytes = 4, .n_uops = 1};
	u->src[0].index = (uint16_t)base_random_below(rng, 31);
	u->dst[0].index = (uint16_t)base_random_below(rng, 31);
	if (branch || roll >= 35)
		return;
	b->kind = roll < 14 ? ON_STACK : roll < 25 ? STRIDED : SCATTERED;
	b->addr = b->kind == ON_STACK ? 8 * base_random_below(rng, 32) : 0x10000000 + 4096 * base_random_below(rng, 1 << 16);
	b->stride = 4u << base_random_below(rng, 3);
	b->size = 1024u << base_random_below(rng, 11);
	u->op_class = roll % 3 ? PV_OP_MemRead : PV_OP_MemWrite;
	u->flags |= roll % 3 ? PV_UOP_LOAD : PV_UOP_STORE;
	u->access_bytes = 8;
}

static void make_block(struct program *p, struct base_random *rng, unsigned f, unsigned i, uint64_t *pc)
{
	struct block *b = &p->blocks[f][i];
	bool last = i + 1 == p->n_blocks[f];
	b->first = p->n_uops;
	b->n = 2 + (uint32_t)base_random_below(rng, MAX_BLOCK_INSNS - 1);
	b->end = last ? END_RETURN : (enum block_end)base_random_below(rng, END_RETURN);
	if (b->end == END_CALL && (f + 1 == N_FUNCTIONS || base_random_below(rng, 2)))
		b->end = END_BIASED;
	b->callee = f + 1 < N_FUNCTIONS ? f + 1 + (unsigned)base_random_below(rng, N_FUNCTIONS - f - 1) : 0;
	b->target = b->end == END_LOOP ? i - (unsigned)base_random_below(rng, i < 2 ? i + 1 : 2) : i + 1;
	if (b->end == END_BIASED && i + 2 < p->n_blocks[f])
		b->target = i + 2;
	static const unsigned biases[] = {2, 8, 30, 128, 226, 248, 254};
	b->bias = b->end == END_LOOP ? 2u << base_random_below(rng, 5) : biases[base_random_below(rng, 7)];
	for (uint32_t k = 0; k < b->n; k++, *pc += 4)
		add_uop(p, rng, *pc, k + 1 == b->n);
	p->uops[b->first + b->n - 1].flags |= b->end == END_CALL     ? PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_CALL
	                                      : b->end == END_RETURN ? PV_UOP_UNCOND_BRANCH | PV_UOP_RETURN
	                                                             : PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH;
}

static struct program *make_program(uint64_t seed)
{
	struct program *p = calloc(1, sizeof *p);
	struct base_random rng;
	size_t most = (size_t)N_FUNCTIONS * MAX_BLOCKS * MAX_BLOCK_INSNS;
	uint64_t pc = 0x400000;
	if (!p || !(p->uops = calloc(most, sizeof *p->uops)) || !(p->behaviours = calloc(most, sizeof *p->behaviours)))
		exit(1);
	base_random_init(&rng, seed);
	for (unsigned f = 0; f < N_FUNCTIONS; f++) {
		p->n_blocks[f] = 3 + (unsigned)base_random_below(&rng, MAX_BLOCKS - 2);
		for (unsigned i = 0; i < p->n_blocks[f]; i++)
			make_block(p, &rng, f, i, &pc);
	}
	return p;
}

static uint64_t next_address(struct walk *w, struct behaviour *b)
{
	switch (b->kind) {
	case ON_STACK: return w->sp + b->addr;
	case STRIDED: b->position = (b->position + b->stride) % b->size; return b->addr + b->position;
	default: return b->addr + (base_random_below(&w->rng, b->size) & ~7ull);
	}
}

static void run_block(struct walk *w, const struct block *b, bool taken)
{
	for (uint32_t k = 0; k < b->n && w->n < N_SYNTHETIC_ROWS; k++) {
		uint32_t uop = b->first + k;
		struct pv_row *r = &w->rows[w->n++];
		*r = (struct pv_row){.uop = uop};
		if (w->p->behaviours[uop].kind != NO_ACCESS) {
			r->addr = next_address(w, &w->p->behaviours[uop]);
			r->flags = PV_ROW_HAS_ADDR;
		} else if (k + 1 == b->n && taken) {
			r->flags = PV_ROW_TAKEN;
		}
	}
}

static void run_function(struct walk *w, unsigned f)
{
	unsigned rounds[MAX_BLOCKS] = {0};
	w->sp -= 256;
	for (unsigned i = 0; i < w->p->n_blocks[f] && w->n < N_SYNTHETIC_ROWS;) {
		const struct block *b = &w->p->blocks[f][i];
		bool taken = true;
		if (b->end == END_LOOP) {
			taken = ++rounds[i] < b->bias + base_random_below(&w->rng, 3);
			rounds[i] = taken ? rounds[i] : 0;
		} else if (b->end == END_BIASED) {
			taken = base_random_below(&w->rng, 256) < b->bias;
		}
		run_block(w, b, taken && b->target != i + 1);
		if (b->end == END_CALL)
			run_function(w, b->callee);
		i = taken ? b->target : i + 1;
	}
	w->sp += 256;
}

/* Write the rows once; seconds. */
static double write_rows(const char *path, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows, size_t n)
{
	struct pv_error err = {0};
	struct pv_trace_writer *w;
	struct pv_trace_origin origin = {.program = "bench", .command = "bench"};
	uint32_t id;
	double start = base_clock_seconds();
	if (pv_trace_create(path, &w, &err) || pv_trace_add_uops(w, uops, n_uops, &id, &err))
		die(&err);
	for (size_t i = 0; i < n; i += APPEND_ROWS)
		if (pv_trace_append(w, rows + i, n - i < APPEND_ROWS ? n - i : APPEND_ROWS, &err))
			die(&err);
	if (pv_trace_finish(w, &origin, &err))
		die(&err);
	return base_clock_seconds() - start;
}

/* Read every chunk, and compare where `expected` is given; seconds without the comparison. */
static double read_rows(const struct pv_trace *t, struct pv_row *out, const struct pv_row *expected, bool keep)
{
	struct pv_error err = {0};
	double seconds = 0;
	size_t n, done = 0;
	for (uint32_t c = 0; c < pv_trace_info(t)->n_chunks; c++) {
		double start = base_clock_seconds();
		if (pv_trace_read_chunk(t, c, keep ? out + done : out, &n, NULL, &err))
			die(&err);
		seconds += base_clock_seconds() - start;
		if (expected && memcmp(out, expected + done, n * sizeof *out)) {
			fprintf(stderr, "error: chunk %u is not what was written\n", c);
			exit(1);
		}
		done += n;
	}
	return seconds;
}

static double copy_rows(struct pv_row *out, const struct pv_row *rows, size_t n)
{
	double start = base_clock_seconds();
	for (size_t i = 0; i < n; i += PV_TRACE_CHUNK_ROWS) {
		memcpy(out, rows + i, (n - i < PV_TRACE_CHUNK_ROWS ? n - i : PV_TRACE_CHUNK_ROWS) * sizeof *rows);
		__asm__ volatile("" : : "r"(out) : "memory");
	}
	return base_clock_seconds() - start;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

static void measure(const char *name, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows, size_t n)
{
	char path[256];
	const char *folder = getenv("TMPDIR");
	struct pv_row *out = malloc(PV_TRACE_CHUNK_ROWS * sizeof *out);
	struct pv_error err = {0};
	struct pv_trace *t;
	double write_s = 1e9, read_s = 1e9, copy_s = 1e9;
	snprintf(path, sizeof path, "%s/bench-trace-%ld.pvt", folder ? folder : "/tmp", (long)getpid());
	if (!out)
		exit(1);
	for (int round = 0; round < N_ROUNDS; round++) {
		write_s = least(write_s, write_rows(path, uops, n_uops, rows, n));
		copy_s = least(copy_s, copy_rows(out, rows, n));
	}
	if (pv_trace_open(path, &t, &err))
		die(&err);
	for (int round = 0; round < N_ROUNDS; round++)
		read_s = least(read_s, read_rows(t, out, rows, false));
	double million = 1e-6 * (double)n;
	printf(
	    "%s: %.1f M rows, %u static; append %.1f M rows/s (%.1f x memcpy's time), read %.1f M rows/s (%.1f x), memcpy %.0f M rows/s, "
	    "%.3f bytes/row\n",
	    name, million, n_uops, million / write_s, write_s / copy_s, million / read_s, read_s / copy_s, million / copy_s,
	    (double)pv_trace_info(t)->file_bytes / (double)n);
	pv_trace_close(t);
	unlink(path);
	free(out);
}

static void measure_synthetic(void)
{
	struct program *p = make_program(1);
	struct walk w = {.p = p, .sp = 0x7ffffff000, .rows = malloc(N_SYNTHETIC_ROWS * sizeof(struct pv_row))};
	if (!w.rows)
		exit(1);
	base_random_init(&w.rng, 2);
	while (w.n < N_SYNTHETIC_ROWS)
		run_function(&w, (unsigned)base_random_below(&w.rng, N_FUNCTIONS));
	measure("synthetic", p->uops, p->n_uops, w.rows, w.n);
	free(w.rows);
	free(p->uops);
	free(p->behaviours);
	free(p);
}

static void measure_file(const char *path)
{
	struct pv_error err = {0};
	struct pv_trace *t;
	if (pv_trace_open(path, &t, &err))
		die(&err);
	size_t n = (size_t)pv_trace_info(t)->n_rows;
	struct pv_row *rows = malloc(n * sizeof *rows + 1);
	if (!rows)
		exit(1);
	read_rows(t, rows, NULL, true);
	if (n)
		measure(path, pv_trace_uops(t), pv_trace_info(t)->n_uops, rows, n);
	free(rows);
	pv_trace_close(t);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		measure_synthetic();
	for (int i = 1; i < argc; i++)
		measure_file(argv[i]);
	return 0;
}
