/*
 * params.h - the parameter table at run time: what params.def says, plus where each value lives in struct pv_uarch
 */
#ifndef UARCH_PARAMS_H
#define UARCH_PARAMS_H

#include "uarch/uarch.h"

enum uarch_param_type { UARCH_PARAM_INT, UARCH_PARAM_POW2, UARCH_PARAM_BOOL, UARCH_PARAM_ENUM, UARCH_PARAM_OPS };

enum {
	UARCH_KIND_OOO = 1u << UARCH_CORE_OOO,
	UARCH_KIND_INORDER = 1u << UARCH_CORE_INORDER,
	UARCH_KIND_BOTH = UARCH_KIND_OOO | UARCH_KIND_INORDER
};

/* Names of an enumerated type, ended by a NULL name. */
struct uarch_enum_value {
	const char *name, *meaning;
	const char *instead; /* what the simulator does instead; "" when it does just that */
};

struct uarch_param {
	enum uarch_param_type type;
	const char *name;  /* "l1d.size_bytes", "units.int_alu.count" */
	const char *group; /* "l1d", "units" */
	const char *key;   /* "size_bytes", "int_alu": the key in the group's mapping */
	const char *sub;   /* NULL; "count" of a key that is a mapping itself */
	const char *unit;
	int32_t min, max;
	int32_t value[2];                      /* default, by enum uarch_core_kind */
	const char *ops[2];                    /* default of UARCH_PARAM_OPS */
	const char *axis[2];                   /* sampling axis, by enum uarch_core_kind */
	unsigned kinds;                        /* PV_KIND_* */
	bool modelled;                         /* the simulator uses it */
	const char *meaning;                   /* one line */
	const char *source;                    /* key of the list of sources */
	size_t offset;                         /* in struct pv_uarch */
	const struct uarch_enum_value *values; /* of UARCH_PARAM_ENUM */
};

extern const struct uarch_param uarch_params[];
extern const size_t uarch_n_params;

struct uarch_param_group {
	const char *name, *meaning;
	unsigned kinds;
};

extern const struct uarch_param_group uarch_param_groups[]; /* ended by a NULL name */

/* uarch_param_gone - why a name that was a parameter of earlier versions is one no longer; NULL when it never was. Static */
const char *uarch_param_gone(const char *name);

/* uarch_param_find - by name; NULL when there is none */
const struct uarch_param *uarch_param_find(const char *name);

/* uarch_param_int, uarch_param_put - the value of any type but UARCH_PARAM_OPS */
int32_t uarch_param_int(const struct pv_uarch *u, const struct uarch_param *p);
void uarch_param_put(struct pv_uarch *u, const struct uarch_param *p, int32_t value);

/* uarch_param_there - whether a machine has the parameter: it is of its core kind, and not of an absent cache (whose `present` it has) */
bool uarch_param_there(const struct pv_uarch *u, const struct uarch_param *p);

/* uarch_param_ops, uarch_param_put_ops - the value of UARCH_PARAM_OPS */
uint64_t uarch_param_ops(const struct pv_uarch *u, const struct uarch_param *p);
void uarch_param_put_ops(struct pv_uarch *u, const struct uarch_param *p, uint64_t ops);

/* uarch_param_enum_value - the number of a name of the parameter's type; -1 when there is none */
int32_t uarch_param_enum_value(const struct uarch_param *p, const char *name);

/* uarch_param_parse - read a value and store it; the message has the parameter's name, not the place. quoted: the text stood in quotes */
enum pv_status uarch_param_parse(struct pv_uarch *u, const struct uarch_param *p, const char *text, bool quoted, struct pv_error *err);

/* uarch_param_format - the value as text; separator goes between operation classes */
void uarch_param_format(const struct pv_uarch *u, const struct uarch_param *p, const char *separator, char *text, size_t n_bytes);

/* uarch_param_instead - what the simulator makes of the value: "" when it does just that, "not modelled yet", or what it does instead;
 * static
 */
const char *uarch_param_instead(const struct pv_uarch *u, const struct uarch_param *p);

/* uarch_defaults - a machine of a kind with every parameter at its default, not named */
void uarch_defaults(struct pv_uarch *u, enum uarch_core_kind kind);

/* uarch_check_name - whether a machine may be called so */
bool uarch_check_name(const char *name);

struct base_yaml_node;

/* uarch_check_at - pv_uarch_check with places: nodes[i], where not NULL, is where parameter i stands in a file; nodes may be NULL */
enum pv_status uarch_check_at(const struct pv_uarch *u, const struct base_yaml_node *const *nodes, struct pv_error *err);

/* uarch_preset - a preset by name; PV_ERR_MISSING when there is none */
enum pv_status uarch_preset(const char *name, struct pv_uarch *u, struct pv_error *err);

/*
 * uarch_axis_values - the values that an axis leaves, given the parameters further up
 *
 * @axis    text of the table, see params.def
 * @values  (max) receives them in the order of the axis, repeats kept
 *
 * Returns: their number; 0 for a malformed axis (our own bug; a test tries them all)
 */
size_t uarch_axis_values(const struct pv_uarch *u, const struct uarch_param *p, const char *axis, int32_t *values, size_t max);

/* uarch_set_new - a set of the (n) machines, which it takes over; sorts, refuses equal names. On failure the machines are freed. */
enum pv_status uarch_set_new(struct pv_uarch **machines, size_t n, struct pv_uarch_set **set, struct pv_error *err);

#endif
