/*
 * writer.h - what a trace being written is told late
 */
#ifndef TRACE_WRITER_H
#define TRACE_WRITER_H

#include <perfvec/trace.h>

/* trace_set_late - set target and n_uops of a micro-operation that was added without; both only go into the table at the end */
void trace_set_late(struct pv_trace_writer *writer, uint32_t id, uint64_t target, uint8_t n_uops);

#endif
