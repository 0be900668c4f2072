/*
 * learn_rep.c - a machine's vector from program vectors and measured times: the reference's --learn-rep
 *
 *   samples (N, D+1) -> x (N, D), y (N) in 0.1 ns -> shuffled batches (feed_samples.c) -> Predictor: x w [+ c] -> loss -> optimizer
 * (loop.c)
 *
 * Summed representations and times have magnitudes from 1 to 1e9, where an optimizer that moves every weight by lr a step is lost. Unless
 * asked otherwise columns and times are divided by their root mean square: the network sees w * x_scale / y_scale, and the loss is
 * computed on x w all the same.
 */
#include <perfvec/learn_rep.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "base/clock.h"
#include "base/npy.h"
#include "base/yaml.h"
#include "model/fingerprint.h"
#include "model/model.h"
#include "nn/blas.h"
#include "train/feed_samples.h"
#include "train/loop.h"
#include "train/options.h"

static const double units_per_s = 1e10; /* of 0.1 ns */

/* Where the samples are, and which of them validate. */
struct config {
	char *samples; /* path */
	char machine[128];
	double clock_mhz;
	uint64_t valid_start, valid_end;
};

/* A run on samples; also its task. */
struct learner {
	struct train_task task;
	struct train_run run;
	const struct pv_model *foundation;
	const char *expression;
	struct config config;
	enum nn_loss_kind loss;
	struct nn_sequential *chain;
	struct nn_work *work; /* to validate with */
	int D, B;
	/* the samples */
	float *x, *y;          /* (N, D) scaled, (N) 0.1 ns */
	float *scale, y_scale; /* (D) */
	uint32_t *train;       /* (n_train) numbers of samples */
	size_t N, n_train;     /* validation samples are valid_start.. */
	float *out;            /* (B) */
};

static struct learner *learner_of(struct train_task *task)
{
	return (struct learner *)task;
}

/* ---- the samples ---- */

static enum pv_status default_name(const char *cfg, char name[128], struct pv_error *err)
{
	const char *base = base_path_base(cfg), *point = strrchr(base, '.');
	const int n = point && point > base ? (int)(point - base) : (int)strlen(base);
	FAIL_IF(n < 1 || n > 127, err, PV_ERR_ARG, "'%s' gives the machine no name; say machine: NAME in it", cfg);
	snprintf(name, 128, "%.*s", n, base);
	return PV_OK;
}

