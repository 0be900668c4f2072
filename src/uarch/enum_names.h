/*
 * enum_names.h - each enumerated type's names as one text, made once by the preprocessor: TAG_names is "first second ... "
 *
 * Constants of the file that includes it, so that tables of constants can hold them.
 */
#ifndef UARCH_ENUM_NAMES_H
#define UARCH_ENUM_NAMES_H

#define TYPE(tag) static const char tag##_names[] = ""
#define VALUE(tag, constant, text, ...) text " "
#define TYPE_END(tag) ;
#include "uarch/enums.def"
#undef TYPE
#undef VALUE
#undef TYPE_END
static const char dram_type_names[] = ""
#define D(name, ...) #name " "
#include "uarch/dram_types.def"
#undef D
    ;

#endif
