/*
 * feed_samples.h - training on stored representations with measured times: the reference's --learn-rep
 *
 * A step holds B samples of those that are trained on, shuffled anew each epoch. The network sees representations and gives times that are
 * divided by y_scale; the loss is that of times in 0.1 ns.
 */
#ifndef TRAIN_FEED_SAMPLES_H
#define TRAIN_FEED_SAMPLES_H

#include "nn/sequential.h"
#include "nn/losses.h"
#include "train/feed.h"

/* Samples (N) in memory. */
struct train_samples {
	size_t N;
	int D;
	const float *x; /* (N, D) as the network sees them */
	const float *y; /* (N) 0.1 ns */
	float y_scale;
	const uint32_t *train; /* (n_train) numbers of those that are trained on */
	size_t n_train;
};

/*
 * train_samples_new - a feed of samples
 *
 * @samples, @chain  borrowed
 * @B                samples of a step
 */
enum pv_status train_samples_new(const struct train_samples *samples, const struct nn_sequential *chain, int B, enum nn_loss_kind loss,
                                 uint64_t seed, struct train_feed **feed, struct pv_error *err);

#endif
