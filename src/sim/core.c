/*
 * core.c - preparing what both cores need from a machine's parameters and a trace's static micro-operations
 */
#include "sim/core.h"

#include <stdlib.h>
#include <string.h>

enum { LINK_REGISTER = 30, ZERO_REGISTER = 34 /* gem5's index of the Arm zero register as a destination */ };

static bool reads(const struct pv_uop *uop, unsigned reg_class, unsigned index)
{
	for (unsigned i = 0; i < uop->n_src; i++)
		if (uop->src[i].reg_class == reg_class && uop->src[i].index == index)
			return true;
	return false;
}

static bool writes(const struct pv_uop *uop, unsigned reg_class, unsigned index)
{
	for (unsigned i = 0; i < uop->n_dst; i++)
		if (uop->dst[i].reg_class == reg_class && uop->dst[i].index == index)
			return true;
	return false;
}

static bool is_load_class(unsigned op_class)
{
	return op_class == PV_OP_MemRead || op_class == PV_OP_FloatMemRead || op_class == PV_OP_InstPrefetch;
}

static bool is_store_class(unsigned op_class)
{
	return op_class == PV_OP_MemWrite || op_class == PV_OP_FloatMemWrite;
}

/* Imported traces say neither call nor return: then Arm's link register tells. */
static void prepare_branch(struct sim_core_uop *to, const struct pv_uop *uop)
{
	if ((uop->flags & PV_UOP_BRANCH) == 0)
		return;
	bool direct = (uop->flags & PV_UOP_DIRECT_BRANCH) != 0, cond = (uop->flags & PV_UOP_COND_BRANCH) != 0;
	bool call = (uop->flags & PV_UOP_CALL) != 0 || (!cond && writes(uop, PV_REG_INT, LINK_REGISTER));
	bool from_link = !cond && !direct && !call && reads(uop, PV_REG_INT, LINK_REGISTER);
	bool returns = (uop->flags & PV_UOP_RETURN) != 0 || from_link;
	to->flags |= SIM_CORE_BRANCH | (direct ? SIM_CORE_DIRECT : 0u) | (call ? SIM_CORE_CALL : 0u);
	to->branch_kind = cond ? BP_BRANCH_COND : returns ? BP_BRANCH_RETURN : direct ? BP_BRANCH_DIRECT : BP_BRANCH_INDIRECT;
}

static void prepare_flags(struct sim_core_uop *to, const struct pv_uop *uop)
{
	static const struct {
		uint32_t from, to;
	} map[] = {
	    {PV_UOP_SQUASH_AFTER, SIM_CORE_SQUASH_AFTER},
	    {PV_UOP_SERIALIZE_AFTER, SIM_CORE_SERIALIZE_AFTER},
	    {PV_UOP_SERIALIZE_BEFORE, SIM_CORE_SERIALIZE_BEFORE},
	    {PV_UOP_READ_BARRIER | PV_UOP_WRITE_BARRIER, SIM_CORE_BARRIER},
	    {PV_UOP_NON_SPECULATIVE | PV_UOP_ATOMIC | PV_UOP_STORE_CONDITIONAL, SIM_CORE_HEAD_ONLY},
	    {PV_UOP_ATOMIC, SIM_CORE_ATOMIC},
	    {PV_UOP_SYSCALL, SIM_CORE_SYSCALL},
	    {PV_UOP_PREFETCH, SIM_CORE_PREFETCH},
	    {PV_UOP_LAST, SIM_CORE_LAST},
	    {PV_UOP_MICROOP, SIM_CORE_MICROOP},
	};
	for (unsigned i = 0; i < sizeof map / sizeof map[0]; i++)
		if ((uop->flags & map[i].from) != 0)
			to->flags |= map[i].to;
	if ((uop->flags & (PV_UOP_STORE | PV_UOP_ATOMIC | PV_UOP_STORE_CONDITIONAL)) != 0 || is_store_class(uop->op_class))
		to->flags |= SIM_CORE_STORE;
	else if ((uop->flags & (PV_UOP_LOAD | PV_UOP_PREFETCH)) != 0 || is_load_class(uop->op_class))
		to->flags |= SIM_CORE_LOAD;
	if (uop->op_class == PV_OP_InstPrefetch)
		to->flags |= SIM_CORE_PREFETCH;
}

