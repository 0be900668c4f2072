/*
 * inputs.c - how feature rows enter a network
 */
#include "model/inputs.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

const int model_log_inputs[MODEL_N_LOG_INPUTS] = {PV_FEATURE_AT_fetch_reuse, PV_FEATURE_AT_load_reuse, PV_FEATURE_AT_store_reuse,
                                                  PV_FEATURE_AT_address_distance};

static const struct {
	const char *name, *schema;
	int n;
} kinds[] = {
    [MODEL_INPUTS_PLAIN] = {"plain", "pv1", PV_N_FEATURES},
    [MODEL_INPUTS_LOG] = {"log", "pv1", PV_N_FEATURES},
    [MODEL_INPUTS_PV2] = {"pv2", "pv2", PV2_COUNT},
};

enum pv_status model_inputs_parse(const char *name, enum model_inputs_kind *kind, struct pv_error *err)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(name, kinds[i].name)) {
			*kind = (enum model_inputs_kind)i;
			return PV_OK;
		}
	return base_error_set(err, PV_ERR_ARG, "inputs are 'pv2', 'log' or 'plain', not '%.40s'", name);
}

const char *model_inputs_name(enum model_inputs_kind kind)
{
	return kinds[kind].name;
}

const char *model_inputs_schema(enum model_inputs_kind kind)
{
	return kinds[kind].schema;
}

int model_inputs_count(enum model_inputs_kind kind)
{
	return kinds[kind].n;
}

enum pv_status model_inputs_check(enum model_inputs_kind kind, const struct pv_dataset *dataset, struct pv_error *err)
{
	if (kind != MODEL_INPUTS_PV2 || pv_dataset_info(dataset)->has_context)
		return PV_OK;
	base_error_set(err, PV_ERR_VERSION, "feature schema pv2 needs context rows, and the dataset has none");
	base_error_hint(err, "simulate it again with this perfvec, or train with '--inputs log'");
	return PV_ERR_VERSION;
}

static void take_logs(const struct pv_feature_row *row, float logs[MODEL_N_LOG_INPUTS])
{
	logs[0] = log2f(1.0F + (float)row->fetch_reuse);
	logs[1] = log2f(1.0F + (float)row->load_reuse);
	logs[2] = log2f(1.0F + (float)row->store_reuse);
	logs[3] = log2f(1.0F + (float)row->address_distance);
}

void model_inputs_unpack(const struct model_inputs *in, const struct pv_feature_row *rows, const struct pv_context_row *context, size_t n,
                         float *out, size_t stride)
{
	if (in->kind == MODEL_INPUTS_PV2) {
		pv_inputs_unpack(rows, context, n, in->mean, in->std, out, stride);
		return;
	}
	pv_features_unpack(rows, n, in->mean, in->std, out, stride);
	for (size_t i = 0; in->kind == MODEL_INPUTS_LOG && i < n; i++) {
		float logs[MODEL_N_LOG_INPUTS];
		take_logs(&rows[i], logs);
		for (int f = 0; f < MODEL_N_LOG_INPUTS; f++) {
			int at = model_log_inputs[f];
			float std = in->std[at] > 0 ? in->std[at] : 1.0F;
			out[i * stride + (size_t)at] = (logs[f] - in->mean[at]) / std;
		}
	}
}
