/*
 * perfvec/explore.h - design space exploration: the best designs of a space of machines, by formulas over predicted time and parameters
 *
 * A space is a base machine and axes: parameters and the values that each may take. Designs are predicted through the model's machine
 * regression (perfvec/machine_regression.h); none is simulated. Small spaces are searched through; in large ones, many descents follow the
 * gradient of the objective through the regression, in whole steps along the axes.
 *
 * Shapes: n axes.
 */
#ifndef PERFVEC_EXPLORE_H
#define PERFVEC_EXPLORE_H

#include <perfvec/api.h>
#include <perfvec/formula.h>
#include <perfvec/model.h>
#include <perfvec/uarch.h>

PV_API_BEGIN

/* ---- spaces ------------------------------------------------------------------------------------------------------------------------ */

struct pv_space;

enum { PV_SPACE_MAX_AXES = 64, PV_SPACE_MAX_VALUES = 1024 };

/* pv_space_new - a space of one design, for pv_space_free; base is copied. PV_ERR_NOMEM */
enum pv_status pv_space_new(const struct pv_uarch *base, struct pv_space **space, struct pv_error *err);
void pv_space_free(struct pv_space *space);

/*
 * pv_space_add_axis - let a parameter vary
 *
 * @text  "NAME=VALUES", or "NAME+NAME+...=VALUES" for parameters that are always equal. Names as in formulas ("l1d.size", "ooo.rob",
 *        "l2.size_kb"). VALUES: "16k,32k,64k"; "A..B" doubles from A to B where the parameter is in bytes or a power of two, and counts
 *        in steps of 1 otherwise; "A..B/STEP"; "A..B*FACTOR"; of a parameter with named values "tage,bimode", or "*" for all
 *
 * Returns: PV_OK; PV_ERR_FORMAT, PV_ERR_MISSING (no such parameter; the hint lists near ones), PV_ERR_RANGE (a value that the parameter
 * cannot have; too many values or axes), PV_ERR_ARG (a parameter on two axes; no value), PV_ERR_UNSUPPORTED (the simulator does not use it,
 * or the base machine does not have it), PV_ERR_NOMEM
 */
enum pv_status pv_space_add_axis(struct pv_space *space, const char *text, struct pv_error *err);

/*
 * pv_space_load - a space from a YAML file: "base" (a preset or machine file) and "axes" (a mapping of names to values as above, or lists)
 *
 * Returns: those of pv_space_add_axis, of pv_uarch_load and of reading YAML; messages about axes begin with FILE:LINE:COLUMN
 */
enum pv_status pv_space_load(const char *path, struct pv_space **space, struct pv_error *err);

/* pv_space_parse - the same from (n_bytes) of text; file_name stands in messages */
enum pv_status pv_space_parse(const char *file_name, const void *text, size_t n_bytes, struct pv_space **space, struct pv_error *err);

const struct pv_uarch *pv_space_base(const struct pv_space *space);
int pv_space_n_axes(const struct pv_space *space);

/* pv_space_axis - what an axis is of ("l1d.size_bytes"), and how many values it has */
const char *pv_space_axis(const struct pv_space *space, int axis, int *n_values);

/* pv_space_value - value `choice` of an axis as text, as in a machine file, in (n_bytes) */
void pv_space_value(const struct pv_space *space, int axis, int choice, char *text, size_t n_bytes);

/* pv_space_size - number of designs, the impossible ones included; a double, because spaces get large */
double pv_space_size(const struct pv_space *space);

/*
 * pv_space_uarch - the machine of a design
 *
 * @choices  (n) a value of each axis
 * @uarch    set on success, named after the base and its values; pv_uarch_free it
 *
 * Returns: PV_OK; PV_ERR_RANGE (parameters that do not go together, such as a cache size and its ways), PV_ERR_NOMEM
 */
enum pv_status pv_space_uarch(const struct pv_space *space, const int *choices, struct pv_uarch **uarch, struct pv_error *err);

/* ---- exploring --------------------------------------------------------------------------------------------------------------------- */

enum { PV_MAX_OBJECTIVES = 2, PV_MAX_CONSTRAINTS = 64 };

/* What is looked for. `time` in formulas is the sum over the programs, `insns` too. Smaller objectives are better. */
struct pv_explore_options {
	const struct pv_formula *objectives[PV_MAX_OBJECTIVES]; /* made by pv_machine_formula; with two, the Pareto front is looked for */
	int n_objectives;
	const struct pv_formula *const *constraints; /* (n_constraints) each must come to something else than 0 */
	int n_constraints;
	double exhaustive;    /* largest space that is searched through */
	uint64_t evaluations; /* designs that a search may look at */
	uint64_t seed;        /* of where descents begin */
	int threads;          /* 0: one per processor; does not change the result */
};

/* pv_explore_defaults - no objective yet; spaces of up to 20 000 designs searched through, 20 000 evaluations in others */
struct pv_explore_options pv_explore_defaults(void);

/* One design that was looked at. */
struct pv_design {
	const int *choices; /* (n) owned by the exploration */
	double time_ns;     /* of all programs */
	double cpi;
	double objectives[PV_MAX_OBJECTIVES];
};

/* What was found. */
struct pv_exploration {
	struct pv_design *designs; /* (n_designs) those that satisfy every constraint, best first; with two objectives by the first one */
	size_t n_designs;
	size_t *front; /* (n_front) with two objectives: designs that no other one beats in both, by the first; else the best alone */
	size_t n_front;
	double space;         /* designs in the space */
	uint64_t evaluated;   /* distinct designs that were looked at */
	uint64_t impossible;  /* of these, machines that cannot be */
	uint64_t unsatisfied; /* of these, designs that fail a constraint */
	bool exhaustive;      /* all were looked at: the best is the best of the space, as far as predictions go */
	uint64_t descents;    /* of a search */
	int *storage;         /* the choices */
};

/*
 * pv_explore - look for the best designs
 *
 * @vectors      program vectors of the model's foundation
 * @programs     (n_programs) numbers of those that count; n_programs 0: all of them
 * @exploration  set on success; pv_exploration_release it
 *
 * Returns: PV_OK; PV_ERR_ARG (no objective, no program, an objective that uses what is not known), PV_ERR_MISSING (the model has no uarch
 *          regression), PV_ERR_UNSUPPORTED (the regression does not look at an axis, or the base differs from its machines), PV_ERR_RANGE
 * (no design can be, or none satisfies the constraints: the message says which one fails most; an objective is never finite),
 *          PV_ERR_INTERRUPTED, PV_ERR_NOMEM
 */
enum pv_status pv_explore(const struct pv_model *model, const struct pv_space *space, const struct pv_vectors *vectors, const int *programs,
                          int n_programs, const struct pv_explore_options *options, const struct pv_progress *progress,
                          struct pv_exploration *exploration, struct pv_error *err);
void pv_exploration_release(struct pv_exploration *exploration);

/*
 * pv_pareto_front - which of n points no other one beats: none is at most as large in both and smaller in one
 *
 * @a, @b    (n) objectives, finite
 * @front    (n) receives the numbers of these points, by a; of equal points the first
 *
 * Returns: how many. Cost: n log n. PV_ERR_NOMEM as -1.
 */
long pv_pareto_front(const double *a, const double *b, size_t n, size_t *front);

PV_API_END

#endif
