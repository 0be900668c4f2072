/*
 * align.h - finds where two streams that ran apart come together again
 */
#ifndef PV_GEM5_ALIGN_H
#define PV_GEM5_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stream of keys and a hash of each PV_ALIGN_WINDOW keys in a row. */
struct pv_align_stream {
	const uint64_t *keys; /* (n) */
	uint64_t *windows;    /* (n - PV_ALIGN_WINDOW + 1): hash of the keys from there on */
	size_t n;
};

enum { PV_ALIGN_WINDOW = 20 };

/* pv_align_init - hash every window; keys (n) are borrowed. False when memory is out. pv_align_release frees */
bool pv_align_init(struct pv_align_stream *stream, const uint64_t *keys, size_t n);
void pv_align_release(struct pv_align_stream *stream);

/*
 * pv_align_resume - the fewest keys to leave out of both before they agree again for PV_ALIGN_WINDOW keys
 *
 * @i, @j              where they differ: a->keys[i] != b->keys[j]
 * @skip_a, @skip_b    keys to leave out; their sum is the least one
 *
 * Cost: grows with the distance, not with the streams. Returns: false when they never do
 */
bool pv_align_resume(const struct pv_align_stream *a, size_t i, const struct pv_align_stream *b, size_t j, size_t *skip_a, size_t *skip_b);

#endif
