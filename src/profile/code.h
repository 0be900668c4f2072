/*
 * code.h - functions and source lines of a trace's static micro-operations
 */
#ifndef PROFILE_CODE_H
#define PROFILE_CODE_H

#include <perfvec/trace.h>

#include "base/error.h"

/* A function: code of one object that has one name. */
struct profile_code_function {
	uint32_t object;
	char *name;
};

struct profile_code_line {
	uint32_t source;
	int line;
};

struct profile_code {
	uint32_t n_uops, n_functions, n_lines, n_objects, n_sources, n_notes;
	uint32_t *function, *line;               /* (n_uops) numbers */
	struct profile_code_function *functions; /* (n_functions) */
	struct profile_code_line *lines;         /* (n_lines) */
	char **objects, **sources, **notes;      /* names; what could not be looked up */
};

/* profile_code_new - look up all micro-operations of a trace; debug_path as in base_symbols_open. PV_ERR_NOMEM */
enum pv_status profile_code_new(const struct pv_trace *trace, const char *debug_path, struct profile_code **code, struct pv_error *err);
void profile_code_free(struct profile_code *code);

#endif
