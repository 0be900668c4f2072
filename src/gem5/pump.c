/*
 * pump.c - two streams from FIFOs to pipes, with a queue in between
 *
 *	trace.txt ------------------> queue of blocks --> pipe --> reader
 *	sq.trace.txt, trace.sq.txt -> queue of blocks --> pipe -->
 *	                                 |      ^
 *	                                 v      |
 *	                              compressed spill
 *
 * One thread polls all descriptors. A stream is not read while it holds QUEUE bytes and the reader has something to do with the other one;
 * if the reader may be waiting for the other one, reading goes on and full blocks are compressed and spilled. So neither side ever waits
 *for the pump, and memory stays bounded. The pump holds both ends of each FIFO: their end is when the writer's process has ended and
 *nothing is left in them, however often it opened and closed them.
 */
#include "gem5/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "base/file.h"

enum { BLOCK = 1 << 18, MAX_RAW_BLOCKS = 16, QUEUE = 8 * BLOCK, PIPE_BYTES = 1 << 20, IDLE_MS = 20 };

/* ---- queue ---- */

struct block {
	struct block *next;
	size_t n;       /* bytes */
	uint8_t *bytes; /* (BLOCK); NULL: spilled */
	uint64_t at;    /* in the spill file */
	size_t packed;  /* bytes there */
};

struct queue {
	struct block *first, *last;
	size_t begin;   /* bytes of the first block that are gone */
	uint64_t bytes; /* in the queue */
	int n_raw;
};

/* ---- streams ---- */

struct stream {
	int in[2]; /* FIFOs, -1 */
	int out;   /* write end of the pipe, -1 when closed */
	bool in_done;
	struct queue queue;
	struct base_out_file kept;
	ZSTD_CStream *packer; /* NULL: not kept */
};

struct gem5_pump {
	struct stream streams[2];
	int read_ends[2];
	char *paths[2];
	int spill; /* -1 until it is needed */
	uint64_t spill_end;
	char *folder;
	uint8_t *buffer; /* (BLOCK) */
	uint8_t *packed; /* (packed_room) */
	size_t packed_room;
	atomic_bool ended;
	atomic_uint_least64_t n_bytes;
	pthread_t thread;
	bool running;
	enum pv_status status;
	struct pv_error error;
};

static enum pv_status no_memory(struct gem5_pump *p)
{
	return base_error_set(&p->error, PV_ERR_NOMEM, "out of memory for a trace that gem5 writes");
}

static void pop_block(struct queue *q)
{
	struct block *b = q->first;
	q->first = b->next;
	if (!q->first)
		q->last = NULL;
	q->begin = 0;
	if (b->bytes)
		q->n_raw--;
	free(b->bytes);
	free(b);
}

static void drop(struct queue *q)
{
	while (q->first)
		pop_block(q);
	*q = (struct queue){0};
}

