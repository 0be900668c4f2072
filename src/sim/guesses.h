/*
 * guesses.h - directions guessed once for all machines that guess alike
 *
 * What a direction predictor says depends on the branches before and on its own parameters, not on times. So one predictor can run ahead of
 * any number of machines, which then only read its guesses; targets (branch target buffer, return stack, indirect) stay each machine's own.
 */
#ifndef SIM_GUESSES_H
#define SIM_GUESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/uop.h>

#include "base/error.h"

struct pv_uarch;
struct sim_guesses;

/* sim_guesses_alike - whether two machines guess every direction alike */
bool sim_guesses_alike(const struct pv_uarch *a, const struct pv_uarch *b);

/*
 * sim_guesses_new - a machine's direction predictor by itself
 *
 * @uops  (n_uops) static micro-operations that rows will name; not kept
 *
 * Returns: PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM
 */
enum pv_status sim_guesses_new(const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops, struct sim_guesses **guesses,
                               struct pv_error *err);
void sim_guesses_free(struct sim_guesses *guesses);

/*
 * sim_guesses_run - guess and learn the conditional branches of the next rows
 *
 * @rows, next_pc  as in sim_run
 * @taken          (n, or as many as there are conditional branches) set: 1 for taken; what sim_set_directions wants
 */
void sim_guesses_run(struct sim_guesses *guesses, const struct pv_row *rows, size_t n, uint64_t next_pc, uint8_t *taken);

#endif
