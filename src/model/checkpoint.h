/*
 * checkpoint.h - models as safetensors files, with room for more tensors (the state that training resumes from)
 */
#ifndef PV_MODEL_CHECKPOINT_H
#define PV_MODEL_CHECKPOINT_H

#include "base/safetensors.h"
#include "model/foundation.h"

/* pv_checkpoint_put - add a model's tensors and metadata to a file; the model must outlive the writer */
enum pv_status pv_checkpoint_put(struct pv_safetensors_writer *w, const struct pv_model *model, struct pv_error *err);

/* pv_checkpoint_get - the model in a file; path names the file in errors */
enum pv_status pv_checkpoint_get(const struct pv_safetensors *file, const char *path, struct pv_model **model, struct pv_error *err);

#endif
