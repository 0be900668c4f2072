/*
 * unpack.h - the plain form of pv_features_unpack, generated from features.def; tests compare the fast form with it
 */
#ifndef DATA_UNPACK_H
#define DATA_UNPACK_H

#include <perfvec/dataset.h>
#include <perfvec/features.h>

/* data_features_unpack_plain - same contract as pv_features_unpack */
void data_features_unpack_plain(const struct pv_feature_row *rows, size_t n, const float *mean, const float *std, float *out,
                                size_t stride);

/* data_feature_bounds - lowest and highest value of feature i < PV_N_FEATURES */
void data_feature_bounds(unsigned i, double *low, double *high);

/* data_entropy_of_sixteenths - entropy in nats of p = code / 16; 0 for codes above 16 */
float data_entropy_of_sixteenths(unsigned code);

#endif
