/*
 * align.h - finds where two streams that ran apart come together again
 */
#ifndef GEM5_ALIGN_H
#define GEM5_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stream of keys and a hash of each GEM5_ALIGN_WINDOW keys in a row. */
struct gem5_align_stream {
	const uint64_t *keys; /* (n) */
	uint64_t *windows;    /* (n - GEM5_ALIGN_WINDOW + 1): hash of the keys from there on */
	size_t n;
};

enum { GEM5_ALIGN_WINDOW = 20 };

/* gem5_align_init - hash every window; keys (n) are borrowed. False when memory is out. gem5_align_release frees */
bool gem5_align_init(struct gem5_align_stream *stream, const uint64_t *keys, size_t n);
void gem5_align_release(struct gem5_align_stream *stream);

/*
 * gem5_align_resume - the fewest keys to leave out of both before they agree again for GEM5_ALIGN_WINDOW keys
 *
 * @i, @j              where they differ: a->keys[i] != b->keys[j]
 * @skip_a, @skip_b    keys to leave out; their sum is the least one
 *
 * Cost: grows with the distance, not with the streams. Returns: false when they never do
 */
bool gem5_align_resume(const struct gem5_align_stream *a, size_t i, const struct gem5_align_stream *b, size_t j, size_t *skip_a,
                       size_t *skip_b);

#endif
