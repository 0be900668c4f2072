/*
 * 401_cache_hierarchy.c - hits, misses, MSHRs, victims and inclusion, to the cycle
 *
 *   core cycle 1 ns. L1: tags and data 2, response 1. Crossbar 1 each way. L2: 10, response 5. Memory crossbar: 7 ns there, 2 ns back.
 *   DRAM: closed row 20 + 10 ns, burst 5 ns, controller 10 + 10 ns.
 *
 *   L2 hit    2 + 1 + 10 + 1 + 1 = 15
 *   memory    2 + 1 + 10 | +7 to DRAM, 20 + 10 + 5 + 20 = 62, +2 back | + 5 + 1 + 1 = 84      (row open: 64)
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/cache/memory.h"

enum { L2_HIT = 15, MEMORY_CLOSED = 84, MEMORY_OPEN = 64, SET_STRIDE = 8 * 64 };

static const struct uarch_dram dram = {.bus_bits = 64,
                                       .burst_beats = 8,
                                       .n_devices = 1,
                                       .n_ranks = 1,
                                       .n_banks = 8,
                                       .device_row_bytes = 8192,
                                       .tburst_ps = 5000,
                                       .tcl_ps = 10000,
                                       .trcd_ps = 20000,
                                       .trp_ps = 30000};

static struct pv_uarch plain(void)
{
	struct uarch_cache l1 = {.present = 1,
	                         .size_bytes = 1024,
	                         .assoc = 2,
	                         .tag_latency_cycles = 2,
	                         .data_latency_cycles = 2,
	                         .response_latency_cycles = 1,
	                         .n_mshrs = 4,
	                         .n_targets_per_mshr = 4,
	                         .n_write_buffers = 4,
	                         .n_prefetch_queue = 8};
	struct uarch_cache l2 = l1;
	l2.size_bytes = 4096;
	l2.assoc = 4; /* 16 sets */
	l2.tag_latency_cycles = l2.data_latency_cycles = 10;
	l2.response_latency_cycles = 5;
	l2.n_mshrs = 8;
	return (struct pv_uarch){
	    .core.period_ps = 1000,
	    .l1i = l1,
	    .l1d = l1,
	    .l2 = l2,
	    .memory = {.n_channels = 1, .interleave_bytes = 64, .frontend_latency_ps = 10000, .backend_latency_ps = 10000},
	    .bus = {.l2_frontend_cycles = 1,
	            .l2_response_cycles = 1,
	            .l2_width_bytes = 64,
	            .memory_period_ps = 1000,
	            .memory_frontend_cycles = 3,
	            .memory_forward_cycles = 4,
	            .memory_response_cycles = 2,
	            .memory_width_bytes = 64}};
}

static void make(struct cache_memory *m, const struct pv_uarch *uarch)
{
	struct pv_error err;
	assert_int_equal(cache_memory_init(m, uarch, &dram, &err), PV_OK);
}

static void assert_load(struct cache_memory *m, uint64_t addr, uint64_t at, uint64_t ready, int depth)
{
	struct cache_access a = cache_memory_load(m, 0, addr, at);
	assert_int_equal(a.ready_at, ready);
	assert_int_equal(a.depth, depth);
}

static void test_hierarchy__each_level_costs_what_it_says(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	make(&m, &c);
	assert_load(&m, 0x0, 1000, 1000 + MEMORY_CLOSED, 2);
	assert_load(&m, 0x3f, 2000, 2002, 0);
	/* two more lines of the set push it out of L1; the inclusive L2 still has it */
	assert_load(&m, SET_STRIDE, 3000, 3000 + MEMORY_OPEN, 2);
	assert_load(&m, 2 * SET_STRIDE, 4000, 4000 + MEMORY_OPEN, 2);
	assert_load(&m, 0x0, 5000, 5000 + L2_HIT, 1);
	assert_int_equal(m.l1d.n_misses, 4);
	assert_int_equal(m.lower[0].n_accesses, 4);
	assert_int_equal(m.lower[0].n_misses, 3);
	cache_memory_release(&m);
}

static void test_hierarchy__without_l2_misses_go_to_memory(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l2.present = 0;
	make(&m, &c);
	assert_load(&m, 0x0, 1000, 1000 + 2 + 7 + 55 + 2 + 1, 2);
	cache_memory_release(&m);
}

static void test_hierarchy__instruction_and_data_share_l2(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	make(&m, &c);
	struct cache_access a = cache_memory_fetch(&m, 0x100, 1000);
	assert_int_equal(a.depth, 2);
	assert_load(&m, 0x100, 2000, 2000 + L2_HIT, 1);
	cache_memory_release(&m);
}