static enum pv_status open_spill(struct gem5_pump *p)
{
	p->spill = open(p->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (p->spill >= 0)
		return PV_OK;
	char *path = base_path_join(p->folder, "spill"); /* a file system without nameless files */
	if (!path)
		return no_memory(p);
	p->spill = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	enum pv_status status = PV_OK;
	if (p->spill < 0)
		status = base_error_errno(&p->error, errno, "cannot create '%s'", path);
	else
		unlink(path);
	free(path);
	return status;
}

/* Full blocks beyond the first few go to the spill file. */
static enum pv_status spill_block(struct gem5_pump *p, struct queue *q, struct block *b)
{
	if (p->spill < 0)
		TRY(open_spill(p));
	size_t n = ZSTD_compress(p->packed, p->packed_room, b->bytes, b->n, 1);
	FAIL_IF(ZSTD_isError(n), &p->error, PV_ERR_NOMEM, "cannot compress a trace: %s", ZSTD_getErrorName(n));
	for (size_t done = 0; done < n;) {
		ssize_t r = pwrite(p->spill, p->packed + done, n - done, (off_t)(p->spill_end + done));
		if (r < 0 && errno != EINTR)
			return base_error_errno(&p->error, errno, "cannot write a temporary file in '%s'", p->folder);
		done += r > 0 ? (size_t)r : 0;
	}
	b->at = p->spill_end;
	b->packed = n;
	p->spill_end += n;
	free(b->bytes);
	b->bytes = NULL;
	q->n_raw--;
	return PV_OK;
}

static enum pv_status push(struct gem5_pump *p, struct queue *q, const uint8_t *bytes, size_t n)
{
	while (n) {
		struct block *b = q->last;
		if (!b || b->n == BLOCK) {
			if (b && b != q->first && q->n_raw > MAX_RAW_BLOCKS)
				TRY(spill_block(p, q, b));
			struct block *fresh = calloc(1, sizeof *fresh);
			if (!fresh || !(fresh->bytes = malloc(BLOCK))) {
				free(fresh);
				return no_memory(p);
			}
			if (b)
				b->next = fresh;
			else
				q->first = fresh;
			q->last = b = fresh;
			q->n_raw++;
		}
		size_t take = n < BLOCK - b->n ? n : BLOCK - b->n;
		memcpy(b->bytes + b->n, bytes, take);
		b->n += take;
		q->bytes += take;
		bytes += take;
		n -= take;
	}
	return PV_OK;
}

static enum pv_status load_block(struct gem5_pump *p, struct queue *q, struct block *b)
{
	for (size_t done = 0; done < b->packed;) {
		ssize_t r = pread(p->spill, p->packed + done, b->packed - done, (off_t)(b->at + done));
		if (r == 0 || (r < 0 && errno != EINTR))
			return base_error_errno(&p->error, r ? errno : EIO, "cannot read a temporary file in '%s'", p->folder);
		done += r > 0 ? (size_t)r : 0;
	}
	if (!(b->bytes = malloc(BLOCK)))
		return no_memory(p);
	q->n_raw++;
	size_t n = ZSTD_decompress(b->bytes, BLOCK, p->packed, b->packed);
	FAIL_IF(n != b->n, &p->error, PV_ERR_IO, "a temporary file in '%s' was changed", p->folder);
	return PV_OK;
}

/* ---- one step ---- */

/* With `end` the frame is finished. */
static enum pv_status keep_bytes(struct gem5_pump *p, struct stream *s, const uint8_t *bytes, size_t n, bool end)
{
	if (!s->packer)
		return PV_OK;
	ZSTD_inBuffer in = {bytes, n, 0};
	size_t left;
	do {
		ZSTD_outBuffer out = {p->packed, p->packed_room, 0};
		left = ZSTD_compressStream2(s->packer, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
		FAIL_IF(ZSTD_isError(left), &p->error, PV_ERR_NOMEM, "cannot compress a trace: %s", ZSTD_getErrorName(left));
		TRY(base_out_file_write(&s->kept, p->packed, out.pos, &p->error));
	} while (end ? left != 0 : in.pos < in.size);
	return PV_OK;
}

/* Take what one FIFO holds. */
static enum pv_status take(struct gem5_pump *p, struct stream *s, int fd, bool *some)
{
	ssize_t n = read(fd, p->buffer, BLOCK);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return PV_OK;
	if (n < 0)
		return base_error_errno(&p->error, errno, "cannot read a FIFO in '%s'", p->folder);
	if (n == 0)
		return PV_OK;
	*some = true;
	atomic_fetch_add(&p->n_bytes, (uint64_t)n);
	TRY(keep_bytes(p, s, p->buffer, (size_t)n, false));
	return s->out >= 0 ? push(p, &s->queue, p->buffer, (size_t)n) : PV_OK;
}

static void close_out(struct stream *s)
{
	if (s->out >= 0)
		close(s->out);
	s->out = -1;
	drop(&s->queue);
}

/* Hand on as much as the pipe takes. A reader that has closed is not an error: it has its own. */
static enum pv_status hand_on(struct gem5_pump *p, struct stream *s)
{
	struct queue *q = &s->queue;
	while (q->first && q->first->n > q->begin) {
		struct block *b = q->first;
		if (!b->bytes)
			TRY(load_block(p, q, b));
		ssize_t n = write(s->out, b->bytes + q->begin, b->n - q->begin);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return PV_OK;
		if (n < 0) {
			close_out(s);
			return PV_OK;
		}
		q->begin += (size_t)n;
		q->bytes -= (uint64_t)n;
		if (q->begin == b->n)
			pop_block(q);
	}
	return PV_OK;
}

static bool wants_input(const struct stream *s, const struct stream *other)
{
	bool other_fed = other->queue.bytes > 0 || other->in_done;
	return !s->in_done && (s->queue.bytes < QUEUE || !other_fed);
}

/* Poll everything once; *some tells whether any input came. */
static enum pv_status step(struct gem5_pump *p, bool *some)
{
	struct pollfd fds[6];
	int n = 0, in_at[2][2] = {{-1, -1}, {-1, -1}}, out_at[2] = {-1, -1};
	for (int i = 0; i < 2; i++) {
		struct stream *s = &p->streams[i];
		for (int j = 0; j < 2; j++)
			if (s->in[j] >= 0 && wants_input(s, &p->streams[!i])) {
				in_at[i][j] = n;
				fds[n++] = (struct pollfd){.fd = s->in[j], .events = POLLIN};
			}
		if (s->out >= 0 && s->queue.bytes) {
			out_at[i] = n;
			fds[n++] = (struct pollfd){.fd = s->out, .events = POLLOUT};
		}
	}
	if (poll(fds, (nfds_t)n, IDLE_MS) < 0 && errno != EINTR)
		return base_error_errno(&p->error, errno, "cannot wait for gem5");
	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 2; j++)
			if (in_at[i][j] >= 0 && fds[in_at[i][j]].revents)
				TRY(take(p, &p->streams[i], p->streams[i].in[j], some));
		if (out_at[i] >= 0 && fds[out_at[i]].revents)
			TRY(hand_on(p, &p->streams[i]));
	}
	return PV_OK;
}

