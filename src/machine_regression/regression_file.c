/*
 * regression_file.c - a machine regression as tensors and metadata of a model file
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine_regression/regression.h"
#include "uarch/params.h"

static const char net_version[] = "1";
static const char *const base_keys[2] = {"uarch_net_base_ooo", "uarch_net_base_inorder"};

/* Largest counts that are read: far above anything learnt, far below what would exhaust memory. */
enum { MOST = 1 << 20 };

/* ---- writing ----------------------------------------------------------------------------------------------------------------------- */

/* A text made by print(net, which, stream) as a metadata entry. */
static enum pv_status put_printed(struct base_safetensors_writer *w, const char *key, const struct machine_regression *net,
                                  void (*print)(const struct machine_regression *, int, FILE *), int which, struct pv_error *err)
{
	char *text = NULL;
	size_t n;
	FILE *stream = open_memstream(&text, &n);
	FAIL_IF(!stream, err, PV_ERR_NOMEM, "out of memory");
	print(net, which, stream);
	const bool good = fclose(stream) == 0 && text;
	const enum pv_status status =
	    good ? base_safetensors_writer_metadata(w, key, text, err) : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	free(text);
	return status;
}

static void print_base(const struct machine_regression *net, int kind, FILE *out)
{
	pv_uarch_print(net->inputs.base[kind], out);
}

static void print_columns(const struct machine_regression *net, int which, FILE *out)
{
	(void)which;
	for (int i = 0; i < net->inputs.n; i++)
		fprintf(out, "%s%s", i ? "\n" : "", net->inputs.columns[i].name);
}

static void print_free(const struct machine_regression *net, int which, FILE *out)
{
	(void)which;
	for (int i = 0; i < net->inputs.n_free; i++)
		fprintf(out, "%s%s", i ? "\n" : "", net->inputs.free[i]->name);
}

static enum pv_status put_tensor(struct base_safetensors_writer *w, const char *name, const double *data, int rows, int columns,
                                 struct pv_error *err)
{
	const size_t dims[2] = {(size_t)rows, (size_t)columns};
	return base_safetensors_writer_add(w, name, BASE_DTYPE_F64, dims, 2, data, err);
}

enum pv_status machine_regression_put(struct base_safetensors_writer *w, const struct machine_regression *net, struct pv_error *err)
{
	const struct regression_gp *g = &net->gp;
	TRY(base_safetensors_writer_metadata(w, "uarch_net", net_version, err));
	TRY(put_printed(w, "uarch_net_columns", net, print_columns, 0, err));
	TRY(put_printed(w, "uarch_net_free", net, print_free, 0, err));
	for (int kind = 0; kind < 2; kind++)
		if (net->inputs.base[kind])
			TRY(put_printed(w, base_keys[kind], net, print_base, kind, err));
	TRY(put_tensor(w, "uarch_net.columns", net->packed, net->inputs.n, 3, err));
	TRY(put_tensor(w, "uarch_net.kernel", net->kernel, 1, 3, err));
	TRY(put_tensor(w, "uarch_net.scale", g->scale, 1, g->d, err));
	TRY(put_tensor(w, "uarch_net.machines", g->x, g->n, g->d, err));
	TRY(put_tensor(w, "uarch_net.mean", g->mean, 1, g->q, err));
	TRY(put_tensor(w, "uarch_net.alpha", g->alpha, g->n, g->q, err));
	return put_tensor(w, "uarch_net.anchors", net->anchors, net->A, net->C, err);
}

/* ---- reading ----------------------------------------------------------------------------------------------------------------------- */

struct reader {
	const struct base_safetensors *file;
	const char *path;
	struct pv_error *err;
};

/* Sizes of a tensor of figures. */
static enum pv_status get_size(const struct reader *r, const char *name, int *rows, int *columns)
{
	const struct base_tensor_view *v = base_safetensors_find(r->file, name);
	FAIL_IF(!v || v->dtype != BASE_DTYPE_F64 || v->n_dims != 2 || v->dims[0] < 1 || v->dims[1] < 1 || v->dims[0] > MOST ||
	            v->dims[1] > MOST,
	        r->err, PV_ERR_FORMAT, "'%s': tensor '%s' of the machine regression is missing, or not of two dimensions of F64", r->path,
	        name);
	*rows = (int)v->dims[0];
	*columns = (int)v->dims[1];
	return PV_OK;
}

static enum pv_status get_tensor(const struct reader *r, const char *name, int rows, int columns, double **data)
{
	int n, m;
	TRY(get_size(r, name, &n, &m));
	FAIL_IF(n != rows || m != columns, r->err, PV_ERR_FORMAT, "'%s': tensor '%s' is (%d, %d), not (%d, %d)", r->path, name, n, m, rows,
	        columns);
	const size_t count = (size_t)n * (size_t)m;
	*data = malloc(count * sizeof **data);
	FAIL_IF(!*data, r->err, PV_ERR_NOMEM, "out of memory");
	memcpy(*data, base_safetensors_find(r->file, name)->data, count * sizeof **data);
	for (size_t i = 0; i < count; i++)
		FAIL_IF(!isfinite((*data)[i]), r->err, PV_ERR_FORMAT, "'%s': element %zu of '%s' is not finite", r->path, i, name);
	return PV_OK;
}

static enum pv_status get_text(const struct reader *r, const char *key, const char **text)
{
	*text = base_safetensors_metadata(r->file, key);
	FAIL_IF(!*text, r->err, PV_ERR_FORMAT, "'%s' lacks the metadata entry '%s'", r->path, key);
	return PV_OK;
}

