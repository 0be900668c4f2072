/*
 * tracer.c - runs a guest and records it: shared memory, the loop over filled buffers, the end
 *
 *   QEMU process                              this process
 *   guest code -> plugin -> filled buffers -> replay (rows) -> trace writer
 *
 * The guest runs ahead by at most the buffers. When it dies, whatever it wrote is still in shared memory and is replayed.
 */
#include <perfvec/text.h>
#include <perfvec/tracer.h>

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <perfvec/trace.h>
#include <perfvec/version.h>

#include "base/error.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "isa/decoder.h"
#include "tracer/blocks.h"
#include "tracer/guest.h"
#include "tracer/mappings.h"
#include "tracer/protocol.h"
#include "tracer/replay.h"

enum { WAIT_MS = 10, GRACE_MS = 2000 };

/* Everything one run holds. */
struct run {
	const struct pv_tracer_options *options;
	const struct pv_progress *progress;
	struct tracer_guest guest;
	struct isa_decoder *decoder;
	struct pv_trace_writer *writer;
	struct tracer_blocks *blocks;
	struct tracer_replay replay;
	struct tracer_shared *shared;
	int shared_fd;
	pid_t pid;       /* 0: not running */
	int wait_status; /* of the guest, once it ended */
	double stop_at;  /* when a guest that was asked to end is killed; 0: was not asked */
	bool killed;     /* by us */
};

/* ---- shared memory ---- */

static enum pv_status share_memory(struct run *run, struct pv_error *err)
{
	run->shared_fd = memfd_create("perfvec", MFD_CLOEXEC);
	if (run->shared_fd < 0 || ftruncate(run->shared_fd, (off_t)TRACER_SHARED_BYTES) != 0) {
		int why = errno;
		enum pv_status status = base_error_errno(err, why, "cannot make shared memory for the guest");
		if (why == EFBIG)
			base_error_hint(err, "the limit on file sizes is too low: 'ulimit -f' must allow %llu MB",
			                (unsigned long long)(TRACER_SHARED_BYTES >> 20) + 1);
		return status;
	}
	void *map = mmap(NULL, TRACER_SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, run->shared_fd, 0);
	if (map == MAP_FAILED)
		return base_error_errno(err, errno, "cannot map shared memory for the guest");
	run->shared = map;
	run->shared->magic = TRACER_SHARED_MAGIC;
	run->shared->n_skip = run->options->n_skip_insns;
	run->shared->n_record = run->options->n_max_insns ? run->options->n_max_insns : UINT64_MAX;
	run->shared->parent_pid = (int32_t)getpid();
	return PV_OK;
}

static const uint64_t *buffer_words(const struct tracer_shared *sh, uint32_t n)
{
	return (const uint64_t *)((const uint8_t *)sh + TRACER_SHARED_EVENTS) + (size_t)(n % TRACER_N_BUFFERS) * TRACER_BUFFER_WORDS;
}

static enum pv_status replay_words(struct run *run, const uint64_t *words, uint32_t n, struct pv_error *err)
{
	FAIL_IF(n > TRACER_BUFFER_WORDS, err, PV_ERR_FORMAT, "the plugin handed over %u events in a buffer of %d", n, TRACER_BUFFER_WORDS);
	if (run->replay.n_insns == 0 && !run->replay.block)
		run->replay.n_drop = run->shared->first_drop; /* set before the first event */
	return tracer_replay_events(&run->replay, words, n, atomic_load_explicit(&run->shared->n_blocks, memory_order_acquire), err);
}

