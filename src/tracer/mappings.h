/*
 * mappings.h - the files that recorded code came from, as the plugin reported them
 */
#ifndef TRACER_MAPPINGS_H
#define TRACER_MAPPINGS_H

#include <perfvec/trace.h>

#include "base/error.h"
#include "tracer/protocol.h"

/* tracer_mappings_new - a malloc'd list of (n) with the build IDs of the files; tracer_mappings_free releases it. PV_ERR_NOMEM */
enum pv_status tracer_mappings_new(const struct tracer_shared *shared, struct pv_trace_mapping **mappings, uint32_t *n,
                                   struct pv_error *err);
void tracer_mappings_free(struct pv_trace_mapping *mappings, uint32_t n);

#endif
