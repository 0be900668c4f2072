/*
 * perfvec/learn_rep.h - a machine's vector learnt from program vectors and measured times, by gradient descent
 *
 * The reference's --learn-rep: a Predictor, one linear layer, is trained on stored representations, each with the time that a program (or a
 * part of one) took on a machine that nothing else is known of. Its weights are the machine's vector. Where the times of a whole dataset
 * are known, pv_model_tune gives vectors in closed form.
 *
 * The samples are described by a YAML file:
 *
 *   dataset: samples.npy   # float32 or float64 (N, D+1): a representation, then its time in seconds; beside this file
 *   valid_start: 800       # samples [valid_start, valid_end) validate, all others before or behind them train; may be left out
 *   valid_end: 1000
 *   machine: pi4           # name of the machine; default: this file's name
 *   clock_mhz: 1500        # for CPI; default 1000
 */
#ifndef PERFVEC_LEARN_REP_H
#define PERFVEC_LEARN_REP_H

#include <perfvec/api.h>
#include <perfvec/error.h>
#include <perfvec/model.h>
#include <perfvec/progress.h>

PV_API_BEGIN

/* What learning would do. */
struct pv_learn_rep_plan {
	char machine[128];
	int n_repr;              /* D */
	size_t n_params;         /* trained weights */
	uint64_t n_train;        /* samples an epoch visits */
	uint64_t n_valid;        /* that validate */
	uint64_t steps;          /* optimizer steps of an epoch */
	double flops_per_sample; /* forward and backward */
};

/*
 * pv_learn_rep - train a Predictor and give the model a vector for its machine
 *
 * @foundation  whose representations the samples are
 * @cfg         the YAML file
 * @expression  "Predictor(cfg,bias=False)"; with bias=True or global_bias=True it must say test_bias=False: a constant for each sample is
 *              trained and dropped, since a program's time is a dot product
 * @options     those of the optimizer, the learning rate, the average of the weights, epochs, patience, log and checkpoints count;
 *              train_rows are the first N training samples, batch_size samples of a step; with inputs PLAIN samples enter as they are, as
 *              in the reference, otherwise columns and times are divided by their root mean square, and the factors folded back. Losses
 *              are in units of 0.1 ns either way
 * @model       set on success: all machines of `foundation`, and this one (in the place of one of its name), and its machine regression;
 *              also on PV_ERR_INTERRUPTED and when training diverged, to the best epoch, if one was finished
 * @report      may be NULL; errors are those of the validation samples, of the training samples where there are none
 *
 * The best epoch is the one with the lowest validation loss, as in the reference (training loss without validation samples).
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_FORMAT (file or expression), PV_ERR_SHAPE (not the foundation's D), PV_ERR_RANGE (a
 *          number is not finite; training diverged), PV_ERR_ARG (options), PV_ERR_UNSUPPORTED (a bias that stays), PV_ERR_INTERRUPTED,
 *          PV_ERR_NOMEM
 */
enum pv_status pv_learn_rep(const struct pv_model *foundation, const char *cfg, const char *expression,
                            const struct pv_train_options *options, const struct pv_progress *progress, struct pv_model **model,
                            struct pv_train_report *report, struct pv_error *err);

/* pv_learn_rep_plan - check everything and say what pv_learn_rep would do; errors as there */
enum pv_status pv_learn_rep_plan(const struct pv_model *foundation, const char *cfg, const char *expression,
                                 const struct pv_train_options *options, struct pv_learn_rep_plan *plan, struct pv_error *err);

PV_API_END

#endif
