/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks at start what the asynchronous form needs from the server: shared memory, and replies over TCP that are not lost. */
#include "dprint.h"
#include "globals.h"
#include "mem/shm_mem.h"
#include "net/tcp_conn_defs.h"
#include "net/trans.h"
#include "sr_module.h"
#include "str.h"

#include "opensips.h"

/* Shared memory of a suspended call in bytes, measured with an INVITE of 1.5 KB (docs/asynchronous.md). */
#define CALL_BYTES 17408

void nol_check_memory(int calls)
{
	struct mem_info memory;
	unsigned long needed = (unsigned long)calls * CALL_BYTES;

	/* Without tm no call is suspended. */
	if(calls <= 0 || !module_loaded("tm"))
		return;
	shm_info(&memory);
	if(memory.free < needed)
		LM_WARN("async_lookups and async_queue let %d calls wait in each process, for which %lu MB of shared memory are needed and"
				" %lu MB are free: start with -m %lu or more, or lower async_queue\n",
				calls, (needed >> 20) + 1, memory.free >> 20, ((needed + memory.real_used) >> 20) + 1);
}

/* F_CONN_WRITE_QUEUED came with OpenSIPS 4.0: one process writes what the others have queued, and may miss what is queued meanwhile. */
#ifdef F_CONN_WRITE_QUEUED
static int has_stream_listener(void)
{
	int protocol;

	for(protocol = PROTO_FIRST; protocol < PROTO_LAST; protocol++)
		if(is_tcp_based_proto(protocol) && proto_has_listeners(protocol))
			return 1;
	return 0;
}

void nol_check_automatic_100(void)
{
	const int *automatic = find_param_export("tm", "auto_100trying", INT_PARAM);

	if(automatic && *automatic && has_stream_listener())
		LM_WARN("this OpenSIPS may lose a final reply over TCP or TLS that follows a 100 at once: set modparam(\"tm\", \"auto_100trying\","
				" 0) if the script uses async(numbers_online_decide(), ...)\n");
}
#else
void nol_check_automatic_100(void)
{
}
#endif
