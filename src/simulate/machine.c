/*
 * machine.c - one machine's way through a program: warmed, timed and counted rows, and the sampling error of its CPI
 *
 * The CPI over units is a ratio of two sums, cycles c and instructions m: R = sum c / sum m. Its standard error is that of the residuals
 * c - R m of the n units, divided by the mean of m:
 *
 *	error = sqrt(sum (c - R m)^2 / (n - 1) / n) / (sum m / n)
 *
 * and half of the 95 % confidence interval is that times the quantile 0.975 of Student's t with n - 1 degrees of freedom. Units of a
 * systematic sample are taken as if they were drawn at random.
 *
 * Reference: Cochran, "Sampling Techniques", 3rd edition, 1977, chapters 6 and 8.
 */
#include "simulate/machine.h"

#include <math.h>

#include "base/statistics.h"

enum { TIMES_BLOCK = 256 };

/* The 16 targets of a block. */
static void make_targets(struct simulate_machine *m, const struct pv_row *rows, const struct pv_uop_times *times, size_t n, uint32_t *out,
                         size_t stride)
{
	for (size_t i = 0; i < n; i++) {
		int64_t targets[PV_N_TARGETS];
		/* stages pass in order: no increment is negative */
		data_targets_next(&m->targets, &times[i], m->uops[rows[i].uop].op_class == PV_OP_MemRead, targets);
		for (int j = 0; out && j < PV_N_TARGETS; j++)
			out[i * stride + (size_t)j] = targets[j] > UINT32_MAX ? UINT32_MAX : (uint32_t)targets[j];
	}
}

static void run_all_targets(struct simulate_machine *m, const struct pv_row *rows, size_t n, uint64_t next_pc, uint32_t *target,
                            uint32_t *all, size_t stride)
{
	struct pv_uop_times times[TIMES_BLOCK];
	for (size_t i = 0; i < n; i += TIMES_BLOCK) {
		size_t block = n - i < TIMES_BLOCK ? n - i : TIMES_BLOCK;
		uint64_t after = i + block < n ? m->uops[rows[i + block].uop].pc : next_pc;
		sim_run(m->sim, rows + i, block, after, target ? target + i : NULL, 1, times);
		if (sim_stall(m->sim) != NULL)
			return;
		make_targets(m, rows + i, times, block, all ? all + i * stride : NULL, stride);
	}
}

static void end_unit(struct simulate_machine *m, bool ends_program)
{
	const struct pv_sim_stats *now = pv_sim_stats(m->sim), *begin = &m->begin;
	struct pv_machine_counts *c = &m->counts;
	/* stores on their way at a unit's end are the next instructions' affair; at the program's end they are waited for */
	uint64_t cycles = (ends_program ? now->cycles : now->commit_cycles) - begin->commit_cycles;
#define X(name, field, unit, meaning) c->name += now->field - begin->field;
#define Y(name, unit, meaning)
#include <perfvec/counters.def>
#undef X
#undef Y
	c->cycles += cycles;
	for (int i = 0; i < PV_N_CPI_COMPONENTS; i++)
		c->stack_cycles[i] += now->stack_cycles[i] - begin->stack_cycles[i];
	if (ends_program && m->keeps_stack)
		c->stack_cycles[PV_CPI_l1 + now->exit_depth] += now->cycles - now->commit_cycles;
	c->n_units++;
	double dc = (double)cycles, dm = (double)(now->n_insns - begin->n_insns);
	m->sum_c += dc;
	m->sum_m += dm;
	m->sum_cc += dc * dc;
	m->sum_mm += dm * dm;
	m->sum_cm += dc * dm;
}

void simulate_machine_run(struct simulate_machine *m, const struct simulate_plan *plan, const struct simulate_chunk *chunk)
{
	size_t n_out = 0;
	for (size_t i = 0; i < chunk->n;) {
		struct simulate_row_span span = simulate_plan_at(plan, chunk->first + i);
		bool cut = span.end - chunk->first > chunk->n;
		size_t end = cut ? chunk->n : (size_t)(span.end - chunk->first), n = end - i;
		uint64_t next_pc = end < chunk->n ? m->uops[chunk->rows[end].uop].pc : chunk->next_pc;
		bool counted = span.use == SIMULATE_ROWS_COUNTED;
		if (counted && span.begins_unit)
			m->begin = *pv_sim_stats(m->sim);
		uint32_t *target = counted ? chunk->targets + n_out : NULL;
		if (span.use == SIMULATE_ROWS_WARM) {
			sim_warm(m->sim, chunk->rows + i, n, next_pc);
			m->targets.begun = true;
		} else if (chunk->all) {
			run_all_targets(m, chunk->rows + i, n, next_pc, target, counted ? chunk->all + n_out * chunk->all_stride : NULL,
			                chunk->all_stride);
		} else {
			sim_run(m->sim, chunk->rows + i, n, next_pc, target, 1, NULL);
		}
		n_out += counted ? n : 0;
		if (counted && span.ends_unit && !cut)
			end_unit(m, span.end == plan->n_rows);
		i = end;
	}
	for (size_t i = 0; i < n_out; i++)
		m->counts.time_tenth_ns += chunk->targets[i];
}

static double cpi_error_95(const struct simulate_machine *m)
{
	double n = (double)m->counts.n_units;
	if (n < 2 || m->sum_m <= 0)
		return INFINITY;
	double cpi = m->sum_c / m->sum_m;
	double squares = m->sum_cc - 2 * cpi * m->sum_cm + cpi * cpi * m->sum_mm;
	return base_student_t_975(n - 1) * sqrt((squares > 0 ? squares : 0) / (n - 1) / n) / (m->sum_m / n);
}

struct pv_machine_counts simulate_machine_counts(const struct simulate_machine *m, const struct simulate_plan *plan)
{
	struct pv_machine_counts counts = m->counts;
	if (plan->period > 0)
		counts.cpi_error_95 = cpi_error_95(m);
	else
		counts.n_units = 0;
	return counts;
}
