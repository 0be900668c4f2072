/*
 * writer.h - what becomes known of a static micro-operation only after it was added to the trace being written
 */
#ifndef TRACE_WRITER_H
#define TRACE_WRITER_H

#include <perfvec/trace.h>

/* trace_set_late - set target and n_uops of a micro-operation that was added without them; the table is written at the end, with both */
void trace_set_late(struct pv_trace_writer *writer, uint32_t id, uint64_t target, uint8_t n_uops);

#endif
