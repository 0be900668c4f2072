/*
 * cmd_dataset.c - `perfvec dataset`: what is in a dataset, and whether it is whole; the other verbs are commands of their own
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define X(verb) extern const struct cli_command cmd_dataset_##verb;
#include "dataset_verbs.def"
#undef X

static const struct cli_command *const verbs[] = {
#define X(verb) &cmd_dataset_##verb,
#include "dataset_verbs.def"
#undef X
    NULL};

typedef unsigned long long ull; /* for printf */

static const char description[] =
    "  info DATASET    programs, their parts, machines, times and CPI\n"
    "  check DATASET   read everything: features in range, sums, counts, statistics; one line for each problem\n"
    "  export, import  write and read other programs' files: 'perfvec dataset export --help'\n"
    "\nDATASET is the folder or the dataset.yaml in it.";

static const char *const parts[PV_N_SPLITS] = {"train", "valid", "test"};

/* Totals are in 0.1 ns. */
static double seconds(uint64_t total)
{
	return 1e-10 * (double)total;
}

static double cpi(uint64_t total, double clock_mhz, uint64_t n_insns)
{
	return n_insns ? seconds(total) * 1e6 * clock_mhz / (double)n_insns : 0;
}

static uint64_t rows_in(const struct pv_dataset_program *p, int part)
{
	return p->end[part] - p->begin[part];
}

/* Right-aligned in 8 columns; "-" without instructions. */
static void print_cpi(uint64_t total, double clock_mhz, uint64_t n_insns)
{
	if (n_insns)
		printf(" %8.3f\n", cpi(total, clock_mhz, n_insns));
	else
		printf(" %8s\n", "-");
}

/* Of all programs on machine k. */
static uint64_t machine_total(const struct pv_dataset *d, int k)
{
	uint64_t total = 0;
	for (int i = 0; i < pv_dataset_n_programs(d); i++)
		total += pv_dataset_program(d, i)->total[k];
	return total;
}

/* ---- info -------------------------------------------------------------------------------------------------------------------------- */

static int longest_name(const struct pv_dataset *d)
{
	size_t n = strlen("program");
	for (int i = 0; i < pv_dataset_n_programs(d); i++)
		n = strlen(pv_dataset_program(d, i)->name) > n ? strlen(pv_dataset_program(d, i)->name) : n;
	for (int k = 0; k < pv_dataset_n_machines(d); k++)
		n = strlen(pv_dataset_machine(d, k)->name) > n ? strlen(pv_dataset_machine(d, k)->name) : n;
	return (int)n;
}

static void print_head(const struct pv_dataset *d)
{
	const struct pv_dataset_info *info = pv_dataset_info(d);
	int n_seen_programs = 0, n_seen_machines = 0;
	for (int i = 0; i < pv_dataset_n_programs(d); i++)
		n_seen_programs += pv_dataset_program(d, i)->seen;
	for (int k = 0; k < pv_dataset_n_machines(d); k++)
		n_seen_machines += pv_dataset_machine(d, k)->seen;
	printf("written by       ");
	cli_print_text(info->tool);
	printf(", format version %u\ncommand          ", info->version);
	cli_print_text(info->command);
	printf("\nprograms         %d, %d of them seen\n", pv_dataset_n_programs(d), n_seen_programs);
	printf("machines         %d, %d of them seen\n", pv_dataset_n_machines(d), n_seen_machines);
	printf("rows             %llu micro-operations of %llu instructions, %llu for training\n", (ull)info->n_rows, (ull)info->n_insns,
	       (ull)info->n_train_rows);
	printf("target           %s (%d), in 0.1 ns\n", pv_target_name((unsigned)info->target), info->target);
	printf("sequence length  %u\n", info->seq_length);
}