static void test_lru__the_least_recently_used_way_goes(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	make(&m, &c);
	cache_memory_load(&m, 0, 0, 1000);
	cache_memory_load(&m, 0, SET_STRIDE, 2000);
	cache_memory_load(&m, 0, 0, 3000); /* now SET_STRIDE is the older one */
	cache_memory_load(&m, 0, 2 * SET_STRIDE, 4000);
	assert_load(&m, 0, 5000, 5002, 0);
	assert_load(&m, SET_STRIDE, 6000, 6000 + L2_HIT, 1);
	cache_memory_release(&m);
}

static void test_mshr__access_to_a_missing_line_joins_it(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	make(&m, &c);
	assert_load(&m, 0x00, 1000, 1084, 2);
	assert_load(&m, 0x00, 1010, 1084, 0);
	assert_load(&m, 0x20, 1010, 1085, 0); /* not the word that was asked for first: behind its packet of one cycle */
	assert_load(&m, 0x30, 1083, 1085, 0); /* as late as a hit would be */
	assert_int_equal(m.l1d.n_misses, 1);
	cache_memory_release(&m);
}

static void test_mshr__targets_are_limited(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l1d.n_targets_per_mshr = 2;
	make(&m, &c);
	cache_memory_load(&m, 0, 0x40 * 9, 100); /* a line that will hit */
	assert_load(&m, 0x00, 1000, 1000 + MEMORY_OPEN, 2);
	assert_load(&m, 0x08, 1001, 1000 + MEMORY_OPEN + 1, 0);
	/* the MSHR is full: nothing is accepted until the line arrives, a cycle before its readers have it; then, a cycle later, hits of 2
	 */
	assert_load(&m, 0x10, 1002, 1000 + MEMORY_OPEN - 1 + 1 + 2, 0);
	assert_load(&m, 0x40 * 9, 1003, 1000 + MEMORY_OPEN - 1 + 1 + 2, 0);
	cache_memory_release(&m);
}

static void test_mshr__full_cache_accepts_nothing(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l1d.n_mshrs = 2;
	c.memory.n_channels = 4; /* no waiting in DRAM */
	make(&m, &c);
	cache_memory_load(&m, 0, 0x40 * 9, 100); /* a line that will hit */
	assert_load(&m, 0x40 * 0, 1000, 1000 + MEMORY_CLOSED, 2);
	assert_load(&m, 0x40 * 2, 1000, 1000 + MEMORY_CLOSED + 2, 2); /* its reply follows the first one's of two cycles */
	/* both held until the first line arrives at 1083: a hit comes again a cycle later, and so does a third miss */
	struct cache_access hit = cache_memory_load(&m, 0, 0x40 * 9, 1040);
	assert_int_equal(hit.sent_at, 1084);
	assert_int_equal(hit.ready_at, 1086);
	struct cache_access third = cache_memory_load(&m, 0, 0x40 * 3, 1040);
	assert_int_equal(third.sent_at, 1084);
	assert_int_equal(third.ready_at, 1084 + MEMORY_CLOSED);
	cache_memory_release(&m);
}

static void test_victim__dirty_lines_move_down(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l2.size_bytes = 1024; /* 2 sets of 8 */
	c.l2.assoc = 8;
	make(&m, &c);
	cache_memory_store(&m, 0, 0, 8, 1000);
	for (uint64_t i = 1; i <= 2; i++)
		cache_memory_load(&m, 0, i * SET_STRIDE, 1000 + 1000 * i); /* out of L1 */
	assert_int_equal(dram_stats(m.dram)->n_writes, 0);
	for (uint64_t i = 3; i <= 10; i++)
		cache_memory_load(&m, 0, i * SET_STRIDE, 1000 + 1000 * i); /* and, of 8 ways, out of L2 */
	assert_int_equal(dram_stats(m.dram)->n_writes, 1);
	cache_memory_release(&m);
}

static void test_victim__without_l2_dirty_lines_go_to_memory_and_clean_ones_nowhere(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l2.present = 0;
	make(&m, &c);
	cache_memory_store(&m, 0, 0, 8, 1000);
	for (uint64_t i = 1; i <= 4; i++)
		cache_memory_load(&m, 0, i * SET_STRIDE, 1000 + 1000 * i);
	assert_int_equal(dram_stats(m.dram)->n_writes, 1);
	cache_memory_release(&m);
}

