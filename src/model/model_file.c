/*
 * model_file.c - models as safetensors files
 *
 * Weights stand under PyTorch's names and layouts. Lists in the metadata (machines, programs) have one entry per line. Format:
 * docs/formats/model.md.
 */
#include "model/model_file.h"
#include "machine_regression/regression.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char format_name[] = "perfvec model";
static const char format_version[] = "1";
static const char target_name[] = "store_commit";

/* ---- writing ---- */

static enum pv_status put_text(struct base_safetensors_writer *w, const char *key, const char *value, struct pv_error *err)
{
	return base_safetensors_writer_metadata(w, key, value, err);
}

static enum pv_status put_number(struct base_safetensors_writer *w, const char *key, const char *format, double value, struct pv_error *err)
{
	char text[64];
	snprintf(text, sizeof text, format, value);
	return put_text(w, key, text, err);
}

static enum pv_status put_count(struct base_safetensors_writer *w, const char *key, uint64_t value, struct pv_error *err)
{
	char text[32];
	snprintf(text, sizeof text, "%" PRIu64, value);
	return put_text(w, key, text, err);
}

/* Lines of names: get(model, i) for i < n. */
static enum pv_status put_lines(struct base_safetensors_writer *w, const char *key, const struct pv_model *m,
                                const char *(*get)(const struct pv_model *, int), int n, struct pv_error *err)
{
	size_t bytes = 1;
	for (int i = 0; i < n; i++)
		bytes += strlen(get(m, i)) + 1;
	char *text = malloc(bytes), *at = text;
	FAIL_IF(!text, err, PV_ERR_NOMEM, "out of memory");
	*at = 0;
	for (int i = 0; i < n; i++)
		at += sprintf(at, "%s%s", i ? "\n" : "", get(m, i));
	enum pv_status status = put_text(w, key, text, err);
	free(text);
	return status;
}

static const char *machine_name(const struct pv_model *m, int k)
{
	return m->machines[k].name;
}

static const char *machine_state(const struct pv_model *m, int k)
{
	static const char *const names[] = {
	    [PV_MACHINE_TRAINED] = "trained", [PV_MACHINE_TUNED] = "tuned", [PV_MACHINE_DERIVED] = "derived"};
	return names[m->machines[k].state];
}

static const char *machine_clock(const struct pv_model *m, int k)
{
	static _Thread_local char text[32];
	snprintf(text, sizeof text, "%.17g", m->machines[k].clock_mhz);
	return text;
}

/* 16 hexadecimal digits; zeros when they are not known. */
static const char *machine_parameters(const struct pv_model *m, int k)
{
	static _Thread_local char text[32];
	snprintf(text, sizeof text, "%016" PRIx64, m->machines[k].parameters);
	return text;
}

static const char *program_name(const struct pv_model *m, int i)
{
	return m->programs[i];
}

static enum pv_status put_metadata(struct base_safetensors_writer *w, const struct pv_model *m, struct pv_error *err)
{
	const int K = m->expression.n_machines;
	TRY(put_text(w, "format", format_name, err));
	TRY(put_text(w, "format_version", format_version, err));
	TRY(put_text(w, "model", m->expression.text, err));
	TRY(put_text(w, "feature_schema", m->info.schema, err));
	TRY(put_text(w, "mode", m->info.mode, err));
	if (m->info.window_rows)
		TRY(put_count(w, "window_rows", (uint64_t)m->info.window_rows, err));
	TRY(put_text(w, "inputs", model_inputs_name(m->inputs.kind), err));
	TRY(put_text(w, "target", target_name, err));
	TRY(put_text(w, "target_unit", "0.1 ns", err));
	TRY(put_lines(w, "machines", m, machine_name, K, err));
	TRY(put_lines(w, "machine_states", m, machine_state, K, err));
	TRY(put_lines(w, "machine_clocks_mhz", m, machine_clock, K, err));
	TRY(put_lines(w, "machine_parameters", m, machine_parameters, K, err));
	TRY(put_lines(w, "programs", m, program_name, m->info.n_programs, err));
	TRY(put_count(w, "epoch", (uint64_t)m->info.epoch, err));
	TRY(put_count(w, "seed", m->info.seed, err));
	if (isfinite(m->info.validation_error))
		TRY(put_number(w, "validation_error", "%.9g", m->info.validation_error, err));
	if (isfinite(m->info.left_out_error))
		TRY(put_number(w, "left_out_error", "%.9g", m->info.left_out_error, err));
	TRY(put_text(w, "command", m->command ? m->command : "", err));
	return put_text(w, "version", m->tool_version ? m->tool_version : "", err);
}

