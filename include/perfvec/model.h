/*
 * perfvec/model.h - foundation models: training, program vectors, machine vectors (predictions: perfvec/predict.h)
 *
 * A model is a foundation (a recurrent network that turns every executed micro-operation into a representation) and one row per machine
 * (the last layer). A program's vector is the sum of its rows' representations; its time on a machine is the dot product of both vectors.
 *
 * Shapes: N rows (micro-operations), D representation, K machines of a model, P programs. Times are in units of 0.1 ns inside and in
 * nanoseconds where a name says so.
 */
#ifndef PERFVEC_MODEL_H
#define PERFVEC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/dataset.h>
#include <perfvec/error.h>
#include <perfvec/error_summary.h>
#include <perfvec/progress.h>
#include <perfvec/trace.h>

PV_API_BEGIN

struct pv_model;   /* a trained model; immutable, safe to use from several threads */
struct pv_vectors; /* program vectors and what they are of */

/* How a machine's vector was learnt. */
enum pv_machine_state {
	PV_MACHINE_TRAINED, /* together with the foundation */
	PV_MACHINE_TUNED,   /* later, with the foundation frozen */
	PV_MACHINE_DERIVED  /* not from times: from its parameters, by a machine regression (perfvec/machine_regression.h) */
};

/* One machine of a model; strings are owned by the model. */
struct pv_model_machine {
	const char *name;
	double clock_mhz;
	enum pv_machine_state state;
	uint64_t parameters; /* fingerprint of its parameters, whatever its name; 0: not known */
};

/* What a model says about itself; strings are owned by the model. */
struct pv_model_info {
	const char *expression; /* canonical, such as "InsLSTM(64,2,narchs=16,bias=False)" */
	const char *schema;     /* of the features: "pv1" or "pv2" */
	const char *inputs;     /* how they enter: "pv2", or of schema pv1 with distances as "log" or "plain" */
	const char *mode;       /* "stream": state is carried from row to row; "window": every row has a window of its own */
	int window_rows;        /* rows of a window; 0 with streams */
	int n_features;         /* F */
	int n_repr;             /* D */
	int n_machines;         /* K */
	size_t n_params;        /* weights in all layers */
	bool bias;              /* the last layer adds a constant per row */
	uint64_t foundation;    /* fingerprint of everything but the machine vectors: equal for models whose vectors can be exchanged */
	const char *const *programs; /* (n_programs) names of the programs it was trained on */
	int n_programs;
	int epoch;                /* that the weights are from, counted from 1 */
	double validation_error;  /* mean absolute error of total time on the validation ranges, as a fraction; NAN when there were none */
	double left_out_error;    /* the same of training programs that the machine vectors' fit left out in turn; NAN: not known */
	uint64_t seed;            /* of training */
	const char *command;      /* that trained it */
	const char *tool_version; /* of perfvec that trained it */
};

/* pv_model_load - read a model; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_FORMAT, PV_ERR_VERSION (another feature schema), PV_ERR_SHAPE */
enum pv_status pv_model_load(const char *path, struct pv_model **model, struct pv_error *err);

/* pv_model_save - write a model as safetensors; the file appears whole or not at all. Format: docs/formats/model.md */
enum pv_status pv_model_save(const struct pv_model *model, const char *path, struct pv_error *err);

/*
 * pv_model_as - the same weights and machines, run another way
 *
 * @mode         "stream" or "window"
 * @window_rows  of a window; with "stream" not read
 *
 * Representations differ, so the foundation is another one, and vectors of one are refused by the other.
 * Returns: PV_OK; PV_ERR_UNSUPPORTED (streams run an InsLSTM without options other than gru, and a MinGRU; windows no MinGRU), PV_ERR_ARG,
 * PV_ERR_RANGE, PV_ERR_NOMEM
 */
enum pv_status pv_model_as(const struct pv_model *model, const char *mode, int window_rows, struct pv_model **other, struct pv_error *err);

