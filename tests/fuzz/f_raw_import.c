/*
 * f_raw_import.c - any bytes as PerfVec's raw files: an error that names a file and leaves nothing, or a dataset that is whole and gives
 * the same bytes back, entropies rounded to six digits apart
 *
 * The first byte says of which type targets are (bits 0-1), how many machines are named (bits 2-3), and whether one target is kept (bit 4);
 * two more say how long the features are; the rest is features, then targets.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perfvec/exchange.h>
#include <perfvec/features.h>

#include "base/file.h"
#include "base/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static char *join(const char *folder, const char *name)
{
	char *path = base_path_join(folder, name);
	require(path != NULL);
	return path;
}

static void write_file(const char *folder, const char *name, const uint8_t *data, size_t size)
{
	char *path = join(folder, name);
	FILE *f = fopen(path, "wb");
	require(f && fwrite(data, 1, size, f) == size);
	require(fclose(f) == 0);
	free(path);
}

static bool is_entropy(size_t i)
{
	return i % PV_N_FEATURES == PV_FEATURE_AT_entropy_before || i % PV_N_FEATURES == PV_FEATURE_AT_entropy_after;
}

static void same_features(const uint8_t *given, const struct base_map *out, size_t n_bytes)
{
	require(out->n_bytes <= n_bytes);
	for (size_t i = 0; i < out->n_bytes / sizeof(float); i++) {
		float a, b;
		memcpy(&a, given + i * sizeof a, sizeof a);
		memcpy(&b, out->data + i * sizeof b, sizeof b);
		require(is_entropy(i) ? fabsf(a - b) < 6e-7F : a == b);
	}
}

static void export_again(const char *folder, const struct pv_dataset *d, const struct pv_import_options *o, const uint8_t *in, size_t n_in,
                         const uint8_t *out, size_t n_out)
{
	struct pv_export_options options = {.wide = o->type == PV_RAW_UINT32};
	char *raw = join(folder, "again"), *in_path = join(raw, "p.in.mmap"), *out_path = join(raw, "p.out.mmap");
	require(pv_dataset_export(d, raw, &options, NULL, NULL, NULL) == PV_OK);
	struct base_map map;
	require(base_map_open(&map, in_path, NULL) == PV_OK);
	same_features(in, &map, n_in);
	base_map_close(&map);
	require(base_map_open(&map, out_path, NULL) == PV_OK);
	require(map.n_bytes == n_out && (o->one_target || !memcmp(map.data, out, n_out)));
	base_map_close(&map);
	free(raw);
	free(in_path);
	free(out_path);
}

static void import(const char *folder, struct pv_import_options *o, const uint8_t *in, size_t n_in, const uint8_t *out, size_t n_out)
{
	struct pv_error err = {0};
	char *path = join(folder, "d");
	const char *inputs[1] = {folder};
	o->inputs = inputs;
	o->n_inputs = 1;
	if (pv_dataset_import(o, path, NULL, &err) != PV_OK) {
		require(strstr(err.message, "p.") != NULL && access(path, F_OK) != 0);
	} else {
		struct pv_dataset *d;
		require(pv_dataset_open(path, &d, NULL) == PV_OK);
		require(o->n_machines == 0 || pv_dataset_n_machines(d) == o->n_machines);
		export_again(folder, d, o, in, n_in, out, n_out);
		pv_dataset_close(d);
	}
	free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	char folder[] = "/tmp/f_raw_import.XXXXXX";
	require(mkdtemp(folder) != NULL);
	size_t n_in = (size_t)(data[1] | data[2] << 8), n_rest = size - 3;
	n_in = n_in < n_rest ? n_in : n_rest;
	struct pv_import_options o = {.type = (enum pv_raw_type)((data[0] & 3) % 3),
	                              .n_machines = data[0] >> 2 & 3,
	                              .one_target = data[0] >> 4 & 1,
	                              .target = PV_TARGET_store_commit};
	write_file(folder, "p.in.mmap", data + 3, n_in);
	write_file(folder, "p.out.mmap", data + 3 + n_in, n_rest - n_in);
	import(folder, &o, data + 3, n_in, data + 3 + n_in, n_rest - n_in);
	base_remove_tree(folder);
	return 0;
}
