/*
 * learn_rep.c - a machine's vector from program vectors and measured times: the reference's --learn-rep
 *
 *   samples (N, D+1) -> x (N, D), y (N) in 0.1 ns -> shuffled batches -> Predictor: x w [+ c] -> loss -> Adam
 *
 * Summed representations and times have magnitudes from 1 to 1e9, where an optimizer that moves every weight by lr a step is lost. Unless
 * asked otherwise columns and times are divided by their root mean square: the network sees w * x_scale / y_scale, and the loss is
 * computed on x w all the same.
 */
#include <perfvec/learn_rep.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "base/npy.h"
#include "base/random.h"
#include "base/yaml.h"
#include "model/model.h"
#include "train/trainer.h"
#include "nn/blas.h"

static const double units_per_s = 1e10; /* of 0.1 ns */

/* Where the samples are, and which of them validate. */
struct config {
	char *samples; /* path */
	char machine[128];
	double clock_mhz;
	uint64_t valid_start, valid_end;
};

struct learner {
	const struct pv_model *foundation;
	struct pv_train_options options;
	const struct pv_progress *progress;
	struct config config;
	enum nn_loss_kind loss;
	struct nn_graph *graph;
	struct nn_graph_work *work;
	struct nn_adam adam;
	int D, B;
	float *x, *y;                   /* (N, D) scaled, (N) 0.1 ns */
	float *scale, y_scale;          /* (D) */
	uint32_t *train;                /* (n_train) numbers of samples, shuffled each epoch */
	size_t N, n_train, n_valid;     /* validation samples are valid_start.. */
	float *params, *grads, *best;   /* (n_params) */
	float *batch_x, *batch_y, *out; /* (B, D), (B), (B) */
	int epoch, best_epoch;
	uint64_t step;
	double best_loss, train_loss;
	double started;
	FILE *log;
};

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
	return l->options.inputs && !strcmp(l->options.inputs, "plain");
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
	l->n_valid = (size_t)(c->valid_end - c->valid_start);
	l->train = malloc((l->N + 1) * sizeof *l->train);
	FAIL_IF(!l->train, err, PV_ERR_NOMEM, "out of memory");
	const uint64_t most = l->options.train_rows ? l->options.train_rows : l->N;
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
	const struct nn_tensor *t = nn_graph_tensors(l->graph, &n);
	for (int i = 0; i < n; i++)
		if (!strcmp(t[i].name, name))
			return &t[i];
	return NULL;
}