enum pv_status model_file_put(struct base_safetensors_writer *w, const struct pv_model *m, struct pv_error *err)
{
	const int n = m->encoder->n_tensors;
	const struct nn_tensor *t = m->encoder->tensors;
	const size_t F = (size_t)m->encoder->F;
	TRY(put_metadata(w, m, err));
	for (int i = 0; i < n; i++)
		TRY(base_safetensors_writer_add(w, t[i].name, BASE_DTYPE_F32, t[i].dims, t[i].n_dims, m->params + t[i].offset, err));
	TRY(base_safetensors_writer_add(w, "features.mean", BASE_DTYPE_F32, &F, 1, m->inputs.mean, err));
	TRY(base_safetensors_writer_add(w, "features.std", BASE_DTYPE_F32, &F, 1, m->inputs.std, err));
	return m->net ? machine_regression_put(w, m->net, err) : PV_OK;
}

enum pv_status pv_model_save(const struct pv_model *m, const char *path, struct pv_error *err)
{
	struct base_safetensors_writer *w = base_safetensors_writer_new();
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = model_file_put(w, m, err);
	if (status == PV_OK)
		status = base_safetensors_writer_write(w, path, err);
	base_safetensors_writer_free(w);
	return status;
}

/* ---- reading ---- */

struct reader {
	const struct base_safetensors *file;
	const char *path;
	struct pv_error *err;
};

static enum pv_status get_text(const struct reader *r, const char *key, const char **value)
{
	*value = base_safetensors_metadata(r->file, key);
	FAIL_IF(!*value, r->err, PV_ERR_FORMAT, "'%s' lacks the metadata entry '%s'", r->path, key);
	return PV_OK;
}

static enum pv_status get_count(const struct reader *r, const char *key, uint64_t max, uint64_t *value)
{
	const char *text;
	TRY(get_text(r, key, &text));
	uint64_t v = 0;
	const char *c = text;
	for (; *c >= '0' && *c <= '9'; c++) {
		unsigned digit = (unsigned)(*c - '0');
		if (v > (UINT64_MAX - digit) / 10)
			break;
		v = v * 10 + digit;
	}
	FAIL_IF(c == text || *c || v > max, r->err, PV_ERR_FORMAT, "'%s': metadata entry '%s' is '%.40s', not a count", r->path, key, text);
	*value = v;
	return PV_OK;
}

/* Checks that a file is a model of ours, and of a version and schema that this build reads. */
static enum pv_status check_kind(const struct reader *r)
{
	const char *format = base_safetensors_metadata(r->file, "format"), *text;
	if (!format || strcmp(format, format_name)) {
		base_error_set(r->err, PV_ERR_FORMAT, "'%s' is a safetensors file, but not a perfvec model", r->path);
		return base_error_hint(r->err, "models are written by 'perfvec train'");
	}
	TRY(get_text(r, "format_version", &text));
	FAIL_IF(strcmp(text, format_version), r->err, PV_ERR_VERSION,
	        "'%s' is a model file of version '%.20s'; this perfvec reads version %s", r->path, text, format_version);
	TRY(get_text(r, "feature_schema", &text));
	FAIL_IF(strcmp(text, "pv1") && strcmp(text, "pv2"), r->err, PV_ERR_VERSION,
	        "'%s' was trained on feature schema '%.20s'; this perfvec makes features of schemas 'pv1' and 'pv2'", r->path, text);
	TRY(get_text(r, "target", &text));
	FAIL_IF(strcmp(text, target_name), r->err, PV_ERR_VERSION, "'%s' predicts target '%.20s'; this perfvec uses '%s'", r->path, text,
	        target_name);
	return PV_OK;
}

/* Takes the next line of a list; n is its length. False at the end. */
static bool next_line(const char **at, const char **line, size_t *n)
{
	if (!*at)
		return false;
	*line = *at;
	const char *end = strchr(*at, '\n');
	*n = end ? (size_t)(end - *at) : strlen(*at);
	*at = end ? end + 1 : NULL;
	return true;
}

