/*
 * perfvec/recorder.h - how any simulator writes traces and datasets: open, append each committed micro-operation with its times, close
 *
 *	struct pv_recorder *r;
 *	pv_recorder_open(&spec, &r, &err);
 *	pv_recorder_begin_program(r, "loop", true, "loop.pvt", &err);
 *	for (every committed micro-operation, in program order)
 *		pv_recorder_append(r, &uop, addr, row_flags, times, &err);
 *	pv_recorder_end_program(r, &err);
 *	pv_recorder_close(r, &err);
 *
 * The recorder keeps the table of static micro-operations, makes the features and turns times into targets. Static parts are given with
 * every execution and recognised; a simulator needs no numbers for them. examples/own_simulator.c is a whole one.
 *
 * Shapes: K machines.
 */
#ifndef PERFVEC_RECORDER_H
#define PERFVEC_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/dataset.h>
#include <perfvec/error.h>
#include <perfvec/trace.h>
#include <perfvec/uop.h>

PV_API_BEGIN

struct pv_recorder; /* one thread */

/* What to record. Members are borrowed for the call. */
struct pv_recorder_spec {
	const char *dataset;                            /* folder to write; NULL: traces only */
	const struct pv_dataset_machine_spec *machines; /* (n_machines) in the order of times; none without a dataset */
	int n_machines;                                 /* K */
	int target;                                     /* enum pv_target: what training reads; PV_TARGET_store_commit is execution time */
	bool all_targets;                               /* keep all 16 targets, too: every member of struct pv_uop_times then matters */
	enum pv_isa isa;
	const char *simulator; /* its name and version, kept in traces */
	const char *command;   /* how it was run, kept in the dataset and in traces; may be NULL */
};

/*
 * pv_recorder_open - start recording
 *
 * Returns: PV_OK; what pv_dataset_create returns; PV_ERR_ARG (no machines for a dataset)
 */
enum pv_status pv_recorder_open(const struct pv_recorder_spec *spec, struct pv_recorder **recorder, struct pv_error *err);

/*
 * pv_recorder_begin_program - start the next program
 *
 * @name   letters, digits and any of "._+-", unique
 * @seen   used for training; an unseen program is for testing only
 * @trace  .pvt file to write; NULL: none. It appears when the program ends
 *
 * Returns: PV_OK; what pv_dataset_begin_program and pv_trace_create return
 */
enum pv_status pv_recorder_begin_program(struct pv_recorder *recorder, const char *name, bool seen, const char *trace,
                                         struct pv_error *err);

/*
 * pv_recorder_append - one executed (committed) micro-operation, in program order
 *
 * @uop        its static part, zero where nothing is said. The micro-operations of an instruction have the same pc, follow each other, and
 *             the last one has PV_UOP_LAST; the recorder fills in uop_index and n_uops, and PV_UOP_MICROOP when there are several
 * @addr       byte address of its memory access; 0 without one
 * @row_flags  enum pv_row_flag
 * @times      (K), one for each machine; NULL without a dataset. For the target store_commit only commit_ps and store_ps matter; all other
 *             members may be 0
 *
 * Times are cut to 0.1 ns before differences are taken, so that sums do not drift.
 * Cost: a look-up for each instruction, the features, and K targets. Memory grows with the program's footprint, not its length.
 * Returns: PV_OK; PV_ERR_RANGE (operands or classes that do not exist, more than PV_MAX_UOPS_PER_INSN, a time before the one it counts
 * from, with row and machine), PV_ERR_ARG (outside a program, no times, a pc that changes inside an instruction), PV_ERR_IO, PV_ERR_NOMEM.
 * After a failure only pv_recorder_discard is valid.
 */
enum pv_status pv_recorder_append(struct pv_recorder *recorder, const struct pv_uop *uop, uint64_t addr, unsigned row_flags,
                                  const struct pv_uop_times *times, struct pv_error *err);

/* pv_recorder_end_program - the program is complete: its trace is written; PV_ERR_ARG inside an instruction, PV_ERR_SHAPE without rows */
enum pv_status pv_recorder_end_program(struct pv_recorder *recorder, struct pv_error *err);

/* pv_recorder_close - write the dataset and release the recorder, whatever happens. On failure no dataset is left; traces are */
enum pv_status pv_recorder_close(struct pv_recorder *recorder, struct pv_error *err);

/* pv_recorder_discard - give up: no dataset, and no trace of the program at hand; NULL is allowed */
void pv_recorder_discard(struct pv_recorder *recorder);

PV_API_END

#endif
