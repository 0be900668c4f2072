/*
 * warm.c - functional warming: what caches, prefetchers and predictors learn from rows that are not timed
 *
 * Each new line of code goes to the L1I, each load and store to the L1D, each branch to the predictors. Wrong paths are not followed.
 *
 * Reference: Wunderlich, Wenisch, Falsafi, Hoe, "SMARTS: accelerating microarchitecture simulation via rigorous statistical sampling",
 * ISCA 2003.
 */
#include "sim/cache/warm.h"

#include "sim/core.h"

void sim_core_warm(struct sim_core *core, const struct pv_row *rows, size_t n, uint64_t next_pc)
{
	struct cache_memory *memory = &core->memory;
	uint64_t line = UINT64_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct pv_row *row = &rows[i];
		const struct sim_core_uop *uop = &core->uops[row->uop];
		if (uop->pc / UARCH_LINE_BYTES != line) {
			line = uop->pc / UARCH_LINE_BYTES;
			cache_memory_warm_fetch(memory, uop->pc);
		}
		if ((row->flags & PV_ROW_HAS_ADDR) != 0 && (uop->flags & (SIM_CORE_LOAD | SIM_CORE_STORE)) != 0)
			cache_memory_warm_data(memory, uop->pc, row->addr, (uop->flags & SIM_CORE_STORE) != 0);
		if ((uop->flags & SIM_CORE_BRANCH) != 0) {
			uint64_t guess = 0;
			sim_core_predict(core, uop, row, i + 1 < n ? core->uops[rows[i + 1].uop].pc : next_pc, &guess);
		}
	}
}
