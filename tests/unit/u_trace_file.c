/*
 * u_trace_file.c - trace files give back what was written, from any chunk and any thread, and notice every damaged byte
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <perfvec/trace.h>

#include "base/random.h"
#include "support/hand_trace.h"
#include "trace/checksum.h"

static const struct pv_trace_mapping mappings[] = {{0x400000, 0x482000, 0x1000, "/bin/prog", "0123abcd"},
                                                   {0x7f0000000000, UINT64_MAX, 0, "/lib/a (deleted)", ""}};

static const struct pv_trace_origin origin = {.isa = PV_ISA_AARCH64,
                                              .program = "prog",
                                              .command = "prog --with 'arguments'",
                                              .cpu_model = "cortex-a72",
                                              .tool = "test",
                                              .n_skipped_insns = 7,
                                              .cut = true,
                                              .n_other_threads = 1,
                                              .n_other_processes = 2,
                                              .n_interrupted_blocks = UINT64_MAX,
                                              .n_mappings = 2,
                                              .mappings = mappings};

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/u_trace_file.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void path_of(char *path, size_t n, const char *name)
{
	snprintf(path, n, "%s/%s", folder, name);
}

/* A random table: every field that a micro-operation can have. */
static struct pv_uop *random_uops(struct base_random *rng, uint32_t n)
{
	struct pv_uop *uops = calloc(n, sizeof *uops);
	assert_non_null(uops);
	for (uint32_t i = 0; i < n; i++) {
		struct pv_uop *u = &uops[i];
		bool continues = i > 0 && base_random_below(rng, 4) == 0;
		u->pc = continues ? u[-1].pc : base_random_below(rng, 3) ? 0x400000 + 4 * i : base_random_u64(rng);
		u->uop_index = continues ? (uint8_t)(u[-1].uop_index + 1) : 0;
		u->target = base_random_below(rng, 3) ? 0 : base_random_u64(rng);
		u->flags = base_random_below(rng, 2) ? (uint32_t)base_random_u64(rng) : 0;
		u->op_class = (uint8_t)base_random_below(rng, PV_N_OP_CLASSES);
		u->n_src = (uint8_t)base_random_below(rng, PV_MAX_SRC + 1);
		u->n_dst = (uint8_t)base_random_below(rng, PV_MAX_DST + 1);
		u->insn_bytes = (uint8_t)base_random_u64(rng);
		u->n_uops = (uint8_t)base_random_u64(rng);
		u->access_bytes = base_random_below(rng, 2) ? (uint8_t)base_random_u64(rng) : 0;
		u->addr_offset = (int16_t)base_random_u64(rng);
		for (int r = 0; r < u->n_src; r++)
			u->src[r] = (struct pv_reg){(uint16_t)base_random_u64(rng), (uint8_t)base_random_below(rng, PV_N_REG_CLASSES), 0};
		for (int r = 0; r < u->n_dst; r++)
			u->dst[r] = (struct pv_reg){(uint16_t)base_random_u64(rng), (uint8_t)base_random_below(rng, PV_N_REG_CLASSES), 0};
	}
	return uops;
}

/* Random rows; `wild` of 8 successors, flags and addresses are arbitrary. */
static struct pv_row *random_rows(struct base_random *rng, const struct pv_uop *uops, uint32_t n_uops, size_t n, unsigned wild)
{
	struct pv_row *rows = calloc(n, sizeof *rows);
	assert_non_null(rows);
	uint32_t uop = 0;
	uint64_t addr = 0x7ff000;
	for (size_t i = 0; i < n; i++) {
		bool jump = base_random_below(rng, 8) < wild;
		uop = jump || uop + 1 == n_uops ? (uint32_t)base_random_below(rng, n_uops) : uop + 1;
		rows[i].uop = uop;
		rows[i].flags = uops[uop].access_bytes ? PV_ROW_HAS_ADDR : 0;
		if (base_random_below(rng, 8) < wild)
			rows[i].flags = (uint8_t)base_random_u64(rng);
		if (rows[i].flags & PV_ROW_HAS_ADDR || base_random_below(rng, 64) < wild) {
			addr = base_random_below(rng, 8) < wild ? base_random_u64(rng) >> base_random_below(rng, 64) : addr + 8;
			rows[i].addr = addr;
		}
	}
	return rows;
}

