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

#include "sim/core.h"
#include "sim/dram/dram.h"
#include "support/sim_run.h"
#include "uarch/uarch.h"

/* What a test changes: the controller, or the type of memory behind it. */
struct config {
	struct uarch_memory controller;
	struct uarch_dram device;
};

static const struct config plain = {
    .controller = {.n_channels = 1, .interleave_bytes = 64},
    .device = {.bus_bits = 64,
               .burst_beats = 8,
               .n_devices = 1,
               .n_ranks = 1,
               .n_banks = 4,
               .device_row_bytes = 1024,
               .tburst_ps = 5000,
               .tcl_ps = 10000,
               .trcd_ps = 20000,
               .trp_ps = 30000,
               .tras_ps = 40000},
};

enum { ROW = 1024, BANKS = 4 * 1024 };

static struct dram_memory *make(const struct config *config)
{
	struct dram_memory *m = NULL;
	assert_int_equal(dram_new(&config->controller, &config->device, &m, NULL), PV_OK);
	return m;
}

static void assert_read(struct dram_memory *m, uint64_t addr, uint64_t at, uint64_t latency)
{
	assert_int_equal(dram_read(m, addr, 64, at) - at, latency);
}

static void test_rows__closed_open_conflict(void **state)
{
	(void)state;
	struct dram_memory *m = make(&plain);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, 64, 1100000, 15000);
	assert_read(m, BANKS, 1200000, 65000); /* same bank, next row */
	assert_read(m, ROW, 1300000, 35000);   /* next bank */
	assert_int_equal(dram_stats(m)->n_row_hits, 1);
	assert_int_equal(dram_stats(m)->n_row_misses, 3);
	dram_free(m);
}

static void test_rows__must_stay_open_for_tras(void **state)
{
	(void)state;
	struct dram_memory *m = make(&plain);
	assert_read(m, 0, 1000000, 35000);
	/* opened at 1000 ns, so that it is closed at 1040 ns at the earliest: 10 ns later than asked */
	assert_read(m, BANKS, 1030000, 10000 + 65000);
	dram_free(m);
}

static void test_rows__closed_policy_never_hits_nor_conflicts(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.page_policy = UARCH_PAGE_CLOSE_ADAPTIVE;
	struct dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, 64, 1200000, 35000);
	assert_read(m, BANKS, 1400000, 35000);
	dram_free(m);
}

static void test_rows__are_closed_after_so_many_accesses(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.max_accesses_per_row = 2;
	struct dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, 64, 1200000, 15000);
	assert_read(m, 128, 1400000, 35000);
	dram_free(m);
}

static void test_bus__bursts_queue(void **state)
{
	(void)state;
	struct dram_memory *m = make(&plain);
	/* four banks at once: rows open in parallel, data one after the other */
	for (uint64_t i = 0; i < 4; i++)
		assert_read(m, i * ROW, 1000000, 35000 + i * 5000);
	dram_free(m);
}

static void test_bus__earlier_request_made_later_is_not_held_up(void **state)
{
	(void)state;
	struct dram_memory *m = make(&plain);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, ROW, 900000, 35000);
	dram_free(m);
}

static void test_bus__long_lines_take_several_bursts(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.burst_beats = 2;
	struct dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 30000 + 4 * 5000);
	dram_free(m);
}

static void test_rank__row_openings_keep_their_distance(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.trrd_ps = 8000;
	struct dram_memory *m = make(&c);
	for (uint64_t i = 0; i < 4; i++) /* tRRD is longer than a burst: it, not the bus, sets the pace */
		assert_read(m, i * ROW, 1000000, 35000 + i * 8000);
	dram_free(m);
	c.device.n_bank_groups = 2; /* banks 0 and 2, 1 and 3 */
	c.device.trrd_l_ps = 20000;
	m = make(&c);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, ROW, 1000000, 35000 + 8000);
	assert_read(m, 2 * ROW, 1000000, 35000 + 20000);
	dram_free(m);
}

static void test_rank__only_so_many_openings_in_a_window(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.n_activates = 2;
	c.device.txaw_ps = 50000;
	struct dram_memory *m = make(&c);
	assert_read(m, 0 * ROW, 1000000, 35000);
	assert_read(m, 1 * ROW, 1000000, 40000);
	assert_read(m, 2 * ROW, 1000000, 50000 + 35000); /* 50 ns after the first opening */
	assert_read(m, 3 * ROW, 1000000, 50000 + 40000);
	assert_read(m, 0 * ROW + 64, 1000000, 45000); /* its row is open: no opening, and the bus is free */
	dram_free(m);
}

static void test_groups__bursts_to_one_group_are_further_apart(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.n_bank_groups = 4;
	c.device.tccd_l_ps = 7000;
	struct dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, 64, 1000000, 35000 + 7000);
	assert_read(m, ROW, 1000000, 35000 + 12000); /* another group: a burst after the second; in between is no room for it */
	dram_free(m);
}