/* pv_model_free - release; NULL is allowed */
void pv_model_free(struct pv_model *model);

/* pv_model_info, pv_model_machine - what it is; owned by the model. 0 <= k < n_machines */
const struct pv_model_info *pv_model_info(const struct pv_model *model);
const struct pv_model_machine *pv_model_machine(const struct pv_model *model, int k);

/* pv_model_find_machine - number of a machine by name; -1 when the model has none of that name */
int pv_model_find_machine(const struct pv_model *model, const char *name);

/* pv_model_machine_vector - (D) a machine's vector, its row of the last layer's weights: 0.1 ns for each unit of a program vector; owned by
 * the model */
const float *pv_model_machine_vector(const struct pv_model *model, int k);

/* pv_model_saw_program - whether it was trained on a program of that name */
bool pv_model_saw_program(const struct pv_model *model, const char *name);

/*
 * pv_model_check_dataset - whether a dataset's times can be held against a model's predictions
 *
 * @machines  (n) machines of the model that will be compared; those that the dataset does not name are passed over
 *
 * Returns: PV_OK; PV_ERR_VERSION (the dataset's target is not store_commit), PV_ERR_ARG (a machine of the same name with other parameters),
 *          PV_ERR_MISSING, PV_ERR_IO (a machine file)
 */
enum pv_status pv_model_check_dataset(const struct pv_model *model, const struct pv_dataset *dataset, const int *machines, int n,
                                      struct pv_error *err);

/* ---- training ---- */

/* How a model runs over the micro-operations of a program, in training or when it is used. */
enum pv_mode {
	PV_MODE_AUTO,   /* as streams where the model can, over windows otherwise */
	PV_MODE_STREAM, /* state is carried from one micro-operation to the next; in training a loss at every one */
	PV_MODE_WINDOW  /* each micro-operation has a window of its own, and in training a loss at its end: the reference's way */
};

enum pv_train_optimizer {
	PV_TRAIN_ADAM, /* weight decay is part of the gradient, as in torch.optim.Adam */
	PV_TRAIN_ADAMW /* weight decay apart from the gradient */
};

/* How the learning rate changes. */
enum pv_train_schedule {
	PV_TRAIN_SCHEDULE_STEP,    /* it drops to a tenth every lr_step epochs */
	PV_TRAIN_SCHEDULE_COSINE,  /* it falls to 0 at the last step of all epochs */
	PV_TRAIN_SCHEDULE_CONSTANT /* it does not */
};

/* The weights that are validated and kept. */
enum pv_train_average {
	PV_TRAIN_AVERAGE_NONE, /* as trained */
	PV_TRAIN_AVERAGE_EMA,  /* exponentially weighted over the steps, see average_decay */
	PV_TRAIN_AVERAGE_SWA   /* the mean of all steps of the last third of the epochs */
};

/* The loss between a prediction p and a target y. */
enum pv_train_loss {
	PV_TRAIN_LOSS_MSE,  /* (p - y)^2 */
	PV_TRAIN_LOSS_L1,   /* |p - y| */
	PV_TRAIN_LOSS_NMSE, /* ((p - y) / (y + 1))^2 */
	PV_TRAIN_LOSS_NL1,  /* |(p - y) / (y + 1)| */
	PV_TRAIN_LOSS_RMSE  /* the root of MSE over a step */
};

/* The features that a model sees. */
enum pv_train_inputs {
	PV_TRAIN_INPUTS_AUTO, /* schema pv2 with streams where the dataset has context rows, LOG otherwise; of samples: scaled */
	PV_TRAIN_INPUTS_PV2,  /* schema pv2 */
	PV_TRAIN_INPUTS_LOG,  /* schema pv1, reuse and address distances as logarithms */
	PV_TRAIN_INPUTS_PLAIN /* schema pv1 as it is, as in the reference */
};

