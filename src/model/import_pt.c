/*
 * import_pt.c - PyTorch checkpoints of PerfVec become model files
 *
 * base/pt.c gives tensors by name. They must be the tensors of the model that the expression describes: none missing, none over, every
 * shape equal. (The rows of an InsLSTMDSE are made of its descriptions of the machines.) PerfVec normalises plain features, so the model's
 * inputs are plain.
 */
#include <perfvec/import_pt.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "base/pt.h"
#include "model/model.h"

/* Of PerfVec's windows. */
enum { DEFAULT_WINDOW_ROWS = 256 };

static const struct {
	const char *name;
	double mean, std;
} published[PV_N_FEATURES] = {
#define X(name, mean, std) {#name, mean, std},
#include "model/published_stats.def"
#undef X
};

/* Where the rows of the machines are: their number says how many there are. */
static const struct base_pt_tensor *machine_rows(const struct base_pt *pt)
{
	static const char *const names[] = {"uarch_paras", "linear.weight", "main_model.linear.weight"};
	const struct base_pt_tensor *t = NULL;
	for (size_t i = 0; i < sizeof names / sizeof *names && !t; i++)
		t = base_pt_find(pt, names[i]);
	return t && t->n_dims == 2 && t->dims[0] >= 1 && t->dims[0] <= MODEL_MAX_MACHINES ? t : NULL;
}

/* InsLSTMDSE's linear.weight, which PerfVec never uses, holds the machine vectors in a model: as many as are described. */
static void count_described(const char *text, char counted[2 * MODEL_EXPRESSION_CHARS])
{
	const char *at = strstr(text, "narchs="), *end = strrchr(text, ')');
	const size_t n = 2 * MODEL_EXPRESSION_CHARS;
	if (strncmp(text, "InsLSTMDSE(", 11) || !end)
		snprintf(counted, n, "%s", text);
	else if (at)
		snprintf(counted, n, "%.*snarchs=K%s", (int)(at - text), text, at + strcspn(at, ",)"));
	else
		snprintf(counted, n, "%.*s,narchs=K%s", (int)(end - text), text, end);
}

/* Over streams where the model can; everything else needs windows. */
static enum pv_status parse(const char *text, const struct pv_import_pt_options *o, int K, struct model_expression *expression,
                            struct pv_error *err)
{
	char counted[2 * MODEL_EXPRESSION_CHARS];
	FAIL_IF(strlen(text) >= MODEL_EXPRESSION_CHARS, err, PV_ERR_RANGE, "model expression '%.40s...' is longer than %d characters", text,
	        MODEL_EXPRESSION_CHARS - 1);
	count_described(text, counted);
	if (!o->window_rows && model_expression_parse(counted, 0, DEFAULT_WINDOW_ROWS, PV_N_FEATURES, K, expression, NULL) == PV_OK)
		return PV_OK;
	return model_expression_parse(counted, o->window_rows ? o->window_rows : DEFAULT_WINDOW_ROWS, 0, PV_N_FEATURES, K, expression, err);
}

static enum pv_status read_expression(const struct base_pt *pt, const char *path, const struct pv_import_pt_options *o,
                                      struct model_expression *expression, struct pv_error *err)
{
	char text[512];
	if (!o->expression && !base_pt_string(pt, "name", text, sizeof text)) {
		base_error_set(err, PV_ERR_FORMAT, "'%s' does not say which model it is of", path);
		return err ? base_error_hint(err, "give its expression, such as 'InsLSTM(256,2,narchs=77,bias=False)'") : PV_ERR_FORMAT;
	}
	FAIL_IF(o->window_rows < 0 || o->window_rows > MODEL_MAX_WINDOW_ROWS, err, PV_ERR_RANGE, "windows have 1 to %d rows, not %d",
	        MODEL_MAX_WINDOW_ROWS, o->window_rows);
	const struct base_pt_tensor *rows = machine_rows(pt);
	FAIL_IF(!rows, err, PV_ERR_SHAPE, "'%s' has no parameter linear.weight with a row for each machine", path);
	const enum pv_status status = parse(o->expression ? o->expression : text, o, (int)rows->dims[0], expression, err);
	if (status != PV_OK) {
		base_error_prefix(err, "'%s'", path);
		return status;
	}
	FAIL_IF(o->n_machines && o->n_machines != expression->n_machines, err, PV_ERR_SHAPE, "'%s' is of %d machines; %d names were given",
	        path, expression->n_machines, o->n_machines);
	return PV_OK;
}