/* Write a trace; the table comes in two parts, the rows in parts of at most `part`. */
static void write_trace(const char *path, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows, size_t n, size_t part)
{
	struct pv_error err = {0};
	struct pv_trace_writer *w;
	uint32_t id;
	assert_int_equal(pv_trace_create(path, &w, &err), PV_OK);
	assert_int_equal(pv_trace_add_uops(w, uops, n_uops / 2, &id, &err), PV_OK);
	assert_int_equal(id, 0);
	size_t i = 0;
	while (i < n && rows[i].uop < n_uops / 2) /* these rows come before the table's second part */
		i++;
	assert_int_equal(pv_trace_append(w, rows, i, &err), PV_OK);
	assert_int_equal(pv_trace_add_uops(w, uops + n_uops / 2, n_uops - n_uops / 2, &id, &err), PV_OK);
	assert_int_equal(id, n_uops / 2);
	for (size_t k; i < n; i += k) {
		k = n - i < part ? n - i : part;
		assert_int_equal(pv_trace_append(w, rows + i, k, &err), PV_OK);
	}
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(pv_trace_finish(w, &origin, &err), PV_OK);
}

static void check_chunk(const struct pv_trace *t, uint32_t chunk, const struct pv_uop *uops, const struct pv_row *rows, size_t n)
{
	struct pv_row *got = malloc(PV_TRACE_CHUNK_ROWS * sizeof *got);
	struct pv_error err = {0};
	size_t n_got = 0, first = (size_t)chunk * PV_TRACE_CHUNK_ROWS;
	uint64_t next_pc = 1;
	assert_non_null(got);
	assert_int_equal(pv_trace_read_chunk(t, chunk, got, &n_got, &next_pc, &err), PV_OK);
	assert_int_equal(n_got, n - first < PV_TRACE_CHUNK_ROWS ? n - first : PV_TRACE_CHUNK_ROWS);
	assert_memory_equal(got, rows + first, n_got * sizeof *got);
	assert_true(next_pc == (first + n_got < n ? uops[rows[first + n_got].uop].pc : 0));
	free(got);
}

static void check_trace(const char *path, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows, size_t n)
{
	struct pv_error err = {0};
	struct pv_trace *t;
	assert_int_equal(pv_trace_open(path, &t, &err), PV_OK);
	const struct pv_trace_info *info = pv_trace_info(t);
	uint64_t n_insns = 0;
	for (size_t i = 0; i < n; i++)
		n_insns += uops[rows[i].uop].uop_index == 0;
	assert_true(info->n_rows == n);
	assert_true(info->n_insns == n_insns);
	assert_int_equal(info->n_uops, n_uops);
	assert_int_equal(info->origin.isa, origin.isa);
	assert_string_equal(info->origin.program, origin.program);
	assert_string_equal(info->origin.command, origin.command);
	assert_string_equal(info->origin.cpu_model, origin.cpu_model);
	assert_string_equal(info->origin.tool, origin.tool);
	assert_true(info->origin.cut);
	assert_true(info->origin.n_skipped_insns == 7 && info->origin.n_other_threads == 1 && info->origin.n_other_processes == 2);
	assert_true(info->origin.n_interrupted_blocks == UINT64_MAX);
	assert_int_equal(info->version, 2);
	assert_int_equal(info->origin.n_mappings, 2);
	for (int i = 0; i < 2; i++) {
		const struct pv_trace_mapping *m = &info->origin.mappings[i];
		assert_true(m->begin == mappings[i].begin && m->end == mappings[i].end && m->offset == mappings[i].offset);
		assert_string_equal(m->path, mappings[i].path);
		assert_string_equal(m->build_id, mappings[i].build_id);
	}
	if (n_uops)
		assert_memory_equal(pv_trace_uops(t), uops, n_uops * sizeof *uops);
	for (uint32_t c = info->n_chunks; c-- > 0;) /* backwards: every chunk stands alone */
		check_chunk(t, c, uops, rows, n);
	size_t n_got;
	assert_int_equal(pv_trace_read_chunk(t, info->n_chunks, NULL, &n_got, NULL, &err), PV_ERR_ARG);
	pv_trace_close(t);
}

