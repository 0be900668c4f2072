/*
 * vectors.h - what is inside struct pv_vectors
 */
#ifndef REPRESENT_VECTORS_H
#define REPRESENT_VECTORS_H

#include <perfvec/model.h>

struct pv_vectors {
	int D, n;
	uint64_t foundation;
	struct pv_vector *items; /* (n) names and values are owned */
};

/* represent_vectors_add - append one vector; everything is copied */
enum pv_status represent_vectors_add(struct pv_vectors *vectors, const struct pv_vector *vector, struct pv_error *err);

/* represent_vectors_check - PV_ERR_ARG unless the vectors are of this model's foundation */
enum pv_status represent_vectors_check(const struct pv_vectors *vectors, const struct pv_model *model, struct pv_error *err);

#endif
