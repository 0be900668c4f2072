/*
 * supervise.c - gem5 processes: started, watched, judged, tried again
 *
 *	                  supervisor: starts, watches, judges, retries
 *	                      |
 *	gem5 (cwd NAME.run) --FIFOs--> pump --pipes--> consumer --> NAME.run/rows --(the run succeeded)--> NAME.rows
 *
 * A run has two threads, pump and consumer. The supervisor is the calling thread: gem5 processes are its children and die with it. Whether
 * a run succeeded is known only when its process has ended well and its trace was read to the end; until then its rows have no name to be
 * found by.
 */
#include "gem5/supervise.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "gem5/consume.h"

enum { MAX_ATTEMPTS = 2, TICK_MS = 10 };

/* One attempt that is under way. */
struct run {
	struct gem5_job *job;
	int machine; /* -1: the slot is free */
	char *folder, *rows, *said_classes;
	struct gem5_rows_info info;
	pid_t pid;
	bool exited;
	int wait_status;
	bool timed_out, cut_off; /* ended by us: silent for too long, its trace is no good */
	struct gem5_pump *pump;
	pthread_t thread;
	bool has_thread;
	atomic_bool consumed;
	atomic_uint_least64_t n_rows;
	enum pv_status status;
	struct pv_error error;
	uint64_t bytes_seen;
	double last_sign_s; /* when bytes_seen last changed */
};

struct supervisor {
	struct gem5_job *job;
	struct run *runs; /* (job->o->n_jobs) */
	int n_running;
	uint64_t n_rows_ended; /* of runs that are over */
};

static bool stopped(const struct gem5_job *job)
{
	return job->progress && job->progress->stop && job->progress->stop(job->progress->user);
}

static void say(const struct gem5_job *job, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct gem5_job *job, const char *fmt, ...)
{
	if (!job->progress || !job->progress->message)
		return;
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	job->progress->message(job->progress->user, text);
}

/* ---- one attempt ---- */

