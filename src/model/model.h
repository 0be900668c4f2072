/*
 * model.h - what is inside struct pv_model
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <perfvec/model.h>

#include "model/encoder.h"
#include "model/inputs.h"

struct machine_regression;

struct pv_model {
	struct model_expression expression; /* n_machines is K */
	struct model_encoder *encoder;
	float *params; /* parameter block; the last layer gives 0.1 ns */
	struct model_inputs inputs;
	struct pv_model_machine *machines; /* (K) names are owned */
	char **programs;                   /* (info.n_programs) owned */
	char *command, *tool_version;
	struct machine_regression *net; /* NULL: none */
	struct pv_model_info info;
};

/*
 * model_new - a model with zero parameters, statistics and machines
 *
 * @expression  n_machines filled in
 */
enum pv_status model_new(const struct model_expression *expression, struct pv_model **model, struct pv_error *err);

/* Filling a new model; strings are copied. PV_ERR_NOMEM */
enum pv_status model_set_machine(struct pv_model *model, int k, const char *name, double clock_mhz, enum pv_machine_state state,
                                 struct pv_error *err);
enum pv_status model_add_program(struct pv_model *model, const char *name, struct pv_error *err);
enum pv_status model_set_origin(struct pv_model *model, const char *command, const char *tool_version, struct pv_error *err);

/* model_copy_facts - inputs, machines, programs and origin of training, but no parameters and no command */
enum pv_status model_copy_facts(const struct pv_model *from, struct pv_model *to, struct pv_error *err);

/*
 * model_extend - a copy of a model with room for more machines, not sealed yet
 *
 * All that the model holds is in the copy: weights, machine vectors, facts and the machine regression. The machines that are added have
 * neither name nor vector yet.
 */
enum pv_status model_extend(const struct pv_model *model, int n_more, struct pv_model **extended, struct pv_error *err);

/* model_seal - compute what is derived from the parameters (the fingerprint); the model is immutable afterwards */
void model_seal(struct pv_model *model);

/* model_weights, model_bias - the last layer inside the parameter block: (K, D), and (K) or NULL */
float *model_weights(const struct pv_model *model);
float *model_bias(const struct pv_model *model);

#endif
