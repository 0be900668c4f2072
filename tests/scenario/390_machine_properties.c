/*
 * 390_machine_properties.c - what holds for every machine: equal inputs give equal times, machines do not disturb one another, the
 * cutting of rows into calls does not show, and more of a resource does not make a program slower
 *
 * Times come from tables that are filled in program order, so that "more" can now and then let an access go first that makes another wait
 * (a row closed, a line pushed out); the bound on that is PER_MILLE. A wider fetch and longer queues also let wrong paths get further, and
 * what they renamed has to be undone, squash_width entries a cycle: the bound on that is WRONG_PATH_PER_MILLE.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <perfvec/uarch.h>

#include "sim/directions.h"
#include "support/sim_run.h"
#include "uarch/params.h"

enum { N_ROWS = 30000, PER_MILLE = 20, WRONG_PATH_PER_MILLE = 40 };

static const char *const presets[] = {"timing", "ex5", "pk", "o3", "minor", "hpi", "ex5l", "o3", "minor"};
enum { N_PRESETS = sizeof presets / sizeof presets[0] };

/* What presets do not have: more levels, prefetchers, translation; and less of what they have plenty of. */
static const char *const changes[N_PRESETS] = {
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "l3.present=true l3.prefetcher=stride tlb.present=true tlb.n_dtlb=8 tlb.dtlb_assoc=8 l1i.prefetcher=next_line l1d.prefetcher=next_line "
    "l1d.n_write_buffers=1 bus.l2_width_bytes=8 bus.memory_width_bytes=4 memory.type=lpddr5_6400_1x16_bg_bl16",
    "l2.present=false tlb.present=true tlb.n_l2=0 l1d.prefetcher=stride l1d.replacement=random memory.type=gddr5_4000_2x32",
};

static struct sim *machine(unsigned k, const struct hand_trace *t)
{
	struct pv_uarch *uarch = sim_machine(presets[k], changes[k]);
	struct sim *sim = NULL;
	assert_int_equal(sim_new(uarch, t->uops, t->n_uops, &sim, NULL), PV_OK);
	pv_uarch_free(uarch); /* borrowed for the call only */
	return sim;
}

static uint64_t pc_of(const struct hand_trace *t, size_t i)
{
	return i < t->n_rows ? t->uops[t->rows[i].uop].pc : 0;
}

static void test_machine__same_input_same_times(void **state)
{
	(void)state;
	static uint32_t a[N_ROWS + 200], b[N_ROWS + 200];
	struct hand_trace t;
	sim_mixed_trace(&t, N_ROWS, 1);
	assert_true(t.n_rows < N_ROWS + 200);
	for (unsigned k = 0; k < N_PRESETS; k++) {
		struct sim *x = machine(k, &t), *y = machine(k, &t);
		sim_run(x, t.rows, t.n_rows, 0, a, 1, NULL);
		sim_run(y, t.rows, t.n_rows, 0, b, 1, NULL);
		assert_memory_equal(a, b, t.n_rows * sizeof *a);
		assert_memory_equal(pv_sim_stats(x), pv_sim_stats(y), sizeof *pv_sim_stats(x));
		sim_free(x);
		sim_free(y);
	}
	hand_release(&t);
}

static void test_machine__cutting_into_calls_does_not_show(void **state)
{
	(void)state;
	static uint32_t whole[N_ROWS + 200], cut[2 * (N_ROWS + 200)];
	struct hand_trace t;
	sim_mixed_trace(&t, N_ROWS, 2);
	for (unsigned k = 0; k < N_PRESETS; k++) {
		struct sim *x = machine(k, &t), *y = machine(k, &t);
		sim_run(x, t.rows, t.n_rows, 0, whole, 1, NULL);
		for (size_t at = 0, n = 1; at < t.n_rows; at += n, n = n * 3 % 1009 + 1) {
			if (n > t.n_rows - at)
				n = t.n_rows - at;
			sim_run(y, t.rows + at, n, pc_of(&t, at + n), cut + 2 * at, 2, NULL);
		}
		for (size_t i = 0; i < t.n_rows; i++)
			assert_int_equal(whole[i], cut[2 * i]);
		assert_memory_equal(pv_sim_stats(x), pv_sim_stats(y), sizeof *pv_sim_stats(x));
		sim_free(x);
		sim_free(y);
	}
	hand_release(&t);
}

