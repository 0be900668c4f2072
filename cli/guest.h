/*
 * guest.h - a program on the command line of a command that uses a model: traced, and its trace taken from there
 */
#ifndef CLI_GUEST_H
#define CLI_GUEST_H

#include "cli.h"

/* How it is traced; options as those of `perfvec trace`. */
struct cli_guest {
	const char *sysroot;
	uint64_t skip, length;
};

/* Their lines in a table of options. */
#define CLI_GUEST_OPTIONS(g)                                                                                                        \
	{"sysroot", 0, CLI_STRING, &(g)->sysroot, "DIR", "folder with the loader and libraries of -- PROGRAM (default none)"},      \
	    {"skip", 0, CLI_U64, &(g)->skip, "N", "run N instructions of -- PROGRAM before recording begins (default 0)"},          \
	{                                                                                                                           \
		"length", 0, CLI_U64, &(g)->length, "N", "record N instructions of -- PROGRAM, then end it (default 0: to its end)" \
	}

/* cli_guest_at - whether a command line has a program after "--"; what stands before it are no operands then: -1 says that there are some
 */
int cli_guest_at(int argc, char **argv, int n_operands);

/*
 * cli_guest_trace - run a program and open its trace, whose file is gone when the trace is closed
 *
 * The program's standard output goes to standard error, so that the command's own output is alone. Prints notes, or an error and returns
 * the exit status.
 */
int cli_guest_trace(const struct cli_guest *guest, char **argv, struct pv_trace **trace);

/* cli_guest_notes - what the user should know beside the trace: how the program ended, what was not recorded; on standard error */
void cli_guest_notes(const struct pv_tracer_result *result, uint64_t length);

#endif
