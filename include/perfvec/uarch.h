/*
 * perfvec/uarch.h - machines: microarchitecture parameters, presets, machine files, sampling
 *
 * A machine is one value for every parameter of the table that docs/topics/machines.md lists. Parameters are named GROUP.NAME, as in a
 * machine file: "ooo.n_rob", "l1d.size_bytes", "units.int_alu.count", "operations.IntDiv.latency_cycles". Values travel as text.
 * File format: docs/formats/machine.md.
 */
#ifndef PERFVEC_UARCH_H
#define PERFVEC_UARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <perfvec/api.h>
#include <perfvec/error.h>

PV_API_BEGIN

struct pv_uarch;     /* one machine */
struct pv_uarch_set; /* machines in the order of their names, no name twice */

/* ---- the table --------------------------------------------------------------------------------------------------------------------- */

/* A parameter as the table has it. Text is static. */
struct pv_uarch_param {
	const char *name;    /* GROUP.NAME */
	const char *type;    /* "whole number", "power of two", "flag", "name" or "operation classes" */
	const char *unit;    /* "cycles", "bytes", "ps", ...; "" for plain counts, flags and names */
	int64_t min, max;    /* allowed values; of flags 0 and 1, of names their number less one */
	const char *names;   /* allowed names, space-separated; "" unless the type is "name" */
	bool ooo, inorder;   /* core kinds that have it */
	bool modelled;       /* the simulator uses it */
	const char *axis[2]; /* what the sampler draws from, out-of-order and in-order; "" when it is not sampled */
	const char *meaning; /* one line */
	const char *source;  /* key of the sources in docs/topics/machines.md */
};

/* pv_uarch_param_count - number of parameters in the table */
size_t pv_uarch_param_count(void);

/* pv_uarch_param_info - parameter i in table order, i < pv_uarch_param_count() */
struct pv_uarch_param pv_uarch_param_info(size_t i);

/* pv_uarch_group_meaning - one line about a group such as "ooo"; NULL when there is none of that name */
const char *pv_uarch_group_meaning(const char *group);

/* ---- one machine ------------------------------------------------------------------------------------------------------------------- */

/* pv_uarch_preset_count - number of presets */
size_t pv_uarch_preset_count(void);

/* pv_uarch_preset_name, pv_uarch_preset_summary - of preset i < pv_uarch_preset_count(); static */
const char *pv_uarch_preset_name(size_t i);
const char *pv_uarch_preset_summary(size_t i);

/*
 * pv_uarch_load - get a machine by the name of a preset, or from a machine file
 *
 * @name_or_file  a preset's name wins over a file of the same name; "./timing" is the file
 * @uarch         set on success; pv_uarch_free it
 *
 * Returns: PV_OK; PV_ERR_MISSING (neither preset nor file; or a parameter is missing), PV_ERR_FORMAT (not YAML, unknown or duplicate key,
 * wrong type or unit), PV_ERR_RANGE (out of bounds, impossible combination), PV_ERR_VERSION, PV_ERR_IO. Messages about the content begin
 * with FILE:LINE:COLUMN.
 */
enum pv_status pv_uarch_load(const char *name_or_file, struct pv_uarch **uarch, struct pv_error *err);

/* pv_uarch_parse - a machine from the text of a machine file; file_name stands in messages */
enum pv_status pv_uarch_parse(const char *file_name, const void *text, size_t n_bytes, struct pv_uarch **uarch, struct pv_error *err);

/* pv_uarch_copy - a machine with the same values, for pv_uarch_free; PV_ERR_NOMEM */
enum pv_status pv_uarch_copy(const struct pv_uarch *uarch, struct pv_uarch **copy, struct pv_error *err);

/* pv_uarch_free - release; NULL is allowed */
void pv_uarch_free(struct pv_uarch *uarch);

/* pv_uarch_name - owned by the machine */
const char *pv_uarch_name(const struct pv_uarch *uarch);

/* pv_uarch_rename - give another name: 1 to 63 letters, digits, '_', '.', '-', beginning with a letter or digit; PV_ERR_ARG otherwise */
enum pv_status pv_uarch_rename(struct pv_uarch *uarch, const char *name, struct pv_error *err);

/* pv_uarch_is_inorder - whether it is an in-order core */
bool pv_uarch_is_inorder(const struct pv_uarch *uarch);

/* pv_uarch_clock_mhz - core frequency */
double pv_uarch_clock_mhz(const struct pv_uarch *uarch);

