/*
 * align.c - finds where two streams that ran apart come together again
 *
 * Each window of keys has a rolling hash. From the point of difference the windows of one stream within a reach go into a table, those of
 * the other are looked up; the reach doubles until something is found that no larger reach can better.
 */
#include "gem5/align.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_REACH = 64 };

static size_t n_windows(const struct gem5_align_stream *s)
{
	return s->n >= GEM5_ALIGN_WINDOW ? s->n - GEM5_ALIGN_WINDOW + 1 : 0;
}

static uint64_t mix(uint64_t key)
{
	key *= 0x9e3779b97f4a7c15u;
	return key ^ key >> 29;
}

bool gem5_align_init(struct gem5_align_stream *s, const uint64_t *keys, size_t n)
{
	const uint64_t base = 0xd6e8feb86659fd93u;
	*s = (struct gem5_align_stream){.keys = keys, .n = n};
	s->windows = malloc((n + 1) * sizeof *s->windows);
	if (!s->windows)
		return false;
	uint64_t hash = 0, oldest = 1;
	for (int i = 0; i < GEM5_ALIGN_WINDOW; i++)
		oldest *= base;
	for (size_t i = 0; i < n; i++) {
		hash = hash * base + mix(keys[i]);
		if (i >= GEM5_ALIGN_WINDOW)
			hash -= oldest * mix(keys[i - GEM5_ALIGN_WINDOW]);
		if (i + 1 >= GEM5_ALIGN_WINDOW)
			s->windows[i + 1 - GEM5_ALIGN_WINDOW] = hash;
	}
	return true;
}

void gem5_align_release(struct gem5_align_stream *s)
{
	free(s->windows);
	*s = (struct gem5_align_stream){0};
}

struct slot {
	uint64_t window;
	size_t at_plus_1; /* 0: free */
};

static struct slot *find(struct slot *slots, size_t n_slots, uint64_t window)
{
	size_t i = (size_t)(window >> 20) & (n_slots - 1);
	while (slots[i].at_plus_1 && slots[i].window != window)
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

/* The best pair with both within reach; false when there is none. */
static bool search(const struct gem5_align_stream *a, size_t i, const struct gem5_align_stream *b, size_t j, size_t reach,
                   struct slot *slots, size_t n_slots, size_t *skip_a, size_t *skip_b)
{
	bool found = false;
	memset(slots, 0, n_slots * sizeof *slots);
	for (size_t y = 0; y < reach && j + y < n_windows(b); y++) {
		struct slot *slot = find(slots, n_slots, b->windows[j + y]);
		if (!slot->at_plus_1)
			*slot = (struct slot){b->windows[j + y], y + 1};
	}
	for (size_t x = 0; x < reach && i + x < n_windows(a) && (!found || x < *skip_a + *skip_b); x++) {
		const struct slot *slot = find(slots, n_slots, a->windows[i + x]);
		size_t y = slot->at_plus_1 - 1;
		if (!slot->at_plus_1 || (found && x + y >= *skip_a + *skip_b))
			continue;
		found = true;
		*skip_a = x;
		*skip_b = y;
	}
	return found;
}

bool gem5_align_resume(const struct gem5_align_stream *a, size_t i, const struct gem5_align_stream *b, size_t j, size_t *skip_a,
                       size_t *skip_b)
{
	for (size_t reach = FIRST_REACH;; reach *= 4) {
		size_t n_slots = 4 * reach;
		struct slot *slots = malloc(n_slots * sizeof *slots);
		if (!slots)
			return false;
		bool found = search(a, i, b, j, reach, slots, n_slots, skip_a, skip_b);
		free(slots);
		/* beyond the reach the sum is larger than the reach */
		if (found && *skip_a + *skip_b <= reach)
			return true;
		if (i + reach >= n_windows(a) && j + reach >= n_windows(b))
			return found;
	}
}
