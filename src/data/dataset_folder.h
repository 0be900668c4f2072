/*
 * dataset_folder.h - a dataset's folder takes its name, and replaces nothing but another dataset
 */
#ifndef DATA_DATASET_FOLDER_H
#define DATA_DATASET_FOLDER_H

#include "base/error.h"

/*
 * dataset_folder_check - whether a dataset may have this name: it is free, an empty folder, or a dataset that holds nothing else
 *
 * Returns: PV_OK; PV_ERR_IO, with what is in the way
 */
enum pv_status dataset_folder_check(const char *path, struct pv_error *err);

/*
 * dataset_folder_move - the folder temp becomes path
 *
 * A dataset of that name goes away only when the new one is in place. Where the file system can swap two names there is no moment without
 * a dataset of that name.
 *
 * Returns: PV_OK; PV_ERR_IO, and temp is where it was; PV_ERR_NOMEM
 */
enum pv_status dataset_folder_move(const char *temp, const char *path, struct pv_error *err);

#endif
