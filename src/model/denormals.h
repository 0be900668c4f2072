/*
 * denormals.h - numbers below 1e-38 as zeros, for the calling thread
 *
 * A window's gradient starts at its last row and shrinks from row to row on the way back; hundreds of rows back it is denormal, and
 * processors take a hundred times longer for that. What is lost is below the smallest normal number, 1.2e-38.
 */
#ifndef PV_MODEL_DENORMALS_H
#define PV_MODEL_DENORMALS_H

#if defined(__x86_64__)

#include <xmmintrin.h>

/* pv_denormals_off - returns what pv_denormals_restore takes */
static inline unsigned pv_denormals_off(void)
{
	const unsigned before = _mm_getcsr();
	_mm_setcsr(before | 0x8040u); /* flush to zero, denormals are zeros */
	return before;
}

static inline void pv_denormals_restore(unsigned before)
{
	_mm_setcsr(before);
}

#else

/* Other processors handle them at full speed, or nearly so. */
static inline unsigned pv_denormals_off(void)
{
	return 0;
}

static inline void pv_denormals_restore(unsigned before)
{
	(void)before;
}

#endif

#endif
