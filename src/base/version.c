/*
 * version.c - version of the library that is linked
 */
#include <perfvec/version.h>

const char *pv_version(void)
{
	return PV_VERSION;
}
