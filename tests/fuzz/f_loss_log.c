/*
 * f_loss_log.c - any bytes as a training log: an error or steps and epochs in order
 */
#include <stdint.h>
#include <stdlib.h>

#include "report/loss_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report_loss_log log;
	struct pv_error err;
	if (report_loss_log_parse("fuzz", (const char *)data, size, &log, &err) != PV_OK)
		return 0;
	for (size_t i = 1; i < log.n_steps; i++)
		if (!(log.steps[i].step > log.steps[i - 1].step) || !(log.steps[i].rows >= log.steps[i - 1].rows))
			abort();
	for (size_t i = 1; i < log.n_epochs; i++)
		if (!(log.epochs[i].epoch > log.epochs[i - 1].epoch))
			abort();
	report_loss_log_release(&log);
	return 0;
}
