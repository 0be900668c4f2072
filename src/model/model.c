/*
 * model.c - making, asking and releasing models
 */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "machine_regression/regression.h"

enum pv_status model_new(const struct model_expression *expression, struct pv_model **model, struct pv_error *err)
{
	struct pv_model *m = calloc(1, sizeof *m);
	FAIL_IF(!m, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = model_encoder_new(expression, &m->encoder, err);
	if (status != PV_OK) {
		free(m);
		return status;
	}
	m->expression = *expression;
	m->params = calloc(m->encoder->n_params, sizeof *m->params);
	m->machines = calloc((size_t)expression->n_machines, sizeof *m->machines);
	if (!m->params || !m->machines) {
		pv_model_free(m);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for a model");
	}
	m->info = (struct pv_model_info){.expression = m->expression.text,
	                                 .schema = model_inputs_schema(MODEL_INPUTS_PLAIN),
	                                 .n_features = m->encoder->F,
	                                 .n_repr = expression->n_repr,
	                                 .n_machines = expression->n_machines,
	                                 .n_params = m->encoder->n_trained,
	                                 .mode = expression->window ? "window" : "stream",
	                                 .window_rows = expression->window,
	                                 .bias = expression->bias,
	                                 .validation_error = NAN,
	                                 .left_out_error = NAN};
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
	model_encoder_free(m->encoder);
	machine_regression_free(m->net);
	free(m);
}

static enum pv_status set_string(char **to, const char *text, struct pv_error *err)
{
	char *copy = strdup(text);
	FAIL_IF(!copy, err, PV_ERR_NOMEM, "out of memory");
	free(*to);
	*to = copy;
	return PV_OK;
}

enum pv_status model_set_machine(struct pv_model *m, int k, const char *name, double clock_mhz, enum pv_machine_state state,
                                 struct pv_error *err)
{
	char *copy = (char *)m->machines[k].name;
	TRY(set_string(&copy, name, err));
	m->machines[k] = (struct pv_model_machine){.name = copy, .clock_mhz = clock_mhz, .state = state};
	return PV_OK;
}

enum pv_status model_add_program(struct pv_model *m, const char *name, struct pv_error *err)
{
	TRY(base_array_extend(&m->programs, (size_t)m->info.n_programs, sizeof *m->programs, "programs", err));
	m->programs[m->info.n_programs] = NULL;
	TRY(set_string(&m->programs[m->info.n_programs], name, err));
	m->info.n_programs++;
	m->info.programs = (const char *const *)m->programs;
	return PV_OK;
}

enum pv_status model_set_origin(struct pv_model *m, const char *command, const char *tool_version, struct pv_error *err)
{
	TRY(set_string(&m->command, command ? command : "", err));
	TRY(set_string(&m->tool_version, tool_version, err));
	m->info.command = m->command;
	m->info.tool_version = m->tool_version;
	return PV_OK;
}

float *model_weights(const struct pv_model *m)
{
	return m->params + m->encoder->weight->offset;
}

const float *pv_model_machine_vector(const struct pv_model *m, int k)
{
	return model_weights(m) + (size_t)k * (size_t)m->info.n_repr;
}

float *model_bias(const struct pv_model *m)
{
	return m->encoder->bias ? m->params + m->encoder->bias->offset : NULL;
}

void model_seal(struct pv_model *m)
{
	const struct model_encoder *e = m->encoder;
	uint64_t h = BASE_HASH_START;
	const size_t n = (size_t)e->F;
	h = base_hash(h, m->inputs.mean, n * sizeof *m->inputs.mean);
	h = base_hash(h, m->inputs.std, n * sizeof *m->inputs.std);
	for (int i = 0; i < e->n_tensors; i++) {
		const struct nn_tensor *t = &e->tensors[i];
		if (t == e->weight || t == e->bias || (e->described && !strncmp(t->name, "uarch_", 6)))
			continue;
		h = base_hash(h, t->name, strlen(t->name));
		h = base_hash(h, m->params + t->offset, t->n * sizeof *m->params);
	}
	/* The same weights over windows make other vectors than over streams, and the expression says how they are used. */
	if (e->T) {
		const uint32_t rows = (uint32_t)e->T;
		h = base_hash(h, &rows, sizeof rows);
		h = base_hash(h, m->expression.text, strcspn(m->expression.text, "("));
	}
	m->info.inputs = model_inputs_name(m->inputs.kind);
	m->info.schema = model_inputs_schema(m->inputs.kind);
	h = base_hash(h, m->info.inputs, m->inputs.kind == MODEL_INPUTS_PLAIN ? 0 : strlen(m->info.inputs));
	m->info.foundation = h;
}

enum pv_status model_copy_facts(const struct pv_model *from, struct pv_model *to, struct pv_error *err)
{
	to->inputs = from->inputs;
	for (int k = 0; k < from->info.n_machines; k++) {
		const struct pv_model_machine *m = &from->machines[k];
		TRY(model_set_machine(to, k, m->name, m->clock_mhz, m->state, err));
		to->machines[k].parameters = m->parameters;
	}
	for (int i = 0; i < from->info.n_programs; i++)
		TRY(model_add_program(to, from->programs[i], err));
	to->info.epoch = from->info.epoch;
	to->info.seed = from->info.seed;
	to->info.validation_error = from->info.validation_error;
	to->info.left_out_error = from->info.left_out_error;
	return PV_OK;
}

enum pv_status pv_model_as(const struct pv_model *model, const char *mode, int window_rows, struct pv_model **other, struct pv_error *err)
{
	const bool window = !strcmp(mode, "window");
	struct model_expression e;
	struct pv_model *m;
	FAIL_IF(!window && strcmp(mode, "stream"), err, PV_ERR_ARG, "no mode is called '%.40s'; there are stream and window", mode);
	FAIL_IF(window && (window_rows < 1 || window_rows > MODEL_MAX_WINDOW_ROWS), err, PV_ERR_RANGE, "windows have 1 to %d rows, not %d",
	        MODEL_MAX_WINDOW_ROWS, window_rows);
	const struct model_expression *from = &model->expression;
	TRY(model_expression_parse(from->text, window ? window_rows : 0, 0, from->n_inputs, from->n_machines, &e, err));
	TRY(model_new(&e, &m, err));
	model_encoder_copy(model->encoder, model->params, m->encoder, m->params);
	enum pv_status status = model_copy_facts(model, m, err);
	if (status == PV_OK)
		status = model_set_origin(m, model->command, model->tool_version ? model->tool_version : "", err);
	if (status != PV_OK) {
		pv_model_free(m);
		return status;
	}
	model_seal(m);
	*other = m;
	return PV_OK;
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
