/*
 * sim.c - one simulated machine: an out-of-order or an in-order core behind one door
 */
#include "sim/sim.h"

#include "sim/inorder/inorder.h"
#include "sim/ooo/ooo.h"
#include "uarch/uarch.h"

#include <stdlib.h>

struct sim {
	int32_t kind; /* enum uarch_core_kind */
	union {
		struct sim_core core; /* the others begin with it */
		struct ooo ooo;
		struct inorder inorder;
	} as;
};

static enum pv_status init(struct sim *sim, const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops, struct pv_error *err)
{
	switch (uarch->core.kind) {
	case UARCH_CORE_OOO: return ooo_init(&sim->as.ooo, uarch, uops, n_uops, err);
	case UARCH_CORE_INORDER: return inorder_init(&sim->as.inorder, uarch, uops, n_uops, err);
	default: return base_error_set(err, PV_ERR_RANGE, "machine '%s': core kind %d is unknown", uarch->name, uarch->core.kind);
	}
}

enum pv_status sim_new(const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops, struct sim **sim, struct pv_error *err)
{
	struct sim *s = calloc(1, sizeof *s);
	FAIL_IF(s == NULL, err, PV_ERR_NOMEM, "no memory for machine '%s'", uarch->name);
	s->kind = uarch->core.kind;
	enum pv_status status = init(s, uarch, uops, n_uops, err);
	if (status != PV_OK) {
		sim_free(s);
		return status;
	}
	*sim = s;
	return PV_OK;
}

void sim_free(struct sim *sim)
{
	if (sim == NULL)
		return;
	if (sim->kind == UARCH_CORE_OOO)
		ooo_release(&sim->as.ooo);
	else if (sim->kind == UARCH_CORE_INORDER)
		inorder_release(&sim->as.inorder);
	free(sim);
}

/* Counts that the memory system keeps itself. */
static void collect_stats(struct sim_core *core)
{
	struct pv_sim_stats *s = &core->stats;
	const struct cache_memory *m = &core->memory;
	const struct cache *l2 = cache_memory_l2(m), *l3 = cache_memory_l3(m);
	const struct dram_stats *dram = dram_stats(m->dram);
	s->l1i_accesses = m->l1i.n_accesses;
	s->l1i_misses = m->l1i.n_misses;
	s->l1i_prefetches = m->l1i.n_prefetches;
	s->l1d_accesses = m->l1d.n_accesses;
	s->l1d_misses = m->l1d.n_misses;
	s->l1d_prefetches = m->l1d.n_prefetches;
	if (l2 != NULL) {
		s->l2_accesses = l2->n_accesses;
		s->l2_misses = l2->n_misses;
		s->l2_prefetches = l2->n_prefetches;
	}
	if (l3 != NULL) {
		s->l3_accesses = l3->n_accesses;
		s->l3_misses = l3->n_misses;
		s->l3_prefetches = l3->n_prefetches;
	}
	s->itlb_misses = m->tlbs.itlb.n_misses;
	s->dtlb_misses = m->tlbs.dtlb.n_misses;
	s->page_walks = m->tlbs.n_walks;
	s->dram_reads = dram->n_reads;
	s->dram_writes = dram->n_writes;
}

void sim_run(struct sim *sim, const struct pv_row *rows, size_t n, uint64_t next_pc, uint32_t *delta, size_t stride,
             struct pv_uop_times *times)
{
	if (sim_stall(sim) != NULL)
		return;
	if (sim->kind == UARCH_CORE_OOO)
		ooo_run(&sim->as.ooo, rows, n, next_pc, delta, stride, times);
	else
		inorder_run(&sim->as.inorder, rows, n, next_pc, delta, stride, times);
	collect_stats(&sim->as.core);
}

const char *sim_stall(const struct sim *sim)
{
	return sim->as.core.stall[0] != '\0' ? sim->as.core.stall : NULL;
}

void sim_keep_stack(struct sim *sim)
{
	sim->as.core.keeps_stack = true;
}

enum pv_status sim_share_directions(struct sim *sim, struct pv_error *err)
{
	return bp_branch_unit_share_directions(&sim->as.core.branch, err);
}

void sim_set_directions(struct sim *sim, const uint8_t *taken)
{
	if (sim->as.core.branch.shares_directions)
		bp_shared_set(sim->as.core.branch.direction, taken);
}

void sim_warm(struct sim *sim, const struct pv_row *rows, size_t n, uint64_t next_pc)
{
	sim_core_warm(&sim->as.core, rows, n, next_pc);
	collect_stats(&sim->as.core);
}

uint32_t sim_period_ps(const struct sim *sim)
{
	return sim->as.core.period_ps;
}

const struct pv_sim_stats *pv_sim_stats(const struct sim *sim)
{
	return &sim->as.core.stats;
}
