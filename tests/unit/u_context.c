/*
 * u_context.c - streamed context rows equal those written down as their definitions say, by walking all rows before; cuts do not matter
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "data/context.h"
#include "data/features.h"
#include "data/stored.h"

enum { N_UOPS = 300, N = 6000 };

static struct pv_uop uops[N_UOPS];
static struct pv_row rows[N];
static struct pv_feature_row features[N];
static struct pv_context_row whole[N], parts[N];

static void random_program(uint64_t seed)
{
	static const enum pv_op_class classes[] = {PV_OP_IntAlu, PV_OP_IntMult, PV_OP_IntDiv, PV_OP_FloatAdd, PV_OP_SimdFloatDiv};
	struct base_random rng;
	base_random_init(&rng, seed);
	memset(uops, 0, sizeof uops);
	for (int i = 0; i < N_UOPS; i++) {
		struct pv_uop *u = &uops[i];
		u->pc = 0x400000 + 4 * base_random_below(&rng, 6000);
		u->op_class = (uint8_t)classes[base_random_below(&rng, 5)];
		if (i % 4 == 1) {
			u->op_class = i % 8 == 1 ? PV_OP_MemRead : PV_OP_MemWrite;
			u->flags = i % 8 == 1 ? PV_UOP_LOAD : PV_UOP_STORE;
			u->access_bytes = (uint8_t)(1u << base_random_below(&rng, 6));
		}
		if (i % 4 == 2)
			u->flags = i % 8 == 2 ? PV_UOP_COND_BRANCH
			                      : PV_UOP_UNCOND_BRANCH | (i % 3 ? 0 : PV_UOP_CALL) | (i % 5 ? 0 : PV_UOP_RETURN);
		u->n_src = (uint8_t)base_random_below(&rng, 5);
		u->n_dst = (uint8_t)base_random_below(&rng, 3);
		for (int r = 0; r < u->n_src; r++)
			u->src[r] = (struct pv_reg){(uint16_t)base_random_below(&rng, 12), (uint8_t)base_random_below(&rng, 2), 0};
		for (int r = 0; r < u->n_dst; r++)
			u->dst[r] = (struct pv_reg){(uint16_t)base_random_below(&rng, 200), (uint8_t)base_random_below(&rng, 2), 0};
	}
	for (int i = 0; i < N; i++) {
		const uint32_t k = (uint32_t)base_random_below(&rng, N_UOPS);
		const uint64_t reach = base_random_below(&rng, 4) ? 200 : 100000;
		rows[i] = (struct pv_row){.uop = k, .flags = uops[k].flags & PV_UOP_UNCOND_BRANCH ? PV_ROW_TAKEN : 0};
		if (uops[k].flags & PV_UOP_COND_BRANCH && base_random_below(&rng, 2))
			rows[i].flags = PV_ROW_TAKEN;
		if (uops[k].access_bytes) {
			rows[i].flags |= PV_ROW_HAS_ADDR;
			rows[i].addr = 0x10000000 + 4 * base_random_below(&rng, reach);
		}
	}
	struct data_features *f;
	assert_int_equal(data_features_new(&f, NULL), PV_OK);
	assert_int_equal(data_features_run(f, uops, N_UOPS, rows, N, features, NULL), PV_OK);
	data_features_free(f);
}

static void run_whole(void)
{
	struct data_context *c;
	assert_int_equal(data_context_new(&c, NULL), PV_OK);
	assert_int_equal(data_context_run(c, uops, N_UOPS, rows, features, N, whole, NULL), PV_OK);
	data_context_free(c);
}

/* ---- by definition ---- */

static const struct pv_uop *uop(int i)
{
	return &uops[rows[i].uop];
}

static bool has_addr(int i)
{
	return rows[i].flags & PV_ROW_HAS_ADDR;
}

static bool stores(int i)
{
	return features[i].flags & PV_FEATURE_STORE;
}

/* Distinct lines among the touches before the latest touch of a line, counted up to most; sets 1: plain reuse. Touches: oldest first. */
static unsigned distance(const uint64_t *touches, int n, uint64_t line, uint64_t sets, unsigned most)
{
	unsigned count = 1;
	for (int i = n - 1; i >= 0; i--) {
		if (touches[i] == line)
			return count < most ? count : most;
		bool counted = touches[i] % sets != line % sets;
		for (int j = i + 1; j < n && !counted; j++)
			counted = touches[j] == touches[i];
		count += !counted;
	}
	return most;
}

static void check_producers(int i)
{
	uint16_t expected[3] = {0};
	int n = 0;
	for (int d = 1; d <= 1000 && d <= i && n < 3; d++) {
		bool found = false;
		for (int s = 0; s < uop(i)->n_src; s++) {
			bool latest = false;
			for (int r = 0; r < uop(i - d)->n_dst; r++)
				latest |= uop(i - d)->dst[r].index == uop(i)->src[s].index &&
				          uop(i - d)->dst[r].reg_class == uop(i)->src[s].reg_class;
			for (int e = 1; e < d && latest; e++)
				for (int r = 0; r < uop(i - e)->n_dst; r++)
					latest &= uop(i - e)->dst[r].index != uop(i)->src[s].index ||
					          uop(i - e)->dst[r].reg_class != uop(i)->src[s].reg_class;
			found |= latest;
		}
		if (found)
			expected[n++] = (uint16_t)d;
	}
	assert_memory_equal(whole[i].producer, expected, sizeof expected);
	assert_int_equal(whole[i].producer_op, expected[0] ? uop(i - expected[0])->op_class + 1 : 0);
}