/* What the targets are divided by while training. */
enum pv_train_targets {
	PV_TRAIN_TARGETS_SCALED, /* each machine's times by their standard deviation */
	PV_TRAIN_TARGETS_PLAIN   /* nothing: they are in 0.1 ns, as in the reference */
};

/* One value of an option that is a choice. */
struct pv_train_choice {
	const char *name; /* as users write it, such as "cosine"; NULL ends a list */
	int value;        /* of the option's enum */
	const char *note; /* a few words for a help text; NULL: the name says it */
};

/*
 * pv_train_choices - the values that one of these options can have, in the order in which a help text gives them
 *
 * @option  "mode", "evaluate", "optimizer", "schedule", "average", "loss", "inputs" or "targets"; NULL is returned for any other
 */
const struct pv_train_choice *pv_train_choices(const char *option);

/* Stands for a default that depends on other options. */
#define PV_TRAIN_AUTO UINT64_MAX

/* Options of training. pv_train_defaults fills all of them. Names and meaning are the reference's where it has them. */
struct pv_train_options {
	enum pv_mode mode;     /* how the model is trained; not AUTO */
	enum pv_mode evaluate; /* how validation and the model made run */
	bool sbatch;           /* windows: of blocks of consecutive rows, each offset in turn is one step; false: of single shuffled rows */
	int sbatch_rows;       /* rows of such a block */
	enum pv_train_optimizer optimizer;
	enum pv_train_schedule schedule; /* of the learning rate */
	enum pv_train_average average;   /* of the weights */
	double average_decay;            /* of EMA, for each step */
	int warmup_steps;                /* first steps, over which the learning rate rises linearly; 0: none */
	int patience;                    /* stop after this many epochs without a better one; 0: never */
	uint64_t valid_rows; /* rows that each epoch's validation runs, and as many of the training ranges for its ridge fit; 0: all;
	                        PV_TRAIN_AUTO: all with streams (400 k for the ridge fit), 20 k with windows */
	uint64_t train_rows; /* rows an epoch visits, sampled evenly over the training programs; 0: all */
	int epochs;          /* passes */
	int batch_size;      /* B, streams run in parallel, or windows (blocks with sbatch) of a step */
	int bptt_rows;       /* T, rows per optimizer step and stream: how far gradients reach back at most */
	int warmup_rows;     /* rows run before a stream counts in the loss */
	double learning_rate;
	double weight_decay;
	int lr_step; /* epochs after which the learning rate drops to a tenth; 0: never; -1: two thirds of them */
	double clip; /* largest gradient norm; 0: no clipping */
	enum pv_train_loss loss;
	enum pv_train_inputs inputs;
	enum pv_train_targets targets;
	double sum_weight;       /* weight of the squared error of summed time over a stream's chunk, beside the loss; 0: none */
	uint64_t seed;           /* of initial weights and of the order of segments */
	int threads;             /* 0: one per processor; does not change the result */
	bool refit;              /* refit the machine vectors by a ridge fit of segment times */
	uint64_t refit_rows;     /* rows of the training ranges that the final ridge fit uses; 0: all; PV_TRAIN_AUTO: 2 M with streams, 50 k
	                            with windows */
	const char *checkpoints; /* folder for best.safetensors, last.safetensors and epoch-N.safetensors; NULL: none. A last.safetensors
	                            that is there already is gone on from */
	int save_interval;       /* epochs between epoch-N.safetensors; 0: none */
	double checkpoint_seconds; /* last.safetensors is also written within an epoch, after this time; 0: not */
	uint64_t checkpoint_steps; /* and after this many steps; 0: not */
	const char *resume;        /* a last.safetensors to go on from; NULL: that of checkpoints, if any, or start anew */
	bool show_errors;          /* tell the signed error of total time of every program and machine after each epoch */
	const char *log_path;      /* one JSON object per line: steps and epochs; NULL: none */
	const char *command;       /* recorded in the model; NULL: "" */
	/* Weights, statistics of the inputs and machine vectors to begin with, in place of `inputs` and of what the seed draws; of the same
	   expression, and with a vector for every seen machine; NULL: none. */
	const struct pv_model *initial;
};

