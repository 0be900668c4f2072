/*
 * vectors.c - sets of program vectors, in memory and as files
 *
 * The vectors are a plain .npy, float64 (P, D), because that is what everybody's tools open; what they are of stands in a YAML file beside
 * it.
 */
#include "represent/vectors.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "base/array.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/npy.h"
#include "base/yaml.h"

enum { VECTORS_VERSION = 3, OLDEST_VERSION = 2 };

static struct pv_vectors *empty(int D, uint64_t foundation)
{
	struct pv_vectors *v = calloc(1, sizeof *v);
	if (v) {
		v->D = D;
		v->foundation = foundation;
	}
	return v;
}

enum pv_status pv_vectors_new(const struct pv_model *model, struct pv_vectors **vectors, struct pv_error *err)
{
	const struct pv_model_info *info = pv_model_info(model);
	struct pv_vectors *v = empty(info->n_repr, info->foundation);
	FAIL_IF(!v, err, PV_ERR_NOMEM, "out of memory for program vectors");
	*vectors = v;
	return PV_OK;
}

void pv_vectors_free(struct pv_vectors *v)
{
	if (!v)
		return;
	for (int i = 0; i < v->n; i++) {
		free((char *)v->items[i].program);
		free((double *)v->items[i].values);
		free((double *)v->items[i].deviations);
	}
	free(v->items);
	free(v);
}

int pv_vectors_count(const struct pv_vectors *v)
{
	return v->n;
}

int pv_vectors_n_repr(const struct pv_vectors *v)
{
	return v->D;
}

uint64_t pv_vectors_foundation(const struct pv_vectors *v)
{
	return v->foundation;
}

const struct pv_vector *pv_vectors_at(const struct pv_vectors *v, int i)
{
	return &v->items[i];
}

enum pv_status represent_vectors_add(struct pv_vectors *v, const struct pv_vector *vector, struct pv_error *err)
{
	const size_t D = (size_t)v->D, n_deviations = vector->n_units * D;
	TRY(base_array_extend(&v->items, (size_t)v->n, sizeof *v->items, "program vectors", err));
	char *name = strdup(vector->program);
	double *values = malloc(D * sizeof *values), *deviations = malloc((n_deviations + 1) * sizeof *deviations);
	if (!name || !values || !deviations) {
		free(name);
		free(values);
		free(deviations);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	}
	memcpy(values, vector->values, D * sizeof *values);
	if (n_deviations)
		memcpy(deviations, vector->deviations, n_deviations * sizeof *deviations);
	v->items[v->n] = *vector;
	v->items[v->n].program = name;
	v->items[v->n].values = values;
	v->items[v->n++].deviations = deviations;
	return PV_OK;
}

enum pv_status pv_vectors_append(struct pv_vectors *v, const struct pv_vectors *more, struct pv_error *err)
{
	FAIL_IF(v->D != more->D || v->foundation != more->foundation, err, PV_ERR_ARG,
	        "the program vectors are of different foundations (%016" PRIx64 " and %016" PRIx64 ")", v->foundation, more->foundation);
	for (int i = 0; i < more->n; i++)
		TRY(represent_vectors_add(v, &more->items[i], err));
	return PV_OK;
}

/* ---- phases ---- */

/* Whether a vector of a phase is the next one of the program that `before` ends. */
static bool follows(const struct pv_vector *before, const struct pv_vector *x)
{
	return x->phase == before->phase + 1 && x->first_row == before->first_row + before->n_rows &&
	       x->first_insn == before->first_insn + before->n_insns && !strcmp(x->program, before->program);
}

static void add_phase(struct pv_vectors *whole, const struct pv_vector *x)
{
	struct pv_vector *sum = &whole->items[whole->n - 1];
	sum->n_rows += x->n_rows;
	sum->n_insns += x->n_insns;
	for (int d = 0; d < whole->D; d++)
		((double *)sum->values)[d] += x->values[d];
}

enum pv_status pv_vectors_whole(const struct pv_vectors *v, struct pv_vectors **whole, struct pv_error *err)
{
	struct pv_vectors *w = empty(v->D, v->foundation);
	enum pv_status status = w ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < v->n && status == PV_OK; i++) {
		const struct pv_vector *x = &v->items[i];
		if (x->phase > 1 && i > 0 && follows(x - 1, x)) {
			add_phase(w, x);
		} else if (x->phase > 1) {
			status = base_error_set(err, PV_ERR_FORMAT, "phase %" PRIu32 " of '%s' does not follow the one before", x->phase,
			                        x->program);
		} else {
			status = represent_vectors_add(w, x, err);
			if (status == PV_OK)
				w->items[w->n - 1].phase = 0;
		}
	}
	if (status == PV_OK)
		*whole = w;
	else
		pv_vectors_free(w);
	return status;
}

