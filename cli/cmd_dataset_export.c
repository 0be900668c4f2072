/*
 * cmd_dataset_export.c - `perfvec dataset export`: a dataset as the published PerfVec programs' files, as CSV or as .npz
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/exchange.h>

#include "cli.h"

static const char *const formats[] = {[PV_EXCHANGE_PERFVEC] = "perfvec", [PV_EXCHANGE_CSV] = "csv", [PV_EXCHANGE_NPZ] = "npz"};

/* How to train on it: the module is copied, PerfVec's own program is run. */
static void print_use(const char *folder, const struct pv_export_result *r)
{
	unsigned long long rows[PV_N_SPLITS];
	for (int s = 0; s < PV_N_SPLITS; s++)
		rows[s] = r->end[s] - r->begin[s];
	printf("configuration  %s/%s.py, to be copied into PerfVec's CFG folder\n", folder, r->config);
	printf("splits         %llu rows for training, %llu for validation, %llu for testing; multiples of %llu\n", rows[PV_SPLIT_TRAIN],
	       rows[PV_SPLIT_VALID], rows[PV_SPLIT_TEST], (unsigned long long)r->unit);
	if (rows[PV_SPLIT_TRAIN] && rows[PV_SPLIT_VALID])
		printf("train          python -m ML.train --cfg=%s --train-size=%llu --sbatch --batch-size=8 "
		       "\"InsLSTM(256,2,narchs=%d,bias=False)\"\n",
		       r->config, rows[PV_SPLIT_TRAIN], r->n_machines);
	else
		printf("train          no: the programs are too short for the blocks of 512 rows that PerfVec reads\n");
}

static int export(const char *path, const char *folder, const struct pv_export_options *o, bool quiet)
{
	struct pv_error err = {0};
	struct pv_dataset *d;
	if (pv_dataset_open(path, &d, &err) != PV_OK)
		return cli_error(&err);
	struct pv_export_result result;
	int status = CLI_OK;
	if (pv_dataset_export(d, folder, o, &result, cli_progress(quiet), &err) != PV_OK) {
		status = cli_error(&err);
	} else {
		cli_progress_done();
		printf("exported       %d programs, %d machines, as %s\n", pv_dataset_n_programs(d), pv_dataset_n_machines(d),
		       formats[o->format]);
		if (o->format == PV_EXCHANGE_PERFVEC)
			print_use(folder, &result);
	}
	pv_dataset_close(d);
	return status;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct pv_export_options o = {0};
	const char *format = NULL, *folder = NULL;
	bool quiet = false;
	const struct cli_option options[] = {
	    {"format", 0, CLI_STRING, &format, "FORMAT", "format to write: perfvec, csv or npz; required"},
	    {"output", 'o', CLI_STRING, &folder, "DIR", "folder to write, which must not exist or be empty; required"},
	    {"wide", 0, CLI_FLAG, &o.wide, NULL, "perfvec: write targets of 32 bits; otherwise one above 65535 is refused"},
	    {"config", 0, CLI_STRING, &o.config, "NAME", "perfvec: name of the Python module (default: made from DIR)"},
	    {"limit", 0, CLI_U64, &o.max_rows, "N", "csv, npz: write only the first N rows of each program (default 0: all)"},
	    {"quiet", 'q', CLI_FLAG, &quiet, NULL, "print no progress"},
	    {0},
	};
	char **words;
	int n;
	int status = cli_parse(self, options, argc, argv, &words, &n);
	if (status >= 0)
		return status;
	int known = 0;
	while (format && known < 3 && strcmp(format, formats[known]) != 0)
		known++;
	o.format = (enum pv_exchange_format)known;
	bool raw = known == PV_EXCHANGE_PERFVEC;
	if (n != 1)
		status = cli_usage_error(self, "export takes one DATASET, not %d", n);
	else if (!format || known == 3)
		status =
		    cli_usage_error(self, format ? "no format '%s'; there are perfvec, csv and npz" : "no format given (--format)", format);
	else if (!folder)
		status = cli_usage_error(self, "no folder named (-o)");
	else if (!raw && (o.wide || o.config))
		status = cli_usage_error(self, "--%s is for --format perfvec", o.wide ? "wide" : "config");
	else if (raw && o.max_rows)
		status = cli_usage_error(self, "--limit is for --format csv and npz");
	else
		status = export(words[0], folder, &o, quiet);
	free(words);
	return status;
}

const struct cli_command cmd_dataset_export = {
    .name = "dataset export",
    .summary = "write a dataset for other programs",
    .usage = "DATASET --format perfvec|csv|npz -o DIR",
    .description = "  perfvec  the published PerfVec programs' files: PROGRAM.in.mmap, .in.nmmap and .out.mmap, stats.npz, and a\n"
                   "           Python module for their CFG folder. A dataset of one target leaves the other 15 at 0.\n"
                   "  csv      PROGRAM.csv: features and each machine's target, with a line of names\n"
                   "  npz      PROGRAM.npz: the same as arrays",
    .run = run,
};
