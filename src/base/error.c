/*
 * error.c - filling struct pv_error
 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *pv_status_name(enum pv_status status)
{
	switch (status) {
	case PV_OK: return "PV_OK";
	case PV_ERR_ARG: return "PV_ERR_ARG";
	case PV_ERR_IO: return "PV_ERR_IO";
	case PV_ERR_FORMAT: return "PV_ERR_FORMAT";
	case PV_ERR_VERSION: return "PV_ERR_VERSION";
	case PV_ERR_RANGE: return "PV_ERR_RANGE";
	case PV_ERR_SHAPE: return "PV_ERR_SHAPE";
	case PV_ERR_NOMEM: return "PV_ERR_NOMEM";
	case PV_ERR_MISSING: return "PV_ERR_MISSING";
	case PV_ERR_UNSUPPORTED: return "PV_ERR_UNSUPPORTED";
	case PV_ERR_GUEST: return "PV_ERR_GUEST";
	case PV_ERR_INTERRUPTED: return "PV_ERR_INTERRUPTED";
	}
	return "PV_ERR_?";
}

enum pv_status base_error_set(struct pv_error *err, enum pv_status status, const char *fmt, ...)
{
	if (!err)
		return status;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof err->message, fmt, ap);
	va_end(ap);
	err->status = status;
	err->hint[0] = '\0';
	return status;
}

enum pv_status base_error_hint(struct pv_error *err, const char *fmt, ...)
{
	if (!err)
		return PV_ERR_ARG;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof err->hint, fmt, ap);
	va_end(ap);
	return err->status;
}

void base_error_prefix(struct pv_error *err, const char *fmt, ...)
{
	if (!err)
		return;
	char old[sizeof err->message];
	memcpy(old, err->message, sizeof old);
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(err->message, sizeof err->message, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof err->message)
		snprintf(err->message + n, sizeof err->message - (size_t)n, ": %s", old);
}

enum pv_status base_error_errno(struct pv_error *err, int errno_value, const char *fmt, ...)
{
	enum pv_status status = errno_value == ENOENT ? PV_ERR_MISSING : errno_value == ENOMEM ? PV_ERR_NOMEM : PV_ERR_IO;
	if (!err)
		return status;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(err->message, sizeof err->message, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof err->message)
		snprintf(err->message + n, sizeof err->message - (size_t)n, ": %s", strerror(errno_value));
	/* The system's own sentences begin with a capital; ours do not. */
	if (n >= 0 && (size_t)n + 2 < sizeof err->message && err->message[n + 2] >= 'A' && err->message[n + 2] <= 'Z')
		err->message[n + 2] = (char)(err->message[n + 2] - 'A' + 'a');
	err->status = status;
	err->hint[0] = '\0';
	return status;
}