static void test_machine__interleaved_machines_are_as_alone(void **state)
{
	(void)state;
	static uint32_t alone[N_PRESETS][N_ROWS + 200], together[N_PRESETS][N_ROWS + 200];
	struct hand_trace t;
	struct sim *sims[N_PRESETS];
	sim_mixed_trace(&t, N_ROWS, 3);
	for (unsigned k = 0; k < N_PRESETS; k++) {
		struct sim *x = machine(k, &t);
		sim_run(x, t.rows, t.n_rows, 0, alone[k], 1, NULL);
		sim_free(x);
		sims[k] = machine(k, &t);
	}
	for (size_t at = 0; at < t.n_rows; at += 100) {
		size_t n = t.n_rows - at < 100 ? t.n_rows - at : 100;
		for (unsigned k = 0; k < N_PRESETS; k++)
			sim_run(sims[k], t.rows + at, n, pc_of(&t, at + n), together[k] + at, 1, NULL);
	}
	for (unsigned k = 0; k < N_PRESETS; k++) {
		assert_memory_equal(alone[k], together[k], t.n_rows * sizeof alone[k][0]);
		sim_free(sims[k]);
	}
	hand_release(&t);
}

/* Rows in calls of odd lengths, some warmed, on a machine that predicts directions itself, or shares them. */
static void run_in_pieces(struct sim *sim, struct sim_directions *directions, const struct hand_trace *t, uint32_t *delta)
{
	static uint8_t taken[1000];
	for (size_t at = 0, piece = 0; at < t->n_rows; piece++) {
		size_t n = 1 + piece * 37 % 900;
		n = t->n_rows - at < n ? t->n_rows - at : n;
		if (directions != NULL) {
			sim_directions_run(directions, t->rows + at, n, pc_of(t, at + n), taken);
			sim_set_directions(sim, taken);
		}
		if (piece % 5 == 4)
			sim_warm(sim, t->rows + at, n, pc_of(t, at + n));
		else
			sim_run(sim, t->rows + at, n, pc_of(t, at + n), delta + at, 1, NULL);
		at += n;
	}
}

static void test_machine__shared_directions_are_its_own(void **state)
{
	(void)state;
	static const char *const kinds[] = {"local",         "tournament",     "bimode",  "gshare",   "tage",         "ltage",
	                                    "tage_sc_l_8kb", "tage_sc_l_64kb", "mpp_8kb", "mpp_64kb", "mpp_tage_8kb", "mpp_tage_64kb"};
	static uint32_t own[N_ROWS + 200], shared[N_ROWS + 200];
	struct hand_trace t;
	sim_mixed_trace(&t, N_ROWS, 5);
	for (unsigned k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		char change[64];
		struct sim *sims[2] = {NULL, NULL};
		struct sim_directions *directions = NULL;
		snprintf(change, sizeof change, "branch.kind=%s", kinds[k]);
		struct pv_uarch *uarch = sim_machine(presets[k % N_PRESETS], change);
		for (int i = 0; i < 2; i++)
			assert_int_equal(sim_new(uarch, t.uops, t.n_uops, &sims[i], NULL), PV_OK);
		assert_int_equal(sim_directions_new(uarch, t.uops, t.n_uops, &directions, NULL), PV_OK);
		assert_int_equal(sim_share_directions(sims[1], NULL), PV_OK);
		run_in_pieces(sims[0], NULL, &t, own);
		run_in_pieces(sims[1], directions, &t, shared);
		assert_memory_equal(own, shared, t.n_rows * sizeof own[0]);
		assert_memory_equal(pv_sim_stats(sims[0]), pv_sim_stats(sims[1]), sizeof *pv_sim_stats(sims[0]));
		assert_true(pv_sim_stats(sims[0])->n_mispredicted > 0);
		sim_directions_free(directions);
		sim_free(sims[0]);
		sim_free(sims[1]);
		pv_uarch_free(uarch);
	}
	hand_release(&t);
}

