/*
 * job.c - the machines of a job, the keys of their runs, and what an earlier call has finished
 *
 * A rows file carries a key of everything the run depends on: the files of gem5, the script and the program, the command line and the
 * machine's parameters. A finished file with the right key needs no run.
 */
#include "gem5/job.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "gem5/rows.h"

char *gem5_job_path(const char *folder, const char *name, const char *suffix)
{
	char *path;
	return asprintf(&path, "%s/%s.%s", folder, name, suffix) < 0 ? NULL : path;
}

/* ---- setting up ---- */

/* Texts are kept apart by a byte that no text has. */
static uint64_t hash(uint64_t h, const char *text)
{
	return base_hash_add(base_hash_text(h, text), 0xff);
}

/* A file is taken to be the same while its path, size and time are. */
static uint64_t hash_file(uint64_t h, const char *path)
{
	struct stat st = {0};
	char text[64];
	stat(path, &st);
	snprintf(text, sizeof text, "%lld %lld", (long long)st.st_size, (long long)st.st_mtime);
	return hash(hash(h, path), text);
}

static uint64_t key_of(const struct gem5_job *job, const struct gem5_machine *m)
{
	const struct pv_gem5_run_options *o = job->o;
	char text[128];
	uint64_t h = hash_file(hash_file(hash_file(BASE_HASH_START, job->setup.gem5), job->setup.config), job->setup.program);
	h = hash(h, job->setup.cwd);
	for (size_t i = 0; i < o->n_command; i++)
		h = hash(h, o->command[i]);
	for (size_t i = 0; i < o->n_environment; i++)
		h = hash(h, o->environment[i]);
	snprintf(text, sizeof text, "%" PRIu64 " %d %d %s", o->max_insns, o->all_targets, m->json ? -1 : m->reference,
	         m->json ? "" : gem5_reference_cpu(o, m->reference));
	h = hash(hash(h, o->op_classes ? o->op_classes : ""), o->keep_traces ? o->keep_traces : "");
	h = hash(h, o->input ? o->input : "");
	return hash(hash(h, text), m->json ? m->json : "");
}

static enum pv_status add_machine(struct gem5_job *job, int i, struct pv_error *err)
{
	const struct pv_gem5_run_options *o = job->o;
	struct gem5_machine *m = &job->machines[i];
	struct pv_gem5_run_machine *r = &job->result->machines[i];
	if (o->machines) {
		m->uarch = pv_uarch_set_at(o->machines, (size_t)i);
		m->json = gem5_machine_json(m->uarch);
		FAIL_IF(!m->json, err, PV_ERR_NOMEM, "out of memory");
		snprintf(r->name, sizeof r->name, "%s", pv_uarch_name(m->uarch));
		for (int j = 0; j < i; j++)
			FAIL_IF(!strcmp(m->json, job->machines[j].json), err, PV_ERR_ARG,
			        "machines '%s' and '%s' are the same but for their names", job->result->machines[j].name, r->name);
	} else {
		m->reference = o->first_reference + i;
		snprintf(r->name, sizeof r->name, "rand_%s_%d", gem5_reference_cpu(o, m->reference), m->reference);
	}
	m->rows = gem5_job_path(job->partial, r->name, "rows");
	m->log = gem5_job_path(job->logs, r->name, "log");
	m->config_ini = gem5_job_path(job->logs, r->name, "config.ini");
	FAIL_IF(!m->rows || !m->log || !m->config_ini, err, PV_ERR_NOMEM, "out of memory");
	m->key = key_of(job, m);
	return PV_OK;
}

