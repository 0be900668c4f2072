/*
 * derive.h - machines that were never timed, for commands that take machine names
 */
#ifndef CLI_DERIVE_H
#define CLI_DERIVE_H

#include "cli.h"

/*
 * cli_derive_machines - give a model vectors for the machine files (*.yaml) of a comma-separated list, from its machine regression
 *
 * @model  replaced by one with the new machines where there is a file in the list
 *
 * Warns about machines beyond what the regression learnt from. Returns the list with the files' machines by name, malloc'd; NULL after
 * printing an error.
 */
char *cli_derive_machines(struct pv_model **model, const char *list);

#endif
