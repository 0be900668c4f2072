/*
 * cheapest.h - which machine is the cheapest that runs some programs within a time, or the fastest within a budget
 */
#ifndef CLI_CHEAPEST_H
#define CLI_CHEAPEST_H

#include "predictions.h"

/* The question. Members NULL where not asked. */
struct cheapest {
	const char *within;     /* a time with its unit, such as "2ms": all programs, one after the other, may take that long */
	const char *budget;     /* what a machine may cost */
	const char *cost;       /* formula over a machine's parameters and the programs' time (perfvec/formula.h) */
	const char *costs;      /* CSV file with a line of names: FILE or FILE:COLUMN; the first column names machines */
	struct cli_list uarchs; /* folders of machine files, machine files, presets: where parameters come from */
	bool csv, json;
};

/* cheapest_asked - whether there is such a question */
bool cheapest_asked(const struct cheapest *c);

/*
 * cheapest_answer - print the machines, best first, and the answer
 *
 * Returns CLI_OK; CLI_FAILED when no machine qualifies, or after an error, which it prints.
 */
int cheapest_answer(const struct cheapest *c, const struct predictions *t);

#endif
