/*
 * pack.h - plain float32 features back into packed rows, for values from outside
 */
#ifndef DATA_PACK_H
#define DATA_PACK_H

#include <stddef.h>

#include <perfvec/dataset.h>
#include <perfvec/features.h>

/*
 * data_feature_row_pack - the row whose plain features are x
 *
 * @x  (F) plain values
 *
 * Returns: the first feature whose value no row holds, or PV_N_FEATURES when all are held; then pv_features_unpack gives x again, except
 * that an entropy rounded to six digits comes back exact. *row is complete only then. PV_FEATURE_LAST is not set: no feature tells it.
 */
enum pv_feature data_feature_row_pack(const float *x, struct pv_feature_row *row);

#endif