static void test_exclusive__l2_takes_lines_only_from_above(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l2.inclusion = UARCH_INCLUSION_EXCLUSIVE;
	make(&m, &c);
	cache_memory_load(&m, 0, 0, 1000);
	cache_memory_load(&m, 0, SET_STRIDE, 2000);
	cache_memory_load(&m, 0, 2 * SET_STRIDE, 3000); /* pushes 0 out: clean, dropped */
	assert_load(&m, 0, 4000, 4000 + MEMORY_OPEN, 2);
	cache_memory_release(&m);

	c.l1d.writeback_clean = 1;
	make(&m, &c);
	cache_memory_load(&m, 0, 0, 1000);
	cache_memory_load(&m, 0, SET_STRIDE, 2000);
	cache_memory_load(&m, 0, 2 * SET_STRIDE, 3000); /* pushes 0 out, into L2 */
	assert_load(&m, 0, 4000, 4000 + L2_HIT, 1);
	struct cache_line *left = cache_find(&m.lower[0], 0);
	assert_null(left); /* it went up */
	cache_memory_release(&m);
}

static void test_exclusive__dirt_goes_up_and_down_with_the_line(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l2.inclusion = UARCH_INCLUSION_EXCLUSIVE;
	make(&m, &c);
	cache_memory_store(&m, 0, 0, 8, 1000);
	cache_memory_load(&m, 0, SET_STRIDE, 2000);
	cache_memory_load(&m, 0, 2 * SET_STRIDE, 3000); /* 0 to L2, dirty */
	assert_load(&m, 0, 4000, 4000 + L2_HIT, 1);     /* back, still dirty; SET_STRIDE goes */
	cache_memory_load(&m, 0, SET_STRIDE, 5000);     /* 2 * SET_STRIDE goes */
	cache_memory_load(&m, 0, 2 * SET_STRIDE, 6000); /* 0 goes again */
	struct cache_line *line = cache_find(&m.lower[0], 0);
	assert_non_null(line);
	assert_true(line->dirty);
	cache_memory_release(&m);
}

static void test_prefetch__third_access_of_a_stride_runs_ahead(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l1d.prefetcher = UARCH_PREFETCHER_STRIDE;
	c.l1d.prefetch_degree = 2;
	c.l1d.n_mshrs = 8;
	make(&m, &c);
	/* one instruction, line after line: the third confirms the stride and brings two more */
	for (uint64_t i = 0; i < 3; i++)
		cache_memory_load(&m, 0x1000, i * 64, 1000 + 1000 * i);
	struct cache_access a = cache_memory_load(&m, 0x1000, 3 * 64, 4000);
	assert_int_equal(a.ready_at, 4002);
	assert_int_equal(m.l1d.n_prefetches, 2);
	a = cache_memory_load(&m, 0x1000, 4 * 64, 5000);
	assert_int_equal(a.ready_at, 5002);
	assert_int_equal(m.l1d.n_misses, 3);
	/* it learns from misses only: the next miss is no stride of its own any more, nothing runs ahead */
	a = cache_memory_load(&m, 0x1000, 5 * 64, 6000);
	assert_int_equal(a.depth, 2);
	cache_memory_release(&m);
}

static void test_prefetch__asked_too_late_waits_for_the_rest(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l1d.prefetcher = UARCH_PREFETCHER_STRIDE;
	c.l1d.prefetch_degree = 1;
	c.l1d.prefetch_on_access = 1;
	make(&m, &c);
	for (uint64_t i = 0; i < 3; i++)
		cache_memory_load(&m, 0x1000, i * 64, 1000 + 1000 * i);
	/* sent a cycle after the third access; the row is open */
	struct cache_access a = cache_memory_load(&m, 0x1000, 3 * 64, 3010);
	assert_int_equal(a.ready_at,
	                 3001 + MEMORY_OPEN + 4); /* its burst of 5 ns waits behind the third access's, which began 1 ns before */
	assert_int_equal(a.depth, 0);
	cache_memory_release(&m);
}

static void test_prefetch__stays_in_the_page_and_needs_a_stride(void **state)
{
	(void)state;
	struct cache_prefetch_unit p = {.kind = UARCH_PREFETCHER_STRIDE, .degree = 4, .line_bytes = 64};
	uint64_t addrs[CACHE_PREFETCH_MAX_DEGREE];
	assert_int_equal(cache_prefetch_step(&p, 0x10, 0xe80, addrs), 0);
	assert_int_equal(cache_prefetch_step(&p, 0x10, 0xec0, addrs), 0);
	assert_int_equal(cache_prefetch_step(&p, 0x10, 0xf00, addrs), 3); /* 0xf40, 0xf80, 0xfc0; 0x1000 is another page */
	assert_int_equal(addrs[0], 0xf40);
	assert_int_equal(addrs[2], 0xfc0);
	assert_int_equal(cache_prefetch_step(&p, 0x20, 0x2000, addrs), 0);
	assert_int_equal(cache_prefetch_step(&p, 0x20, 0x2008, addrs), 0);
	assert_int_equal(cache_prefetch_step(&p, 0x20, 0x2010, addrs), 4); /* a stride below a line: whole lines */
	assert_int_equal(addrs[0], 0x2050);
	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(cache_prefetch_step(&p, 0x30, 0x3000 + i * i * 8 % 4096, addrs), 0);
}

