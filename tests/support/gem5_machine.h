/*
 * gem5_machine.h - a machine out of gem5's own parameters, as dumped to JSON beside its traces
 */
#ifndef TESTS_GEM5_MACHINE_H
#define TESTS_GEM5_MACHINE_H

#include "uarch/uarch.h"

/*
 * gem5_machine_load - read shared/gem5/machines/NAME.json
 *
 * @told  (table rows) set to true for each parameter that the file determines; may be NULL
 *
 * What the file does not tell has the core kind's default. Functional units go to pools by their operation classes; the pool's name means
 * little then. HPI's timings by instruction encoding have no counterpart and are left out.
 *
 * Returns: false with a sentence in why when the file cannot be expressed.
 */
bool gem5_machine_load(const char *path, struct pv_uarch *u, bool *told, char why[256]);

#endif
