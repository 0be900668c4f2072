/*
 * table.h - the table of static micro-operations, in memory and on disk
 */
#ifndef TRACE_TABLE_H
#define TRACE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/trace.h>

#include "base/error.h"

/* trace_uop_wrong - what is wrong with a micro-operation's counts and classes; NULL when nothing is */
const char *trace_uop_wrong(const struct pv_uop *u);

/* trace_table_pack - the table as bytes of the file; *data is malloc'd and owned by the caller. PV_ERR_NOMEM */
enum pv_status trace_table_pack(const struct pv_uop *uops, uint32_t n, uint8_t **data, size_t *n_bytes, struct pv_error *err);

/*
 * trace_table_unpack - the table from bytes of a file
 *
 * @uops  set to a malloc'd array of n, owned by the caller; NULL when n is 0
 *
 * Memory grows with what was read and found good, not with what n claims. Returns: PV_OK; PV_ERR_FORMAT; PV_ERR_NOMEM.
 */
enum pv_status trace_table_unpack(const uint8_t *data, size_t n_bytes, uint32_t n, struct pv_uop **uops, struct pv_error *err);

#endif
