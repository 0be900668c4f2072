/*
 * perfvec/import_pt.h - models from PyTorch checkpoints of PerfVec
 *
 * PerfVec saves a dictionary with torch.save: the expression under "name", "epoch", "best_loss", and parameters under "model_state_dict".
 * What the model was trained on is not in it: the statistics that features were normalised with, the machines and their clocks. They
 * are given here. Nothing in the checkpoint is run; docs/formats/pytorch.md says what is read and what is refused.
 */
#ifndef PERFVEC_IMPORT_PT_H
#define PERFVEC_IMPORT_PT_H

#include <perfvec/api.h>
#include <perfvec/dataset.h>
#include <perfvec/error.h>
#include <perfvec/model.h>

PV_API_BEGIN

/* Zero is a good start. */
struct pv_import_pt_options {
	const char *expression;           /* of the model; NULL: the checkpoint's "name" */
	const struct pv_dataset *dataset; /* whose statistics the features were normalised with; NULL: those published with PerfVec */
	const char *const *machines;      /* (n_machines) names of the rows of the last layer, in order */
	int n_machines;                   /* 0: they become machine_0, machine_1, .. */
	double clock_mhz;                 /* of all machines; 0: 1000. Only CPI depends on it */
	int window_rows;     /* of the windows it was trained on; 0: 256, and an InsLSTM without options but gru runs as streams */
	const char *command; /* recorded in the model; NULL: "" */
};

/*
 * pv_import_pt - read a checkpoint into a model that pv_model_save can write
 *
 * All models with representations and machine vectors are read: InsLSTM, SeqLSTM, InsLSTMDSE, InsEmLSTM, SeqEmLSTM, InsEmModel, MLP, CNN,
 * TransformerModel.
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_FORMAT (damaged, or no expression), PV_ERR_UNSUPPORTED (the file asks for something to
 * be run, or the model is of a kind that model files cannot hold), PV_ERR_SHAPE (parameters are not those of the expression, or other than
 *          n_machines rows), PV_ERR_RANGE, PV_ERR_NOMEM
 */
enum pv_status pv_import_pt(const char *path, const struct pv_import_pt_options *options, struct pv_model **model, struct pv_error *err);

PV_API_END

#endif
