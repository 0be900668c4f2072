/*
 * foundation.h - what is inside struct pv_model
 */
#ifndef PV_MODEL_FOUNDATION_H
#define PV_MODEL_FOUNDATION_H

#include <perfvec/model.h>

#include "model/encoder.h"
#include "model/inputs.h"

struct pv_uarch_net;

struct pv_model {
	struct pv_expression expression; /* n_machines is K */
	struct pv_encoder *encoder;
	float *params; /* parameter block; the last layer gives 0.1 ns */
	struct pv_inputs inputs;
	struct pv_model_machine *machines; /* (K) names are owned */
	char **programs;                   /* (info.n_programs) owned */
	char *command, *tool_version;
	struct pv_uarch_net *net; /* NULL: none */
	struct pv_model_info info;
};

/*
 * pv_model_new - a model with zero parameters, statistics and machines
 *
 * @expression  n_machines filled in
 */
enum pv_status pv_model_new(const struct pv_expression *expression, struct pv_model **model, struct pv_error *err);

/* Filling a new model; strings are copied. PV_ERR_NOMEM */
enum pv_status pv_model_set_machine(struct pv_model *model, int k, const char *name, double clock_mhz, enum pv_machine_state state,
                                    struct pv_error *err);
enum pv_status pv_model_add_program(struct pv_model *model, const char *name, struct pv_error *err);
enum pv_status pv_model_set_origin(struct pv_model *model, const char *command, const char *tool_version, struct pv_error *err);

/* pv_model_copy_facts - inputs, machines, programs and origin of training, but no parameters and no command */
enum pv_status pv_model_copy_facts(const struct pv_model *from, struct pv_model *to, struct pv_error *err);

/*
 * pv_model_extend - a copy of a model with room for more machines, not sealed yet
 *
 * All that the model holds is in the copy: weights, machine vectors, facts and the machine regression. The machines that are added have
 * neither name nor vector yet.
 */
enum pv_status pv_model_extend(const struct pv_model *model, int n_more, struct pv_model **extended, struct pv_error *err);

/* pv_model_seal - compute what is derived from the parameters (the fingerprint); the model is immutable afterwards */
void pv_model_seal(struct pv_model *model);

/* pv_model_weights, pv_model_bias - the last layer inside the parameter block: (K, D), and (K) or NULL */
float *pv_model_weights(const struct pv_model *model);
float *pv_model_bias(const struct pv_model *model);

#endif
