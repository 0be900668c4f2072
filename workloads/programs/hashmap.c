/*
 * hashmap.c - counts keys in an open-addressing hash table
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct slot {
	uint64_t key;
	uint64_t count;
};

static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdu;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53u;
	return x ^ (x >> 33);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 80000;
	size_t size = 1 << 15;
	struct slot *table = calloc(size, sizeof *table);
	if (!table)
		return 1;
	uint64_t x = 88172645463325252u, used = 0, steps = 0;
	for (int i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		uint64_t key = 1 + (x % 20000) * ((x >> 40) % 3 + 1) % 20011;
		size_t s = mix(key) & (size - 1);
		while (table[s].key && table[s].key != key) {
			s = (s + 1) & (size - 1);
			steps++;
		}
		used += table[s].key == 0;
		table[s].key = key;
		table[s].count++;
	}
	uint64_t most = 0;
	for (size_t s = 0; s < size; s++)
		if (table[s].count > most)
			most = table[s].count;
	printf("hashmap %d: %llu keys, most %llu, %llu steps\n", n, (unsigned long long)used, (unsigned long long)most,
	       (unsigned long long)steps);
	free(table);
	return 0;
}