enum pv_status represent_vectors_check(const struct pv_vectors *v, const struct pv_model *model, struct pv_error *err)
{
	const struct pv_model_info *info = pv_model_info(model);
	if (v->D == info->n_repr && v->foundation == info->foundation)
		return PV_OK;
	base_error_set(err, PV_ERR_ARG,
	               "the program vectors were made with another foundation (%016" PRIx64 ") than the model's (%016" PRIx64 ")",
	               v->foundation, info->foundation);
	return base_error_hint(err, "make them anew with 'perfvec represent' and this model");
}

/* ---- files ---- */

static const char deviations_end[] = ".deviations.npy";

/* "x.npy" -> "x" and another end; to any other name it is appended. malloc'd. */
static char *path_beside(const char *path, const char *end)
{
	size_t n = strlen(path);
	if (n > 4 && !strcmp(path + n - 4, ".npy"))
		n -= 4;
	char *side = malloc(n + strlen(end) + 1);
	if (side) {
		memcpy(side, path, n);
		strcpy(side + n, end);
	}
	return side;
}

static uint64_t n_deviations(const struct pv_vectors *v)
{
	uint64_t n = 0;
	for (int i = 0; i < v->n; i++)
		n += v->items[i].n_units;
	return n;
}

static uint64_t deviations_fingerprint(const struct pv_vectors *v)
{
	uint64_t h = BASE_HASH_START;
	for (int i = 0; i < v->n; i++)
		h = base_hash(h, v->items[i].deviations, v->items[i].n_units * (size_t)v->D * sizeof *v->items[i].deviations);
	return h;
}

/* Of the values in the file, one program after the other. */
static uint64_t array_fingerprint(const struct pv_vectors *v)
{
	uint64_t h = BASE_HASH_START;
	for (int i = 0; i < v->n; i++)
		h = base_hash(h, v->items[i].values, (size_t)v->D * sizeof *v->items[i].values);
	return h;
}

static void print_sidecar(const struct pv_vectors *v, FILE *out)
{
	fprintf(out, "format: perfvec vectors\nversion: %d\ntool: perfvec %s\n", VECTORS_VERSION, pv_version());
	fprintf(out, "foundation: \"%016" PRIx64 "\"\narray: \"%016" PRIx64 "\"\n", v->foundation, array_fingerprint(v));
	if (n_deviations(v))
		fprintf(out, "deviations: \"%016" PRIx64 "\"\n", deviations_fingerprint(v));
	fprintf(out, "dimensions: %d\nprograms:\n", v->D);
	for (int i = 0; i < v->n; i++) {
		fputs("  - name: ", out);
		base_yaml_print_string(out, v->items[i].program);
		fprintf(out, "\n    rows: %" PRIu64 "\n    insns: %" PRIu64 "\n", v->items[i].n_rows, v->items[i].n_insns);
		if (v->items[i].phase)
			fprintf(out, "    phase: %" PRIu32 "\n    first_row: %" PRIu64 "\n    first_insn: %" PRIu64 "\n", v->items[i].phase,
			        v->items[i].first_row, v->items[i].first_insn);
		if (v->items[i].n_units)
			fprintf(out, "    units: %" PRIu32 "\n", v->items[i].n_units);
	}
}

static enum pv_status save_sidecar(const struct pv_vectors *v, const char *path, struct pv_error *err)
{
	struct base_out_file f;
	TRY(base_out_file_open(&f, path, err));
	print_sidecar(v, f.stream);
	return base_out_file_commit(&f, err);
}

static enum pv_status save_array(const struct pv_vectors *v, const char *path, struct pv_error *err)
{
	struct base_npy_writer w;
	const uint64_t D = (uint64_t)v->D;
	TRY(base_npy_create(&w, path, "'<f8'", &D, 1, err));
	for (int i = 0; i < v->n; i++) {
		enum pv_status status = base_npy_append(&w, v->items[i].values, 1, err);
		if (status != PV_OK) {
			base_npy_discard(&w);
			return status;
		}
	}
	return base_npy_commit(&w, err);
}

