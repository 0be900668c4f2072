/*
 * schedule.h - which rows each training stream runs at each step
 *
 * An epoch visits the chosen rows of all ranges exactly once. The ranges are cut into segments on a grid that shifts every epoch; the
 * segments are shuffled and laid end to end in one line; the line is cut into B equal parts, one per stream. Every stream therefore starts
 * at a random place of a random program, and all streams end together. A part is a list of pieces (runs of consecutive rows of one
 * program); each piece begins with a fresh state and warm-up rows that are run, but not counted in the loss.
 *
 *   line      | seg 7 | seg 2 | seg 9 | seg 0 | ...        shuffled
 *   streams   |--- 0 ---|--- 1 ---|--- 2 ---| ...          equal numbers of rows
 *   stream 0  [warm-up][seg 7] [warm-up][first part of seg 2]
 */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/range.h"

struct train_schedule_config {
	int n_streams;         /* B */
	int chunk_rows;        /* T */
	int warmup_rows;       /* before each piece, as far as the program has rows there */
	uint64_t segment_rows; /* length of the shuffled segments */
	uint64_t epoch_rows;   /* rows an epoch visits, spread evenly over all ranges; 0 or more than there are: all */
	uint64_t seed;
};

/* What one stream runs in one step: chunk_rows rows, of which those past n_rows are padding. */
struct train_slot {
	int program;     /* -1: the stream has nothing left; all padding */
	uint64_t row;    /* first row */
	uint32_t n_rows; /* real rows, at most T */
	uint32_t n_warm; /* leading rows that are not counted */
	bool reset;      /* the stream's state is zeroed first */
};

struct train_schedule;

/* train_schedule_new - plan for (n) ranges, which are copied; PV_ERR_ARG when they hold no row */
enum pv_status train_schedule_new(const struct data_range *ranges, int n, const struct train_schedule_config *config,
                                  struct train_schedule **schedule, struct pv_error *err);
void train_schedule_free(struct train_schedule *schedule);

/* train_schedule_begin - plan an epoch; depends on the seed and the epoch's number only */
void train_schedule_begin(struct train_schedule *schedule, int epoch);

/* train_schedule_n_steps - steps of the epoch that was begun */
uint64_t train_schedule_n_steps(const struct train_schedule *schedule);

/* train_schedule_n_rows - counted rows of the epoch that was begun */
uint64_t train_schedule_n_rows(const struct train_schedule *schedule);

/* train_schedule_step - the next step's (B) slots; false at the end of the epoch */
bool train_schedule_step(struct train_schedule *schedule, struct train_slot *slots);

#endif