/* Replays the buffers handed over, one round at most: a fast guest fills them as fast as they are emptied. *n gets their number. */
static enum pv_status empty_buffers(struct run *run, uint32_t *n, struct pv_error *err)
{
	struct tracer_shared *sh = run->shared;
	uint32_t emptied = atomic_load_explicit(&sh->n_emptied, memory_order_relaxed);
	*n = 0;
	while (*n < TRACER_N_BUFFERS && emptied != atomic_load_explicit(&sh->n_filled, memory_order_acquire)) {
		TRY(replay_words(run, buffer_words(sh, emptied), sh->filled_words[emptied % TRACER_N_BUFFERS], err));
		atomic_store_explicit(&sh->n_emptied, ++emptied, memory_order_release);
		syscall(SYS_futex, &sh->n_emptied, FUTEX_WAKE, 1, NULL, NULL, 0);
		++*n;
	}
	return PV_OK;
}

/* Replays the buffer that a guest which ended was filling. */
static enum pv_status empty_last_buffer(struct run *run, struct pv_error *err)
{
	struct tracer_shared *sh = run->shared;
	uint32_t n = atomic_load(&sh->n_filled);
	if (sh->filling != n)
		return PV_OK; /* it ended between two buffers */
	return replay_words(run, buffer_words(sh, n), (uint32_t)(sh->cursor - sh->buffer), err);
}

/* ---- the loop ---- */

static void wait_for_buffer(struct tracer_shared *sh)
{
	struct timespec timeout = {.tv_nsec = WAIT_MS * 1000000L};
	syscall(SYS_futex, &sh->n_filled, FUTEX_WAIT, atomic_load(&sh->n_emptied), &timeout, NULL, 0);
}

