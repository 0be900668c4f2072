/*
 * perfvec/uarch.h - machines: microarchitecture parameters, presets, machine files, sampling
 *
 * A machine is one value for every parameter of the table that docs/topics/machines.md lists. Parameters are named GROUP.NAME, as in a
 * machine file: "ooo.n_rob", "l1d.size_bytes", "units.int_alu.count", "operations.IntDiv.latency_cycles". Values travel as text.
 */
#ifndef PERFVEC_UARCH_H
#define PERFVEC_UARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <perfvec/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pv_uarch;

#ifdef __cplusplus
}
#endif

#endif
