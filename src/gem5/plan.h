/*
 * plan.h - the dataset that a job's machines become
 */
#ifndef GEM5_PLAN_H
#define GEM5_PLAN_H

#include "base/error.h"
#include "gem5/job.h"

/*
 * gem5_plan_check - before anything runs: find out whether the dataset of all machines can be written; nothing stays
 *
 * Returns: PV_OK; PV_ERR_ARG (a machine that is held out does not exist, a name that datasets do not take), what pv_dataset_create returns
 */
enum pv_status gem5_plan_check(const struct gem5_job *job, struct pv_error *err);

/* gem5_plan_write - combine the finished machines' rows into the dataset; the job's result gets sizes, times and where it was cut */
enum pv_status gem5_plan_write(struct gem5_job *job, struct pv_error *err);

#endif
