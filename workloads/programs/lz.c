/*
 * lz.c - compresses a generated text with a hash-chain match finder, decompresses it and compares
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_BITS = 13, MIN_MATCH = 4, MAX_CHAIN = 16 };

static unsigned hash4(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return (v * 2654435761u) >> (32 - HASH_BITS);
}

/* Tokens: 0 n literal bytes, or 1 length offset16. */
static size_t compress(const uint8_t *in, size_t n, uint8_t *out, int *head, int *prev)
{
	size_t o = 0, i = 0;
	memset(head, 0xff, sizeof(int) << HASH_BITS);
	while (i + MIN_MATCH < n) {
		unsigned h = hash4(in + i);
		size_t best = 0;
		int from = 0;
		int tries = MAX_CHAIN;
		for (int c = head[h]; c >= 0 && tries-- && i - (size_t)c < 65535; c = prev[c]) {
			size_t l = 0;
			while (l < 250 && i + l < n && in[c + (int)l] == in[i + l])
				l++;
			if (l > best) {
				best = l;
				from = c;
			}
		}
		prev[i] = head[h];
		head[h] = (int)i;
		if (best >= MIN_MATCH) {
			unsigned offset = (unsigned)(i - (size_t)from);
			out[o++] = 1;
			out[o++] = (uint8_t)best;
			out[o++] = (uint8_t)offset;
			out[o++] = (uint8_t)(offset >> 8);
			i += best;
		} else {
			out[o++] = 0;
			out[o++] = in[i++];
		}
	}
	for (; i < n; i++) {
		out[o++] = 0;
		out[o++] = in[i];
	}
	return o;
}

static size_t decompress(const uint8_t *in, size_t n, uint8_t *out)
{
	size_t o = 0;
	for (size_t i = 0; i < n;)
		if (in[i] == 0) {
			out[o++] = in[i + 1];
			i += 2;
		} else {
			size_t from = o - (in[i + 2] | (size_t)in[i + 3] << 8);
			for (unsigned l = in [i + 1]; l; l--)
				out[o++] = out[from++];
			i += 4;
		}
	return o;
}

int main(int argc, char **argv)
{
	static const char *const words[] = {"the ",   "pipeline ", "of ",     "a ",  "processor ", "issues ",
	                                    "loads ", "and ",      "stores ", "in ", "order\n",    "cache "};
	size_t n = argc > 1 ? (size_t)atoi(argv[1]) : 60000;
	uint8_t *text = malloc(n + 16), *packed = malloc(2 * n + 16), *again = malloc(n + 16);
	int *head = malloc(sizeof(int) << HASH_BITS), *prev = malloc(sizeof(int) * (n + 16));
	if (!text || !packed || !again || !head || !prev)
		return 1;
	uint32_t x = 1;
	for (size_t i = 0; i < n;) {
		x = x * 1103515245u + 12345u;
		for (const char *w = words[(x >> 16) % 12]; *w && i < n; w++)
			text[i++] = (uint8_t)*w;
	}
	size_t m = compress(text, n, packed, head, prev);
	size_t back = decompress(packed, m, again);
	int same = back == n && !memcmp(text, again, n);
	printf("lz %zu: %zu bytes, %s\n", n, m, same ? "equal" : "DIFFERENT");
	free(text), free(packed), free(again), free(head), free(prev);
	return !same;
}
