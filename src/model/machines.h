/*
 * machines.h - checks that a dataset fits a model: machines of the same name have the same parameters
 */
#ifndef MODEL_MACHINES_H
#define MODEL_MACHINES_H

#include <perfvec/dataset.h>

#include "data/columns.h"
#include "model/model.h"

/*
 * model_machine_parameters - fingerprint of a machine file's parameters
 *
 * Comments, blank lines and the entries that parameters do not depend on (perfvec_machine, name, origin) do not count. Never 0.
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO
 */
enum pv_status model_machine_parameters(const char *path, uint64_t *parameters, struct pv_error *err);

/* model_copy_machine - make machine k of the model that of a dataset, its parameters' fingerprint included */
enum pv_status model_copy_machine(struct pv_model *model, int k, const struct pv_dataset_machine *machine, enum pv_machine_state state,
                                  struct pv_error *err);

/*
 * model_describe_machines - describe the machines of a dataset to an InsLSTMDSE, as the reference describes its own: the sizes of the data
 * caches, as the powers of two by which they are larger than 2 KiB and 128 KiB
 *
 * @columns  whose machines, in the order of the rows
 * @params   of the encoder
 *
 * Returns: PV_OK; those of pv_uarch_load
 */
enum pv_status model_describe_machines(const struct model_encoder *encoder, const struct pv_dataset *dataset,
                                       const struct data_columns *columns, float *params, struct pv_error *err);

#endif
