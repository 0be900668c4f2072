/*
 * table.h - the table of static micro-operations, in memory and on disk
 */
#ifndef TRACE_TABLE_H
#define TRACE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/trace.h>

#include "base/error.h"

/* trace_uop_wrong - checks the counts and classes of a micro-operation: a phrase that says what is wrong, NULL when nothing is */
const char *trace_uop_wrong(const struct pv_uop *u);

/* trace_table_pack - encodes the table into the bytes of a file; *data is malloc'd and owned by the caller. PV_ERR_NOMEM */
enum pv_status trace_table_pack(const struct pv_uop *uops, uint32_t n, uint8_t **data, size_t *n_bytes, struct pv_error *err);

/*
 * trace_table_unpack - decodes the table from the bytes of a file
 *
 * @uops  set to a malloc'd array of n, owned by the caller; NULL when n is 0
 *
 * Memory grows with the records that were read and are valid, whatever n says: a damaged file cannot ask for more.
 * Returns: PV_OK; PV_ERR_FORMAT; PV_ERR_NOMEM.
 */
enum pv_status trace_table_unpack(const uint8_t *data, size_t n_bytes, uint32_t n, struct pv_uop **uops, struct pv_error *err);

#endif
