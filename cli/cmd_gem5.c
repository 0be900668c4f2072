/*
 * cmd_gem5.c - perfvec gem5: finds the verb and runs it; each verb is a command of its own, with its own options and help
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

#define X(verb) extern const struct cli_command cmd_gem5_##verb;
#include "gem5_verbs.def"
#undef X

static const struct cli_command *const verbs[] = {
#define X(verb) &cmd_gem5_##verb,
#include "gem5_verbs.def"
#undef X
    NULL};

static const char *verb_name(const struct cli_command *verb)
{
	return verb->name + strlen("gem5 ");
}

static void print_help(const struct cli_command *self)
{
	printf("usage: perfvec %s %s\n\n%s\n\n", self->name, self->usage, self->summary);
	for (const struct cli_command *const *v = verbs; *v; v++)
		printf("  %-10s %s\n", verb_name(*v), (*v)->summary);
	printf("\n'perfvec gem5 VERB --help' tells about one of them.\n");
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	if (argc < 2)
		return cli_usage_error(self, "gem5 needs to be told what to do");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(self);
		return CLI_OK;
	}
	for (const struct cli_command *const *v = verbs; *v; v++)
		if (!strcmp(verb_name(*v), argv[1]))
			return (*v)->run(*v, argc - 1, argv + 1);
	if (argv[1][0] == '-')
		return cli_usage_error(self, "unknown option '%s'", argv[1]);
	return cli_usage_error(self, "no 'gem5 %s'", argv[1]);
}

const struct cli_command cmd_gem5 = {
    .name = "gem5",
    .summary = "gem5: run it, make datasets of its traces, compare them with our own",
    .usage = "VERB [OPTIONS] ...",
    .run = run,
};
