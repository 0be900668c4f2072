/*
 * process.c - what a gem5 process is told, and starting and ending it
 *
 * Our own script gets one JSON file, so that no argument of the program is quoted, split or lost. The fork's script takes the program as
 * one shell-quoted argument.
 */
#include "gem5/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <perfvec/json.h>
#include <perfvec/text.h>

#include "base/file.h"

#define SCRIPT_NAME "perfvec_se.py"

/* ---- looking things up ---- */

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The path from the root, links left as they are; malloc'd. */
static char *absolute(const char *cwd, const char *path)
{
	return *path == '/' ? strdup(path) : base_path_join(cwd, path);
}

static char *find_gem5(const char *cwd, const char *name)
{
	if (strchr(name, '/'))
		return absolute(cwd, name);
	for (const char *at = getenv("PATH"); at && *at;) {
		size_t n = strcspn(at, ":");
		char *path;
		if (asprintf(&path, "%.*s/%s", n ? (int)n : 1, n ? at : ".", name) < 0)
			return NULL;
		if (is_file(path) && access(path, X_OK) == 0) {
			char *whole = absolute(cwd, path);
			free(path);
			return whole;
		}
		free(path);
		at += n;
		at += *at == ':';
	}
	return NULL;
}

/* In the source tree, then where `make install` puts it. */
static char *find_script(void)
{
	const char *told = getenv("PERFVEC_GEM5_SCRIPT");
	if (told && *told)
		return is_file(told) ? realpath(told, NULL) : NULL;
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	char *dir = base_path_dir(exe), *found = NULL;
	static const char *const places[] = {"/../gem5/", "/../share/perfvec/gem5/"};
	for (size_t i = 0; dir && !found && i < sizeof places / sizeof *places; i++) {
		char *candidate;
		if (asprintf(&candidate, "%s%s" SCRIPT_NAME, dir, places[i]) < 0)
			break;
		if (is_file(candidate))
			found = realpath(candidate, NULL);
		free(candidate);
	}
	free(dir);
	return found;
}

static enum pv_status find_config(struct gem5_setup *s, const struct pv_gem5_run_options *o, struct pv_error *err)
{
	if (!o->config && !o->machines) {
		base_error_set(err, PV_ERR_ARG, "reference machines need the fork's own script");
		return base_error_hint(err, "--config GEM5/configs/example/arm/starter_se.py");
	}
	s->config = o->config ? absolute(s->cwd, o->config) : find_script();
	FAIL_IF(o->config && (!s->config || !is_file(s->config)), err, PV_ERR_MISSING, "no configuration script '%s'", o->config);
	if (!s->config) {
		base_error_set(err, PV_ERR_MISSING, "no " SCRIPT_NAME " beside perfvec or in ../share/perfvec/gem5");
		return base_error_hint(err, "--config names another place");
	}
	return PV_OK;
}

static enum pv_status find_all(struct gem5_setup *s, const struct pv_gem5_run_options *o, struct pv_error *err)
{
	s->cwd = getcwd(NULL, 0);
	if (!s->cwd)
		return base_error_errno(err, errno, "the working folder cannot be told");
	s->gem5 = find_gem5(s->cwd, o->gem5);
	FAIL_IF(!s->gem5, err, PV_ERR_MISSING, "no gem5 '%s' in PATH", o->gem5);
	FAIL_IF(!is_file(s->gem5), err, PV_ERR_MISSING, "no gem5 at '%s'", o->gem5);
	FAIL_IF(access(s->gem5, X_OK) != 0, err, PV_ERR_ARG, "'%s' is not a program", o->gem5);
	TRY(find_config(s, o, err));
	FAIL_IF(o->n_command == 0, err, PV_ERR_ARG, "no program to run");
	s->program = absolute(s->cwd, o->command[0]);
	FAIL_IF(!s->program, err, PV_ERR_NOMEM, "out of memory");
	FAIL_IF(!is_file(s->program), err, PV_ERR_MISSING, "no program '%s'", o->command[0]);
	s->input = o->input ? absolute(s->cwd, o->input) : NULL;
	FAIL_IF(o->input && (!s->input || access(s->input, R_OK) != 0), err, PV_ERR_MISSING, "cannot read the program's input '%s'",
	        o->input);
	return PV_OK;
}

enum pv_status gem5_setup_find(struct gem5_setup *setup, const struct pv_gem5_run_options *options, struct pv_error *err)
{
	*setup = (struct gem5_setup){0};
	enum pv_status status = find_all(setup, options, err);
	if (status != PV_OK)
		gem5_setup_release(setup);
	return status;
}

void gem5_setup_release(struct gem5_setup *s)
{
	free(s->gem5);
	free(s->config);
	free(s->program);
	free(s->input);
	free(s->cwd);
	*s = (struct gem5_setup){0};
}

/* ---- what the script is told ---- */

static void write_list(struct pv_json_writer *w, const char *key, const char *const *items, size_t n)
{
	pv_json_begin_array(w, key, PV_JSON_INLINE);
	for (size_t i = 0; i < n; i++)
		pv_json_write_text(w, NULL, items[i]);
	pv_json_end(w);
}

static void write_parameters(struct pv_json_writer *w, const char *key, const struct pv_uarch *u)
{
	char text[1024];
	const bool inorder = pv_uarch_is_inorder(u);
	pv_json_begin_object(w, key, PV_JSON_LINES);
	for (size_t i = 0; i < pv_uarch_param_count(); i++) {
		struct pv_uarch_param p = pv_uarch_param_info(i);
		if (!(inorder ? p.inorder : p.ooo) || pv_uarch_get_param(u, p.name, text, sizeof text, NULL) != PV_OK)
			continue;
		if (!strcmp(p.type, "name") || !strcmp(p.type, "operation classes"))
			pv_json_write_text(w, p.name, text);
		else
			pv_json_write_literal(w, p.name, text); /* a number, true or false */
	}
	pv_json_end(w);
}

