/*
 * inputs.h - how feature rows enter a network: which schema, normalised, and distances in logarithms
 *
 * Reuse distances run from 1 to 1e8 (never before). Normalised as they are, the difference between a hit in the first and in the second
 * cache is some thousandths of a standard deviation, and a network cannot tell them apart; their logarithms tell them apart well. Training
 * chooses: the 51 features of schema pv1 plain (the reference's way) or with logarithms, or schema pv2, which needs context rows.
 */
#ifndef MODEL_INPUTS_H
#define MODEL_INPUTS_H

#include <stddef.h>

#include <perfvec/dataset.h>
#include <perfvec/features.h>

enum model_inputs_kind {
	MODEL_INPUTS_PLAIN,
	MODEL_INPUTS_LOG, /* fetch_reuse, load_reuse, store_reuse and address_distance enter as log2(1 + x) */
	MODEL_INPUTS_PV2  /* the inputs of perfvec/pv2.def */
};

enum { MODEL_MAX_INPUTS = (int)PV2_COUNT > (int)PV_N_FEATURES ? (int)PV2_COUNT : (int)PV_N_FEATURES };

struct model_inputs {
	enum model_inputs_kind kind;
	float mean[MODEL_MAX_INPUTS], std[MODEL_MAX_INPUTS]; /* (model_inputs_count) of the inputs; a std of 0 counts as 1 */
};

/* model_inputs_parse - "plain", "log" or "pv2"; PV_ERR_ARG. model_inputs_name is the reverse, a static string */
enum pv_status model_inputs_parse(const char *name, enum model_inputs_kind *kind, struct pv_error *err);
const char *model_inputs_name(enum model_inputs_kind kind);

/* model_inputs_schema - "pv1" or "pv2", a static string. model_inputs_count - F, how many there are */
const char *model_inputs_schema(enum model_inputs_kind kind);
int model_inputs_count(enum model_inputs_kind kind);

/* model_inputs_check - whether a dataset has what they are made from; PV_ERR_VERSION */
enum pv_status model_inputs_check(enum model_inputs_kind kind, const struct pv_dataset *dataset, struct pv_error *err);

/*
 * model_inputs_unpack - rows (n) into normalised float32: row i is written at out + i * stride, F floats
 *
 * @context  (n) of the same rows; read for MODEL_INPUTS_PV2 only
 */
void model_inputs_unpack(const struct model_inputs *inputs, const struct pv_feature_row *rows, const struct pv_context_row *context,
                         size_t n, float *out, size_t stride);

/* The features that may enter as logarithms. */
enum { MODEL_N_LOG_INPUTS = 4 };
extern const int model_log_inputs[MODEL_N_LOG_INPUTS]; /* their numbers */

#endif