static void check_store(int i)
{
	const uint64_t first = rows[i].addr >> 3, last = (rows[i].addr + uop(i)->access_bytes - 1) >> 3;
	unsigned expected = 0;
	for (int d = 1; has_addr(i) && d <= 1000 && d <= i && !expected; d++)
		if (has_addr(i - d) && stores(i - d) && rows[i - d].addr >> 3 <= last &&
		    (rows[i - d].addr + uop(i - d)->access_bytes - 1) >> 3 >= first)
			expected = (unsigned)d;
	assert_int_equal(whole[i].store_distance, expected);
}

static void check_history(int i)
{
	int age = 1, since = 1;
	while (age <= i && rows[i - age].uop != rows[i].uop)
		age++;
	while (since <= i && !(rows[i - since].flags & PV_ROW_TAKEN))
		since++;
	assert_int_equal(whole[i].branch_age, uop(i)->flags & PV_UOP_BRANCH && age <= i ? age : 0);
	assert_int_equal(whole[i].since_taken, since > i || since > 255 ? 255 : since - 1);
	if (!has_addr(i) || age > i)
		return;
	const int64_t stride = (int64_t)(rows[i].addr - rows[i - age].addr);
	const int64_t size = stride < 0 ? -stride : stride;
	assert_int_equal(whole[i].stride, size < 65535 ? size : 65535);
}

static void test_context__equals_its_definitions(void **state)
{
	(void)state;
	static uint64_t data[N], fetched[N], shared[2 * N];
	random_program(1);
	run_whole();
	int n_data = 0, n_fetched = 0, n_shared = 0;
	for (int i = 0; i < N; i++) {
		const uint64_t pc_line = uop(i)->pc >> 6, line = rows[i].addr >> 6;
		const bool new_line = !n_fetched || fetched[n_fetched - 1] != pc_line;
		check_producers(i);
		check_store(i);
		check_history(i);
		assert_int_equal(whole[i].fetch_set, distance(fetched, n_fetched, pc_line, 128, 9));
		unsigned expected_shared = new_line ? distance(shared, n_shared, pc_line, 1024, 17) : 0;
		if (new_line) {
			fetched[n_fetched++] = pc_line;
			shared[n_shared++] = pc_line;
		}
		if (has_addr(i)) {
			assert_int_equal(whole[i].data_reuse, distance(data, n_data, line, 1, PV_REUSE_NEVER));
			assert_int_equal(whole[i].data_set, distance(data, n_data, line, 128, 9));
			expected_shared = distance(shared, n_shared, line, 1024, 17);
			data[n_data++] = line;
			shared[n_shared++] = line;
		}
		assert_int_equal(whole[i].shared_set, expected_shared);
	}
	assert_true(n_data > N / 6 && n_fetched > N / 2);
}

static void test_context__cuts_do_not_matter(void **state)
{
	(void)state;
	random_program(7);
	run_whole();
	struct data_context *c;
	struct base_random rng;
	assert_int_equal(data_context_new(&c, NULL), PV_OK);
	base_random_init(&rng, 1);
	for (size_t at = 0, n; at < N; at += n) {
		n = base_random_below(&rng, 1500);
		n = n < N - at ? n : N - at;
		uint32_t known = 0; /* the table grows as rows need it */
		for (size_t i = 0; i < at + n; i++)
			known = rows[i].uop >= known ? rows[i].uop + 1 : known;
		assert_int_equal(data_context_run(c, uops, known, rows + at, features + at, n, parts + at, NULL), PV_OK);
	}
	data_context_free(c);
	assert_memory_equal(parts, whole, sizeof whole);
}

static void test_context__a_row_without_uop_is_refused(void **state)
{
	(void)state;
	random_program(8);
	rows[5].uop = N_UOPS;
	struct data_context *c;
	struct pv_error err;
	assert_int_equal(data_context_new(&c, NULL), PV_OK);
	assert_int_equal(data_context_run(c, uops, N_UOPS, rows, features, 10, whole, &err), PV_ERR_ARG);
	assert_string_equal(err.message, "row 5 names micro-operation 300 of 300");
	data_context_free(c);
}

/* Far more words than the table holds: the latest rows' are always there. */
static void test_stored__forgets_the_oldest(void **state)
{
	(void)state;
	struct data_stored s;
	assert_int_equal(data_stored_init(&s, NULL), PV_OK);
	for (uint64_t row = 1; row <= 20000; row++)
		for (uint64_t word = 0; word < 33; word++)
			data_stored_put(&s, row * 40 + word, row);
	for (uint64_t row = 20000; row > 20000 - 250; row--)
		assert_int_equal(data_stored_find(&s, row * 40 + 32), row);
	assert_int_equal(data_stored_find(&s, 40), 0);
	data_stored_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_context__equals_its_definitions),
	    cmocka_unit_test(test_context__cuts_do_not_matter),
	    cmocka_unit_test(test_context__a_row_without_uop_is_refused),
	    cmocka_unit_test(test_stored__forgets_the_oldest),
	};
	return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
