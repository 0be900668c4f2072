/*
 * pieces.h - a dataset's rows cut into short pieces, each profiled and timed: what the baselines learn from and predict
 */
#ifndef EVALUATE_PIECES_H
#define EVALUATE_PIECES_H

#include <perfvec/dataset.h>
#include <perfvec/progress.h>

#include "base/threads.h"
#include "evaluate/profile.h"
#include "model/inputs.h"
#include "data/range.h"

/* At most EVALUATE_PROFILE_ROWS rows of one unit and of one split. */
struct evaluate_piece {
	int program;
	uint64_t begin, end;
	int unit;            /* -1: of none */
	enum pv_split split; /* PV_N_SPLITS: of none */
	size_t cell;         /* EVALUATE_PROFILE_ROWS rows from the split's first on, whatever the units: numbered on over all programs */
};

struct evaluate_pieces {
	size_t n;
	int M;
	struct evaluate_piece *pieces;     /* (n) in the order of programs and rows */
	struct evaluate_profile *profiles; /* (n) */
	double *times;                     /* (n, M) sums of targets, 0.1 ns */
	int F;
	double *inputs; /* (n, F) sums of a model's inputs */
};

/*
 * evaluate_pieces_new - cut, profile and time
 *
 * @units    (n_units) what is predicted: whole programs, or phases; in the order of programs and rows, apart from each other
 * @columns  (M) of the dataset's targets
 * @inputs   of the model; the dataset has what they are made from
 *
 * Rows outside of all units are cut only where they are of a training or validation part.
 */
enum pv_status evaluate_pieces_new(const struct pv_dataset *dataset, const struct data_range *units, int n_units, const int *columns, int M,
                                   const struct model_inputs *inputs, struct base_threads *pool, const struct pv_progress *progress,
                                   struct evaluate_pieces *pieces, struct pv_error *err);
void evaluate_pieces_release(struct evaluate_pieces *pieces);

#endif