static void assert_alike(bool alike, const char *a, const char *b)
{
	struct pv_uarch *x = sim_machine("o3", a), *y = sim_machine("minor", b);
	assert_int_equal(sim_directions_alike(x, y), alike);
	pv_uarch_free(x);
	pv_uarch_free(y);
}

static void test_machine__who_guesses_alike(void **state)
{
	(void)state;
	assert_alike(true, "branch.kind=tage branch.n_global=2048",
	             "branch.kind=tage branch.n_global=4096 branch.n_btb=512"); /* sizes not its own */
	assert_alike(true, "branch.kind=local branch.n_local=512 branch.n_choice=512", "branch.kind=local branch.n_local=512");
	assert_alike(false, "branch.kind=local branch.n_local=512", "branch.kind=local branch.n_local=1024");
	assert_alike(false, "branch.kind=tage", "branch.kind=ltage");
	assert_alike(false, "branch.kind=gshare branch.n_global=2048", "branch.kind=gshare branch.n_global=4096");
	assert_alike(false, "branch.kind=bimode branch.n_choice=2048", "branch.kind=bimode branch.n_choice=4096");
	assert_alike(false, "branch.kind=tournament branch.n_local_history=512", "branch.kind=tournament branch.n_local_history=1024");
	assert_alike(false, "branch.kind=tage branch.inst_shift_bits=2", "branch.kind=tage branch.inst_shift_bits=0");
}

static void test_machine__times_are_in_order(void **state)
{
	(void)state;
	struct sim_run r;
	for (unsigned k = 0; k < N_PRESETS; k++) {
		sim_run_open(&r, presets[k], changes[k]);
		hand_release(&r.trace);
		sim_mixed_trace(&r.trace, 5000, 4);
		sim_run_go(&r);
		uint64_t sum = 0, period = 500;
		for (size_t i = 0; i < r.trace.n_rows; i++) {
			const struct pv_uop_times *t = &r.times[i];
			assert_true(t->fetch_ps < t->decode_ps && t->decode_ps <= t->rename_ps && t->rename_ps <= t->dispatch_ps);
			assert_true(t->dispatch_ps <= t->issue_ps && t->issue_ps < t->complete_ps && t->complete_ps <= t->commit_ps);
			assert_true(t->store_ps == 0 || t->store_ps > t->commit_ps);
			if (i > 0) {
				assert_true(t[-1].fetch_ps <= t->fetch_ps && t[-1].decode_ps <= t->decode_ps &&
				            t[-1].commit_ps <= t->commit_ps);
			}
			sum += r.delta[i];
		}
		assert_int_equal(sum, r.stats.cycles * period / 100); /* target 2 sums to the execution time */
		assert_int_equal(r.stats.n_rows, r.trace.n_rows);
		sim_run_close(&r);
	}
}

