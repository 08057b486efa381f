/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics, in shared memory. */
#include "statistics.h"

#include "opensips.h"

static stat_var *counters[NOL_COUNTER_TOTAL];

#define GAUGE_FUNCTION(name, about) \
	static unsigned long gauge_##name(void *context) \
	{ \
		(void)context; \
		return (unsigned long)nol_gauge_value(NOL_GAUGE_##name); \
	}
NOL_GAUGES(GAUGE_FUNCTION)

#define ROW(name, about) {#name, 0, &counters[NOL_COUNT_##name]},
#define GAUGE_ROW(name, about) {#name, STAT_IS_FUNC, (stat_var **)(void (*)(void))gauge_##name},
stat_export_t nol_stats[] = {NOL_COUNTERS(ROW) NOL_GAUGES(GAUGE_ROW) {0, 0, 0}};

void nol_raise_counter(int counter)
{
	update_stat(counters[counter], 1);
}

const char *nol_counter_name(int counter)
{
	return nol_stats[counter].name;
}

unsigned long nol_counter_value(int counter)
{
	return get_stat_val(counters[counter]);
}
