/*
 * model_file.h - models as safetensors files, with room for more tensors (the state that training resumes from)
 */
#ifndef MODEL_MODEL_FILE_H
#define MODEL_MODEL_FILE_H

#include "base/safetensors.h"
#include "model/model.h"

/* model_file_put - add a model's tensors and metadata to a file; the model must outlive the writer */
enum pv_status model_file_put(struct base_safetensors_writer *w, const struct pv_model *model, struct pv_error *err);

/* model_file_get - the model in a file; path names the file in errors */
enum pv_status model_file_get(const struct base_safetensors *file, const char *path, struct pv_model **model, struct pv_error *err);

#endif
