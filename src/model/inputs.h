/*
 * inputs.h - how feature rows enter a network: which schema, normalised, and distances in logarithms
 *
 * Reuse distances run from 1 to 1e8 (never before). Normalised as they are, the difference between a hit in the first and in the second
 * cache is some thousandths of a standard deviation, and a network cannot tell them apart; their logarithms tell them apart well. Training
 * chooses: the 51 features of schema pv1 plain (the reference's way) or with logarithms, or schema pv2, which needs context rows.
 */
#ifndef PV_MODEL_INPUTS_H
#define PV_MODEL_INPUTS_H

#include <stddef.h>

#include <perfvec/dataset.h>
#include <perfvec/features.h>

enum pv_inputs_kind {
	PV_INPUTS_PLAIN,
	PV_INPUTS_LOG, /* fetch_reuse, load_reuse, store_reuse and address_distance enter as log2(1 + x) */
	PV_INPUTS_PV2  /* the inputs of perfvec/pv2.def */
};

enum { PV_MAX_INPUTS = (int)PV2_COUNT > (int)PV_N_FEATURES ? (int)PV2_COUNT : (int)PV_N_FEATURES };

struct pv_inputs {
	enum pv_inputs_kind kind;
	float mean[PV_MAX_INPUTS], std[PV_MAX_INPUTS]; /* (pv_inputs_count) of what enters; a std of 0 counts as 1 */
};

/* pv_inputs_parse - "plain", "log" or "pv2"; PV_ERR_ARG. pv_inputs_name is the reverse, a static string */
enum pv_status pv_inputs_parse(const char *name, enum pv_inputs_kind *kind, struct pv_error *err);
const char *pv_inputs_name(enum pv_inputs_kind kind);

/* pv_inputs_schema - "pv1" or "pv2", a static string. pv_inputs_count - F, how many there are */
const char *pv_inputs_schema(enum pv_inputs_kind kind);
int pv_inputs_count(enum pv_inputs_kind kind);

/* pv_inputs_check - whether a dataset has what they are made from; PV_ERR_VERSION */
enum pv_status pv_inputs_check(enum pv_inputs_kind kind, const struct pv_dataset *dataset, struct pv_error *err);

/*
 * pv_inputs_unpack - rows (n) into normalised float32: row i is written at out + i * stride, F floats
 *
 * @context  (n) of the same rows; read for PV_INPUTS_PV2 only
 */
void pv_inputs_unpack(const struct pv_inputs *inputs, const struct pv_feature_row *rows, const struct pv_context_row *context, size_t n,
                      float *out, size_t stride);

/* The features that may enter as logarithms. */
enum { PV_N_LOG_INPUTS = 4 };
extern const int pv_log_inputs[PV_N_LOG_INPUTS]; /* their numbers */

#endif