static void test_prefetch__into_l2_of_lines_that_nobody_above_holds(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l2.prefetcher = UARCH_PREFETCHER_STRIDE;
	c.l2.prefetch_degree = 2;
	c.l2.prefetch_on_access = 1;
	make(&m, &c);
	cache_memory_load(&m, 0, 4 * 64, 100); /* in L1 and L2 already */
	for (uint64_t i = 0; i < 3; i++)
		cache_memory_load(&m, 0x1000, i * 64, 1000 + 1000 * i);
	struct cache_access a = cache_memory_load(&m, 0x1000, 3 * 64, 4000);
	assert_int_equal(a.ready_at, 4000 + L2_HIT);
	assert_int_equal(a.depth, 1);
	assert_int_equal(m.lower[0].n_prefetches, 1);
	cache_memory_release(&m);
}

static void test_prefetch__next_line_needs_no_history(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l1i.prefetcher = UARCH_PREFETCHER_NEXT_LINE;
	c.l1i.prefetch_degree = 1;
	make(&m, &c);
	struct cache_access a = cache_memory_fetch(&m, 0x000, 1000);
	assert_int_equal(a.ready_at, 1000 + MEMORY_CLOSED);
	a = cache_memory_fetch(&m, 0x040, 2000); /* brought in behind the first, in its row */
	assert_int_equal(a.ready_at, 2002);
	assert_int_equal(m.l1i.n_prefetches, 1);
	a = cache_memory_fetch(&m, 0x080, 3000); /* that was no miss: nothing runs ahead of it */
	assert_int_equal(a.depth, 2);
	assert_int_equal(m.l1d.n_prefetches, 0);
	cache_memory_release(&m);
}

static void test_prefetch__waits_for_an_mshr_that_no_miss_needs(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l1d.prefetcher = UARCH_PREFETCHER_NEXT_LINE;
	c.l1d.prefetch_degree = 2; /* of four MSHRs two are kept for misses */
	make(&m, &c);
	assert_load(&m, 0x000, 1000, 1000 + MEMORY_CLOSED, 2);
	cache_memory_load(&m, 0, 0x800, 1040); /* 0x040 went at 1001: two MSHRs are held */
	assert_int_equal(m.l1d.n_prefetches, 1);
	/* 0x080 goes when only one line is missing: the first came at 1083, the second, behind its burst, at 1087 */
	assert_load(&m, 0x080, 1090, 1087 + MEMORY_OPEN + 1, 0);
	assert_int_equal(m.l1d.n_prefetches, 2);
	cache_memory_release(&m);
}

static void test_prefetch__full_queue_forgets_the_oldest(void **state)
{
	(void)state;
	struct cache_prefetch_unit p = {.kind = UARCH_PREFETCHER_NEXT_LINE, .degree = 1, .line_bytes = 64, .queue_size = 2};
	cache_prefetch_queue(&p, 0, 0x040, 1);
	cache_prefetch_queue(&p, 0, 0x080, 2);
	cache_prefetch_queue(&p, 0, 0x040, 3); /* is there */
	assert_int_equal(cache_prefetch_next(&p)->ready_at, 1);
	cache_prefetch_queue(&p, 0, 0x0c0, 4);
	assert_int_equal(cache_prefetch_next(&p)->addr, 0x080);
	cache_prefetch_cancel(&p, 0x08f); /* somebody asks for the line itself */
	assert_int_equal(cache_prefetch_next(&p)->addr, 0x0c0);
	cache_prefetch_drop_next(&p);
	assert_null(cache_prefetch_next(&p));
}

static void test_bus__narrow_crossbar_takes_longer_per_line(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.bus.l2_width_bytes = 8; /* a reply holds the L1D's side for 1 + 8 cycles */
	make(&m, &c);
	cache_memory_load(&m, 0, 0x000, 1000);
	cache_memory_load(&m, 0, 0x040, 2000);
	cache_memory_load(&m, 0, SET_STRIDE, 3000);
	cache_memory_load(&m, 0, SET_STRIDE + 0x40, 4000);
	cache_memory_load(&m, 0, 2 * SET_STRIDE, 5000); /* 0x000 and 0x040 are in L2 only */
	cache_memory_load(&m, 0, 2 * SET_STRIDE + 0x40, 6000);
	assert_load(&m, 0x000, 7000, 7000 + L2_HIT, 1);
	assert_load(&m, 0x008, 7001, 7000 + L2_HIT + 8, 0); /* another word: behind the packet */
	assert_load(&m, 0x040, 7001, 7000 + L2_HIT + 9, 1); /* ready in L2 a cycle later, but the crossbar is busy for nine */
	cache_memory_release(&m);
}