static enum pv_status other_shape(const char *path, const char *model, const struct model_encoder *e, const char *name,
                                  struct pv_error *err)
{
	const int rows = e->T ? e->T : nn_sequential_reach(e->chain);
	base_error_set(err, PV_ERR_SHAPE, "'%s': parameter %s is not of the shape that %s has", path, name, model);
	return rows && err ? base_error_hint(err, "with windows of %d rows; --window says how many it was trained on", rows) : PV_ERR_SHAPE;
}

/* The machine vectors of an InsLSTMDSE are made of the descriptions, whatever stands there. */
static bool is_made(const struct model_encoder *e, const struct nn_tensor *t)
{
	return e->described && t == e->weight;
}

/* A whole number without dimensions: how many steps running moments have seen. */
static bool is_counter(const struct nn_tensor *t)
{
	const char *point = strrchr(t->name, '.');
	return t->tracked && point && !strcmp(point, ".num_batches_tracked");
}

static bool has_shape(const struct base_pt_tensor *from, const struct nn_tensor *t)
{
	if (is_counter(t))
		return from->n == 1;
	return from->n_dims == t->n_dims && !memcmp(from->dims, t->dims, (size_t)t->n_dims * sizeof *t->dims);
}

/* Before memory is taken for what an expression says: every parameter is there, of its shape, and nothing else is. */
static enum pv_status check_tensors(const struct base_pt *pt, const char *path, const struct model_encoder *e, const char *model,
                                    struct pv_error *err)
{
	for (int i = 0; i < e->n_tensors; i++) {
		const struct nn_tensor *t = &e->tensors[i];
		const struct base_pt_tensor *from = base_pt_find(pt, t->name);
		FAIL_IF(!from, err, PV_ERR_SHAPE, "'%s' lacks the parameter %s of %s", path, t->name, model);
		if (!is_made(e, t) && !has_shape(from, t))
			return other_shape(path, model, e, t->name, err);
	}
	FAIL_IF(base_pt_count(pt) != (size_t)e->n_tensors, err, PV_ERR_SHAPE, "'%s' has %zu parameters, %s has %d", path, base_pt_count(pt),
	        model, e->n_tensors);
	return PV_OK;
}

static enum pv_status check_params(const struct base_pt *pt, const char *path, const struct model_expression *expression,
                                   struct pv_error *err)
{
	struct model_encoder *e;
	TRY(model_encoder_new(expression, &e, err));
	const enum pv_status status = check_tensors(pt, path, e, expression->text, err);
	model_encoder_free(e);
	return status;
}

static enum pv_status read_counter(const struct base_pt *pt, const struct base_pt_tensor *from, float *to, struct pv_error *err)
{
	int64_t n;
	if (from->dtype != BASE_DTYPE_I64)
		return base_pt_read_f32(pt, from, to, err);
	memcpy(&n, from->data, sizeof n);
	*to = (float)n;
	return PV_OK;
}

static enum pv_status read_params(const struct base_pt *pt, const char *path, struct pv_model *m, struct pv_error *err)
{
	const struct model_encoder *e = m->encoder;
	for (int i = 0; i < e->n_tensors; i++) {
		const struct nn_tensor *t = &e->tensors[i];
		float *to = m->params + t->offset;
		if (is_made(e, t))
			continue;
		TRY((is_counter(t) ? read_counter : base_pt_read_f32)(pt, base_pt_find(pt, t->name), to, err));
		for (size_t k = 0; k < t->n; k++)
			FAIL_IF(!isfinite(to[k]), err, PV_ERR_FORMAT, "'%s': element %zu of %s is not finite", path, k, t->name);
	}
	return PV_OK;
}

