/*
 * export.h - what the parts of exporting share
 */
#ifndef DATA_EXPORT_H
#define DATA_EXPORT_H

#include <perfvec/exchange.h>

#include "base/error.h"
#include "base/folder.h"

/* data_export_config_name - choose the Python module's name: the wanted one, or one made from the folder's; PV_ERR_ARG when it is no
 * identifier */
enum pv_status data_export_config_name(const char *wanted, const char *folder, char *name, size_t size, struct pv_error *err);

/* data_export_splits - express the splits as the reference can read them: fills all of result but its config */
enum pv_status data_export_splits(const struct pv_dataset *dataset, struct pv_export_result *result, struct pv_error *err);

/* data_export_config - write the Python module result->config into the folder */
enum pv_status data_export_config(const struct pv_dataset *dataset, const struct base_out_folder *folder, bool wide,
                                  const struct pv_export_result *result, struct pv_error *err);

#endif
