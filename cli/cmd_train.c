/*
 * cmd_train.c - perfvec train: trains a foundation model on a dataset
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

struct train_args {
	struct pv_train_options options;
	const char *cfg, *output, *foundation;
	bool no_save, no_refit, dry_run, quiet, learn_rep;
	char **models; /* (n_models) expressions */
	int n_models;
};

static void print_percent(const char *before, double fraction, const char *after)
{
	if (isfinite(fraction))
		printf("%s%.2f %%%s", before, 100 * fraction, after);
}

static void print_plan(const struct pv_train_plan *p, const struct pv_train_options *o)
{
	printf("model      %s: %zu weights, %.3g operations per micro-operation to predict, %.3g to train\n", p->expression, p->n_params,
	       p->forward_flops, p->training_flops);
	printf("data       %d programs, %d machines; %llu training rows, %llu validation rows\n", p->n_programs, p->n_machines,
	       (unsigned long long)p->train_rows, (unsigned long long)p->valid_rows);
	printf("training   %d epochs of %llu rows in %llu steps of %d ", o->epochs, (unsigned long long)p->epoch_rows,
	       (unsigned long long)p->epoch_steps, o->batch_size);
	if (p->windows)
		printf("windows of %d rows%s%s\n", p->window_rows, o->sbatch ? ", in blocks" : "",
		       p->evaluate_windows ? "" : "; validated as streams");
	else
		printf("streams x %d rows%s\n", o->bptt_rows, p->evaluate_windows ? "; validated over windows" : "");
}

static void print_report(const struct pv_train_report *r, bool refit)
{
	printf("best       epoch %d of %d", r->best_epoch, r->epochs);
	print_percent(", total time off by ", r->validation_error, " on the validation ranges");
	print_percent(" (worst ", r->validation_worst, ")");
	printf("\n");
	if (refit) {
		printf("ridge fit  strength %g", r->ridge);
		print_percent(", training programs left out ", r->left_out_error, "");
		print_percent(", before the ridge fit ", r->unrefitted_error, "");
		printf("\n");
	}
	printf("time       %.1f s: training %.1f s (%.1f k rows/s, %.1f GFLOP/s), validation and ridge fit %.1f s\n", r->seconds,
	       r->train_seconds, 1e-3 * r->rows_per_second, 1e-9 * r->rows_per_second * r->flops_per_row, r->validate_seconds);
}

static int save(const struct pv_model *model, const struct train_args *args)
{
	struct pv_error err = {0};
	if (args->no_save)
		return CLI_OK;
	if (pv_model_save(model, args->output, &err) != PV_OK)
		return cli_error(&err);
	if (!args->quiet)
		printf("saved      %s\n", args->output);
	return CLI_OK;
}

/* Whether the model can be written in the end: better known before hours of training. */
static bool output_possible(const struct train_args *args)
{
	const char *slash = strrchr(args->output, '/');
	char folder[4096];
	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - args->output + 1) : 1, slash ? args->output : ".");
	if (args->no_save || access(folder, W_OK) == 0)
		return true;
	fprintf(stderr, "error: cannot write '%s': %s\n", args->output, strerror(errno));
	return false;
}

static int report_early(const struct pv_error *err, enum pv_status status, int epochs)
{
	fprintf(stderr, "error: %s%s; the model is the best of %d finished epochs\n", status == PV_ERR_INTERRUPTED ? "training was " : "",
	        err->message, epochs);
	if (err->hint[0])
		fprintf(stderr, "hint: %s\n", err->hint);
	return CLI_FAILED;
}

