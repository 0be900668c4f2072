/*
 * feed.h - what a training run is fed with, one step after the other
 *
 * The training loop (loop.c) knows steps, losses and gradients. What a step holds, and how its gradient is computed, is a feed's business:
 *
 *   feed_streams.c   B streams of consecutive micro-operations that carry their state along, with a loss at every one
 *   feed_windows.c   B windows, each for the micro-operation at its end: the reference's way
 *   feed_samples.c   B stored representations with measured times: the reference's --learn-rep
 *
 * An epoch is begun and its steps are chosen and run one by one:
 *
 *   begin(epoch);  while (next()) step(weights) -> gradient;
 *
 * What an epoch holds depends on the seed and on its number only. A run that goes on from a checkpoint therefore begins the epoch again,
 * passes over the steps that are done, and restores what the feed carries from step to step.
 */
#ifndef TRAIN_FEED_H
#define TRAIN_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct train_feed;

/* What one optimizer step is given, and what comes of it. */
struct train_step {
	const float *params; /* the network's block of parameters */
	uint64_t seed;       /* of what is drawn within the step (dropout); not 0 */
	float *grads;        /* (n_trained) set to the gradient of the loss; behind it what track needs */
	double loss;         /* set to the mean loss of what was counted */
	uint64_t n_counted;  /* set to how many rows or samples the loss counts; with 0 the gradient is 0 */
};

struct train_feed_kind {
	const char *unit; /* that steps count, in the plural */
	/* begin - plan an epoch, counted from 0; sets n_steps and n_rows. Nothing is carried over from the epoch before */
	void (*begin)(struct train_feed *feed, int epoch);
	/* next - choose what the next step holds; false at the end of the epoch */
	bool (*next)(struct train_feed *feed);
	/* step - run what was chosen forward and backward. The same bytes at any number of threads */
	enum pv_status (*step)(struct train_feed *feed, struct train_step *step, struct pv_error *err);
	/* track - move what follows what steps see (running moments, nn/sequential.h); NULL: nothing does */
	void (*track)(const struct train_feed *feed, float *params, const float *grads);
	/* save - copy what is carried from step to step into (n) floats, which are returned; NULL only counts them */
	size_t (*save)(const struct train_feed *feed, float *carried);
	void (*restore)(struct train_feed *feed, const float *carried);
	void (*free)(struct train_feed *feed);
};

/* The first member of every feed. */
struct train_feed {
	const struct train_feed_kind *kind;
	uint64_t n_steps; /* of the epoch that was begun */
	uint64_t n_rows;  /* that its steps count together */
};

static inline void train_feed_begin(struct train_feed *feed, int epoch)
{
	feed->kind->begin(feed, epoch);
}

static inline bool train_feed_next(struct train_feed *feed)
{
	return feed->kind->next(feed);
}

static inline enum pv_status train_feed_step(struct train_feed *feed, struct train_step *step, struct pv_error *err)
{
	return feed->kind->step(feed, step, err);
}

static inline void train_feed_track(const struct train_feed *feed, float *params, const float *grads)
{
	if (feed->kind->track)
		feed->kind->track(feed, params, grads);
}

/* A feed whose steps do not depend on each other has neither save nor restore. */
static inline size_t train_feed_save(const struct train_feed *feed, float *carried)
{
	return feed->kind->save ? feed->kind->save(feed, carried) : 0;
}

static inline void train_feed_restore(struct train_feed *feed, const float *carried)
{
	if (feed->kind->restore)
		feed->kind->restore(feed, carried);
}

static inline void train_feed_free(struct train_feed *feed)
{
	if (feed)
		feed->kind->free(feed);
}

#endif