static void test_bus__lines_from_memory_come_one_after_the_other(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.bus.memory_width_bytes = 4; /* 1 + 16 ns a line, more than a burst of DRAM */
	c.memory.n_channels = 4;
	make(&m, &c);
	assert_load(&m, 0x000, 1000, 1000 + MEMORY_CLOSED, 2);
	assert_load(&m, 0x040, 1000, 1000 + MEMORY_CLOSED + 17, 2);
	assert_load(&m, 0x080, 1000, 1000 + MEMORY_CLOSED + 34, 2);
	cache_memory_release(&m);
}

static void test_write_buffer__full_one_blocks_the_cache(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l1d.n_write_buffers = 1;
	c.bus.l2_width_bytes = 1; /* a dirty line holds the way down for 65 cycles */
	make(&m, &c);
	for (uint64_t i = 0; i < 2; i++) { /* two sets full of dirty lines */
		cache_memory_store(&m, 0, i * SET_STRIDE, 8, 1000 + 1000 * i);
		cache_memory_store(&m, 0, i * SET_STRIDE + 0x40, 8, 3000 + 1000 * i);
	}
	/* its line arrives at 5083, then 0x000 waits in the only write buffer; it leaves at 5085 (tags) for a cycle: accepted again at 5086
	 */
	assert_load(&m, 2 * SET_STRIDE, 5000, 5000 + MEMORY_OPEN, 2);
	struct cache_access a = cache_memory_load(&m, 0, 2 * SET_STRIDE, 5000 + MEMORY_OPEN - 1);
	assert_int_equal(a.sent_at, 5000 + MEMORY_OPEN - 1 + 4);
	/* the next victim finds the way down taken for 65 cycles from 5065 on */
	cache_memory_load(&m, 0, 2 * SET_STRIDE + 0x40, 5070);
	a = cache_memory_load(&m, 0, 2 * SET_STRIDE, 5300);
	assert_int_equal(a.sent_at, 5300);
	cache_memory_release(&m);
}

/*
 * Stores of 16 bytes to a line that misses at 1000: its request leaves the L1D at 1002 (tags). Without data it is answered by the crossbar
 * above memory: 1002 | 1 + 10, + 7 there and back | + 5 + 1 + 1 = 1027.
 */
enum { LEAVES = 1002, OWNED = 1027 };

static struct cache_access store_line(struct cache_memory *m, uint64_t last_at)
{
	static const uint64_t at[] = {1000, 1000, 1001};
	for (uint64_t i = 0; i < 3; i++) {
		struct cache_access a = cache_memory_store(m, 0, 16 * i, 16, at[i]);
		assert_int_equal(a.opens_line, i == 0);
		assert_false(a.covers_line);
		assert_true(a.ready_at >= 1000 + MEMORY_CLOSED);
	}
	return cache_memory_store(m, 0, 48, 16, last_at);
}

static void test_whole_line__stores_that_cover_it_need_no_data(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l1d.n_targets_per_mshr = 8;
	make(&m, &c);
	struct cache_access a = store_line(&m, LEAVES - 1);
	assert_true(a.covers_line);
	assert_int_equal(a.ready_at, OWNED);
	assert_int_equal(dram_stats(m.dram)->n_reads, 0);
	assert_int_equal(m.l1d.n_misses, 1);
	assert_int_equal(m.lower[0].n_misses, 0);
	assert_false(cache_holds(&m.lower[0], 0)); /* no copy passed through */
	assert_load(&m, 8, 1010, OWNED, 0);
	/* memory is as if it had never been asked */
	assert_load(&m, 0x40, 2000, 2000 + MEMORY_CLOSED, 2);
	/* and the line is dirty */
	cache_memory_load(&m, 0, SET_STRIDE, 3000);
	cache_memory_load(&m, 0, 2 * SET_STRIDE, 4000);
	assert_true(cache_find(&m.lower[0], 0)->dirty);
	cache_memory_release(&m);
}

static void test_whole_line__comes_too_late_when_the_request_has_left(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l1d.n_targets_per_mshr = 8;
	make(&m, &c);
	struct cache_access a = store_line(&m, LEAVES);
	assert_false(a.covers_line);
	assert_int_equal(a.ready_at, 1000 + MEMORY_CLOSED + 1);
	assert_int_equal(dram_stats(m.dram)->n_reads, 1);
	cache_memory_release(&m);
}

