/*
 * guest.c - finds what tracing needs and starts QEMU
 *
 * All that can be known to fail is found out before anything runs, because QEMU's own messages would come in the guest's name.
 */
#include "tracer/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tracer/elf.h"

#define QEMU_NAME "qemu-aarch64"
#define PLUGIN_NAME "libperfvec-qemu.so"

/* Three strings, joined; malloc'd, NULL when memory is out. */
static char *join3(const char *a, const char *b, const char *c)
{
	char *s;
	return asprintf(&s, "%s%s%s", a, b, c) < 0 ? NULL : s;
}

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* ---- looking things up ---- */

/* The first ROOT/DIR/name that is a file, over the folders of a colon-separated list; malloc'd, NULL when there is none. */
static char *find_in_path(const char *root, const char *dirs, const char *name)
{
	for (const char *at = dirs; at && *at;) {
		size_t n = strcspn(at, ":");
		char *path;
		if (asprintf(&path, "%s%.*s/%s", root, n ? (int)n : 1, n ? at : ".", name) < 0)
			return NULL;
		if (is_file(path))
			return path;
		free(path);
		at += n;
		at += *at == ':';
	}
	return NULL;
}

/* A name without a slash: a file here, else a program of the sysroot, else one of PATH. */
static char *find_program(const char *name, const char *sysroot)
{
	if (strchr(name, '/') || is_file(name))
		return strdup(name);
	if (sysroot)
		return find_in_path(sysroot, "/usr/local/bin:/usr/bin:/bin", name);
	return find_in_path("", getenv("PATH"), name);
}

static char *find_qemu(const char *name)
{
	if (name && strchr(name, '/'))
		return is_file(name) ? strdup(name) : NULL;
	return find_in_path("", getenv("PATH"), name ? name : QEMU_NAME);
}

/* Beside the executable, then where `make install` puts it. */
static char *find_plugin(const char *path)
{
	if (!path || !*path)
		path = getenv("PERFVEC_PLUGIN");
	if (path && *path)
		return is_file(path) ? realpath(path, NULL) : NULL;
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	char *dir = base_path_dir(exe);
	static const char *const places[] = {"", "/../lib/perfvec", "/.."};
	char *found = NULL;
	for (size_t i = 0; dir && !found && i < sizeof places / sizeof *places; i++) {
		char *candidate = join3(dir, places[i], "/" PLUGIN_NAME);
		if (candidate && is_file(candidate))
			found = realpath(candidate, NULL);
		free(candidate);
	}
	free(dir);
	return found;
}

/* ---- checks ---- */

static enum pv_status check_isa(const char *path, const struct tracer_elf *elf, struct pv_error *err)
{
	FAIL_IF(!elf->is_program, err, PV_ERR_FORMAT, "'%s' is an ELF file, but not a program", path);
	if (elf->machine == TRACER_ELF_AARCH64 && elf->is_64 && elf->little)
		return PV_OK;
	const char *name = tracer_elf_machine_name(elf);
	if (elf->machine == TRACER_ELF_AARCH64)
		base_error_set(err, PV_ERR_UNSUPPORTED, "'%s' is a %s AArch64 program, not a 64-bit little-endian one", path,
		               elf->little ? "32-bit" : "big-endian");
	else if (name)
		base_error_set(err, PV_ERR_UNSUPPORTED, "'%s' is %s %s program, not AArch64", path, strchr("x8", name[0]) ? "an" : "a",
		               name);
	else
		base_error_set(err, PV_ERR_UNSUPPORTED, "'%s' is a program for ELF machine %u, not AArch64", path, elf->machine);
	base_error_hint(err, "perfvec traces arm64 Linux programs: compile with aarch64-linux-gnu-gcc, or unpack a Debian arm64 package");
	return PV_ERR_UNSUPPORTED;
}

static enum pv_status no_loader(const char *path, const char *interp, const char *sysroot, bool other_isa, struct pv_error *err)
{
	if (other_isa)
		base_error_set(err, PV_ERR_MISSING, "the dynamic loader '%s' of '%s' is not an AArch64 file", interp, path);
	else if (sysroot)
		base_error_set(err, PV_ERR_MISSING, "the dynamic loader '%s' of '%s' is not in the sysroot '%s'", interp, path, sysroot);
	else
		base_error_set(err, PV_ERR_MISSING, "the dynamic loader '%s' of '%s' is not on this machine", interp, path);
	if (!sysroot && is_file("/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1"))
		base_error_hint(err,
		                "name the folder that holds the arm64 libraries with --sysroot, such as --sysroot /usr/aarch64-linux-gnu");
	else
		base_error_hint(
		    err, "--sysroot DIR must hold DIR%s and the libraries; Debian's libc6-arm64-cross has /usr/aarch64-linux-gnu", interp);
	return PV_ERR_MISSING;
}

