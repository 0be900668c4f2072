/*
 * gem5_stores.h - where the stores of a gem5 trace are
 */
#ifndef TRACE_GEM5_STORES_H
#define TRACE_GEM5_STORES_H

/*
 * trace_gem5_find_stores - the file of stores that belongs to a trace
 *
 * NAME.sq.txt for NAME.txt, or gem5's own sq.trace.txt for trace.txt, as it is or compressed.
 *
 * Returns: a malloc'd path; NULL when there is none
 */
char *trace_gem5_find_stores(const char *path);

#endif
