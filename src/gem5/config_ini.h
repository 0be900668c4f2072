/*
 * config_ini.h - what gem5 itself says about a machine, in the config.ini that it writes into its working folder
 */
#ifndef GEM5_CONFIG_INI_H
#define GEM5_CONFIG_INI_H

#include <stdbool.h>
#include <stdint.h>

struct gem5_config_ini {
	double clock_mhz; /* of the core; 0: the file does not say */
	uint64_t hash;    /* of all but the program's working folder: equal for machines that are the same to gem5 */
};

/* gem5_config_ini_read - false, and all zero, when there is no such file */
bool gem5_config_ini_read(const char *path, struct gem5_config_ini *said);

#endif
