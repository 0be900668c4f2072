/*
 * train.c - training a foundation model on a dataset
 *
 *   options, expression -> inputs -> networks (trained, evaluated) -> feed (streams or windows) + task (dataset_task.c) -> loop.c
 *
 * The reference predicts one instruction from a window of 256; streams carry their state along and predict at every instruction.
 * Source: Williams, Peng, "An efficient gradient-based algorithm for on-line training of recurrent network trajectories" (1990).
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/linalg.h"
#include "model/model.h"
#include "model/machines.h"
#include "nn/blas.h"
#include "train/dataset_task.h"
#include "train/feed_streams.h"
#include "train/feed_windows.h"
#include "train/loop.h"
#include "train/options.h"

/* Length of the shuffled segments: long against the warm-up, short against a program; shorter when an epoch is small. */
enum { TRAIN_SEGMENT_ROWS = 4096, TRAIN_SEGMENT_LEAST = 512, TRAIN_SEGMENTS = 64 };

/* A run on a dataset. */
struct trainer {
	struct train_run run;
	struct train_dataset_task task;
};

/* ---- choices that depend on each other ---- */

/*
 * What is trained and what is evaluated. Both are over streams or over windows; a model that streams can run is evaluated so unless asked
 * otherwise, because windows cost T times as much.
 */
static enum pv_status make_encoders(struct trainer *t, const char *text, struct pv_error *err)
{
	struct train_dataset_task *task = &t->task;
	struct pv_train_options *o = &t->run.options;
	const int F = model_inputs_count(task->source.inputs.kind), K = task->source.columns.n,
	          T = (int)pv_dataset_info(task->source.dataset)->seq_length;
	const bool windows = o->mode == PV_MODE_WINDOW;
	const bool streams =
	    o->evaluate == PV_MODE_AUTO ? !windows || model_expression_streams(text, T, F, K) : o->evaluate == PV_MODE_STREAM;
	FAIL_IF((windows || !streams) && (T < 1 || T > MODEL_MAX_WINDOW_ROWS), err, PV_ERR_RANGE,
	        "the dataset's windows have %d rows; 1 to %d can be", T, MODEL_MAX_WINDOW_ROWS);
	TRY(model_expression_parse(text, windows ? T : 0, T, F, K, &task->trained, err));
	TRY(model_encoder_new(&task->trained, &task->encoder, err));
	TRY(model_expression_parse(text, streams ? 0 : T, T, F, K, &task->expression, err));
	task->evaluated = task->encoder;
	if (windows == streams)
		TRY(model_encoder_new(&task->expression, &task->evaluated, err));
	if (o->valid_rows == PV_TRAIN_AUTO)
		o->valid_rows = represent_valid_rows(task->evaluated);
	if (o->refit_rows == PV_TRAIN_AUTO)
		o->refit_rows = represent_fit_rows(task->evaluated);
	return PV_OK;
}

/* The better schema where the dataset has it and the model takes it: embeddings know the reference's features by number. */
static enum pv_status choose_inputs(struct trainer *t, const char *text, struct pv_error *err)
{
	struct pv_train_options *o = &t->run.options;
	struct train_source *source = &t->task.source;
	const struct pv_dataset_info *info = pv_dataset_info(source->dataset);
	if (o->initial)
		o->inputs = train_inputs_of(o->initial->inputs.kind);
	if (o->inputs == PV_TRAIN_INPUTS_AUTO && info->has_context && o->mode != PV_MODE_WINDOW &&
	    model_expression_streams(text, (int)info->seq_length, PV2_COUNT, source->columns.n))
		o->inputs = PV_TRAIN_INPUTS_PV2;
	if (o->inputs == PV_TRAIN_INPUTS_AUTO)
		o->inputs = PV_TRAIN_INPUTS_LOG;
	source->inputs.kind = train_inputs_kind(o->inputs);
	return model_inputs_check(source->inputs.kind, source->dataset, err);
}

