/*
 * f_formula.c - any text as a formula: an error with a message, or something that has a value and a slope
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/formula.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_formula *f;
	struct pv_error err = {0};
	char text[PV_FORMULA_MAX_TEXT + 16];
	const size_t length = size < sizeof text - 1 ? size : sizeof text - 1;
	memcpy(text, data, length);
	text[length] = 0;
	if (pv_machine_formula("objective", text, &f, &err) != PV_OK) {
		if (!err.message[0])
			abort();
		return 0;
	}
	size_t n;
	pv_machine_variables(&n);
	double *values = calloc(2 * n, sizeof *values);
	if (values) {
		pv_machine_values(NULL, 1e6, 1e6, values);
		values[n] = 1; /* the slope along time */
		(void)pv_formula_value(f, values);
		(void)pv_formula_slope(f, values, values + n);
		const int missing = pv_formula_missing(f, values);
		if (missing >= 0 && !pv_formula_uses(f, (size_t)missing))
			abort();
	}
	free(values);
	pv_formula_free(f);
	return 0;
}
