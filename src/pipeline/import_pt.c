/*
 * import_pt.c - PyTorch checkpoints of PerfVec become model files
 *
 * base/pt.c gives tensors by name. They must be the tensors of the model that the expression describes: none missing, none over, every
 * shape equal. PerfVec normalises plain features, so the model's inputs are plain.
 */
#include <perfvec/import_pt.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <perfvec/version.h>

#include "base/pt.h"
#include "model/foundation.h"

static const struct {
	const char *name;
	double mean, std;
} published[PV_N_FEATURES] = {
#define X(name, mean, std) {#name, mean, std},
#include "pipeline/published_stats.def"
#undef X
};

static enum pv_status read_expression(const struct pv_pt *pt, const char *path, const struct pv_import_pt_options *o,
                                      struct pv_expression *expression, struct pv_error *err)
{
	char text[512];
	if (!o->expression && !pv_pt_string(pt, "name", text, sizeof text)) {
		pv_error_set(err, PV_ERR_FORMAT, "'%s' does not say which model it is of", path);
		return err ? pv_error_hint(err, "give its expression, such as 'InsLSTM(256,2,narchs=77,bias=False)'") : PV_ERR_FORMAT;
	}
	const enum pv_status status = pv_expression_parse(o->expression ? o->expression : text, expression, err);
	if (status != PV_OK) {
		pv_error_prefix(err, "'%s'", path);
		return status;
	}
	const struct pv_pt_tensor *last = pv_pt_find(pt, "linear.weight");
	PV_FAIL_IF(!last || last->n_dims != 2 || last->dims[0] < 1 || last->dims[0] > PV_MAX_MACHINES, err, PV_ERR_SHAPE,
	           "'%s' has no parameter linear.weight with a row for each machine", path);
	if (!expression->n_machines)
		expression->n_machines = (int)last->dims[0];
	PV_FAIL_IF(o->n_machines && o->n_machines != expression->n_machines, err, PV_ERR_SHAPE,
	           "'%s' is of %d machines; %d names were given", path, expression->n_machines, o->n_machines);
	return PV_OK;
}

static enum pv_status read_params(const struct pv_pt *pt, const char *path, struct pv_model *m, struct pv_error *err)
{
	const int n = m->encoder->n_tensors;
	const struct pv_tensor *t = m->encoder->tensors;
	for (int i = 0; i < n; i++) {
		const struct pv_pt_tensor *from = pv_pt_find(pt, t[i].name);
		float *to = m->params + t[i].offset;
		PV_FAIL_IF(!from, err, PV_ERR_SHAPE, "'%s' lacks the parameter %s of %s", path, t[i].name, m->expression_text);
		PV_FAIL_IF(from->n_dims != t[i].n_dims || memcmp(from->dims, t[i].dims, (size_t)t[i].n_dims * sizeof *t[i].dims), err,
		           PV_ERR_SHAPE, "'%s': parameter %s is not of the shape that %s has", path, t[i].name, m->expression_text);
		PV_TRY(pv_pt_read_f32(pt, from, to, err));
		for (size_t k = 0; k < t[i].n; k++)
			PV_FAIL_IF(!isfinite(to[k]), err, PV_ERR_FORMAT, "'%s': element %zu of %s is not finite", path, k, t[i].name);
	}
	PV_FAIL_IF(pv_pt_count(pt) != (size_t)n, err, PV_ERR_SHAPE, "'%s' has %zu parameters, %s has %d", path, pv_pt_count(pt),
	           m->expression_text, n);
	return PV_OK;
}

static void set_inputs(struct pv_model *m, const struct pv_dataset *dataset)
{
	const float *mean = NULL, *std = NULL;
	if (dataset)
		pv_dataset_stats(dataset, &mean, &std);
	m->inputs.log = false;
	for (int f = 0; f < PV_N_FEATURES; f++) {
		m->inputs.mean[f] = mean ? mean[f] : (float)published[f].mean;
		m->inputs.std[f] = std ? std[f] : (float)published[f].std;
	}
}

static enum pv_status set_machines(struct pv_model *m, const struct pv_import_pt_options *o, struct pv_error *err)
{
	PV_FAIL_IF(!(o->clock_mhz >= 0.0) || !isfinite(o->clock_mhz), err, PV_ERR_RANGE, "a clock of %g MHz is not possible", o->clock_mhz);
	for (int k = 0; k < m->expression.n_machines; k++) {
		char made_up[32];
		snprintf(made_up, sizeof made_up, "machine_%d", k);
		const char *name = o->n_machines ? o->machines[k] : made_up;
		PV_FAIL_IF(!name[0] || strchr(name, '\n'), err, PV_ERR_ARG, "machine %d: '%.40s' is no name", k, name);
		for (int i = 0; i < k; i++)
			PV_FAIL_IF(!strcmp(m->machines[i].name, name), err, PV_ERR_ARG, "two machines are called '%.80s'", name);
		PV_TRY(pv_model_set_machine(m, k, name, o->clock_mhz > 0.0 ? o->clock_mhz : 1000.0, PV_MACHINE_TRAINED, err));
	}
	return PV_OK;
}

static enum pv_status fill(const struct pv_pt *pt, const char *path, const struct pv_import_pt_options *o, struct pv_model *m,
                           struct pv_error *err)
{
	double epoch;
	PV_TRY(read_params(pt, path, m, err));
	PV_TRY(set_machines(m, o, err));
	set_inputs(m, o->dataset);
	if (pv_pt_number(pt, "epoch", &epoch) && epoch >= 0.0 && epoch < 1e9)
		m->info.epoch = (int)epoch;
	PV_TRY(pv_model_set_origin(m, o->command, PV_VERSION, err));
	pv_model_seal(m);
	return PV_OK;
}

enum pv_status pv_import_pt(const char *path, const struct pv_import_pt_options *options, struct pv_model **model, struct pv_error *err)
{
	struct pv_expression expression;
	struct pv_pt *pt;
	struct pv_model *m = NULL;
	PV_TRY(pv_pt_open(path, &pt, err));
	enum pv_status status = read_expression(pt, path, options, &expression, err);
	if (status == PV_OK)
		status = pv_model_new(&expression, &m, err);
	if (status == PV_OK)
		status = fill(pt, path, options, m, err);
	if (status == PV_OK)
		*model = m;
	else
		pv_model_free(m);
	pv_pt_close(pt);
	return status;
}
