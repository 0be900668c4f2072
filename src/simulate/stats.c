/*
 * stats.c - the counts of a simulation as a table, as CSV and as JSON
 *
 * All three print the same values: the counters of counters.def, the CPI (with its sampling error, if units were sampled), and the CPI
 * stack, if there is one, as cycles per instruction.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <perfvec/json.h>
#include <perfvec/simulate.h>

#include "base/csv.h"
#include "base/file.h"

/* One value of one program on one machine. */
struct value {
	const char *prefix, *name, *unit, *meaning; /* the full name is prefix and name */
	uint64_t count;
	double number;
	bool is_count;
};

/* value number i; false after the last */
static bool value_at(const struct pv_simulate_result *r, const struct pv_machine_counts *c, size_t i, struct value *v)
{
	size_t n_counters;
	const struct pv_counter *counters = pv_counters(&n_counters);
	double insns = c->n_insns ? (double)c->n_insns : 1;
	if (i < n_counters) {
		*v = (struct value){"", counters[i].name, counters[i].unit, counters[i].meaning, .is_count = true};
		memcpy(&v->count, (const char *)c + counters[i].offset, sizeof v->count);
		return true;
	}
	i -= n_counters;
	if (i == 0) {
		*v = (struct value){"", "cpi", "cycles/instruction", "cycles per instruction", .number = (double)c->cycles / insns};
		return true;
	}
	i--;
	if (pv_simulate_sampled(r) && i < 2) {
		*v = i == 0 ? (struct value){"", "n_units", "units", "sampling units", c->n_units, .is_count = true}
		            : (struct value){"", "cpi_error_95", "cycles/instruction", "half of the 95 % confidence interval of the CPI",
		                             .number = c->cpi_error_95};
		return true;
	}
	i -= pv_simulate_sampled(r) ? 2 : 0;
	if (!pv_simulate_has_stacks(r) || i >= PV_N_CPI_COMPONENTS)
		return false;
	*v = (struct value){"cpi_", pv_cpi_component_name((int)i), "cycles/instruction", pv_cpi_component_meaning((int)i),
	                    .number = (double)c->stack_cycles[i] / insns};
	return true;
}

static void print_value(const struct value *v, int width, FILE *f)
{
	if (v->is_count)
		fprintf(f, "%*" PRIu64, width, v->count);
	else
		fprintf(f, "%*.6f", width, v->number);
}

/* ---- table ---- */

static void table_program(const struct pv_simulate_result *r, int program, FILE *f)
{
	int K = pv_simulate_n_machines(r);
	fprintf(f, "%s\n%-20s", program < 0 ? "all programs" : pv_simulate_program_name(r, program), "counter");
	for (int k = 0; k < K; k++)
		fprintf(f, " %16s", pv_simulate_machine_name(r, k));
	fprintf(f, "  unit, meaning\n");
	struct pv_machine_counts first = pv_simulate_counts(r, program, 0);
	struct value v;
	for (size_t i = 0; value_at(r, &first, i, &v); i++) {
		fprintf(f, "%s%-*s", v.prefix, 20 - (int)strlen(v.prefix), v.name);
		for (int k = 0; k < K; k++) {
			struct pv_machine_counts c = pv_simulate_counts(r, program, k);
			value_at(r, &c, i, &v);
			fputc(' ', f);
			print_value(&v, 16, f);
		}
		fprintf(f, "  %s: %s\n", v.unit, v.meaning);
	}
}

static void print_table(const struct pv_simulate_result *r, FILE *f)
{
	int n = pv_simulate_n_programs(r);
	for (int p = 0; p < n; p++) {
		table_program(r, p, f);
		if (n > 1)
			fputc('\n', f);
	}
	if (n > 1)
		table_program(r, -1, f);
}

/* ---- CSV ---- */

static void print_csv(const struct pv_simulate_result *r, FILE *f)
{
	fprintf(f, "program,machine,counter,unit,value\n");
	for (int p = 0; p < pv_simulate_n_programs(r); p++)
		for (int k = 0; k < pv_simulate_n_machines(r); k++) {
			struct pv_machine_counts c = pv_simulate_counts(r, p, k);
			struct value v;
			for (size_t i = 0; value_at(r, &c, i, &v); i++) {
				base_csv_text(f, pv_simulate_program_name(r, p));
				fputc(',', f);
				base_csv_text(f, pv_simulate_machine_name(r, k));
				fprintf(f, ",%s%s,%s,", v.prefix, v.name, v.unit);
				print_value(&v, 0, f);
				fputc('\n', f);
			}
		}
}

/* ---- JSON ---- */

static void json_value(struct pv_json_writer *w, const struct value *v)
{
	char name[64], number[64];
	snprintf(name, sizeof name, "%s%s", v->prefix, v->name);
	snprintf(number, sizeof number, "%.6f", v->number);
	if (v->is_count)
		pv_json_write_count(w, name, v->count);
	else if (isfinite(v->number))
		pv_json_write_literal(w, name, number); /* as in the table: so many places, not digits */
	else
		pv_json_write_null(w, name);
}

static void json_run(struct pv_json_writer *w, const struct pv_simulate_result *r, int p, int k)
{
	struct pv_machine_counts c = pv_simulate_counts(r, p, k);
	struct value v;
	pv_json_begin_object(w, NULL, PV_JSON_LINES);
	pv_json_write_text(w, "program", pv_simulate_program_name(r, p));
	pv_json_write_text(w, "machine", pv_simulate_machine_name(r, k));
	for (size_t i = 0; value_at(r, &c, i, &v); i++)
		json_value(w, &v);
	pv_json_end(w);
}

static void print_json(const struct pv_simulate_result *r, FILE *f)
{
	struct pv_json_writer w = {.file = f};
	struct pv_machine_counts c = pv_simulate_counts(r, 0, 0);
	struct value v;
	pv_json_begin_object(&w, NULL, PV_JSON_LINES);
	pv_json_begin_object(&w, "counters", PV_JSON_LINES);
	for (size_t i = 0; value_at(r, &c, i, &v); i++) {
		char name[64];
		snprintf(name, sizeof name, "%s%s", v.prefix, v.name);
		pv_json_begin_object(&w, name, PV_JSON_INLINE);
		pv_json_write_text(&w, "unit", v.unit);
		pv_json_write_text(&w, "meaning", v.meaning);
		pv_json_end(&w);
	}
	pv_json_end(&w);
	pv_json_begin_array(&w, "runs", PV_JSON_LINES);
	for (int p = 0; p < pv_simulate_n_programs(r); p++)
		for (int k = 0; k < pv_simulate_n_machines(r); k++)
			json_run(&w, r, p, k);
	pv_json_end(&w);
	pv_json_end(&w);
}

void pv_simulate_print_stats(const struct pv_simulate_result *result, enum pv_stats_format format, FILE *f)
{
	switch (format) {
	case PV_STATS_TABLE: print_table(result, f); break;
	case PV_STATS_CSV: print_csv(result, f); break;
	case PV_STATS_JSON: print_json(result, f); break;
	}
}

enum pv_status pv_simulate_save_stats(const struct pv_simulate_result *result, enum pv_stats_format format, const char *path,
                                      struct pv_error *err)
{
	struct base_out_file f;
	TRY(base_out_file_open(&f, path, err));
	pv_simulate_print_stats(result, format, f.stream);
	return base_out_file_commit(&f, err);
}
