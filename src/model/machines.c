/*
 * machines.c - checks that a dataset fits a model
 *
 * A model names its machines, and names are chosen freely: two datasets may call different machines alike. So a model also keeps a
 * fingerprint of each machine's parameters, taken from the machine file's text line by line.
 */
#include "model/machines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/uarch.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

/* Length of a line without its comment and trailing blanks. A '#' is a comment where YAML says so: at the start or after a blank, outside
 * of quotes. */
static size_t bare_length(const char *line, size_t n)
{
	char quote = 0;
	for (size_t i = 0; i < n; i++) {
		char c = line[i];
		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t'))
			n = i;
	}
	while (n && (line[n - 1] == ' ' || line[n - 1] == '\t' || line[n - 1] == '\r'))
		n--;
	return n;
}

static bool is_label(const char *line, size_t n)
{
	static const char *const labels[] = {"name:", "origin:", "perfvec_machine:"};
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (n >= strlen(labels[i]) && !memcmp(line, labels[i], strlen(labels[i])))
			return true;
	return false;
}

enum pv_status model_machine_parameters(const char *path, uint64_t *parameters, struct pv_error *err)
{
	struct base_map map;
	TRY(base_map_open(&map, path, err));
	uint64_t h = BASE_HASH_START;
	const char *at = (const char *)map.data, *end = at + map.n_bytes;
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		const size_t whole = stop ? (size_t)(stop - at) : (size_t)(end - at), n = bare_length(at, whole);
		if (n && !is_label(at, n)) {
			h = base_hash(h, at, n);
			h = base_hash(h, "\n", 1);
		}
		at += whole + (stop != NULL);
	}
	base_map_close(&map);
	*parameters = h ? h : 1;
	return PV_OK;
}

enum pv_status model_copy_machine(struct pv_model *model, int k, const struct pv_dataset_machine *machine, enum pv_machine_state state,
                                  struct pv_error *err)
{
	uint64_t parameters;
	TRY(model_machine_parameters(machine->path, &parameters, err));
	TRY(model_set_machine(model, k, machine->name, machine->clock_mhz, state, err));
	model->machines[k].parameters = parameters;
	return PV_OK;
}

static enum pv_status check_machine(const struct pv_model_machine *mine, const struct pv_dataset_machine *theirs, struct pv_error *err)
{
	uint64_t parameters;
	TRY(model_machine_parameters(theirs->path, &parameters, err));
	if (parameters == mine->parameters)
		return PV_OK;
	base_error_set(err, PV_ERR_ARG, "machine '%s' of the dataset has other parameters than the one the model learnt under that name",
	               mine->name);
	return base_error_hint(err, "'perfvec tune --uarch %s' learns the dataset's, and takes the other's place", mine->name);
}

enum pv_status pv_model_check_dataset(const struct pv_model *model, const struct pv_dataset *dataset, const int *machines, int n,
                                      struct pv_error *err)
{
	TRY(data_target_check(dataset, err));
	for (int i = 0; i < n; i++) {
		const struct pv_model_machine *mine = pv_model_machine(model, machines[i]);
		for (int k = 0; mine->parameters && k < pv_dataset_n_machines(dataset); k++)
			if (!strcmp(pv_dataset_machine(dataset, k)->name, mine->name))
				TRY(check_machine(mine, pv_dataset_machine(dataset, k), err));
	}
	return PV_OK;
}

/* The power of two by which a cache is larger than `unit` bytes; 0 without that cache. */
static enum pv_status cache_power(const struct pv_uarch *u, const char *cache, double unit, float *power, struct pv_error *err)
{
	char param[32], text[64];
	*power = 0.0F;
	snprintf(param, sizeof param, "%s.present", cache);
	if (pv_uarch_get_param(u, param, text, sizeof text, NULL) == PV_OK && strcmp(text, "true"))
		return PV_OK;
	snprintf(param, sizeof param, "%s.size_bytes", cache);
	TRY(pv_uarch_get_param(u, param, text, sizeof text, err));
	*power = (float)log2(strtod(text, NULL) / unit);
	return PV_OK;
}

enum pv_status model_describe_machines(const struct model_encoder *encoder, const struct pv_dataset *dataset,
                                       const struct data_columns *columns, float *params, struct pv_error *err)
{
	for (int k = 0; k < columns->n; k++) {
		struct pv_uarch *u;
		float powers[2] = {0, 0};
		TRY(pv_uarch_load(pv_dataset_machine(dataset, columns->column[k])->path, &u, err));
		enum pv_status status = cache_power(u, "l1d", 2048, &powers[0], err);
		if (status == PV_OK)
			status = cache_power(u, "l2", 131072, &powers[1], err);
		pv_uarch_free(u);
		TRY(status);
		model_encoder_describe(encoder, params, k, powers);
	}
	return PV_OK;
}
