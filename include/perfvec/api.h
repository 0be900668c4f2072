/*
 * perfvec/api.h - marks what belongs to the library's interface
 *
 * Every public header puts its declarations between PV_API_BEGIN and PV_API_END: they have C linkage in C++ programs, and of the library,
 * which is compiled with hidden symbols, exactly these functions are exported. perfvec/perfvec.h says what stays the same between versions.
 */
#ifndef PERFVEC_API_H
#define PERFVEC_API_H

#ifdef __cplusplus
#define PV_API_C_BEGIN extern "C" {
#define PV_API_C_END }
#else
#define PV_API_C_BEGIN
#define PV_API_C_END
#endif

#define PV_API_BEGIN _Pragma("GCC visibility push(default)") PV_API_C_BEGIN
#define PV_API_END PV_API_C_END _Pragma("GCC visibility pop")

#endif
