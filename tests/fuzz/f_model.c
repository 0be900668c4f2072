/*
 * f_model.c - fuzz target: model files; what is accepted must be usable
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/model_file.h"
#include "represent/ranges.h"
#include "machine_regression/regression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A net gives rows of figures, or says why not. */
static void use_net(const struct pv_model *model)
{
	const struct machine_regression *net = model->net;
	for (int kind = 0; kind < 2; kind++) {
		struct pv_uarch *u = net->inputs.base[kind];
		struct pv_model *more;
		struct pv_error err = {0};
		char text[200];
		if (!u)
			continue;
		pv_machine_regression_outside(model, u, text, sizeof text);
		if (pv_model_add_uarchs(model, (const struct pv_uarch *const *)&u, 1, &more, &err) == PV_OK)
			pv_model_free(more);
		else if (!err.message[0])
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct base_safetensors *file;
	struct pv_model *model;
	struct pv_error err;
	if (base_safetensors_parse(data, size, "fuzz", &file, &err) != PV_OK)
		return 0;
	if (model_file_get(file, "fuzz", &model, &err) == PV_OK) {
		const struct pv_model_info *info = pv_model_info(model);
		double *values = calloc((size_t)info->n_repr, sizeof *values);
		for (int k = 0; values && k < info->n_machines; k++)
			if (pv_model_find_machine(model, pv_model_machine(model, k)->name) < 0 ||
			    !isfinite(represent_vector_time(model, values, 1, k)))
				abort();
		free(values);
		if (model->net)
			use_net(model);
		pv_model_free(model);
	}
	base_safetensors_close(file);
	return 0;
}
