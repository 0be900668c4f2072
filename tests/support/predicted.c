/*
 * predicted.c - program vectors and predictions in one line
 */
#include "support/predicted.h"

#include <stdio.h>
#include <stdlib.h>

struct pv_vectors *new_vectors(const struct pv_model *model)
{
	struct pv_vectors *vectors;
	struct pv_error err = {0};
	if (pv_vectors_new(model, &vectors, &err) == PV_OK)
		return vectors;
	fprintf(stderr, "%s\n", err.message);
	abort();
}

struct pv_prediction predicted(const struct pv_model *model, const struct pv_vectors *vectors, int i, int k)
{
	struct pv_prediction x;
	struct pv_error err = {0};
	if (pv_predict(model, vectors, i, k, NULL, &x, &err) == PV_OK)
		return x;
	fprintf(stderr, "%s\n", err.message);
	abort();
}