static void round_trip(uint64_t seed, uint32_t n_uops, size_t n, unsigned wild, size_t part)
{
	struct base_random rng;
	char path[128];
	base_random_init(&rng, seed);
	path_of(path, sizeof path, "round_trip.pvt");
	struct pv_uop *uops = random_uops(&rng, n_uops);
	struct pv_row *rows = random_rows(&rng, uops, n_uops, n, wild);
	write_trace(path, uops, n_uops, rows, n, part);
	check_trace(path, uops, n_uops, rows, n);
	unlink(path);
	free(uops);
	free(rows);
}

static void test_trace_file__random_rows_round_trip(void **state)
{
	(void)state;
	round_trip(1, 1, 1, 0, 1);
	round_trip(2, 1, 1000, 8, 7);
	round_trip(3, 2, PV_TRACE_CHUNK_ROWS, 8, 1000);
	round_trip(4, 300, PV_TRACE_CHUNK_ROWS + 1, 8, 1);
	round_trip(5, 10000, 2 * PV_TRACE_CHUNK_ROWS - 1, 1, 1 << 20);
	round_trip(6, 9000, 200000, 0, 65536);
	round_trip(7, 50000, 200000, 2, 100);
	for (uint64_t seed = 10; seed < 200; seed++)
		round_trip(seed, 1 + (uint32_t)(seed * 7 % 50), seed * 13 % 400, (unsigned)(seed % 9), 1 + seed % 64);
}

static void test_trace_file__nothing_round_trips(void **state)
{
	(void)state;
	char path[128];
	path_of(path, sizeof path, "empty.pvt");
	write_trace(path, NULL, 0, NULL, 0, 1);
	check_trace(path, NULL, 0, NULL, 0);
	unlink(path);
}

struct reading {
	const struct pv_trace *t;
	const struct pv_row *rows;
	const struct pv_uop *uops;
	size_t n;
	uint32_t first;
};

static void *read_all(void *arg)
{
	const struct reading *r = arg;
	for (uint32_t round = 0; round < 3; round++)
		for (uint32_t c = 0; c < 4; c++)
			check_chunk(r->t, (r->first + c) % 4, r->uops, r->rows, r->n);
	return NULL;
}