static void test_whole_line__a_load_wants_its_data(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l1d.n_targets_per_mshr = 8;
	make(&m, &c);
	cache_memory_store(&m, 0, 0, 32, 1000);
	assert_load(&m, 0, 1001, 1000 + MEMORY_CLOSED, 0);
	assert_false(cache_memory_store(&m, 0, 32, 32, 1001).covers_line);
	cache_memory_release(&m);
}

static void test_whole_line__full_mshr_blocks_until_it_is_owned(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain(); /* four targets */
	make(&m, &c);
	assert_true(store_line(&m, LEAVES - 1).covers_line);
	struct cache_access a = cache_memory_load(&m, 0, 0x40, 1010);
	assert_int_equal(a.sent_at, OWNED - 1 + 1);
	cache_memory_release(&m);
}

/* Stores in turns to two lines: each goes its own way. */
static void test_whole_line__several_at_a_time(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	make(&m, &c);
	cache_memory_store(&m, 0x10, 0x00, 32, 1000);
	struct cache_access other = cache_memory_store(&m, 0x20, 0x80, 32, 1000);
	struct cache_access a = cache_memory_store(&m, 0x10, 0x20, 32, 1001);
	assert_true(a.covers_line);
	assert_int_equal(a.ready_at, OWNED);
	assert_true(other.ready_at >= 1000 + MEMORY_CLOSED);
	assert_false(cache_memory_store(&m, 0x20, 0x80, 32, 1001).covers_line); /* the same half again */
	/* next time the first store's line is taken to be covered too: the other one's data come as if it were alone */
	cache_memory_load(&m, 0, 0x80, 2000);
	assert_true(cache_memory_store(&m, 0x10, 0x400, 32, 3000).expected);
	other = cache_memory_store(&m, 0x20, 0x480, 32, 3000);
	assert_false(other.expected);
	assert_int_equal(other.ready_at, 3000 + MEMORY_OPEN + 1); /* its request is a cycle behind */
	assert_true(cache_memory_store(&m, 0x10, 0x420, 32, 3001).covers_line);
	cache_memory_release(&m);
}

static void test_whole_line__teaches_prefetchers_below_nothing(void **state)
{
	(void)state;
	for (uint64_t covered = 0; covered < 2; covered++) {
		struct cache_memory m;
		struct pv_uarch c = plain();
		c.l2.prefetcher = UARCH_PREFETCHER_NEXT_LINE;
		c.l2.prefetch_degree = 1;
		make(&m, &c);
		cache_memory_store(&m, 0, 0, 32, 1000);
		cache_memory_store(&m, 0, 32, 32, covered ? 1001 : LEAVES);
		cache_memory_load(&m, 0, 0x400, 2000); /* the next access tells that the request has left for data */
		cache_memory_load(&m, 0, 0x800, 3000);
		assert_load(&m, 0x40, 4000, covered ? 4000 + MEMORY_OPEN : 4000 + L2_HIT, covered ? 2 : 1);
		cache_memory_release(&m);
	}
}

static void test_block__earlier_one_holds_although_another_came_since(void **state)
{
	(void)state;
	struct cache cache;
	struct uarch_cache c = plain().l1d;
	assert_int_equal(cache_init(&cache, "l1d", &c, UARCH_LINE_BYTES, NULL), PV_OK);
	cache_block(&cache, 100, 200);
	cache_block(&cache, 300, 400);
	cache_block(&cache, 190, 250);
	assert_int_equal(cache_accept_at(&cache, 99), 99);
	assert_int_equal(cache_accept_at(&cache, 150), 251);
	assert_int_equal(cache_accept_at(&cache, 260), 260);
	assert_int_equal(cache_accept_at(&cache, 300), 401);
	cache_release(&cache);
}

static void test_l3__lies_between_l2_and_memory(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = plain();
	c.l3 = c.l2;
	c.l3.size_bytes = 16384;
	c.l3.tag_latency_cycles = c.l3.data_latency_cycles = 20;
	c.l3.response_latency_cycles = 8;
	c.l3.present = 1;
	make(&m, &c);
	/* a crossbar of a cycle each way, its tags and its response more than without */
	assert_load(&m, 0x000, 1000, 1000 + MEMORY_CLOSED + 1 + 20 + 8 + 1, 2);
	for (uint64_t i = 1; i <= 4; i++) /* out of the four ways of L2's set, not of L3's */
		cache_memory_load(&m, 0, i * 16 * 64, 1000 + 1000 * i);
	assert_load(&m, 0x000, 9000, 9000 + 2 + 1 + 10 + 1 + 20 + 1 + 5 + 1 + 1, 1);
	assert_int_equal(cache_memory_l3(&m)->n_accesses, 6);
	assert_int_equal(cache_memory_l3(&m)->n_misses, 5);
	cache_memory_release(&m);

	c.l2.present = 0; /* the one below L1 then */
	make(&m, &c);
	assert_load(&m, 0x000, 1000, 1000 + 2 + 1 + 20 + 7 + 55 + 2 + 8 + 1 + 1, 2);
	assert_null(cache_memory_l2(&m));
	cache_memory_release(&m);
}

