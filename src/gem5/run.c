/*
 * run.c - runs a program in gem5 on many machines, a bounded number at a time, and makes a dataset of their traces
 *
 *	job.c         set-up: names, paths and keys of the machines; what an earlier call finished
 *	plan.c        can the dataset be written?
 *	supervise.c   gem5 --FIFOs--> pump --pipes--> consumer --> NAME.rows, for every machine that is not finished
 *	plan.c        all machines' NAME.rows --> combine --> dataset
 */
#include <perfvec/gem5_run.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/folder.h"
#include "gem5/config_ini.h"
#include "gem5/job.h"
#include "gem5/plan.h"
#include "gem5/supervise.h"

/* Machines that differ for us but not for gem5 are columns for nothing. */
static enum pv_status find_twins(const struct gem5_job *job, struct pv_error *err)
{
	struct pv_gem5_run_result *r = job->result;
	struct gem5_config_ini *said = calloc((size_t)job->n, sizeof *said);
	FAIL_IF(!said, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < job->n; i++) {
		bool known = r->machines[i].finished && gem5_config_ini_read(job->machines[i].config_ini, &said[i]);
		for (int j = 0; j < i && known && !*r->alike; j++)
			if (said[i].hash == said[j].hash)
				snprintf(r->alike, sizeof r->alike, "machines '%s' and '%s'", r->machines[j].name, r->machines[i].name);
	}
	free(said);
	return PV_OK;
}

static enum pv_status all_failed(const struct gem5_job *job, struct pv_error *err)
{
	base_error_set(err, PV_ERR_GUEST, "no machine finished; machine '%s': %.300s", job->result->machines[0].name,
	               job->result->machines[0].reason);
	base_error_hint(err, "'%s' has what gem5 printed", job->machines[0].log);
	return PV_ERR_GUEST;
}

static enum pv_status run_job(struct gem5_job *job, struct pv_error *err)
{
	TRY(gem5_job_set_up(job, err));
	TRY(gem5_plan_check(job, err));
	TRY(gem5_job_make_folders(job, err));
	gem5_job_find_finished(job);
	TRY(gem5_supervise(job, err));
	job->result->n_finished = (size_t)gem5_job_n_finished(job);
	if (job->result->n_finished == 0)
		return all_failed(job, err);
	TRY(find_twins(job, err));
	TRY(gem5_plan_write(job, err));
	if (job->result->n_finished == job->result->n_machines)
		base_remove_tree(job->partial);
	return PV_OK;
}

enum pv_status pv_gem5_run(const struct pv_gem5_run_options *options, const struct pv_progress *progress,
                           struct pv_gem5_run_result **result, struct pv_error *err)
{
	struct gem5_job job = {.o = options, .progress = progress, .lock = -1};
	if (result)
		*result = NULL;
	enum pv_status status = run_job(&job, err);
	if (result) {
		*result = job.result;
		job.result = NULL;
	}
	gem5_job_release(&job);
	return status;
}
