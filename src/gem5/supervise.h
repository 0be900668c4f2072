/*
 * supervise.h - gem5 processes: started, watched, judged, tried again
 */
#ifndef GEM5_SUPERVISE_H
#define GEM5_SUPERVISE_H

#include "base/error.h"
#include "gem5/job.h"

/*
 * gem5_supervise - run every machine that is not finished, options' n_jobs at a time; what becomes of each is in the job's result
 *
 * A run that fails is tried once more. gem5 processes are children of the calling thread and die with it.
 *
 * Returns: PV_OK even when machines failed; PV_ERR_INTERRUPTED, PV_ERR_IO, PV_ERR_NOMEM. Nothing runs any more in any case.
 */
enum pv_status gem5_supervise(struct gem5_job *job, struct pv_error *err);

#endif