static void test_groups__bursts_interleave_once(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.n_bank_groups = 4;
	c.device.tburst_min_ps = 2500; /* half a burst */
	c.device.tburst_max_ps = c.device.tccd_l_ps = 10000;
	struct dram_memory *m = make(&c);
	assert_read(m, 0 * ROW, 1000000, 35000);
	assert_read(m, 1 * ROW, 1000000, 35000 + 2500); /* in the gap of the first */
	assert_read(m, 2 * ROW, 1000000, 35000 + 2500 + 5000);
	assert_read(m, 3 * ROW, 1000000, 35000 + 2500 + 5000 + 2500);
	dram_free(m);
}

static void test_turnaround__between_reads_writes_and_ranks(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.n_ranks = 2;
	c.device.trtw_ps = 3000;
	c.device.twtr_ps = 6000;
	c.device.tcs_ps = 2000;
	struct dram_memory *m = make(&c);                                          /* no write queue: a write goes at once */
	assert_read(m, 0, 1000000, 35000);                                         /* command at 1020 */
	assert_read(m, BANKS, 1000000, 35000 + 5000 + 2000);                       /* the other rank: 1027 */
	dram_write(m, BANKS + 64, 64, 1000000);                                    /* tRTW + tBURST behind it: 1035 */
	assert_read(m, BANKS + 128, 1000000, 35000 + 10000 + 5000 + 6000 + 15000); /* tCL + tBURST + tWTR behind that: 1056 */
	assert_int_equal(dram_stats(m)->n_writes, 1);
	dram_free(m);
}

static void test_write__row_is_closed_after_write_recovery(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.twr_ps = 40000;
	struct dram_memory *m = make(&c);
	dram_write(m, 0, 64, 1000000); /* command at 1020, data until 1035, row until 1075; then tRP, tRCD, tCL, tBURST */
	assert_read(m, BANKS, 1000000, 75000 + 30000 + 35000);
	assert_int_equal(dram_stats(m)->n_row_misses, 2);
	dram_free(m);
}

static void test_write_queue__writes_wait_until_there_are_many(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.n_write_buffer = 64; /* from 33 on, and down to 15 */
	struct dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 35000);
	for (uint64_t i = 0; i < 32; i++)
		assert_int_equal(dram_write(m, 100 * BANKS + 64 * i, 64, 2000000), 2000000);
	assert_read(m, 64, 2000000, 15000);           /* the row is open still: no write disturbed it */
	assert_read(m, 100 * BANKS + 64, 2100000, 0); /* this one is taken from the queue */
	dram_write(m, 100 * BANKS + 64, 64, 2150000); /* merges with the one that waits */
	/* one more: 18 of them go, 16 to one row (tRP, tRCD: from 2250 to 2325) and two to the next (tRCD: 2345 and 2350); then the read */
	dram_write(m, 100 * BANKS + 64 * 32, 64, 2200000);
	assert_read(m, 3 * ROW, 2200000, 150000 + 35000);
	dram_free(m);
}

static void test_write_queue__full_one_holds_writes_up(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.n_write_buffer = 2; /* written as soon as there are two */
	struct dram_memory *m = make(&c);
	static const uint64_t accepted[] = {1000000, 1000000, 1020000, 1090000, 1160000};
	/* rows of one bank: commands at 1020, 1090 (tRAS after 1000, then tRP and tRCD), 1160, 1230 */
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(dram_write(m, i * BANKS, 64, 1000000), accepted[i]);
	assert_int_equal(dram_stats(m)->n_row_misses, 4);
	dram_free(m);
}

static void test_rows__closed_policy_keeps_a_row_that_is_waited_for(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.page_policy = UARCH_PAGE_CLOSE_ADAPTIVE;
	struct dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 35000);   /* its command goes at 1020 */
	assert_read(m, 64, 1010000, 30000);  /* had come by then: the row stays open, the bus is free from 1035 */
	assert_read(m, 128, 1030000, 75000); /* had not: closed at 1040 (tRAS), opened again at 1070 (tRP) */
	dram_free(m);
}

static void test_channels__work_side_by_side(void **state)
{
	(void)state;
	struct config c = plain;
	c.controller.n_channels = 2;
	c.controller.interleave_bytes = 128;
	struct dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 35000);
	assert_read(m, 128, 1000000, 35000); /* the other channel */
	assert_read(m, 64, 1000000, 40000);  /* the first: row open 30 ns later, its bus busy 5 ns */
	assert_read(m, 256, 2000000, 15000); /* the first again, same row */
	dram_free(m);
}