static void test_machine__more_is_not_slower(void **state)
{
	(void)state;
	static const struct {
		const char *preset, *parameter, *values[5];
		unsigned per_mille;
	} axes[] = {
	    {"o3", "ooo.n_rob", {"32", "64", "128", "192", NULL}, WRONG_PATH_PER_MILLE},
	    {"o3", "ooo.n_iq", {"8", "16", "32", "64", NULL}, WRONG_PATH_PER_MILLE},
	    {"o3", "ooo.squash_width=64 ooo.n_rob", {"32", "64", "128", "192", NULL}, PER_MILLE},
	    {"o3", "ooo.squash_width=64 ooo.n_iq", {"8", "16", "32", "64", NULL}, PER_MILLE},
	    {"o3", "ooo.squash_width=64 ooo.fetch_width", {"1", "2", "4", "8", NULL}, WRONG_PATH_PER_MILLE},
	    {"o3", "ooo.squash_width", {"1", "2", "4", "8", NULL}, PER_MILLE},
	    {"o3", "ooo.decode_width", {"1", "2", "4", "8", NULL}, WRONG_PATH_PER_MILLE},
	    {"o3", "ooo.rename_width", {"1", "2", "4", "8", NULL}, WRONG_PATH_PER_MILLE},
	    {"o3", "ooo.dispatch_width", {"1", "2", "4", "8", NULL}, WRONG_PATH_PER_MILLE},
	    {"o3", "ooo.writeback_width", {"1", "2", "4", "8", NULL}, PER_MILLE},
	    {"o3", "ooo.n_fetch_queue", {"8", "16", "32", NULL}, WRONG_PATH_PER_MILLE},
	    {"o3", "ooo.n_phys_cc", {"16", "64", "1280", NULL}, PER_MILLE},
	    {"o3", "ooo.n_cache_store_ports", {"1", "2", "200", NULL}, PER_MILLE},
	    {"o3", "ooo.n_cache_load_ports", {"1", "2", "200", NULL}, PER_MILLE},
	    {"o3", "ooo.n_lq", {"8", "16", "32", NULL}, PER_MILLE},
	    {"o3", "ooo.n_sq", {"8", "16", "32", NULL}, PER_MILLE},
	    {"o3", "ooo.fetch_width", {"1", "2", "4", "8", NULL}, WRONG_PATH_PER_MILLE},
	    {"o3", "ooo.issue_width", {"1", "2", "4", "8", NULL}, PER_MILLE},
	    {"o3", "ooo.commit_width", {"1", "2", "4", "8", NULL}, PER_MILLE},
	    {"o3", "ooo.n_phys_int", {"48", "64", "128", "256", NULL}, PER_MILLE},
	    {"o3", "units.int_alu.count", {"1", "2", "4", "6", NULL}, PER_MILLE},
	    {"o3", "units.read_write.count", {"1", "2", "4", NULL}, PER_MILLE},
	    {"o3", "l1d.size_bytes", {"8192", "16384", "32768", "65536", NULL}, PER_MILLE},
	    {"o3", "l1d.n_mshrs", {"2", "4", "8", "16", NULL}, PER_MILLE},
	    {"o3", "l2.size_bytes", {"262144", "524288", "1048576", NULL}, PER_MILLE},
	    {"o3", "memory.n_channels", {"1", "2", "4", NULL}, PER_MILLE},
	    {"minor", "units.int_alu.count", {"1", "2", "3", NULL}, PER_MILLE},
	    {"minor", "inorder.n_outstanding", {"1", "2", "4", NULL}, PER_MILLE},
	    {"minor", "inorder.n_store_buffer", {"2", "4", "8", NULL}, PER_MILLE},
	    {"minor", "inorder.commit_limit", {"1", "2", NULL}, PER_MILLE},
	    {"minor", "inorder.issue_limit", {"1", "2", NULL}, PER_MILLE},
	    {"minor", "inorder.width", {"1", "2", "3", NULL}, PER_MILLE},
	    {"minor", "inorder.n_decode_buffer", {"1", "3", "6", NULL}, WRONG_PATH_PER_MILLE},
	    {"minor", "inorder.n_execute_buffer", {"2", "4", "8", NULL}, WRONG_PATH_PER_MILLE},
	    {"minor", "inorder.n_memory_transfers", {"1", "2", "4", NULL}, PER_MILLE},
	    {"minor", "inorder.memory_issue_limit", {"1", "2", NULL}, PER_MILLE},
	    {"minor", "l1d.size_bytes", {"8192", "16384", "32768", "65536", NULL}, PER_MILLE},
	    {"o3", "l1d.assoc", {"1", "2", "4", "8", NULL}, PER_MILLE},
	    {"o3", "l1d.n_targets_per_mshr", {"2", "4", "8", "16", NULL}, PER_MILLE},
	    {"o3", "l1d.n_write_buffers", {"1", "2", "8", "16", NULL}, PER_MILLE},
	    {"o3", "l2.n_write_buffers", {"1", "2", "8", NULL}, PER_MILLE},
	    {"o3", "l2.n_mshrs", {"2", "4", "8", "32", NULL}, PER_MILLE},
	    {"o3", "l2.assoc", {"4", "8", "16", NULL}, PER_MILLE},
	    {"o3", "bus.l2_width_bytes", {"4", "8", "16", "64", NULL}, PER_MILLE},
	    {"o3", "bus.memory_width_bytes", {"2", "4", "8", "16", NULL}, PER_MILLE},
	    {"o3", "tlb.present=true tlb.dtlb_assoc=4 tlb.n_dtlb", {"4", "16", "64", NULL}, PER_MILLE},
	    {"o3", "tlb.present=true tlb.n_walkers", {"1", "2", "4", NULL}, PER_MILLE},
	    {"minor", "l1d.n_mshrs", {"1", "2", "4", "16", NULL}, PER_MILLE},
	    {"minor", "l1d.n_write_buffers", {"1", "2", "16", NULL}, PER_MILLE},
	    {"minor", "bus.l2_width_bytes", {"4", "16", "64", NULL}, PER_MILLE},
	    {"minor", "bus.memory_width_bytes", {"2", "4", "16", NULL}, PER_MILLE},
	};
	struct hand_trace t;
	sim_mixed_trace(&t, N_ROWS, 5);
	for (unsigned k = 0; k < sizeof axes / sizeof axes[0]; k++) {
		uint64_t before = 0, first = 0;
		for (unsigned v = 0; v < 5 && axes[k].values[v] != NULL; v++) {
			char change[128];
			(void)snprintf(change, sizeof change, "%s=%s", axes[k].parameter, axes[k].values[v]);
			uint64_t now = sim_cycles(&t, axes[k].preset, change);
			if (v > 0 && now > before + before * axes[k].per_mille / 1000)
				fail_msg("%s on %s: %llu cycles, before %llu", change, axes[k].preset, (unsigned long long)now,
				         (unsigned long long)before);
			first = v == 0 ? now : first;
			before = now;
		}
		if (before > first + first * axes[k].per_mille / 1000)
			fail_msg("%s on %s: %llu cycles with the most, %llu with the least", axes[k].parameter, axes[k].preset,
			         (unsigned long long)before, (unsigned long long)first);
	}
	hand_release(&t);
}

