/*
 * perfvec/choose.h - which machine to take: the cheapest that runs some programs within a time, or the fastest within a budget
 *
 * A machine's time is the sum over the programs, which run one after the other. Sampling errors of different programs are independent and
 * add up as squares; the model's own errors may all lean to one side and add up as they are.
 */
#ifndef PERFVEC_CHOOSE_H
#define PERFVEC_CHOOSE_H

#include <stdbool.h>

#include <perfvec/api.h>
#include <perfvec/dataset.h>
#include <perfvec/error.h>
#include <perfvec/model.h>
#include <perfvec/uarch.h>

PV_API_BEGIN

/* The question. Zero: all machines qualify and none has a cost. Members are borrowed for the call. */
struct pv_choice {
	const char *within;   /* a time with its unit, such as "2ms", that all programs together may take; NULL: no limit */
	const double *budget; /* what a machine may cost, without a limit of time; NULL: anything */
	const char *cost;     /* a formula over a machine's parameters and the programs' time (perfvec/formula.h); NULL: none */
	const char *costs;    /* a CSV file, "FILE" or "FILE:COLUMN" (otherwise its second column): a line of names, then a machine's
	                         name in the first column and its cost; NULL: none */
	/* Where parameters for `cost` come from, in this order: these machines; the machine files of these datasets; the presets. */
	const struct pv_uarch_set *uarchs;        /* NULL: none */
	const struct pv_dataset *const *datasets; /* (n_datasets) NULL among them are passed over */
	int n_datasets;
};

/* What is known of one machine. Times are in nanoseconds. */
struct pv_offer {
	int machine;        /* number in the model */
	double time_ns;     /* of all programs, one after the other */
	double model_ns;    /* half of the 95 % interval of the model's own error; 0: training measured none */
	double sampling_ns; /* half of the 95 % interval that sampling leaves; 0 without sampling */
	double n_insns;     /* of all programs */
	double cost;        /* NAN: none was asked for */
	bool qualifies;     /* it is within the limit of time, or within the budget */
	bool clear;         /* the answer is the same at both ends of the 95 % interval of its time */
};

/*
 * pv_choose - compare machines and put the best one first
 *
 * @vectors   programs, of the model's foundation; one vector each (pv_vectors_whole)
 * @machines  (n) numbers in the model
 * @offers    (n) filled: those that qualify first, the cheapest of them first, or with a budget and no limit of time the fastest first
 *
 * Returns: PV_OK, also when none qualifies; PV_ERR_ARG (vectors of another foundation, no such machine; a cost that is no number or that
 *          the file does not have), PV_ERR_FORMAT (a formula, a time, a CSV file), PV_ERR_MISSING (a name in a formula; a file or its
 *          column; parameters of a machine that the formula needs), PV_ERR_IO, PV_ERR_NOMEM
 */
enum pv_status pv_choose(const struct pv_model *model, const struct pv_vectors *vectors, const int *machines, int n,
                         const struct pv_choice *choice, struct pv_offer *offers, struct pv_error *err);

PV_API_END

#endif