static enum pv_status save_deviations(const struct pv_vectors *v, const char *path, struct pv_error *err)
{
	struct base_npy_writer w;
	const uint64_t D = (uint64_t)v->D;
	TRY(base_npy_create(&w, path, "'<f8'", &D, 1, err));
	for (int i = 0; i < v->n; i++) {
		enum pv_status status = base_npy_append(&w, v->items[i].deviations, v->items[i].n_units, err);
		if (status != PV_OK) {
			base_npy_discard(&w);
			return status;
		}
	}
	return base_npy_commit(&w, err);
}

enum pv_status pv_vectors_save(const struct pv_vectors *v, const char *path, struct pv_error *err)
{
	FAIL_IF(!v->n, err, PV_ERR_ARG, "there are no program vectors to save");
	char *side = path_beside(path, ".yaml"), *deviations = path_beside(path, deviations_end);
	enum pv_status status = side && deviations ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK)
		status = save_array(v, path, err);
	if (status == PV_OK && n_deviations(v))
		status = save_deviations(v, deviations, err);
	if (status == PV_OK)
		status = save_sidecar(v, side, err);
	free(side);
	free(deviations);
	return status;
}

static enum pv_status get_fingerprint(const struct base_yaml_node *root, const char *key, uint64_t *value, struct pv_error *err)
{
	const char *text;
	char *end;
	TRY(base_yaml_get_string(root, key, &text, err));
	*value = strtoull(text, &end, 16);
	if (strlen(text) != 16 || *end)
		return base_yaml_error(root, err, PV_ERR_FORMAT, "%s is '%.20s', not 16 hexadecimal digits", key, text);
	return PV_OK;
}