static enum pv_status read_machines(const struct reader *r, struct pv_model *m)
{
	const char *names, *states, *clocks;
	TRY(get_text(r, "machines", &names));
	TRY(get_text(r, "machine_states", &states));
	TRY(get_text(r, "machine_clocks_mhz", &clocks));
	for (int k = 0; k < m->expression.n_machines; k++) {
		const char *name, *state, *clock;
		size_t n_name, n_state, n_clock;
		FAIL_IF(!next_line(&names, &name, &n_name) || !next_line(&states, &state, &n_state) ||
		            !next_line(&clocks, &clock, &n_clock) || !n_name,
		        r->err, PV_ERR_FORMAT, "'%s' names fewer machines than its %d rows", r->path, m->expression.n_machines);
		char text[256], *end;
		snprintf(text, sizeof text, "%.*s", (int)n_name, name);
		double mhz = strtod(clock, &end);
		const bool tuned = n_state == 5 && !memcmp(state, "tuned", 5), derived = n_state == 7 && !memcmp(state, "derived", 7);
		FAIL_IF(end != clock + n_clock || !(mhz > 0) || !isfinite(mhz), r->err, PV_ERR_FORMAT,
		        "'%s': machine '%s' has no valid clock", r->path, text);
		FAIL_IF(!tuned && !derived && !(n_state == 7 && !memcmp(state, "trained", 7)), r->err, PV_ERR_FORMAT,
		        "'%s': machine '%s' is neither trained, tuned nor derived", r->path, text);
		TRY(model_set_machine(m, k, text, mhz,
		                      tuned     ? PV_MACHINE_TUNED
		                      : derived ? PV_MACHINE_DERIVED
		                                : PV_MACHINE_TRAINED,
		                      r->err));
	}
	FAIL_IF(names || states || clocks, r->err, PV_ERR_FORMAT, "'%s' names more machines than its %d rows", r->path,
	        m->expression.n_machines);
	return PV_OK;
}

/* Absent in files of the first days: then nothing is known of any machine. */
static enum pv_status read_parameters(const struct reader *r, struct pv_model *m)
{
	const char *at = base_safetensors_metadata(r->file, "machine_parameters"), *line;
	size_t n;
	if (!at)
		return PV_OK;
	for (int k = 0; k < m->expression.n_machines; k++) {
		char *end, text[17] = "";
		bool there = next_line(&at, &line, &n) && n == 16;
		if (there)
			memcpy(text, line, 16);
		m->machines[k].parameters = strtoull(text, &end, 16);
		FAIL_IF(!there || *end || strspn(text, "0123456789abcdef") != 16, r->err, PV_ERR_FORMAT,
		        "'%s': the parameters of machine '%s' are not 16 hexadecimal digits", r->path, m->machines[k].name);
	}
	FAIL_IF(at, r->err, PV_ERR_FORMAT, "'%s' has parameters of more machines than its %d rows", r->path, m->expression.n_machines);
	return PV_OK;
}

static enum pv_status read_programs(const struct reader *r, struct pv_model *m)
{
	const char *at, *line;
	size_t n;
	TRY(get_text(r, "programs", &at));
	while (next_line(&at, &line, &n)) {
		if (!n)
			continue;
		char *name = strndup(line, n);
		FAIL_IF(!name, r->err, PV_ERR_NOMEM, "out of memory");
		enum pv_status status = model_add_program(m, name, r->err);
		free(name);
		TRY(status);
	}
	return PV_OK;
}

static enum pv_status check_finite(const struct reader *r, const char *name, const float *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		FAIL_IF(!isfinite(values[i]), r->err, PV_ERR_FORMAT, "'%s': element %zu of '%s' is not finite", r->path, i, name);
	return PV_OK;
}

static enum pv_status read_tensors(const struct reader *r, struct pv_model *m)
{
	const int n = m->encoder->n_tensors;
	const struct nn_tensor *t = m->encoder->tensors;
	const size_t F = (size_t)m->encoder->F;
	for (int i = 0; i < n; i++) {
		TRY(base_safetensors_read_f32(r->file, t[i].name, t[i].dims, t[i].n_dims, m->params + t[i].offset, r->err));
		TRY(check_finite(r, t[i].name, m->params + t[i].offset, t[i].n));
	}
	TRY(base_safetensors_read_f32(r->file, "features.mean", &F, 1, m->inputs.mean, r->err));
	TRY(base_safetensors_read_f32(r->file, "features.std", &F, 1, m->inputs.std, r->err));
	TRY(check_finite(r, "features.mean", m->inputs.mean, F));
	return check_finite(r, "features.std", m->inputs.std, F);
}

static enum pv_status read_origin(const struct reader *r, struct pv_model *m)
{
	uint64_t epoch;
	const char *command, *version, *error = base_safetensors_metadata(r->file, "validation_error");
	const char *left_out = base_safetensors_metadata(r->file, "left_out_error");
	TRY(get_count(r, "epoch", INT32_MAX, &epoch));
	TRY(get_count(r, "seed", UINT64_MAX, &m->info.seed));
	TRY(get_text(r, "command", &command));
	TRY(get_text(r, "version", &version));
	m->info.epoch = (int)epoch;
	m->info.validation_error = error ? strtod(error, NULL) : NAN;
	m->info.left_out_error = left_out ? strtod(left_out, NULL) : NAN;
	return model_set_origin(m, command, version, r->err);
}