/* The plugin counted to the end and waits: grant what is missing by our count. */
static void answer(struct run *run)
{
	struct tracer_shared *sh = run->shared;
	if (atomic_load(&sh->n_asked) == atomic_load(&sh->n_answered))
		return;
	if (atomic_load(&sh->n_filled) != atomic_load(&sh->n_emptied))
		return;
	sh->granted = run->replay.done ? 0 : run->replay.n_max_insns - run->replay.n_insns;
	atomic_fetch_add(&sh->n_answered, 1);
	syscall(SYS_futex, &sh->n_answered, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool guest_ended(struct run *run)
{
	pid_t pid = waitpid(run->pid, &run->wait_status, WNOHANG);
	if (pid == 0 || (pid < 0 && errno == EINTR))
		return false;
	run->pid = 0;
	return true;
}

static void kill_guest(struct run *run)
{
	if (!run->pid)
		return;
	kill(run->pid, SIGKILL);
	while (waitpid(run->pid, &run->wait_status, 0) < 0 && errno == EINTR)
		;
	run->pid = 0;
	run->killed = true;
}

/* Tells the caller how far it is; ends the guest when the caller says so. */
static void poll_caller(struct run *run)
{
	const struct pv_progress *p = run->progress;
	if (p && p->report)
		p->report(p->user, "tracing", "instructions", run->replay.n_insns, run->options->n_max_insns);
	if (run->stop_at == 0 && p && p->stop && p->stop(p->user)) {
		run->stop_at = base_clock_seconds() + GRACE_MS * 1e-3;
		if (run->pid)
			kill(run->pid, SIGTERM);
	}
	if (run->stop_at > 0 && base_clock_seconds() > run->stop_at)
		kill_guest(run);
}

/* From the guest's start to its end; all rows are with the writer afterwards. */
static enum pv_status record(struct run *run, struct pv_error *err)
{
	while (run->pid) {
		bool ended = guest_ended(run);
		uint32_t n;
		TRY(empty_buffers(run, &n, err));
		answer(run);
		if (ended)
			break;
		poll_caller(run);
		if (n == 0)
			wait_for_buffer(run->shared);
	}
	poll_caller(run); /* the guest may have been faster to end by the same Ctrl-C */
	uint32_t n;
	TRY(empty_buffers(run, &n, err));
	TRY(empty_last_buffer(run, err));
	enum tracer_replay_end end = run->killed                     ? TRACER_REPLAY_CUT
	                             : WIFSIGNALED(run->wait_status) ? TRACER_REPLAY_CRASH
	                                                             : TRACER_REPLAY_EXIT;
	return tracer_replay_finish(&run->replay, end, err);
}

/* ---- the end ---- */

static void fill_result(const struct run *run, struct pv_tracer_result *result)
{
	const struct tracer_shared *sh = run->shared;
	const struct tracer_replay *replay = &run->replay;
	*result = (struct pv_tracer_result){
	    .end = PV_TRACER_EXIT,
	    .exit_status = WIFSIGNALED(run->wait_status) ? 128 + WTERMSIG(run->wait_status) : WEXITSTATUS(run->wait_status),
	    .signal = WIFSIGNALED(run->wait_status) ? WTERMSIG(run->wait_status) : 0,
	    .n_insns = replay->n_insns,
	    .n_rows = replay->n_rows,
	    .n_skipped_insns = sh->n_skipped,
	    .n_interrupted_blocks = replay->n_interrupted_blocks,
	    .n_other_threads = sh->n_other_threads,
	    .n_other_processes = sh->n_other_processes,
	    .n_unknown_insns = isa_decoder_n_unknown(run->decoder),
	    .n_unmatched_accesses = replay->n_unmatched_accesses,
	    .n_no_address_rows = replay->n_no_address_rows,
	};
	if (sh->stopped == TRACER_STOP_LENGTH || replay->done) {
		result->end = PV_TRACER_LENGTH;
		result->exit_status = result->signal = 0;
	} else if (run->stop_at > 0) {
		result->end = PV_TRACER_STOPPED;
	} else if (result->signal) {
		result->end = PV_TRACER_SIGNAL;
	} else if (sh->in_exec) {
		result->end = PV_TRACER_EXEC;
	}
}

static enum pv_status check_recording(const struct run *run, const struct pv_tracer_result *result, struct pv_error *err)
{
	const struct tracer_shared *sh = run->shared;
	const char *program = run->guest.program_path;
	FAIL_IF(sh->stopped == TRACER_STOP_BLOCKS_FULL, err, PV_ERR_UNSUPPORTED,
	        "'%s' makes more machine code than tracing has room for (%llu MB of translated blocks)", program,
	        (unsigned long long)(TRACER_SHARED_BLOCKS_BYTES >> 20));
	FAIL_IF(run->stop_at > 0 && result->n_insns == 0, err, PV_ERR_INTERRUPTED, "stopped before an instruction of '%s' was recorded",
	        program);
	if (!sh->ready) {
		base_error_set(err, PV_ERR_GUEST, "'%s' did not start the plugin '%s' (exit status %d)", run->guest.qemu, run->guest.plugin,
		               result->exit_status);
		base_error_hint(err, "perfvec needs QEMU 7.2, user mode, with plugins; this one says it is %s", run->guest.qemu_version);
		return PV_ERR_GUEST;
	}
	FAIL_IF(sh->n_blocks == 0, err, PV_ERR_GUEST, "QEMU could not run '%s' (exit status %d)", program, result->exit_status);
	FAIL_IF(!sh->recording, err, PV_ERR_GUEST, "'%s' ended after %llu instructions, before the %llu to skip", program,
	        (unsigned long long)sh->n_skipped, (unsigned long long)sh->n_skip);
	FAIL_IF(result->n_insns == 0, err, PV_ERR_GUEST, "'%s' ended before an instruction was recorded", program);
	return PV_OK;
}

static enum pv_status check_name(const char *name, struct pv_error *err)
{
	size_t n = strlen(name);
	FAIL_IF(n == 0 || n > BASE_NAME_LONGEST, err, PV_ERR_ARG, "a program name has 1 to %d characters, not %zu", BASE_NAME_LONGEST, n);
	FAIL_IF(!base_name_ok(name), err, PV_ERR_ARG,
	        "the program name '%s' begins with a dot or has other characters than letters, digits and ._+-", name);
	return PV_OK;
}

static enum pv_status finish_trace(struct run *run, const struct pv_tracer_result *result, struct pv_error *err)
{
	const struct pv_tracer_options *o = run->options;
	char tool[64];
	snprintf(tool, sizeof tool, "perfvec %s (qemu %s)", PV_VERSION, run->guest.qemu_version);
	struct pv_trace_mapping *mappings;
	uint32_t n_mappings;
	TRY(tracer_mappings_new(run->shared, &mappings, &n_mappings, err));
	size_t n_arguments = 0;
	while (o->argv[n_arguments])
		n_arguments++;
	char *command = pv_command_line(NULL, n_arguments, (const char *const *)o->argv),
	     *name = base_name_from(base_path_base(o->argv[0]));
	if (!command || !name) {
		tracer_mappings_free(mappings, n_mappings);
		free(command);
		free(name);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for the command line");
	}
	struct pv_trace_origin origin = {
	    .isa = PV_ISA_AARCH64,
	    .program = o->program ? o->program : name,
	    .command = command,
	    .cpu_model = run->guest.cpu_model,
	    .tool = tool,
	    .n_skipped_insns = result->n_skipped_insns,
	    .cut = result->end != PV_TRACER_EXIT,
	    .n_other_threads = result->n_other_threads,
	    .n_other_processes = result->n_other_processes,
	    .n_interrupted_blocks = result->n_interrupted_blocks,
	    .n_mappings = n_mappings,
	    .mappings = mappings,
	};
	enum pv_status status = pv_trace_finish(run->writer, &origin, err);
	run->writer = NULL;
	tracer_mappings_free(mappings, n_mappings);
	free(command);
	free(name);
	return status;
}

static void release(struct run *run)
{
	kill_guest(run);
	pv_trace_discard(run->writer);
	tracer_replay_release(&run->replay);
	tracer_blocks_free(run->blocks);
	isa_decoder_free(run->decoder);
	tracer_guest_release(&run->guest);
	if (run->shared)
		munmap(run->shared, TRACER_SHARED_BYTES);
	if (run->shared_fd >= 0)
		close(run->shared_fd);
}

static enum pv_status run_all(struct run *run, struct pv_tracer_result *result, struct pv_error *err)
{
	const struct pv_tracer_options *o = run->options;
	TRY(tracer_guest_prepare(&run->guest, o, err));
	TRY(isa_decoder_new(PV_ISA_AARCH64, &run->decoder, err));
	TRY(pv_trace_create(o->out_path, &run->writer, err));
	TRY(share_memory(run, err));
	const uint8_t *descriptions = (const uint8_t *)run->shared + TRACER_SHARED_BLOCKS;
	TRY(tracer_blocks_new(descriptions, TRACER_SHARED_BLOCKS_BYTES, run->decoder, run->writer, &run->blocks, err));
	TRY(tracer_replay_init(&run->replay, run->blocks, run->writer, run->shared->n_record, err));
	TRY(tracer_guest_start(&run->guest, o->argv, run->shared_fd, &run->pid, err));
	TRY(record(run, err));
	fill_result(run, result);
	TRY(check_recording(run, result, err));
	return finish_trace(run, result, err);
}

enum pv_status pv_tracer_run(const struct pv_tracer_options *options, const struct pv_progress *progress, struct pv_tracer_result *result,
                             struct pv_error *err)
{
	*result = (struct pv_tracer_result){0};
	FAIL_IF(options->isa != PV_ISA_UNKNOWN && options->isa != PV_ISA_AARCH64, err, PV_ERR_UNSUPPORTED,
	        "only AArch64 programs can be traced");
	FAIL_IF(!options->argv || !options->argv[0], err, PV_ERR_ARG, "no program to trace");
	if (options->program)
		TRY(check_name(options->program, err));
	struct run run = {.options = options, .progress = progress, .shared_fd = -1};
	enum pv_status status = run_all(&run, result, err);
	release(&run);
	return status;
}
