/*
 * config_ini.c - what gem5 itself says about a machine, in the config.ini that it writes into its working folder
 *
 *	[system.cpu_cluster.clk_domain]     the clock is that of a section whose name has both "cpu" and "clk_domain"
 *	clock=500                           in ticks, which are picoseconds
 */
#include "gem5/config_ini.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

bool gem5_config_ini_read(const char *path, struct gem5_config_ini *said)
{
	*said = (struct gem5_config_ini){0};
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	char line[4096], section[256] = "";
	double period_ps;
	said->hash = BASE_HASH_START;
	while (fgets(line, sizeof line, f)) {
		sscanf(line, "[%255[^]]", section);
		if (strstr(section, "cpu") && strstr(section, "clk_domain") && sscanf(line, "clock=%lf", &period_ps) == 1 && period_ps > 0)
			said->clock_mhz = 1e6 / period_ps;
		if (strncmp(line, "cwd=", 4) != 0)
			said->hash = base_hash_text(said->hash, line);
	}
	fclose(f);
	return true;
}
