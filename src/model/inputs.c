/*
 * inputs.c - how feature rows enter a network
 */
#include "model/inputs.h"

#include <math.h>
#include <string.h>

#include <perfvec/features.h>

#include "base/error.h"

const int pv_log_inputs[PV_N_LOG_INPUTS] = {PV_FEATURE_AT_fetch_reuse, PV_FEATURE_AT_load_reuse, PV_FEATURE_AT_store_reuse,
                                            PV_FEATURE_AT_address_distance};

enum pv_status pv_inputs_parse(const char *name, bool *log, struct pv_error *err)
{
	PV_FAIL_IF(strcmp(name, "log") && strcmp(name, "plain"), err, PV_ERR_ARG, "inputs are 'log' or 'plain', not '%.40s'", name);
	*log = !strcmp(name, "log");
	return PV_OK;
}

const char *pv_inputs_name(bool log)
{
	return log ? "log" : "plain";
}

void pv_inputs_logs(const struct pv_feature_row *row, float logs[PV_N_LOG_INPUTS])
{
	logs[0] = log2f(1.0F + (float)row->fetch_reuse);
	logs[1] = log2f(1.0F + (float)row->load_reuse);
	logs[2] = log2f(1.0F + (float)row->store_reuse);
	logs[3] = log2f(1.0F + (float)row->address_distance);
}

void pv_inputs_unpack(const struct pv_inputs *in, const struct pv_feature_row *rows, size_t n, float *out, size_t stride)
{
	pv_features_unpack(rows, n, in->mean, in->std, out, stride);
	for (size_t i = 0; in->log && i < n; i++) {
		float logs[PV_N_LOG_INPUTS];
		pv_inputs_logs(&rows[i], logs);
		for (int f = 0; f < PV_N_LOG_INPUTS; f++) {
			int at = pv_log_inputs[f];
			float std = in->std[at] > 0 ? in->std[at] : 1.0F;
			out[i * stride + (size_t)at] = (logs[f] - in->mean[at]) / std;
		}
	}
}