/* A Predictor on stored representations: a machine vector for the model they are of. */
static int learn_one(const struct pv_model *foundation, const char *expression, struct train_args *args)
{
	struct pv_error err = {0};
	struct pv_learn_rep_plan plan;
	struct pv_train_report report = {0};
	struct pv_model *model = NULL;
	if (pv_learn_rep_plan(foundation, args->cfg, expression, &args->options, &plan, &err) != PV_OK)
		return cli_error(&err);
	if (!args->quiet || args->dry_run) {
		printf("model      %s: %zu parameters, %.3g operations per sample to train\n", expression, plan.n_params,
		       plan.flops_per_sample);
		printf("data       machine %s; %llu training samples, %llu validation samples of %d numbers\n", plan.machine,
		       (unsigned long long)plan.n_train, (unsigned long long)plan.n_valid, plan.n_repr);
		printf("training   %d epochs in %llu steps each\n", args->options.epochs, (unsigned long long)plan.steps);
	}
	fflush(stdout);
	if (!output_possible(args))
		return CLI_FAILED;
	if (args->dry_run)
		return CLI_OK;
	enum pv_status status =
	    pv_learn_rep(foundation, args->cfg, expression, &args->options, cli_progress(args->quiet), &model, &report, &err);
	cli_progress_done();
	if (!model)
		return cli_error(&err);
	if (!args->quiet)
		printf("best       epoch %d of %d, times off by %.2f %% on the %s samples (worst %.2f %%)\n", report.best_epoch,
		       report.epochs, 100 * report.validation_error, plan.n_valid ? "validation" : "training",
		       100 * report.validation_worst);
	int result = save(model, args);
	pv_model_free(model);
	return status == PV_OK ? result : report_early(&err, status, report.epochs);
}

static int train_one(const struct pv_dataset *dataset, const char *expression, struct train_args *args)
{
	struct pv_error err = {0};
	struct pv_train_plan plan;
	struct pv_train_report report = {0};
	struct pv_model *model = NULL;
	if (pv_train_plan(dataset, expression, &args->options, &plan, &err) != PV_OK)
		return cli_error(&err);
	if (!args->quiet || args->dry_run)
		print_plan(&plan, &args->options);
	fflush(stdout);
	if (!output_possible(args))
		return CLI_FAILED;
	if (args->dry_run)
		return CLI_OK;
	enum pv_status status = pv_train(dataset, expression, &args->options, cli_progress(args->quiet), &model, &report, &err);
	cli_progress_done();
	if (!model)
		return cli_error(&err);
	if (!args->quiet)
		print_report(&report, args->options.refit);
	int result = save(model, args);
	pv_model_free(model);
	return status == PV_OK ? result : report_early(&err, status, report.epochs);
}

/* "a.safetensors" -> "a-2.safetensors", "folder" -> "folder-2"; malloc'd, NULL stays NULL */
static char *numbered(const char *path, int i)
{
	if (!path)
		return NULL;
	const char *slash = strrchr(path, '/'), *point = strrchr(path, '.');
	const size_t n = point && point > path && (!slash || point > slash + 1) ? (size_t)(point - path) : strlen(path),
	             room = strlen(path) + 16;
	char *text = malloc(room);
	if (text)
		snprintf(text, room, "%.*s-%d%s", (int)n, path, i + 1, path + n);
	return text;
}

/* Several models are trained one after the other, on the same rows in the same order; each has files of its own. */
static int train(const struct pv_dataset *dataset, const struct pv_model *foundation, const struct train_args *args)
{
	int status = CLI_OK;
	for (int i = 0; i < args->n_models && status == CLI_OK; i++) {
		struct train_args a = *args;
		char *files[3] = {NULL, NULL, NULL};
		if (args->n_models > 1) {
			a.output = files[0] = numbered(args->output, i);
			a.options.checkpoints = files[1] = numbered(args->options.checkpoints, i);
			a.options.log_path = files[2] = numbered(args->options.log_path, i);
			if (!args->quiet && i)
				printf("\n");
		}
		status = foundation ? learn_one(foundation, args->models[i], &a) : train_one(dataset, args->models[i], &a);
		for (int f = 0; f < 3; f++)
			free(files[f]);
	}
	return status;
}

static int open_and_train(struct train_args *a, int argc, char **argv)
{
	struct pv_error err = {0};
	struct pv_dataset *dataset = NULL;
	struct pv_model *foundation = NULL;
	char *command = cli_model_command(argc, argv);
	a->options.refit = !a->no_refit;
	a->options.command = command;
	if (a->options.epochs < 0)
		a->options.epochs = a->learn_rep ? 100 : 3;
	int status;
	if ((a->learn_rep ? pv_model_load(a->foundation, &foundation, &err) : pv_dataset_open(a->cfg, &dataset, &err)) != PV_OK)
		status = cli_error(&err);
	else
		status = train(dataset, foundation, a);
	pv_model_free(foundation);
	pv_dataset_close(dataset);
	free(command);
	return status;
}

