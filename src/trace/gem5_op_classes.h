/*
 * gem5_op_classes.h - operation classes as other versions of gem5 number them
 */
#ifndef PV_TRACE_GEM5_OP_CLASSES_H
#define PV_TRACE_GEM5_OP_CLASSES_H

#include "base/error.h"
#include "trace/gem5_text.h"

/* For pv_gem5_set_op_classes. */
struct pv_gem5_op_classes {
	uint8_t ours[PV_GEM5_MAX_OP_CLASSES]; /* (n) enum pv_op_class or PV_GEM5_NO_CLASS */
	unsigned n;
};

/*
 * pv_gem5_op_classes_load - the numbering that a name stands for
 *
 * @name  NULL or "gem5-21", "gem5-22": the numbers of perfvec/op_classes.def. "gem5-23", "gem5-24": those versions'. Otherwise a file:
 * gem5's names (the list OpClass.vals) in order from 0, separated by blanks, commas or quotes; '#' begins a comment
 *
 * Classes that gem5 21 has not become their nearest relative.
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO; PV_ERR_FORMAT (a name that is no class, or twice, or too many)
 */
enum pv_status pv_gem5_op_classes_load(const char *name, struct pv_gem5_op_classes *classes, struct pv_error *err);

#endif
