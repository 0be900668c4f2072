/*
 * perfvec/formula.h - arithmetic over named variables: objectives, costs and constraints such as "l2.size <= 1M && time < 2ms"
 *
 * Grammar, loosest first; blanks anywhere between tokens:
 *
 *   either     = both { "||" both }
 *   both       = comparison { "&&" comparison }
 *   comparison = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]            1 or 0
 *   sum        = product { ("+" | "-") product }
 *   product    = sign { ("*" | "/") sign }
 *   sign       = { "-" | "+" | "!" } power
 *   power      = value [ "^" sign ]                                             binds to the right: 2^3^2 is 512
 *   value      = NUMBER [UNIT] | NAME | FUNCTION "(" either { "," either } ")" | "(" either ")"
 *   FUNCTION   = min | max (any number of arguments) | log | log2 | log10 | exp | sqrt | abs | floor | ceil | round
 *
 * UNIT follows its number at once: B k kB KiB M MB MiB G GB GiB (powers of 1024), ps ns us ms s, cycles, MHz GHz. Sums and comparisons of
 * two quantities of one kind are converted to one unit, and comparing a time with a size is an error; products are plain numbers.
 *
 * A variable whose name ends in its unit may be written with another unit of the same kind ("l2.size_kb", "time_ms") or without one
 * ("l2.size" in bytes, "core.period" in ns), and "ooo.n_rob" also without "n_". A variable with named values is compared with a name:
 * branch.kind == tage.
 */
#ifndef PERFVEC_FORMULA_H
#define PERFVEC_FORMULA_H

#include <stdbool.h>
#include <stddef.h>

#include <perfvec/api.h>
#include <perfvec/error.h>
#include <perfvec/uarch.h>

PV_API_BEGIN

struct pv_formula; /* a parsed formula; immutable, safe to use from several threads */

/* A variable that formulas may name. Strings are not copied: they outlive the formula. */
struct pv_formula_variable {
	const char *name;
	const char
	    *unit; /* of the values that pv_formula_value is given: "ns", "ps", "bytes", "cycles", "mhz"; anything else is a plain count */
	const char *values; /* names that stand for 0, 1, 2 ..., space-separated; "" when it is a number */
};

/* Longest text, deepest nesting, and largest number of operands and operations. */
enum { PV_FORMULA_MAX_TEXT = 4096, PV_FORMULA_MAX_DEPTH = 64, PV_FORMULA_MAX_STEPS = 1024 };

/*
 * pv_formula_parse - read a formula
 *
 * @what       stands for it in errors, such as "objective"
 * @variables  (n) array, kept
 * @formula    set on success; pv_formula_free it
 *
 * Returns: PV_OK; PV_ERR_FORMAT (the column, and what is expected there; two kinds of quantity compared), PV_ERR_MISSING (a name that no
 * variable has: the hint lists near ones), PV_ERR_RANGE (too long or too deep), PV_ERR_NOMEM
 */
enum pv_status pv_formula_parse(const char *what, const char *text, const struct pv_formula_variable *variables, size_t n,
                                struct pv_formula **formula, struct pv_error *err);

/* pv_formula_free - release; NULL is allowed */
void pv_formula_free(struct pv_formula *formula);

/* pv_formula_text - as it was written */
const char *pv_formula_text(const struct pv_formula *formula);

/*
 * pv_formula_value - what a formula comes to
 *
 * @values  (n) of the variables
 *
 * Cost: O(length), no allocation. Returns: the value; NAN or infinite where arithmetic gives that. A comparison with a NAN is 0.
 */
double pv_formula_value(const struct pv_formula *formula, const double *values);

/*
 * pv_formula_slope - derivative of a formula along a direction, by the chain rule
 *
 * @direction  (n) change of each variable
 *
 * Comparisons, floor, ceil and round are flat; of min and max the chosen argument counts.
 */
double pv_formula_slope(const struct pv_formula *formula, const double *values, const double *direction);

/* pv_formula_uses - whether variable i occurs in it */
bool pv_formula_uses(const struct pv_formula *formula, size_t i);

/* pv_formula_missing - the first variable that occurs in it and has no value (NAN); -1 when there is none */
int pv_formula_missing(const struct pv_formula *formula, const double *values);

/* ---- a program on a machine -------------------------------------------------------------------------------------------------------- */

/*
 * The variables of formulas about a program on a machine: time (ns), cpi, ipc, insns, clock (MHz), and then every number, flag and name of
 * the parameter table under its own name. Parameters of the other core kind, and of an absent level-2 cache, are 0.
 */
enum { PV_MACHINE_TIME, PV_MACHINE_CPI, PV_MACHINE_IPC, PV_MACHINE_INSNS, PV_MACHINE_CLOCK, PV_MACHINE_PARAMETERS };

/* pv_machine_variables - the table of variables, static; n receives their number */
const struct pv_formula_variable *pv_machine_variables(size_t *n);

/*
 * pv_machine_values - the values that go with it
 *
 * @uarch      NULL: its parameters are not known (NAN), nor is the clock then
 * @time_ns    NAN when not known, as n_insns; CPI and IPC then are not known either
 * @values     (number of variables) set
 */
void pv_machine_values(const struct pv_uarch *uarch, double time_ns, double n_insns, double *values);

/* pv_machine_formula - pv_formula_parse with these variables */
enum pv_status pv_machine_formula(const char *what, const char *text, struct pv_formula **formula, struct pv_error *err);

PV_API_END

#endif
