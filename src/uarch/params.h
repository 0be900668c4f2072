/*
 * params.h - the parameter table at run time: what params.def says, plus where each value lives in struct pv_uarch
 */
#ifndef PV_UARCH_PARAMS_H
#define PV_UARCH_PARAMS_H

#include "uarch/uarch.h"

enum pv_param_type { PV_PARAM_INT, PV_PARAM_POW2, PV_PARAM_BOOL, PV_PARAM_ENUM, PV_PARAM_OPS };

enum { PV_KIND_OOO = 1u << PV_CORE_OOO, PV_KIND_INORDER = 1u << PV_CORE_INORDER, PV_KIND_BOTH = PV_KIND_OOO | PV_KIND_INORDER };

/* Names of an enumerated type, ended by a NULL name. */
struct pv_enum_value {
	const char *name, *meaning;
	const char *instead; /* what the simulator does instead; "" when it does just that */
};

struct pv_param {
	enum pv_param_type type;
	const char *name;  /* "l1d.size_bytes", "units.int_alu.count" */
	const char *group; /* "l1d", "units" */
	const char *key;   /* "size_bytes", "int_alu": the key in the group's mapping */
	const char *sub;   /* NULL; "count" of a key that is a mapping itself */
	const char *unit;
	int32_t min, max;
	int32_t value[2];                   /* default, by enum pv_core_kind */
	const char *ops[2];                 /* default of PV_PARAM_OPS */
	const char *axis[2];                /* sampling axis, by enum pv_core_kind */
	unsigned kinds;                     /* PV_KIND_* */
	bool modelled;                      /* the simulator uses it */
	const char *meaning;                /* one line */
	const char *source;                 /* key of the list of sources */
	size_t offset;                      /* in struct pv_uarch */
	const struct pv_enum_value *values; /* of PV_PARAM_ENUM */
};

extern const struct pv_param pv_params[];
extern const size_t pv_n_params;

struct pv_param_group {
	const char *name, *meaning;
	unsigned kinds;
};

extern const struct pv_param_group pv_param_groups[]; /* ended by a NULL name */

/* pv_param_gone - why a name that was a parameter of earlier versions is one no longer; NULL when it never was. Static */
const char *pv_param_gone(const char *name);

/* pv_param_find - by name; NULL when there is none */
const struct pv_param *pv_param_find(const char *name);

/* pv_param_int, pv_param_put - the value of any type but PV_PARAM_OPS */
int32_t pv_param_int(const struct pv_uarch *u, const struct pv_param *p);
void pv_param_put(struct pv_uarch *u, const struct pv_param *p, int32_t value);

/* pv_param_there - whether a machine has the parameter: it is of its core kind, and not of an absent cache (whose `present` it has) */
bool pv_param_there(const struct pv_uarch *u, const struct pv_param *p);

/* pv_param_ops, pv_param_put_ops - the value of PV_PARAM_OPS */
uint64_t pv_param_ops(const struct pv_uarch *u, const struct pv_param *p);
void pv_param_put_ops(struct pv_uarch *u, const struct pv_param *p, uint64_t ops);

/* pv_param_enum_value - the number of a name of the parameter's type; -1 when there is none */
int32_t pv_param_enum_value(const struct pv_param *p, const char *name);

/* pv_param_parse - read a value and store it; the message has the parameter's name, not the place. quoted: the text stood in quotes */
enum pv_status pv_param_parse(struct pv_uarch *u, const struct pv_param *p, const char *text, bool quoted, struct pv_error *err);

/* pv_param_format - the value as text; separator goes between operation classes */
void pv_param_format(const struct pv_uarch *u, const struct pv_param *p, const char *separator, char *text, size_t n_bytes);

/* pv_param_instead - what the simulator makes of the value: "" when it does just that, "not modelled yet", or what it does instead; static
 */
const char *pv_param_instead(const struct pv_uarch *u, const struct pv_param *p);

/* pv_uarch_defaults - a machine of a kind with every parameter at its default, not named */
void pv_uarch_defaults(struct pv_uarch *u, enum pv_core_kind kind);

/* pv_uarch_check_name - whether a machine may be called so */
bool pv_uarch_check_name(const char *name);

struct pv_yaml_node;

/* pv_uarch_check_at - pv_uarch_check with places: nodes[i], where not NULL, is where parameter i stands in a file; nodes may be NULL */
enum pv_status pv_uarch_check_at(const struct pv_uarch *u, const struct pv_yaml_node *const *nodes, struct pv_error *err);

/* pv_uarch_preset - a preset by name; PV_ERR_MISSING when there is none */
enum pv_status pv_uarch_preset(const char *name, struct pv_uarch *u, struct pv_error *err);

/*
 * pv_axis_values - the values that an axis leaves, given the parameters further up
 *
 * @axis    text of the table, see params.def
 * @values  (max) receives them in the order of the axis, repeats kept
 *
 * Returns: their number; 0 for a malformed axis (our own bug; a test tries them all)
 */
size_t pv_axis_values(const struct pv_uarch *u, const struct pv_param *p, const char *axis, int32_t *values, size_t max);

/* pv_uarch_set_new - a set of the (n) machines, which it takes over; sorts, refuses equal names. On failure the machines are freed. */
enum pv_status pv_uarch_set_new(struct pv_uarch **machines, size_t n, struct pv_uarch_set **set, struct pv_error *err);

#endif
