/*
 * features.c - how fast executed micro-operations become feature rows, rows become float32, and rows and targets become a dataset
 *
 * Usage: features [FILE.pvt]... Without a file: synthetic streams with data footprints from 64 kB to 1 GB. Each line compares with the
 * plain form: walking lists for the rows (on a prefix, for it is slow), one feature after the other for float32. Rates are the best of
 * several rounds on one thread, reading the trace not counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perfvec/perfvec.h>

#include "base/clock.h"
#include "base/random.h"
#include "data/context.h"
#include "data/features.h"
#include "data/unpack.h"

enum { MAX_ROWS = 8 * 1000 * 1000, PLAIN_ROWS = 100 * 1000, UNPACK_ROWS = 4096, N_ROUNDS = 3, N_STATIC = 20000, N_MACHINES = 8 };

/* A program's beginning in memory, and the features of it. */
struct stream {
	const struct pv_uop *uops;
	uint32_t n_uops;
	struct pv_row *rows;
	size_t n;
	struct pv_feature_row *out;
};

static void die(const struct pv_error *err)
{
	fprintf(stderr, "error: %s\n", err->message);
	exit(1);
}

static void *allocate(size_t n)
{
	void *p = calloc(1, n);
	if (!p) {
		fprintf(stderr, "error: out of memory\n");
		exit(1);
	}
	return p;
}

/* ---- extraction ---- */

static double extract_once(const struct stream *s, size_t n)
{
	struct pv_error err = {0};
	struct data_features *f;
	double start = base_clock_seconds();
	if (data_features_new(&f, &err))
		die(&err);
	for (size_t i = 0; i < n; i += PV_TRACE_CHUNK_ROWS) {
		size_t count = n - i < PV_TRACE_CHUNK_ROWS ? n - i : PV_TRACE_CHUNK_ROWS;
		if (data_features_run(f, s->uops, s->n_uops, s->rows + i, count, s->out + i, &err))
			die(&err);
	}
	data_features_free(f);
	return base_clock_seconds() - start;
}

static double extract_plain(const struct stream *s, size_t n)
{
	struct pv_error err = {0};
	struct pv_feature_row *plain = allocate(n * sizeof *plain);
	double start = base_clock_seconds();
	if (data_features_run_plain(s->uops, s->n_uops, s->rows, n, plain, &err))
		die(&err);
	double seconds = base_clock_seconds() - start;
	if (memcmp(plain, s->out, n * sizeof *plain) != 0) {
		fprintf(stderr, "error: features differ from the plain ones\n");
		exit(1);
	}
	free(plain);
	return seconds;
}

static void bench_extraction(const char *name, const struct stream *s)
{
	size_t n_plain = s->n < PLAIN_ROWS ? s->n : PLAIN_ROWS;
	double best = 1e30, prefix = 1e30;
	for (int round = 0; round < N_ROUNDS; round++) {
		double t = extract_once(s, s->n);
		best = t < best ? t : best;
		t = extract_once(s, n_plain);
		prefix = t < prefix ? t : prefix;
	}
	double plain = extract_plain(s, n_plain);
	printf("%-24s %9zu rows  %6.2f M rows/s;  first %zu: %.2f M rows/s, plain %.4f, ratio %.0f\n", name, s->n,
	       1e-6 * (double)s->n / best, n_plain, 1e-6 * (double)n_plain / prefix, 1e-6 * (double)n_plain / plain, plain / prefix);
}

/* ---- schema pv2 ---- */

static double context_once(const struct stream *s, struct pv_context_row *context)
{
	struct pv_error err = {0};
	struct data_context *c;
	double start = base_clock_seconds();
	if (data_context_new(&c, &err))
		die(&err);
	for (size_t i = 0; i < s->n; i += PV_TRACE_CHUNK_ROWS) {
		size_t count = s->n - i < PV_TRACE_CHUNK_ROWS ? s->n - i : PV_TRACE_CHUNK_ROWS;
		if (data_context_run(c, s->uops, s->n_uops, s->rows + i, s->out + i, count, context + i, &err))
			die(&err);
	}
	data_context_free(c);
	return base_clock_seconds() - start;
}

