/*
 * gem5_op_classes.h - operation classes as other versions of gem5 number them
 */
#ifndef TRACE_GEM5_OP_CLASSES_H
#define TRACE_GEM5_OP_CLASSES_H

#include "base/error.h"
#include "trace/gem5_text.h"

/* For trace_gem5_set_op_classes. */
struct trace_gem5_op_classes {
	uint8_t ours[TRACE_GEM5_MAX_OP_CLASSES]; /* (n) enum pv_op_class or TRACE_GEM5_NO_CLASS */
	unsigned n;
};

/*
 * trace_gem5_op_classes_load - look up a numbering of operation classes by name, or read it from a file
 *
 * @name  NULL or "gem5-21", "gem5-22": the numbers of perfvec/op_classes.def. "gem5-23", "gem5-24": those versions'. Otherwise a file:
 * gem5's names (the list OpClass.vals) in order from 0, separated by blanks, commas or quotes; '#' begins a comment
 *
 * Classes that gem5 21 has not become their nearest relative.
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO; PV_ERR_FORMAT (a name that is no class, or twice, or too many)
 */
enum pv_status trace_gem5_op_classes_load(const char *name, struct trace_gem5_op_classes *classes, struct pv_error *err);

#endif
