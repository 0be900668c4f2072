/*
 * inorder.c - the in-order core: four stages, dual issue and the like, instruction by instruction
 *
 *   fetch 1 -> line -> fetch 2 -> decode -> execute (issue -> functional units -> commit) -> store buffer
 *
 * Reference: the pipeline, its stages and delays are those of gem5's Minor CPU.
 *
 * Simplifications: instruction-specific timings of gem5's preset for the HPI core (other latencies by bit pattern) are not there;
 * serialising instructions only restart fetch where they say so.
 */
#include "sim/inorder/inorder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void set_widths(struct inorder *c, const struct pv_uarch *u)
{
	c->front.line_shift = (uint32_t)__builtin_ctz(u->inorder.line_bytes);
	c->front.n_buffer = u->inorder.n_fetch2_buffer + 1; /* and one on its way from fetch 1 */
	c->front.fetch2.width = c->front.decode.width = u->inorder.width;
	c->issue.width = u->inorder.issue_limit;
	c->commit.width = u->inorder.commit_limit;
	c->memory_issue.width = u->inorder.memory_issue_limit;
	c->memory_commit.width = u->inorder.memory_commit_limit;
	c->store_ports.width = u->inorder.n_stores_per_cycle;
}

static void set_slack(struct inorder *c, const struct pv_uarch *u)
{
	for (unsigned op = 0; op < PV_N_OP_CLASSES; op++) {
		int32_t slack = u->inorder.simd_operand_slack_cycles;
		if (op == PV_OP_IntAlu)
			slack = u->inorder.int_operand_slack_cycles;
		else if (op == PV_OP_IntMult || op == PV_OP_IntDiv)
			slack = u->inorder.mul_operand_slack_cycles;
		else if (op >= PV_OP_MemRead && op <= PV_OP_FloatMemWrite)
			slack = u->inorder.memory_operand_slack_cycles;
		else if (op == PV_OP_No_OpClass || op == PV_OP_IprAccess || op == PV_OP_InstPrefetch)
			slack = 0;
		c->operand_slack[op] = (uint8_t)slack;
	}
}

static enum pv_status set_units(struct inorder *c, const struct pv_uarch *u, struct pv_error *err)
{
	int32_t n = 0;
	for (unsigned pool = 0; pool < UARCH_N_POOLS; pool++) {
		c->first_unit[pool] = (uint8_t)n;
		n += u->units.count[pool];
		FAIL_IF(n > INORDER_MAX_UNITS, err, PV_ERR_RANGE, "machine '%s': %d functional units, an in-order core has at most %d",
		        u->name, n, INORDER_MAX_UNITS);
	}
	c->first_unit[UARCH_N_POOLS] = (uint8_t)n;
	return PV_OK;
}

static bool make_tables(struct inorder *c, const struct pv_uarch *u)
{
	struct inorder_front *f = &c->front;
	uint32_t width = u->inorder.width;
	uint32_t n_queue = (uint32_t)(u->inorder.n_memory_transfers + u->inorder.n_memory_requests);
	return sim_ring_init(&f->lines_in_flight, u->inorder.n_fetch_lines) &&
	       sim_ring_init(&f->decode_buffer, u->inorder.n_decode_buffer * width) &&
	       sim_ring_init(&f->execute_buffer, u->inorder.n_execute_buffer * width) &&
	       sim_resource_init(&c->outstanding, u->inorder.n_outstanding) && sim_ring_init(&c->store_buffer, u->inorder.n_store_buffer) &&
	       sim_ring_init(&c->memory_queue, n_queue) && sim_store_table_init(&c->stores, 2 * u->inorder.n_store_buffer);
}

static enum pv_status check(const struct pv_uarch *u, struct pv_error *err)
{
	const int32_t at_least_one[] = {
	    u->inorder.width,
	    u->inorder.n_fetch_lines,
	    u->inorder.line_bytes,
	    u->inorder.issue_limit,
	    u->inorder.commit_limit,
	    u->inorder.n_fetch2_buffer,
	    u->inorder.memory_issue_limit,
	    u->inorder.memory_commit_limit,
	    u->inorder.n_decode_buffer,
	    u->inorder.n_outstanding,
	    u->inorder.n_execute_buffer,
	    u->inorder.n_store_buffer,
	    u->inorder.n_memory_transfers,
	    u->inorder.n_memory_requests,
	    u->inorder.n_stores_per_cycle,
	};
	for (unsigned i = 0; i < sizeof at_least_one / sizeof at_least_one[0]; i++)
		FAIL_IF(at_least_one[i] < 1, err, PV_ERR_RANGE, "machine '%s': a width, limit or buffer of the in-order core is below 1",
		        u->name);
	FAIL_IF(u->inorder.n_fetch2_buffer + 1 >= INORDER_MAX_LINES, err, PV_ERR_RANGE, "machine '%s': a fetch 2 buffer of %d lines",
	        u->name, u->inorder.n_fetch2_buffer);
	return PV_OK;
}

