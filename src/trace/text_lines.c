/*
 * text_lines.c - the lines of a text file
 *
 *	file or FIFO --raw bytes--> unpacker, or nothing --> buffer --> lines
 *
 * One large buffer holds whole lines; what is left of a line at its end moves to its front before it is filled again. A FIFO is opened and
 * read without blocking, so that while one of a pair is waited for the other can be read ahead.
 */
#include "trace/text_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/unpacker.h"

enum { BUFFER = 1 << 20, PACKED = 1 << 18, PIPE_READ = 1 << 16, POLL_MS = 200 };
static const size_t most_ahead = (size_t)1 << 28;

/* ---- opening ---- */

void trace_text_lines_close(struct trace_text_lines *l)
{
	if (l->name && l->fd >= 0)
		close(l->fd);
	if (l->partner)
		l->partner->partner = NULL;
	trace_unpacker_free(l->unpacker);
	free(l->buffer);
	free(l->ahead);
	free(l->name);
	*l = (struct trace_text_lines){.fd = -1};
}

/* A pipe without a name, such as the shell's <(command), never gets a new writer; a named one may still wait for its first. */
static bool is_named(int fd)
{
	char link[64], target[8] = {0};
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return readlink(link, target, sizeof target - 1) < 0 || memcmp(target, "pipe:", 5) != 0;
}

enum pv_status trace_text_lines_open(struct trace_text_lines *l, const char *path, struct pv_error *err)
{
	*l = (struct trace_text_lines){.fd = -1};
	l->name = strdup(path);
	l->buffer = malloc(BUFFER);
	l->text = l->buffer;
	FAIL_IF(!l->name || !l->buffer, err, PV_ERR_NOMEM, "out of memory reading '%s'", path);
	l->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (l->fd < 0 || fstat(l->fd, &st) != 0)
		return base_error_errno(err, errno, "cannot open '%s'", path);
	FAIL_IF(S_ISDIR(st.st_mode), err, PV_ERR_IO, "'%s' is a folder, not a trace", path);
	l->fifo = S_ISFIFO(st.st_mode);
	l->named_fifo = l->fifo && is_named(l->fd);
	return PV_OK;
}

enum pv_status trace_text_lines_memory(struct trace_text_lines *l, const char *name, const void *bytes, size_t n_bytes,
                                       struct pv_error *err)
{
	*l = (struct trace_text_lines){.fd = -1, .raw_at_end = true};
	l->name = strdup(name);
	FAIL_IF(!l->name, err, PV_ERR_NOMEM, "out of memory reading '%s'", name);
	size_t n_magic = n_bytes < TRACE_UNPACKER_MAGIC ? n_bytes : TRACE_UNPACKER_MAGIC;
	TRY(trace_unpacker_new(bytes, n_magic, name, &l->unpacker, err));
	l->started = true;
	if (!l->unpacker) {
		l->text = bytes;
		l->end = l->n_bytes = n_bytes;
		l->at_end = true;
		return PV_OK;
	}
	l->buffer = malloc(BUFFER);
	l->ahead = malloc(n_bytes);
	FAIL_IF(!l->buffer || !l->ahead, err, PV_ERR_NOMEM, "out of memory reading '%s'", name);
	memcpy(l->ahead, bytes, n_bytes);
	l->ahead_end = l->ahead_room = n_bytes;
	l->text = l->buffer;
	return PV_OK;
}

void trace_text_lines_pair(struct trace_text_lines *a, struct trace_text_lines *b)
{
	if (a->fifo && b->fifo) {
		a->partner = b;
		b->partner = a;
	}
}

/* ---- raw bytes ---- */

/* Read what is there; *got 0 at the end, or when a FIFO has nothing just now (*again). */
static enum pv_status read_now(struct trace_text_lines *l, void *to, size_t n, size_t *got, bool *again, struct pv_error *err)
{
	ssize_t r;
	do
		r = read(l->fd, to, n);
	while (r < 0 && errno == EINTR);
	*again = r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
	*got = r > 0 ? (size_t)r : 0;
	if (r < 0 && !*again)
		return base_error_errno(err, errno, "cannot read '%s'", l->name);
	l->raw_at_end = r == 0;
	return PV_OK;
}

/* Take what the partner's pipe holds out of the writer's way. */
static enum pv_status read_ahead(struct trace_text_lines *l, struct pv_error *err)
{
	if (l->ahead_begin == l->ahead_end)
		l->ahead_begin = l->ahead_end = 0;
	if (l->ahead_room - l->ahead_end < PIPE_READ) {
		size_t room = 2 * l->ahead_room + PIPE_READ;
		FAIL_IF(room > most_ahead, err, PV_ERR_FORMAT, "'%s' runs more than %zu MB ahead of '%s'", l->name, most_ahead >> 21,
		        l->partner->name);
		uint8_t *grown = realloc(l->ahead, room);
		FAIL_IF(!grown, err, PV_ERR_NOMEM, "out of memory reading '%s'", l->name);
		l->ahead = grown;
		l->ahead_room = room;
	}
	size_t got;
	bool again;
	TRY(read_now(l, l->ahead + l->ahead_end, l->ahead_room - l->ahead_end, &got, &again, err));
	l->ahead_end += got;
	return PV_OK;
}

