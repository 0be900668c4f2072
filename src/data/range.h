/*
 * range.h - consecutive rows of one program of a dataset: what is trained on, validated on, summed over
 */
#ifndef DATA_RANGE_H
#define DATA_RANGE_H

#include <stddef.h>
#include <stdint.h>

/* Consecutive rows of one program. */
struct data_range {
	int program;
	uint64_t begin, end;
};

/*
 * data_ranges_cut - cut ranges into segments on a grid and keep a systematic sample of them
 *
 * @phase     the grid is shifted by phase rows, 0 <= phase < segment_rows
 * @rows      keep about this many rows, spread evenly over the ranges; 0 keeps all
 * @unit      where in each sampling interval the kept segment lies, in [0, 1)
 * @segments  filled; room for data_ranges_cut_max(ranges, n, segment_rows)
 *
 * Returns the number of segments kept; the last one is shortened when that meets `rows`.
 */
size_t data_ranges_cut(const struct data_range *ranges, int n, uint64_t segment_rows, uint64_t phase, uint64_t rows, double unit,
                       struct data_range *segments);
size_t data_ranges_cut_max(const struct data_range *ranges, int n, uint64_t segment_rows);

#endif
