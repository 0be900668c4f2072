/*
 * tiny_model.c - a model of 8 hidden units with random weights and two machines
 */
#include "support/tiny_model.h"

#include <stdlib.h>

#include <perfvec/features.h>

#include "model/model.h"

static void must(enum pv_status status)
{
	if (status != PV_OK)
		abort();
}

struct pv_model *tiny_model(uint64_t seed)
{
	struct model_expression e;
	struct pv_model *m;
	must(model_expression_parse("InsLSTM(8,2,bias=False)", 0, 0, PV_N_FEATURES, 2, &e, NULL));
	must(model_new(&e, &m, NULL));
	nn_sequential_init(m->encoder->chain, m->params, seed);
	for (int f = 0; f < PV_N_FEATURES; f++)
		m->inputs.std[f] = 1;
	static const int distances[] = {PV_FEATURE_AT_fetch_reuse, PV_FEATURE_AT_load_reuse, PV_FEATURE_AT_store_reuse,
	                                PV_FEATURE_AT_address_distance};
	for (int i = 0; i < 4; i++)
		m->inputs.std[distances[i]] = 1e3F;
	must(model_set_machine(m, 0, "a", 1000, PV_MACHINE_TRAINED, NULL));
	must(model_set_machine(m, 1, "b", 2000, PV_MACHINE_TRAINED, NULL));
	model_seal(m);
	return m;
}
