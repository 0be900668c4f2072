/*
 * results.c - what a model predicts for its inputs, beside what a dataset knows
 */
#include "results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(void)
{
	fputs("error: out of memory\n", stderr);
	return CLI_FAILED;
}

/* The chosen machines as numbers in the model; their count, or -1 after printing an error. */
static int choose_machines(const struct pv_model *model, const struct cli_list *names, int *machines)
{
	const int K = pv_model_info(model)->n_machines;
	int n = 0;
	for (int k = 0; !names->n && k < K; k++)
		machines[n++] = k;
	for (size_t i = 0; i < names->n; i++) {
		machines[n] = pv_model_find_machine(model, names->items[i]);
		if (machines[n++] < 0) {
			fprintf(stderr, "error: the model has no machine '%s'\nhint: 'perfvec tune' learns machines from a dataset\n",
			        names->items[i]);
			return -1;
		}
	}
	return n;
}

static double simulated_ns(const struct cli_input_program *p, const char *machine)
{
	for (int k = 0; p->dataset && k < pv_dataset_n_machines(p->dataset); k++)
		if (!strcmp(pv_dataset_machine(p->dataset, k)->name, machine))
			return 0.1 * (double)p->program->total[k];
	return NAN;
}

static struct pv_pair pair_of(const struct cli_results *r, int program, int k)
{
	const struct pv_vector *v = pv_vectors_at(r->inputs.vectors, program);
	const struct pv_model_machine *machine = pv_model_machine(r->model, k);
	struct pv_pair p = {.program = v->program,
	                    .machine = machine->name,
	                    .program_seen = pv_model_saw_program(r->model, v->program),
	                    .machine_seen = machine->state == PV_MACHINE_TRAINED,
	                    .predicted_ns = pv_predict_ns(r->model, v, k),
	                    .simulated_ns = simulated_ns(&r->inputs.programs[program], machine->name)};
	p.predicted_cpi = pv_cpi(p.predicted_ns, machine->clock_mhz, v->n_insns);
	p.simulated_cpi = pv_cpi(p.simulated_ns, machine->clock_mhz, v->n_insns);
	return p;
}

/* Represents the operands and predicts; the model is there. */
static int predict(struct cli_results *r, const struct cli_model_args *args, const struct cli_list *names, char **operands, int n,
                   int *machines)
{
	struct pv_error err = {0};
	const int M = choose_machines(r->model, names, machines);
	if (M < 0 || cli_inputs_open(&r->inputs, r->model, operands, n, args) != CLI_OK)
		return CLI_FAILED;
	for (int i = 0; i < n; i++)
		if (r->inputs.datasets[i] && pv_model_check_dataset(r->model, r->inputs.datasets[i], machines, M, &err) != PV_OK)
			return cli_error(&err);
	const int P = pv_vectors_count(r->inputs.vectors);
	r->pairs = calloc((size_t)P * (size_t)M + 1, sizeof *r->pairs);
	if (!r->pairs)
		return no_memory();
	for (int p = 0; p < P; p++)
		for (int m = 0; m < M; m++)
			r->pairs[r->n++] = pair_of(r, p, machines[m]);
	return CLI_OK;
}

int cli_results_open(const struct cli_command *self, struct cli_model_args *args, const struct cli_list *names, char **operands, int n,
                     struct cli_results *r)
{
	*r = (struct cli_results){0};
	int status = cli_model_open(self, args, &r->model);
	if (status != CLI_OK)
		return status;
	int *machines = calloc((size_t)pv_model_info(r->model)->n_machines + names->n + 1, sizeof *machines);
	status = machines ? predict(r, args, names, operands, n, machines) : no_memory();
	free(machines);
	if (status != CLI_OK)
		cli_results_release(r);
	return status;
}

void cli_results_release(struct cli_results *r)
{
	free(r->pairs);
	cli_inputs_release(&r->inputs);
	pv_model_free(r->model);
	*r = (struct cli_results){0};
}
