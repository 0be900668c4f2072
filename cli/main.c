/*
 * main.c - finds the sub-command and runs it
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#define X(name) extern const struct cli_command cmd_##name;
#include "commands.def"
#undef X

static const struct cli_command *const commands[] = {
#define X(name) &cmd_##name,
#include "commands.def"
#undef X
    NULL};

static void print_help(FILE *out)
{
	fprintf(out, "perfvec %s - learns what programs and processors are made of, and predicts time\n\n", pv_version());
	fprintf(out, "usage: perfvec COMMAND [OPTIONS] ...\n\ncommands:\n");
	for (const struct cli_command *const *c = commands; *c; c++)
		fprintf(out, "  %-10s %s\n", (*c)->name, (*c)->summary);
	fprintf(out, "\n'perfvec COMMAND --help' tells about one command.\n");
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_IGN); /* a file that grows past the limit is an error like another */
	if (argc < 2) {
		print_help(stderr);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return CLI_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("perfvec %s\n", pv_version());
		return CLI_OK;
	}
	for (const struct cli_command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, argv[1])) {
			int status = (*c)->run(*c, argc - 1, argv + 1);
			if (fflush(stdout) != 0 && status == CLI_OK) {
				perror("error: cannot write standard output");
				status = CLI_FAILED;
			}
			return status;
		}
	fprintf(stderr, "error: unknown command '%s'\nhint: 'perfvec --help' lists the commands\n", argv[1]);
	return CLI_USAGE;
}
