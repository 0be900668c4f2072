/*
 * tage.h - TAGE as a part of other predictors
 */
#ifndef PV_SIM_BP_TAGE_H
#define PV_SIM_BP_TAGE_H

#include "sim/bp/direction.h"

enum { PV_TAGE_MAX_TABLES = 16, PV_TAGE_HISTORY_BITS = 4096, PV_TAGE_PATH_BITS = 16 };

/* Geometry of a TAGE: table 0 is the bimodal base. */
struct pv_tage_config {
	uint32_t n_tables; /* tagged tables */
	uint32_t min_history, max_history;
	uint8_t log_entries[PV_TAGE_MAX_TABLES + 1]; /* of the base, then of the tagged tables from short to long history */
	uint8_t tag_bits[PV_TAGE_MAX_TABLES + 1];    /* [0] is not used */
	uint16_t lengths[PV_TAGE_MAX_TABLES + 1];    /* of history; 0: geometric between min_history and max_history */
	uint32_t insn_shift;
};
extern const struct pv_tage_config pv_tage_8_tables;  /* base and 7 tagged tables: "TAGE" */
extern const struct pv_tage_config pv_tage_12_tables; /* base and 12 tagged tables: the TAGE inside L-TAGE */

/* A history of `length` outcomes folded by xor into `bits` bits, kept up to date outcome by outcome. */
struct pv_fold {
	uint32_t value, length, bits, out_bit;
};

static inline void pv_fold_init(struct pv_fold *f, uint32_t length, uint32_t bits)
{
	*f = (struct pv_fold){.length = length, .bits = bits, .out_bit = length % bits};
}

static inline void pv_fold_push(struct pv_fold *f, uint32_t newest, uint32_t oldest)
{
	f->value = f->value << 1 | newest;
	f->value ^= oldest << f->out_bit;
	f->value ^= f->value >> f->bits;
	f->value &= (1u << f->bits) - 1;
}

struct pv_tage_entry {
	uint16_t tag;
	int8_t counter; /* 3 bits, taken when >= 0 */
	uint8_t useful; /* 0..3 */
};

struct pv_tage_table {
	struct pv_tage_entry *entries;
	struct pv_fold index, tag_a, tag_b;
	uint32_t log_entries, tag_bits, length;
};

struct pv_tage {
	struct pv_tage_config config;
	struct pv_tage_table tables[PV_TAGE_MAX_TABLES + 1]; /* [0] is not used */
	uint8_t *bimodal;                                    /* 2-bit */
	uint8_t history[PV_TAGE_HISTORY_BITS];               /* ring of outcomes, the newest at head */
	uint32_t head, path;
	int8_t use_alternative; /* 4 bits: >= 0 when new entries are worse than the alternative */
	uint64_t n_updates;
	uint32_t noise; /* spreads allocations */
	uint32_t index[PV_TAGE_MAX_TABLES + 1], tag[PV_TAGE_MAX_TABLES + 1];
};

/* What it said and why; tables: 0 is the base. */
struct pv_tage_guess {
	uint32_t provider, alternative;
	bool prediction, provider_says, alternative_says;
	bool fresh;   /* the provider's entry is new */
	bool is_sure; /* its counter is saturated */
};

/* pv_tage_init - PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM. On failure release is allowed. */
enum pv_status pv_tage_init(struct pv_tage *tage, const struct pv_tage_config *config, struct pv_error *err);
void pv_tage_release(struct pv_tage *tage);

/* Predict, then train with the outcome, then push it into the history; in this order, for each conditional branch. */
bool pv_tage_predict(struct pv_tage *tage, uint64_t pc, struct pv_tage_guess *guess);
void pv_tage_train(struct pv_tage *tage, uint64_t pc, bool taken, const struct pv_tage_guess *guess);
void pv_tage_push(struct pv_tage *tage, uint64_t pc, bool taken);

#endif
