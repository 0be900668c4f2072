/*
 * inputs.h - how feature rows enter a network: normalised, and distances in logarithms
 *
 * Reuse distances run from 1 to 1e8 (never before). Normalised as they are, the difference between a hit in the first and in the second
 * cache is some thousandths of a standard deviation, and a network cannot tell them apart; their logarithms tell them apart well. Training
 * chooses: logarithms, or (the reference's way) plain values.
 */
#ifndef PV_MODEL_INPUTS_H
#define PV_MODEL_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include <perfvec/dataset.h>

struct pv_inputs {
	bool log;                                      /* fetch_reuse, load_reuse, store_reuse and address_distance enter as log2(1 + x) */
	float mean[PV_N_FEATURES], std[PV_N_FEATURES]; /* of what enters; a std of 0 counts as 1 */
};

/* pv_inputs_parse - "log" or "plain"; PV_ERR_ARG. pv_inputs_name is the reverse, a static string */
enum pv_status pv_inputs_parse(const char *name, bool *log, struct pv_error *err);
const char *pv_inputs_name(bool log);

/* pv_inputs_unpack - rows (n) into normalised float32: row i is written at out + i * stride, F floats */
void pv_inputs_unpack(const struct pv_inputs *inputs, const struct pv_feature_row *rows, size_t n, float *out, size_t stride);

/* The features that may enter as logarithms. */
enum { PV_N_LOG_INPUTS = 4 };
extern const int pv_log_inputs[PV_N_LOG_INPUTS]; /* their numbers */

/* pv_inputs_logs - log2(1 + x) of one row's distances, in the order of pv_log_inputs */
void pv_inputs_logs(const struct pv_feature_row *row, float logs[PV_N_LOG_INPUTS]);

#endif
