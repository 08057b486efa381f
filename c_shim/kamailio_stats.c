/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/counters.h"

#include "kamailio.h"

/* Statistics. Each process has its own counts, and Kamailio adds them up. */
static counter_handle_t counters[NOL_COUNTER_TOTAL];

static counter_val_t gauge_value(counter_handle_t handle, void *gauge)
{
	(void)handle;
	return (counter_val_t)nol_gauge_value((nol_gauge)(long)gauge);
}

static int register_gauges(void)
{
#define GAUGE(name, about) about,
	static const char *const about[] = {NOL_GAUGES(GAUGE)};
	long i;

	for(i = 0; i < NOL_GAUGE_TOTAL; i++) {
		if(counter_register(NULL, "numbers_online", nol_gauge_name(i), CNT_F_NO_RESET, gauge_value, (void *)i, about[i], 0) < 0)
			return -1;
	}
	return 0;
}

int nol_register_counters(void)
{
#define COUNTER(name, about) {#name, about},
	static const struct {
		const char *name, *about;
	} known[] = {NOL_COUNTERS(COUNTER)};
	int i;

	for(i = 0; i < NOL_COUNTER_TOTAL; i++) {
		if(counter_register(&counters[i], "numbers_online", known[i].name, 0, 0, 0, known[i].about, 0) < 0)
			return -1;
	}
	return register_gauges();
}

void nol_raise_counter(int counter)
{
	counter_inc(counters[counter]);
}

const char *nol_counter_name(int counter)
{
	return counter_get_name(counters[counter]);
}

long nol_counter_value(int counter)
{
	return counter_get_val(counters[counter]);
}
