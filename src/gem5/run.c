/*
 * run.c - runs a program in gem5 on many machines, a bounded number at a time
 *
 *	                  supervisor: starts, watches, judges, retries
 *	                      |
 *	gem5 (cwd NAME.run) --FIFOs--> pump --pipes--> consumer --> NAME.run/rows --(the run succeeded)--> NAME.rows
 *	                                                                                                     |
 *	                                                                    all machines' NAME.rows --> combine --> dataset
 *
 * A run has two threads, pump and consumer. The supervisor is the calling thread: gem5 processes are its children and die with it. Whether
 *a run succeeded is known only when its process has ended well and its trace was read to the end; until then its rows have no name to be
 * found by. A rows file carries a key of everything the run depends on, so that a later call knows what it need not do again.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <perfvec/gem5_run.h>

#include "base/file.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include "gem5/combine.h"
#include "gem5/consume.h"
#include "gem5/process.h"

enum { MAX_ATTEMPTS = 2, TICK_MS = 10 };

/* One machine's place in the work. */
struct machine {
	const struct pv_uarch *uarch; /* NULL: a reference machine */
	int reference;
	char *json;       /* parameters; NULL for a reference machine */
	char *config_ini; /* path of gem5's own account of the machine, in the log folder */
	char *rows, *log; /* paths */
	uint64_t key;
	bool given_up;
	bool has_features; /* its finished rows have */
};

