/*
 * ideal.h - runs a program on four ideal processors while its features are made, and says how many cycles each micro-operation adds
 *
 * They are properties of the program, as ILP is in MICA (Hoste, Eeckhout, "Microarchitecture-independent workload characterization", IEEE
 * Micro 2007), not machines: an instruction starts when its operands are there and the window has room, and nothing else is scarce.
 *
 *   number           0     1     2                       3
 *   issue            any   any   any order, 4 a cycle    in order, 2 a cycle
 *   window           32    128   128                     16
 *   latencies        1     1     by class and reuse      as 2
 *   mispredictions   free  free  fetch waits             as 2
 *   fetch misses     free  free  by reuse                as 2
 */
#ifndef DATA_IDEAL_H
#define DATA_IDEAL_H

#include <stdbool.h>
#include <stdint.h>

enum { DATA_N_IDEAL = 4, DATA_IDEAL_REACH = 1000, DATA_IDEAL_RING = 1024 };

/* Cycles, wrapping: only differences of less than 2^31 are ever taken. */
struct data_ideal {
	uint32_t done[DATA_IDEAL_RING][DATA_N_IDEAL];   /* of row n at n % DATA_IDEAL_RING */
	uint32_t commit[DATA_IDEAL_RING][DATA_N_IDEAL]; /* likewise */
	uint32_t fetch[DATA_N_IDEAL];                   /* of the latest row */
	uint32_t issue[DATA_N_IDEAL];                   /* of the latest row; in order only */
	uint64_t n_rows;
};

/* What the processors know of a micro-operation. */
struct data_ideal_row {
	const uint64_t *producers; /* (n_producers) rows, at most DATA_IDEAL_REACH before */
	int n_producers;
	uint32_t latency;     /* cycles */
	uint32_t fetch_stall; /* cycles */
	bool redirected;      /* fetch waits for the row before: it was a branch predicted wrongly */
};

/* data_ideal_step - the next row: cycles it adds (at most 255), and the cycles its result waits for commit on processor 2 */
void data_ideal_step(struct data_ideal *ideal, const struct data_ideal_row *row, uint8_t added[DATA_N_IDEAL], uint8_t *slack);

#endif