static void count_destination(struct sim_core_uop *to, struct pv_reg reg)
{
	switch (reg.reg_class) {
	case PV_REG_INT: to->n_dst_int = (uint8_t)(to->n_dst_int + (reg.index != ZERO_REGISTER)); break;
	case PV_REG_FLOAT: to->n_dst_float++; break;
	case PV_REG_VEC:
	case PV_REG_VEC_ELEM: to->n_dst_vec++; break;
	case PV_REG_PRED: to->n_dst_pred++; break;
	case PV_REG_CC: to->n_dst_cc++; break;
	default: break;
	}
}

static void prepare_registers(struct sim_core_uop *to, const struct pv_uop *uop)
{
	for (unsigned i = 0; i < uop->n_src && i < PV_MAX_SRC; i++)
		if (uop->src[i].reg_class < PV_REG_MISC)
			to->src[to->n_src++] =
			    (uint16_t)(uop->src[i].reg_class * SIM_CORE_REGS_PER_CLASS + uop->src[i].index % SIM_CORE_REGS_PER_CLASS);
	for (unsigned i = 0; i < uop->n_dst && i < PV_MAX_DST; i++) {
		count_destination(to, uop->dst[i]);
		if (uop->dst[i].reg_class < PV_REG_MISC)
			to->dst[to->n_dst++] =
			    (uint16_t)(uop->dst[i].reg_class * SIM_CORE_REGS_PER_CLASS + uop->dst[i].index % SIM_CORE_REGS_PER_CLASS);
	}
}

/* An operation that no unit of the machine executes takes one cycle and no unit, as in gem5. */
static void prepare_units(struct sim_core_uop *to, const struct pv_uarch *uarch, unsigned op_class)
{
	unsigned n = 0;
	memset(to->pools, SIM_CORE_NO_POOL, sizeof to->pools);
	for (unsigned pool = 0; pool < UARCH_N_POOLS && n < SIM_CORE_MAX_POOLS; pool++)
		if ((uarch->units.ops[pool] >> op_class & 1) != 0 && uarch->units.count[pool] > 0)
			to->pools[n++] = (uint8_t)pool;
	to->latency = to->interval = 1;
	if (n == 0)
		return;
	to->latency = (uint8_t)uarch->operations.latency_cycles[op_class];
	to->interval = (uint8_t)uarch->operations.interval_cycles[op_class];
}

static enum pv_status prepare(struct sim_core *core, const struct pv_uarch *uarch, const struct pv_uop *uops, struct pv_error *err)
{
	for (uint32_t i = 0; i < core->n_uops; i++) {
		const struct pv_uop *uop = &uops[i];
		struct sim_core_uop *to = &core->uops[i];
		FAIL_IF(uop->op_class >= PV_N_OP_CLASSES || uop->n_src > PV_MAX_SRC || uop->n_dst > PV_MAX_DST, err, PV_ERR_RANGE,
		        "micro-operation %u: op class %u, %u sources, %u destinations", i, uop->op_class, uop->n_src, uop->n_dst);
		to->pc = uop->pc;
		to->target = uop->target;
		to->op_class = uop->op_class;
		to->uop_index = uop->uop_index;
		to->access_bytes = uop->access_bytes;
		to->insn_bytes = uop->insn_bytes != 0 ? uop->insn_bytes : 4;
		prepare_flags(to, uop);
		prepare_branch(to, uop);
		prepare_registers(to, uop);
		prepare_units(to, uarch, uop->op_class);
	}
	return PV_OK;
}

