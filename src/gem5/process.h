/*
 * process.h - what a gem5 process is told, and starting and ending it
 */
#ifndef GEM5_PROCESS_H
#define GEM5_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <perfvec/gem5_run.h>

#include "base/error.h"

/* What all runs share: absolute paths. */
struct gem5_setup {
	char *gem5, *config, *program, *cwd;
	char *input; /* NULL: none */
};

/* gem5_setup_find - look everything up before anything runs; PV_ERR_MISSING, PV_ERR_ARG. On failure *setup is zero */
enum pv_status gem5_setup_find(struct gem5_setup *setup, const struct pv_gem5_run_options *options, struct pv_error *err);
void gem5_setup_release(struct gem5_setup *setup);

/*
 * gem5_machine_json - a machine's parameters, a JSON object of one line per parameter
 *
 * Equal machines of different names give the same text. malloc'd; NULL when memory is out.
 */
char *gem5_machine_json(const struct pv_uarch *uarch);

/*
 * gem5_run_json - all that our configuration script needs, as JSON: the machine's name and parameters, the program
 *
 * malloc'd; NULL when memory is out.
 */
char *gem5_run_json(const struct pv_gem5_run_options *options, const struct gem5_setup *setup, const struct pv_uarch *uarch);

/* gem5_reference_cpu - "o3" or "minor", the core of a reference machine */
const char *gem5_reference_cpu(const struct pv_gem5_run_options *options, int reference);

/* gem5_argv - the command line; @reference < 0: our script with run.json. NULL-terminated; gem5_argv_free it; NULL: out of memory */
char **gem5_argv(const struct pv_gem5_run_options *options, const struct gem5_setup *setup, int reference);
void gem5_argv_free(char **argv);

/*
 * gem5_spawn - start a process in a group of its own
 *
 * @folder  its working folder
 * @log     file that its standard output and error are appended to, after a line with the command
 *
 * It dies with the calling thread. Returns: PV_OK; PV_ERR_IO, PV_ERR_MISSING (the log's folder)
 */
enum pv_status gem5_spawn(char *const *argv, const char *folder, const char *log, pid_t *pid, struct pv_error *err);

/* gem5_kill - end the process and all it started */
void gem5_kill(pid_t pid);

#endif