static double pv2_once(const struct stream *s, const struct pv_context_row *context, float *out)
{
	float mean[PV2_COUNT] = {0}, std[PV2_COUNT];
	for (int f = 0; f < PV2_COUNT; f++)
		std[f] = 1 + (float)f;
	double start = base_clock_seconds();
	for (size_t i = 0; i < s->n; i += UNPACK_ROWS) {
		size_t count = s->n - i < UNPACK_ROWS ? s->n - i : UNPACK_ROWS;
		pv_inputs_unpack(s->out + i, context + i, count, mean, std, out, PV2_COUNT);
	}
	return base_clock_seconds() - start;
}

static void bench_pv2(const struct stream *s)
{
	struct pv_context_row *context = allocate(s->n * sizeof *context);
	float *out = allocate((size_t)UNPACK_ROWS * PV2_COUNT * sizeof *out);
	double rows = 1e30, context_rows = 1e30, unpack = 1e30;
	for (int round = 0; round < N_ROUNDS; round++) {
		double t = extract_once(s, s->n);
		rows = t < rows ? t : rows;
		t = context_once(s, context);
		context_rows = t < context_rows ? t : context_rows;
		t = pv2_once(s, context, out);
		unpack = t < unpack ? t : unpack;
	}
	free(context);
	free(out);
	printf("  pv2: context rows %.1f M rows/s, with feature rows %.1f; float32, normalised: %.1f\n", 1e-6 * (double)s->n / context_rows,
	       1e-6 * (double)s->n / (rows + context_rows), 1e-6 * (double)s->n / unpack);
}

/* ---- float32 ---- */

static double unpack_once(const struct stream *s, float *out, bool plain)
{
	float mean[PV_N_FEATURES], std[PV_N_FEATURES];
	for (int f = 0; f < PV_N_FEATURES; f++) {
		mean[f] = (float)f;
		std[f] = 1 + (float)f;
	}
	double start = base_clock_seconds();
	for (size_t i = 0; i < s->n; i += UNPACK_ROWS) {
		size_t count = s->n - i < UNPACK_ROWS ? s->n - i : UNPACK_ROWS;
		if (plain)
			data_features_unpack_plain(s->out + i, count, mean, std, out, PV_N_FEATURES);
		else
			pv_features_unpack(s->out + i, count, mean, std, out, PV_N_FEATURES);
	}
	return base_clock_seconds() - start;
}

static void bench_unpacking(const struct stream *s)
{
	float *out = allocate((size_t)UNPACK_ROWS * PV_N_FEATURES * sizeof *out);
	double best = 1e30, plain = 1e30;
	for (int round = 0; round < N_ROUNDS; round++) {
		double t = unpack_once(s, out, false);
		best = t < best ? t : best;
		t = unpack_once(s, out, true);
		plain = t < plain ? t : plain;
	}
	free(out);
	printf("  float32, normalised: %.1f M rows/s, plain %.1f, ratio %.2f\n", 1e-6 * (double)s->n / best, 1e-6 * (double)s->n / plain,
	       plain / best);
}

/* ---- dataset ---- */

static void bench_writing(const struct stream *s)
{
	struct pv_error err = {0};
	struct pv_dataset_machine_spec machines[N_MACHINES];
	char names[N_MACHINES][8], path[256];
	for (int k = 0; k < N_MACHINES; k++) {
		snprintf(names[k], sizeof names[k], "m%d", k);
		machines[k] = (struct pv_dataset_machine_spec){.name = names[k], .seen = true, .clock_mhz = 2000, .text = "name: m\n"};
	}
	const struct pv_dataset_spec spec = {.machines = machines, .n_machines = N_MACHINES, .target = PV_TARGET_store_commit};
	uint32_t *targets = allocate((size_t)PV_TRACE_CHUNK_ROWS * N_MACHINES * sizeof *targets);
	struct pv_dataset_writer *w;
	snprintf(path, sizeof path, "%s/bench_features.%ld", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (long)getpid());
	double start = base_clock_seconds();
	if (pv_dataset_create(path, &spec, &w, &err) || pv_dataset_begin_program(w, "bench", true, NULL, &err))
		die(&err);
	for (size_t i = 0; i < s->n; i += PV_TRACE_CHUNK_ROWS) {
		size_t count = s->n - i < PV_TRACE_CHUNK_ROWS ? s->n - i : PV_TRACE_CHUNK_ROWS;
		if (pv_dataset_append(w, s->out + i, targets, count, &err))
			die(&err);
	}
	double appended = base_clock_seconds();
	pv_dataset_discard(w);
	free(targets);
	printf("  appended to a dataset of %d machines: %.1f M rows/s\n", N_MACHINES, 1e-6 * (double)s->n / (appended - start));
}

