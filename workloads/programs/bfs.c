/*
 * bfs.c - breadth-first search over a random graph kept as linked adjacency lists
 */
#include <stdio.h>
#include <stdlib.h>

struct edge {
	struct edge *next;
	int to;
};

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 12000, degree = 5;
	struct edge **first = calloc((size_t)n, sizeof *first), *pool = malloc((size_t)(n * degree) * sizeof *pool);
	int *distance = malloc((size_t)n * sizeof *distance), *queue = malloc((size_t)n * sizeof *queue);
	if (!first || !pool || !distance || !queue)
		return 1;
	unsigned long long x = 99;
	for (int i = 0; i < n * degree; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		int from = (int)((x >> 33) % (unsigned)n);
		x = x * 6364136223846793005u + 1442695040888963407u;
		pool[i].to = (int)((x >> 33) % (unsigned)n);
		pool[i].next = first[from];
		first[from] = &pool[i];
	}
	int reached = 0, depth = 0;
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < n; i++)
			distance[i] = -1;
		int head = 0, tail = 0;
		queue[tail++] = round;
		distance[round] = 0;
		while (head < tail) {
			int u = queue[head++];
			for (struct edge *e = first[u]; e; e = e->next)
				if (distance[e->to] < 0) {
					distance[e->to] = distance[u] + 1;
					queue[tail++] = e->to;
				}
		}
		reached += tail;
		depth += distance[queue[tail - 1]];
	}
	printf("bfs %d: reached %d, depth %d\n", n, reached, depth);
	free(first), free(pool), free(distance), free(queue);
	return 0;
}