enum pv_status inorder_init(struct inorder *inorder, const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops,
                            struct pv_error *err)
{
	memset(inorder, 0, sizeof *inorder);
	TRY(check(uarch, err));
	TRY(set_units(inorder, uarch, err));
	TRY(sim_core_init(&inorder->core, uarch, uops, n_uops, err));
	inorder->params = uarch->inorder;
	set_widths(inorder, uarch);
	set_slack(inorder, uarch);
	FAIL_IF(!make_tables(inorder, uarch), err, PV_ERR_NOMEM, "no memory for machine '%s'", uarch->name);
	return PV_OK;
}

void inorder_release(struct inorder *inorder)
{
	struct inorder_front *f = &inorder->front;
	struct sim_ring *const rings[] = {&f->lines_in_flight, &f->decode_buffer, &f->execute_buffer, &inorder->store_buffer,
	                                  &inorder->memory_queue};
	for (unsigned i = 0; i < sizeof rings / sizeof rings[0]; i++)
		free(rings[i]->at);
	free(inorder->outstanding.until);
	sim_store_table_release(&inorder->stores);
	sim_core_release(&inorder->core);
}

static void keep_times(const struct inorder_insn *insn, uint64_t period_ps, struct pv_uop_times *times)
{
	*times = (struct pv_uop_times){
	    .fetch_ps = insn->fetch * period_ps,
	    .decode_ps = insn->decode * period_ps,
	    .rename_ps = insn->decode * period_ps,
	    .dispatch_ps = insn->issue * period_ps,
	    .issue_ps = insn->issue * period_ps,
	    .complete_ps = insn->commit * period_ps,
	    .commit_ps = insn->commit * period_ps,
	    .store_ps = insn->store * period_ps,
	    .fetch_depth = insn->fetch_depth,
	    .data_depth = insn->data_depth,
	    .mispredicted = insn->mispredicted,
	};
}

/* for the watchdog */
static void tell_state(struct inorder *inorder, const struct inorder_insn *insn)
{
	const uint64_t at[SIM_CORE_N_STAGES] = {insn->fetch, insn->decode, insn->decode, insn->issue,
	                                        insn->issue, insn->commit, insn->commit};
	sim_core_stall(&inorder->core, insn->uop, at,
	               "next entries free: decode buffer %" PRIu64 ", execute buffer %" PRIu64 ", memory queue %" PRIu64
	               ", store buffer %" PRIu64 ", place in the memory system %" PRIu64 "; done in its unit %" PRIu64
	               "; last store leaves %" PRIu64 ", memory barrier until %" PRIu64 "; line there %" PRIu64,
	               sim_ring_free_at(&inorder->front.decode_buffer), sim_ring_free_at(&inorder->front.execute_buffer),
	               sim_ring_free_at(&inorder->memory_queue), sim_ring_free_at(&inorder->store_buffer),
	               sim_resource_free_at(&inorder->outstanding), insn->done, inorder->last_exit, inorder->barrier_until,
	               inorder->front.line_at);
}

void inorder_run(struct inorder *inorder, const struct pv_row *rows, size_t n, uint64_t next_pc, uint32_t *delta, size_t stride,
                 struct pv_uop_times *times)
{
	struct sim_core *core = &inorder->core;
	for (size_t i = 0; i < n; i++) {
		struct inorder_insn insn = {.uop = &core->uops[rows[i].uop], .row = &rows[i], .fetch_depth = -1, .data_depth = -1};
		insn.next_pc = i + 1 < n ? core->uops[rows[i + 1].uop].pc : next_pc;
		inorder_fetch(inorder, &insn);
		inorder_execute(inorder, &insn);
		if (sim_core_is_stalled(core, insn.commit)) {
			tell_state(inorder, &insn);
			return;
		}
		if (core->keeps_stack)
			inorder_account(inorder, &insn, core->stats.commit_cycles);
		uint32_t target = sim_core_count(core, insn.uop, insn.commit, insn.store);
		if (delta != NULL)
			delta[i * stride] = target;
		if (times != NULL)
			keep_times(&insn, core->period_ps, &times[i]);
	}
}