/* What was written to the stream that open_memstream gave; NULL when memory was out. */
static char *finish_text(FILE *out, char **text)
{
	int failed = ferror(out);
	failed |= fclose(out);
	if (!failed)
		return *text;
	free(*text);
	return NULL;
}

char *gem5_machine_json(const struct pv_uarch *uarch)
{
	char *text = NULL;
	size_t n;
	struct pv_json_writer w = {.file = open_memstream(&text, &n)};
	if (!w.file)
		return NULL;
	write_parameters(&w, NULL, uarch);
	return finish_text(w.file, &text);
}

char *gem5_run_json(const struct pv_gem5_run_options *o, const struct gem5_setup *setup, const struct pv_uarch *uarch)
{
	char *text = NULL;
	size_t n;
	struct pv_json_writer w = {.file = open_memstream(&text, &n), .any_bytes = true}; /* the script reads them as file names are read */
	if (!w.file)
		return NULL;
	pv_json_begin_object(&w, NULL, PV_JSON_LINES);
	pv_json_write_text(&w, "machine", pv_uarch_name(uarch));
	pv_json_write_text(&w, "executable", setup->program);
	write_list(&w, "command", o->command, o->n_command);
	write_list(&w, "environment", o->environment, o->n_environment);
	pv_json_write_text(&w, "input", setup->input ? setup->input : "cin");
	pv_json_write_text(&w, "cwd", setup->cwd);
	pv_json_write_count(&w, "max_insns", o->max_insns);
	write_parameters(&w, "parameters", uarch);
	pv_json_end(&w);
	return finish_text(w.file, &text);
}

/* ---- command lines ---- */

const char *gem5_reference_cpu(const struct pv_gem5_run_options *o, int reference)
{
	if (o->reference_cpu)
		return o->reference_cpu;
	return reference >= 60 && reference < 70 ? "minor" : "o3";
}

/* The fork's script takes the program's command line as one argument, which it splits as a shell does. */
static char *quoted_command(const struct pv_gem5_run_options *o, const struct gem5_setup *s)
{
	const char **words = malloc(o->n_command * sizeof *words);
	if (!words)
		return NULL;
	words[0] = s->program;
	for (size_t i = 1; i < o->n_command; i++)
		words[i] = o->command[i];
	char *text = pv_command_line(NULL, o->n_command, words);
	free(words);
	return text;
}

static char *number(uint64_t v)
{
	char *text;
	return asprintf(&text, "%" PRIu64, v) < 0 ? NULL : text;
}

char **gem5_argv(const struct pv_gem5_run_options *o, const struct gem5_setup *s, int reference)
{
	enum { MOST = 16 };
	char **argv = calloc(MOST, sizeof *argv);
	if (!argv)
		return NULL;
	int n = 0;
	argv[n++] = strdup(s->gem5);
	argv[n++] = strdup("-d");
	argv[n++] = strdup(".");
	argv[n++] = strdup(s->config);
	if (reference < 0) {
		argv[n++] = strdup("run.json");
	} else {
		argv[n++] = strdup("--cpu");
		argv[n++] = strdup(gem5_reference_cpu(o, reference));
		argv[n++] = strdup("-r");
		argv[n++] = number((uint64_t)reference + 1);
		if (o->max_insns) {
			argv[n++] = strdup("--maxinsts");
			argv[n++] = number(o->max_insns);
		}
		argv[n++] = quoted_command(o, s);
	}
	for (int i = 0; i < n; i++)
		if (!argv[i]) {
			for (int j = 0; j < n; j++)
				free(argv[j]);
			free(argv);
			return NULL;
		}
	return argv;
}

void gem5_argv_free(char **argv)
{
	for (char **a = argv; a && *a; a++)
		free(*a);
	free(argv);
}

/* ---- processes ---- */

/* Between fork and exec: only what a signal handler may do. */
static void become(char *const *argv, const char *folder, int null_fd, int log_fd)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir(folder) == 0 && dup2(null_fd, 0) == 0 && dup2(log_fd, 1) == 1 && dup2(log_fd, 2) == 2)
		execv(argv[0], argv);
	static const char text[] = "perfvec: gem5 cannot be started\n";
	ssize_t written = write(log_fd, text, sizeof text - 1);
	_exit(written < 0 ? 126 : 127);
}

enum pv_status gem5_spawn(char *const *argv, const char *folder, const char *log, pid_t *pid, struct pv_error *err)
{
	int log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (log_fd < 0)
		return base_error_errno(err, errno, "cannot write '%s'", log);
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dprintf(log_fd, "$");
	for (char *const *a = argv; *a; a++)
		dprintf(log_fd, " %s", *a);
	dprintf(log_fd, "\n");
	enum pv_status status = PV_OK;
	pid_t child = null_fd < 0 ? -1 : fork();
	if (child == 0)
		become(argv, folder, null_fd, log_fd);
	if (child < 0)
		status = base_error_errno(err, errno, "cannot start '%s'", argv[0]);
	else
		setpgid(child, child); /* whichever of the two is first */
	if (null_fd >= 0)
		close(null_fd);
	close(log_fd);
	*pid = child;
	return status;
}

void gem5_kill(pid_t pid)
{
	kill(-pid, SIGKILL);
}
