/*
 * cmd_dataset_import.c - `perfvec dataset import`: the published PerfVec programs' raw files into a dataset
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/exchange.h>
#include <perfvec/uarch.h>

#include "cli.h"

/* Machines by name, in column order: from a list of names, from machine files, or from both. */
struct machines {
	struct cli_list names, files, unseen;
	double clock_mhz;
	struct pv_uarch_set *set;
	struct pv_dataset_machine_spec *specs; /* (n) */
	char **texts;                          /* (n) */
	size_t n;
};

static void machines_release(struct machines *m)
{
	for (size_t k = 0; m->texts && k < m->n; k++)
		free(m->texts[k]);
	free(m->texts);
	free(m->specs);
	pv_uarch_set_free(m->set);
	cli_list_free(&m->names);
	cli_list_free(&m->files);
	cli_list_free(&m->unseen);
}

static bool listed(const struct cli_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->items[i], name))
			return true;
	return false;
}

static const struct pv_uarch *find_machine(const struct machines *m, const char *name)
{
	for (size_t i = 0; m->set && i < pv_uarch_set_count(m->set); i++)
		if (!strcmp(pv_uarch_name(pv_uarch_set_at(m->set, i)), name))
			return pv_uarch_set_at(m->set, i);
	return NULL;
}

static int fail(const char *message, const char *name)
{
	fprintf(stderr, "error: ");
	fprintf(stderr, message, name);
	fputc('\n', stderr);
	return CLI_FAILED;
}

static int machines_fill(struct machines *m)
{
	for (size_t k = 0; k < m->n; k++) {
		const struct pv_uarch *u = m->names.n ? find_machine(m, m->names.items[k]) : pv_uarch_set_at(m->set, k);
		const char *name = m->names.n ? m->names.items[k] : pv_uarch_name(u);
		if (!u && m->set)
			return fail("there is no machine '%s' among those given with --uarch", name);
		m->texts[k] = u ? pv_uarch_text(u) : strdup("# imported: its parameters are not known\n");
		if (!m->texts[k])
			return fail("out of memory for machine '%s'", name);
		m->specs[k] = (struct pv_dataset_machine_spec){name, !listed(&m->unseen, name), u ? pv_uarch_clock_mhz(u) : m->clock_mhz,
		                                               m->texts[k]};
	}
	for (size_t i = 0; i < m->unseen.n; i++) {
		bool found = false;
		for (size_t k = 0; k < m->n; k++)
			found |= !strcmp(m->specs[k].name, m->unseen.items[i]);
		if (!found)
			return fail("there is no machine '%s' to hold out", m->unseen.items[i]);
	}
	return CLI_OK;
}

static int machines_make(struct machines *m)
{
	struct pv_error err = {0};
	if (m->files.n && pv_uarch_set_load((const char *const *)m->files.items, m->files.n, &m->set, &err) != PV_OK)
		return cli_error(&err);
	m->n = m->names.n ? m->names.n : m->set ? pv_uarch_set_count(m->set) : 0;
	m->specs = calloc(m->n + 1, sizeof *m->specs);
	m->texts = calloc(m->n + 1, sizeof *m->texts);
	if (!m->specs || !m->texts)
		return fail("out of memory for %s", "machines");
	return machines_fill(m);
}

static int import(struct pv_import_options *o, struct machines *m, const char *output, bool quiet)
{
	struct pv_error err = {0};
	struct pv_dataset *d;
	int status = machines_make(m);
	if (status != CLI_OK)
		return status;
	if (m->n) {
		o->machines = m->specs;
		o->n_machines = (int)m->n;
	}
	if (pv_dataset_import(o, output, cli_progress(quiet), &err) != PV_OK || pv_dataset_open(output, &d, &err) != PV_OK)
		return cli_error(&err);
	cli_progress_done();
	printf("imported %d programs, %d machines, %llu rows\n", pv_dataset_n_programs(d), pv_dataset_n_machines(d),
	       (unsigned long long)pv_dataset_info(d)->n_rows);
	pv_dataset_close(d);
	return CLI_OK;
}

/* ---- options ---- */

static bool parse_type(const char *text, enum pv_raw_type *type)
{
	static const char *const names[] = {[PV_RAW_UINT16] = "uint16", [PV_RAW_INT16] = "int16", [PV_RAW_UINT32] = "uint32"};
	for (int i = 0; i < 3; i++)
		if (!strcmp(text, names[i])) {
			*type = (enum pv_raw_type)i;
			return true;
		}
	return false;
}

