/*
 * directions.h - branch directions predicted once for all machines with the same direction predictor
 *
 * What a direction predictor says depends on the branches before and on its own parameters, not on times. So one predictor can run ahead of
 * any number of machines, which then only read what it predicted; targets (branch target buffer, return stack, indirect) stay each
 * machine's own.
 */
#ifndef SIM_DIRECTIONS_H
#define SIM_DIRECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/uop.h>

#include "base/error.h"

struct pv_uarch;
struct sim_directions;

/* sim_directions_alike - whether two machines predict every direction alike */
bool sim_directions_alike(const struct pv_uarch *a, const struct pv_uarch *b);

/*
 * sim_directions_new - a machine's direction predictor by itself
 *
 * @uops  (n_uops) static micro-operations that rows will name; not kept
 *
 * Returns: PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM
 */
enum pv_status sim_directions_new(const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops,
                                  struct sim_directions **directions, struct pv_error *err);
void sim_directions_free(struct sim_directions *directions);

/*
 * sim_directions_run - predict and learn the conditional branches of the next rows
 *
 * @rows, next_pc  as in sim_run
 * @taken          (n, or as many as there are conditional branches) set: 1 for taken; what sim_set_directions wants
 */
void sim_directions_run(struct sim_directions *directions, const struct pv_row *rows, size_t n, uint64_t next_pc, uint8_t *taken);

#endif
