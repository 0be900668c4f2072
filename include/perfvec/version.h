/*
 * perfvec/version.h - version of the library
 */
#ifndef PERFVEC_VERSION_H
#define PERFVEC_VERSION_H

#define PV_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* pv_version - version of the library that is linked, such as "0.1.0"; a static string */
const char *pv_version(void);

#ifdef __cplusplus
}
#endif

#endif