/* The head of the sidecar: an empty set of vectors. */
static enum pv_status read_head(const struct base_yaml_node *root, struct pv_vectors **vectors, struct pv_error *err)
{
	const char *format;
	uint64_t version, foundation, D;
	TRY(base_yaml_get_string(root, "format", &format, err));
	if (strcmp(format, "perfvec vectors"))
		return base_yaml_error(root, err, PV_ERR_FORMAT, "this does not describe program vectors");
	TRY(base_yaml_get_uint(root, "version", UINT32_MAX, &version, err));
	if (version < OLDEST_VERSION || version > VECTORS_VERSION)
		return base_yaml_error(root, err, PV_ERR_VERSION,
		                       "version %" PRIu64 " of program vectors; this perfvec reads versions %d to %d", version,
		                       OLDEST_VERSION, VECTORS_VERSION);
	TRY(get_fingerprint(root, "foundation", &foundation, err));
	TRY(base_yaml_get_uint(root, "dimensions", 1 << 20, &D, err));
	*vectors = empty((int)D, foundation);
	FAIL_IF(!*vectors, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

/* Rows of a file of deviations that are not read yet. */
struct deviations {
	struct base_npy npy;
	const double *values;
	uint64_t n_left;
	size_t D;
};

static enum pv_status open_deviations(const struct base_yaml_node *root, const char *path, size_t D, struct deviations *d,
                                      struct pv_error *err)
{
	*d = (struct deviations){.D = D};
	if (!base_yaml_find(root, "deviations"))
		return PV_OK;
	char *beside = path_beside(path, deviations_end);
	FAIL_IF(!beside, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = base_npy_open(&d->npy, beside, err);
	if (status == PV_OK)
		status = base_npy_expect(&d->npy, beside, "'<f8'", err);
	if (status == PV_OK && (d->npy.n_dims != 2 || d->npy.shape[1] != D))
		status = base_error_set(err, PV_ERR_SHAPE, "'%s' does not hold vectors of %zu dimensions", beside, D);
	if (status == PV_OK) {
		d->values = d->npy.data;
		d->n_left = d->npy.shape[0];
	}
	free(beside);
	return status;
}

static enum pv_status check_array(const struct base_npy *npy, const char *path, const struct pv_vectors *v, size_t P, struct pv_error *err)
{
	TRY(base_npy_expect(npy, path, "'<f8'", err));
	FAIL_IF(npy->n_dims != 2 || npy->shape[0] != P || npy->shape[1] != (uint64_t)v->D, err, PV_ERR_SHAPE,
	        "'%s' does not hold %zu vectors of %d dimensions, as the file beside it says", path, P, v->D);
	return PV_OK;
}

static enum pv_status read_phase(const struct base_yaml_node *n, struct pv_vector *x, struct pv_error *err)
{
	uint64_t phase;
	if (!base_yaml_find(n, "phase"))
		return PV_OK;
	TRY(base_yaml_get_uint(n, "phase", UINT32_MAX, &phase, err));
	x->phase = (uint32_t)phase;
	TRY(base_yaml_get_uint(n, "first_row", UINT64_MAX, &x->first_row, err));
	return base_yaml_get_uint(n, "first_insn", UINT64_MAX, &x->first_insn, err);
}

/* How many units a vector is estimated from, and their deviations: the file's next rows. */
static enum pv_status read_units(const struct base_yaml_node *n, struct pv_vector *x, struct deviations *from, struct pv_error *err)
{
	uint64_t units;
	if (!base_yaml_find(n, "units"))
		return PV_OK;
	TRY(base_yaml_get_uint(n, "units", UINT32_MAX, &units, err));
	if (units > from->n_left)
		return base_yaml_error(n, err, PV_ERR_SHAPE, "the file of deviations has no %" PRIu64 " rows for '%s'", units, x->program);
	for (size_t i = 0; i < units * from->D; i++)
		if (!isfinite(from->values[i]))
			return base_yaml_error(n, err, PV_ERR_FORMAT, "a deviation of '%s' is not finite", x->program);
	x->n_units = (uint32_t)units;
	x->deviations = from->values;
	from->values += units * from->D;
	from->n_left -= units;
	return PV_OK;
}

static enum pv_status read_programs(const struct base_yaml_node *list, const struct base_npy *npy, struct deviations *deviations,
                                    struct pv_vectors *v, struct pv_error *err)
{
	const double *values = npy->data;
	for (const struct base_yaml_node *n = list->first; n; n = n->next, values += v->D) {
		struct pv_vector x = {.values = values};
		TRY(base_yaml_get_string(n, "name", &x.program, err));
		TRY(base_yaml_get_uint(n, "rows", UINT64_MAX, &x.n_rows, err));
		TRY(base_yaml_get_uint(n, "insns", UINT64_MAX, &x.n_insns, err));
		TRY(read_phase(n, &x, err));
		TRY(read_units(n, &x, deviations, err));
		for (int d = 0; d < v->D; d++)
			if (!isfinite(values[d]))
				return base_yaml_error(n, err, PV_ERR_FORMAT, "the vector of '%s' is not finite at %d", x.program, d);
		TRY(represent_vectors_add(v, &x, err));
	}
	return PV_OK;
}

/* The files of one call belong together; those of two calls may look alike. */
static enum pv_status check_pair(const struct base_yaml_node *root, const struct pv_vectors *v, const char *path, struct pv_error *err)
{
	uint64_t array, deviations = 0;
	TRY(get_fingerprint(root, "array", &array, err));
	if (base_yaml_find(root, "deviations"))
		TRY(get_fingerprint(root, "deviations", &deviations, err));
	if (array == array_fingerprint(v) && (!deviations || deviations == deviations_fingerprint(v)))
		return PV_OK;
	base_error_set(err, PV_ERR_FORMAT, "'%s' is not the array that the .yaml file beside it describes", path);
	return base_error_hint(err, "make both anew with 'perfvec represent'");
}

static enum pv_status load(const struct base_yaml *doc, const char *path, struct pv_vectors **vectors, struct pv_error *err)
{
	const struct base_yaml_node *root = base_yaml_root(doc), *list;
	struct base_npy npy;
	struct deviations deviations;
	TRY(base_yaml_expect(root, BASE_YAML_MAP, err));
	TRY(base_yaml_get_sequence(root, "programs", &list, err));
	TRY(read_head(root, vectors, err));
	TRY(base_npy_open(&npy, path, err));
	enum pv_status status = check_array(&npy, path, *vectors, list->n_items, err);
	if (status == PV_OK) {
		status = open_deviations(root, path, (size_t)(*vectors)->D, &deviations, err);
		if (status == PV_OK)
			status = read_programs(list, &npy, &deviations, *vectors, err);
		base_npy_close(&deviations.npy);
	}
	if (status == PV_OK)
		status = check_pair(root, *vectors, path, err);
	base_npy_close(&npy);
	return status;
}

enum pv_status pv_vectors_load(const char *path, struct pv_vectors **vectors, struct pv_error *err)
{
	struct base_yaml *doc;
	struct pv_vectors *v = NULL;
	char *side = path_beside(path, ".yaml");
	FAIL_IF(!side, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = base_yaml_load(side, &doc, err);
	free(side);
	TRY(status);
	status = load(doc, path, &v, err);
	base_yaml_free(doc);
	if (status != PV_OK) {
		pv_vectors_free(v);
		return status;
	}
	*vectors = v;
	return PV_OK;
}
