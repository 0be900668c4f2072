/*
 * unzip.h - members of a zip file that are stored as they are (PKWARE, "APPNOTE.TXT", version 6.3; zip64 included)
 *
 *   local header, name, data | .. | central directory: one entry per member | [zip64 end] | end of central directory
 */
#ifndef BASE_UNZIP_H
#define BASE_UNZIP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct base_unzip_member {
	const char *name; /* not NUL-terminated, inside the data */
	size_t name_bytes;
	const uint8_t *data;
	size_t n_bytes;
	uint32_t crc;
};

struct base_unzip {
	struct base_unzip_member *members;
	size_t n_members;
};

/*
 * base_unzip - find all members; data must outlive the result
 *
 * Returns: PV_OK; PV_ERR_FORMAT (with the byte), PV_ERR_UNSUPPORTED (compressed or encrypted members), PV_ERR_NOMEM. On failure *zip is
 * zero.
 */
enum pv_status base_unzip(const uint8_t *data, size_t n_bytes, const char *label, struct base_unzip *zip, struct pv_error *err);
void base_unzip_release(struct base_unzip *zip);

/* base_unzip_check - compare a member with its checksum; PV_ERR_FORMAT */
enum pv_status base_unzip_check(const struct base_unzip_member *member, const char *label, struct pv_error *err);

#endif
