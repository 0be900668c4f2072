/*
 * perfvec/predict.h - the time of a program on a machine, and how sure of it a model is
 *
 *	struct pv_prediction x;
 *	if (pv_predict(model, vectors, 0, k, NULL, &x, &err) == PV_OK)
 *		printf("%.0f ns +- %.0f ns\n", x.time_ns, hypot(x.model_ns, x.sampling_ns));
 *
 * A prediction is the dot product of a program vector and a machine vector. It has two error bars, both half-widths of a 95 % interval: the
 * model error, from what training measured on programs and machines it had not learnt from, and the sampling error, when the program
 * vector was estimated from a sample of the program. examples/predict.c is a whole program.
 */
#ifndef PERFVEC_PREDICT_H
#define PERFVEC_PREDICT_H

#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/dataset.h>
#include <perfvec/error.h>
#include <perfvec/model.h>

PV_API_BEGIN

/* One program vector on one machine. Times are in nanoseconds. */
struct pv_prediction {
	double time_ns;
	double cpi;          /* cycles per instruction at the machine's clock; NAN for a vector that counts no instructions */
	double model_ns;     /* half of the 95 % interval of the model's own error; NAN: training measured none */
	double sampling_ns;  /* half of the 95 % interval that sampling leaves; 0 for a vector of all micro-operations, INFINITY for one
	                        that was estimated from a single unit */
	double simulated_ns; /* the same program's time in a dataset; NAN: not known */
	double error;        /* time_ns / simulated_ns - 1, a fraction; NAN without a simulated time */
};

/*
 * pv_predict - predict the time of a program on a machine
 *
 * @vectors     of the model's foundation
 * @i           number of the program vector, 0 <= i < pv_vectors_count(vectors)
 * @k           number of the machine, 0 <= k < n_machines of the model
 * @times       dataset whose times are the simulated ones, by the names of program and machine; NULL: none.
 *              pv_model_check_dataset says whether they can be compared
 * @prediction  filled on success
 *
 * The model error takes the mean absolute error that training measured as that of a normal distribution: on the validation ranges for a
 * program of the training set, on programs left out of the ridge fit for any other, and on machines left out for a machine that is known
 * by its parameters alone, whichever is larger. A program unlike all of the training set may be further off.
 *
 * Cost:    O(D), and with a sample O(units, D); a phase of a dataset's program adds up its simulated times
 * Returns: PV_OK; PV_ERR_ARG (vectors of another foundation, no such vector or machine), PV_ERR_SHAPE (the program in the dataset does not
 *          have the micro-operations that the vector is of). Without memory allocation; safe from several threads.
 */
enum pv_status pv_predict(const struct pv_model *model, const struct pv_vectors *vectors, int i, int k, const struct pv_dataset *times,
                          struct pv_prediction *prediction, struct pv_error *err);

/* pv_cpi - cycles per (architectural) instruction that a time in nanoseconds means at a clock; NAN without instructions */
double pv_cpi(double time_ns, double clock_mhz, uint64_t n_insns);

PV_API_END

#endif