enum pv_status gem5_job_set_up(struct gem5_job *job, struct pv_error *err)
{
	const struct pv_gem5_run_options *o = job->o;
	FAIL_IF(o->n_jobs < 1, err, PV_ERR_ARG, "at least one run at a time, not %d", o->n_jobs);
	FAIL_IF(!o->machines && (o->first_reference < 0 || o->last_reference < o->first_reference || o->last_reference > 99999), err,
	        PV_ERR_ARG, "reference machines %d to %d cannot be", o->first_reference, o->last_reference);
	FAIL_IF(!o->machines && (o->n_environment || o->input), err, PV_ERR_ARG,
	        "the fork's own script takes no environment and no input for the program");
	job->n = o->machines ? (int)pv_uarch_set_count(o->machines) : o->last_reference - o->first_reference + 1;
	TRY(gem5_setup_find(&job->setup, o, err));
	job->program = o->program ? strdup(o->program) : base_name_from(base_path_base(o->command[0]));
	job->machines = calloc((size_t)job->n, sizeof *job->machines);
	bool ok = job->program && job->machines && (job->result = calloc(1, sizeof *job->result)) &&
	          (job->result->machines = calloc((size_t)job->n, sizeof *job->result->machines)) &&
	          asprintf(&job->partial, "%s.partial", o->output) >= 0 && asprintf(&job->logs, "%s.log", o->output) >= 0;
	FAIL_IF(!ok, err, PV_ERR_NOMEM, "out of memory");
	job->result->n_machines = (size_t)job->n;
	for (int i = 0; i < job->n; i++)
		TRY(add_machine(job, i, err));
	return PV_OK;
}

static enum pv_status lock_partial(struct gem5_job *job, struct pv_error *err)
{
	char *path = base_path_join(job->partial, "lock");
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory");
	job->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	enum pv_status status = PV_OK;
	if (job->lock < 0)
		status = base_error_errno(err, errno, "cannot create '%s'", path);
	else if (flock(job->lock, LOCK_EX | LOCK_NB) != 0)
		status = base_error_set(err, PV_ERR_ARG, "another process works in '%s'", job->partial);
	free(path);
	return status;
}

enum pv_status gem5_job_make_folders(struct gem5_job *job, struct pv_error *err)
{
	TRY(base_make_dirs(job->partial, err));
	TRY(lock_partial(job, err));
	TRY(base_make_dirs(job->logs, err));
	return job->o->keep_traces ? base_make_dirs(job->o->keep_traces, err) : PV_OK;
}

/* ---- what an earlier call finished ---- */

/* The machine that had the features may have been left out this time: then the first finished one is run again. */
static void run_one_for_features(struct gem5_job *job)
{
	int first = -1;
	for (int i = job->n - 1; i >= 0; i--) {
		if (job->machines[i].has_features)
			return;
		if (job->result->machines[i].finished)
			first = i;
	}
	if (first >= 0) {
		job->result->machines[first].finished = job->result->machines[first].resumed = false;
		unlink(job->machines[first].rows);
	}
}

void gem5_job_find_finished(struct gem5_job *job)
{
	for (int i = 0; i < job->n; i++) {
		struct gem5_rows_reader *reader = NULL;
		struct pv_gem5_run_machine *r = &job->result->machines[i];
		if (gem5_rows_open(job->machines[i].rows, &reader, NULL) == PV_OK && gem5_rows_info(reader)->key == job->machines[i].key) {
			r->finished = r->resumed = true;
			job->machines[i].has_features = gem5_rows_info(reader)->features;
		}
		gem5_rows_close(reader);
		if (!r->finished)
			unlink(job->machines[i].rows);
	}
	run_one_for_features(job);
}

int gem5_job_n_finished(const struct gem5_job *job)
{
	int n = 0;
	for (int i = 0; i < job->n; i++)
		n += job->result->machines[i].finished;
	return n;
}

void gem5_job_release(struct gem5_job *job)
{
	if (job->lock >= 0)
		close(job->lock);
	if (job->partial)
		rmdir(job->partial); /* when nothing was made in it */
	for (int i = 0; job->machines && i < job->n; i++) {
		free(job->machines[i].json);
		free(job->machines[i].config_ini);
		free(job->machines[i].rows);
		free(job->machines[i].log);
	}
	free(job->machines);
	free(job->partial);
	free(job->logs);
	free(job->program);
	gem5_setup_release(&job->setup);
	pv_gem5_run_result_free(job->result);
}

void pv_gem5_run_result_free(struct pv_gem5_run_result *r)
{
	if (!r)
		return;
	free(r->machines);
	free(r);
}
