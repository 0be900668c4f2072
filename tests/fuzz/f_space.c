/*
 * f_space.c - any text as a space file, and as an axis: an error with a message, or designs that can be asked for
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/explore.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct pv_space *s)
{
	int choices[PV_SPACE_MAX_AXES], n;
	char text[128];
	struct pv_uarch *u;
	struct pv_error err = {0};
	for (int a = 0; a < pv_space_n_axes(s); a++) {
		pv_space_axis(s, a, &n);
		if (n < 1)
			abort();
		choices[a] = n - 1;
		pv_space_value(s, a, n - 1, text, sizeof text);
	}
	if (pv_space_uarch(s, choices, &u, &err) == PV_OK)
		pv_uarch_free(u);
	else if (!err.message[0])
		abort();
	if (!(pv_space_size(s) >= 1))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_space *s;
	struct pv_error err = {0};
	/* A base is a file's name, which a fuzzer could make that of anything: it stays the preset. */
	static const char head[] = "base: timing\naxes:\n";
	char *text = malloc(size + sizeof head);
	if (!text)
		return 0;
	memcpy(text, head, sizeof head - 1);
	memcpy(text + sizeof head - 1, data, size);
	text[sizeof head - 1 + size] = 0;
	if (pv_space_parse("space.yaml", text, sizeof head - 1 + size, &s, &err) == PV_OK) {
		use(s);
		pv_space_free(s);
	} else if (!err.message[0]) {
		abort();
	}
	struct pv_uarch *base = NULL;
	if (pv_uarch_load("timing", &base, NULL) == PV_OK && pv_space_new(base, &s, NULL) == PV_OK) {
		err.message[0] = 0;
		if (pv_space_add_axis(s, text + sizeof head - 1, &err) != PV_OK && !err.message[0])
			abort();
		use(s);
		pv_space_free(s);
	}
	pv_uarch_free(base);
	free(text);
	return 0;
}