/* The last layer's tensor: its shape is known before memory is taken by the expression's figures. */
static const struct base_tensor_view *last_layer(const struct base_safetensors *file)
{
	const struct base_tensor_view *last = base_safetensors_find(file, "linear.weight");
	return last ? last : base_safetensors_find(file, "main_model.linear.weight");
}

/* Every tensor is there and as large as the expression says, before memory is taken for them. */
static enum pv_status check_shapes(const struct reader *r, const struct model_expression *expression)
{
	struct model_encoder *e;
	TRY(model_encoder_new(expression, &e, r->err));
	enum pv_status status = PV_OK;
	for (int i = 0; i < e->n_tensors && status == PV_OK; i++) {
		const struct base_tensor_view *v = base_safetensors_find(r->file, e->tensors[i].name);
		if (!v || v->n != e->tensors[i].n)
			status =
			    base_error_set(r->err, PV_ERR_SHAPE, "'%s': tensor '%s' is missing or not of the shape that model '%.60s' has",
			                   r->path, e->tensors[i].name, expression->text);
	}
	model_encoder_free(e);
	return status;
}

/* The kind of inputs; it must be of the schema that the file names. */
static enum pv_status read_inputs(const struct reader *r, enum model_inputs_kind *kind)
{
	const char *inputs = base_safetensors_metadata(r->file, "inputs"), *schema;
	TRY(get_text(r, "feature_schema", &schema));
	if (model_inputs_parse(inputs ? inputs : "plain", kind, r->err) != PV_OK) {
		base_error_prefix(r->err, "'%s'", r->path);
		return PV_ERR_FORMAT;
	}
	FAIL_IF(strcmp(schema, model_inputs_schema(*kind)), r->err, PV_ERR_FORMAT, "'%s': inputs '%s' are not of feature schema '%.20s'",
	        r->path, model_inputs_name(*kind), schema);
	return PV_OK;
}

static enum pv_status read_expression(const struct reader *r, const char *text, int F, struct model_expression *expression)
{
	const char *mode = base_safetensors_metadata(r->file, "mode");
	const struct base_tensor_view *last = last_layer(r->file);
	const bool window = mode && !strcmp(mode, "window");
	uint64_t rows = 0;
	enum pv_status status;
	FAIL_IF(mode && !window && strcmp(mode, "stream"), r->err, PV_ERR_VERSION, "'%s': mode is '%.20s', not stream or window", r->path,
	        mode);
	if (window)
		TRY(get_count(r, "window_rows", MODEL_MAX_WINDOW_ROWS, &rows));
	FAIL_IF(window && !rows, r->err, PV_ERR_SHAPE, "'%s': windows have no rows", r->path);
	FAIL_IF(!last || last->n_dims != 2 || last->dims[0] < 1 || last->dims[0] > MODEL_MAX_MACHINES, r->err, PV_ERR_SHAPE,
	        "'%s': tensor 'linear.weight' is missing or not of the shape that model '%.60s' has", r->path, text);
	status = model_expression_parse(text, (int)rows, 0, F, (int)last->dims[0], expression, r->err);
	if (status != PV_OK) {
		base_error_prefix(r->err, "'%s'", r->path);
		return status;
	}
	return check_shapes(r, expression);
}

enum pv_status model_file_get(const struct base_safetensors *file, const char *path, struct pv_model **model, struct pv_error *err)
{
	struct reader r = {file, path, err};
	struct model_expression expression;
	const char *text;
	TRY(check_kind(&r));
	TRY(get_text(&r, "model", &text));
	enum model_inputs_kind kind;
	TRY(read_inputs(&r, &kind));
	TRY(read_expression(&r, text, model_inputs_count(kind), &expression));
	struct pv_model *m = NULL;
	TRY(model_new(&expression, &m, err));
	m->inputs.kind = kind;
	enum pv_status status = read_machines(&r, m);
	if (status == PV_OK)
		status = read_parameters(&r, m);
	if (status == PV_OK)
		status = read_programs(&r, m);
	if (status == PV_OK)
		status = read_tensors(&r, m);
	if (status == PV_OK)
		status = read_origin(&r, m);
	if (status == PV_OK)
		status = machine_regression_get(file, path, m->info.n_repr + m->expression.bias, &m->net, err);
	if (status != PV_OK) {
		pv_model_free(m);
		return status;
	}
	model_seal(m);
	*model = m;
	return PV_OK;
}

enum pv_status pv_model_load(const char *path, struct pv_model **model, struct pv_error *err)
{
	struct base_safetensors *file;
	TRY(base_safetensors_open(path, &file, err));
	enum pv_status status = model_file_get(file, path, model, err);
	base_safetensors_close(file);
	return status;
}
