/*
 * tiny_model.h - a model of 8 hidden units with random weights and two machines, "a" at 1000 MHz and "b" at 2000
 */
#ifndef TESTS_TINY_MODEL_H
#define TESTS_TINY_MODEL_H

#include <stdint.h>

#include <perfvec/model.h>

/* tiny_model - for pv_model_free; aborts when memory is out */
struct pv_model *tiny_model(uint64_t seed);

#endif