static enum pv_status make_network(struct learner *l, const char *expression, struct pv_error *err)
{
	const struct nn_graph_setting setting = {1, l->D, 1};
	TRY(nn_graph_new(expression, &setting, &l->graph, err));
	if (nn_graph_representation(l->graph).F || nn_graph_input(l->graph).T != 1) {
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

static enum pv_status allocate(struct learner *l, struct pv_error *err)
{
	const size_t n = nn_graph_n_params(l->graph), B = (size_t)l->B;
	struct nn_adam_config adam = nn_adam_defaults();
	adam.weight_decay = l->options.weight_decay;
	adam.decoupled = !strcmp(l->options.optimizer, "adamw");
	TRY(nn_graph_work_new(l->graph, l->B, true, &l->work, err));
	TRY(nn_adam_init(&l->adam, &adam, n, err));
	l->params = nn_floats_new(n);
	l->grads = nn_floats_new(n);
	l->best = nn_floats_new(n);
	l->batch_x = nn_floats_new(B * (size_t)l->D);
	l->batch_y = nn_floats_new(B);
	l->out = nn_floats_new(2 * B);
	FAIL_IF(!l->params || !l->grads || !l->best || !l->batch_x || !l->batch_y || !l->out, err, PV_ERR_NOMEM, "out of memory");
	nn_graph_init(l->graph, l->params, l->options.seed);
	return PV_OK;
}

static enum pv_status prepare(struct learner *l, const char *cfg, const char *expression, struct pv_error *err)
{
	struct pv_train_options *o = &l->options;
	TRY(train_options_check(o, err));
	if (o->lr_step == -1)
		o->lr_step = (2 * o->epochs + 1) / 3;
	TRY(nn_loss_parse(o->loss, &l->loss, err));
	l->D = l->foundation->info.n_repr;
	TRY(make_network(l, expression, err));
	TRY(read_config(cfg, &l->config, err));
	TRY(read_samples(l, err));
	l->B = (size_t)o->batch_size < l->N ? o->batch_size : (int)l->N;
	return PV_OK;
}

static void release(struct learner *l)
{
	float *const arrays[] = {l->x, l->y, l->scale, l->params, l->grads, l->best, l->batch_x, l->batch_y, l->out};
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
		free(arrays[i]);
	free(l->train);
	free(l->config.samples);
	nn_adam_release(&l->adam);
	nn_graph_work_free(l->work);
	nn_graph_free(l->graph);
	if (l->log)
		fclose(l->log);
}

/* ---- the loop ---- */

/* Outputs of n samples, at most B, in 0.1 ns, into l->out. */
static enum pv_status forward(struct learner *l, const float *params, const float *x, int n, struct pv_error *err)
{
	const float *output;
	TRY(nn_graph_forward(l->graph, params, l->work, x, n, 0, NULL, &output, err));
	for (int i = 0; i < n; i++)
		l->out[i] = output[i] * l->y_scale;
	return PV_OK;
}

static enum pv_status take_step(struct learner *l, const uint32_t *samples, int n, double *loss, struct pv_error *err)
{
	const size_t D = (size_t)l->D, n_params = nn_graph_n_params(l->graph);
	float *dout = l->out + l->B;
	for (int i = 0; i < n; i++) {
		memcpy(l->batch_x + (size_t)i * D, l->x + samples[i] * D, D * sizeof *l->x);
		l->batch_y[i] = l->y[samples[i]];
	}
	TRY(forward(l, l->params, l->batch_x, n, err));
	const double sum = nn_loss_sum(l->loss, l->out, l->batch_y, NULL, (size_t)n, 1);
	*loss = nn_loss_value(l->loss, sum, n);
	nn_loss_gradient(l->loss, l->out, l->batch_y, NULL, (size_t)n, 1, nn_loss_scale(l->loss, sum, n), dout);
	for (int i = 0; i < n; i++)
		dout[i] *= l->y_scale;
	memset(l->grads, 0, n_params * sizeof *l->grads);
	nn_graph_backward(l->graph, l->params, l->work, dout, l->grads, NULL);
	const double norm = nn_grad_clip(l->grads, n_params, l->options.clip);
	if (!isfinite(*loss) || !isfinite(norm)) {
		base_error_set(err, PV_ERR_RANGE, "training diverged in epoch %d, step %llu: the loss is %g, the gradient's norm %g",
		               l->epoch + 1, (unsigned long long)l->adam.n_steps + 1, *loss, norm);
		return base_error_hint(err, "try a smaller learning rate (--lr), or leave --inputs plain out"), PV_ERR_RANGE;
	}
	const uint64_t steps = (l->n_train + (size_t)l->B - 1) / (size_t)l->B;
	l->adam.config.lr = train_learning_rate(&l->options, l->epoch, (double)l->step / (double)steps, l->adam.n_steps);
	nn_adam_step(&l->adam, l->params, l->grads);
	l->step++;
	if (l->log)
		fprintf(
		    l->log,
		    "{\"step\": %llu, \"epoch\": %d, \"loss\": %.6g, \"grad_norm\": %.6g, \"lr\": %.6g, \"rows\": %d, \"seconds\": %.4f}\n",
		    (unsigned long long)l->adam.n_steps, l->epoch + 1, *loss, norm, l->adam.config.lr, n, trainer_now() - l->started);
	return PV_OK;
}

/* Loss and errors of samples begin..end-1, which lie in order; errors may be NULL. */
static enum pv_status measure(struct learner *l, const float *params, size_t begin, size_t end, double *loss, double *mean, double *worst,
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
	*loss = nn_loss_value(l->loss, sum, (double)(end - begin));
	if (mean) {
		*mean = absolute / (double)(end - begin);
		*worst = largest;
	}
	return PV_OK;
}

static void tell(const struct learner *l, double valid_loss, bool improved)
{
	char text[256];
	const int every = l->options.epochs / 10 + 1;
	if (l->log)
		fprintf(l->log, "{\"epoch\": %d, \"best\": %s, \"train_loss\": %.6g, \"validation_loss\": %.6g, \"seconds\": %.4f}\n",
		        l->epoch, improved ? "true" : "false", l->train_loss, valid_loss, trainer_now() - l->started);
	if (!l->progress || !l->progress->message || (l->epoch % every && l->epoch != l->options.epochs))
		return;
	snprintf(text, sizeof text, "epoch %d/%d: loss %.4g, %s %.4g; best %.4g, epoch %d", l->epoch, l->options.epochs, l->train_loss,
	         l->n_valid ? "validation" : "afterwards", valid_loss, l->best_loss, l->best_epoch);
	l->progress->message(l->progress->user, text);
}

/* One pass over the shuffled samples, and what it brought. */
static enum pv_status run_epoch(struct learner *l, struct pv_error *err)
{
	struct base_random rng;
	double sum = 0, loss = 0;
	base_random_init(&rng, l->options.seed * 0x9e3779b97f4a7c15u + (uint64_t)l->epoch + 1);
	base_random_shuffle(&rng, l->train, l->n_train);
	l->step = 0;
	for (size_t at = 0; at < l->n_train; at += (size_t)l->B) {
		const int n = l->n_train - at < (size_t)l->B ? (int)(l->n_train - at) : l->B;
		TRY(take_step(l, l->train + at, n, &loss, err));
		sum += loss * n;
	}
	l->epoch++;
	l->train_loss = sum / (double)l->n_train;
	loss = l->train_loss;
	if (l->n_valid)
		TRY(measure(l, l->params, (size_t)l->config.valid_start, (size_t)l->config.valid_end, &loss, NULL, NULL, err));
	const bool improved = !l->best_epoch || loss < l->best_loss;
	if (improved) {
		l->best_epoch = l->epoch;
		l->best_loss = loss;
		memcpy(l->best, l->params, nn_graph_n_params(l->graph) * sizeof *l->best);
	}
	tell(l, loss, improved);
	return PV_OK;
}

static enum pv_status run_epochs(struct learner *l, struct pv_error *err)
{
	const struct pv_train_options *o = &l->options;
	while (l->epoch < o->epochs && !(o->patience && l->epoch - l->best_epoch >= o->patience)) {
		TRY(run_epoch(l, err));
		if (l->epoch < o->epochs && l->progress && l->progress->stop && l->progress->stop(l->progress->user))
			return base_error_set(err, PV_ERR_INTERRUPTED, "stopped after epoch %d", l->epoch);
	}
	return PV_OK;
}

/* ---- the model ---- */

static void put_row(const struct learner *l, struct pv_model *m, int k)
{
	const float *w = l->best + find_tensor(l, "linear.weight")->offset;
	const size_t D = (size_t)l->D;
	for (size_t d = 0; d < D; d++)
		model_weights(m)[(size_t)k * D + d] = w[d] * l->y_scale / l->scale[d];
	if (model_bias(m))
		model_bias(m)[k] = 0;
}

/* The foundation with all its rows, and this one. */
static enum pv_status make_model(const struct learner *l, struct pv_model **model, struct pv_error *err)
{
	const struct pv_model *from = l->foundation;
	struct model_expression e = from->expression;
	struct pv_model *m;
	int k = pv_model_find_machine(from, l->config.machine);
	k = k < 0 ? e.n_machines++ : k;
	if (e.window)
		TRY(model_expression_set_machines(&e, err));
	TRY(model_new(&e, &m, err));
	for (int i = 0; i < from->encoder->n_tensors; i++)
		memcpy(m->params + m->encoder->tensors[i].offset, from->params + from->encoder->tensors[i].offset,
		       from->encoder->tensors[i].n * sizeof *m->params);
	enum pv_status status = model_copy_facts(from, m, err);
	if (status == PV_OK)
		status = model_set_machine(m, k, l->config.machine, l->config.clock_mhz, PV_MACHINE_TUNED, err);
	if (status == PV_OK)
		status = model_set_origin(m, l->options.command, pv_version(), err);
	if (status != PV_OK) {
		pv_model_free(m);
		return status;
	}
	put_row(l, m, k);
	model_seal(m);
	*model = m;
	return PV_OK;
}

static enum pv_status conclude(struct learner *l, struct pv_model **model, struct pv_train_report *report, struct pv_error *err)
{
	const bool valid = l->n_valid > 0;
	struct pv_train_report r = {.epochs = l->epoch,
	                            .best_epoch = l->best_epoch,
	                            .train_loss = l->train_loss,
	                            .validation_loss = l->best_loss,
	                            .unrefitted_error = NAN,
	                            .left_out_error = NAN,
	                            .rows = (uint64_t)l->epoch * l->n_train};
	double loss;
	/* What the model will answer: without the constant that is dropped. */
	const struct nn_tensor *constants[] = {find_tensor(l, "linear.bias"), find_tensor(l, "gb")};
	for (int i = 0; i < 2; i++)
		if (constants[i])
			memset(l->best + constants[i]->offset, 0, constants[i]->n * sizeof *l->best);
	TRY(measure(l, l->best, valid ? (size_t)l->config.valid_start : 0, valid ? (size_t)l->config.valid_end : l->N, &loss,
	            &r.validation_error, &r.validation_worst, err));
	r.seconds = r.train_seconds = trainer_now() - l->started;
	r.rows_per_second = r.seconds > 0 ? (double)r.rows / r.seconds : 0;
	double forward_flops;
	nn_graph_flops(l->graph, &forward_flops, &r.flops_per_row);
	if (report)
		*report = r;
	return make_model(l, model, err);
}

enum pv_status pv_learn_rep(const struct pv_model *foundation, const char *cfg, const char *expression,
                            const struct pv_train_options *options, const struct pv_progress *progress, struct pv_model **model,
                            struct pv_train_report *report, struct pv_error *err)
{
	struct learner l = {.foundation = foundation, .options = *options, .progress = progress, .started = trainer_now()};
	enum pv_status status = prepare(&l, cfg, expression, err);
	if (status == PV_OK)
		status = allocate(&l, err);
	if (status == PV_OK && options->log_path) {
		l.log = fopen(options->log_path, "w");
		if (!l.log)
			status = base_error_errno(err, errno, "cannot write '%s'", options->log_path);
	}
	if (status == PV_OK)
		status = run_epochs(&l, err);
	if (status == PV_OK)
		status = conclude(&l, model, report, err);
	else if (status == PV_ERR_INTERRUPTED && conclude(&l, model, report, NULL) != PV_OK)
		*model = NULL;
	release(&l);
	return status;
}

enum pv_status pv_learn_rep_plan(const struct pv_model *foundation, const char *cfg, const char *expression,
                                 const struct pv_train_options *options, struct pv_learn_rep_plan *plan, struct pv_error *err)
{
	struct learner l = {.foundation = foundation, .options = *options};
	enum pv_status status = prepare(&l, cfg, expression, err);
	if (status == PV_OK) {
		double forward_flops;
		*plan = (struct pv_learn_rep_plan){.n_repr = l.D,
		                                   .n_params = nn_graph_n_trained(l.graph),
		                                   .n_train = l.n_train,
		                                   .n_valid = l.n_valid,
		                                   .steps = (l.n_train + (size_t)l.B - 1) / (size_t)l.B};
		memcpy(plan->machine, l.config.machine, sizeof plan->machine);
		nn_graph_flops(l.graph, &forward_flops, &plan->flops_per_sample);
	}
	release(&l);
	return status;
}
