/*
 * f_learn_rep.c - any bytes as the file that describes samples to learn from: an error, or ranges that lie inside the samples
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perfvec/learn_rep.h>

#include "base/npy.h"
#include "model/model.h"

enum { D = 4, N = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static char folder[64]; /* with the samples; goes with the process */

static void remove_folder(void)
{
	char command[96];
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	if (system(command) != 0)
		fprintf(stderr, "cannot remove %s\n", folder);
}

static void make_samples(void)
{
	const uint64_t columns = D + 1;
	struct base_npy_writer w;
	double row[D + 1] = {1, 2, 3, 4, 1e-3};
	char path[96];
	strcpy(folder, "/tmp/f_learn_rep.XXXXXX");
	require(mkdtemp(folder) && atexit(remove_folder) == 0);
	snprintf(path, sizeof path, "%s/s.npy", folder);
	require(base_npy_create(&w, path, "'<f8'", &columns, 1, NULL) == PV_OK);
	for (int i = 0; i < N; i++, row[0]++)
		require(base_npy_append(&w, row, 1, NULL) == PV_OK);
	require(base_npy_commit(&w, NULL) == PV_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pv_train_options options = pv_train_defaults();
	struct model_expression e;
	struct pv_model *foundation;
	struct pv_learn_rep_plan plan;
	struct pv_error err;
	char path[96];
	if (!folder[0])
		make_samples();
	snprintf(path, sizeof path, "%s/c.yaml", folder);
	FILE *f = fopen(path, "wb");
	require(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
	require(model_expression_parse("InsLSTM(4,1,narchs=2,bias=False)", 0, 0, PV_N_FEATURES, 2, &e, NULL) == PV_OK);
	require(model_new(&e, &foundation, NULL) == PV_OK);
	if (pv_learn_rep_plan(foundation, path, "Predictor(cfg,bias=False)", &options, &plan, &err) == PV_OK)
		require(plan.n_train >= 1 && plan.n_train + plan.n_valid == N && plan.machine[0] && !strchr(plan.machine, '\n'));
	else
		require(err.message[0] != '\0');
	pv_model_free(foundation);
	return 0;
}
