/*
 * pack.h - packs plain float32 features into feature rows, for values that other programs have written
 */
#ifndef DATA_PACK_H
#define DATA_PACK_H

#include <stddef.h>

#include <perfvec/dataset.h>
#include <perfvec/features.h>

/*
 * data_feature_row_pack - find the row whose plain features are x
 *
 * @x  (F) plain values
 *
 * Returns: PV_N_FEATURES when there is one; pv_features_unpack then gives x again, except that an entropy rounded to six digits comes
 * back exact. Otherwise the first feature with a value that no row can hold, and *row is incomplete. PV_FEATURE_LAST is never set: it is
 * not among the features.
 */
enum pv_feature data_feature_row_pack(const float *x, struct pv_feature_row *row);

#endif
