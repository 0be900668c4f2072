/*
 * sample.h - systematic samples of a program's rows, and what they say about its vector
 */
#ifndef REPRESENT_SAMPLE_H
#define REPRESENT_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Units of `unit` rows in the middle of every `period` rows; period 0: one unit of all rows. Rows before a unit by which the state of
 * features (reuse distances, branch histories) is brought up to date: `warmup`; UINT64_MAX: all there are.
 */
struct represent_sample_plan {
	uint64_t unit, period, warmup;
};

/* represent_sample_units - how many units end within n_rows;  represent_sample_begin - first row of unit i */
uint64_t represent_sample_units(const struct represent_sample_plan *plan, uint64_t n_rows);
uint64_t represent_sample_begin(const struct represent_sample_plan *plan, uint64_t i);

/*
 * represent_sample_estimate - the vector of a program from those of its units
 *
 * @units   (n, D) sums over the units of `unit` rows each; overwritten by the deviations of struct pv_vector
 * @n_rows  of the program
 * @values  (D) set
 */
void represent_sample_estimate(double *units, size_t n, int D, uint64_t unit, uint64_t n_rows, double *values);

#endif
