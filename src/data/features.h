/*
 * features.h - makes the packed feature rows of executed micro-operations, in one streaming pass over a program
 */
#ifndef DATA_FEATURES_H
#define DATA_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/features.h>
#include <perfvec/uop.h>

#include "base/error.h"

struct data_features; /* what a program has done so far; one thread */

/* data_features_new - start at a program's beginning; PV_ERR_NOMEM. data_features_free releases, NULL is allowed */
enum pv_status data_features_new(struct data_features **features, struct pv_error *err);
void data_features_free(struct data_features *features);

/*
 * data_features_run - make the features of the next executed micro-operations
 *
 * @uops  (n_uops) static micro-operations; from call to call more may follow, those before stay
 * @rows  (n) in program order, following those of the call before; rows[i].uop < n_uops
 * @out   (n)
 *
 * The result does not depend on how rows are cut into calls. Memory grows with the program's footprint (lines, branches and static
 * micro-operations), not with its length.
 * Returns: PV_OK; PV_ERR_ARG (a row names no micro-operation), PV_ERR_NOMEM, PV_ERR_RANGE (a footprint of 2^30 lines). After a failure
 * only data_features_free is valid.
 */
enum pv_status data_features_run(struct data_features *features, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows,
                                 size_t n, struct pv_feature_row *out, struct pv_error *err);

/*
 * data_features_skim - pass over executed micro-operations whose features are not needed; more than twice as fast as making them
 *
 * The rows that follow have the same features as after data_features_run, but for address_distance in the first 1000 of them.
 * Returns: as data_features_run
 */
enum pv_status data_features_skim(struct data_features *features, const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows,
                                  size_t n, struct pv_error *err);

/* data_features_of_uop - make the part of a feature row that is the same at every execution; the rest is zero */
void data_features_of_uop(const struct pv_uop *uop, struct pv_feature_row *row);

/*
 * data_features_run_plain - the same features by walking lists, in O(footprint) a row; tests compare data_features_run with it
 *
 * @rows  (n) a whole program
 */
enum pv_status data_features_run_plain(const struct pv_uop *uops, uint32_t n_uops, const struct pv_row *rows, size_t n,
                                       struct pv_feature_row *out, struct pv_error *err);

#endif
