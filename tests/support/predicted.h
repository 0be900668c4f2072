/*
 * predicted.h - program vectors and predictions in one line, for tests that are not about how these fail
 */
#ifndef TESTS_PREDICTED_H
#define TESTS_PREDICTED_H

#include <perfvec/predict.h>

/* new_vectors - an empty set of program vectors, for pv_vectors_free; aborts when memory is out */
struct pv_vectors *new_vectors(const struct pv_model *model);

/* predicted - pv_predict without simulated times; aborts when it is refused */
struct pv_prediction predicted(const struct pv_model *model, const struct pv_vectors *vectors, int i, int k);

#endif
