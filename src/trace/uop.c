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

const char *pv_isa_name(enum pv_isa isa)
{
	switch (isa) {
	case PV_ISA_UNKNOWN: return "unknown";
	case PV_ISA_AARCH64: return "aarch64";
	case PV_ISA_RISCV64: return "riscv64";
	case PV_ISA_X86_64: return "x86_64";
	}
	return NULL;
}