static void print_programs(const struct pv_dataset *d, int width)
{
	printf("\n%-*s  %-6s %12s %12s %12s %10s %12s  %s\n", width, "program", "seen", "insns", "rows", "train", "valid", "test",
	       "target");
	for (int i = 0; i < pv_dataset_n_programs(d); i++) {
		const struct pv_dataset_program *p = pv_dataset_program(d, i);
		printf("%-*s  %-6s %12llu %12llu %12llu %10llu %12llu  uint%u\n", width, p->name, p->seen ? "yes" : "no", (ull)p->n_insns,
		       (ull)p->n_rows, (ull)rows_in(p, PV_SPLIT_TRAIN), (ull)rows_in(p, PV_SPLIT_VALID), (ull)rows_in(p, PV_SPLIT_TEST),
		       8 * p->target_bytes);
	}
}

static void print_machines(const struct pv_dataset *d, int width)
{
	uint64_t n_insns = pv_dataset_info(d)->n_insns;
	printf("\n%-*s  %-6s %10s %14s %8s\n", width, "machine", "seen", "MHz", "all programs", "CPI");
	for (int k = 0; k < pv_dataset_n_machines(d); k++) {
		const struct pv_dataset_machine *m = pv_dataset_machine(d, k);
		uint64_t total = machine_total(d, k);
		printf("%-*s  %-6s %10.6g %11.4f ms", width, m->name, m->seen ? "yes" : "no", m->clock_mhz, 1e3 * seconds(total));
		print_cpi(total, m->clock_mhz, n_insns);
	}
}

static void print_times(const struct pv_dataset *d, int width)
{
	printf("\n%-*s  %-*s %14s %8s\n", width, "program", width, "machine", "time", "CPI");
	for (int i = 0; i < pv_dataset_n_programs(d); i++)
		for (int k = 0; k < pv_dataset_n_machines(d); k++) {
			const struct pv_dataset_program *p = pv_dataset_program(d, i);
			const struct pv_dataset_machine *m = pv_dataset_machine(d, k);
			printf("%-*s  %-*s %11.4f ms", width, p->name, width, m->name, 1e3 * seconds(p->total[k]));
			print_cpi(p->total[k], m->clock_mhz, p->n_insns);
		}
}

/* ---- info --json ------------------------------------------------------------------------------------------------------------------- */

static void json_program(struct pv_json_writer *w, const struct pv_dataset *d, const struct pv_dataset_program *p)
{
	pv_json_begin_object(w, NULL, PV_JSON_INLINE);
	pv_json_write_text(w, "name", p->name);
	pv_json_write_flag(w, "seen", p->seen);
	pv_json_write_text(w, "source", p->source);
	pv_json_write_count(w, "n_insns", p->n_insns);
	pv_json_write_count(w, "n_rows", p->n_rows);
	pv_json_write_count(w, "target_bytes", p->target_bytes);
	for (int s = 0; s < PV_N_SPLITS; s++) {
		pv_json_begin_array(w, parts[s], PV_JSON_INLINE);
		pv_json_write_count(w, NULL, p->begin[s]);
		pv_json_write_count(w, NULL, p->end[s]);
		pv_json_end(w);
	}
	pv_json_begin_array(w, "seconds", PV_JSON_INLINE);
	for (int k = 0; k < pv_dataset_n_machines(d); k++)
		pv_json_write_number(w, NULL, seconds(p->total[k]), 10);
	pv_json_end(w);
	pv_json_begin_array(w, "cpi", PV_JSON_INLINE);
	for (int k = 0; k < pv_dataset_n_machines(d); k++)
		pv_json_write_number(w, NULL, p->n_insns ? cpi(p->total[k], pv_dataset_machine(d, k)->clock_mhz, p->n_insns) : NAN, 6);
	pv_json_end(w);
	pv_json_end(w);
}

static void json_machine(struct pv_json_writer *w, const struct pv_dataset_machine *m)
{
	pv_json_begin_object(w, NULL, PV_JSON_INLINE);
	pv_json_write_text(w, "name", m->name);
	pv_json_write_flag(w, "seen", m->seen);
	pv_json_write_number(w, "clock_mhz", m->clock_mhz, 17);
	pv_json_end(w);
}

