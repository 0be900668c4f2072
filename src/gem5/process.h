/*
 * process.h - what a gem5 process is told, and starting and ending it
 */
#ifndef PV_GEM5_PROCESS_H
#define PV_GEM5_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <perfvec/gem5_run.h>

#include "base/error.h"

/* What all runs share: absolute paths. */
struct pv_gem5_setup {
	char *gem5, *config, *program, *cwd;
	char *input; /* NULL: none */
};

/* pv_gem5_setup_find - look everything up before anything runs; PV_ERR_MISSING, PV_ERR_ARG. On failure *setup is zero */
enum pv_status pv_gem5_setup_find(struct pv_gem5_setup *setup, const struct pv_gem5_run_options *options, struct pv_error *err);
void pv_gem5_setup_release(struct pv_gem5_setup *setup);

/*
 * pv_gem5_machine_json - a machine's parameters, a JSON object of one line per parameter
 *
 * Equal machines of different names give the same text. malloc'd; NULL when memory is out.
 */
char *pv_gem5_machine_json(const struct pv_uarch *uarch);

/*
 * pv_gem5_run_json - all that our configuration script needs, as JSON: the machine's name and parameters, the program
 *
 * malloc'd; NULL when memory is out.
 */
char *pv_gem5_run_json(const struct pv_gem5_run_options *options, const struct pv_gem5_setup *setup, const struct pv_uarch *uarch);

/* pv_gem5_reference_cpu - "o3" or "minor", the core of a reference machine */
const char *pv_gem5_reference_cpu(const struct pv_gem5_run_options *options, int reference);

/* pv_gem5_argv - the command line; @reference < 0: our script with run.json. NULL-terminated; pv_gem5_argv_free it; NULL: out of memory */
char **pv_gem5_argv(const struct pv_gem5_run_options *options, const struct pv_gem5_setup *setup, int reference);
void pv_gem5_argv_free(char **argv);

/*
 * pv_gem5_spawn - start a process in a group of its own
 *
 * @folder  its working folder
 * @log     file that its standard output and error are appended to, after a line with the command
 *
 * It dies with the calling thread. Returns: PV_OK; PV_ERR_IO, PV_ERR_MISSING (the log's folder)
 */
enum pv_status pv_gem5_spawn(char *const *argv, const char *folder, const char *log, pid_t *pid, struct pv_error *err);

/* pv_gem5_kill - end the process and all it started */
void pv_gem5_kill(pid_t pid);

#endif
