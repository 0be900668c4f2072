/*
 * context.h - makes the packed context rows of executed micro-operations: what schema pv2 has beside the feature rows of pv1
 */
#ifndef DATA_CONTEXT_H
#define DATA_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/features.h>
#include <perfvec/uop.h>

#include "base/error.h"

struct data_context; /* what a program has done so far; one thread */

/* data_context_new - start at a program's beginning; PV_ERR_NOMEM. data_context_free releases, NULL is allowed */
enum pv_status data_context_new(struct data_context **context, struct pv_error *err);
void data_context_free(struct data_context *context);

/*
 * data_context_run - make the context of the next executed micro-operations
 *
 * @uops      (n_uops) static micro-operations; from call to call more may follow, those before stay
 * @rows      (n) in program order, following those of the call before; rows[i].uop < n_uops
 * @features  (n) of the same rows, made by data_features_run
 * @out       (n)
 *
 * The result does not depend on how rows are cut into calls. Memory: as data_features_run.
 * Returns: PV_OK; PV_ERR_ARG (a row names no micro-operation), PV_ERR_NOMEM, PV_ERR_RANGE. After a failure only data_context_free is valid.
 */
enum pv_status data_context_run(struct data_context *context, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows,
                                const struct pv_feature_row *features, size_t n, struct pv_context_row *out, struct pv_error *err);

/*
 * data_context_skim - pass over executed micro-operations whose context is not needed
 *
 * The rows that follow have another context for some thousand rows, as at a program's beginning: producers, stored words and
 * the state of the ideal processors from before are not known. Returns: as data_context_run
 */
enum pv_status data_context_skim(struct data_context *context, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows,
                                 size_t n, struct pv_error *err);

#endif