/* Everything that only needs the dataset and the options. */
static enum pv_status prepare(struct trainer *t, const struct pv_dataset *dataset, const char *expression,
                              const struct pv_train_options *options, struct pv_error *err)
{
	t->run.options = *options;
	t->run.task = &t->task.task;
	t->task.options = &t->run.options;
	TRY(train_options_check(options, err));
	if (options->lr_step == -1)
		t->run.options.lr_step = (2 * options->epochs + 1) / 3;
	t->task.loss = train_loss_kind(options->loss);
	TRY(train_source_init(&t->task.source, dataset, NULL, 0, err));
	TRY(choose_inputs(t, expression, err));
	return make_encoders(t, expression, err);
}

/* ---- the feed ---- */

/* An epoch of a few long segments would miss whole programs: it has TRAIN_SEGMENTS at least, as far as they are not too short. */
static uint64_t segment_rows(uint64_t asked, uint64_t all)
{
	const uint64_t epoch = asked && asked < all ? asked : all;
	uint64_t rows = TRAIN_SEGMENT_ROWS;
	while (rows > TRAIN_SEGMENT_LEAST && epoch / rows < TRAIN_SEGMENTS)
		rows /= 2;
	return rows;
}

/* Streams or windows: from here on nobody asks which. Without threads it can be planned, but not run. */
static enum pv_status make_feed(struct trainer *t, struct base_threads *pool, struct pv_error *err)
{
	const struct pv_train_options *o = &t->run.options;
	const struct train_dataset_task *task = &t->task;
	const struct train_windows_config windows = {.B = o->batch_size,
	                                             .block_rows = o->sbatch ? (uint64_t)o->sbatch_rows : 0,
	                                             .epoch_rows = o->train_rows,
	                                             .seed = o->seed,
	                                             .loss = task->loss};
	const struct train_streams_config streams = {.schedule = {.n_streams = o->batch_size,
	                                                          .chunk_rows = o->bptt_rows,
	                                                          .warmup_rows = model_encoder_warmup(task->encoder, o->warmup_rows),
	                                                          .segment_rows = segment_rows(o->train_rows, task->source.train_rows),
	                                                          .epoch_rows = o->train_rows,
	                                                          .seed = o->seed},
	                                             .loss = task->loss,
	                                             .sum_weight = o->sum_weight};
	if (o->mode == PV_MODE_WINDOW)
		return train_windows_new(&task->source, task->encoder, &windows, pool, &t->run.feed, err);
	return train_streams_new(&task->source, task->encoder, &streams, pool, &t->run.feed, err);
}

/* ---- the weights to begin with ---- */

/* Machines that a description gives vectors to are comparable: their times have one scale. */
static void share_scale(struct data_columns *columns)
{
	double sum = 0;
	for (int k = 0; k < columns->n; k++)
		sum += columns->scale[k];
	for (int k = 0; k < columns->n; k++)
		data_columns_set_scale(columns, k, sum / columns->n);
}

/* How features enter, and what times are divided by. */
static enum pv_status normalise(struct trainer *t, struct pv_error *err)
{
	const struct pv_train_options *o = &t->run.options;
	struct train_source *source = &t->task.source;
	TRY(train_source_inputs(source, source->inputs.kind, err));
	if (o->initial)
		source->inputs = o->initial->inputs;
	/* The relative losses need no scale of their own. */
	if (o->targets == PV_TRAIN_TARGETS_SCALED && o->loss != PV_TRAIN_LOSS_NMSE && o->loss != PV_TRAIN_LOSS_NL1)
		TRY(train_source_scale(source, err));
	if (t->task.encoder->described)
		share_scale(&source->columns);
	return PV_OK;
}