/* A stream that is done and handed on is closed, which the reader sees as its end. */
static bool all_closed(struct gem5_pump *p)
{
	bool closed = true;
	for (int i = 0; i < 2; i++) {
		struct stream *s = &p->streams[i];
		if (s->in_done && !s->queue.bytes)
			close_out(s);
		closed &= s->in_done && s->out < 0;
	}
	return closed;
}

static enum pv_status pump_all(struct gem5_pump *p)
{
	while (!all_closed(p)) {
		bool ended = atomic_load(&p->ended), some = false; /* asked before reading: what is there then is read now */
		bool all_asked = wants_input(&p->streams[0], &p->streams[1]) && wants_input(&p->streams[1], &p->streams[0]);
		TRY(step(p, &some));
		if (ended && !some && all_asked) {
			for (int i = 0; i < 2; i++) {
				if (!p->streams[i].in_done)
					TRY(keep_bytes(p, &p->streams[i], NULL, 0, true));
				p->streams[i].in_done = true;
			}
		}
	}
	return PV_OK;
}

static void *run_thread(void *argument)
{
	struct gem5_pump *p = argument;
	sigset_t signals;
	sigfillset(&signals); /* SIGPIPE: a write to a closed pipe returns EPIPE instead */
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	p->status = pump_all(p);
	for (int i = 0; i < 2; i++)
		close_out(&p->streams[i]);
	return NULL;
}

/* ---- start and end ---- */

static enum pv_status make_fifo(const char *folder, const char *name, int *fd, struct pv_error *err)
{
	char *path = base_path_join(folder, name);
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = PV_OK;
	if (mkfifo(path, 0600) != 0)
		status = base_error_errno(err, errno, "cannot make the FIFO '%s'", path);
	else if ((*fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
		status = base_error_errno(err, errno, "cannot open the FIFO '%s'", path);
	else
		fcntl(*fd, F_SETPIPE_SZ, PIPE_BYTES); /* fewer switches; the default size does, too */
	free(path);
	return status;
}

/* A pipe whose read end the reader opens by a path that names the data in its errors. */
static enum pv_status make_pipe(struct gem5_pump *p, int i, const char *name, struct pv_error *err)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0)
		return base_error_errno(err, errno, "cannot make a pipe");
	p->read_ends[i] = fds[0];
	p->streams[i].out = fds[1];
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	char target[64];
	snprintf(target, sizeof target, "/proc/self/fd/%d", fds[0]);
	p->paths[i] = base_path_join(p->folder, name);
	FAIL_IF(!p->paths[i], err, PV_ERR_NOMEM, "out of memory");
	if (symlink(target, p->paths[i]) != 0)
		return base_error_errno(err, errno, "cannot make the link '%s'", p->paths[i]);
	return PV_OK;
}

