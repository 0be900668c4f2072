/*
 * f_pt.c - any bytes as a PyTorch checkpoint, or as its pickle: an error, or parameters that can be read
 *
 * Files that begin with "PK" are checkpoints, others pickles: checksums would keep changed ones from getting that far.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/pickle.h"
#include "base/pt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const struct base_pt *pt)
{
	for (size_t i = 0; i < base_pt_count(pt); i++) {
		const struct base_pt_tensor *t = base_pt_at(pt, i);
		float *values = malloc((t->n + 1) * sizeof *values);
		if (values)
			base_pt_read_f32(pt, t, values, NULL);
		free(values);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_error err = {0};
	struct base_pickle pickle;
	struct base_pt *pt;
	if (size >= 2 && data[0] == 'P' && data[1] == 'K') {
		if (base_pt_parse(data, size, "fuzz", &pt, &err) == PV_OK) {
			read_all(pt);
			base_pt_close(pt);
		} else if (!err.message[0]) {
			abort();
		}
		return 0;
	}
	if (base_pickle_parse(data, size, "fuzz", &pickle, &err) == PV_OK)
		base_pickle_get(&pickle, &pickle.values[pickle.root], "model_state_dict");
	base_pickle_release(&pickle);
	return 0;
}