static void test_refresh__closes_rows_and_takes_time(void **state)
{
	(void)state;
	struct config c = plain;
	c.device.trefi_ps = 1000000;
	c.device.trfc_ps = 100000;
	struct dram_memory *m = make(&c);
	assert_read(m, 0, 500000, 35000);
	assert_read(m, 64, 600000, 15000);
	assert_read(m, 128, 1020000, 80000 + 35000); /* waits until 1100 ns; the row is closed */
	assert_read(m, 192, 1500000, 15000);
	dram_free(m);
}

static void test_controller__adds_its_pipeline(void **state)
{
	(void)state;
	struct config c = plain;
	c.controller.frontend_latency_ps = 7000;
	c.controller.backend_latency_ps = 3000;
	struct dram_memory *m = make(&c);
	assert_read(m, 0, 1000000, 45000);
	dram_free(m);
}

/* Every listed type, as machines get it: what a read of a closed and of an open row takes, and how fast a stream of lines comes. */
static void test_types__keep_their_data_sheets_times(void **state)
{
	(void)state;
	struct pv_uop nop = {.op_class = PV_OP_IntAlu};
	for (int32_t type = 0; type < UARCH_N_DRAM_TYPES; type++) {
		const struct uarch_dram *d = uarch_dram_lookup(type);
		char change[96];
		(void)snprintf(change, sizeof change, "memory.type=%s memory.n_channels=1", d->name);
		struct pv_uarch *u = sim_machine("o3", change);
		struct sim_core core;
		assert_int_equal(sim_core_init(&core, u, &nop, 1, NULL), PV_OK);
		struct dram_memory *m = core.memory.dram;
		uint32_t n_bursts = (uint32_t)(64 * 8 / (d->bus_bits * d->burst_beats)), controller = 20000;
		uint64_t behind = n_bursts > 1 ? (uint64_t)(n_bursts - 1) * (uint64_t)(d->tccd_l_ps > 0 ? d->tccd_l_ps : d->tburst_ps) : 0;
		uint64_t data = (uint64_t)(d->tcl_ps + d->tburst_ps) + behind + controller, first = 1000000;
		assert_int_equal(dram_read(m, 0, 64, first), first + (uint64_t)d->trcd_ps + data);
		bool closes = d->page_policy == UARCH_PAGE_CLOSE_ADAPTIVE;
		assert_int_equal(dram_read(m, 64, 64, 2 * first), 2 * first + (closes ? (uint64_t)d->trcd_ps : 0) + data);
		/* 64 kB that are asked for at once come no faster than the bus allows, and no slower than half of that */
		uint64_t last = 0, start = 3 * first;
		for (uint64_t addr = 0; addr < 65536; addr += 64) {
			uint64_t at = dram_read(m, addr, 64, start);
			last = at > last ? at : last;
		}
		double rate = 65536 / ((double)(last - start) * 1e-12) / 1e6;
		if (rate > d->peak_mb_per_s || rate < d->peak_mb_per_s / 2.0)
			fail_msg("%s: %.0f MB/s of %d", d->name, rate, d->peak_mb_per_s);
		sim_core_release(&core);
		pv_uarch_free(u);
	}
}

static void test_config__impossible_ones_are_refused(void **state)
{
	(void)state;
	struct dram_memory *m = NULL;
	struct pv_error err;
	struct config c = plain;
	c.controller.n_channels = 3;
	assert_int_equal(dram_new(&c.controller, &c.device, &m, &err), PV_ERR_RANGE);
	c = plain;
	c.device.device_row_bytes = 32;
	assert_int_equal(dram_new(&c.controller, &c.device, &m, &err), PV_ERR_RANGE);
	c = plain;
	c.device.trefi_ps = c.device.trfc_ps = 10;
	assert_int_equal(dram_new(&c.controller, &c.device, &m, &err), PV_ERR_RANGE);
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
	    cmocka_unit_test(test_rank__row_openings_keep_their_distance),
	    cmocka_unit_test(test_rank__only_so_many_openings_in_a_window),
	    cmocka_unit_test(test_groups__bursts_to_one_group_are_further_apart),
	    cmocka_unit_test(test_groups__bursts_interleave_once),
	    cmocka_unit_test(test_turnaround__between_reads_writes_and_ranks),
	    cmocka_unit_test(test_write__row_is_closed_after_write_recovery),
	    cmocka_unit_test(test_write_queue__writes_wait_until_there_are_many),
	    cmocka_unit_test(test_write_queue__full_one_holds_writes_up),
	    cmocka_unit_test(test_rows__closed_policy_keeps_a_row_that_is_waited_for),
	    cmocka_unit_test(test_channels__work_side_by_side),
	    cmocka_unit_test(test_refresh__closes_rows_and_takes_time),
	    cmocka_unit_test(test_controller__adds_its_pipeline),
	    cmocka_unit_test(test_types__keep_their_data_sheets_times),
	    cmocka_unit_test(test_config__impossible_ones_are_refused),
	};
	return cmocka_run_group_tests_name("dram", tests, NULL, NULL);
}