/* For qsort_r: by pc, by place in the instruction, then in the order of the trace. */
static int compare_places(const void *a, const void *b, void *uops)
{
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct sim_core_uop *x = (const struct sim_core_uop *)uops + i, *y = (const struct sim_core_uop *)uops + k;
	if (x->pc != y->pc)
		return x->pc < y->pc ? -1 : 1;
	if (x->uop_index != y->uop_index)
		return x->uop_index < y->uop_index ? -1 : 1;
	return i < k ? -1 : i > k;
}

static enum pv_status sort_by_pc(struct sim_core *core, struct pv_error *err)
{
	core->by_pc = malloc(((size_t)core->n_uops + 1) * sizeof *core->by_pc);
	FAIL_IF(core->by_pc == NULL, err, PV_ERR_NOMEM, "no memory for %u micro-operations", core->n_uops);
	for (uint32_t i = 0; i < core->n_uops; i++)
		core->by_pc[i] = i;
	qsort_r(core->by_pc, core->n_uops, sizeof *core->by_pc, compare_places, core->uops);
	return PV_OK;
}

uint32_t sim_core_uop_at(const struct sim_core *core, uint64_t pc)
{
	uint32_t low = 0, high = core->n_uops;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (core->uops[core->by_pc[middle]].pc < pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum pv_status make_memory(struct sim_core *core, const struct pv_uarch *u, struct pv_error *err)
{
	const struct uarch_dram *dram = uarch_dram_lookup(u->memory.type);
	FAIL_IF(dram == NULL, err, PV_ERR_RANGE, "machine '%s': memory type %d is unknown", u->name, u->memory.type);
	return cache_memory_init(&core->memory, u, dram, err);
}

enum pv_status sim_core_init(struct sim_core *core, const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops,
                             struct pv_error *err)
{
	memset(core, 0, sizeof *core);
	core->n_uops = n_uops;
	core->period_ps = uarch->core.period_ps;
	FAIL_IF(uarch->core.period_ps <= 0, err, PV_ERR_RANGE, "machine '%s': a cycle of %d ps", uarch->name, uarch->core.period_ps);
	core->uops = calloc((size_t)n_uops + 1, sizeof *core->uops);
	FAIL_IF(core->uops == NULL, err, PV_ERR_NOMEM, "no memory for %u micro-operations", n_uops);
	TRY(prepare(core, uarch, uops, err));
	TRY(sort_by_pc(core, err));
	TRY(make_memory(core, uarch, err));
	return bp_branch_unit_init(&core->branch, uarch, err);
}

void sim_core_release(struct sim_core *core)
{
	free(core->uops);
	core->uops = NULL;
	free(core->by_pc);
	core->by_pc = NULL;
	cache_memory_release(&core->memory);
	bp_branch_unit_release(&core->branch);
}

enum bp_branch_result sim_core_predict(struct sim_core *core, const struct sim_core_uop *uop, const struct pv_row *row, uint64_t next_pc,
                                       uint64_t *guess)
{
	bool taken = (row->flags & PV_ROW_TAKEN) != 0;
	struct bp_branch branch = {
	    .pc = uop->pc,
	    .fall_through = uop->pc + uop->insn_bytes,
	    .next = next_pc,
	    .target = uop->target,
	    .kind = (enum bp_branch_kind)uop->branch_kind,
	    .is_call = (uop->flags & SIM_CORE_CALL) != 0,
	    .is_direct = (uop->flags & SIM_CORE_DIRECT) != 0,
	    .taken = taken,
	};
	core->stats.n_branches++;
	if (next_pc == 0)
		return BP_BRANCH_RIGHT;
	enum bp_branch_result result = bp_branch_unit_step(&core->branch, &branch);
	*guess = branch.guess;
	core->stats.n_mispredicted += result != BP_BRANCH_RIGHT;
	return result;
}
