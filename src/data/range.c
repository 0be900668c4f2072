/*
 * range.c - ranges of rows cut into segments
 */
#include "data/range.h"

size_t data_ranges_cut_max(const struct data_range *ranges, int n, uint64_t segment_rows)
{
	size_t max = 0;
	for (int i = 0; i < n; i++)
		max += (size_t)((ranges[i].end - ranges[i].begin) / segment_rows) + 2;
	return max;
}

/* All segments of the grid. The first cell of a range ends at the first grid line after its begin. */
static size_t cut_all(const struct data_range *ranges, int n, uint64_t segment_rows, uint64_t phase, struct data_range *segments)
{
	size_t count = 0;
	for (int i = 0; i < n; i++) {
		uint64_t at = ranges[i].begin;
		uint64_t line = at + (phase ? phase : segment_rows);
		while (at < ranges[i].end) {
			uint64_t end = line < ranges[i].end ? line : ranges[i].end;
			segments[count++] = (struct data_range){ranges[i].program, at, end};
			at = end;
			line += segment_rows;
		}
	}
	return count;
}

size_t data_ranges_cut(const struct data_range *ranges, int n, uint64_t segment_rows, uint64_t phase, uint64_t rows, double unit,
                       struct data_range *segments)
{
	size_t n_all = cut_all(ranges, n, segment_rows, phase, segments);
	uint64_t total = 0;
	for (size_t i = 0; i < n_all; i++)
		total += segments[i].end - segments[i].begin;
	if (!rows || rows >= total)
		return n_all;
	/* Keep the segment under each tick of a comb with equal distances, until there are enough rows. */
	double keep = (double)rows / (double)total * (double)n_all;
	double stride = keep < 1 ? (double)n_all : (double)n_all / keep;
	size_t count = 0, taken = 0;
	uint64_t have = 0;
	for (double tick = unit * stride; have < rows && (size_t)tick < n_all; tick += stride) {
		size_t i = (size_t)tick;
		if (i < taken)
			i = taken; /* rounding never takes a segment twice */
		if (i >= n_all)
			break;
		taken = i + 1;
		struct data_range s = segments[i];
		if (s.end - s.begin > rows - have)
			s.end = s.begin + (rows - have);
		have += s.end - s.begin;
		segments[count++] = s;
	}
	return count;
}
