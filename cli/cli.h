/*
 * cli.h - what every sub-command shares: options, errors, progress
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/perfvec.h>

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* A sub-command: one per cli/cmd_<name>.c, listed in commands.def. */
struct cli_command {
	const char *name;
	const char *summary;                                               /* one line for `perfvec --help` */
	const char *usage;                                                 /* what follows "perfvec NAME " in the usage line */
	const char *description;                                           /* paragraphs after the usage line; may be NULL */
	int (*run)(const struct cli_command *self, int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
};

enum cli_option_type {
	CLI_FLAG,   /* bool: set to true */
	CLI_INT,    /* int */
	CLI_U64,    /* uint64_t; suffixes k, M, G (powers of 1000) are understood */
	CLI_DOUBLE, /* double */
	CLI_STRING, /* const char *, pointing into argv */
	CLI_LIST,   /* struct cli_list: comma-separated, and the option may be repeated */
	CLI_TEXTS,  /* struct cli_list: one whole text each time the option is given */
	CLI_CHOICE  /* struct cli_choice: one of a few names; the help lists them and the default */
};

/* Value of a CLI_LIST or CLI_TEXTS option. Zero before parsing; cli_list_free releases it (a usage error may leave some items). */
struct cli_list {
	char **items; /* (n) malloc'd strings */
	size_t n;
};
void cli_list_free(struct cli_list *list);

/* Value of a CLI_CHOICE option. */
struct cli_choice {
	const struct pv_train_choice *choices;
	void *value; /* an enum that has one of their values */
};

/* One option. An array of these, ended by a zero entry, both parses the command line and prints the help. */
struct cli_option {
	const char *name; /* without dashes; "--name" */
	char letter;      /* "-o"; 0 for none */
	enum cli_option_type type;
	void *value;      /* holds the default before parsing */
	const char *arg;  /* name of the argument in the help, such as "FILE"; NULL for flags */
	const char *help; /* one line, a noun or a verb first, with unit and default (of a CLI_CHOICE values and default are added);
	                     NULL: an old name, which is not printed */
};

/*
 * cli_parse - parse options; stops at "--" or handles options and operands in any order
 *
 * @options   table; values are filled in
 * @operands  set to a malloc'd NULL-terminated array of the operands (pointers into argv); the caller frees it
 * @n         number of operands; when the command line had "--", everything after it is an operand too
 *
 * Returns: -1 to go on; otherwise the exit status (help was printed, or a usage error was reported).
 */
int cli_parse(const struct cli_command *self, const struct cli_option *options, int argc, char **argv, char ***operands, int *n);

/*
 * cli_parse_sample - UNIT:PERIOD, or UNIT:PERIOD:THIRD; numbers take suffixes as CLI_U64 does
 *
 * Returns: false unless that is what it says and 0 < UNIT <= PERIOD. *third stays as it is where there is none.
 */
bool cli_parse_sample(const char *text, uint64_t *unit, uint64_t *period, uint64_t *third);

/* cli_usage_error - print "error: ..." and how to get help; returns CLI_USAGE */
int cli_usage_error(const struct cli_command *self, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* cli_error - print "error: message" and "hint: ..." to standard error; returns CLI_FAILED */
int cli_error(const struct pv_error *err);

/* cli_print_text - text from a file to standard output: control characters, which could do things to a terminal, become '?' */
void cli_print_text(const char *text);

/* cli_json_known - a number as a member; none where it is not finite */
void cli_json_known(struct pv_json_writer *w, const char *key, double value, int digits);

/*
 * cli_progress - progress on standard error for a long-running library call
 *
 * On a terminal one line is rewritten in place; elsewhere a plain line appears every few seconds. Ctrl-C, SIGTERM and a closed
 * terminal (SIGHUP) make the stop callback return true; a second one ends the process.
 *
 * @quiet  report nothing, still handle signals
 */
const struct pv_progress *cli_progress(bool quiet);

/* cli_progress_done - finish the progress line, so that other output can follow */
void cli_progress_done(void);

/*
 * cli_command_line - the command line, quoted for a shell, for a dataset's own record of how it was made
 *
 * @program  what stands before argv[0], such as "perfvec" or "perfvec gem5"
 *
 * Returns: malloc'd text; NULL when memory is out.
 */
char *cli_command_line(const char *program, int argc, char **argv);

/* cli_model_command - the same for a model's record: "perfvec" and argv without the number of threads, on which no byte depends */
char *cli_model_command(int argc, char **argv);

#endif
