/*
 * pump.h - hands the two trace files of a running gem5 to a reader that wants them at another pace
 *
 * gem5 writes a trace and its stores' file; the reader takes a line of one, then perhaps a line of the other. Were the two connected by
 * FIFOs alone, both would stop as soon as gem5 fills one while the reader waits for the other. The pump takes whatever comes, at once, and
 * keeps it until the reader wants it: a little of it as it is, the rest compressed in a file without a name.
 */
#ifndef GEM5_PUMP_H
#define GEM5_PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct gem5_pump; /* the files of one run; started and ended by one thread, has one of its own */

/* What to connect. Strings are borrowed for the call. */
struct gem5_pump_options {
	const char *folder; /* of the run: the FIFOs trace.txt, sq.trace.txt and trace.sq.txt are made in it */
	const char *keep;   /* PREFIX: what comes is also kept as PREFIX.txt.zst and PREFIX.sq.txt.zst; NULL: not kept */
};

/*
 * gem5_pump_start - make the FIFOs and start pumping
 *
 * Returns: PV_OK; PV_ERR_IO, PV_ERR_MISSING, PV_ERR_NOMEM. On failure the FIFOs may be there; the folder is the caller's.
 */
enum pv_status gem5_pump_start(const struct gem5_pump_options *options, struct gem5_pump **pump, struct pv_error *err);

/* gem5_pump_main, gem5_pump_stores - paths to open once for reading, from this process; then gem5_pump_opened */
const char *gem5_pump_main(const struct gem5_pump *pump);
const char *gem5_pump_stores(const struct gem5_pump *pump);

/* gem5_pump_opened - the reader has its own descriptors now (or has given up): from here on its closing is noticed. Any thread, once */
void gem5_pump_opened(struct gem5_pump *pump);

/* gem5_pump_ended - the writer has ended: what is in the FIFOs is all there will be. Any thread */
void gem5_pump_ended(struct gem5_pump *pump);

/* gem5_pump_wait - return once something came, or the writer has ended. Any thread */
void gem5_pump_wait(const struct gem5_pump *pump);

/* gem5_pump_bytes - bytes taken from the FIFOs so far; any thread */
uint64_t gem5_pump_bytes(const struct gem5_pump *pump);

/*
 * gem5_pump_join - wait until everything was handed on, or dropped because the reader closed
 *
 * Call after gem5_pump_ended. @keep: whether kept traces get their names; otherwise they are removed.
 * Releases the pump whatever happens. Returns: PV_OK; PV_ERR_IO, PV_ERR_NOMEM: what was handed on was cut short.
 */
enum pv_status gem5_pump_join(struct gem5_pump *pump, bool keep, struct pv_error *err);

#endif
