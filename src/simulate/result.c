/*
 * result.c - counts of every program on every machine
 */
#include "simulate/result.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct pv_simulate_result *simulate_result_new(size_t n_traces, const struct pv_uarch_set *machines)
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

struct pv_machine_counts *simulate_result_at(struct pv_simulate_result *result, int program, int machine)
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
#define X(name, field, unit, meaning) sum->name += c->name;
#define Y(name, unit, meaning) sum->name += c->name;
#include <perfvec/counters.def>
#undef X
#undef Y
	for (int i = 0; i < PV_N_CPI_COMPONENTS; i++)
		sum->stack_cycles[i] += c->stack_cycles[i];
	sum->n_units += c->n_units;
}

/* Programs are strata: the CPI of all is the mean of theirs, weighted with their instructions. */
struct pv_machine_counts pv_simulate_counts(const struct pv_simulate_result *result, int program, int machine)
{
	struct pv_machine_counts sum = {0};
	double squares = 0; /* of each program's error x its instructions */
	for (int p = 0; p < result->n_programs; p++) {
		const struct pv_machine_counts *c = &result->counts[(size_t)p * (size_t)result->n_machines + (size_t)machine];
		if (program >= 0 && p != program)
			continue;
		add_counts(&sum, c);
		squares += c->cpi_error_95 * (double)c->n_insns * c->cpi_error_95 * (double)c->n_insns;
	}
	if (sum.n_insns > 0)
		sum.cpi_error_95 = sqrt(squares) / (double)sum.n_insns;
	return sum;
}

bool pv_simulate_sampled(const struct pv_simulate_result *result)
{
	return result->sampled;
}

bool pv_simulate_has_stacks(const struct pv_simulate_result *result)
{
	return result->has_stacks;
}

const char *pv_cpi_component_name(int component)
{
	static const char *const names[] = {
#define X(name, meaning) #name,
#include <perfvec/cpi_stack.def>
#undef X
	};
	return names[component];
}

const char *pv_cpi_component_meaning(int component)
{
	static const char *const meanings[] = {
#define X(name, meaning) meaning,
#include <perfvec/cpi_stack.def>
#undef X
	};
	return meanings[component];
}

const struct pv_counter *pv_counters(size_t *n)
{
	static const struct pv_counter counters[] = {
#define X(name, field, unit, meaning) {#name, unit, meaning, offsetof(struct pv_machine_counts, name)},
#define Y(name, unit, meaning) {#name, unit, meaning, offsetof(struct pv_machine_counts, name)},
#include <perfvec/counters.def>
#undef X
#undef Y
	};
	*n = sizeof counters / sizeof counters[0];
	return counters;
}
