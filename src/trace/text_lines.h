/*
 * text_lines.h - reads a text line by line: plain or compressed by zstd, gzip or xz (known by the first bytes), a regular file or a FIFO
 */
#ifndef TRACE_TEXT_LINES_H
#define TRACE_TEXT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/progress.h>

#include "base/error.h"

struct trace_unpacker; /* state of a decompressor */

/* An open text. Zero-fill, then open. */
struct trace_text_lines {
	char *name;
	uint64_t number; /* of the latest line, from 1 */
	bool cut_short;  /* the latest line is the file's last and has no end */

	const char *text; /* what is unpacked: buffer, or the caller's memory */
	size_t begin, end;
	char *buffer;
	bool at_end; /* nothing more to unpack */

	int fd; /* -1: the text is in memory */
	bool fifo, named_fifo;
	bool raw_at_end;
	bool started;
	uint8_t *ahead; /* (ahead_end) raw bytes of a FIFO read before they were asked for */
	size_t ahead_begin, ahead_end, ahead_room;
	struct trace_text_lines *partner;   /* the other FIFO of the same writer */
	struct trace_unpacker *unpacker;    /* NULL: plain */
	const struct pv_progress *progress; /* its stop() is asked while a FIFO is waited for; NULL allowed; borrowed */
	uint64_t n_bytes;                   /* unpacked so far */
};

/* Longer lines are refused. */
enum { TRACE_TEXT_LONGEST_LINE = 1 << 16 };

/*
 * trace_text_lines_open - open a file; nothing is read yet, so that FIFOs whose writers have not started do not block
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_NOMEM. trace_text_lines_close releases in any case.
 */
enum pv_status trace_text_lines_open(struct trace_text_lines *lines, const char *path, struct pv_error *err);

/* trace_text_lines_memory - the same over (n_bytes) in memory, compressed or not; borrowed until close */
enum pv_status trace_text_lines_memory(struct trace_text_lines *lines, const char *name, const void *bytes, size_t n_bytes,
                                       struct pv_error *err);

/*
 * trace_text_lines_pair - two texts that one process writes
 *
 * When both are FIFOs, waiting for one reads the other ahead: its writer would otherwise stand still with a full pipe, and this one wait
 * for ever.
 */
void trace_text_lines_pair(struct trace_text_lines *a, struct trace_text_lines *b);

/*
 * trace_text_lines_next - the next line without its end ("\n" or "\r\n")
 *
 * @line, @line_end  valid until the next call; *line is NULL after the last one
 *
 * Returns: PV_OK; PV_ERR_FORMAT (damaged or cut compressed data, a line over 64 kB), PV_ERR_IO, PV_ERR_NOMEM,
 * PV_ERR_INTERRUPTED
 */
enum pv_status trace_text_lines_next(struct trace_text_lines *lines, const char **line, const char **line_end, struct pv_error *err);

/* trace_text_lines_close - release; zero-filled is allowed */
void trace_text_lines_close(struct trace_text_lines *lines);

#endif
