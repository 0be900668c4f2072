/*
 * f_safetensors.c - a reader of safetensors must not crash, whatever the bytes; what it accepts must be readable to the last byte
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct base_safetensors *f;
	struct pv_error err;
	if (base_safetensors_parse(data, size, "fuzz", &f, &err) != PV_OK)
		return 0;
	for (size_t i = 0; i < base_safetensors_count(f); i++) {
		const struct base_tensor_view *v = base_safetensors_at(f, i);
		const size_t n_bytes = v->n * base_dtype_bytes(v->dtype);
		unsigned sum = 0;
		for (size_t j = 0; j < n_bytes; j++)
			sum += ((const uint8_t *)v->data)[j];
		float *out = malloc(v->n * sizeof *out + 1);
		if (out && base_safetensors_read_f32(f, v->name, v->dims, v->n_dims, out, &err) == PV_OK && v->n)
			sum += out[0] > 0;
		free(out);
		sink = sum;
	}
	const char *key, *value;
	for (size_t i = 0; base_safetensors_metadata_at(f, i, &key, &value); i++)
		sink += (unsigned)*value;
	base_safetensors_close(f);
	return 0;
}