static enum pv_status keep_as(struct stream *s, const char *prefix, const char *suffix, struct pv_error *err)
{
	char *path;
	FAIL_IF(asprintf(&path, "%s%s", prefix, suffix) < 0, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = base_out_file_open(&s->kept, path, err);
	free(path);
	TRY(status);
	s->packer = ZSTD_createCStream();
	FAIL_IF(!s->packer, err, PV_ERR_NOMEM, "out of memory");
	ZSTD_CCtx_setParameter(s->packer, ZSTD_c_compressionLevel, 3);
	return PV_OK;
}

static void release(struct gem5_pump *p)
{
	for (int i = 0; i < 2; i++) {
		struct stream *s = &p->streams[i];
		for (int j = 0; j < 2; j++)
			if (s->in[j] >= 0)
				close(s->in[j]);
		close_out(s);
		if (p->read_ends[i] >= 0)
			close(p->read_ends[i]);
		ZSTD_freeCStream(s->packer);
		base_out_file_discard(&s->kept);
		free(p->paths[i]);
	}
	if (p->spill >= 0)
		close(p->spill);
	free(p->folder);
	free(p->buffer);
	free(p->packed);
	free(p);
}

static enum pv_status prepare(struct gem5_pump *p, const struct gem5_pump_options *o, struct pv_error *err)
{
	p->packed_room = ZSTD_compressBound(BLOCK);
	p->folder = strdup(o->folder);
	p->buffer = malloc(BLOCK);
	p->packed = malloc(p->packed_room);
	FAIL_IF(!p->folder || !p->buffer || !p->packed, err, PV_ERR_NOMEM, "out of memory");
	TRY(make_fifo(o->folder, "trace.txt", &p->streams[0].in[0], err));
	TRY(make_fifo(o->folder, "sq.trace.txt", &p->streams[1].in[0], err));
	TRY(make_fifo(o->folder, "trace.sq.txt", &p->streams[1].in[1], err));
	TRY(make_pipe(p, 0, "trace", err));
	TRY(make_pipe(p, 1, "stores", err));
	if (o->keep) {
		TRY(keep_as(&p->streams[0], o->keep, ".txt.zst", err));
		TRY(keep_as(&p->streams[1], o->keep, ".sq.txt.zst", err));
	}
	int failure = pthread_create(&p->thread, NULL, run_thread, p);
	if (failure)
		return base_error_errno(err, failure, "cannot start a thread");
	p->running = true;
	return PV_OK;
}

enum pv_status gem5_pump_start(const struct gem5_pump_options *options, struct gem5_pump **pump, struct pv_error *err)
{
	struct gem5_pump *p = calloc(1, sizeof *p);
	FAIL_IF(!p, err, PV_ERR_NOMEM, "out of memory");
	p->spill = -1;
	for (int i = 0; i < 2; i++) {
		p->streams[i].in[0] = p->streams[i].in[1] = p->streams[i].out = -1;
		p->read_ends[i] = -1;
	}
	enum pv_status status = prepare(p, options, err);
	if (status != PV_OK) {
		release(p);
		return status;
	}
	*pump = p;
	return PV_OK;
}

const char *gem5_pump_main(const struct gem5_pump *p)
{
	return p->paths[0];
}

const char *gem5_pump_stores(const struct gem5_pump *p)
{
	return p->paths[1];
}

void gem5_pump_opened(struct gem5_pump *p)
{
	for (int i = 0; i < 2; i++) {
		close(p->read_ends[i]);
		p->read_ends[i] = -1;
	}
}

void gem5_pump_ended(struct gem5_pump *p)
{
	atomic_store(&p->ended, true);
}

void gem5_pump_wait(const struct gem5_pump *p)
{
	while (!atomic_load(&p->n_bytes) && !atomic_load(&p->ended))
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

uint64_t gem5_pump_bytes(const struct gem5_pump *p)
{
	return atomic_load(&p->n_bytes);
}

enum pv_status gem5_pump_join(struct gem5_pump *p, bool keep, struct pv_error *err)
{
	if (p->running)
		pthread_join(p->thread, NULL);
	enum pv_status status = p->status;
	if (status != PV_OK && err)
		*err = p->error;
	for (int i = 0; i < 2 && keep && status == PV_OK; i++)
		if (p->streams[i].packer)
			status = base_out_file_commit(&p->streams[i].kept, err);
	release(p);
	return status;
}