/* What training did. */
struct pv_train_report {
	int epochs;              /* finished */
	int best_epoch;          /* counted from 1 */
	double train_loss;       /* of the last epoch */
	double validation_loss;  /* at the best epoch */
	double validation_error; /* mean absolute error of total time on the validation ranges after the ridge fit, fraction; NAN without */
	double validation_worst; /* the largest of these errors, signed */
	double unrefitted_error; /* the same mean error with the machine vectors as trained */
	double left_out_error;   /* mean error of training programs left out of the ridge fit; NAN with fewer than two, or without one */
	double ridge;            /* chosen strength, relative; 0 without refit */
	uint64_t rows;           /* counted rows trained on, all epochs */
	double seconds;          /* all */
	double train_seconds;    /* in optimizer steps */
	double validate_seconds; /* in validation and refit */
	double rows_per_second;  /* training alone */
	double flops_per_row;    /* forward and backward, for each row predicted */
};

struct pv_train_options pv_train_defaults(void);

/*
 * pv_train - train a foundation model on the seen programs and machines of a dataset
 *
 * @expression  such as "InsLSTM(64,2,narchs=K,bias=False)"
 * @model       set on success; also on PV_ERR_INTERRUPTED and when training diverged, to the best so far, if an epoch was finished
 * @report      may be NULL
 *
 * Same dataset, options and seed give the same bytes at any number of threads (on one machine and BLAS).
 * Returns: PV_OK; PV_ERR_FORMAT, PV_ERR_RANGE, PV_ERR_UNSUPPORTED (expression); PV_ERR_SHAPE (narchs is not the number of seen machines);
 *          PV_ERR_ARG (options; no training rows); PV_ERR_VERSION (the dataset's target is not store_commit); PV_ERR_RANGE (loss became
 * infinite or NaN: the message names the step); PV_ERR_INTERRUPTED; PV_ERR_IO; PV_ERR_NOMEM
 */
enum pv_status pv_train(const struct pv_dataset *dataset, const char *expression, const struct pv_train_options *options,
                        const struct pv_progress *progress, struct pv_model **model, struct pv_train_report *report, struct pv_error *err);

/* What a model expression stands for, on a dataset. */
struct pv_train_plan {
	char expression[512];  /* canonical */
	size_t n_params;       /* weights */
	bool windows;          /* trained over windows; otherwise over streams */
	bool evaluate_windows; /* validated, and the model run, over windows */
	int window_rows;       /* T, when either is the case */
	double forward_flops;  /* floating-point operations for each row predicted */
	double training_flops; /* forward and backward */
	uint64_t train_rows;   /* there are in the training ranges */
	uint64_t epoch_rows;   /* an epoch visits */
	uint64_t epoch_steps;  /* optimizer steps of the first epoch */
	uint64_t valid_rows;   /* there are in the validation ranges */
	int n_machines;        /* K */
	int n_programs;        /* trained on */
};

/* pv_train_plan - check expression and options against a dataset and say what training would do; errors as pv_train */
enum pv_status pv_train_plan(const struct pv_dataset *dataset, const char *expression, const struct pv_train_options *options,
                             struct pv_train_plan *plan, struct pv_error *err);

/* ---- tuning: machine vectors for a frozen foundation ---- */

struct pv_tune_options {
	uint64_t refit_rows; /* rows of the training ranges to learn from; 0: all; PV_TRAIN_AUTO: 2 M with streams, 50 k with windows */
	const int *programs; /* (n_programs) numbers of the seen programs to learn from; n_programs 0: all of them */
	int n_programs;
	bool held_out;       /* also measure errors on the programs that are not learnt from; costs a pass over as many rows */
	uint64_t seed;       /* of the programs that pv_model_tune_curve draws */
	int threads;         /* 0: one per processor */
	const char *command; /* recorded in the model; NULL: "" */
};

