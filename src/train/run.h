/*
 * run.h - one training run: what its loop (loop.c) drives, its log (log.c) tells and its checkpoints (state.c) hold
 */
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include <stdio.h>

#include "train/feed.h"
#include "train/task.h"
#include "train/weights.h"

/* How far a run is: a checkpoint holds all of it. */
struct train_position {
	int epoch;           /* epochs finished */
	uint64_t step;       /* of the epoch at hand, done */
	uint64_t n_rows;     /* counted in the epochs before, all runs */
	double loss_sum;     /* of the epoch at hand: each step's loss times what it counted */
	uint64_t n_counted;  /* in the epoch at hand */
	double train_loss;   /* of the last epoch */
	uint64_t done_steps; /* when the run goes on: of the epoch that the checkpoint was written in; else 0 */
};

/* The best epoch so far. */
struct train_best {
	int epoch;     /* counted from 1; 0: none yet */
	float *params; /* (n) as they count: averaged, if so */
	struct train_validation v;
};

/* Seconds on a steady clock, and what rates are made from. */
struct train_clock {
	double started;
	double train, validate; /* spent in steps; in validation and refits */
	double reported, saved; /* when progress was last reported, and a checkpoint written */
	double before;          /* spent by the runs before this one, as the log has it */
	uint64_t planned, done; /* rows of all epochs, and run in this process */
};

struct train_run {
	struct pv_train_options options; /* with every choice made */
	const struct pv_progress *progress;
	struct train_task *task; /* borrowed */
	struct train_feed *feed;
	struct train_weights weights;
	struct train_position at;
	struct train_best best;
	struct train_clock clock;
	float *carried; /* (n_carried) room for what the feed carries */
	size_t n_carried;
	FILE *log;
	bool diverged; /* a loss or a gradient was not finite */
};

#endif
