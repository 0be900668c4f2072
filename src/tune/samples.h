/*
 * samples.h - stored representations with measured times, and the YAML file that describes them (perfvec/learn_rep.h)
 */
#ifndef TUNE_SAMPLES_H
#define TUNE_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Samples of one machine, in memory. */
struct tune_samples {
	char machine[128];
	double clock_mhz;
	int D;
	size_t N;
	float *x, *y;          /* (N, D) divided by scale; (N) times, 0.1 ns */
	float *scale, y_scale; /* (D) root mean squares over the training samples, 1 where nothing is scaled; of times, 0.1 ns */
	uint32_t *train;       /* (n_train) numbers of the samples that are trained on */
	size_t n_train;
	size_t valid_begin, valid_end; /* samples that validate; none when they are the same */
};

/*
 * tune_samples_read - read the samples that a YAML file names
 *
 * @D      length of a representation
 * @most   train on the first so many of those that do not validate; 0: all
 * @plain  leave representations and times as they are
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_FORMAT, PV_ERR_SHAPE (another D), PV_ERR_RANGE (the validation range; an element that
 * is not finite), PV_ERR_ARG (nothing to train on, no name for the machine), PV_ERR_NOMEM. tune_samples_release takes a zero struct, too
 */
enum pv_status tune_samples_read(const char *cfg, int D, uint64_t most, bool plain, struct tune_samples *samples, struct pv_error *err);
void tune_samples_release(struct tune_samples *samples);

#endif
