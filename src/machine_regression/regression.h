/*
 * regression.h - what is inside a machine regression: machine vectors as a function of machine parameters
 *
 * Anchors are stretches of the programs that the regression was fitted on: A sums of representations. A Gaussian process gives, from a
 * machine's parameters, the logarithm of every anchor's time, and the shape of the machine vector (the vector over the geometric mean of
 * these times). Times are positive and multiply, so logarithms are what parameters change smoothly. The machine vector is that shape,
 * scaled, and then moved as little as needed for the anchors' times to come out (ridge regression, errors relative to each time).
 *
 * Shapes: A anchors, C columns of a machine vector: D, and one more when the model has a constant per micro-operation.
 */
#ifndef MACHINE_REGRESSION_REGRESSION_H
#define MACHINE_REGRESSION_REGRESSION_H

#include <perfvec/machine_regression.h>

#include "base/safetensors.h"
#include "machine_regression/gaussian_process.h"
#include "machine_regression/machine_inputs.h"

struct machine_regression {
	struct regression_machine_inputs inputs;
	struct regression_gp gp; /* q = A + C: logarithms of 0.1 ns, and the shape */
	int A, C;
	double *anchors; /* (A, C) */
	double error;    /* mean absolute error on machines left out; NAN: not tested */
	/* What the others amount to, in the form that others need: machine_regression_finish. */
	const char **names; /* (inputs.d) of the inputs, as pv_machine_regression_info has them */
	double *packed;     /* (inputs.n, 3) mean, deviation, same_as */
	double kernel[3];   /* noise, linear, error (-1: not tested) */
};

/* machine_regression_vector - the vector (C) of a machine, 0.1 ns; the machine is not checked. Work: A C^2. PV_ERR_NOMEM */
enum pv_status machine_regression_vector(const struct machine_regression *net, const struct pv_uarch *uarch, double *vector,
                                         struct pv_error *err);

/*
 * machine_regression_time - time of a program at a point of the input space, and its gradient there (reverse mode)
 *
 * @x         (inputs.d) as regression_machine_inputs_get gives it, or anything between such points
 * @program   (C) the program's vector, and the number of its micro-operations when C is D + 1
 * @time      0.1 ns
 * @gradient  (inputs.d) set; NULL: not needed
 */
enum pv_status machine_regression_time(const struct machine_regression *net, const double *x, const double *program, double *time,
                                       double *gradient, struct pv_error *err);

enum pv_status machine_regression_copy(const struct machine_regression *net, struct machine_regression **copy, struct pv_error *err);
void machine_regression_free(struct machine_regression *net);

/* machine_regression_finish - fill in what is derived; PV_ERR_NOMEM */
enum pv_status machine_regression_finish(struct machine_regression *net, struct pv_error *err);

/* machine_regression_put - add a regression's tensors and metadata to a model file; the regression must outlive the writer. Format:
 * docs/formats/model.md
 */
enum pv_status machine_regression_put(struct base_safetensors_writer *w, const struct machine_regression *net, struct pv_error *err);

/* machine_regression_get - the regression of a model file, for vectors of C columns; *net stays NULL when there is none. PV_ERR_FORMAT,
 * PV_ERR_VERSION */
enum pv_status machine_regression_get(const struct base_safetensors *file, const char *path, int C, struct machine_regression **net,
                                      struct pv_error *err);

#endif
