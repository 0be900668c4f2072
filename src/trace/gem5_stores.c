/*
 * gem5_stores.c - where the stores of a gem5 trace are
 */
#include "trace/gem5_stores.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static const char *const packings[] = {"", ".zst", ".gz", ".xz"};
enum { N_PACKINGS = sizeof packings / sizeof *packings };

/* prefix(n) + suffix, as it is or compressed, whichever exists; else NULL. */
static char *existing(const char *prefix, size_t n, const char *suffix)
{
	size_t room = n + strlen(suffix) + 8;
	char *path = malloc(room);
	for (int i = 0; path && i < N_PACKINGS; i++) {
		snprintf(path, room, "%.*s%s%s", (int)n, prefix, suffix, packings[i]);
		if (exists(path))
			return path;
	}
	free(path);
	return NULL;
}

static bool ends_with(const char *text, size_t n, const char *end)
{
	size_t m = strlen(end);
	return n > m && !memcmp(text + n - m, end, m);
}

char *trace_gem5_find_stores(const char *path)
{
	size_t n = strlen(path);
	for (int i = 1; i < N_PACKINGS; i++)
		if (ends_with(path, n, packings[i])) {
			n -= strlen(packings[i]);
			break;
		}
	if (ends_with(path, n, ".txt"))
		n -= 4;
	char *sq = existing(path, n, ".sq.txt");
	if (!sq && n >= 5 && !strncmp(path + n - 5, "trace", 5))
		sq = existing(path, n - 5, "sq.trace.txt");
	return sq;
}