static void *consume(void *argument)
{
	struct run *run = argument;
	sigset_t signals;
	sigfillset(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	const struct gem5_consume_paths paths = {
	    .rows = run->rows, .op_classes = run->job->o->op_classes, .said_classes = run->said_classes};
	run->status = gem5_consume(run->pump, &paths, &run->info, &run->n_rows, &run->error);
	atomic_store(&run->consumed, true);
	return NULL;
}

static enum pv_status write_json(struct run *run, struct pv_error *err)
{
	const struct gem5_job *job = run->job;
	const struct gem5_machine *m = &job->machines[run->machine];
	if (!m->uarch)
		return PV_OK;
	char *text = gem5_run_json(job->o, &job->setup, m->uarch), *path = base_path_join(run->folder, "run.json");
	enum pv_status status = text && path ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	struct base_out_file f = {0};
	if (status == PV_OK)
		status = base_out_file_open(&f, path, err);
	if (status == PV_OK)
		status = base_out_file_write(&f, text, strlen(text), err);
	if (status == PV_OK)
		status = base_out_file_commit(&f, err);
	base_out_file_discard(&f);
	free(text);
	free(path);
	return status;
}

static enum pv_status start_pump(struct run *run, struct pv_error *err)
{
	const struct gem5_job *job = run->job;
	char *keep = NULL;
	if (job->o->keep_traces) {
		keep = base_path_join(job->o->keep_traces, job->result->machines[run->machine].name);
		FAIL_IF(!keep, err, PV_ERR_NOMEM, "out of memory");
	}
	const struct gem5_pump_options options = {.folder = run->folder, .keep = keep};
	enum pv_status status = gem5_pump_start(&options, &run->pump, err);
	free(keep);
	return status;
}

/* Features come from the first machine that finishes in the end: not from this when one before it has them. */
static bool needs_features(const struct gem5_job *job, int machine)
{
	for (int i = 0; i < machine; i++)
		if (job->result->machines[i].finished && job->machines[i].has_features)
			return false;
	return true;
}

static enum pv_status start_parts(struct run *run, struct pv_error *err)
{
	struct gem5_job *job = run->job;
	const struct gem5_machine *m = &job->machines[run->machine];
	struct pv_gem5_run_machine *r = &job->result->machines[run->machine];
	run->folder = gem5_job_path(job->partial, r->name, "run");
	run->rows = run->folder ? base_path_join(run->folder, "rows") : NULL;
	run->said_classes = run->folder ? base_path_join(run->folder, "op_classes.txt") : NULL;
	FAIL_IF(!run->rows || !run->said_classes, err, PV_ERR_NOMEM, "out of memory");
	base_remove_tree(run->folder);
	TRY(base_make_dirs(run->folder, err));
	TRY(write_json(run, err));
	TRY(start_pump(run, err));
	run->info = (struct gem5_rows_info){
	    .key = m->key, .n_targets = job->o->all_targets ? PV_N_TARGETS : 1, .features = needs_features(job, run->machine)};
	snprintf(run->info.machine, sizeof run->info.machine, "%s", r->name);
	int failure = pthread_create(&run->thread, NULL, consume, run);
	if (failure)
		return base_error_errno(err, failure, "cannot start a thread");
	run->has_thread = true;
	char **argv = gem5_argv(job->o, &job->setup, m->uarch ? -1 : m->reference);
	FAIL_IF(!argv, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = gem5_spawn(argv, run->folder, m->log, &run->pid, err);
	gem5_argv_free(argv);
	return status;
}

/* Wait for the threads and release; when `keep`, kept traces get their names. */
static enum pv_status end_parts(struct run *run, bool keep, struct pv_error *err)
{
	if (run->pump)
		gem5_pump_ended(run->pump);
	if (run->has_thread)
		pthread_join(run->thread, NULL);
	else if (run->pump)
		gem5_pump_opened(run->pump);
	enum pv_status status = run->pump ? gem5_pump_join(run->pump, keep, err) : PV_OK;
	run->pump = NULL;
	run->has_thread = false;
	return status;
}

static void free_slot(struct run *run)
{
	if (run->folder)
		base_remove_tree(run->folder);
	free(run->folder);
	free(run->rows);
	free(run->said_classes);
	run->folder = run->rows = run->said_classes = NULL;
	run->machine = -1;
}

static enum pv_status start_run(struct supervisor *s, struct run *run, int machine, struct pv_error *err)
{
	struct gem5_job *job = s->job;
	memset(run, 0, sizeof *run);
	run->job = job;
	run->machine = machine;
	run->last_sign_s = base_clock_seconds();
	if (++job->result->machines[machine].n_attempts == 1)
		unlink(job->machines[machine].log);
	enum pv_status status = start_parts(run, err);
	if (status != PV_OK) {
		end_parts(run, false, NULL);
		free_slot(run);
		return status;
	}
	s->n_running++;
	return PV_OK;
}

/* ---- watching ---- */

/* End a run that is of no use any more. */
static void watch(struct run *run)
{
	const struct gem5_job *job = run->job;
	if (!run->exited && waitpid(run->pid, &run->wait_status, WNOHANG) == run->pid) {
		run->exited = true;
		gem5_kill(run->pid); /* what it started and left behind */
		gem5_pump_ended(run->pump);
	}
	if (run->exited)
		return;
	uint64_t bytes = gem5_pump_bytes(run->pump);
	if (bytes != run->bytes_seen) {
		run->bytes_seen = bytes;
		run->last_sign_s = base_clock_seconds();
	}
	bool silent = job->o->timeout_s && base_clock_seconds() - run->last_sign_s > job->o->timeout_s;
	bool useless = atomic_load(&run->consumed); /* before the end of gem5 there is no end of its trace */
	if ((silent || useless) && !run->timed_out && !run->cut_off) {
		run->timed_out = !useless;
		run->cut_off = useless;
		gem5_kill(run->pid);
	}
}

/* What went wrong, most telling first; false when nothing did. */
static bool find_reason(const struct run *run, enum pv_status pump_status, const struct pv_error *pump_error, char *why, size_t n)
{
	int w = run->wait_status;
	if (pump_status != PV_OK)
		snprintf(why, n, "%s", pump_error->message);
	else if (run->timed_out)
		snprintf(why, n, "gem5 wrote no trace for %u s and was ended", run->job->o->timeout_s);
	else if (run->cut_off)
		snprintf(why, n, "%s", run->error.message);
	else if (WIFSIGNALED(w))
		snprintf(why, n, "gem5 was ended by signal %d (%s)", WTERMSIG(w), strsignal(WTERMSIG(w)));
	else if (WEXITSTATUS(w))
		snprintf(why, n, "gem5 ended with exit status %d", WEXITSTATUS(w));
	else if (run->status != PV_OK)
		snprintf(why, n, "%s", run->error.message);
	else if (run->n_rows == 0)
		snprintf(why, n, "gem5 wrote no trace: it is not of the PerfVec kind, or not an O3 or Minor core");
	else
		return false;
	return true;
}

/* gem5's own account of the machine and of the run stays beside the log. */
static void save_accounts(const struct run *run)
{
	const struct gem5_job *job = run->job;
	static const char *const names[] = {"config.ini", "stats.txt"};
	for (size_t i = 0; i < 2; i++) {
		char *from = base_path_join(run->folder, names[i]),
		     *to = gem5_job_path(job->logs, job->result->machines[run->machine].name, names[i]);
		if (from && to)
			rename(from, to); /* a gem5 that writes none is no failure */
		free(from);
		free(to);
	}
}

static enum pv_status judge(struct supervisor *s, struct run *run, struct pv_error *err)
{
	struct gem5_job *job = s->job;
	struct pv_gem5_run_machine *r = &job->result->machines[run->machine];
	struct gem5_machine *m = &job->machines[run->machine];
	struct pv_error pump_error = {0};
	/* whether kept traces are good is not known before the consumer has ended */
	while (!atomic_load(&run->consumed))
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	bool well = run->status == PV_OK && !run->timed_out && WIFEXITED(run->wait_status) && !WEXITSTATUS(run->wait_status);
	enum pv_status pump_status = end_parts(run, well && run->n_rows, &pump_error);
	s->n_running--;
	s->n_rows_ended += run->n_rows;
	save_accounts(run);
	bool failed = find_reason(run, pump_status, &pump_error, r->reason, sizeof r->reason);
	enum pv_status status = PV_OK;
	if (!failed && rename(run->rows, m->rows) != 0)
		status = base_error_errno(err, errno, "cannot write '%s'", m->rows);
	if (!failed && status == PV_OK) {
		r->finished = true;
		r->n_rows = run->n_rows;
		m->has_features = run->info.features;
	}
	m->given_up = failed && r->n_attempts >= MAX_ATTEMPTS;
	if (failed)
		say(job, "machine '%s': %s; %s", r->name, r->reason, m->given_up ? "given up" : "trying once more");
	free_slot(run);
	return status;
}

static int next_machine(const struct supervisor *s)
{
	const struct gem5_job *job = s->job;
	for (int i = 0; i < job->n; i++) {
		bool busy = job->result->machines[i].finished || job->machines[i].given_up;
		for (int j = 0; j < job->o->n_jobs && !busy; j++)
			busy = s->runs[j].machine == i;
		if (!busy)
			return i;
	}
	return -1;
}

static void report(const struct supervisor *s)
{
	const struct pv_progress *p = s->job->progress;
	uint64_t n = s->n_rows_ended;
	for (int i = 0; i < s->job->o->n_jobs; i++)
		if (s->runs[i].machine >= 0)
			n += s->runs[i].n_rows;
	if (p && p->report)
		p->report(p->user, "running gem5", "micro-operations", n, 0);
}

/* One tick: start what can be started, look after what runs. *done when nothing is left. */
static enum pv_status tick(struct supervisor *s, bool *done, struct pv_error *err)
{
	for (int i = 0; i < s->job->o->n_jobs; i++) {
		struct run *run = &s->runs[i];
		int machine = run->machine < 0 ? next_machine(s) : -1;
		if (machine >= 0)
			TRY(start_run(s, run, machine, err));
		if (run->machine < 0)
			continue;
		watch(run);
		if (run->exited && atomic_load(&run->consumed))
			TRY(judge(s, run, err));
	}
	*done = s->n_running == 0 && next_machine(s) < 0;
	return PV_OK;
}

static void abandon(struct supervisor *s)
{
	for (int i = 0; i < s->job->o->n_jobs; i++) {
		struct run *run = &s->runs[i];
		if (run->machine < 0)
			continue;
		if (!run->exited) {
			gem5_kill(run->pid);
			while (waitpid(run->pid, &run->wait_status, 0) < 0 && errno == EINTR)
				;
		}
		end_parts(run, false, NULL);
		free_slot(run);
	}
}

enum pv_status gem5_supervise(struct gem5_job *job, struct pv_error *err)
{
	size_t n_jobs = (size_t)job->o->n_jobs;
	struct supervisor s = {.job = job, .runs = calloc(n_jobs, sizeof *s.runs)};
	FAIL_IF(!s.runs, err, PV_ERR_NOMEM, "out of memory for %zu runs at a time", n_jobs);
	for (size_t i = 0; i < n_jobs; i++)
		s.runs[i].machine = -1;
	bool done = false;
	enum pv_status status = PV_OK;
	while (status == PV_OK && !done) {
		if (stopped(job)) {
			status = base_error_set(err, PV_ERR_INTERRUPTED, "interrupted; %d of %d machines are finished",
			                        gem5_job_n_finished(job), job->n);
			base_error_hint(err, "the same command goes on from there; '%s' holds what is finished", job->partial);
			break;
		}
		status = tick(&s, &done, err);
		report(&s);
		if (!done)
			nanosleep(&(struct timespec){.tv_nsec = TICK_MS * 1000000l}, NULL);
	}
	abandon(&s);
	free(s.runs);
	return status;
}
