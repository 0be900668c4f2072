/*
 * foundation.c - making, asking and releasing models
 */
#include "model/foundation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/fingerprint.h"

enum pv_status pv_model_new(const struct pv_expression *expression, struct pv_model **model, struct pv_error *err)
{
	struct pv_model *m = calloc(1, sizeof *m);
	PV_FAIL_IF(!m, err, PV_ERR_NOMEM, "out of memory");
	struct pv_net_config config = {PV_N_FEATURES, expression->n_hidden, expression->n_layers, expression->n_machines, expression->bias};
	enum pv_status status = pv_net_new(&config, &m->net, err);
	if (status != PV_OK) {
		free(m);
		return status;
	}
	m->expression = *expression;
	m->params = calloc(pv_net_n_params(m->net), sizeof *m->params);
	m->machines = calloc((size_t)expression->n_machines, sizeof *m->machines);
	if (!m->params || !m->machines) {
		pv_model_free(m);
		return pv_error_set(err, PV_ERR_NOMEM, "out of memory for a model");
	}
	pv_expression_print(expression, m->expression_text);
	m->info = (struct pv_model_info){.expression = m->expression_text,
	                                 .schema = "pv1",
	                                 .n_features = PV_N_FEATURES,
	                                 .n_repr = expression->n_hidden,
	                                 .n_machines = expression->n_machines,
	                                 .n_params = pv_net_n_params(m->net),
	                                 .bias = expression->bias,
	                                 .validation_error = NAN};
	*model = m;
	return PV_OK;
}

void pv_model_free(struct pv_model *m)
{
	if (!m)
		return;
	for (int k = 0; m->machines && k < m->expression.n_machines; k++)
		free((char *)m->machines[k].name);
	for (int i = 0; i < m->info.n_programs; i++)
		free(m->programs[i]);
	free(m->programs);
	free(m->machines);
	free(m->command);
	free(m->tool_version);
	free(m->params);
	pv_net_free(m->net);
	free(m);
}

static enum pv_status set_string(char **to, const char *text, struct pv_error *err)
{
	char *copy = strdup(text);
	PV_FAIL_IF(!copy, err, PV_ERR_NOMEM, "out of memory");
	free(*to);
	*to = copy;
	return PV_OK;
}

enum pv_status pv_model_set_machine(struct pv_model *m, int k, const char *name, double clock_mhz, enum pv_machine_state state,
                                    struct pv_error *err)
{
	char *copy = (char *)m->machines[k].name;
	PV_TRY(set_string(&copy, name, err));
	m->machines[k] = (struct pv_model_machine){.name = copy, .clock_mhz = clock_mhz, .state = state};
	return PV_OK;
}

enum pv_status pv_model_add_program(struct pv_model *m, const char *name, struct pv_error *err)
{
	char **more = realloc(m->programs, ((size_t)m->info.n_programs + 1) * sizeof *more);
	PV_FAIL_IF(!more, err, PV_ERR_NOMEM, "out of memory");
	m->programs = more;
	m->programs[m->info.n_programs] = NULL;
	PV_TRY(set_string(&m->programs[m->info.n_programs], name, err));
	m->info.n_programs++;
	m->info.programs = (const char *const *)m->programs;
	return PV_OK;
}

enum pv_status pv_model_set_origin(struct pv_model *m, const char *command, const char *tool_version, struct pv_error *err)
{
	PV_TRY(set_string(&m->command, command ? command : "", err));
	PV_TRY(set_string(&m->tool_version, tool_version, err));
	m->info.command = m->command;
	m->info.tool_version = m->tool_version;
	return PV_OK;
}

static const struct pv_net_tensor *find_tensor(const struct pv_model *m, const char *name)
{
	int n;
	const struct pv_net_tensor *t = pv_net_tensors(m->net, &n);
	for (int i = 0; i < n; i++)
		if (!strcmp(t[i].name, name))
			return &t[i];
	return NULL;
}

float *pv_model_weights(const struct pv_model *m)
{
	return m->params + find_tensor(m, "linear.weight")->offset;
}

float *pv_model_bias(const struct pv_model *m)
{
	const struct pv_net_tensor *t = find_tensor(m, "linear.bias");
	return t ? m->params + t->offset : NULL;
}

void pv_model_seal(struct pv_model *m)
{
	int n;
	const struct pv_net_tensor *t = pv_net_tensors(m->net, &n);
	uint64_t h = PV_FINGERPRINT_START;
	h = pv_fingerprint(h, m->inputs.mean, sizeof m->inputs.mean);
	h = pv_fingerprint(h, m->inputs.std, sizeof m->inputs.std);
	for (int i = 0; i < n; i++)
		if (strncmp(t[i].name, "linear.", 7)) {
			h = pv_fingerprint(h, t[i].name, strlen(t[i].name));
			h = pv_fingerprint(h, m->params + t[i].offset, t[i].n * sizeof *m->params);
		}
	h = pv_fingerprint(h, pv_inputs_name(m->inputs.log), m->inputs.log ? 3 : 0);
	m->info.inputs = pv_inputs_name(m->inputs.log);
	m->info.foundation = h;
}

const struct pv_model_info *pv_model_info(const struct pv_model *m)
{
	return &m->info;
}

const struct pv_model_machine *pv_model_machine(const struct pv_model *m, int k)
{
	return &m->machines[k];
}

int pv_model_find_machine(const struct pv_model *m, const char *name)
{
	for (int k = 0; k < m->expression.n_machines; k++)
		if (!strcmp(m->machines[k].name, name))
			return k;
	return -1;
}

bool pv_model_saw_program(const struct pv_model *m, const char *name)
{
	for (int i = 0; i < m->info.n_programs; i++)
		if (!strcmp(m->programs[i], name))
			return true;
	return false;
}
