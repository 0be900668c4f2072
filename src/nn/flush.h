/*
 * flush.h - denormal numbers count as zero in a stretch of code, on the calling thread
 *
 * A loss at the last of 256 instructions sends gradients back that shrink at every step, soon below 1.2e-38. Processors calculate with such
 * numbers ten times slower, and they are nothing beside Adam's epsilon of 1e-8.
 */
#ifndef NN_FLUSH_H
#define NN_FLUSH_H

#include <stdint.h>

#if defined __SSE__
#include <xmmintrin.h>

/* nn_flush_begin - returns what nn_flush_end needs to restore the thread's settings */
static inline uint64_t nn_flush_begin(void)
{
	const unsigned before = _mm_getcsr();
	_mm_setcsr(before | 0x8040); /* results and operands */
	return before;
}

static inline void nn_flush_end(uint64_t before)
{
	_mm_setcsr((unsigned)before);
}

#elif defined __aarch64__

static inline uint64_t nn_flush_begin(void)
{
	uint64_t before;
	__asm__ volatile("mrs %0, fpcr" : "=r"(before));
	__asm__ volatile("msr fpcr, %0" : : "r"(before | (uint64_t)1 << 24));
	return before;
}

static inline void nn_flush_end(uint64_t before)
{
	__asm__ volatile("msr fpcr, %0" : : "r"(before));
}

#else

static inline uint64_t nn_flush_begin(void)
{
	return 0;
}

static inline void nn_flush_end(uint64_t before)
{
	(void)before;
}

#endif

#endif
