/*
 * g_decode_gem5.c - the decoder agrees with gem5's own traces of nine programs
 */
#include <stdio.h>
#include <stdbool.h>
#include <unistd.h>

#include "support/decode_compare.h"

int main(void)
{
	static const char *const kernels[] = {"bst", "chase", "matmul", "mix", "queens", "quicksort", "stencil", "tokens", "triad"};
	static const char *const machines[] = {
	    "timing", "hpi"}; /* an out-of-order and an in-order one: a trace is cut at 25 000 instructions, which differ a little */
	struct decode_compare c = {0};
	struct pv_error err;
	if (access("../shared/gem5/elf", R_OK) != 0) {
		printf("no traces of gem5 in ../shared/gem5\n");
		return 77;
	}
	for (size_t k = 0; k < sizeof kernels / sizeof kernels[0]; k++) {
		for (size_t m = 0; m < sizeof machines / sizeof machines[0]; m++) {
			char elf[256], trace[256];
			snprintf(elf, sizeof elf, "../shared/gem5/elf/%s.elf.zst", kernels[k]);
			snprintf(trace, sizeof trace, "../shared/gem5/%s/%s.txt.zst", kernels[k], machines[m]);
			if (decode_compare_trace(&c, elf, trace, &err) != PV_OK) {
				printf("%s\n", err.message);
				return 1;
			}
		}
	}
	decode_compare_print(&c, stdout, 40);
	bool good = c.n_rows > 400000 && c.n_agree == c.n_rows && c.n_differences == 0;
	decode_compare_release(&c);
	return good ? 0 : 1;
}