/* An option whose names and values are those of pv_train_choices. */
#define CHOICE(option)                                \
	&(struct cli_choice)                          \
	{                                             \
		pv_train_choices(#option), &o->option \
	}

static int parse(const struct cli_command *self, int argc, char **argv, struct train_args *a)
{
	struct pv_train_options *o = &a->options;
	const struct cli_option options[] = {
	    {"cfg", 0, CLI_STRING, &a->cfg, "FILE", "dataset to train on: its folder, or the dataset.yaml in it (required)"},
	    {"output", 'o', CLI_STRING, &a->output, "FILE", "model to write, safetensors (default model.safetensors)"},
	    {"mode", 0, CLI_CHOICE, CHOICE(mode), "MODE", "way to feed the data"},
	    {"evaluate", 0, CLI_CHOICE, CHOICE(evaluate), "MODE", "way to run validation and the model"},
	    {"train-size", 0, CLI_U64, &o->train_rows, "N",
	     "micro-operations that an epoch visits, another sample each epoch (default all)"},
	    {"epochs", 0, CLI_INT, &o->epochs, "N", "number of passes over the training data (default 3; 100 with --learn-rep)"},
	    {"batch-size", 0, CLI_INT, &o->batch_size, "N",
	     "number of streams that run in parallel, or of windows or blocks in a step (default 64)"},
	    {"bptt", 0, CLI_INT, &o->bptt_rows, "N", "micro-operations per step and stream: how far gradients reach back (default 32)"},
	    {"warmup-rows", 0, CLI_INT, &o->warmup_rows, "N",
	     "micro-operations that run before those that count, in each stretch of a stream (default 128)"},
	    {"sbatch", 0, CLI_FLAG, &o->sbatch, NULL,
	     "take windows in blocks of consecutive micro-operations: each offset in turn is one step"},
	    {"sbatch-size", 0, CLI_INT, &o->sbatch_rows, "N", "micro-operations in a block (default 512)"},
	    {"optimizer", 0, CLI_CHOICE, CHOICE(optimizer), "NAME", "optimizer"},
	    {"lr", 0, CLI_DOUBLE, &o->learning_rate, "X", "learning rate (default 0.003)"},
	    {"schedule", 0, CLI_CHOICE, CHOICE(schedule), "NAME", "learning-rate schedule"},
	    {"average", 0, CLI_CHOICE, CHOICE(average), "KIND", "weights to keep"},
	    {"average-decay", 0, CLI_DOUBLE, &o->average_decay, "X", "decay of ema for each step (default 0.999)"},
	    {"warmup", 0, CLI_INT, &o->warmup_steps, "N", "steps over which the learning rate rises at first (default 0)"},
	    {"patience", 0, CLI_INT, &o->patience, "N", "stop after N epochs without a better one (default 0: never)"},
	    {"wd", 0, CLI_DOUBLE, &o->weight_decay, "X", "weight decay (default 0)"},
	    {"lr-step", 0, CLI_INT, &o->lr_step, "N",
	     "epochs after which the learning rate drops to a tenth (default two thirds of them; 0: never)"},
	    {"clip", 0, CLI_DOUBLE, &o->clip, "X", "largest gradient norm (default 0: no clipping)"},
	    {"loss", 0, CLI_CHOICE, CHOICE(loss), "NAME", "training loss"},
	    {"inputs", 0, CLI_CHOICE, CHOICE(inputs), "KIND", "input features"},
	    {"targets", 0, CLI_CHOICE, CHOICE(targets), "KIND", "scale of the targets"},
	    {"sum-weight", 0, CLI_DOUBLE, &o->sum_weight, "X", "weight of the error of summed time over a chunk (default 0)"},
	    {"seed", 0, CLI_U64, &o->seed, "S", "random seed for weights and data order (default 0)"},
	    {"threads", 'j', CLI_INT, &o->threads, "N", "number of threads (default 0: one per processor); does not change the result"},
	    {"valid-size", 0, CLI_U64, &o->valid_rows, "N",
	     "micro-operations that each validation runs (default all; 20k over windows; 0: all)"},
	    {"refit-size", 0, CLI_U64, &o->refit_rows, "N",
	     "micro-operations that the final ridge fit uses (default 2M; 50k over windows; 0: all)"},
	    {"no-refit", 0, CLI_FLAG, &a->no_refit, NULL, "keep the machine vectors as trained"},
	    {"checkpoints", 0, CLI_STRING, &o->checkpoints, "DIR",
	     "folder for best.safetensors and last.safetensors; goes on from the last one there"},
	    {"checkpoint-seconds", 0, CLI_DOUBLE, &o->checkpoint_seconds, "X",
	     "time between checkpoints within an epoch (default 60; 0: none)"},
	    {"checkpoint-steps", 0, CLI_U64, &o->checkpoint_steps, "N", "steps between checkpoints within an epoch (default 0: by time)"},
	    {"save-interval", 0, CLI_INT, &o->save_interval, "N", "keep epoch-N.safetensors, too, every N epochs (default 0: none)"},
	    {"resume", 0, CLI_STRING, &o->resume, "FILE", "go on from a last.safetensors"},
	    {"learn-rep", 0, CLI_FLAG, &a->learn_rep, NULL,
	     "train a Predictor on stored program vectors: a machine vector from measured times"},
	    {"model", 'm', CLI_STRING, &a->foundation, "FILE", "model whose program vectors --learn-rep trains on"},
	    {"show-errors", 0, CLI_FLAG, &o->show_errors, NULL, "print the signed error of every program and machine after each epoch"},
	    {"log", 0, CLI_STRING, &o->log_path, "FILE", "write a JSON object per step and epoch, one per line"},
	    {"no-save-model", 0, CLI_FLAG, &a->no_save, NULL, "do not write the model"},
	    {"dry-run", 0, CLI_FLAG, &a->dry_run, NULL, "check everything, say what would be done, and stop"},
	    {"quiet", 'q', CLI_FLAG, &a->quiet, NULL, "print no progress and no summary"},
	    {0},
	};
	return cli_parse(self, options, argc, argv, &a->models, &a->n_models);
}

/* What goes together, and what is missing; -1: nothing. */
static int check(const struct cli_command *self, const struct train_args *a)
{
	if (!a->cfg)
		return cli_usage_error(self, "option '--cfg' is missing: it names the dataset to train on");
	if (!a->n_models)
		return cli_usage_error(self, "missing model expression");
	if (a->learn_rep != (a->foundation != NULL))
		return cli_usage_error(self,
		                       "options '--learn-rep' and '--model' go together: the model's representations are learnt from");
	if (a->n_models > 1 && a->options.resume)
		return cli_usage_error(self, "option '--resume' goes on with one model");
	return -1;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct train_args a = {.options = pv_train_defaults(), .output = "model.safetensors"};
	a.options.epochs = -1; /* 3, or 100 with --learn-rep */
	int status = parse(self, argc, argv, &a);
	if (status >= 0)
		return status;
	status = check(self, &a);
	if (status < 0)
		status = open_and_train(&a, argc, argv);
	free(a.models);
	return status;
}

const struct cli_command cmd_train = {
    .name = "train",
    .summary = "train a foundation model on a dataset",
    .usage = "--cfg DATASET [OPTIONS] MODEL...",
    .description =
        "MODEL is an expression such as \"InsLSTM(64,2,narchs=K,bias=False)\": hidden units, layers; K stands for the number of machines\n"
        "the dataset trains on. docs/topics/your-own-model.md lists all models; some need --mode window.\n"
        "With --learn-rep it is Predictor(cfg,bias=False), and --cfg names a YAML file of samples.\n"
        "Several models are trained one after the other, and a number is added to the names of their files.\n"
        "After each epoch a ridge fit replaces the machine vectors, and the error of total time decides which epoch is kept.\n"
        "Ctrl-C ends training; the best finished epoch is saved, and the exit status is 1. With --checkpoints the same command goes on.",
    .run = run,
};
