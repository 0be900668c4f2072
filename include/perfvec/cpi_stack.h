/*
 * perfvec/cpi_stack.h - the components of a CPI stack
 */
#ifndef PERFVEC_CPI_STACK_H
#define PERFVEC_CPI_STACK_H

/* In the order of cpi_stack.def, which says what each means. */
enum pv_cpi_component {
#define X(name, meaning) PV_CPI_##name,
#include <perfvec/cpi_stack.def>
#undef X
	PV_N_CPI_COMPONENTS
};

#endif