static struct pv_uarch translated(void)
{
	struct pv_uarch c = plain();
	c.tlb = (struct uarch_tlb){.present = 1,
	                           .page_bytes = 4096,
	                           .n_itlb = 2,
	                           .itlb_assoc = 2,
	                           .n_dtlb = 2,
	                           .dtlb_assoc = 2,
	                           .n_l2 = 4,
	                           .l2_assoc = 4,
	                           .l2_latency_cycles = 3,
	                           .n_walkers = 1,
	                           .n_walk_levels = 2};
	return c;
}

/*
 * A descriptor comes from L2 in 1 + 10 + 1 = 12, from memory in what a load takes less the L1's 2 + 1; the second level's is in another row
 * of the first one's bank (tRP more).
 */
static void test_tlb__misses_walk_through_the_caches(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = translated();
	make(&m, &c);
	assert_load(&m, 0x2000, 1000, 1000 + 3 + (MEMORY_CLOSED - 3) + (MEMORY_CLOSED - 3 + 30) + MEMORY_CLOSED, 2);
	assert_load(&m, 0x2040, 2000, 2000 + MEMORY_OPEN, 2);                 /* a page that is known */
	assert_load(&m, 0x4080, 3000, 3000 + 3 + 12 + 12 + MEMORY_CLOSED, 2); /* its descriptors are neighbours of those before */
	assert_load(&m, 0x6100, 4000, 4000 + 3 + 12 + 12 + MEMORY_CLOSED, 2); /* the third page: 0x2000's leaves the TLB of two */
	assert_load(&m, 0x2000, 5000, 5000 + 3 + 2, 0);                       /* but not the L2 TLB */
	assert_int_equal(m.tlbs.dtlb.n_misses, 4);
	assert_int_equal(m.tlbs.l2.n_misses, 3);
	assert_int_equal(m.tlbs.n_walks, 3);
	assert_int_equal(m.l1d.n_accesses, 5); /* descriptors pass it by */
	cache_memory_release(&m);
}

static void test_tlb__walkers_are_few_and_walks_are_shared(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = translated();
	make(&m, &c);
	cache_memory_load(&m, 0, 0x2000, 1000); /* now descriptors are in L2 */
	struct cache_access a = cache_memory_load(&m, 0, 0x4000, 2000), b = cache_memory_load(&m, 0, 0x4040, 2001);
	assert_int_equal(a.sent_at, 2000 + 3 + 24);
	assert_int_equal(b.sent_at, 2000 + 3 + 24); /* the same walk */
	a = cache_memory_load(&m, 0, 0x6000, 3000);
	struct cache_access fetch = cache_memory_fetch(&m, 0x1000, 3000);
	assert_int_equal(a.sent_at, 3000 + 3 + 24);
	assert_int_equal(fetch.sent_at, 3000 + 3 + 24 + 24); /* the walker is shared with instructions, and busy */
	assert_int_equal(m.tlbs.itlb.n_misses, 1);
	cache_memory_release(&m);
}

static void test_tlb__without_l2_tlb_and_with_exclusive_l2(void **state)
{
	(void)state;
	struct cache_memory m;
	struct pv_uarch c = translated();
	c.tlb.n_l2 = 0;
	c.tlb.n_walk_levels = 1;
	c.l2.inclusion = UARCH_INCLUSION_EXCLUSIVE; /* descriptors have no copy above: they stay there */
	make(&m, &c);
	cache_memory_load(&m, 0, 0x2000, 1000);
	struct cache_access a = cache_memory_load(&m, 0, 0x4000, 2000);
	assert_int_equal(a.sent_at, 2000 + 12);
	a = cache_memory_load(&m, 0, 0x6000, 3000);
	assert_int_equal(a.sent_at, 3000 + 12);
	cache_memory_release(&m);
}