/*
 * pv_uarch_get_param - a parameter's value as text, as in a machine file
 *
 * @text  (n_bytes) receives the value and a NUL, cut when it does not fit; 1024 bytes are always enough
 *
 * Returns: PV_OK; PV_ERR_MISSING (no such parameter)
 */
enum pv_status pv_uarch_get_param(const struct pv_uarch *uarch, const char *param, char *text, size_t n_bytes, struct pv_error *err);

/*
 * pv_uarch_param_note - what the simulator makes of parameter i of the table with this machine's value
 *
 * Returns: a static string: "" when it does just that, "not modelled yet" when the value changes nothing, else what it does instead.
 */
const char *pv_uarch_param_note(const struct pv_uarch *uarch, size_t i);

/*
 * pv_uarch_set_param - change one parameter; on failure the machine is unchanged
 *
 * Only the value itself is checked; call pv_uarch_check after the last change. Operation classes are separated by spaces.
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_FORMAT (wrong type or unit), PV_ERR_RANGE (out of bounds)
 */
enum pv_status pv_uarch_set_param(struct pv_uarch *uarch, const char *param, const char *text, struct pv_error *err);

/* pv_uarch_check - bounds and combinations; PV_ERR_RANGE names the parameters and says what is allowed */
enum pv_status pv_uarch_check(const struct pv_uarch *uarch, struct pv_error *err);

/* pv_uarch_print - write a complete machine file with comments; the caller checks the stream for errors */
void pv_uarch_print(const struct pv_uarch *uarch, FILE *out);

/* pv_uarch_text - the same as a text; malloc'd, NULL when memory is out */
char *pv_uarch_text(const struct pv_uarch *uarch);

/* pv_uarch_save - the same into a file that appears whole or not at all */
enum pv_status pv_uarch_save(const struct pv_uarch *uarch, const char *path, struct pv_error *err);

/* ---- many machines ----------------------------------------------------------------------------------------------------------------- */

/*
 * pv_uarch_set_load - machines from a list of folders (every *.yaml in them), machine files and preset names, in any mix
 *
 * @set  set on success; pv_uarch_set_free it
 *
 * Returns: as pv_uarch_load; PV_ERR_FORMAT also when two machines have one name, PV_ERR_MISSING when a folder holds no machine file
 */
enum pv_status pv_uarch_set_load(const char *const *arguments, size_t n, struct pv_uarch_set **set, struct pv_error *err);

/* Which machines pv_uarch_sample draws. */
struct pv_uarch_sampling {
	size_t count;       /* machines in all, 1 to 100000 */
	uint64_t seed;      /* the same seed gives the same machines */
	unsigned ooo_share; /* out-of-order : in-order; a zero share means none of that kind */
	unsigned inorder_share;
};

/*
 * pv_uarch_sample - draw machines: a Latin hypercube over every sampled parameter, for each core kind by itself
 *
 * Each axis is cut into as many strata as there are machines of the kind and each stratum is used once, in an order that is independent of
 * the other axes'; a parameter that depends on another ("ooo.fetch_width + 0..1") draws among the values that the other leaves.
 * Machines are named ooo_000, ... and inorder_000, ...; every one passes pv_uarch_check.
 *
 * Returns: PV_OK; PV_ERR_ARG (count out of range, both shares zero), PV_ERR_NOMEM
 */
enum pv_status pv_uarch_sample(const struct pv_uarch_sampling *what, struct pv_uarch_set **set, struct pv_error *err);

/*
 * pv_uarch_set_save - write every machine as DIR/NAME.yaml
 *
 * @dir      made when it is not there
 * @replace  overwrite existing files; otherwise any existing one is an error and nothing is written
 *
 * Returns: PV_OK; PV_ERR_ARG (a file exists), PV_ERR_IO, PV_ERR_MISSING
 */
enum pv_status pv_uarch_set_save(const struct pv_uarch_set *set, const char *dir, bool replace, struct pv_error *err);

/* pv_uarch_set_count, pv_uarch_set_at - the machines, sorted by name; owned by the set */
size_t pv_uarch_set_count(const struct pv_uarch_set *set);
const struct pv_uarch *pv_uarch_set_at(const struct pv_uarch_set *set, size_t i);

/* pv_uarch_set_free - release the set and its machines; NULL is allowed */
void pv_uarch_set_free(struct pv_uarch_set *set);

PV_API_END

#endif
