/*
 * guesses.h - directions guessed once for all machines that guess alike
 *
 * What a direction predictor says depends on the branches before and on its own parameters, not on times. So one predictor can run ahead of
 * any number of machines, which then only read its guesses; targets (branch target buffer, return stack, indirect) stay each machine's own.
 */
#ifndef PV_SIM_GUESSES_H
#define PV_SIM_GUESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/uop.h>

#include "base/error.h"

struct pv_uarch;
struct pv_guesses;

/* pv_guesses_alike - whether two machines guess every direction alike */
bool pv_guesses_alike(const struct pv_uarch *a, const struct pv_uarch *b);

/*
 * pv_guesses_new - a machine's direction predictor by itself
 *
 * @uops  (n_uops) static micro-operations that rows will name; not kept
 *
 * Returns: PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM
 */
enum pv_status pv_guesses_new(const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops, struct pv_guesses **guesses,
                              struct pv_error *err);
void pv_guesses_free(struct pv_guesses *guesses);

/*
 * pv_guesses_run - guess and learn the conditional branches of the next rows
 *
 * @rows, next_pc  as in pv_sim_run
 * @taken          (n, or as many as there are conditional branches) set: 1 for taken; what pv_sim_tell wants
 */
void pv_guesses_run(struct pv_guesses *guesses, const struct pv_row *rows, size_t n, uint64_t next_pc, uint8_t *taken);

#endif
