/*
 * derived_machines.c - machine vectors from machine parameters: a model's machine regression makes vectors of machines never timed
 */
#include <perfvec/machine_regression.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine_regression/regression.h"
#include "model/model.h"

bool pv_model_machine_regression(const struct pv_model *model, struct pv_machine_regression_info *info)
{
	const struct machine_regression *net = model->net;
	if (net && info)
		*info = (struct pv_machine_regression_info){net->gp.n, net->inputs.d, net->names, net->error};
	return net != NULL;
}

static enum pv_status check_uarchs(const struct pv_model *model, const struct pv_uarch *const *uarchs, int n, struct pv_error *err)
{
	if (!model->net) {
		base_error_set(err, PV_ERR_MISSING,
		               "the model has no machine regression: it cannot derive a machine's vector from its parameters");
		return base_error_hint(err, "'perfvec tune --machine-regression' fits one");
	}
	for (int i = 0; i < n; i++) {
		bool twice = pv_model_find_machine(model, uarchs[i]->name) >= 0;
		for (int j = 0; j < i; j++)
			twice = twice || !strcmp(uarchs[i]->name, uarchs[j]->name);
		if (twice) {
			base_error_set(err, PV_ERR_ARG, "there is a machine '%s' already", uarchs[i]->name);
			return base_error_hint(err, "give the new machine another name");
		}
		TRY(regression_machine_inputs_check(&model->net->inputs, uarchs[i], err));
	}
	return PV_OK;
}

static enum pv_status put_uarch(struct pv_model *m, int k, const struct pv_uarch *u, struct pv_error *err)
{
	const size_t C = (size_t)m->net->C, D = (size_t)m->info.n_repr;
	double *vector = calloc(C, sizeof *vector);
	FAIL_IF(!vector, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = machine_regression_vector(m->net, u, vector, err);
	for (size_t d = 0; status == PV_OK && d < D; d++)
		model_weights(m)[(size_t)k * D + d] = (float)vector[d];
	if (status == PV_OK && model_bias(m))
		model_bias(m)[k] = (float)vector[D];
	free(vector);
	TRY(status);
	return model_set_machine(m, k, u->name, pv_uarch_clock_mhz(u), PV_MACHINE_DERIVED, err);
}

enum pv_status pv_model_add_uarchs(const struct pv_model *model, const struct pv_uarch *const *uarchs, int n, struct pv_model **more,
                                   struct pv_error *err)
{
	struct pv_model *m;
	TRY(check_uarchs(model, uarchs, n, err));
	TRY(model_extend(model, n, &m, err));
	enum pv_status status = model_set_origin(m, model->command, model->tool_version ? model->tool_version : "", err);
	for (int i = 0; i < n && status == PV_OK; i++)
		status = put_uarch(m, model->info.n_machines + i, uarchs[i], err);
	if (status != PV_OK) {
		pv_model_free(m);
		return status;
	}
	model_seal(m);
	*more = m;
	return PV_OK;
}

int pv_machine_regression_outside(const struct pv_model *model, const struct pv_uarch *uarch, char *text, size_t n_bytes)
{
	const struct machine_regression *net = model->net;
	int n = 0;
	snprintf(text, n_bytes, "%s", "");
	double *x = net ? calloc((size_t)net->inputs.d, sizeof *x) : NULL;
	if (!x)
		return 0;
	regression_machine_inputs_get(&net->inputs, uarch, x);
	for (int j = 0; j < net->gp.d; j++) {
		const double at = x[j] * net->gp.scale[j];
		double least = INFINITY, most = -INFINITY;
		for (int i = 0; i < net->gp.n; i++) {
			least = fmin(least, net->gp.x[(size_t)i * (size_t)net->gp.d + (size_t)j]);
			most = fmax(most, net->gp.x[(size_t)i * (size_t)net->gp.d + (size_t)j]);
		}
		const double slack = 1e-6 * (most - least);
		if (at >= least - slack && at <= most + slack)
			continue;
		if (!n++)
			snprintf(text, n_bytes, "%s is %s than in any machine that the regression was fitted on", net->names[j],
			         at < least ? "smaller" : "larger");
	}
	free(x);
	return n;
}
