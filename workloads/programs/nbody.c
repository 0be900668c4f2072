/*
 * nbody.c - gravity between a few bodies, leapfrog steps; prints the energy drift
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 12 };

struct body {
	double x[3], v[3], mass;
};

static double energy(const struct body *b)
{
	double e = 0;
	for (int i = 0; i < N; i++) {
		e += 0.5 * b[i].mass * (b[i].v[0] * b[i].v[0] + b[i].v[1] * b[i].v[1] + b[i].v[2] * b[i].v[2]);
		for (int j = 0; j < i; j++) {
			double d2 = 1e-2;
			for (int k = 0; k < 3; k++)
				d2 += (b[i].x[k] - b[j].x[k]) * (b[i].x[k] - b[j].x[k]);
			e -= b[i].mass * b[j].mass / sqrt(d2);
		}
	}
	return e;
}

static void step(struct body *b, double dt)
{
	for (int i = 0; i < N; i++)
		for (int j = 0; j < i; j++) {
			double d[3], d2 = 1e-2;
			for (int k = 0; k < 3; k++) {
				d[k] = b[i].x[k] - b[j].x[k];
				d2 += d[k] * d[k];
			}
			double f = dt / (d2 * sqrt(d2));
			for (int k = 0; k < 3; k++) {
				b[i].v[k] -= d[k] * b[j].mass * f;
				b[j].v[k] += d[k] * b[i].mass * f;
			}
		}
	for (int i = 0; i < N; i++)
		for (int k = 0; k < 3; k++)
			b[i].x[k] += dt * b[i].v[k];
}

int main(int argc, char **argv)
{
	int steps = argc > 1 ? atoi(argv[1]) : 500;
	struct body b[N];
	unsigned x = 7;
	for (int i = 0; i < N; i++) {
		for (int k = 0; k < 3; k++) {
			x = x * 1664525u + 1013904223u;
			b[i].x[k] = (double)(x >> 8) / (1 << 24) * 4 - 2;
			b[i].v[k] = 0;
		}
		b[i].mass = 0.1 + 0.05 * i;
	}
	double before = energy(b);
	for (int i = 0; i < steps; i++)
		step(b, 1e-3);
	printf("nbody %d: energy %.6f, drift %.2e\n", steps, before, energy(b) - before);
	return 0;
}
