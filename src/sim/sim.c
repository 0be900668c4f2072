/*
 * sim.c - one simulated machine: an out-of-order or an in-order core behind one door
 */
#include "sim/sim.h"

#include "sim/inorder/inorder.h"
#include "sim/ooo/ooo.h"
#include "uarch/uarch.h"

#include <stdlib.h>

struct pv_sim {
	int32_t kind; /* enum pv_core_kind */
	union {
		struct pv_core core; /* the others begin with it */
		struct pv_ooo ooo;
		struct pv_inorder inorder;
	} as;
};

static enum pv_status init(struct pv_sim *sim, const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops,
                           struct pv_error *err)
{
	switch (uarch->core.kind) {
	case PV_CORE_OOO: return pv_ooo_init(&sim->as.ooo, uarch, uops, n_uops, err);
	case PV_CORE_INORDER: return pv_inorder_init(&sim->as.inorder, uarch, uops, n_uops, err);
	default: return pv_error_set(err, PV_ERR_RANGE, "machine '%s': core kind %d is unknown", uarch->name, uarch->core.kind);
	}
}

enum pv_status pv_sim_new(const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops, struct pv_sim **sim,
                          struct pv_error *err)
{
	struct pv_sim *s = calloc(1, sizeof *s);
	PV_FAIL_IF(s == NULL, err, PV_ERR_NOMEM, "no memory for machine '%s'", uarch->name);
	s->kind = uarch->core.kind;
	enum pv_status status = init(s, uarch, uops, n_uops, err);
	if (status != PV_OK) {
		pv_sim_free(s);
		return status;
	}
	*sim = s;
	return PV_OK;
}

void pv_sim_free(struct pv_sim *sim)
{
	if (sim == NULL)
		return;
	if (sim->kind == PV_CORE_OOO)
		pv_ooo_release(&sim->as.ooo);
	else if (sim->kind == PV_CORE_INORDER)
		pv_inorder_release(&sim->as.inorder);
	free(sim);
}

/* Counts that the memory system keeps itself. */
static void collect_stats(struct pv_core *core)
{
	struct pv_sim_stats *s = &core->stats;
	const struct pv_memory *m = &core->memory;
	const struct pv_cache *l2 = pv_memory_l2(m), *l3 = pv_memory_l3(m);
	const struct pv_dram_stats *dram = pv_dram_stats(m->dram);
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

void pv_sim_run(struct pv_sim *sim, const struct pv_row *rows, size_t n, uint64_t next_pc, uint32_t *delta, size_t stride,
                struct pv_uop_times *times)
{
	if (pv_sim_stall(sim) != NULL)
		return;
	if (sim->kind == PV_CORE_OOO)
		pv_ooo_run(&sim->as.ooo, rows, n, next_pc, delta, stride, times);
	else
		pv_inorder_run(&sim->as.inorder, rows, n, next_pc, delta, stride, times);
	collect_stats(&sim->as.core);
}

const char *pv_sim_stall(const struct pv_sim *sim)
{
	return sim->as.core.stall[0] != '\0' ? sim->as.core.stall : NULL;
}

void pv_sim_keep_stack(struct pv_sim *sim)
{
	sim->as.core.keeps_stack = true;
}

enum pv_status pv_sim_be_told(struct pv_sim *sim, struct pv_error *err)
{
	return pv_branch_unit_be_told(&sim->as.core.branch, err);
}

void pv_sim_tell(struct pv_sim *sim, const uint8_t *guesses)
{
	if (sim->as.core.branch.is_told)
		pv_told_set(sim->as.core.branch.direction, guesses);
}

void pv_sim_warm(struct pv_sim *sim, const struct pv_row *rows, size_t n, uint64_t next_pc)
{
	pv_core_warm(&sim->as.core, rows, n, next_pc);
	collect_stats(&sim->as.core);
}

uint32_t pv_sim_period_ps(const struct pv_sim *sim)
{
	return sim->as.core.period_ps;
}

const struct pv_sim_stats *pv_sim_stats(const struct pv_sim *sim)
{
	return &sim->as.core.stats;
}