static void test_machine__slower_parts_are_slower(void **state)
{
	(void)state;
	static const char *const slower[][3] = {
	    {"o3", "l1d.tag_latency_cycles=4 l1d.data_latency_cycles=4", "l1d.tag_latency_cycles=1 l1d.data_latency_cycles=1"},
	    {"o3", "ooo.fetch_to_decode_cycles=5", "ooo.fetch_to_decode_cycles=1"},
	    {"o3", "l2.tag_latency_cycles=30 l2.data_latency_cycles=30", "l2.tag_latency_cycles=8 l2.data_latency_cycles=8"},
	    {"o3", "tlb.present=true tlb.n_dtlb=4 tlb.dtlb_assoc=4 tlb.n_l2=0", ""},
	    {"minor", "tlb.present=true tlb.n_walk_levels=5", "tlb.present=true tlb.n_walk_levels=1"},
	    {"minor", "inorder.branch_delay_cycles=5", "inorder.branch_delay_cycles=1"},
	    {"minor", "memory.frontend_latency_ps=50000", "memory.frontend_latency_ps=5000"},
	};
	struct hand_trace t;
	sim_mixed_trace(&t, N_ROWS, 4); /* memory does not decide its time */
	for (unsigned k = 0; k < sizeof slower / sizeof slower[0]; k++)
		if (sim_cycles(&t, slower[k][0], slower[k][1]) <= sim_cycles(&t, slower[k][0], slower[k][2]))
			fail_msg("%s with %s is not slower than with %s", slower[k][0], slower[k][1], slower[k][2]);
	hand_release(&t);
}

/* Another value of a parameter: twice as much, half as much where there is a limit, the other one, the next name. */
static int32_t another(const struct pv_uarch *u, const struct uarch_param *p)
{
	int32_t v = uarch_param_int(u, p);
	if (strcmp(p->name, "memory.type") == 0)
		return UARCH_DRAM_ddr3_1600_8x8;
	if (p->type == UARCH_PARAM_BOOL)
		return !v;
	if (p->type == UARCH_PARAM_ENUM)
		return v < p->max ? v + 1 : 0;
	return v == 0 ? 1 : 2 * (int64_t)v <= p->max ? 2 * v : v / 2;
}

