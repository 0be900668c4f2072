/*
 * job.h - what the parts of a run of gem5 on many machines share: the machines, their files, and what has become of each
 *
 * run.c says in which order the parts work.
 */
#ifndef GEM5_JOB_H
#define GEM5_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include <perfvec/gem5_run.h>

#include "base/error.h"
#include "gem5/process.h"

/* One machine's place in the work. */
struct gem5_machine {
	const struct pv_uarch *uarch; /* NULL: a reference machine */
	int reference;
	char *json;       /* parameters; NULL for a reference machine */
	char *config_ini; /* path of gem5's own account of the machine, in the log folder */
	char *rows, *log; /* paths */
	uint64_t key;     /* of all that its run depends on */
	bool given_up;
	bool has_features; /* its finished rows have */
};

struct gem5_job {
	const struct pv_gem5_run_options *o;
	const struct pv_progress *progress;
	struct gem5_setup setup;
	struct pv_gem5_run_result *result; /* names of machines, which are finished, and what is reported in the end */
	struct gem5_machine *machines;     /* (n) */
	int n;
	char *partial, *logs, *program;
	int lock; /* -1 */
};

/*
 * gem5_job_set_up - look up all that runs need, name the machines and their files, and compute keys; nothing is written
 *
 * @job  with options and progress, lock = -1, all else zero. gem5_job_release it in any case
 *
 * Returns: PV_OK; PV_ERR_ARG (machines that are equal, no program), PV_ERR_MISSING (gem5, script, program), PV_ERR_NOMEM
 */
enum pv_status gem5_job_set_up(struct gem5_job *job, struct pv_error *err);

/* gem5_job_make_folders - OUTPUT.partial, which is locked, OUTPUT.log, and that of kept traces; PV_ERR_ARG (another process works there) */
enum pv_status gem5_job_make_folders(struct gem5_job *job, struct pv_error *err);

/* gem5_job_find_finished - mark the machines that an earlier call finished; other files under their names are removed */
void gem5_job_find_finished(struct gem5_job *job);

/* gem5_job_n_finished - machines that are finished */
int gem5_job_n_finished(const struct gem5_job *job);

/* gem5_job_path - FOLDER/NAME.SUFFIX, malloc'd; NULL when memory is out */
char *gem5_job_path(const char *folder, const char *name, const char *suffix);

/* gem5_job_release - release all, the result included; unlock the folder */
void gem5_job_release(struct gem5_job *job);

#endif