/* The loader of a dynamic program must be in the sysroot, or, as QEMU does it, in place. */
static enum pv_status check_loader(const char *path, const char *interp, const char *sysroot, struct pv_error *err)
{
	if (!*interp)
		return PV_OK;
	char *inside = sysroot ? join3(sysroot, *interp == '/' ? "" : "/", interp) : NULL;
	struct tracer_elf elf;
	bool found = (inside && tracer_elf_read(inside, &elf, NULL) == PV_OK) || tracer_elf_read(interp, &elf, NULL) == PV_OK;
	free(inside);
	if (!found || elf.machine != TRACER_ELF_AARCH64)
		return no_loader(path, interp, sysroot, found, err);
	return PV_OK;
}

static enum pv_status check_program(struct tracer_guest *g, const char *name, struct pv_error *err)
{
	g->program_path = find_program(name, g->sysroot);
	if (!g->program_path) {
		base_error_set(err, PV_ERR_MISSING, "no program '%s' here or in %s", name, g->sysroot ? "the sysroot" : "PATH");
		base_error_hint(err, "give the program as a path with a slash");
		return PV_ERR_MISSING;
	}
	struct tracer_elf elf;
	TRY(tracer_elf_read(g->program_path, &elf, err));
	TRY(check_isa(g->program_path, &elf, err));
	if (access(g->program_path, X_OK) != 0) {
		base_error_set(err, PV_ERR_IO, "'%s' may not be executed", g->program_path);
		return base_error_hint(err, "chmod +x '%s'", g->program_path);
	}
	return check_loader(g->program_path, elf.interp, g->sysroot, err);
}

/* Runs QEMU with one or two arguments and collects what it prints; returns false when it cannot be run. */
static bool ask_qemu(const char *qemu, const char *a, const char *b, char *text, size_t room)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		if (fds[1] == STDOUT_FILENO) /* the caller's was closed */
			fcntl(fds[1], F_SETFD, 0);
		else
			dup2(fds[1], STDOUT_FILENO);
		execl(qemu, qemu, a, b, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	size_t n = 0;
	for (ssize_t got; pid > 0 && n < room - 1; n += (size_t)got) {
		got = read(fds[0], text + n, room - 1 - n);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got <= 0)
			break;
	}
	text[n] = '\0';
	close(fds[0]);
	int status = -1;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return n > 0;
}

static enum pv_status check_qemu(struct tracer_guest *g, const char *name, struct pv_error *err)
{
	g->qemu = find_qemu(name);
	if (!g->qemu) {
		base_error_set(err, PV_ERR_MISSING, "no %s found%s%s%s", QEMU_NAME, name ? " as '" : " in PATH", name ? name : "",
		               name ? "'" : "");
		base_error_hint(err, "'make deps' or 'apt-get install qemu-user' installs it; --qemu PATH names another");
		return PV_ERR_MISSING;
	}
	char text[256];
	const char *key = "version ";
	if (!ask_qemu(g->qemu, "--version", NULL, text, sizeof text) || !strstr(text, "qemu-aarch64") || !strstr(text, key)) {
		base_error_set(err, PV_ERR_UNSUPPORTED, "'%s' is not a %s that runs here", g->qemu, QEMU_NAME);
		return PV_ERR_UNSUPPORTED;
	}
	sscanf(strstr(text, key) + strlen(key), "%31[0-9.]", g->qemu_version);
	return PV_OK;
}

/* QEMU lists its CPU models one a line, indented. */
static enum pv_status check_cpu(const struct tracer_guest *g, struct pv_error *err)
{
	size_t room = 65536;
	char *text = malloc(room);
	if (!text)
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for QEMU's list of CPU models");
	bool known = !ask_qemu(g->qemu, "-cpu", "help", text, room);
	size_t n = strcspn(g->cpu_model, ",");
	for (char *line = strtok(text, "\n"); line && !known; line = strtok(NULL, "\n")) {
		line += strspn(line, " ");
		known = strlen(line) == n && strncmp(line, g->cpu_model, n) == 0;
	}
	free(text);
	if (known)
		return PV_OK;
	base_error_set(err, PV_ERR_UNSUPPORTED, "QEMU has no CPU model '%.*s'", (int)n, g->cpu_model);
	base_error_hint(err, "'%s -cpu help' lists them", g->qemu);
	return PV_ERR_UNSUPPORTED;
}

