/*
 * f_dataset.c - any bytes as a dataset's manifest: an error, or programs whose parts lie inside their rows and names that are plain
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/dataset.h>
#include <perfvec/features.h>

#include "base/text.h"
#include "data/dataset_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_dataset *d;
	struct pv_error err;
	if (dataset_parse_manifest(data, size, &d, &err) != PV_OK) {
		require(err.message[0] != '\0');
		return 0;
	}
	int n_machines = pv_dataset_n_machines(d);
	require(n_machines > 0 && pv_dataset_n_programs(d) > 0);
	require(pv_target_name((unsigned)pv_dataset_info(d)->target) != NULL);
	for (int k = 0; k < n_machines; k++) {
		const struct pv_dataset_machine *m = pv_dataset_machine(d, k);
		require(base_name_ok(m->name) && m->clock_mhz > 0 && !strncmp(m->path, "./", 2) && !strstr(m->path, "/../"));
	}
	uint64_t n_rows = 0;
	for (int i = 0; i < pv_dataset_n_programs(d); i++) {
		const struct pv_dataset_program *p = pv_dataset_program(d, i);
		require(base_name_ok(p->name) && p->n_insns <= p->n_rows);
		for (int s = 0; s < PV_N_SPLITS; s++)
			require(p->begin[s] <= p->end[s] && p->end[s] <= p->n_rows);
		n_rows += p->n_rows;
	}
	require(n_rows == pv_dataset_info(d)->n_rows);
	pv_dataset_close(d);
	return 0;
}