static enum pv_status read_keys(const struct base_yaml_node *root, const char *cfg, struct config *c, struct pv_error *err)
{
	static const char *const keys[] = {"dataset", "valid_start", "valid_end", "machine", "clock_mhz"};
	const char *file, *name;
	TRY(base_yaml_expect(root, BASE_YAML_MAP, err));
	TRY(base_yaml_check_keys(root, keys, sizeof keys / sizeof *keys, err));
	TRY(base_yaml_get_string(root, "dataset", &file, err));
	TRY(default_name(cfg, c->machine, err));
	if (base_yaml_find(root, "machine")) {
		TRY(base_yaml_get_string(root, "machine", &name, err));
		FAIL_IF(!*name || strlen(name) >= sizeof c->machine || strchr(name, '\n'), err, PV_ERR_FORMAT, "'%s': '%.40s' is no name",
		        cfg, name);
		strcpy(c->machine, name);
	}
	if (base_yaml_find(root, "clock_mhz"))
		TRY(base_yaml_get_double(root, "clock_mhz", 1e-3, 1e9, &c->clock_mhz, err));
	if (base_yaml_find(root, "valid_start") || base_yaml_find(root, "valid_end")) {
		TRY(base_yaml_get_uint(root, "valid_start", UINT32_MAX, &c->valid_start, err));
		TRY(base_yaml_get_uint(root, "valid_end", UINT32_MAX, &c->valid_end, err));
		FAIL_IF(c->valid_end < c->valid_start, err, PV_ERR_RANGE, "'%s': validation ends before it starts", cfg);
	}
	char *folder = base_path_dir(cfg);
	c->samples = *file == '/' ? strdup(file) : folder ? base_path_join(folder, file) : NULL;
	free(folder);
	FAIL_IF(!c->samples, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

static enum pv_status read_config(const char *cfg, struct config *c, struct pv_error *err)
{
	struct base_yaml *doc;
	*c = (struct config){.clock_mhz = 1000};
	TRY(base_yaml_load(cfg, &doc, err));
	enum pv_status status = read_keys(base_yaml_root(doc), cfg, c, err);
	base_yaml_free(doc);
	return status;
}

static double element(const struct base_npy *npy, size_t i)
{
	return npy->item_bytes == 4 ? (double)((const float *)npy->data)[i] : ((const double *)npy->data)[i];
}

static bool is_plain(const struct learner *l)
{
	return l->run.options.inputs == PV_TRAIN_INPUTS_PLAIN;
}

/* Root mean square of a column over the training samples; 1 where it is 0, or nothing is to be scaled. */
static double column_scale(const struct learner *l, const struct base_npy *npy, size_t column)
{
	double sum = 0;
	if (is_plain(l))
		return 1;
	for (size_t i = 0; i < l->n_train; i++) {
		const double v = element(npy, l->train[i] * ((size_t)l->D + 1) + column);
		sum += v * v;
	}
	return sum > 0 ? sqrt(sum / (double)l->n_train) : 1;
}

/* Training samples are those outside the validation range, at most train_rows of them. */
static enum pv_status split(struct learner *l, struct pv_error *err)
{
	const struct config *c = &l->config;
	FAIL_IF(c->valid_end > l->N, err, PV_ERR_RANGE, "'%s' has %zu samples; validation ends at %llu", c->samples, l->N,
	        (unsigned long long)c->valid_end);
	l->task.n_valid = (c->valid_end - c->valid_start);
	l->train = malloc((l->N + 1) * sizeof *l->train);
	FAIL_IF(!l->train, err, PV_ERR_NOMEM, "out of memory");
	const uint64_t most = l->run.options.train_rows ? l->run.options.train_rows : l->N;
	for (size_t i = 0; i < l->N && l->n_train < most; i++)
		if (i < c->valid_start || i >= c->valid_end)
			l->train[l->n_train++] = (uint32_t)i;
	FAIL_IF(!l->n_train, err, PV_ERR_ARG, "'%s' has no training samples", c->samples);
	return PV_OK;
}

static enum pv_status fill(struct learner *l, const struct base_npy *npy, struct pv_error *err)
{
	const size_t D = (size_t)l->D;
	for (size_t d = 0; d < D; d++)
		l->scale[d] = (float)column_scale(l, npy, d);
	l->y_scale = (float)(column_scale(l, npy, D) * (is_plain(l) ? 1 : units_per_s));
	for (size_t i = 0; i < l->N; i++) {
		for (size_t d = 0; d <= D; d++)
			FAIL_IF(!isfinite(element(npy, i * (D + 1) + d)), err, PV_ERR_RANGE, "'%s': sample %zu, column %zu is not finite",
			        l->config.samples, i, d);
		for (size_t d = 0; d < D; d++)
			l->x[i * D + d] = (float)(element(npy, i * (D + 1) + d) / (double)l->scale[d]);
		l->y[i] = (float)(element(npy, i * (D + 1) + D) * units_per_s);
	}
	return PV_OK;
}

static enum pv_status read_array(struct learner *l, const struct base_npy *npy, struct pv_error *err)
{
	const char *path = l->config.samples;
	if (base_npy_expect(npy, path, "'<f4'", NULL) != PV_OK)
		TRY(base_npy_expect(npy, path, "'<f8'", err));
	FAIL_IF(npy->n_dims != 2 || npy->shape[0] > UINT32_MAX, err, PV_ERR_SHAPE, "'%s' is not a table of samples", path);
	FAIL_IF(npy->shape[1] != (uint64_t)l->D + 1, err, PV_ERR_SHAPE,
	        "'%s' has %llu columns; the model's representations have %d, and the time is one more", path,
	        (unsigned long long)npy->shape[1], l->D);
	l->N = (size_t)npy->shape[0];
	TRY(split(l, err));
	l->x = nn_floats_new(l->N * (size_t)l->D);
	l->y = nn_floats_new(l->N);
	l->scale = nn_floats_new((size_t)l->D);
	FAIL_IF(!l->x || !l->y || !l->scale, err, PV_ERR_NOMEM, "out of memory for %zu samples", l->N);
	return fill(l, npy, err);
}

static enum pv_status read_samples(struct learner *l, struct pv_error *err)
{
	struct base_npy npy;
	TRY(base_npy_open(&npy, l->config.samples, err));
	enum pv_status status = read_array(l, &npy, err);
	base_npy_close(&npy);
	return status;
}

/* ---- the network ---- */

static const struct nn_tensor *find_tensor(const struct learner *l, const char *name)
{
	int n;
	const struct nn_tensor *t = nn_sequential_tensors(l->chain, &n);
	for (int i = 0; i < n; i++)
		if (!strcmp(t[i].name, name))
			return &t[i];
	return NULL;
}

static enum pv_status make_network(struct learner *l, const char *expression, struct pv_error *err)
{
	const struct nn_setting setting = {1, l->D, 1};
	TRY(nn_sequential_new(expression, &setting, &l->chain, err));
	if (nn_sequential_representation(l->chain).F || nn_sequential_input(l->chain).T != 1) {
		base_error_set(err, PV_ERR_UNSUPPORTED, "'%.80s' makes representations; --learn-rep learns from them", expression);
		return base_error_hint(err, "write 'Predictor(cfg,bias=False)'"), PV_ERR_UNSUPPORTED;
	}
	if ((find_tensor(l, "linear.bias") || find_tensor(l, "gb")) && !strstr(expression, "test_bias=False")) {
		base_error_set(err, PV_ERR_UNSUPPORTED, "'%.80s' adds a constant to each sample, which a program's time does not have",
		               expression);
		return base_error_hint(err, "write bias=False, or test_bias=False to train it and drop it then"), PV_ERR_UNSUPPORTED;
	}
	return PV_OK;
}

/* ---- the task ---- */

/* Outputs of n samples, at most B, in 0.1 ns, into l->out. */
static enum pv_status forward(struct learner *l, const float *params, const float *x, int n, struct pv_error *err)
{
	const float *output;
	TRY(nn_forward(l->work, params, x, n, 0, NULL, &output, err));
	for (int i = 0; i < n; i++)
		l->out[i] = output[i] * l->y_scale;
	return PV_OK;
}

/* Loss and errors of samples begin..end-1, which lie in order. */
static enum pv_status measure(struct learner *l, const float *params, size_t begin, size_t end, struct train_validation *v,
                              struct pv_error *err)
{
	double sum = 0, absolute = 0, largest = 0;
	for (size_t at = begin; at < end; at += (size_t)l->B) {
		const int n = end - at < (size_t)l->B ? (int)(end - at) : l->B;
		TRY(forward(l, params, l->x + at * (size_t)l->D, n, err));
		sum += nn_loss_sum(l->loss, l->out, l->y + at, NULL, (size_t)n, 1);
		for (int i = 0; i < n; i++) {
			const double error = l->y[at + (size_t)i] != 0 ? (double)l->out[i] / (double)l->y[at + (size_t)i] - 1 : 0;
			absolute += fabs(error);
			largest = fabs(error) > fabs(largest) ? error : largest;
		}
	}
	v->loss = nn_loss_value(l->loss, sum, (double)(end - begin));
	v->error = absolute / (double)(end - begin);
	v->worst = largest;
	return PV_OK;
}

/* The best epoch has the lowest loss: that of the samples that validate, as in the reference, or of training where there are none. */
static enum pv_status validate(struct train_task *task, const float *params, double train_loss, const struct pv_progress *progress,
                               struct train_validation *v, struct pv_error *err)
{
	(void)progress;
	struct learner *l = learner_of(task);
	*v = train_validation_none();
	v->ridge = NAN;
	if (task->n_valid)
		TRY(measure(l, params, (size_t)l->config.valid_start, (size_t)l->config.valid_end, v, err));
	v->score = task->n_valid ? v->loss : train_loss;
	return PV_OK;
}

/* There is nothing beside the weights. */
static void keep(struct train_task *task)
{
	(void)task;
}

/* What the model will answer: without the constant that is dropped. */
static enum pv_status finish(struct train_task *task, float *params, bool refit, const struct pv_progress *progress,
                             struct train_validation *v, struct pv_error *err)
{
	(void)refit;
	(void)progress;
	struct learner *l = learner_of(task);
	const double loss = v->loss;
	const struct nn_tensor *constants[] = {find_tensor(l, "linear.bias"), find_tensor(l, "gb")};
	for (int i = 0; i < 2; i++)
		if (constants[i])
			memset(params + constants[i]->offset, 0, constants[i]->n * sizeof *params);
	if (task->n_valid)
		TRY(measure(l, params, (size_t)l->config.valid_start, (size_t)l->config.valid_end, v, err));
	else
		TRY(measure(l, params, 0, l->N, v, err));
	v->loss = loss;
	return PV_OK;
}

/* The foundation with all its machines, and this one. */
static enum pv_status make_model(struct train_task *task, const float *params, enum train_vectors vectors, int epoch,
                                 const struct train_validation *v, struct pv_model **model, struct pv_error *err)
{
	(void)vectors;
	(void)epoch;
	(void)v;
	const struct learner *l = learner_of(task);
	const float *w = params + find_tensor(l, "linear.weight")->offset;
	const size_t D = (size_t)l->D;
	struct pv_model *m;
	const int found = pv_model_find_machine(l->foundation, l->config.machine);
	const int k = found < 0 ? l->foundation->info.n_machines : found;
	TRY(model_extend(l->foundation, found < 0, &m, err));
	enum pv_status status = model_set_machine(m, k, l->config.machine, l->config.clock_mhz, PV_MACHINE_TUNED, err);
	if (status == PV_OK)
		status = model_set_origin(m, l->run.options.command, pv_version(), err);
	if (status != PV_OK) {
		pv_model_free(m);
		return status;
	}
	for (size_t d = 0; d < D; d++)
		model_weights(m)[(size_t)k * D + d] = w[d] * l->y_scale / l->scale[d];
	if (model_bias(m))
		model_bias(m)[k] = 0;
	model_seal(m);
	*model = m;
	return PV_OK;
}

static void identify(const struct train_task *task, struct train_identity *id)
{
	const struct learner *l = (const struct learner *)task;
	uint64_t h = model_fingerprint(MODEL_FINGERPRINT_START, &l->foundation->info.foundation, sizeof(uint64_t));
	h = model_fingerprint(h, l->x, l->N * (size_t)l->D * sizeof *l->x);
	h = model_fingerprint(h, l->y, l->N * sizeof *l->y);
	h = model_fingerprint(h, l->config.machine, strlen(l->config.machine));
	*id = (struct train_identity){.n_train = l->n_train, .n_valid = task->n_valid, .data = h, .n_machines = 1};
	snprintf(id->model, sizeof id->model, "%s", l->expression);
}

/* Epochs are short and many. */
static int tell_every(const struct train_task *task, int epochs)
{
	(void)task;
	return epochs / 10 + 1;
}

/* ---- the run ---- */

static enum pv_status prepare(struct learner *l, const char *cfg, const char *expression, struct pv_error *err)
{
	static const struct train_task_kind kind = {.hint = "try a smaller learning rate (--lr), or leave --inputs plain out",
	                                            .tell_every = tell_every,
	                                            .validate = validate,
	                                            .keep = keep,
	                                            .finish = finish,
	                                            .model = make_model,
	                                            .identify = identify};
	struct pv_train_options *o = &l->run.options;
	double forward_flops;
	l->task.kind = &kind;
	l->run.task = &l->task;
	l->expression = expression;
	TRY(train_options_check(o, err));
	if (o->lr_step == -1)
		o->lr_step = (2 * o->epochs + 1) / 3;
	l->loss = train_loss_kind(o->loss);
	l->D = l->foundation->info.n_repr;
	TRY(make_network(l, expression, err));
	TRY(read_config(cfg, &l->config, err));
	TRY(read_samples(l, err));
	l->B = (size_t)o->batch_size < l->N ? o->batch_size : (int)l->N;
	nn_sequential_flops(l->chain, false, &forward_flops, &l->task.flops_per_row);
	return PV_OK;
}

static enum pv_status start(struct learner *l, struct pv_error *err)
{
	const struct train_samples samples = {l->N, l->D, l->x, l->y, l->y_scale, l->train, l->n_train};
	TRY(nn_work_windows(l->chain, l->B, false, &l->work, err));
	l->out = nn_floats_new((size_t)l->B);
	FAIL_IF(!l->out, err, PV_ERR_NOMEM, "out of memory");
	TRY(train_samples_new(&samples, l->chain, l->B, l->loss, l->run.options.seed, &l->run.feed, err));
	TRY(train_run_init(&l->run, nn_sequential_n_params(l->chain), nn_sequential_n_trained(l->chain), err));
	nn_sequential_init(l->chain, l->run.weights.params, l->run.options.seed);
	return PV_OK;
}

static void release(struct learner *l)
{
	train_run_release(&l->run);
	nn_work_free(l->work);
	nn_sequential_free(l->chain);
	free(l->config.samples);
	free(l->x);
	free(l->y);
	free(l->scale);
	free(l->train);
	free(l->out);
}

enum pv_status pv_learn_rep(const struct pv_model *foundation, const char *cfg, const char *expression,
                            const struct pv_train_options *options, const struct pv_progress *progress, struct pv_model **model,
                            struct pv_train_report *report, struct pv_error *err)
{
	struct learner l = {.foundation = foundation,
	                    .run = {.options = *options, .progress = progress, .clock = {.started = base_clock_seconds()}}};
	enum pv_status status = prepare(&l, cfg, expression, err);
	if (status == PV_OK)
		status = start(&l, err);
	if (status == PV_OK)
		status = train_run_all(&l.run, model, err);
	if (report)
		train_run_report(&l.run, report);
	release(&l);
	return status;
}

enum pv_status pv_learn_rep_plan(const struct pv_model *foundation, const char *cfg, const char *expression,
                                 const struct pv_train_options *options, struct pv_learn_rep_plan *plan, struct pv_error *err)
{
	struct learner l = {.foundation = foundation, .run = {.options = *options}};
	enum pv_status status = prepare(&l, cfg, expression, err);
	if (status == PV_OK) {
		*plan = (struct pv_learn_rep_plan){.n_repr = l.D,
		                                   .n_params = nn_sequential_n_trained(l.chain),
		                                   .n_train = l.n_train,
		                                   .n_valid = l.task.n_valid,
		                                   .steps = (l.n_train + (size_t)l.B - 1) / (size_t)l.B,
		                                   .flops_per_sample = l.task.flops_per_row};
		memcpy(plan->machine, l.config.machine, sizeof plan->machine);
	}
	release(&l);
	return status;
}
