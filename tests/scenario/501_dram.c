/*
 * 501_dram.c - main memory: row buffer, banks, bus, channels, refresh, to the picosecond
 *
 *   closed   tRCD + tCL + tBURST = 20 + 10 + 5 = 35 ns      open   tCL + tBURST = 15 ns      conflict   tRP more: 65 ns
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/dram/dram.h"

static const struct pv_dram_config plain = {
    .n_channels = 1,
    .interleave_bytes = 64,
    .n_ranks = 1,
    .n_banks = 4,
    .row_bytes = 1024,
    .burst_bytes = 64,
    .t_burst = 5000,
    .t_cl = 10000,
    .t_rcd = 20000,
    .t_rp = 30000,
    .t_ras = 40000,
};

enum { ROW = 1024, BANKS = 4 * 1024 };

static struct pv_dram_memory *make(const struct pv_dram_config *config)
{
	struct pv_dram_memory *m = NULL;
	assert_int_equal(pv_dram_new(config, &m, NULL), PV_OK);
	return m;
}

static void assert_read(struct pv_dram_memory *m, uint64_t addr, uint64_t at, uint64_t latency)
{
	assert_int_equal(pv_dram_read(m, addr, 64, at) - at, latency);
}

static void test_rows__closed_open_conflict(void **state)
{
	(void)state;
	struct pv_dram_memory *m = make(&plain);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, 64, 1100000, 15000);
	assert_read(m, BANKS, 1200000, 65000); /* same bank, next row */
	assert_read(m, ROW, 1300000, 35000);   /* next bank */
	assert_int_equal(pv_dram_stats(m)->n_row_hits, 1);
	assert_int_equal(pv_dram_stats(m)->n_row_misses, 3);
	pv_dram_free(m);
}

static void test_rows__must_stay_open_for_tras(void **state)
{
	(void)state;
	struct pv_dram_memory *m = make(&plain);
	assert_read(m, 0, 1000000, 35000);
	/* opened at 1000 ns, so that it is closed at 1040 ns at the earliest: 10 ns later than asked */
	assert_read(m, BANKS, 1030000, 10000 + 65000);
	pv_dram_free(m);
}

static void test_rows__closed_policy_never_hits_nor_conflicts(void **state)
{
	(void)state;
	struct pv_dram_config c = plain;
	c.closes_rows = 1;
	struct pv_dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, 64, 1200000, 35000);
	assert_read(m, BANKS, 1400000, 35000);
	pv_dram_free(m);
}

static void test_rows__are_closed_after_so_many_accesses(void **state)
{
	(void)state;
	struct pv_dram_config c = plain;
	c.max_accesses_per_row = 2;
	struct pv_dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, 64, 1200000, 15000);
	assert_read(m, 128, 1400000, 35000);
	pv_dram_free(m);
}

static void test_bus__bursts_queue(void **state)
{
	(void)state;
	struct pv_dram_memory *m = make(&plain);
	/* four banks at once: rows open in parallel, data one after the other */
	for (uint64_t i = 0; i < 4; i++)
		assert_read(m, i * ROW, 1000000, 35000 + i * 5000);
	pv_dram_free(m);
}

static void test_bus__earlier_request_made_later_is_not_held_up(void **state)
{
	(void)state;
	struct pv_dram_memory *m = make(&plain);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, ROW, 900000, 35000);
	pv_dram_free(m);
}

static void test_bus__long_lines_take_several_bursts(void **state)
{
	(void)state;
	struct pv_dram_config c = plain;
	c.burst_bytes = 16;
	struct pv_dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 30000 + 4 * 5000);
	pv_dram_free(m);
}

static void test_bus__writes_take_their_place(void **state)
{
	(void)state;
	struct pv_dram_memory *m = make(&plain);
	pv_dram_write(m, ROW, 64, 1030000); /* where the read's data would be */
	assert_read(m, 0, 1000000, 35000 + 5000);
	assert_int_equal(pv_dram_stats(m)->n_writes, 1);
	pv_dram_free(m);
}

static void test_channels__work_side_by_side(void **state)
{
	(void)state;
	struct pv_dram_config c = plain;
	c.n_channels = 2;
	c.interleave_bytes = 128;
	struct pv_dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, 128, 1000000, 35000); /* the other channel */
	assert_read(m, 64, 1000000, 40000);  /* the first: row open 30 ns later, its bus busy 5 ns */
	assert_read(m, 256, 2000000, 15000); /* the first again, same row */
	pv_dram_free(m);
}

static void test_refresh__closes_rows_and_takes_time(void **state)
{
	(void)state;
	struct pv_dram_config c = plain;
	c.t_refi = 1000000;
	c.t_rfc = 100000;
	struct pv_dram_memory *m = make(&c);
	assert_read(m, 0, 500000, 35000);
	assert_read(m, 64, 600000, 15000);
	assert_read(m, 128, 1020000, 80000 + 35000); /* waits until 1100 ns; the row is closed */
	assert_read(m, 192, 1500000, 15000);
	pv_dram_free(m);
}

static void test_controller__adds_its_pipeline(void **state)
{
	(void)state;
	struct pv_dram_config c = plain;
	c.t_frontend = 7000;
	c.t_backend = 3000;
	struct pv_dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 45000);
	pv_dram_free(m);
}

static void test_config__impossible_ones_are_refused(void **state)
{
	(void)state;
	struct pv_dram_memory *m = NULL;
	struct pv_error err;
	struct pv_dram_config c = plain;
	c.n_channels = 3;
	assert_int_equal(pv_dram_new(&c, &m, &err), PV_ERR_RANGE);
	c = plain;
	c.row_bytes = 32;
	assert_int_equal(pv_dram_new(&c, &m, &err), PV_ERR_RANGE);
	c = plain;
	c.t_refi = c.t_rfc = 10;
	assert_int_equal(pv_dram_new(&c, &m, &err), PV_ERR_RANGE);
	assert_null(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows__closed_open_conflict),
	    cmocka_unit_test(test_rows__must_stay_open_for_tras),
	    cmocka_unit_test(test_rows__closed_policy_never_hits_nor_conflicts),
	    cmocka_unit_test(test_rows__are_closed_after_so_many_accesses),
	    cmocka_unit_test(test_bus__bursts_queue),
	    cmocka_unit_test(test_bus__earlier_request_made_later_is_not_held_up),
	    cmocka_unit_test(test_bus__long_lines_take_several_bursts),
	    cmocka_unit_test(test_bus__writes_take_their_place),
	    cmocka_unit_test(test_channels__work_side_by_side),
	    cmocka_unit_test(test_refresh__closes_rows_and_takes_time),
	    cmocka_unit_test(test_controller__adds_its_pipeline),
	    cmocka_unit_test(test_config__impossible_ones_are_refused),
	};
	return cmocka_run_group_tests_name("dram", tests, NULL, NULL);
}
