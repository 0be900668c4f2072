/*
 * predict.c - times of programs on every machine of a model, with both error bars
 *
 *	cc predict.c $(pkg-config --cflags --libs perfvec) -o predict && ./predict model.safetensors vectors.npy program.pvt
 */
#include <stdio.h>
#include <string.h>

#include <perfvec/perfvec.h>

/* Appends the program vectors of an .npy file, or the vector of a trace. */
static enum pv_status add(const struct pv_model *model, const char *path, struct pv_vectors *vectors, struct pv_error *err)
{
	struct pv_vectors *more = NULL;
	struct pv_trace *trace = NULL;
	const int is_trace = !strstr(path, ".npy");
	enum pv_status status = is_trace ? pv_trace_open(path, &trace, err) : pv_vectors_load(path, &more, err);
	if (status == PV_OK)
		status = is_trace ? pv_represent_trace(model, trace, NULL, NULL, vectors, err) : pv_vectors_append(vectors, more, err);
	pv_trace_close(trace);
	pv_vectors_free(more);
	return status;
}

int main(int argc, char **argv)
{
	struct pv_error err = {.status = PV_ERR_ARG, .message = "usage: predict MODEL VECTORS.npy|TRACE.pvt..."};
	struct pv_model *model = NULL;
	struct pv_vectors *vectors = NULL;
	struct pv_prediction x;
	enum pv_status status = argc < 3 ? PV_ERR_ARG : pv_model_load(argv[1], &model, &err);
	if (status == PV_OK)
		status = pv_vectors_new(model, &vectors, &err);
	for (int i = 2; i < argc && status == PV_OK; i++)
		status = add(model, argv[i], vectors, &err);
	for (int i = 0; status == PV_OK && i < pv_vectors_count(vectors); i++)
		for (int k = 0;
		     k < pv_model_info(model)->n_machines && (status = pv_predict(model, vectors, i, k, NULL, &x, &err)) == PV_OK; k++)
			printf("%-12s %-12s %12.3f us  CPI %6.3f  model +- %.1f %%  sampling +- %.1f %%\n",
			       pv_vectors_at(vectors, i)->program, pv_model_machine(model, k)->name, x.time_ns * 1e-3, x.cpi,
			       100 * x.model_ns / x.time_ns, 100 * x.sampling_ns / x.time_ns);
	if (status != PV_OK)
		fprintf(stderr, "error: %s\n", err.message);
	pv_vectors_free(vectors);
	pv_model_free(model);
	return status != PV_OK;
}