/* ---- streams ---- */

static void bench_stream(const char *name, struct stream *s)
{
	s->out = allocate(s->n * sizeof *s->out);
	bench_extraction(name, s);
	bench_unpacking(s);
	bench_pv2(s);
	bench_writing(s);
	free(s->out);
}

static void bench_file(const char *path)
{
	struct pv_error err = {0};
	struct pv_trace *t;
	if (pv_trace_open(path, &t, &err))
		die(&err);
	const struct pv_trace_info *info = pv_trace_info(t);
	struct stream s = {.uops = pv_trace_uops(t), .n_uops = info->n_uops};
	s.rows = allocate(((size_t)MAX_ROWS + PV_TRACE_CHUNK_ROWS) * sizeof *s.rows);
	for (uint32_t c = 0; c < info->n_chunks && s.n < MAX_ROWS; c++) {
		size_t n;
		if (pv_trace_read_chunk(t, c, s.rows + s.n, &n, NULL, &err))
			die(&err);
		s.n += n;
	}
	const char *slash = strrchr(path, '/');
	bench_stream(slash ? slash + 1 : path, &s);
	free(s.rows);
	pv_trace_close(t);
}

/* Straight runs of code from random entries; three rows in ten access memory: half of them stream, half are scattered over the footprint.
 */
static void bench_synthetic(uint64_t footprint_bytes)
{
	struct base_random rng;
	struct pv_uop *uops = allocate(N_STATIC * sizeof *uops);
	struct stream s = {.uops = uops, .n_uops = N_STATIC, .n = MAX_ROWS / 2};
	s.rows = allocate(s.n * sizeof *s.rows);
	base_random_init(&rng, footprint_bytes);
	for (uint32_t i = 0; i < N_STATIC; i++) {
		uint64_t roll = base_random_below(&rng, 10);
		uops[i] =
		    (struct pv_uop){.pc = 0x400000 + 4ull * i, .flags = PV_UOP_LAST, .op_class = PV_OP_IntAlu, .n_src = 2, .n_dst = 1};
		if (roll < 3)
			uops[i].op_class = roll ? PV_OP_MemRead : PV_OP_MemWrite;
		else if (roll < 5)
			uops[i].flags |= PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH;
	}
	uint32_t at = 0;
	uint64_t next = 0;
	for (size_t i = 0; i < s.n; i++, at = (at + 1) % N_STATIC) {
		bool memory = uops[at].op_class != PV_OP_IntAlu, branch = uops[at].flags & PV_UOP_COND_BRANCH;
		bool taken = branch && base_random_below(&rng, 4) == 0;
		uint64_t offset = at % 2 ? next += 8 : 8 * base_random_below(&rng, footprint_bytes / 8);
		s.rows[i] = (struct pv_row){.uop = at, .flags = taken ? PV_ROW_TAKEN : 0};
		if (memory) {
			s.rows[i].flags = PV_ROW_HAS_ADDR;
			s.rows[i].addr = 0x10000000 + offset % footprint_bytes;
		}
		if (taken)
			at = (uint32_t)(base_random_below(&rng, 8) ? (at + N_STATIC - base_random_below(&rng, 40)) % N_STATIC
			                                           : base_random_below(&rng, N_STATIC));
	}
	char name[64];
	snprintf(name, sizeof name, "synthetic, %llu kB", (unsigned long long)footprint_bytes / 1000);
	bench_stream(name, &s);
	free(s.rows);
	free(uops);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		bench_file(argv[i]);
	for (uint64_t footprint = 64000; argc < 2 && footprint <= 1024000000; footprint *= 16)
		bench_synthetic(footprint);
	return 0;
}
