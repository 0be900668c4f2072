/*
 * perfvec/machine_regression.h - machine vectors from machine parameters: predictions for machines that were never timed
 *
 * A machine regression is learnt from machines that a dataset has times of, the foundation frozen, and becomes part of the model. It is a
 * Gaussian process over the parameters in which those machines differ; docs/topics/tune.md says how it works and how far it is off.
 */
#ifndef PERFVEC_MACHINE_REGRESSION_H
#define PERFVEC_MACHINE_REGRESSION_H

#include <perfvec/api.h>
#include <perfvec/error_summary.h>
#include <perfvec/model.h>
#include <perfvec/uarch.h>

PV_API_BEGIN

struct pv_machine_regression_options {
	const char *const *parameters; /* (n_parameters) the only ones that the regression may look at; n_parameters 0: all that differ */
	int n_parameters;
	uint64_t refit_rows; /* rows of the training ranges to learn from, and of the held-out programs to test on; as pv_tune_options */
	uint64_t seed;       /* of the parts that the machines are dealt into for the test */
	bool curve;          /* also measure the error against the number of machines */
	int threads;         /* 0: one per processor; does not change the result */
	const char *command; /* recorded in the model; NULL: "" */
};

/* Errors on machines that were left out, of programs that rows were learnt from and of those that were held out. */
struct pv_machine_regression_point {
	int n_machines;                       /* learnt from */
	struct pv_error_summary seen, unseen; /* of total time, over programs and machines */
};

enum { PV_MACHINE_REGRESSION_PARTS = 5, PV_MACHINE_REGRESSION_CURVE = 16 };

/* What was learnt, and how good it is: machines are dealt into parts, and each is predicted by a regression learnt from the others. */
struct pv_machine_regression_report {
	int n_machines, n_inputs;
	int n_seen, n_unseen;                      /* programs */
	struct pv_machine_regression_point net;    /* machines left out, predicted from their parameters */
	struct pv_machine_regression_point timed;  /* the same machines with machine vectors learnt from their times: a bound */
	struct pv_machine_regression_point nobody; /* baseline: the geometric mean time of the others */
	struct pv_machine_regression_point curve[PV_MACHINE_REGRESSION_CURVE];
	int n_curve;
};

/*
 * pv_model_learn_machine_regression - learn machine vectors as a function of machine parameters
 *
 * @machines  (n) columns of the dataset, at least 3; NULL: all of them
 * @learnt    set to a new model: `model` with the regression, in place of one that it may have had
 * @report    may be NULL; then nothing is tested, which saves most of the time
 *
 * Returns: PV_OK; PV_ERR_ARG (fewer than 3 machines, or all the same; no training rows), PV_ERR_MISSING (no such parameter),
 * PV_ERR_VERSION, PV_ERR_INTERRUPTED, PV_ERR_NOMEM
 */
enum pv_status pv_model_learn_machine_regression(const struct pv_model *model, const struct pv_dataset *dataset, const int *machines, int n,
                                                 const struct pv_machine_regression_options *options, const struct pv_progress *progress,
                                                 struct pv_model **learnt, struct pv_machine_regression_report *report,
                                                 struct pv_error *err);

/* What the regression of a model is; strings are owned by the model. */
struct pv_machine_regression_info {
	int n_machines;            /* that it was learnt from */
	int n_inputs;              /* columns of parameters */
	const char *const *inputs; /* (n_inputs) such as "l1d.size_bytes", "branch.kind=tage" */
	double error;              /* mean absolute error on machines left out, a fraction; NAN when it was not tested */
};

/* pv_model_machine_regression - false when the model has none */
bool pv_model_machine_regression(const struct pv_model *model, struct pv_machine_regression_info *info);

/*
 * pv_model_add_uarchs - the model with vectors for machines that were never timed, from its regression
 *
 * @uarchs  (n)
 * @more    set to a new model; the new machines come last, in their order, with state PV_MACHINE_DERIVED
 *
 * Returns: PV_OK; PV_ERR_MISSING (the model has no regression), PV_ERR_ARG (two machines of one name), PV_ERR_UNSUPPORTED (a machine
 * differs from those the regression learnt from in something that it does not look at), PV_ERR_NOMEM
 */
enum pv_status pv_model_add_uarchs(const struct pv_model *model, const struct pv_uarch *const *uarchs, int n, struct pv_model **more,
                                   struct pv_error *err);

/*
 * pv_machine_regression_outside - parameters of a machine beyond what the regression learnt from, where its answer is a guess
 *
 * @text  (n_bytes) the first of them in words; "" when there is none
 *
 * Returns: their number; 0 also when the model has no regression
 */
int pv_machine_regression_outside(const struct pv_model *model, const struct pv_uarch *uarch, char *text, size_t n_bytes);

PV_API_END

#endif
