/*
 * perfvec/text.h - command lines that a shell reads back
 */
#ifndef PERFVEC_TEXT_H
#define PERFVEC_TEXT_H

#include <stddef.h>

#include <perfvec/api.h>

PV_API_BEGIN

/*
 * pv_command_line - a command as one line that can be pasted into a POSIX shell
 *
 * Arguments with other characters than letters, digits and _-+=./,:@% are put into single quotes.
 *
 * @before     words that stand first, as they are, such as "perfvec dataset"; NULL: the first argument is the program
 * @arguments  (n)
 *
 * Returns: malloc'd; NULL when memory is out
 */
char *pv_command_line(const char *before, size_t n, const char *const *arguments);

PV_API_END

#endif