static enum pv_status make_rows(struct pv_model *m, struct pv_error *err)
{
	const size_t n = (size_t)m->encoder->K * (size_t)m->encoder->D;
	if (!m->encoder->described)
		return PV_OK;
	double *w = calloc(n, sizeof *w);
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory");
	model_encoder_rows(m->encoder, m->params, w, NULL);
	for (size_t i = 0; i < n; i++)
		model_weights(m)[i] = (float)w[i];
	free(w);
	return PV_OK;
}

/* A model with embeddings holds the statistics that it was trained with. */
static const float *own_statistics(const struct pv_model *m, const char *which)
{
	const struct model_encoder *e = m->encoder;
	for (int i = 0; i < e->n_tensors; i++) {
		const char *point = strrchr(e->tensors[i].name, '.'), *last = point ? point + 1 : e->tensors[i].name;
		if (e->tensors[i].frozen && e->tensors[i].n == PV_N_FEATURES && !strcmp(last, which))
			return m->params + e->tensors[i].offset;
	}
	return NULL;
}

static void set_inputs(struct pv_model *m, const struct pv_dataset *dataset)
{
	const float *mean = own_statistics(m, "mean"), *std = own_statistics(m, "std");
	if (dataset)
		pv_dataset_stats(dataset, &mean, &std);
	m->inputs.kind = MODEL_INPUTS_PLAIN;
	for (int f = 0; f < PV_N_FEATURES; f++) {
		m->inputs.mean[f] = mean ? mean[f] : (float)published[f].mean;
		m->inputs.std[f] = std ? std[f] : (float)published[f].std;
	}
}

static enum pv_status set_machines(struct pv_model *m, const struct pv_import_pt_options *o, struct pv_error *err)
{
	FAIL_IF(!(o->clock_mhz >= 0.0) || !isfinite(o->clock_mhz), err, PV_ERR_RANGE, "a clock of %g MHz is not possible", o->clock_mhz);
	for (int k = 0; k < m->expression.n_machines; k++) {
		char made_up[32];
		snprintf(made_up, sizeof made_up, "machine_%d", k);
		const char *name = o->n_machines ? o->machines[k] : made_up;
		FAIL_IF(!name[0] || strchr(name, '\n'), err, PV_ERR_ARG, "machine %d: '%.40s' is no name", k, name);
		for (int i = 0; i < k; i++)
			FAIL_IF(!strcmp(m->machines[i].name, name), err, PV_ERR_ARG, "two machines are called '%.80s'", name);
		TRY(model_set_machine(m, k, name, o->clock_mhz > 0.0 ? o->clock_mhz : 1000.0, PV_MACHINE_TRAINED, err));
	}
	return PV_OK;
}

static enum pv_status fill(const struct base_pt *pt, const char *path, const struct pv_import_pt_options *o, struct pv_model *m,
                           struct pv_error *err)
{
	double epoch;
	TRY(read_params(pt, path, m, err));
	TRY(make_rows(m, err));
	TRY(set_machines(m, o, err));
	FAIL_IF(o->dataset && own_statistics(m, "mean"), err, PV_ERR_ARG,
	        "'%s' holds the statistics that its features were normalised with; a dataset's do not apply", path);
	set_inputs(m, o->dataset);
	if (base_pt_number(pt, "epoch", &epoch) && epoch >= 0.0 && epoch < 1e9)
		m->info.epoch = (int)epoch;
	TRY(model_set_origin(m, o->command, PV_VERSION, err));
	model_seal(m);
	return PV_OK;
}

enum pv_status pv_import_pt(const char *path, const struct pv_import_pt_options *options, struct pv_model **model, struct pv_error *err)
{
	struct model_expression expression;
	struct base_pt *pt;
	struct pv_model *m = NULL;
	TRY(base_pt_open(path, &pt, err));
	enum pv_status status = read_expression(pt, path, options, &expression, err);
	if (status == PV_OK)
		status = check_params(pt, path, &expression, err);
	if (status == PV_OK)
		status = model_new(&expression, &m, err);
	if (status == PV_OK)
		status = fill(pt, path, options, m, err);
	if (status == PV_OK)
		*model = m;
	else
		pv_model_free(m);
	base_pt_close(pt);
	return status;
}
