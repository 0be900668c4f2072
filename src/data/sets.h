/*
 * sets.h - reuse distances within sets: how many distinct lines of a line's own set were touched since its last touch, plus one
 *
 * A set-associative LRU cache with that number of sets hits when the distance is not above its ways. A line that a fully associative cache
 * would hold, by its plain reuse distance, and this one does not, is a conflict miss. Each set keeps its latest lines in order.
 */
#ifndef DATA_SETS_H
#define DATA_SETS_H

#include <stdint.h>
#include <string.h>

/*
 * data_sets_touch - touch a line; returns its distance before that, or ways + 1 when it is larger or this is the first touch
 *
 * @latest  (sets, ways) lines plus one, the latest first; zero-filled to begin
 * @sets    a power of two
 */
static inline uint8_t data_sets_touch(uint64_t *latest, unsigned sets, unsigned ways, uint64_t line)
{
	uint64_t *set = latest + (line & (sets - 1)) * ways;
	unsigned at = 0;
	while (at < ways && set[at] != line + 1)
		at++;
	const unsigned moved = at < ways ? at : ways - 1;
	memmove(set + 1, set, moved * sizeof *set);
	set[0] = line + 1;
	return (uint8_t)(at + 1);
}

#endif
