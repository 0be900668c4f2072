/*
 * perfvec/error.h - how every perfvec function reports failure
 *
 * A function that can fail returns enum pv_status and takes a struct pv_error * as its last argument. On failure it fills that with
 * one full sentence that names the place in the data (file, record, byte, program, machine), written where it is known best.
 * The library never prints, exits or aborts on bad input.
 */
#ifndef PERFVEC_ERROR_H
#define PERFVEC_ERROR_H

#include <perfvec/api.h>

PV_API_BEGIN

/* Status codes: 0 is success, every failure is negative. */
enum pv_status {
	PV_OK = 0,
	PV_ERR_ARG = -1,         /* the caller passed something that cannot be */
	PV_ERR_IO = -2,          /* the operating system refused: open, read, write, disk full */
	PV_ERR_FORMAT = -3,      /* outside data is malformed, truncated or corrupt */
	PV_ERR_VERSION = -4,     /* well-formed, but of a version or schema this build does not read */
	PV_ERR_RANGE = -5,       /* a value is outside its documented bounds */
	PV_ERR_SHAPE = -6,       /* array sizes do not agree */
	PV_ERR_NOMEM = -7,       /* memory could not be had */
	PV_ERR_MISSING = -8,     /* a tool, file, name or key is not there */
	PV_ERR_UNSUPPORTED = -9, /* understood, but not something perfvec does */
	PV_ERR_GUEST = -10,      /* the traced program could not be run to its end */
	PV_ERR_INTERRUPTED = -11 /* stopped by the caller's request; partial results were kept where the header says so */
};

/* What went wrong, in words. Plain data: may live on the stack, needs no release. */
struct pv_error {
	enum pv_status status;
	char message[512]; /* one sentence, no capital, no full stop, no newline */
	char hint[256];    /* what to do about it; empty when unknown */
};

/*
 * pv_status_name - the name of a status code, such as "PV_ERR_IO"
 *
 * Returns: a static string, never NULL.
 */
const char *pv_status_name(enum pv_status status);

PV_API_END

#endif
