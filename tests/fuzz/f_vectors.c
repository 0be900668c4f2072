/*
 * f_vectors.c - any bytes as program vectors: an error, or vectors that are finite
 *
 * An input is three files: the lengths of the first two as u16, then PATH.yaml, PATH.npy and PATH.deviations.npy.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perfvec/model.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_file(const char *dir, const char *name, const uint8_t *data, size_t n)
{
	char path[64];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0)
		abort();
}

static void check(const struct pv_vectors *v)
{
	const size_t D = (size_t)pv_vectors_n_repr(v);
	for (int i = 0; i < pv_vectors_count(v); i++) {
		const struct pv_vector *x = pv_vectors_at(v, i);
		for (size_t d = 0; d < D; d++)
			if (!isfinite(x->values[d]))
				abort();
		for (size_t d = 0; d < x->n_units * D; d++)
			if (!isfinite(x->deviations[d]))
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"x.yaml", "x.npy", "x.deviations.npy"};
	char dir[] = "/tmp/f_vectors.XXXXXX", path[64];
	struct pv_error err = {0};
	struct pv_vectors *v, *whole;
	if (size < 4 || !mkdtemp(dir))
		return 0;
	const uint8_t *at = data + 4, *end = data + size;
	for (int i = 0; i < 3; i++) {
		size_t n = i < 2 ? (size_t)(data[2 * i] | data[2 * i + 1] << 8) : SIZE_MAX;
		n = n < (size_t)(end - at) ? n : (size_t)(end - at);
		write_file(dir, names[i], at, n);
		at += n;
	}
	snprintf(path, sizeof path, "%s/x.npy", dir);
	if (pv_vectors_load(path, &v, &err) == PV_OK) {
		check(v);
		if (pv_vectors_whole(v, &whole, &err) == PV_OK)
			pv_vectors_free(whole);
		pv_vectors_free(v);
	} else if (!err.message[0]) {
		abort();
	}
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
	return 0;
}
