/*
 * predict.c - the time of a program on a machine, its two error bars, and the simulated time beside it
 */
#include <perfvec/predict.h>

#include <math.h>
#include <string.h>

#include <perfvec/machine_regression.h>

#include "base/error.h"
#include "base/statistics.h"
#include "model/model.h"
#include "represent/ranges.h"
#include "represent/vectors.h"

double pv_cpi(double time_ns, double clock_mhz, uint64_t n_insns)
{
	return n_insns ? time_ns * clock_mhz * 1e-3 / (double)n_insns : NAN;
}

/* ---- error bars ---- */

/* Each deviation's time adds its square to the variance of the estimate. */
static double sampling_ns(const struct pv_model *model, const struct pv_vector *v, int k)
{
	const size_t D = (size_t)model->info.n_repr;
	const float *w = model_weights(model) + (size_t)k * D;
	double squares = 0;
	if (!v->n_units)
		return 0;
	if (v->n_units < 2)
		return INFINITY;
	for (size_t i = 0; i < v->n_units; i++) {
		double tenths = 0;
		for (size_t d = 0; d < D; d++)
			tenths += (double)w[d] * v->deviations[i * D + d];
		squares += tenths * tenths;
	}
	return 0.1 * base_student_t_975(v->n_units - 1) * sqrt(squares);
}

/*
 * Half of a 95 % interval, as a fraction, from the mean absolute error that training measured: of a normal distribution that is 1.96 sigma,
 * and the mean absolute deviation sqrt(2 / pi) sigma.
 */
static double model_error_95(const struct pv_model *model, const struct pv_vector *v, int k)
{
	const double per_mean = 1.959963984540054 / sqrt(2 / 3.141592653589793);
	const double seen = model->info.validation_error, left_out = model->info.left_out_error, unseen = isnan(left_out) ? seen : left_out;
	const double of_program = pv_model_saw_program(model, v->program) && !isnan(seen) ? seen : fmax(seen, unseen);
	struct pv_machine_regression_info net;
	if (pv_model_machine(model, k)->state != PV_MACHINE_DERIVED || !pv_model_machine_regression(model, &net))
		return per_mean * of_program;
	return per_mean * fmax(of_program, net.error);
}

/* ---- simulated times ---- */

static const struct pv_dataset_program *find_program(const struct pv_dataset *dataset, const char *name)
{
	for (int i = 0; i < pv_dataset_n_programs(dataset); i++)
		if (!strcmp(pv_dataset_program(dataset, i)->name, name))
			return pv_dataset_program(dataset, i);
	return NULL;
}

static int find_machine(const struct pv_dataset *dataset, const char *name)
{
	for (int k = 0; k < pv_dataset_n_machines(dataset); k++)
		if (!strcmp(pv_dataset_machine(dataset, k)->name, name))
			return k;
	return -1;
}

/* 0.1 ns of a phase: the sum of its targets in column k of K. */
static double phase_tenths(const struct pv_dataset_program *p, const struct pv_vector *v, size_t K, size_t k)
{
	double sum = 0;
	for (uint64_t row = v->first_row; row < v->first_row + v->n_rows; row++) {
		const size_t at = (size_t)row * K + k;
		sum += p->target_bytes == 2 ? ((const uint16_t *)p->targets)[at] : (double)((const uint32_t *)p->targets)[at];
	}
	return sum;
}

/* Sets the simulated time to NAN where the dataset does not have program or machine. */
static enum pv_status simulated(const struct pv_dataset *times, const struct pv_vector *v, const char *machine, double *ns,
                                struct pv_error *err)
{
	*ns = NAN;
	const struct pv_dataset_program *p = times ? find_program(times, v->program) : NULL;
	const int k = p ? find_machine(times, machine) : -1;
	if (k < 0)
		return PV_OK;
	const bool fits = v->phase ? v->first_row <= p->n_rows && v->n_rows <= p->n_rows - v->first_row : v->n_rows == p->n_rows;
	if (!fits) {
		base_error_set(err, PV_ERR_SHAPE,
		               "program '%s' has %llu micro-operations in the dataset; its program vector is of %llu from number %llu on",
		               v->program, (unsigned long long)p->n_rows, (unsigned long long)v->n_rows, (unsigned long long)v->first_row);
		return base_error_hint(err, "make the program vector from the dataset");
	}
	*ns = 0.1 * (v->phase ? phase_tenths(p, v, (size_t)pv_dataset_n_machines(times), (size_t)k) : (double)p->total[k]);
	return PV_OK;
}

/* ---- the prediction ---- */

enum pv_status pv_predict(const struct pv_model *model, const struct pv_vectors *vectors, int i, int k, const struct pv_dataset *times,
                          struct pv_prediction *prediction, struct pv_error *err)
{
	const int n = pv_vectors_count(vectors), K = model->info.n_machines;
	TRY(represent_vectors_check(vectors, model, err));
	FAIL_IF(i < 0 || i >= n, err, PV_ERR_ARG, "there is no program vector %d: there are %d, counted from 0", i, n);
	FAIL_IF(k < 0 || k >= K, err, PV_ERR_ARG, "the model has no machine %d: it has %d, counted from 0", k, K);
	const struct pv_vector *v = pv_vectors_at(vectors, i);
	const struct pv_model_machine *machine = pv_model_machine(model, k);
	struct pv_prediction x = {.time_ns = 0.1 * represent_vector_time(model, v->values, v->n_rows, k),
	                          .sampling_ns = sampling_ns(model, v, k)};
	x.cpi = pv_cpi(x.time_ns, machine->clock_mhz, v->n_insns);
	x.model_ns = x.time_ns * model_error_95(model, v, k);
	TRY(simulated(times, v, machine->name, &x.simulated_ns, err));
	x.error = x.simulated_ns > 0 ? x.time_ns / x.simulated_ns - 1 : NAN;
	*prediction = x;
	return PV_OK;
}
