/*
 * ooo.c - the out-of-order core: a superscalar pipeline with a reorder buffer, instruction by instruction
 *
 *   fetch -> fetch queue -> decode -> rename -> dispatch -> issue queue -> units, load/store queue -> write-back -> commit -> store queue
 *
 * Each micro-operation is taken once, in program order, and asks each stage in turn for the earliest time it can pass: later than its
 * data, than the instructions before it in the stage, and than the resource that it needs becomes free. No cycle is ever simulated: the
 * cost per instruction does not depend on how long it waits. That is exact for in-order stages and resources, and close for the
 * out-of-order part, where a calendar of cycles stands for the scheduler.
 *
 * Reference: the pipeline, its stages and delays are those of gem5's O3 CPU; the method is that of Sanchez, Kozyrakis, "ZSim", ISCA 2013,
 * and of Karkhanis, Smith, "A first-order superscalar processor model", ISCA 2004.
 */
#include "sim/ooo/ooo.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Architectural registers of gem5's Arm build, which are always mapped. */
enum { ARCH_INT = 42, ARCH_FLOAT = 0, ARCH_VEC = 44, ARCH_PRED = 18, ARCH_CC = 6 };

static void set_widths(struct ooo *o, const struct pv_uarch *u)
{
	o->front.width.width = u->ooo.fetch_width;
	o->front.block_shift = (uint32_t)__builtin_ctz(u->ooo.fetch_buffer_bytes);
	o->back.decode.width = u->ooo.decode_width;
	o->back.rename.width = u->ooo.rename_width;
	o->back.dispatch.width = u->ooo.dispatch_width;
	o->back.narrow_dispatch = u->ooo.dispatch_width < u->ooo.rename_width;
	o->back.squash_width = u->ooo.squash_width;
	o->back.commit.width = u->ooo.commit_width;
	o->lsq.ports.width = u->ooo.n_cache_store_ports;
	o->slots.issue_width = (uint8_t)u->ooo.issue_width;
	o->slots.writeback_width = (uint8_t)u->ooo.writeback_width;
	o->slots.load_ports = (uint8_t)(u->ooo.n_cache_load_ports < u->ooo.issue_width ? u->ooo.n_cache_load_ports : 0);
	for (unsigned pool = 0; pool < UARCH_N_POOLS; pool++)
		o->slots.pool_count[pool] = (uint8_t)(u->units.count[pool] > 255 ? 255 : u->units.count[pool]);
}

/* A ring for a register class, or none where even a full reorder buffer cannot use the registers up. */
static bool make_registers(struct sim_ring *ring, int32_t n_physical, int32_t n_architectural, int32_t n_rob, int32_t n_per_insn)
{
	int32_t n_free = n_physical - n_architectural;
	if (n_free >= n_rob * n_per_insn)
		return true;
	return sim_ring_init(ring, (uint32_t)(n_free < n_per_insn ? n_per_insn : n_free));
}

static bool make_tables(struct ooo *o, const struct pv_uarch *u)
{
	struct ooo_back *b = &o->back;
	int32_t n_rob = u->ooo.n_rob;
	o->lsq.check_shift = u->ooo.lsq_check_shift_bits;
	bool ok = sim_store_table_init(&o->lsq.stores, 2 * u->ooo.n_sq);
	ok = ok && ooo_store_sets_init(&o->lsq.sets, u->ooo.n_ssit, u->ooo.n_lfst, u->ooo.store_set_clear_insns);
	ok = ok && sim_ring_init(&o->front.queue, u->ooo.n_fetch_queue);
	ok = ok && sim_ring_init(&b->rob, (uint32_t)n_rob) && sim_ring_init(&b->lq, u->ooo.n_lq);
	ok = ok && sim_ring_init(&b->sq, u->ooo.n_sq) && sim_resource_init(&b->iq, u->ooo.n_iq);
	ok = ok && make_registers(&b->phys_int, u->ooo.n_phys_int, ARCH_INT, n_rob, 2);
	ok = ok && make_registers(&b->phys_float, u->ooo.n_phys_float, ARCH_FLOAT, n_rob, 2);
	ok = ok && make_registers(&b->phys_vec, u->ooo.n_phys_vec, ARCH_VEC, n_rob, 4);
	ok = ok && make_registers(&b->phys_pred, u->ooo.n_phys_pred, ARCH_PRED, n_rob, 2);
	ok = ok && make_registers(&b->phys_cc, u->ooo.n_phys_cc, ARCH_CC, n_rob, 5);
	o->wrong.last = calloc((size_t)o->core.n_uops + 1, sizeof *o->wrong.last);
	o->wrong.queue_at = calloc((size_t)u->ooo.n_fetch_queue, sizeof *o->wrong.queue_at);
	ok = ok && o->wrong.last != NULL && o->wrong.queue_at != NULL;
	return ok && sim_calendar_init(&o->slots.calendar);
}

