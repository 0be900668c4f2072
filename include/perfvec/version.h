/*
 * perfvec/version.h - version of the library and of its binary interface: the only place where they are written
 */
#ifndef PERFVEC_VERSION_H
#define PERFVEC_VERSION_H

#include <perfvec/api.h>

PV_API_BEGIN

#define PV_VERSION "0.1.0"

/* The number in the shared library's name, libperfvec.so.0; perfvec/perfvec.h says what it promises. */
#define PV_ABI 0

/* pv_version - version of the library that is linked, such as "0.1.0"; a static string */
const char *pv_version(void);

PV_API_END

#endif
