/*
 * simulate_result.c - counts of every program on every machine
 */
#include "pipeline/simulate_result.h"

#include <stdlib.h>
#include <string.h>

struct pv_simulate_result *pv_simulate_result_new(size_t n_traces, const struct pv_uarch_set *machines)
{
	struct pv_simulate_result *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	size_t K = pv_uarch_set_count(machines);
	r->n_machines = (int)K;
	r->programs = calloc(n_traces, sizeof *r->programs);
	r->machines = calloc(K, sizeof *r->machines);
	r->counts = calloc(n_traces * K, sizeof *r->counts);
	if (!r->programs || !r->machines || !r->counts)
		goto fail;
	for (size_t k = 0; k < K; k++)
		if (!(r->machines[k] = strdup(pv_uarch_name(pv_uarch_set_at(machines, k)))))
			goto fail;
	return r;
fail:
	pv_simulate_result_free(r);
	return NULL;
}

void pv_simulate_result_free(struct pv_simulate_result *result)
{
	if (!result)
		return;
	for (int i = 0; result->programs && i < result->n_programs; i++)
		free(result->programs[i]);
	for (int k = 0; result->machines && k < result->n_machines; k++)
		free(result->machines[k]);
	free(result->programs);
	free(result->machines);
	free(result->counts);
	free(result);
}

struct pv_machine_counts *pv_simulate_result_at(struct pv_simulate_result *result, int program, int machine)
{
	return &result->counts[(size_t)program * (size_t)result->n_machines + (size_t)machine];
}

int pv_simulate_n_programs(const struct pv_simulate_result *result)
{
	return result->n_programs;
}

int pv_simulate_n_machines(const struct pv_simulate_result *result)
{
	return result->n_machines;
}

const char *pv_simulate_program_name(const struct pv_simulate_result *result, int program)
{
	return result->programs[program];
}

const char *pv_simulate_machine_name(const struct pv_simulate_result *result, int machine)
{
	return result->machines[machine];
}

static void add_counts(struct pv_machine_counts *sum, const struct pv_machine_counts *c)
{
	sum->n_insns += c->n_insns;
	sum->n_rows += c->n_rows;
	sum->cycles += c->cycles;
	sum->time_tenth_ns += c->time_tenth_ns;
	sum->n_branches += c->n_branches;
	sum->n_mispredicted += c->n_mispredicted;
	sum->n_l1i_misses += c->n_l1i_misses;
	sum->n_l1d_misses += c->n_l1d_misses;
	sum->n_l2_misses += c->n_l2_misses;
	sum->n_dram_reads += c->n_dram_reads;
	sum->n_dram_writes += c->n_dram_writes;
}

struct pv_machine_counts pv_simulate_counts(const struct pv_simulate_result *result, int program, int machine)
{
	struct pv_machine_counts sum = {0};
	for (int p = 0; p < result->n_programs; p++)
		if (program < 0 || p == program)
			add_counts(&sum, &result->counts[(size_t)p * (size_t)result->n_machines + (size_t)machine]);
	return sum;
}
