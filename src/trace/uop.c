/*
 * uop.c - names of micro-operation fields
 */
#include <perfvec/uop.h>

#include <stddef.h>

const char *pv_op_class_name(unsigned op_class)
{
	static const char *const names[PV_N_OP_CLASSES] = {
#define X(number, name) [number] = #name,
#include <perfvec/op_classes.def>
#undef X
	};
	return op_class < PV_N_OP_CLASSES ? names[op_class] : NULL;
}