static enum pv_status check(const struct pv_uarch *u, struct pv_error *err)
{
	const int32_t at_least_one[] = {
	    u->ooo.fetch_width,
	    u->ooo.decode_width,
	    u->ooo.rename_width,
	    u->ooo.dispatch_width,
	    u->ooo.issue_width,
	    u->ooo.commit_width,
	    u->ooo.squash_width,
	    u->ooo.n_rob,
	    u->ooo.n_iq,
	    u->ooo.n_lq,
	    u->ooo.n_sq,
	    u->ooo.n_fetch_queue,
	    u->ooo.n_cache_store_ports,
	    u->ooo.fetch_buffer_bytes,
	    u->ooo.issue_to_execute_cycles,
	    u->ooo.writeback_width,
	};
	for (unsigned i = 0; i < sizeof at_least_one / sizeof at_least_one[0]; i++)
		FAIL_IF(at_least_one[i] < 1, err, PV_ERR_RANGE, "machine '%s': a width, queue or stage of the out-of-order core is below 1",
		        u->name);
	return PV_OK;
}

enum pv_status ooo_init(struct ooo *ooo, const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops, struct pv_error *err)
{
	_Static_assert(OOO_FIRST_POOL + UARCH_N_POOLS <= SIM_CALENDAR_UNITS,
	               "a calendar day has a count for each pool, issue, write-back and load ports");
	memset(ooo, 0, sizeof *ooo);
	TRY(check(uarch, err));
	TRY(sim_core_init(&ooo->core, uarch, uops, n_uops, err));
	ooo->params = uarch->ooo;
	set_widths(ooo, uarch);
	FAIL_IF(!make_tables(ooo, uarch), err, PV_ERR_NOMEM, "no memory for machine '%s'", uarch->name);
	return PV_OK;
}

void ooo_release(struct ooo *ooo)
{
	struct ooo_back *b = &ooo->back;
	struct sim_ring *const rings[] = {&ooo->front.queue, &b->rob,      &b->lq,        &b->sq,     &b->phys_int,
	                                  &b->phys_float,    &b->phys_vec, &b->phys_pred, &b->phys_cc};
	for (unsigned i = 0; i < sizeof rings / sizeof rings[0]; i++)
		free(rings[i]->at);
	free(b->iq.until);
	free(ooo->slots.calendar.days);
	free(ooo->wrong.last);
	free(ooo->wrong.queue_at);
	sim_store_table_release(&ooo->lsq.stores);
	ooo_store_sets_release(&ooo->lsq.sets);
	sim_core_release(&ooo->core);
}

static void keep_times(const struct ooo_insn *insn, uint64_t period_ps, struct pv_uop_times *times)
{
	*times = (struct pv_uop_times){
	    .fetch_ps = insn->fetch * period_ps,
	    .decode_ps = insn->decode * period_ps,
	    .rename_ps = insn->rename * period_ps,
	    .dispatch_ps = insn->dispatch * period_ps,
	    .issue_ps = insn->issue * period_ps,
	    .complete_ps = insn->complete * period_ps,
	    .commit_ps = insn->commit * period_ps,
	    .store_ps = insn->store * period_ps,
	    .fetch_depth = insn->fetch_depth,
	    .data_depth = insn->data_depth,
	    .mispredicted = insn->branch != BP_BRANCH_RIGHT,
	};
}

/* for the watchdog */
static void tell_state(struct ooo *ooo, const struct ooo_insn *insn)
{
	const struct ooo_back *b = &ooo->back;
	const uint64_t at[SIM_CORE_N_STAGES] = {insn->fetch, insn->decode,   insn->rename, insn->dispatch,
	                                        insn->issue, insn->complete, insn->commit};
	sim_core_stall(&ooo->core, insn->uop, at,
	               "next entries free: reorder buffer %" PRIu64 ", issue queue %" PRIu64 ", load queue %" PRIu64
	               ", store queue %" PRIu64 ", fetch queue %" PRIu64 "; rename may go on after a squash %" PRIu64
	               ", after a serialising instruction %" PRIu64 "; last store leaves %" PRIu64 ", memory barrier until %" PRIu64
	               "; instruction bytes there %" PRIu64,
	               sim_ring_free_at(&b->rob), sim_resource_free_at(&b->iq), sim_ring_free_at(&b->lq), sim_ring_free_at(&b->sq),
	               sim_ring_free_at(&ooo->front.queue), b->squash_until, b->serialize_until, ooo->lsq.last_exit, ooo->lsq.barrier_until,
	               ooo->front.ready_at);
}

void ooo_run(struct ooo *ooo, const struct pv_row *rows, size_t n, uint64_t next_pc, uint32_t *delta, size_t stride,
             struct pv_uop_times *times)
{
	struct sim_core *core = &ooo->core;
	for (size_t i = 0; i < n; i++) {
		struct ooo_insn insn = {.uop = &core->uops[rows[i].uop], .row = &rows[i], .fetch_depth = -1, .data_depth = -1};
		insn.next_pc = i + 1 < n ? core->uops[rows[i + 1].uop].pc : next_pc;
		ooo_fetch(ooo, &insn);
		ooo_rename(ooo, &insn);
		ooo_issue(ooo, &insn);
		ooo_commit(ooo, &insn);
		if (sim_core_is_stalled(core, insn.commit)) {
			tell_state(ooo, &insn);
			return;
		}
		if (core->keeps_stack)
			ooo_account(ooo, &insn, core->stats.commit_cycles);
		uint32_t target = sim_core_count(core, insn.uop, insn.commit, insn.store);
		if (delta != NULL)
			delta[i * stride] = target;
		if (times != NULL)
			keep_times(&insn, core->period_ps, &times[i]);
	}
}
