/*
 * watchdog.c - a machine that makes no progress says where it stands, instead of running on with times that mean nothing
 *
 * A time table cannot hang as a pipeline that ticks can, but a resource that is never free again, or a time that ran over, sends an
 * instruction millions of cycles away. Both searches of a free slot and commits are bounded by SIM_CORE_STALL_CYCLES.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "sim/core.h"

void sim_core_stall(struct sim_core *core, const struct sim_core_uop *uop, const uint64_t at[SIM_CORE_N_STAGES], const char *state, ...)
{
	int n = snprintf(core->stall, sizeof core->stall,
	                 "row %" PRIu64 " (pc 0x%" PRIx64 ", %s) does not commit: fetched at cycle %" PRIu64 ", decoded %" PRIu64
	                 ", renamed %" PRIu64 ", dispatched %" PRIu64 ", issued %" PRIu64 ", complete %" PRIu64 ", commits at %" PRIu64
	                 "; the one before did at %" PRIu64 "; ",
	                 core->stats.n_rows, uop->pc, pv_op_class_name(uop->op_class), at[0], at[1], at[2], at[3], at[4], at[5], at[6],
	                 core->stats.commit_cycles);
	va_list args;
	va_start(args, state);
	if (n > 0 && (size_t)n < sizeof core->stall)
		(void)vsnprintf(core->stall + n, sizeof core->stall - (size_t)n, state, args);
	va_end(args);
}