/* A number that all of a run's times go into. */
static uint64_t fingerprint(const struct hand_trace *t, const struct pv_uarch *u)
{
	static uint32_t delta[N_ROWS + 200];
	struct sim *sim = NULL;
	struct pv_error err;
	if (sim_new(u, t->uops, t->n_uops, &sim, &err) != PV_OK)
		fail_msg("%s", err.message);
	sim_run(sim, t->rows, t->n_rows, 0, delta, 1, NULL);
	sim_free(sim);
	uint64_t sum = 0;
	for (size_t i = 0; i < t->n_rows; i++)
		sum = (sum ^ delta[i]) * 0x100000001b3ull; /* FNV-1a */
	return sum;
}

/* A machine with little of everything, and all that is optional: whatever is changed must show. */
static void test_machine__every_memory_parameter_acts(void **state)
{
	(void)state;
	static const char *const groups[] = {"memory", "bus", "l1i", "l1d", "l2", "l3", "tlb"};
	static const char little[] =
	    "l1i.size_bytes=1024 l1i.assoc=2 l1i.n_mshrs=4 l1i.n_targets_per_mshr=2 l1i.n_write_buffers=1 l1i.prefetcher=next_line "
	    "l1i.n_prefetch_queue=2 l1d.size_bytes=4096 l1d.n_mshrs=4 l1d.n_targets_per_mshr=2 l1d.n_write_buffers=1 "
	    "l1d.prefetcher=next_line "
	    "l1d.n_prefetch_queue=2 l2.size_bytes=16384 l2.assoc=4 l2.n_mshrs=4 l2.n_targets_per_mshr=2 l2.n_write_buffers=1 "
	    "l2.prefetcher=next_line l2.n_prefetch_queue=2 l3.present=true l3.size_bytes=65536 l3.assoc=4 l3.n_mshrs=4 "
	    "l3.n_targets_per_mshr=2 l3.n_write_buffers=1 l3.prefetcher=next_line l3.n_prefetch_queue=2 tlb.present=true tlb.n_itlb=2 "
	    "tlb.itlb_assoc=1 tlb.n_dtlb=4 tlb.dtlb_assoc=2 tlb.n_l2=16 tlb.l2_assoc=2 tlb.n_walkers=1 bus.l2_width_bytes=8";
	struct pv_uarch *u = sim_machine("o3", little);
	struct hand_trace t;
	sim_mixed_trace(&t, N_ROWS, 7);
	uint64_t as_it_is = fingerprint(&t, u);
	for (size_t i = 0; i < uarch_n_params; i++) {
		const struct uarch_param *p = &uarch_params[i];
		bool of_memory = false;
		for (unsigned g = 0; g < sizeof groups / sizeof groups[0]; g++)
			of_memory |= strcmp(p->group, groups[g]) == 0 && strcmp(p->name, "l1i.inclusion") != 0 &&
			             strcmp(p->name, "l1d.inclusion") != 0;
		if (!of_memory)
			continue;
		int32_t before = uarch_param_int(u, p);
		uarch_param_put(u, p, another(u, p));
		if (fingerprint(&t, u) == as_it_is)
			fail_msg("%s does not act", p->name);
		uarch_param_put(u, p, before);
	}
	pv_uarch_free(u);
	hand_release(&t);
}

/* One round of what a mixed program has little of: every operation, every class of registers behind a miss, orders and traps. */
static void run_round(struct hand_trace *t, const uint32_t *uops, unsigned n, unsigned round)
{
	for (unsigned i = 0; i < n; i++) {
		const struct pv_uop *u = &t->uops[uops[i]];
		bool store = (u->flags & PV_UOP_STORE) != 0;
		if ((u->flags & (PV_UOP_STORE | PV_UOP_LOAD)) == 0)
			hand_run(t, uops[i]);
		else /* a new line each round; loads and stores of a round are neighbours */
			hand_run_at(t, uops[i], 0x4000000 + 0x11040ull * round + 8 * (uint64_t)(i % 3) + (store ? 0 : 4));
		if ((u->flags & PV_UOP_NON_SPECULATIVE) != 0 && round % 4 == 3)
			t->rows[t->n_rows - 1].flags |= PV_ROW_FAULT;
	}
}