/* The next line of a text into (n_bytes) name; false when there is none, or it is too long. */
static bool next_line(const char **at, char *name, size_t n_bytes)
{
	const size_t n = strcspn(*at, "\n");
	if (!n || n >= n_bytes)
		return false;
	snprintf(name, n_bytes, "%.*s", (int)n, *at);
	*at += n + ((*at)[n] == '\n');
	return true;
}

static enum pv_status get_column(const struct reader *r, struct machine_regression *net, int i, const char **names)
{
	struct regression_machine_inputs *in = &net->inputs;
	struct regression_machine_input *c = &in->columns[i];
	const double *packed = net->packed + 3 * (size_t)i;
	FAIL_IF(!next_line(names, c->name, sizeof c->name), r->err, PV_ERR_FORMAT, "'%s': column %d of the machine regression has no name",
	        r->path, i);
	if (regression_machine_inputs_column(c, r->err) != PV_OK) {
		base_error_prefix(r->err, "'%s'", r->path);
		return PV_ERR_FORMAT;
	}
	c->mean = packed[0];
	c->deviation = packed[1];
	c->same_as = (int)fmax(-1, fmin(packed[2], MOST));
	FAIL_IF(!(c->deviation > 0) || c->same_as >= i || (c->same_as >= 0 && in->columns[c->same_as].same_as >= 0), r->err, PV_ERR_FORMAT,
	        "'%s': column '%s' of the machine regression cannot be", r->path, c->name);
	in->d += c->same_as < 0;
	return PV_OK;
}

static enum pv_status get_columns(const struct reader *r, struct machine_regression *net)
{
	struct regression_machine_inputs *in = &net->inputs;
	const char *names, *free_names;
	int columns;
	TRY(get_text(r, "uarch_net_columns", &names));
	TRY(get_text(r, "uarch_net_free", &free_names));
	TRY(get_size(r, "uarch_net.columns", &in->n, &columns));
	TRY(get_tensor(r, "uarch_net.columns", in->n, 3, &net->packed));
	in->columns = calloc((size_t)in->n, sizeof *in->columns);
	in->free = calloc(uarch_n_params, sizeof *in->free);
	FAIL_IF(!in->columns || !in->free, r->err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < in->n; i++)
		TRY(get_column(r, net, i, &names));
	char name[96];
	while (*free_names) {
		const bool good = next_line(&free_names, name, sizeof name);
		const struct uarch_param *p = good ? uarch_param_find(name) : NULL;
		FAIL_IF(!p || (size_t)in->n_free >= uarch_n_params, r->err, PV_ERR_FORMAT,
		        "'%s': the machine regression names a parameter that there is none of", r->path);
		in->free[in->n_free++] = p;
	}
	return PV_OK;
}

static enum pv_status get_bases(const struct reader *r, struct machine_regression *net)
{
	for (int kind = 0; kind < 2; kind++) {
		const char *text = base_safetensors_metadata(r->file, base_keys[kind]);
		if (!text)
			continue;
		if (pv_uarch_parse(base_keys[kind], text, strlen(text), &net->inputs.base[kind], r->err) != PV_OK) {
			base_error_prefix(r->err, "'%s'", r->path);
			return PV_ERR_FORMAT;
		}
		FAIL_IF(pv_uarch_is_inorder(net->inputs.base[kind]) != (kind == 1), r->err, PV_ERR_FORMAT,
		        "'%s': '%s' is of the other core kind", r->path, base_keys[kind]);
	}
	FAIL_IF(!net->inputs.base[0] && !net->inputs.base[1], r->err, PV_ERR_FORMAT, "'%s': the machine regression has no machine",
	        r->path);
	return PV_OK;
}

static enum pv_status read_net(const struct reader *r, int C, struct machine_regression *net)
{
	struct regression_gp *g = &net->gp;
	double *kernel = NULL;
	int columns;
	TRY(get_columns(r, net));
	TRY(get_bases(r, net));
	enum pv_status status = get_tensor(r, "uarch_net.kernel", 1, 3, &kernel);
	if (status == PV_OK)
		memcpy(net->kernel, kernel, sizeof net->kernel);
	free(kernel);
	TRY(status);
	TRY(get_size(r, "uarch_net.anchors", &net->A, &columns));
	TRY(get_size(r, "uarch_net.machines", &g->n, &columns));
	g->d = net->inputs.d;
	g->q = net->A + C;
	net->C = C;
	TRY(get_tensor(r, "uarch_net.anchors", net->A, C, &net->anchors));
	TRY(get_tensor(r, "uarch_net.scale", 1, g->d, &g->scale));
	TRY(get_tensor(r, "uarch_net.machines", g->n, g->d, &g->x));
	TRY(get_tensor(r, "uarch_net.mean", 1, g->q, &g->mean));
	TRY(get_tensor(r, "uarch_net.alpha", g->n, g->q, &g->alpha));
	g->noise = net->kernel[0];
	g->linear = net->kernel[1];
	net->error = net->kernel[2] >= 0 ? net->kernel[2] : NAN;
	return machine_regression_finish(net, r->err);
}

enum pv_status machine_regression_get(const struct base_safetensors *file, const char *path, int C, struct machine_regression **net,
                                      struct pv_error *err)
{
	const struct reader r = {file, path, err};
	const char *version = base_safetensors_metadata(file, "uarch_net");
	*net = NULL;
	if (!version)
		return PV_OK;
	FAIL_IF(strcmp(version, net_version), err, PV_ERR_VERSION,
	        "'%s': its machine regression is of version '%.20s'; this perfvec reads version %s", path, version, net_version);
	struct machine_regression *made = calloc(1, sizeof *made);
	FAIL_IF(!made, err, PV_ERR_NOMEM, "out of memory");
	const enum pv_status status = read_net(&r, C, made);
	if (status != PV_OK) {
		machine_regression_free(made);
		return status;
	}
	*net = made;
	return PV_OK;
}