/* One attempt that is under way. */
struct run {
	struct job *job;
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

struct job {
	const struct pv_gem5_run_options *o;
	const struct pv_progress *progress;
	struct gem5_setup setup;
	struct pv_gem5_run_result *result;
	struct machine *machines; /* (n) */
	int n;
	char *partial, *logs, *program;
	int lock;         /* -1 */
	struct run *runs; /* (o->n_jobs) */
	int n_running;
	uint64_t n_rows_ended; /* of runs that are over */
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static bool stopped(const struct job *job)
{
	return job->progress && job->progress->stop && job->progress->stop(job->progress->user);
}

static void say(const struct job *job, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct job *job, const char *fmt, ...)
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

/* FOLDER/NAME.SUFFIX */
static char *named(const char *folder, const char *name, const char *suffix)
{
	char *path;
	return asprintf(&path, "%s/%s.%s", folder, name, suffix) < 0 ? NULL : path;
}

/* ---- before the first run ---- */

/* A text and its end. */
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

static uint64_t key_of(const struct job *job, const struct machine *m)
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

static enum pv_status add_machine(struct job *job, int i, struct pv_error *err)
{
	const struct pv_gem5_run_options *o = job->o;
	struct machine *m = &job->machines[i];
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
	m->rows = named(job->partial, r->name, "rows");
	m->log = named(job->logs, r->name, "log");
	m->config_ini = named(job->logs, r->name, "config.ini");
	FAIL_IF(!m->rows || !m->log || !m->config_ini, err, PV_ERR_NOMEM, "out of memory");
	m->key = key_of(job, m);
	return PV_OK;
}

static enum pv_status lock_partial(struct job *job, struct pv_error *err)
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

static enum pv_status set_up(struct job *job, struct pv_error *err)
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
	job->runs = calloc((size_t)o->n_jobs, sizeof *job->runs);
	bool ok = job->program && job->machines && job->runs && (job->result = calloc(1, sizeof *job->result)) &&
	          (job->result->machines = calloc((size_t)job->n, sizeof *job->result->machines)) &&
	          asprintf(&job->partial, "%s.partial", o->output) >= 0 && asprintf(&job->logs, "%s.log", o->output) >= 0;
	FAIL_IF(!ok, err, PV_ERR_NOMEM, "out of memory");
	job->result->n_machines = (size_t)job->n;
	for (int i = 0; i < o->n_jobs; i++)
		job->runs[i].machine = -1;
	for (int i = 0; i < job->n; i++)
		TRY(add_machine(job, i, err));
	return PV_OK;
}

static enum pv_status make_folders(struct job *job, struct pv_error *err)
{
	TRY(base_make_dirs(job->partial, err));
	TRY(lock_partial(job, err));
	TRY(base_make_dirs(job->logs, err));
	return job->o->keep_traces ? base_make_dirs(job->o->keep_traces, err) : PV_OK;
}

/* The machine that had the features may have been left out this time: then the first finished one is run again. */
static void run_one_for_features(struct job *job)
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

/* Machines that an earlier call finished. Anything else under that name is of no use. */
static void find_finished(struct job *job)
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
	const struct job *job = run->job;
	const struct machine *m = &job->machines[run->machine];
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
	const struct job *job = run->job;
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
static bool needs_features(const struct job *job, int machine)
{
	for (int i = 0; i < machine; i++)
		if (job->result->machines[i].finished && job->machines[i].has_features)
			return false;
	return true;
}

static enum pv_status start_parts(struct run *run, struct pv_error *err)
{
	struct job *job = run->job;
	const struct machine *m = &job->machines[run->machine];
	struct pv_gem5_run_machine *r = &job->result->machines[run->machine];
	run->folder = named(job->partial, r->name, "run");
	run->rows = run->folder ? base_path_join(run->folder, "rows") : NULL;
	run->said_classes = run->folder ? base_path_join(run->folder, "op_classes.txt") : NULL;
	FAIL_IF(!run->rows || !run->said_classes, err, PV_ERR_NOMEM, "out of memory");
	remove_tree(run->folder);
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
		remove_tree(run->folder);
	free(run->folder);
	free(run->rows);
	free(run->said_classes);
	run->folder = run->rows = run->said_classes = NULL;
	run->machine = -1;
}

static enum pv_status start_run(struct job *job, struct run *run, int machine, struct pv_error *err)
{
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
	job->n_running++;
	return PV_OK;
}

/* ---- watching ---- */

/* End a run that is of no use any more. */
static void watch(struct run *run)
{
	const struct job *job = run->job;
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
	const struct job *job = run->job;
	static const char *const names[] = {"config.ini", "stats.txt"};
	for (size_t i = 0; i < 2; i++) {
		char *from = base_path_join(run->folder, names[i]),
		     *to = named(job->logs, job->result->machines[run->machine].name, names[i]);
		if (from && to)
			rename(from, to); /* a gem5 that writes none is no failure */
		free(from);
		free(to);
	}
}

static enum pv_status judge(struct job *job, struct run *run, struct pv_error *err)
{
	struct pv_gem5_run_machine *r = &job->result->machines[run->machine];
	struct machine *m = &job->machines[run->machine];
	struct pv_error pump_error = {0};
	/* whether kept traces are good is not known before the consumer has ended */
	while (!atomic_load(&run->consumed))
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	bool well = run->status == PV_OK && !run->timed_out && WIFEXITED(run->wait_status) && !WEXITSTATUS(run->wait_status);
	enum pv_status pump_status = end_parts(run, well && run->n_rows, &pump_error);
	job->n_running--;
	job->n_rows_ended += run->n_rows;
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

static int next_machine(const struct job *job)
{
	for (int i = 0; i < job->n; i++) {
		bool busy = job->result->machines[i].finished || job->machines[i].given_up;
		for (int j = 0; j < job->o->n_jobs && !busy; j++)
			busy = job->runs[j].machine == i;
		if (!busy)
			return i;
	}
	return -1;
}

static void report(const struct job *job)
{
	uint64_t n = job->n_rows_ended;
	for (int i = 0; i < job->o->n_jobs; i++)
		if (job->runs[i].machine >= 0)
			n += job->runs[i].n_rows;
	if (job->progress && job->progress->report)
		job->progress->report(job->progress->user, "running gem5", "micro-operations", n, 0);
}

/* One tick: start what can be started, look after what runs. *done when nothing is left. */
static enum pv_status tick(struct job *job, bool *done, struct pv_error *err)
{
	for (int i = 0; i < job->o->n_jobs; i++) {
		struct run *run = &job->runs[i];
		int machine = run->machine < 0 ? next_machine(job) : -1;
		if (machine >= 0)
			TRY(start_run(job, run, machine, err));
		if (run->machine < 0)
			continue;
		watch(run);
		if (run->exited && atomic_load(&run->consumed))
			TRY(judge(job, run, err));
	}
	*done = job->n_running == 0 && next_machine(job) < 0;
	return PV_OK;
}

static void abandon(struct job *job)
{
	for (int i = 0; i < job->o->n_jobs; i++) {
		struct run *run = &job->runs[i];
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
	job->n_running = 0;
}

static int n_finished(const struct job *job)
{
	int n = 0;
	for (int i = 0; i < job->n; i++)
		n += job->result->machines[i].finished;
	return n;
}

static enum pv_status run_all(struct job *job, struct pv_error *err)
{
	bool done = false;
	enum pv_status status = PV_OK;
	while (status == PV_OK && !done) {
		if (stopped(job)) {
			status =
			    base_error_set(err, PV_ERR_INTERRUPTED, "interrupted; %d of %d machines are finished", n_finished(job), job->n);
			base_error_hint(err, "the same command goes on from there; '%s' holds what is finished", job->partial);
			break;
		}
		status = tick(job, &done, err);
		report(job);
		if (!done)
			nanosleep(&(struct timespec){.tv_nsec = TICK_MS * 1000000l}, NULL);
	}
	abandon(job);
	return status;
}

/* ---- after the last run ---- */

/* What gem5 itself says about a machine: the core's clock, and a hash of all but the program's folder. */
static uint64_t read_config_ini(const char *path, double *clock_mhz)
{
	FILE *f = fopen(path, "re");
	char line[4096], section[256] = "";
	uint64_t h = BASE_HASH_START;
	*clock_mhz = 0;
	while (f && fgets(line, sizeof line, f)) {
		double period_ps;
		sscanf(line, "[%255[^]]", section);
		if (strstr(section, "cpu") && strstr(section, "clk_domain") && sscanf(line, "clock=%lf", &period_ps) == 1 && period_ps > 0)
			*clock_mhz = 1e6 / period_ps;
		if (strncmp(line, "cwd=", 4) != 0)
			h = hash(h, line);
	}
	if (!f)
		return 0;
	fclose(f);
	return h;
}

/* Machines that differ for us but not for gem5 are columns for nothing. */
static enum pv_status find_twins(const struct job *job, struct pv_error *err)
{
	uint64_t *hashes = calloc((size_t)job->n, sizeof *hashes);
	FAIL_IF(!hashes, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < job->n; i++) {
		double clock;
		hashes[i] = job->result->machines[i].finished ? read_config_ini(job->machines[i].config_ini, &clock) : 0;
		for (int j = 0; j < i && hashes[i] && !*job->result->alike; j++)
			if (hashes[i] == hashes[j])
				snprintf(job->result->alike, sizeof job->result->alike, "machines '%s' and '%s'",
				         job->result->machines[j].name, job->result->machines[i].name);
	}
	free(hashes);
	return PV_OK;
}

/* A reference machine has no machine file of ours: it is said where it comes from, and gem5's account follows as a comment. */
static enum pv_status reference_text(const struct job *job, int i, char **text, struct pv_error *err)
{
	size_t n;
	FILE *out = open_memstream(text, &n), *in = fopen(job->machines[i].config_ini, "re");
	int reference = job->machines[i].reference;
	if (out) {
		fprintf(
		    out,
		    "gem5_reference_machine: %d\ncpu: %s\noption: -r %d\n# not a machine file: gem5's script made it; its config.ini:\n",
		    reference, gem5_reference_cpu(job->o, reference), reference + 1);
		char line[4096];
		while (in && fgets(line, sizeof line, in))
			fprintf(out, "# %s", line);
	}
	if (in)
		fclose(in);
	int failed = out ? ferror(out) : 1;
	failed |= out ? fclose(out) : 1;
	FAIL_IF(failed, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

static enum pv_status machine_text(const struct job *job, int i, char **text, struct pv_error *err)
{
	if (!job->machines[i].uarch)
		return reference_text(job, i, text, err);
	size_t n;
	FILE *out = open_memstream(text, &n);
	FAIL_IF(!out, err, PV_ERR_NOMEM, "out of memory");
	pv_uarch_print(job->machines[i].uarch, out);
	int failed = ferror(out);
	failed |= fclose(out);
	FAIL_IF(failed, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

static bool is_unseen(const struct pv_gem5_run_options *o, const char *name)
{
	for (size_t i = 0; i < o->n_unseen_machines; i++)
		if (!strcmp(o->unseen_machines[i], name))
			return true;
	return false;
}

/* The dataset to be: specs and paths of the finished machines, or of all when nothing has run yet. */
struct plan {
	struct pv_dataset_machine_spec *specs;
	const char **paths;
	char **texts;
	uint64_t *totals;
	int *from; /* number of the machine among all */
	int n;
};

static void release_plan(struct plan *p)
{
	for (int k = 0; p->texts && k < p->n; k++)
		free(p->texts[k]);
	free(p->texts);
	free(p->specs);
	free(p->paths);
	free(p->totals);
	free(p->from);
}

/* A reference machine's is in gem5's account of it; before it has run, the generator's rule tells. */
static double clock_mhz(const struct machine *m)
{
	static const double generated[] = {1000, 2000, 2500, 3333.3, 5000};
	double mhz = 0;
	if (m->uarch)
		return pv_uarch_clock_mhz(m->uarch);
	read_config_ini(m->config_ini, &mhz);
	return mhz > 0 ? mhz : generated[m->reference % 5];
}

static enum pv_status make_plan(const struct job *job, bool all, struct plan *p, struct pv_error *err)
{
	size_t n = (size_t)job->n;
	*p = (struct plan){.specs = calloc(n, sizeof *p->specs),
	                   .paths = calloc(n, sizeof *p->paths),
	                   .texts = calloc(n, sizeof *p->texts),
	                   .totals = calloc(n, sizeof *p->totals),
	                   .from = calloc(n, sizeof *p->from)};
	FAIL_IF(!p->specs || !p->paths || !p->texts || !p->totals || !p->from, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < job->n; i++) {
		if (!all && !job->result->machines[i].finished)
			continue;
		struct pv_dataset_machine_spec *s = &p->specs[p->n];
		p->from[p->n] = i;
		p->paths[p->n] = job->machines[i].rows;
		s->name = job->result->machines[i].name;
		s->seen = !is_unseen(job->o, s->name);
		s->clock_mhz = clock_mhz(&job->machines[i]);
		TRY(machine_text(job, i, &p->texts[p->n], err));
		s->text = p->texts[p->n++];
	}
	return PV_OK;
}

static enum pv_status check_unseen(const struct job *job, struct pv_error *err)
{
	const struct pv_gem5_run_options *o = job->o;
	for (size_t i = 0; i < o->n_unseen_machines; i++) {
		bool there = false;
		for (int k = 0; k < job->n && !there; k++)
			there = !strcmp(job->result->machines[k].name, o->unseen_machines[i]);
		FAIL_IF(!there, err, PV_ERR_ARG, "there is no machine '%s' to hold out", o->unseen_machines[i]);
	}
	return PV_OK;
}

/* Create the dataset as it will be, or only find out whether it can be. */
static enum pv_status write_dataset(struct job *job, bool only_try, struct pv_error *err)
{
	const struct pv_gem5_run_options *o = job->o;
	struct plan p;
	enum pv_status status = make_plan(job, only_try, &p, err);
	struct pv_dataset_spec spec = {
	    .machines = p.specs, .n_machines = p.n, .target = PV_TARGET_store_commit, .all_targets = o->all_targets, .command = o->how};
	struct gem5_combine_options c = {
	    .paths = p.paths, .spec = &spec, .program = job->program, .source = job->setup.program, .output = o->output};
	struct pv_dataset_writer *writer = NULL;
	if (status == PV_OK && only_try) {
		status = pv_dataset_create(o->output, &spec, &writer, err);
		if (status == PV_OK)
			status = pv_dataset_begin_program(writer, job->program, true, NULL, err);
		pv_dataset_discard(writer);
	} else if (status == PV_OK) {
		struct pv_gem5_run_result *r = job->result;
		status = gem5_combine(&c, &r->n_rows, p.totals, r->cut, sizeof r->cut, job->progress, err);
		for (int k = 0; k < p.n; k++)
			r->machines[p.from[k]].time_tenth_ns = p.totals[k];
	}
	release_plan(&p);
	return status;
}

static enum pv_status all_failed(const struct job *job, struct pv_error *err)
{
	base_error_set(err, PV_ERR_GUEST, "no machine finished; machine '%s': %.300s", job->result->machines[0].name,
	               job->result->machines[0].reason);
	base_error_hint(err, "'%s' has what gem5 printed", job->machines[0].log);
	return PV_ERR_GUEST;
}

static enum pv_status run_job(struct job *job, struct pv_error *err)
{
	TRY(set_up(job, err));
	TRY(check_unseen(job, err));
	TRY(write_dataset(job, true, err));
	TRY(make_folders(job, err));
	find_finished(job);
	TRY(run_all(job, err));
	job->result->n_finished = (size_t)n_finished(job);
	if (job->result->n_finished == 0)
		return all_failed(job, err);
	TRY(find_twins(job, err));
	TRY(write_dataset(job, false, err));
	if (job->result->n_finished == job->result->n_machines)
		remove_tree(job->partial);
	return PV_OK;
}

static void release(struct job *job)
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
	free(job->runs);
	free(job->partial);
	free(job->logs);
	free(job->program);
	gem5_setup_release(&job->setup);
	pv_gem5_run_result_free(job->result);
}

enum pv_status pv_gem5_run(const struct pv_gem5_run_options *options, const struct pv_progress *progress,
                           struct pv_gem5_run_result **result, struct pv_error *err)
{
	struct job job = {.o = options, .progress = progress, .lock = -1};
	if (result)
		*result = NULL;
	enum pv_status status = run_job(&job, err);
	if (result) {
		*result = job.result;
		job.result = NULL;
	}
	release(&job);
	return status;
}

void pv_gem5_run_result_free(struct pv_gem5_run_result *r)
{
	if (!r)
		return;
	free(r->machines);
	free(r);
}
