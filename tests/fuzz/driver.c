/*
 * driver.c - runs a fuzz target without libFuzzer: over a corpus folder and over seeded mutations of its files
 *
 * Usage: f_NAME CORPUS_DIR [ROUNDS]. Every file is given whole, truncated, and with bytes changed; the same seed gives the same inputs.
 * A target fails by crashing or through a sanitizer. `make fuzz` links the same targets with libFuzzer instead.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	long n = ftell(f);
	rewind(f);
	uint8_t *data = n >= 0 ? malloc((size_t)n + 1) : NULL;
	if (data)
		*size = fread(data, 1, (size_t)n, f);
	fclose(f);
	return data;
}

/* Give an exactly sized copy, so that a sanitizer sees every read past its end. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void mutate(struct base_random *rng, uint8_t *data, size_t *size)
{
	int n = 1 + (int)base_random_below(rng, 4);
	for (int i = 0; i < n && *size; i++) {
		size_t at = base_random_below(rng, *size);
		switch (base_random_below(rng, 5)) {
		case 0: data[at] ^= (uint8_t)(1u << base_random_below(rng, 8)); break;
		case 1: data[at] = (uint8_t)base_random_u64(rng); break;
		case 2: data[at] = base_random_below(rng, 2) ? 0xff : 0; break;
		case 3: *size = at; break;
		case 4: memset(data + at, (int)base_random_below(rng, 256), *size - at < 8 ? *size - at : 8); break;
		}
	}
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int rounds = argc > 2 ? atoi(argv[2]) : 400;
	struct base_random rng;
	base_random_init(&rng, 1);
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	struct dirent **names;
	int n = scandir(argv[1], &names, NULL, alphasort);
	if (n < 0) {
		fprintf(stderr, "no corpus folder '%s'\n", argv[1]);
		return 1;
	}
	int n_files = 0;
	for (int i = 0; i < n; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", argv[1], names[i]->d_name);
		size_t size = 0;
		uint8_t *data = names[i]->d_name[0] == '.' ? NULL : read_file(path, &size);
		free(names[i]);
		if (!data)
			continue;
		n_files++;
		run(data, size);
		uint8_t *work = malloc(size + 1);
		for (int r = 0; work && r < rounds; r++) {
			size_t m = size;
			memcpy(work, data, size);
			mutate(&rng, work, &m);
			run(work, m);
		}
		free(work);
		free(data);
	}
	free(names);
	printf("%d corpus files, %d mutations each\n", n_files, rounds);
	return n_files ? 0 : 1;
}
