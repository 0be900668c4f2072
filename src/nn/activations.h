/*
 * activations.h - sigmoid, tanh and their exponential, written so that the compiler vectorises a loop around them
 *
 * No branches, no tables, no calls. Saturated values are exactly 0 (to 1e-38), 1 and -1, so that their slopes s (1 - s) vanish exactly: a
 * slope of 1e-7 times a large input would be a gradient, and Adam makes full steps of small gradients. Relative error below 5e-7 over the
 * whole range of float (tests/unit/u_nn_activations.c measures it against libm), which is what PyTorch's own vectorised versions give. NaN
 * stays NaN.
 */
#ifndef NN_ACTIVATIONS_H
#define NN_ACTIVATIONS_H

#include <stdbool.h>
#include <stdint.h>

union nn_float_bits {
	float f;
	int32_t i;
};

static inline float nn_min(float a, float b)
{
	return a > b ? b : a;
}

static inline float nn_max(float a, float b)
{
	return a < b ? b : a;
}

/*
 * e^x for |x| <= 87: x = n ln 2 + r, |r| <= ln 2 / 2. Adding 1.5 * 2^23 rounds to the integer n and leaves it in the low bits.
 * Polynomial: Cephes, expf.c (S. Moshier).
 */
static inline float nn_exp(float x)
{
	const float round = 12582912.0f;
	x = nn_max(nn_min(x, 87.0f), -87.0f);
	union nn_float_bits n = {x * 1.44269504f + round};
	float n_real = n.f - round;
	float r = x - n_real * 0.693359375f;
	r = r - n_real * -2.12194440e-4f;
	float p = 1.9875691500e-4f;
	p = p * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	union nn_float_bits y = {p * r * r + r + 1.0f};
	y.i = (int32_t)((uint32_t)y.i + ((uint32_t)n.i << 23));
	return y.f;
}

static inline float nn_sigmoid(float x)
{
	return 1.0f / (1.0f + nn_exp(-x));
}

/* tanh as a quotient of polynomials, odd of degree 13 over even of degree 6, on the interval outside of which it rounds to 1.
 * Coefficients: Eigen, MathFunctionsImpl.h. */
static inline float nn_tanh(float x)
{
	const float limit = 7.90531110763549805f;
	bool saturated = x >= limit || x <= -limit; /* exactly 1 there, however a compiler groups the products below */
	float sign = x > 0 ? 1.0f : -1.0f;
	x = nn_max(nn_min(x, limit), -limit);
	float z = x * x;
	float p = -2.76076847742355e-16f;
	p = p * z + 2.00018790482477e-13f;
	p = p * z + -8.60467152213735e-11f;
	p = p * z + 5.12229709037114e-08f;
	p = p * z + 1.48572235717979e-05f;
	p = p * z + 6.37261928875436e-04f;
	p = p * z + 4.89352455891786e-03f;
	float q = 1.19825839466702e-06f;
	q = q * z + 1.18534705686654e-04f;
	q = q * z + 2.26843463243900e-03f;
	q = q * z + 4.89352518554385e-03f;
	return saturated ? sign : x * p / q;
}

#endif
