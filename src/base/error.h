/*
 * error.h - filling struct pv_error, and the macros that pass failures on
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <perfvec/error.h>

/*
 * base_error_set - record a failure
 *
 * @err   may be NULL
 * @fmt   printf format of one sentence: no capital, no full stop
 *
 * Returns: status, so that `return base_error_set(...)` reads well.
 */
enum pv_status base_error_set(struct pv_error *err, enum pv_status status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* base_error_hint - add what the user can do about the failure recorded in err; returns err->status (PV_ERR_ARG when err is NULL) */
enum pv_status base_error_hint(struct pv_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* base_error_prefix - put "context: " before the message already recorded */
void base_error_prefix(struct pv_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* base_error_errno - record a failure with strerror(errno_value) after the sentence; PV_ERR_MISSING for ENOENT, PV_ERR_NOMEM for ENOMEM,
 * else PV_ERR_IO */
enum pv_status base_error_errno(struct pv_error *err, int errno_value, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Return from the enclosing function when a call failed. */
#define TRY(call)                                    \
	do {                                         \
		enum pv_status try_status_ = (call); \
		if (try_status_ != PV_OK)            \
			return try_status_;          \
	} while (0)

/* Same, with clean-up at a label; needs a variable `status`. */
#define TRY_GOTO(call, label)        \
	do {                         \
		status = (call);     \
		if (status != PV_OK) \
			goto label;  \
	} while (0)

/* Return an error when a condition holds. */
#define FAIL_IF(cond, err, code, ...)                                      \
	do {                                                               \
		if (cond)                                                  \
			return base_error_set((err), (code), __VA_ARGS__); \
	} while (0)

#endif