static void test_trace_file__four_threads_read_at_once(void **state)
{
	(void)state;
	struct base_random rng;
	char path[128];
	base_random_init(&rng, 99);
	path_of(path, sizeof path, "threads.pvt");
	size_t n = 4 * PV_TRACE_CHUNK_ROWS - 5;
	struct pv_uop *uops = random_uops(&rng, 500);
	struct pv_row *rows = random_rows(&rng, uops, 500, n, 1);
	write_trace(path, uops, 500, rows, n, 5000);
	struct pv_trace *t;
	assert_int_equal(pv_trace_open(path, &t, NULL), PV_OK);
	pthread_t threads[4];
	struct reading readings[4];
	for (uint32_t i = 0; i < 4; i++) {
		readings[i] = (struct reading){t, rows, uops, n, i};
		assert_int_equal(pthread_create(&threads[i], NULL, read_all, &readings[i]), 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	pv_trace_close(t);
	unlink(path);
	free(uops);
	free(rows);
}

/* A loop over an array with a load pair: regular, as programs are. */
static void make_loop(struct hand_trace *t, int n_rounds)
{
	hand_init(t, 0x400100);
	uint32_t first = hand_load(t, 8, "i0 -> i1");
	uint32_t second = hand_load(t, 8, "i0 -> i2");
	hand_join(t, 2);
	uint32_t add = hand_op(t, PV_OP_IntAlu, "i1 i2 -> i3 c0");
	uint32_t branch = hand_branch(t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x400100, "c0");
	for (int i = 0; i < n_rounds; i++) {
		hand_run_at(t, first, 0x10000 + 16 * (uint64_t)i);
		hand_run_at(t, second, 0x10008 + 16 * (uint64_t)i);
		hand_run(t, add);
		hand_run_branch(t, branch, i + 1 < n_rounds);
	}
}

static void test_trace_file__regular_rows_cost_almost_nothing(void **state)
{
	(void)state;
	struct hand_trace h;
	struct stat st;
	char path[128];
	path_of(path, sizeof path, "loop.pvt");
	make_loop(&h, 500000);
	write_trace(path, h.uops, h.n_uops, h.rows, h.n_rows, 4096);
	check_trace(path, h.uops, h.n_uops, h.rows, h.n_rows);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < (off_t)h.n_rows / 50);
	unlink(path);
	hand_release(&h);
}

static void put_file(const char *path, const uint8_t *data, size_t n)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Open and read everything; the status of the first failure. */
static enum pv_status read_whole(const char *path, struct pv_error *err)
{
	static struct pv_row rows[PV_TRACE_CHUNK_ROWS];
	struct pv_trace *t;
	size_t n_rows;
	enum pv_status status = pv_trace_open(path, &t, err);
	if (status != PV_OK)
		return status;
	for (uint32_t c = 0; c < pv_trace_info(t)->n_chunks && status == PV_OK; c++)
		status = pv_trace_read_chunk(t, c, rows, &n_rows, NULL, err);
	pv_trace_close(t);
	return status;
}

static void test_trace_file__every_cut_and_every_flip_is_noticed(void **state)
{
	(void)state;
	struct hand_trace h;
	char path[128], bad[128];
	path_of(path, sizeof path, "good.pvt");
	path_of(bad, sizeof bad, "bad.pvt");
	make_loop(&h, 30);
	hand_run_at(&h, 2, 0x1234); /* an escape */
	write_trace(path, h.uops, h.n_uops, h.rows, h.n_rows, 4096);
	static uint8_t data[4096];
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t n = fread(data, 1, sizeof data, f);
	fclose(f);
	assert_in_range(n, 200, sizeof data - 1);
	for (size_t i = 0; i < n; i++) {
		struct pv_error err = {0};
		put_file(bad, data, i);
		assert_int_equal(read_whole(bad, &err), PV_ERR_FORMAT);
		assert_non_null(strstr(err.message, "bad.pvt"));
	}
	for (size_t i = 0; i < n; i++) {
		struct pv_error err = {0};
		uint8_t good = data[i];
		data[i] = (uint8_t)(good ^ 1u << i % 8);
		put_file(bad, data, n);
		data[i] = good;
		assert_int_equal(read_whole(bad, &err), PV_ERR_FORMAT);
		assert_non_null(strstr(err.message, "bad.pvt"));
		assert_true(i < 8 || strstr(err.message, "at byte"));
	}
	data[n] = 0;
	put_file(bad, data, n + 1);
	assert_int_equal(read_whole(bad, NULL), PV_ERR_FORMAT);
	put_file(bad, data, n);
	assert_int_equal(read_whole(bad, NULL), PV_OK);
	unlink(path);
	unlink(bad);
	hand_release(&h);
}

static void test_trace_file__another_version_is_refused(void **state)
{
	(void)state;
	struct pv_error err = {0};
	char path[128];
	path_of(path, sizeof path, "version.pvt");
	uint8_t data[200] = "\x89PVT\r\n\x1a\n\x03";
	uint64_t hash = trace_xxh64(data, 24);
	memcpy(data + 24, &hash, 8);
	put_file(path, data, sizeof data);
	assert_int_equal(read_whole(path, &err), PV_ERR_VERSION);
	assert_non_null(strstr(err.message, "version 3"));
	unlink(path);
	assert_int_equal(read_whole(path, &err), PV_ERR_MISSING);
	assert_int_equal(read_whole(folder, &err), PV_ERR_IO);
}

static void test_trace_file__writer_refuses_nonsense(void **state)
{
	(void)state;
	char path[128];
	struct pv_error err = {0};
	struct pv_trace_writer *w;
	uint32_t id;
	path_of(path, sizeof path, "nonsense.pvt");
	assert_int_equal(pv_trace_create(path, &w, &err), PV_OK);
	struct pv_uop good = {.pc = 4, .op_class = PV_OP_IntAlu};
	struct pv_uop bad[5] = {good, good, good, good, good};
	bad[0].op_class = PV_N_OP_CLASSES;
	bad[1].n_src = PV_MAX_SRC + 1;
	bad[2].n_dst = PV_MAX_DST + 1;
	bad[3].n_src = 2;
	bad[3].src[1].reg_class = PV_N_REG_CLASSES;
	bad[4].n_dst = 1;
	bad[4].dst[0].reg_class = 255;
	for (int i = 0; i < 5; i++)
		assert_int_equal(pv_trace_add_uops(w, &bad[i], 1, &id, &err), PV_ERR_RANGE);
	assert_int_equal(pv_trace_add_uops(w, &good, 1, &id, &err), PV_OK);
	assert_int_equal(id, 0);
	struct pv_row row = {.uop = 1};
	assert_int_equal(pv_trace_append(w, &row, 1, &err), PV_ERR_RANGE);
	assert_string_equal(err.message, "row 0 names micro-operation 1 of 1");
	assert_int_equal(pv_trace_finish(w, &origin, &err), PV_ERR_ARG);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(pv_trace_create("/nowhere/at/all.pvt", &w, &err), PV_ERR_MISSING);
}

static void test_trace_file__a_full_disk_leaves_nothing(void **state)
{
	(void)state;
	char path[128];
	struct base_random rng;
	struct pv_error err = {0};
	struct pv_trace_writer *w;
	struct rlimit old, small;
	uint32_t id;
	path_of(path, sizeof path, "full.pvt");
	base_random_init(&rng, 5);
	size_t n = 2 * PV_TRACE_CHUNK_ROWS;
	struct pv_uop *uops = random_uops(&rng, 100);
	struct pv_row *rows = random_rows(&rng, uops, 100, n, 8);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){.rlim_cur = 20000, .rlim_max = old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(pv_trace_create(path, &w, &err), PV_OK);
	assert_int_equal(pv_trace_add_uops(w, uops, 100, &id, &err), PV_OK);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	enum pv_status status = pv_trace_append(w, rows, n, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(status, PV_ERR_IO);
	assert_non_null(strstr(err.message, "full.pvt"));
	assert_int_equal(pv_trace_append(w, rows, 1, &err), PV_ERR_ARG);
	pv_trace_discard(w); /* the folder is empty afterwards, or it could not be removed */
	free(uops);
	free(rows);
}

static void test_trace_file__xxh64_of_known_inputs(void **state)
{
	(void)state;
	/* published test values of XXH64 with seed 0 */
	assert_true(trace_xxh64("", 0) == 0xef46db3751d8e999u);
	assert_true(trace_xxh64("a", 1) == 0xd24ec4f1a98c6e5bu);
	assert_true(trace_xxh64("abc", 3) == 0x44bc2cf5ad770999u);
	assert_true(trace_xxh64("Nobody inspects the spammish repetition", 39) == 0xfbcea83c8a378bf1u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_trace_file__xxh64_of_known_inputs),
	    cmocka_unit_test(test_trace_file__random_rows_round_trip),
	    cmocka_unit_test(test_trace_file__nothing_round_trips),
	    cmocka_unit_test(test_trace_file__four_threads_read_at_once),
	    cmocka_unit_test(test_trace_file__regular_rows_cost_almost_nothing),
	    cmocka_unit_test(test_trace_file__every_cut_and_every_flip_is_noticed),
	    cmocka_unit_test(test_trace_file__another_version_is_refused),
	    cmocka_unit_test(test_trace_file__writer_refuses_nonsense),
	    cmocka_unit_test(test_trace_file__a_full_disk_leaves_nothing),
	};
	return cmocka_run_group_tests_name("trace_file", tests, make_folder, remove_folder);
}
