/*
 * file.c - files that appear whole or not at all, and read-only maps
 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void out_file_release(struct base_out_file *f)
{
	free(f->path);
	free(f->temp_path);
	*f = (struct base_out_file){0};
}

/* A rename would put a file in a device's place, and cannot replace a folder: say so before the work, not after it. */
static enum pv_status check_out_path(const char *path, struct pv_error *err)
{
	struct stat st;
	FAIL_IF(*path == '\0', err, PV_ERR_ARG, "the name of the file to write is empty");
	if (stat(path, &st) != 0)
		return PV_OK;
	FAIL_IF(S_ISDIR(st.st_mode), err, PV_ERR_IO, "cannot create '%s': it is a folder", path);
	FAIL_IF(!S_ISREG(st.st_mode), err, PV_ERR_IO, "cannot create '%s': it exists and is not a regular file", path);
	return PV_OK;
}

/* The process that a temporary file's ending names; 0 when it is none of ours. */
static long writer_of(const char *entry, const char *base)
{
	static const char middle[] = ".tmp";
	const size_t n = strlen(base), m = sizeof middle - 1;
	if (strncmp(entry, base, n) || strncmp(entry + n, middle, m))
		return 0;
	const char *digits = entry + n + m;
	const size_t n_digits = strspn(digits, "0123456789");
	return n_digits && n_digits < 18 && !digits[n_digits] ? strtol(digits, NULL, 10) : 0;
}

/*
 * Removes what a writer of this file left that was killed. It is dead when no process has its number and nobody holds its lock: the number
 * says nothing of other machines that share the folder, the lock says nothing on file systems without locks.
 */
static void remove_stale(const char *path)
{
	char *folder = base_path_dir(path);
	DIR *dir = folder ? opendir(folder) : NULL;
	for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
		const long pid = writer_of(entry->d_name, base_path_base(path));
		if (!pid || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
			continue;
		const int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd < 0)
			continue;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
		close(fd);
	}
	if (dir)
		closedir(dir);
	free(folder);
}

enum pv_status base_out_file_open(struct base_out_file *f, const char *path, struct pv_error *err)
{
	*f = (struct base_out_file){0};
	TRY(check_out_path(path, err));
	size_t n = strlen(path) + 32;
	f->path = strdup(path);
	f->temp_path = malloc(n);
	if (!f->path || !f->temp_path) {
		out_file_release(f);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory opening '%s'", path);
	}
	remove_stale(path);
	snprintf(f->temp_path, n, "%s.tmp%ld", path, (long)getpid());
	int fd = open(f->temp_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX | LOCK_NB); /* tells remove_stale that somebody writes; not every file system can */
	if (fd >= 0)
		f->stream = fdopen(fd, "wb+");
	if (!f->stream) {
		enum pv_status status = base_error_errno(err, errno, "cannot create '%s'", path);
		if (fd >= 0)
			close(fd);
		out_file_release(f);
		return status;
	}
	return PV_OK;
}

enum pv_status base_out_file_write(struct base_out_file *f, const void *data, size_t n_bytes, struct pv_error *err)
{
	if (n_bytes && fwrite(data, 1, n_bytes, f->stream) != n_bytes)
		return base_error_errno(err, errno, "cannot write '%s'", f->path);
	return PV_OK;
}

enum pv_status base_out_file_commit(struct base_out_file *f, struct pv_error *err)
{
	int failure = 0;
	if (fflush(f->stream) != 0 || ferror(f->stream))
		failure = errno ? errno : EIO;
	if (fclose(f->stream) != 0 && !failure)
		failure = errno;
	f->stream = NULL;
	if (!failure && rename(f->temp_path, f->path) != 0)
		failure = errno;
	enum pv_status status = PV_OK;
	if (failure) {
		unlink(f->temp_path);
		status = base_error_errno(err, failure, "cannot write '%s'", f->path);
	}
	out_file_release(f);
	return status;
}

void base_out_file_discard(struct base_out_file *f)
{
	if (f->stream)
		fclose(f->stream);
	if (f->temp_path)
		unlink(f->temp_path);
	out_file_release(f);
}

enum pv_status base_map_open(struct base_map *map, const char *path, struct pv_error *err)
{
	*map = (struct base_map){0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is refused below, not waited for */
	if (fd < 0)
		return base_error_errno(err, errno, "cannot open '%s'", path);
	struct stat st;
	enum pv_status status = PV_OK;
	if (fstat(fd, &st) != 0) {
		status = base_error_errno(err, errno, "cannot read '%s'", path);
	} else if (!S_ISREG(st.st_mode)) {
		status = base_error_set(err, PV_ERR_ARG, "'%s' is not a regular file", path);
	} else if (st.st_size > 0) {
		void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED) {
			status = base_error_errno(err, errno, "cannot map '%s'", path);
		} else {
			map->data = p;
			map->n_bytes = (size_t)st.st_size;
		}
	}
	close(fd);
	return status;
}

void base_map_close(struct base_map *map)
{
	if (map->data)
		munmap((void *)(uintptr_t)map->data, map->n_bytes);
	*map = (struct base_map){0};
}

char *base_path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir) + strlen(name) + 2;
	char *path = malloc(n);
	if (path)
		snprintf(path, n, "%s/%s", dir, name);
	return path;
}

const char *base_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

char *base_path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

bool base_path_is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum pv_status base_make_dirs(const char *path, struct pv_error *err)
{
	char *p = strdup(path);
	if (!p)
		return base_error_set(err, PV_ERR_NOMEM, "out of memory creating '%s'", path);
	enum pv_status status = PV_OK;
	for (char *s = p + 1; status == PV_OK; s++) {
		if (*s != '/' && *s != '\0')
			continue;
		char end = *s;
		*s = '\0';
		if (mkdir(p, 0777) != 0 && errno != EEXIST)
			status = base_error_errno(err, errno, "cannot create folder '%s'", p);
		else if (!base_path_is_dir(p))
			status = base_error_set(err, PV_ERR_IO, "'%s' is not a folder", p);
		*s = end;
		if (end == '\0')
			break;
	}
	free(p);
	return status;
}
