/*
 * dataset_format.c - what the writer and the reader of datasets agree on
 */
#include "data/dataset_format.h"

#include <string.h>

/* A Python literal; the comma after the last member is allowed there. */
const char data_feature_row_descr[] = "["
#define S(type, dtype, name, meaning) "('" #name "', '" dtype "'), "
#define A(type, dtype, name, count, meaning) "('" #name "', '" dtype "', (" #count ",)), "
#include <perfvec/feature_row.def>
#undef S
#undef A
                                      "]";

const char data_context_row_descr[] = "["
#define S(type, dtype, name, meaning) "('" #name "', '" dtype "'), "
#define A(type, dtype, name, count, meaning) "('" #name "', '" dtype "', (" #count ",)), "
#include <perfvec/context_row.def>

#undef S
#undef A
                                      "]";
