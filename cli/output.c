/*
 * output.c - errors and progress on standard error; text from files on standard output
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

int cli_error(const struct pv_error *err)
{
	cli_progress_done();
	fprintf(stderr, "error: %s\n", err->message[0] ? err->message : pv_status_name(err->status));
	if (err->hint[0])
		fprintf(stderr, "hint: %s\n", err->hint);
	return CLI_FAILED;
}

void cli_print_text(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		putchar(*p < 0x20 || *p == 0x7f ? '?' : *p);
}

void cli_json_known(struct pv_json_writer *w, const char *key, double value, int digits)
{
	if (isfinite(value))
		pv_json_write_number(w, key, value, digits);
}

/* The terminal belongs to the process, so its state does too; only this file sees it. */
static struct {
	bool terminal, line_open;
	double started, last;
	uint64_t done_before; /* when this stretch of work began */
	const char *what;
} state;

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
	if (stop_asked)
		_exit(128 + number);
	stop_asked = 1;
}

static const char *scaled(double x, char *buffer, size_t n)
{
	const char *suffix = "";
	if (x >= 1e9)
		x *= 1e-9, suffix = " G";
	else if (x >= 1e6)
		x *= 1e-6, suffix = " M";
	else if (x >= 1e3)
		x *= 1e-3, suffix = " k";
	snprintf(buffer, n, *suffix ? "%.1f%s" : "%.0f%s", x, suffix);
	return buffer;
}

static void report(void *user, const char *what, const char *unit, uint64_t done, uint64_t total)
{
	(void)user;
	double t = pv_clock_seconds();
	if (state.what != what || done < state.done_before) {
		cli_progress_done();
		state.what = what;
		state.started = t;
		state.done_before = done;
		state.last = t; /* the first line comes after one interval: short work stays silent */
		return;
	}
	bool finished = total && done >= total;
	if (t - state.last < (state.terminal ? 0.2 : 10.0) && !(finished && state.line_open))
		return;
	state.last = t;
	double elapsed = t - state.started;
	double rate = elapsed > 0 ? (double)(done - state.done_before) / elapsed : 0;
	char a[32], b[32];
	fprintf(stderr, "%s%s: %s %s, %s/s", state.terminal ? "\r\033[K" : "", what, scaled((double)done, a, sizeof a), unit,
	        scaled(rate, b, sizeof b));
	if (total && rate > 0)
		fprintf(stderr, ", %.0f %%, %.0f s left", 100.0 * (double)done / (double)total,
		        (double)(total - (done < total ? done : total)) / rate);
	if (!state.terminal)
		fputc('\n', stderr);
	state.line_open = state.terminal;
	fflush(stderr);
}

void cli_progress_done(void)
{
	if (state.line_open)
		fputs("\r\033[K", stderr);
	state.line_open = false;
	state.what = NULL;
}

static void message(void *user, const char *text)
{
	(void)user;
	if (state.line_open)
		fputs("\r\033[K", stderr);
	state.line_open = false;
	fprintf(stderr, "%s\n", text);
}

static bool stop(void *user)
{
	(void)user;
	return stop_asked != 0;
}

const struct pv_progress *cli_progress(bool quiet)
{
	static const struct pv_progress loud = {.report = report, .message = message, .stop = stop};
	static const struct pv_progress silent = {.stop = stop};
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	struct sigaction hangup;
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* nohup's wish is respected */
		sigaction(SIGHUP, &action, NULL);
	state.terminal = isatty(STDERR_FILENO);
	return quiet ? &silent : &loud;
}
