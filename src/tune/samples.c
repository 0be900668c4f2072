/*
 * samples.c - stored representations with measured times
 *
 *   YAML file -> .npy of (N, D+1): a representation, then its time in seconds -> divided by root mean squares over the training samples
 */
#include "tune/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/npy.h"
#include "base/yaml.h"
#include "nn/blas.h"

static const double units_per_s = 1e10; /* of 0.1 ns */

/* ---- the description ---- */

static enum pv_status default_name(const char *cfg, char name[128], struct pv_error *err)
{
	const char *base = base_path_base(cfg), *point = strrchr(base, '.');
	const int n = point && point > base ? (int)(point - base) : (int)strlen(base);
	FAIL_IF(n < 1 || n > 127, err, PV_ERR_ARG, "'%s' gives the machine no name; say machine: NAME in it", cfg);
	snprintf(name, 128, "%.*s", n, base);
	return PV_OK;
}

static enum pv_status read_keys(const struct base_yaml_node *root, const char *cfg, struct tune_samples *s, char **path,
                                struct pv_error *err)
{
	static const char *const keys[] = {"dataset", "valid_start", "valid_end", "machine", "clock_mhz"};
	const char *file, *name;
	TRY(base_yaml_expect(root, BASE_YAML_MAP, err));
	TRY(base_yaml_check_keys(root, keys, sizeof keys / sizeof *keys, err));
	TRY(base_yaml_get_string(root, "dataset", &file, err));
	TRY(default_name(cfg, s->machine, err));
	if (base_yaml_find(root, "machine")) {
		TRY(base_yaml_get_string(root, "machine", &name, err));
		FAIL_IF(!*name || strlen(name) >= sizeof s->machine || strchr(name, '\n'), err, PV_ERR_FORMAT, "'%s': '%.40s' is no name",
		        cfg, name);
		strcpy(s->machine, name);
	}
	if (base_yaml_find(root, "clock_mhz"))
		TRY(base_yaml_get_double(root, "clock_mhz", 1e-3, 1e9, &s->clock_mhz, err));
	if (base_yaml_find(root, "valid_start") || base_yaml_find(root, "valid_end")) {
		uint64_t begin, end;
		TRY(base_yaml_get_uint(root, "valid_start", UINT32_MAX, &begin, err));
		TRY(base_yaml_get_uint(root, "valid_end", UINT32_MAX, &end, err));
		s->valid_begin = (size_t)begin;
		s->valid_end = (size_t)end;
		FAIL_IF(end < begin, err, PV_ERR_RANGE, "'%s': validation ends before it starts", cfg);
	}
	char *folder = base_path_dir(cfg);
	*path = *file == '/' ? strdup(file) : folder ? base_path_join(folder, file) : NULL;
	free(folder);
	FAIL_IF(!*path, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

static enum pv_status read_description(const char *cfg, struct tune_samples *s, char **path, struct pv_error *err)
{
	struct base_yaml *doc;
	TRY(base_yaml_load(cfg, &doc, err));
	enum pv_status status = read_keys(base_yaml_root(doc), cfg, s, path, err);
	base_yaml_free(doc);
	return status;
}

/* ---- the array ---- */

static double element(const struct base_npy *npy, size_t i)
{
	return npy->item_bytes == 4 ? (double)((const float *)npy->data)[i] : ((const double *)npy->data)[i];
}

/* Root mean square of a column over the training samples; 1 where it is 0. */
static double column_scale(const struct tune_samples *s, const struct base_npy *npy, size_t column)
{
	double sum = 0;
	for (size_t i = 0; i < s->n_train; i++) {
		const double v = element(npy, s->train[i] * ((size_t)s->D + 1) + column);
		sum += v * v;
	}
	return sum > 0 ? sqrt(sum / (double)s->n_train) : 1;
}

/* Training samples are those outside the validation range, at most so many of them. */
static enum pv_status split(struct tune_samples *s, const char *path, uint64_t most, struct pv_error *err)
{
	FAIL_IF(s->valid_end > s->N, err, PV_ERR_RANGE, "'%s' has %zu samples; validation ends at %zu", path, s->N, s->valid_end);
	s->train = malloc((s->N + 1) * sizeof *s->train);
	FAIL_IF(!s->train, err, PV_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < s->N && (!most || s->n_train < most); i++)
		if (i < s->valid_begin || i >= s->valid_end)
			s->train[s->n_train++] = (uint32_t)i;
	FAIL_IF(!s->n_train, err, PV_ERR_ARG, "'%s' has no training samples", path);
	return PV_OK;
}

static enum pv_status fill(struct tune_samples *s, const struct base_npy *npy, const char *path, bool plain, struct pv_error *err)
{
	const size_t D = (size_t)s->D;
	for (size_t d = 0; d < D; d++)
		s->scale[d] = plain ? 1 : (float)column_scale(s, npy, d);
	s->y_scale = plain ? 1 : (float)(column_scale(s, npy, D) * units_per_s);
	for (size_t i = 0; i < s->N; i++) {
		for (size_t d = 0; d <= D; d++)
			FAIL_IF(!isfinite(element(npy, i * (D + 1) + d)), err, PV_ERR_RANGE, "'%s': sample %zu, column %zu is not finite",
			        path, i, d);
		for (size_t d = 0; d < D; d++)
			s->x[i * D + d] = (float)(element(npy, i * (D + 1) + d) / (double)s->scale[d]);
		s->y[i] = (float)(element(npy, i * (D + 1) + D) * units_per_s);
	}
	return PV_OK;
}

static enum pv_status check_array(const struct base_npy *npy, const char *path, int D, struct pv_error *err)
{
	if (base_npy_expect(npy, path, "'<f4'", NULL) != PV_OK)
		TRY(base_npy_expect(npy, path, "'<f8'", err));
	FAIL_IF(npy->n_dims != 2 || npy->shape[0] > UINT32_MAX, err, PV_ERR_SHAPE, "'%s' is not a table of samples", path);
	FAIL_IF(npy->shape[1] != (uint64_t)D + 1, err, PV_ERR_SHAPE,
	        "'%s' has %llu columns; the model's representations have %d, and the time is one more", path,
	        (unsigned long long)npy->shape[1], D);
	return PV_OK;
}

static enum pv_status read_array(struct tune_samples *s, const struct base_npy *npy, const char *path, uint64_t most, bool plain,
                                 struct pv_error *err)
{
	TRY(check_array(npy, path, s->D, err));
	s->N = (size_t)npy->shape[0];
	TRY(split(s, path, most, err));
	s->x = nn_floats_new(s->N * (size_t)s->D);
	s->y = nn_floats_new(s->N);
	s->scale = nn_floats_new((size_t)s->D);
	FAIL_IF(!s->x || !s->y || !s->scale, err, PV_ERR_NOMEM, "out of memory for %zu samples", s->N);
	return fill(s, npy, path, plain, err);
}

enum pv_status tune_samples_read(const char *cfg, int D, uint64_t most, bool plain, struct tune_samples *s, struct pv_error *err)
{
	char *path = NULL;
	struct base_npy npy;
	*s = (struct tune_samples){.clock_mhz = 1000, .D = D};
	enum pv_status status = read_description(cfg, s, &path, err);
	if (status == PV_OK)
		status = base_npy_open(&npy, path, err);
	if (status == PV_OK) {
		status = read_array(s, &npy, path, most, plain, err);
		base_npy_close(&npy);
	}
	free(path);
	return status;
}

void tune_samples_release(struct tune_samples *s)
{
	free(s->x);
	free(s->y);
	free(s->scale);
	free(s->train);
	*s = (struct tune_samples){0};
}