static void print_json(const struct pv_dataset *d)
{
	const struct pv_dataset_info *info = pv_dataset_info(d);
	struct pv_json_writer w = {.file = stdout};
	pv_json_begin_object(&w, NULL, PV_JSON_LINES);
	pv_json_write_count(&w, "version", info->version);
	pv_json_write_text(&w, "tool", info->tool);
	pv_json_write_text(&w, "command", info->command);
	pv_json_write_text(&w, "target", pv_target_name((unsigned)info->target));
	pv_json_write_count(&w, "seq_length", info->seq_length);
	pv_json_write_count(&w, "n_rows", info->n_rows);
	pv_json_write_count(&w, "n_insns", info->n_insns);
	pv_json_write_count(&w, "n_train_rows", info->n_train_rows);
	pv_json_begin_array(&w, "machines", PV_JSON_LINES);
	for (int k = 0; k < pv_dataset_n_machines(d); k++)
		json_machine(&w, pv_dataset_machine(d, k));
	pv_json_end(&w);
	pv_json_begin_array(&w, "programs", PV_JSON_LINES);
	for (int i = 0; i < pv_dataset_n_programs(d); i++)
		json_program(&w, d, pv_dataset_program(d, i));
	pv_json_end(&w);
	pv_json_end(&w);
}

static int info(const char *path, bool json, bool times)
{
	struct pv_error err = {0};
	struct pv_dataset *d;
	if (pv_dataset_open(path, &d, &err) != PV_OK)
		return cli_error(&err);
	int width = longest_name(d);
	if (json) {
		print_json(d);
	} else {
		print_head(d);
		print_programs(d, width);
		print_machines(d, width);
		if (times)
			print_times(d, width);
	}
	pv_dataset_close(d);
	return CLI_OK;
}

/* ---- check ------------------------------------------------------------------------------------------------------------------------- */

static void print_problem(void *user, const char *text)
{
	(void)user;
	cli_progress_done();
	printf("%s\n", text);
}

static int check(const char *path)
{
	struct pv_error err = {0};
	struct pv_dataset *d;
	if (pv_dataset_open(path, &d, &err) != PV_OK)
		return cli_error(&err);
	int status = CLI_OK;
	if (pv_dataset_check(d, print_problem, NULL, cli_progress(false), &err) != PV_OK) {
		fflush(stdout);
		status = cli_error(&err);
	} else {
		cli_progress_done();
		printf("ok: %d programs, %d machines, %llu rows\n", pv_dataset_n_programs(d), pv_dataset_n_machines(d),
		       (ull)pv_dataset_info(d)->n_rows);
	}
	pv_dataset_close(d);
	return status;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	bool json = false, times = false;
	const struct cli_option options[] = {
	    {"json", 0, CLI_FLAG, &json, NULL, "info: print one JSON object"},
	    {"times", 0, CLI_FLAG, &times, NULL, "info: print time and CPI of each program on each machine, too"},
	    {0},
	};
	for (const struct cli_command *const *v = verbs; argc > 1 && *v; v++)
		if (!strcmp((*v)->name + strlen("dataset "), argv[1]))
			return (*v)->run(*v, argc - 1, argv + 1);
	char **words;
	int n;
	int status = cli_parse(self, options, argc, argv, &words, &n);
	if (status >= 0)
		return status;
	const char *verb = n ? words[0] : "";
	bool is_info = !strcmp(verb, "info"), is_check = !strcmp(verb, "check");
	if (n == 0)
		status = cli_usage_error(self, "dataset needs info, check, export or import");
	else if (!is_info && !is_check)
		status = cli_usage_error(self, "no 'dataset %s'", verb);
	else if (n != 2)
		status = cli_usage_error(self, "%s takes one DATASET, not %d", verb, n - 1);
	else if (is_check && (json || times))
		status = cli_usage_error(self, "--%s is for info", json ? "json" : "times");
	else
		status = is_info ? info(words[1], json, times) : check(words[1]);
	free(words);
	return status;
}

const struct cli_command cmd_dataset = {"dataset", "datasets: what is in one, whether it is whole; other programs' files",
                                        "info|check|export|import ...", description, run};