static void test_random__any_way_goes_and_the_same_each_time(void **state)
{
	(void)state;
	enum { N = 64 };
	uint64_t ready[2][N];
	uint32_t n_hits = 0;
	for (unsigned run = 0; run < 2; run++) {
		struct cache_memory m;
		struct pv_uarch c = plain();
		c.l1d.assoc = 4;
		c.l1d.replacement = UARCH_REPLACEMENT_RANDOM;
		make(&m, &c);
		/* five lines of a set of four, in turn: least recently used would never hit */
		for (uint64_t i = 0; i < N; i++) {
			struct cache_access a = cache_memory_load(&m, 0, i % 5 * 4 * 64, 1000 + 1000 * i);
			ready[run][i] = a.ready_at;
			n_hits += a.depth == 0;
		}
		cache_memory_release(&m);
	}
	assert_memory_equal(ready[0], ready[1], sizeof ready[0]);
	assert_true(n_hits > N && n_hits < 2 * (N - 5));
}

static void test_cache__impossible_sizes_are_refused(void **state)
{
	(void)state;
	struct cache cache;
	struct pv_error err;
	struct uarch_cache c = plain().l1d;
	c.size_bytes = 1024 + 64;
	assert_int_equal(cache_init(&cache, "l1d", &c, UARCH_LINE_BYTES, &err), PV_ERR_RANGE);
	cache_release(&cache);
	c = plain().l1d;
	c.n_mshrs = 0;
	assert_int_equal(cache_init(&cache, "l1d", &c, UARCH_LINE_BYTES, &err), PV_ERR_RANGE);
	cache_release(&cache);
	c = plain().l1d;
	c.size_bytes = 64 * 3 * 8; /* 3 ways: any number does */
	c.assoc = 3;
	assert_int_equal(cache_init(&cache, "l1d", &c, UARCH_LINE_BYTES, &err), PV_OK);
	cache_release(&cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hierarchy__each_level_costs_what_it_says),
	    cmocka_unit_test(test_hierarchy__without_l2_misses_go_to_memory),
	    cmocka_unit_test(test_hierarchy__instruction_and_data_share_l2),
	    cmocka_unit_test(test_lru__the_least_recently_used_way_goes),
	    cmocka_unit_test(test_mshr__access_to_a_missing_line_joins_it),
	    cmocka_unit_test(test_mshr__targets_are_limited),
	    cmocka_unit_test(test_mshr__full_cache_accepts_nothing),
	    cmocka_unit_test(test_victim__dirty_lines_move_down),
	    cmocka_unit_test(test_victim__without_l2_dirty_lines_go_to_memory_and_clean_ones_nowhere),
	    cmocka_unit_test(test_exclusive__l2_takes_lines_only_from_above),
	    cmocka_unit_test(test_exclusive__dirt_goes_up_and_down_with_the_line),
	    cmocka_unit_test(test_prefetch__third_access_of_a_stride_runs_ahead),
	    cmocka_unit_test(test_prefetch__asked_too_late_waits_for_the_rest),
	    cmocka_unit_test(test_prefetch__stays_in_the_page_and_needs_a_stride),
	    cmocka_unit_test(test_prefetch__into_l2_of_lines_that_nobody_above_holds),
	    cmocka_unit_test(test_prefetch__next_line_needs_no_history),
	    cmocka_unit_test(test_prefetch__waits_for_an_mshr_that_no_miss_needs),
	    cmocka_unit_test(test_prefetch__full_queue_forgets_the_oldest),
	    cmocka_unit_test(test_bus__narrow_crossbar_takes_longer_per_line),
	    cmocka_unit_test(test_bus__lines_from_memory_come_one_after_the_other),
	    cmocka_unit_test(test_write_buffer__full_one_blocks_the_cache),
	    cmocka_unit_test(test_whole_line__stores_that_cover_it_need_no_data),
	    cmocka_unit_test(test_whole_line__comes_too_late_when_the_request_has_left),
	    cmocka_unit_test(test_whole_line__a_load_wants_its_data),
	    cmocka_unit_test(test_whole_line__full_mshr_blocks_until_it_is_owned),
	    cmocka_unit_test(test_whole_line__several_at_a_time),
	    cmocka_unit_test(test_whole_line__teaches_prefetchers_below_nothing),
	    cmocka_unit_test(test_block__earlier_one_holds_although_another_came_since),
	    cmocka_unit_test(test_l3__lies_between_l2_and_memory),
	    cmocka_unit_test(test_tlb__misses_walk_through_the_caches),
	    cmocka_unit_test(test_tlb__walkers_are_few_and_walks_are_shared),
	    cmocka_unit_test(test_tlb__without_l2_tlb_and_with_exclusive_l2),
	    cmocka_unit_test(test_random__any_way_goes_and_the_same_each_time),
	    cmocka_unit_test(test_cache__impossible_sizes_are_refused),
	};
	return cmocka_run_group_tests_name("cache hierarchy", tests, NULL, NULL);
}