/* Wait until a FIFO has bytes or has lost its writers. */
static enum pv_status wait_for(struct trace_text_lines *l, struct pv_error *err)
{
	const struct pv_progress *progress = l->progress;
	for (;;) {
		FAIL_IF(progress && progress->stop && progress->stop(progress->user), err, PV_ERR_INTERRUPTED,
		        "interrupted while waiting for '%s'", l->name);
		struct trace_text_lines *partner = l->partner && !l->partner->raw_at_end ? l->partner : NULL;
		struct pollfd p[2] = {{.fd = l->fd, .events = POLLIN}, {.fd = partner ? partner->fd : -1, .events = POLLIN}};
		if (poll(p, 2, POLL_MS) < 0 && errno != EINTR)
			return base_error_errno(err, errno, "cannot wait for '%s'", l->name);
		if (p[0].revents)
			return PV_OK;
		if (p[1].revents)
			TRY(read_ahead(partner, err));
	}
}

/* n bytes at most; 0 at the end of the file. */
static enum pv_status read_raw(struct trace_text_lines *l, void *to, size_t n, size_t *got, struct pv_error *err)
{
	size_t ready = l->ahead_end - l->ahead_begin;
	*got = ready < n ? ready : n;
	if (ready) {
		memcpy(to, l->ahead + l->ahead_begin, *got);
		l->ahead_begin += *got;
		return PV_OK;
	}
	if (l->raw_at_end)
		return PV_OK;
	bool again = l->named_fifo; /* an end before the first writer is none */
	for (;;) {
		if (again)
			TRY(wait_for(l, err));
		TRY(read_now(l, to, n, got, &again, err));
		if (!again)
			return PV_OK;
	}
}

/* ---- unpacking ---- */

static enum pv_status unpack_some(struct trace_text_lines *l, struct pv_error *err)
{
	uint8_t *out = (uint8_t *)l->buffer + l->end;
	size_t room = BUFFER - l->end, before = room;
	while (room == before) {
		if (l->ahead_begin == l->ahead_end && !l->raw_at_end) {
			size_t got = 0;
			TRY(read_raw(l, l->ahead, PACKED, &got, err));
			l->ahead_begin = 0;
			l->ahead_end = got;
		}
		const uint8_t *in = l->ahead + l->ahead_begin;
		size_t n_in = l->ahead_end - l->ahead_begin;
		bool last = n_in == 0;
		if (!last || trace_unpacker_inside(l->unpacker))
			TRY(trace_unpacker_run(l->unpacker, &in, &n_in, &out, &room, err));
		l->ahead_begin = l->ahead_end - n_in;
		if (last && room == before) {
			l->at_end = true;
			FAIL_IF(trace_unpacker_inside(l->unpacker), err, PV_ERR_FORMAT, "'%s' ends inside its compressed data", l->name);
			return PV_OK;
		}
	}
	l->end += before - room;
	l->n_bytes += before - room;
	return PV_OK;
}

/* The first bytes say how the file is packed. */
static enum pv_status start(struct trace_text_lines *l, struct pv_error *err)
{
	l->started = true;
	while (l->end < TRACE_UNPACKER_MAGIC) {
		size_t got = 0;
		TRY(read_raw(l, l->buffer + l->end, BUFFER - l->end, &got, err));
		if (!got)
			break;
		l->end += got;
	}
	l->n_bytes = l->end;
	size_t n_magic = l->end < TRACE_UNPACKER_MAGIC ? l->end : TRACE_UNPACKER_MAGIC;
	TRY(trace_unpacker_new((const uint8_t *)l->buffer, n_magic, l->name, &l->unpacker, err));
	if (!l->unpacker)
		return PV_OK;
	/* what was read is packed: it goes before what was read ahead */
	size_t behind = l->ahead_end - l->ahead_begin;
	size_t room = l->end + behind > PACKED ? l->end + behind : PACKED;
	uint8_t *joined = malloc(room);
	FAIL_IF(!joined, err, PV_ERR_NOMEM, "out of memory reading '%s'", l->name);
	memcpy(joined, l->buffer, l->end);
	if (behind)
		memcpy(joined + l->end, l->ahead + l->ahead_begin, behind);
	free(l->ahead);
	l->ahead = joined;
	l->ahead_room = room;
	l->ahead_begin = 0;
	l->ahead_end = l->end + behind;
	l->end = 0;
	l->n_bytes = 0;
	return PV_OK;
}

static enum pv_status fill(struct trace_text_lines *l, struct pv_error *err)
{
	if (!l->started)
		return start(l, err);
	memmove(l->buffer, l->buffer + l->begin, l->end - l->begin);
	l->end -= l->begin;
	l->begin = 0;
	if (l->unpacker)
		return unpack_some(l, err);
	size_t got = 0;
	TRY(read_raw(l, l->buffer + l->end, BUFFER - l->end, &got, err));
	l->end += got;
	l->n_bytes += got;
	l->at_end = got == 0;
	return PV_OK;
}

/* ---- lines ---- */

enum pv_status trace_text_lines_next(struct trace_text_lines *l, const char **line, const char **line_end, struct pv_error *err)
{
	*line = NULL;
	for (;;) {
		const char *from = l->text + l->begin;
		const char *newline = l->end > l->begin ? memchr(from, '\n', l->end - l->begin) : NULL;
		if (newline || (l->at_end && l->end > l->begin)) {
			*line = from;
			*line_end = newline ? newline : l->text + l->end;
			if (newline > from && newline[-1] == '\r')
				--*line_end;
			l->begin = newline ? (size_t)(newline + 1 - l->text) : l->end;
			l->number++;
			l->cut_short = !newline;
			return PV_OK;
		}
		if (l->at_end)
			return PV_OK;
		FAIL_IF(l->end - l->begin > TRACE_TEXT_LONGEST_LINE, err, PV_ERR_FORMAT, "%s:%" PRIu64 ": the line is longer than %d bytes",
		        l->name, l->number + 1, TRACE_TEXT_LONGEST_LINE);
		TRY(fill(l, err));
	}
}
