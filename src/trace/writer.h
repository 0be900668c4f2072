/*
 * writer.h - what a trace being written is told late
 */
#ifndef PV_TRACE_WRITER_H
#define PV_TRACE_WRITER_H

#include <perfvec/trace.h>

/* pv_trace_set_late - set target and n_uops of a micro-operation that was added without; both only go into the table at the end */
void pv_trace_set_late(struct pv_trace_writer *writer, uint32_t id, uint64_t target, uint8_t n_uops);

#endif