/* sim_mixed_trace, and then those rounds */
static void rich_trace(struct hand_trace *t)
{
	enum { N_ROUNDS = 24, MAX_UOPS = 400 };
	uint32_t uops[MAX_UOPS];
	unsigned n = 0;
	sim_mixed_trace(t, 18000, 8);
	uops[n++] = hand_load(t, 8, "i9 -> i8");
	for (int i = 0; i < 50; i++)
		uops[n++] = hand_op(t, PV_OP_FloatAdd, "f1 -> f2");
	for (int i = 0; i < 14; i++)
		uops[n++] = hand_op(t, PV_OP_SimdAdd, "v1 -> v2");
	for (int i = 0; i < 14; i++)
		uops[n++] = hand_op(t, PV_OP_SimdPredAlu, "p1 -> p2");
	for (int i = 0; i < 14; i++)
		uops[n++] = hand_op(t, PV_OP_IntAlu, "i1 -> i2 c1");
	for (unsigned op = PV_OP_IntAlu; op < PV_N_OP_CLASSES; op++) {
		bool load = op == PV_OP_MemRead || op == PV_OP_FloatMemRead, store = op == PV_OP_MemWrite || op == PV_OP_FloatMemWrite;
		for (int i = 0; i < 3; i++) { /* a chain, and two that only share a unit */
			const char *operands = i == 0 ? "i5 -> i5" : "i6 -> i7";
			uops[n] = load ? hand_load(t, 8, operands) : store ? hand_store(t, 8, "i5 i6") : hand_op(t, op, operands);
			t->uops[uops[n++]].op_class = (uint8_t)op;
		}
	}
	uops[n++] = hand_op(t, PV_OP_IntDiv, "i5 -> i4");
	uops[n++] = hand_store(t, 8, "i4 i5"); /* the load behind it runs ahead */
	uops[n++] = hand_load(t, 8, "i9 -> i8");
	for (int i = 0; i < 32; i++) {
		uops[n] = i % 2 == 0 ? hand_store(t, 8, "i9 i8") : hand_load(t, 8, "i9 -> i10");
		if (i % 8 < 2)
			t->uops[uops[n]].op_class = i % 2 == 0 ? PV_OP_FloatMemWrite : PV_OP_FloatMemRead;
		n++;
	}
	static const uint32_t orders[] = {PV_UOP_READ_BARRIER | PV_UOP_WRITE_BARRIER, PV_UOP_SERIALIZE_AFTER, PV_UOP_SERIALIZE_BEFORE,
	                                  PV_UOP_SQUASH_AFTER, PV_UOP_NON_SPECULATIVE};
	for (unsigned i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		uops[n++] = hand_op(t, PV_OP_IntAlu, "i1 -> i2");
		hand_flags(t, uops[n - 1], orders[i]);
	}
	assert_true(n <= MAX_UOPS);
	for (unsigned round = 0; round < N_ROUNDS; round++)
		run_round(t, uops, n, round);
	assert_true(t->n_rows <= N_ROWS + 200);
}

