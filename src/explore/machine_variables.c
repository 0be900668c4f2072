/*
 * machine_variables.c - a program on a machine as variables of a formula: the parameter table once more
 */
#include <math.h>

#include <perfvec/formula.h>

#include "base/error.h"
#include "uarch/enum_names.h"
#include "uarch/params.h"

#define INT(group, name, unit, ...) {#group "." #name, unit, ""},
#define POW2 INT
#define CINT INT
#define BOOL(group, name, ...) {#group "." #name, "", ""},
#define CBOOL BOOL
#define ENUM(group, name, tag, ...) {#group "." #name, "", tag##_names},
#define CENUM ENUM
#define POOL(name, ...) {"units." #name ".count", "", ""},
#define OP(op, ...) {"operations." #op ".latency_cycles", "cycles", ""}, {"operations." #op ".interval_cycles", "cycles", ""},

/* The order of enum PV_MACHINE_TIME ..., then that of the parameter table without its sets of operation classes. */
static const struct pv_formula_variable variables[] = {
    {"time", "ns", ""}, {"cpi", "", ""}, {"ipc", "", ""}, {"insns", "", ""}, {"clock", "mhz", ""},
#include "uarch/params.def"
};
enum { N_VARIABLES = sizeof variables / sizeof *variables };

const struct pv_formula_variable *pv_machine_variables(size_t *n)
{
	*n = N_VARIABLES;
	return variables;
}

/* What a formula sees of a parameter: nothing of what the machine does not have. */
static double parameter(const struct pv_uarch *u, const struct uarch_param *p)
{
	return uarch_param_there(u, p) ? uarch_param_int(u, p) : 0;
}

void pv_machine_values(const struct pv_uarch *uarch, double time_ns, double n_insns, double *values)
{
	const double clock_mhz = uarch ? pv_uarch_clock_mhz(uarch) : NAN;
	size_t v = PV_MACHINE_PARAMETERS;
	values[PV_MACHINE_TIME] = time_ns;
	values[PV_MACHINE_INSNS] = n_insns;
	values[PV_MACHINE_CLOCK] = clock_mhz;
	values[PV_MACHINE_CPI] = n_insns > 0 ? time_ns * clock_mhz * 1e-3 / n_insns : NAN;
	values[PV_MACHINE_IPC] = 1 / values[PV_MACHINE_CPI];
	for (size_t i = 0; i < uarch_n_params; i++)
		if (uarch_params[i].type != UARCH_PARAM_OPS)
			values[v++] = uarch ? parameter(uarch, &uarch_params[i]) : NAN;
}

enum pv_status pv_machine_formula(const char *what, const char *text, struct pv_formula **formula, struct pv_error *err)
{
	return pv_formula_parse(what, text, variables, N_VARIABLES, formula, err);
}