static enum pv_status check_plugin(struct tracer_guest *g, const char *path, struct pv_error *err)
{
	g->plugin = find_plugin(path);
	if (g->plugin)
		return PV_OK;
	const char *asked = path && *path ? path : getenv("PERFVEC_PLUGIN");
	if (asked && *asked)
		base_error_set(err, PV_ERR_MISSING, "no plugin for QEMU at '%s'", asked);
	else
		base_error_set(err, PV_ERR_MISSING, "no plugin for QEMU (%s) beside perfvec or in ../lib/perfvec", PLUGIN_NAME);
	base_error_hint(err, "'make' builds it beside perfvec; PERFVEC_PLUGIN names another place");
	return PV_ERR_MISSING;
}

enum pv_status tracer_guest_prepare(struct tracer_guest *g, const struct pv_tracer_options *options, struct pv_error *err)
{
	/* QEMU itself listens to QEMU_LD_PREFIX. */
	const char *sysroot = options->sysroot ? options->sysroot : getenv("QEMU_LD_PREFIX");
	*g = (struct tracer_guest){.sysroot = sysroot, .cpu_model = options->cpu_model ? options->cpu_model : PV_TRACER_CPU};
	if (g->sysroot && !base_path_is_dir(g->sysroot))
		return base_error_set(err, PV_ERR_MISSING, "the sysroot '%s' is not a folder", g->sysroot);
	TRY(check_program(g, options->argv[0], err));
	TRY(check_qemu(g, options->qemu, err));
	TRY(check_plugin(g, options->plugin, err));
	return strcmp(g->cpu_model, PV_TRACER_CPU) == 0 ? PV_OK : check_cpu(g, err);
}

void tracer_guest_release(struct tracer_guest *g)
{
	free(g->program_path);
	free(g->qemu);
	free(g->plugin);
	*g = (struct tracer_guest){0};
}

/* ---- starting ---- */

/* "PLUGIN,fd=N" with commas of the path doubled, as QEMU's option parser wants them. */
static char *plugin_option(const char *plugin, int fd)
{
	char *s = malloc(2 * strlen(plugin) + 32);
	if (!s)
		return NULL;
	char *p = s;
	for (const char *c = plugin; *c; c++) {
		*p++ = *c;
		if (*c == ',')
			*p++ = ',';
	}
	sprintf(p, ",fd=%d", fd);
	return s;
}

/* QEMU's command line; the strings are borrowed, the array is malloc'd. */
static const char **qemu_argv(const struct tracer_guest *g, char *const *argv, const char *plugin)
{
	size_t n = 0;
	while (argv[n])
		n++;
	const char **args = malloc((n + 16) * sizeof(const char *));
	if (!args)
		return NULL;
	const char **a = args;
	*a++ = QEMU_NAME;
	*a++ = "-cpu", *a++ = g->cpu_model;
	*a++ = "-seed", *a++ = "1";
	if (g->sysroot)
		*a++ = "-L", *a++ = g->sysroot;
	*a++ = "-plugin", *a++ = plugin;
	*a++ = "-0", *a++ = argv[0];
	*a++ = g->program_path;
	for (size_t i = 1; i < n; i++)
		*a++ = argv[i];
	*a = NULL;
	return args;
}

enum pv_status tracer_guest_start(const struct tracer_guest *g, char *const *argv, int shared_fd, pid_t *pid, struct pv_error *err)
{
	char *plugin = plugin_option(g->plugin, shared_fd);
	const char **args = plugin ? qemu_argv(g, argv, plugin) : NULL;
	enum pv_status status = PV_OK;
	if (!args) {
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory for QEMU's command line");
	} else if ((*pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		personality(ADDR_NO_RANDOMIZE); /* where it is forbidden the guest's layout may vary from run to run */
		signal(SIGXFSZ, SIG_DFL);       /* a caller that ignores it does so for its own files */
		fcntl(shared_fd, F_SETFD, 0);
		execv(g->qemu, (char *const *)(uintptr_t)args);
		_exit(127);
	} else if (*pid < 0) {
		status = base_error_errno(err, errno, "cannot start '%s'", g->qemu);
	}
	free(args);
	free(plugin);
	return status;
}
