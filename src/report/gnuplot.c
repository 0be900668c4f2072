/*
 * gnuplot.c - runs gnuplot
 *
 * The script goes in and the picture comes out through files that exist in memory only (memfd), as standard input and output: no name, no
 * shell and no temporary file is involved. gnuplot reads no initialisation files (-d), so a picture depends on the figure alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/formats.h"

extern char **environ;

enum { IN, OUT, ERR, N_FILES };

struct run {
	int files[N_FILES];
};

static void close_files(struct run *r)
{
	for (int i = 0; i < N_FILES; i++)
		if (r->files[i] >= 0)
			close(r->files[i]);
}

static enum pv_status open_files(struct run *r, struct pv_error *err)
{
	static const char *const names[N_FILES] = {"gnuplot-script", "gnuplot-picture", "gnuplot-messages"};
	*r = (struct run){{-1, -1, -1}};
	for (int i = 0; i < N_FILES; i++) {
		r->files[i] = memfd_create(names[i], MFD_CLOEXEC);
		if (r->files[i] < 0)
			return base_error_errno(err, errno, "cannot make room for a picture in memory");
	}
	return PV_OK;
}

static enum pv_status write_script(const struct run *r, const struct pv_figure *figure, enum report_picture picture, struct pv_error *err)
{
	FILE *f = NULL;
	int copy = dup(r->files[IN]);
	if (copy >= 0 && !(f = fdopen(copy, "w")))
		close(copy);
	if (!f)
		return base_error_errno(err, errno, "cannot write the script of a picture");
	report_figure_script(figure, picture, f);
	bool bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad || lseek(r->files[IN], 0, SEEK_SET) != 0)
		return base_error_errno(err, errno, "cannot write the script of a picture");
	return PV_OK;
}

/* All of a file from its start, with a NUL behind it; NULL when it cannot be had. */
static char *contents(int file, size_t *n_bytes)
{
	struct stat s;
	char *bytes = fstat(file, &s) == 0 ? malloc((size_t)s.st_size + 1) : NULL;
	size_t n = 0;
	while (bytes && n < (size_t)s.st_size) {
		ssize_t got = pread(file, bytes + n, (size_t)s.st_size - n, (off_t)n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (bytes)
		bytes[n] = '\0';
	*n_bytes = n;
	return bytes;
}

static enum pv_status start(const struct run *r, pid_t *pid, struct pv_error *err)
{
	static char *const arguments[] = {"gnuplot", "-d", NULL};
	posix_spawn_file_actions_t actions;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	int bad = 0;
	for (int i = 0; i < N_FILES && !bad; i++)
		bad = posix_spawn_file_actions_adddup2(&actions, r->files[i], i);
	if (!bad)
		bad = posix_spawnp(pid, arguments[0], &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (bad == ENOENT) {
		base_error_set(err, PV_ERR_MISSING, "gnuplot, which draws the figures, is not installed: no such program on the PATH");
		base_error_hint(err, "install it ('apt-get install gnuplot-nox'); 'perfvec plot ... -o X.csv' works without");
		return PV_ERR_MISSING;
	}
	return bad ? base_error_errno(err, bad, "cannot run gnuplot") : PV_OK;
}

/* What gnuplot said, in one line: its message stands behind the offending line and a caret. */
static enum pv_status failed(const struct run *r, int status, struct pv_error *err)
{
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM))
		return base_error_set(err, PV_ERR_INTERRUPTED, "stopped on request");
	size_t n;
	char *text = contents(r->files[ERR], &n);
	const char *last = text ? text : "";
	for (char *line = text ? strtok(text, "\n") : NULL; line; line = strtok(NULL, "\n"))
		if (line[strspn(line, " \t^")])
			last = line;
	if (WIFSIGNALED(status))
		base_error_set(err, PV_ERR_IO, "gnuplot was stopped by signal %d", WTERMSIG(status));
	else
		base_error_set(err, PV_ERR_IO, "gnuplot failed with status %d: %.300s", WEXITSTATUS(status), last + strspn(last, " \t"));
	free(text);
	base_error_hint(err, "gnuplot 5.4 or later is needed; 'gnuplot --version' tells which it is");
	return PV_ERR_IO;
}

static enum pv_status wait_for(const struct run *r, int *end, struct pv_error *err)
{
	pid_t pid;
	int status;
	TRY(start(r, &pid, err));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return base_error_errno(err, errno, "cannot wait for gnuplot");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return failed(r, status, err);
	*end = status;
	return PV_OK;
}

static enum pv_status run_gnuplot(const struct run *r, char **bytes, size_t *n_bytes, struct pv_error *err)
{
	int end = 0;
	TRY(wait_for(r, &end, err));
	*bytes = contents(r->files[OUT], n_bytes);
	if (!*bytes)
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for a picture");
	if (!*n_bytes) {
		free(*bytes);
		return failed(r, end, err);
	}
	return PV_OK;
}

static enum pv_status adapt(const struct pv_figure *figure, const char *id, char **bytes, size_t *n_bytes, struct pv_error *err)
{
	char *svg = report_svg_adapt(*bytes, id, pv_figure_title(figure), pv_figure_alt(figure), n_bytes);
	free(*bytes);
	*bytes = svg;
	return svg ? PV_OK : base_error_set(err, PV_ERR_IO, "gnuplot drew something that is not SVG");
}

enum pv_status report_figure_draw(const struct pv_figure *figure, enum report_picture picture, const char *id, char **bytes,
                                  size_t *n_bytes, struct pv_error *err)
{
	struct run r;
	enum pv_status status = open_files(&r, err);
	if (status == PV_OK)
		status = write_script(&r, figure, picture, err);
	if (status == PV_OK)
		status = run_gnuplot(&r, bytes, n_bytes, err);
	close_files(&r);
	if (status == PV_OK && picture != REPORT_PICTURE_PNG)
		status = adapt(figure, picture == REPORT_PICTURE_INLINE ? id : NULL, bytes, n_bytes, err);
	return status;
}

enum pv_status report_gnuplot_check(struct pv_error *err)
{
	struct run r;
	int end;
	enum pv_status status = open_files(&r, err);
	if (status == PV_OK)
		status = wait_for(&r, &end, err); /* an empty script */
	close_files(&r);
	return status;
}
