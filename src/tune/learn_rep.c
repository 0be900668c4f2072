/*
 * learn_rep.c - a machine's vector from program vectors and measured times: the reference's --learn-rep
 *
 *   samples.c -> x (N, D), y (N) in 0.1 ns -> shuffled batches (train/feed_samples.c) -> Predictor: x w [+ c] -> loss -> train/loop.c
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
#include "base/hash.h"
#include "model/model.h"
#include "nn/blas.h"
#include "train/feed_samples.h"
#include "train/loop.h"
#include "train/options.h"
#include "tune/samples.h"

/* A run on samples; also its task. */
struct learner {
	struct train_task task;
	struct train_run run;
	const struct pv_model *foundation;
	const char *expression;
	struct tune_samples samples;
	enum nn_loss_kind loss;
	struct nn_sequential *chain;
	struct nn_work *work; /* to validate with */
	int B;                /* samples that run together */
	float *out;           /* (B) */
};

static struct learner *learner_of(struct train_task *task)
{
	return (struct learner *)task;
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
	const struct nn_setting setting = {1, l->foundation->info.n_repr, 1};
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
		l->out[i] = output[i] * l->samples.y_scale;
	return PV_OK;
}

/* Loss and errors of samples begin..end-1, which lie in order. */
static enum pv_status measure(struct learner *l, const float *params, size_t begin, size_t end, struct train_validation *v,
                              struct pv_error *err)
{
	const struct tune_samples *s = &l->samples;
	double sum = 0, absolute = 0, largest = 0;
	for (size_t at = begin; at < end; at += (size_t)l->B) {
		const int n = end - at < (size_t)l->B ? (int)(end - at) : l->B;
		const float *y = s->y + at;
		TRY(forward(l, params, s->x + at * (size_t)s->D, n, err));
		sum += nn_loss_sum(l->loss, l->out, y, NULL, (size_t)n, 1);
		for (int i = 0; i < n; i++) {
			const double error = y[i] != 0 ? (double)l->out[i] / (double)y[i] - 1 : 0;
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
		TRY(measure(l, params, l->samples.valid_begin, l->samples.valid_end, v, err));
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
		TRY(measure(l, params, l->samples.valid_begin, l->samples.valid_end, v, err));
	else
		TRY(measure(l, params, 0, l->samples.N, v, err));
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
	const size_t D = (size_t)l->samples.D;
	struct pv_model *m;
	const int found = pv_model_find_machine(l->foundation, l->samples.machine);
	const int k = found < 0 ? l->foundation->info.n_machines : found;
	TRY(model_extend(l->foundation, found < 0, &m, err));
	enum pv_status status = model_set_machine(m, k, l->samples.machine, l->samples.clock_mhz, PV_MACHINE_TUNED, err);
	if (status == PV_OK)
		status = model_set_origin(m, l->run.options.command, pv_version(), err);
	if (status != PV_OK) {
		pv_model_free(m);
		return status;
	}
	for (size_t d = 0; d < D; d++)
		model_weights(m)[(size_t)k * D + d] = w[d] * l->samples.y_scale / l->samples.scale[d];
	if (model_bias(m))
		model_bias(m)[k] = 0;
	model_seal(m);
	*model = m;
	return PV_OK;
}

static void identify(const struct train_task *task, struct train_identity *id)
{
	const struct learner *l = (const struct learner *)task;
	uint64_t h = base_hash(BASE_HASH_START, &l->foundation->info.foundation, sizeof(uint64_t));
	h = base_hash(h, l->samples.x, l->samples.N * (size_t)l->samples.D * sizeof *l->samples.x);
	h = base_hash(h, l->samples.y, l->samples.N * sizeof *l->samples.y);
	h = base_hash(h, l->samples.machine, strlen(l->samples.machine));
	*id = (struct train_identity){.n_train = l->samples.n_train, .n_valid = task->n_valid, .data = h, .n_machines = 1};
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
	TRY(make_network(l, expression, err));
	TRY(tune_samples_read(cfg, l->foundation->info.n_repr, o->train_rows, o->inputs == PV_TRAIN_INPUTS_PLAIN, &l->samples, err));
	l->task.n_valid = l->samples.valid_end - l->samples.valid_begin;
	l->B = (size_t)o->batch_size < l->samples.N ? o->batch_size : (int)l->samples.N;
	nn_sequential_flops(l->chain, false, &forward_flops, &l->task.flops_per_row);
	return PV_OK;
}

static enum pv_status start(struct learner *l, struct pv_error *err)
{
	const struct tune_samples *s = &l->samples;
	const struct train_samples samples = {s->N, s->D, s->x, s->y, s->y_scale, s->train, s->n_train};
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
	tune_samples_release(&l->samples);
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
		*plan = (struct pv_learn_rep_plan){.n_repr = l.samples.D,
		                                   .n_params = nn_sequential_n_trained(l.chain),
		                                   .n_train = l.samples.n_train,
		                                   .n_valid = l.task.n_valid,
		                                   .steps = (l.samples.n_train + (size_t)l.B - 1) / (size_t)l.B,
		                                   .flops_per_sample = l.task.flops_per_row};
		memcpy(plan->machine, l.samples.machine, sizeof plan->machine);
	}
	release(&l);
	return status;
}
