/*
 * decode_vs_gem5.c - how far the decoder's micro-operations are gem5's own
 *
 * Usage: decode_vs_gem5 ELF TRACE [ELF TRACE ...]; each TRACE is NAME.txt or NAME.txt.zst with NAME.sq.txt beside it.
 */
#include <stdio.h>

#include "support/decode_compare.h"

int main(int argc, char **argv)
{
	if (argc < 3 || argc % 2 == 0) {
		fprintf(stderr, "usage: %s ELF TRACE [ELF TRACE ...]\n", argv[0]);
		return 2;
	}
	struct decode_compare c = {0};
	struct pv_error err;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (decode_compare_trace(&c, argv[i], argv[i + 1], &err) != PV_OK) {
			fprintf(stderr, "error: %s\n", err.message);
			decode_compare_release(&c);
			return 1;
		}
	}
	decode_compare_print(&c, stdout, 60);
	decode_compare_release(&c);
	return 0;
}
