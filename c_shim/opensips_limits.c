/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks at start whether the shared memory suffices for suspended calls. */
#include "dprint.h"
#include "globals.h"
#include "mem/shm_mem.h"
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
