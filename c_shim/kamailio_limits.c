/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks at start whether the server's limits suffice for suspended calls. Each limit that does not is one line in the log. */
#include <sys/resource.h>

#include "core/str.h"

#include "core/cfg/cfg_struct.h"
#include "core/dprint.h"
#include "core/globals.h"
#include "core/kemi.h"
#include "core/mem/shm.h"
#include "core/timer_ticks.h"

#include "kamailio.h"

/* Shared memory of a suspended call in bytes, measured with an INVITE of 1.5 KB (docs/asynchronous.md). */
#define CALL_BYTES 26624

/* How many descriptors a lookup may need at once: two parallel connection attempts, and one to Redis. */
#define LOOKUP_DESCRIPTORS 3

/* How many descriptors the lookup process needs in addition. */
#define OTHER_DESCRIPTORS 32

/* tm's fr_timer in milliseconds, 0 if it cannot be read. tm keeps it in ticks. */
static unsigned int fr_timer_ms(void)
{
	str group_name = str_init("tm");
	str name = str_init("fr_timer");
	cfg_group_t *group;
	cfg_mapping_t *variable;

	/* cfg_get_by_name() refuses this variable, because tm converts its value. */
	if(cfg_lookup_var(&group_name, &name, &group, &variable) != 0 || CFG_VAR_TYPE(variable) != CFG_VAR_INT)
		return 0;
	return TICKS_TO_MS(*(unsigned int *)((char *)*group->handle + variable->offset));
}

static int check_fr_timer(int timeout)
{
	unsigned int fr_timer = fr_timer_ms();

	if(fr_timer == 0 || fr_timer > (unsigned int)timeout)
		return 0;
	/* Whether a KEMI script uses the asynchronous form is not known at start. */
	if(sr_kemi_eng_get()) {
		LM_WARN("tm's fr_timer (%u ms) must be longer than timeout (%d ms), or calls that wait for a lookup end with 408\n", fr_timer,
				timeout);
		return 0;
	}
	LM_ERR("tm's fr_timer is %u ms and timeout %d ms: allowed with numbers_online_decide_async() is an fr_timer longer than timeout\n",
			fr_timer, timeout);
	return -1;
}

static void check_memory(int calls)
{
	unsigned long needed = (unsigned long)calls * CALL_BYTES;
	unsigned long available = shm_available();

	if(available < needed)
		LM_WARN("async_lookups and async_queue let %d calls wait, for which %lu MB of shared memory are needed and %lu MB are free:"
				" start with -m %lu or lower async_queue\n",
				calls, (needed >> 20) + 1, available >> 20, ((needed + shm_mem_size - available) >> 20) + 1);
}

static void check_descriptors(int lookups)
{
	struct rlimit limit;
	rlim_t needed = (rlim_t)lookups * LOOKUP_DESCRIPTORS + OTHER_DESCRIPTORS;

	if(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < needed)
		LM_WARN("async_lookups=%d may need %lu descriptors and the limit is %lu: raise it (ulimit -Hn, LimitNOFILE=) or lower async_lookups\n",
				lookups, (unsigned long)needed, (unsigned long)limit.rlim_max);
}

int nol_check_limits(int timeout, int lookups, int queue)
{
	if(!nol_async_is_wanted())
		return 0;
	if(check_fr_timer(timeout) < 0)
		return -1;
	check_memory(lookups + queue);
	check_descriptors(lookups);
	return 0;
}
