/*
 * derive.c - machines that were never timed, for commands that take machine names
 */
#include "derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_file(const char *item)
{
	const size_t n = strlen(item);
	return n > 5 && !strcmp(item + n - 5, ".yaml");
}

/* Adds one machine; its name is printed into the list. */
static bool add_machine(struct pv_model **model, const char *path, FILE *list)
{
	struct pv_error err = {0};
	struct pv_uarch *u = NULL;
	struct pv_model *more;
	char text[200];
	const bool good = pv_uarch_load(path, &u, &err) == PV_OK &&
	                  pv_model_add_uarchs(*model, (const struct pv_uarch *const *)&u, 1, &more, &err) == PV_OK;
	if (good) {
		const int n = pv_machine_regression_outside(*model, u, text, sizeof text);
		if (n)
			fprintf(stderr, "warning: machine '%s' is a guess: %s%s\n", pv_uarch_name(u), text,
			        n > 1 ? ", and others are beyond, too" : "");
		pv_model_free(*model);
		*model = more;
		fputs(pv_uarch_name(u), list);
	} else {
		cli_error(&err);
	}
	pv_uarch_free(u);
	return good;
}

char *cli_derive_machines(struct pv_model **model, const char *list)
{
	char *text = NULL, *copy = strdup(list);
	size_t n_bytes;
	FILE *out = open_memstream(&text, &n_bytes);
	bool good = copy && out;
	if (!good)
		fputs("error: out of memory\n", stderr);
	int n = 0;
	for (char *rest = copy, *item; good && (item = strsep(&rest, ",")); n++) {
		if (n)
			fputc(',', out);
		if (is_file(item))
			good = add_machine(model, item, out);
		else
			fputs(item, out);
	}
	if (out && (fclose(out) || !good)) {
		free(text);
		text = NULL;
	}
	free(copy);
	return text;
}