static bool parse_target(const char *text, int *target)
{
	for (int i = 0; i < PV_N_TARGETS; i++)
		if (!strcmp(text, pv_target_name((unsigned)i))) {
			*target = i;
			return true;
		}
	return false;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct pv_import_options o = {.target = PV_TARGET_store_commit};
	struct machines machines = {.clock_mhz = 1000};
	struct cli_list unseen_programs = {0};
	const char *format = "perfvec", *output = NULL, *type = "uint16", *target = "store_commit", *targets = "all";
	bool quiet = false;
	const struct cli_option options[] = {
	    {"format", 0, CLI_STRING, &format, "FORMAT", "format of the files: perfvec, the only one; required"},
	    {"output", 'o', CLI_STRING, &output, "DATASET", "dataset folder to write; required"},
	    {"type", 0, CLI_STRING, &type, "TYPE", "type of the targets: uint16 (default), int16 (older files) or uint32"},
	    {"targets", 0, CLI_STRING, &targets, "all|time", "keep all 16 targets (default) or only the one to train on"},
	    {"target", 0, CLI_STRING, &target, "NAME", "target to train on (default store_commit)"},
	    {"n-uarchs", 0, CLI_INT, &o.n_machines, "K",
	     "number of machines (default 0: from the lengths of the files, or the names given)"},
	    {"uarch-names", 0, CLI_LIST, &machines.names, "LIST",
	     "names of the machines in the order of the columns (default machine_0, ...)"},
	    {"uarch", 0, CLI_LIST, &machines.files, "LIST", "files of the machines; without --uarch-names in the order of their names"},
	    {"clock-mhz", 0, CLI_DOUBLE, &machines.clock_mhz, "MHZ", "clock of machines without a file (default 1000); used for CPI only"},
	    {"unseen-programs", 0, CLI_LIST, &unseen_programs, "LIST", "programs to hold out of training"},
	    {"unseen-uarchs", 0, CLI_LIST, &machines.unseen, "LIST", "machines to hold out of training"},
	    {"quiet", 'q', CLI_FLAG, &quiet, NULL, "print no progress"},
	    {0},
	};
	char **inputs = NULL;
	int n = 0;
	int status = cli_parse(self, options, argc, argv, &inputs, &n);
	bool named = machines.names.n || machines.files.n;
	if (status < 0 && strcmp(format, "perfvec") != 0)
		status = cli_usage_error(self, "no format '%s'; there is perfvec", format);
	if (status < 0 && n == 0)
		status = cli_usage_error(self, "no file given");
	if (status < 0 && !output)
		status = cli_usage_error(self, "no dataset named (-o)");
	if (status < 0 && !parse_type(type, &o.type))
		status = cli_usage_error(self, "no type '%s'; there are uint16, int16 and uint32", type);
	if (status < 0 && !parse_target(target, &o.target))
		status = cli_usage_error(self, "no target '%s'", target);
	if (status < 0 && strcmp(targets, "all") != 0 && strcmp(targets, "time") != 0)
		status = cli_usage_error(self, "--targets is all or time, not '%s'", targets);
	if (status < 0 && (o.n_machines < 0 || (o.n_machines && named)))
		status = cli_usage_error(self, o.n_machines < 0 ? "--n-uarchs is negative"
		                                                : "--n-uarchs and names of machines exclude each other");
	if (status < 0 && machines.unseen.n && !named)
		status = cli_usage_error(self, "--unseen-uarchs needs --uarch-names or --uarch");
	if (status < 0) {
		char *command = cli_command_line("perfvec dataset", argc, argv);
		o.command = command;
		o.one_target = !strcmp(targets, "time");
		o.inputs = (const char *const *)inputs;
		o.n_inputs = (size_t)n;
		o.unseen_programs = (const char *const *)unseen_programs.items;
		o.n_unseen_programs = unseen_programs.n;
		status = import(&o, &machines, output, quiet);
		free(command);
	}
	free(inputs);
	machines_release(&machines);
	cli_list_free(&unseen_programs);
	return status;
}

const struct cli_command cmd_dataset_import = {
    .name = "dataset import",
    .summary = "make a dataset of other programs' files",
    .usage = "DIR|PROGRAM.in.mmap... --format perfvec -o DATASET",
    .description =
        "Reads the published PerfVec programs' raw files: PROGRAM.in.mmap, 51 float32 a row, plain, and PROGRAM.out.mmap beside\n"
        "it, 16 targets for each machine. Lengths are checked; a value that a dataset cannot hold exactly is refused.",
    .run = run,
};