/* Begins with the weights of a model; its machine vectors in the scale of training. */
static enum pv_status take_initial(struct trainer *t, const struct pv_model *initial, struct pv_error *err)
{
	const struct model_encoder *e = t->task.encoder;
	const struct train_source *source = &t->task.source;
	float *params = t->run.weights.params;
	const size_t D = (size_t)e->D;
	FAIL_IF(e->described, err, PV_ERR_UNSUPPORTED,
	        "a model whose machine vectors follow from descriptions of machines cannot be trained further");
	model_encoder_copy(initial->encoder, initial->params, e, params);
	for (int k = 0; k < source->columns.n; k++) {
		const char *name = pv_dataset_machine(source->dataset, source->columns.column[k])->name;
		const int at = pv_model_find_machine(initial, name);
		const float unit = (float)source->columns.scale[k];
		FAIL_IF(at < 0, err, PV_ERR_MISSING, "the initial model has no vector of machine '%s'", name);
		for (size_t d = 0; d < D; d++)
			params[e->weight->offset + (size_t)k * D + d] = pv_model_machine_vector(initial, at)[d] / unit;
		if (e->bias)
			params[e->bias->offset + (size_t)k] = model_bias(initial)[at] / unit;
	}
	return PV_OK;
}

static enum pv_status fill_weights(struct trainer *t, struct pv_error *err)
{
	const struct train_dataset_task *task = &t->task;
	const struct model_inputs *inputs = &task->source.inputs;
	float *params = t->run.weights.params;
	nn_sequential_init(task->encoder->chain, params, t->run.options.seed);
	nn_sequential_set_statistics(task->encoder->chain, params, inputs->mean, inputs->std);
	if (task->encoder->described)
		TRY(model_describe_machines(task->encoder, task->source.dataset, &task->source.columns, params, err));
	return t->run.options.initial ? take_initial(t, t->run.options.initial, err) : PV_OK;
}

/* ---- the run ---- */

static enum pv_status start(struct trainer *t, struct pv_error *err)
{
	struct train_dataset_task *task = &t->task;
	base_blas_single_thread();
	task->pool = base_threads_new(t->run.options.threads);
	FAIL_IF(!task->pool, err, PV_ERR_NOMEM, "out of memory for threads");
	TRY(make_feed(t, task->pool, err));
	TRY(train_run_init(&t->run, task->encoder->n_params, task->encoder->n_trained, err));
	TRY(normalise(t, err));
	TRY(train_dataset_task_init(task, err));
	return fill_weights(t, err);
}

static void release(struct trainer *t)
{
	train_run_release(&t->run);
	train_dataset_task_release(&t->task);
}

enum pv_status pv_train(const struct pv_dataset *dataset, const char *expression, const struct pv_train_options *options,
                        const struct pv_progress *progress, struct pv_model **model, struct pv_train_report *report, struct pv_error *err)
{
	struct trainer t = {.run = {.progress = progress, .clock = {.started = base_clock_seconds()}}};
	enum pv_status status = prepare(&t, dataset, expression, options, err);
	if (status == PV_OK)
		status = start(&t, err);
	if (status == PV_OK)
		status = train_run_all(&t.run, model, err);
	if (report)
		train_run_report(&t.run, report);
	release(&t);
	return status;
}

enum pv_status pv_train_plan(const struct pv_dataset *dataset, const char *expression, const struct pv_train_options *options,
                             struct pv_train_plan *plan, struct pv_error *err)
{
	struct trainer t = {0};
	const struct train_dataset_task *task = &t.task;
	enum pv_status status = prepare(&t, dataset, expression, options, err);
	if (status == PV_OK)
		status = make_feed(&t, NULL, err);
	if (status == PV_OK) {
		*plan = (struct pv_train_plan){.n_params = task->encoder->n_trained,
		                               .windows = task->trained.window > 0,
		                               .evaluate_windows = task->expression.window > 0,
		                               .window_rows = task->trained.window ? task->trained.window : task->expression.window,
		                               .train_rows = task->source.train_rows,
		                               .valid_rows = task->source.valid_rows,
		                               .n_machines = task->source.columns.n,
		                               .n_programs = task->source.n_train};
		snprintf(plan->expression, sizeof plan->expression, "%s", task->expression.text);
		model_encoder_flops(task->encoder, &plan->forward_flops, &plan->training_flops);
		train_feed_begin(t.run.feed, 0);
		plan->epoch_rows = t.run.feed->n_rows;
		plan->epoch_steps = t.run.feed->n_steps;
	}
	release(&t);
	return status;
}