/* Machines with little of everything again. What one kind of core does not execute, the other must. */
static void test_machine__every_core_parameter_acts(void **state)
{
	(void)state;
	static const char *const groups[] = {"core", "ooo", "inorder", "units", "operations"};
	static const struct {
		const char *preset, *little;
	} machines[] = {
	    {"o3", "ooo.fetch_width=4 ooo.decode_width=3 ooo.rename_width=3 ooo.dispatch_width=2 ooo.issue_width=2 ooo.writeback_width=2 "
	           "ooo.commit_width=2 ooo.squash_width=2 ooo.fetch_buffer_bytes=16 ooo.n_fetch_queue=8 ooo.n_rob=64 ooo.n_iq=16 "
	           "ooo.n_lq=6 ooo.n_sq=6 ooo.n_phys_int=50 ooo.n_phys_float=40 ooo.n_phys_vec=48 ooo.n_phys_pred=22 ooo.n_phys_cc=12 "
	           "ooo.rename_to_rob_cycles=4 ooo.n_cache_load_ports=1 ooo.n_cache_store_ports=1 ooo.n_ssit=16 ooo.n_lfst=16 "
	           "ooo.store_set_clear_insns=400 units.int_alu.count=1 units.int_muldiv.count=1 units.int_div.count=1 "
	           "units.int_div.ops=IntDiv units.fp_alu.count=1 units.fp_muldiv.count=1 units.simd.count=1 units.pred.count=1 "
	           "units.read.count=1 units.write.count=1 units.read_write.count=1 units.system.count=1"},
	    {"o3", "ooo.fetch_width=1 ooo.n_phys_float=40 ooo.n_ssit=16 ooo.n_lfst=16 ooo.store_set_clear_insns=100 units.read.count=1 "
	           "units.write.count=1 units.read_write.count=0"},
	    {"o3", "ooo.decode_width=1 ooo.n_rob=32"},
	    {"o3", "ooo.n_phys_float=40 ooo.n_ssit=16 ooo.n_lfst=16 ooo.store_set_clear_insns=100 units.read.count=1 "
	           "units.write.count=1 units.read_write.count=0"},
	    {"minor", "inorder.n_store_buffer=2 inorder.n_execute_buffer=2 inorder.n_decode_buffer=1"},
	    {"minor",
	     "inorder.width=4 inorder.issue_limit=4 inorder.commit_limit=4 inorder.memory_issue_limit=4 inorder.memory_commit_limit=4 "
	     "inorder.n_outstanding=16 inorder.n_store_buffer=16 inorder.n_memory_transfers=8 inorder.n_stores_per_cycle=1 "
	     "units.read_write.count=4"},
	};
	bool *acts = calloc(uarch_n_params, sizeof *acts);
	struct hand_trace t;
	assert_non_null(acts);
	rich_trace(&t);
	for (unsigned k = 0; k < sizeof machines / sizeof machines[0]; k++) {
		struct pv_uarch *u = sim_machine(machines[k].preset, machines[k].little);
		uint64_t as_it_is = fingerprint(&t, u);
		for (size_t i = 0; i < uarch_n_params; i++) {
			const struct uarch_param *p = &uarch_params[i];
			bool of_core = false;
			for (unsigned g = 0; g < sizeof groups / sizeof groups[0]; g++)
				of_core |= strcmp(p->group, groups[g]) == 0;
			if (!of_core || acts[i] || p->type == UARCH_PARAM_OPS || strcmp(p->name, "core.kind") == 0) {
				acts[i] = true;
				continue;
			}
			int32_t before = uarch_param_int(u, p);
			uarch_param_put(u, p, another(u, p));
			acts[i] = fingerprint(&t, u) != as_it_is;
			uarch_param_put(u, p, before);
		}
		pv_uarch_free(u);
	}
	unsigned n_idle = 0;
	for (size_t i = 0; i < uarch_n_params; i++)
		if (!acts[i]) {
			print_error("%s does not act\n", uarch_params[i].name);
			n_idle++;
		}
	assert_int_equal(n_idle, 0);
	free(acts);
	hand_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_machine__same_input_same_times),
	    cmocka_unit_test(test_machine__cutting_into_calls_does_not_show),
	    cmocka_unit_test(test_machine__interleaved_machines_are_as_alone),
	    cmocka_unit_test(test_machine__shared_directions_are_its_own),
	    cmocka_unit_test(test_machine__who_guesses_alike),
	    cmocka_unit_test(test_machine__times_are_in_order),
	    cmocka_unit_test(test_machine__more_is_not_slower),
	    cmocka_unit_test(test_machine__slower_parts_are_slower),
	    cmocka_unit_test(test_machine__every_memory_parameter_acts),
	    cmocka_unit_test(test_machine__every_core_parameter_acts),
	};
	return cmocka_run_group_tests_name("machine properties", tests, NULL, NULL);
}
