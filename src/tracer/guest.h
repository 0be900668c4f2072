/*
 * guest.h - the guest process: what it needs, starting it under QEMU
 */
#ifndef TRACER_GUEST_H
#define TRACER_GUEST_H

#include <sys/types.h>

#include <perfvec/tracer.h>

#include "base/error.h"

/* Everything that is looked up before anything is started. Strings are owned. */
struct tracer_guest {
	char *program_path; /* the ELF file */
	char *qemu;
	char *plugin;
	const char *sysroot; /* borrowed; may be NULL */
	const char *cpu_model;
	char qemu_version[32]; /* such as "7.2.22" */
};

/*
 * tracer_guest_prepare - find and check the program, its loader, QEMU and the plugin
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_FORMAT, PV_ERR_UNSUPPORTED, PV_ERR_IO, PV_ERR_NOMEM; the struct can be released whatever happened
 */
enum pv_status tracer_guest_prepare(struct tracer_guest *guest, const struct pv_tracer_options *options, struct pv_error *err);

/* tracer_guest_release - a zero struct is allowed */
void tracer_guest_release(struct tracer_guest *guest);

/*
 * tracer_guest_start - run the program under QEMU with the plugin
 *
 * @shared_fd  memfd with struct tracer_shared; QEMU's side gets it
 * @pid        set on success
 *
 * Addresses are not randomised and QEMU's random numbers for the guest have a fixed seed, so that a guest that asks nothing of the
 * outside world runs the same way each time. The guest dies with the calling thread.
 */
enum pv_status tracer_guest_start(const struct tracer_guest *guest, char *const *argv, int shared_fd, pid_t *pid, struct pv_error *err);

#endif
