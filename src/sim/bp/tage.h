/*
 * tage.h - TAGE as a part of other predictors
 */
#ifndef SIM_BP_TAGE_H
#define SIM_BP_TAGE_H

#include "sim/bp/direction.h"

enum { BP_TAGE_MAX_TABLES = 16, BP_TAGE_HISTORY_BITS = 4096, BP_TAGE_PATH_BITS = 16 };

/* Geometry of a TAGE: table 0 is the bimodal base. */
struct bp_tage_config {
	uint32_t n_tables; /* tagged tables */
	uint32_t min_history, max_history;
	uint8_t log_entries[BP_TAGE_MAX_TABLES + 1]; /* of the base, then of the tagged tables from short to long history */
	uint8_t tag_bits[BP_TAGE_MAX_TABLES + 1];    /* [0] is not used */
	uint16_t lengths[BP_TAGE_MAX_TABLES + 1];    /* of history; 0: geometric between min_history and max_history */
	uint32_t insn_shift;
};
extern const struct bp_tage_config bp_tage_8_tables;  /* base and 7 tagged tables: "TAGE" */
extern const struct bp_tage_config bp_tage_12_tables; /* base and 12 tagged tables: the TAGE inside L-TAGE */

/* A history of `length` outcomes folded by xor into `bits` bits, kept up to date outcome by outcome. */
struct bp_fold {
	uint32_t value, length, bits, out_bit;
};

static inline void bp_fold_init(struct bp_fold *f, uint32_t length, uint32_t bits)
{
	*f = (struct bp_fold){.length = length, .bits = bits, .out_bit = length % bits};
}

static inline void bp_fold_push(struct bp_fold *f, uint32_t newest, uint32_t oldest)
{
	f->value = f->value << 1 | newest;
	f->value ^= oldest << f->out_bit;
	f->value ^= f->value >> f->bits;
	f->value &= (1u << f->bits) - 1;
}

struct bp_tage_entry {
	uint16_t tag;
	int8_t counter; /* 3 bits, taken when >= 0 */
	uint8_t useful; /* 0..3 */
};

struct bp_tage_table {
	struct bp_tage_entry *entries;
	struct bp_fold index, tag_a, tag_b;
	uint32_t log_entries, tag_bits, length;
};

struct bp_tage {
	struct bp_tage_config config;
	struct bp_tage_table tables[BP_TAGE_MAX_TABLES + 1]; /* [0] is not used */
	uint8_t *bimodal;                                    /* 2-bit */
	uint8_t history[BP_TAGE_HISTORY_BITS];               /* ring of outcomes, the newest at head */
	uint32_t head, path;
	int8_t use_alternative; /* 4 bits: >= 0 when new entries are worse than the alternative */
	uint64_t n_updates;
	uint32_t noise; /* spreads allocations */
	uint32_t index[BP_TAGE_MAX_TABLES + 1], tag[BP_TAGE_MAX_TABLES + 1];
};

/* What it said and why; tables: 0 is the base. */
struct bp_tage_guess {
	uint32_t provider, alternative;
	bool prediction, provider_says, alternative_says;
	bool fresh;   /* the provider's entry is new */
	bool is_sure; /* its counter is saturated */
};

/* bp_tage_init - PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM. On failure release is allowed. */
enum pv_status bp_tage_init(struct bp_tage *tage, const struct bp_tage_config *config, struct pv_error *err);
void bp_tage_release(struct bp_tage *tage);

/* Predict, then train with the outcome, then push it into the history; in this order, for each conditional branch. */
bool bp_tage_predict(struct bp_tage *tage, uint64_t pc, struct bp_tage_guess *guess);
void bp_tage_train(struct bp_tage *tage, uint64_t pc, bool taken, const struct bp_tage_guess *guess);
void bp_tage_push(struct bp_tage *tage, uint64_t pc, bool taken);

#endif