/* What tuning did, for each machine asked for. Errors are of total time, over programs. */
struct pv_tune_result {
	const char *name;                   /* owned by the dataset */
	struct pv_error_summary validation; /* on the validation ranges of the programs learnt from */
	struct pv_error_summary held_out;   /* on the other programs */
};

/*
 * pv_model_tune - learn vectors for machines of a dataset from the training ranges of its seen programs
 *
 * @machines  (n) columns of the dataset; a machine that the model already has is replaced
 * @tuned     set to a new model: the vectors of `model`, and these
 * @results   (n) filled; may be NULL
 *
 * Source:  ridge regression of segment times on segment sums of representations (docs/topics/training.md)
 * Returns: PV_OK; PV_ERR_ARG (no such column or program, no training rows), PV_ERR_VERSION (target), PV_ERR_INTERRUPTED, PV_ERR_NOMEM
 */
enum pv_status pv_model_tune(const struct pv_model *model, const struct pv_dataset *dataset, const int *machines, int n,
                             const struct pv_tune_options *options, const struct pv_progress *progress, struct pv_model **tuned,
                             struct pv_tune_result *results, struct pv_error *err);

/* Error of machine vectors learnt from so many programs and micro-operations, over the machines and the programs that are held out. */
struct pv_tune_point {
	int n_programs;
	uint64_t n_rows, n_insns; /* timed, of all programs together; instructions in proportion */
	struct pv_error_summary error;
	int n_draws; /* of programs, that the errors are over */
};

enum { PV_TUNE_CURVE = 64 };

/*
 * pv_model_tune_curve - how the error on held-out programs falls with the number of programs and of instructions that are timed
 *
 * @points  receives them: by number of programs (1, 2, 4 ... all), then by number of rows
 *
 * Returns: as pv_model_tune; PV_ERR_ARG also when every program of the dataset is learnt from
 */
enum pv_status pv_model_tune_curve(const struct pv_model *model, const struct pv_dataset *dataset, const int *machines, int n,
                                   const struct pv_tune_options *options, const struct pv_progress *progress,
                                   struct pv_tune_point points[PV_TUNE_CURVE], int *n_points, struct pv_error *err);

/* ---- fine tuning: all weights ---- */

/* Mean absolute errors of total time of single machines whose vectors were learnt in closed form, summed up over the machines. */
struct pv_fine_errors {
	struct pv_error_summary seen, seen_held;     /* seen machines: validation ranges of the seen programs; programs held out */
	struct pv_error_summary unseen, unseen_held; /* machines held out */
};

/*
 * pv_model_fine_tune - train a model further on a dataset, all weights
 *
 * @options        as pv_train; initial, mode, inputs, checkpoints and resume are not read
 * @fine           set on success: rows of the dataset's machines (those held out are tuned) and of no others, whose rows were of the old
 *                 foundation; program vectors made before are of the old one, too
 * @before, @after may be NULL, both; then nothing is measured
 *
 * Returns: as pv_train and pv_model_tune; PV_ERR_UNSUPPORTED (an InsLSTMDSE, whose rows follow from descriptions)
 */
enum pv_status pv_model_fine_tune(const struct pv_model *model, const struct pv_dataset *dataset, const struct pv_train_options *options,
                                  const struct pv_progress *progress, struct pv_model **fine, struct pv_fine_errors *before,
                                  struct pv_fine_errors *after, struct pv_error *err);

/* ---- program vectors ---- */

/* One program vector. Strings and arrays are owned by the struct pv_vectors. */
struct pv_vector {
	const char *program;
	uint64_t n_rows;
	uint64_t n_insns;
	const double *values; /* (D) sum of the representations of its rows */
	uint32_t phase;       /* 0: of the whole program; else its number within the program, counted from 1 */
	uint64_t first_row;   /* of the program, that it begins with */
	uint64_t first_insn;
	uint32_t n_units;         /* sampled: units that the values were estimated from; 0: they are of all rows */
	const double *deviations; /* (n_units, D): the standard error of a time is the root of the sum of the squares of their times */
};

/* pv_vectors_new - an empty set of vectors of a model's foundation; PV_ERR_NOMEM. pv_vectors_free releases it; NULL is allowed */
enum pv_status pv_vectors_new(const struct pv_model *model, struct pv_vectors **vectors, struct pv_error *err);
void pv_vectors_free(struct pv_vectors *vectors);

int pv_vectors_count(const struct pv_vectors *vectors);
int pv_vectors_n_repr(const struct pv_vectors *vectors);
uint64_t pv_vectors_foundation(const struct pv_vectors *vectors);
const struct pv_vector *pv_vectors_at(const struct pv_vectors *vectors, int i);

/* How programs are represented. Zero: whole programs, a thread per processor. */
struct pv_represent_options {
	int threads;          /* 0: one per processor; does not change the result */
	uint64_t phase_insns; /* a vector for every so many instructions of a program, the last one shorter; 0: one for all of it */
	/*
	 * Systematic sampling: sample_unit rows in the middle of every sample_period rows are run, after PV_SLICE_WARMUP_ROWS of warm-up,
	 * and the vector is estimated from them. All rows before go through the features' state (reuse distances, branch histories), or the
	 * sample_warmup rows before each warm-up (0: all): then others are not even read, and distances beyond them come out too short.
	 * Period 0: no sampling.
	 */
	uint64_t sample_unit, sample_period, sample_warmup;
};

/*
 * pv_represent_dataset, pv_represent_trace - append the vectors of all programs of a dataset, or those of a trace
 *
 * @options  NULL: all zero
 *
 * Rows are run in slices of PV_SLICE_ROWS in parallel, each after PV_SLICE_WARMUP_ROWS rows of warm-up. Phases cut sums, not slices: the
 * phases of a program add up to its vector (but for the rounding of sums).
 * Returns: PV_OK; PV_ERR_ARG (the vectors belong to another foundation; an empty program, or one too short for the sampling period),
 *          PV_ERR_INTERRUPTED, PV_ERR_NOMEM; those of reading
 *          a trace
 */
enum { PV_SLICE_ROWS = 16384, PV_SLICE_WARMUP_ROWS = 1024 };
enum pv_status pv_represent_dataset(const struct pv_model *model, const struct pv_dataset *dataset,
                                    const struct pv_represent_options *options, const struct pv_progress *progress,
                                    struct pv_vectors *vectors, struct pv_error *err);
enum pv_status pv_represent_trace(const struct pv_model *model, const struct pv_trace *trace, const struct pv_represent_options *options,
                                  const struct pv_progress *progress, struct pv_vectors *vectors, struct pv_error *err);

/* pv_vectors_whole - the same programs with their phases summed, for pv_vectors_free; PV_ERR_FORMAT (phases are missing), PV_ERR_NOMEM */
enum pv_status pv_vectors_whole(const struct pv_vectors *vectors, struct pv_vectors **whole, struct pv_error *err);

/*
 * pv_vectors_save, pv_vectors_load, pv_vectors_append - program vectors as files
 *
 * @path  an .npy file, float64 (P, D); names, counts and the foundation's fingerprint stand beside it in PATH with .npy replaced by .yaml,
 * and with them a fingerprint of the array: files of two different calls are refused with PV_ERR_FORMAT
 */
enum pv_status pv_vectors_save(const struct pv_vectors *vectors, const char *path, struct pv_error *err);
enum pv_status pv_vectors_load(const char *path, struct pv_vectors **vectors, struct pv_error *err);
enum pv_status pv_vectors_append(struct pv_vectors *vectors, const struct pv_vectors *more, struct pv_error *err);

PV_API_END

#endif
