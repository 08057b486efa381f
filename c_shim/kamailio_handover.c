/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hands tasks over to the core's asynchronous workers, without ever waiting for one.
 *
 * The core's queue is a datagram socket, and async_task_push() blocks while it is full. So it is called only where poll() says
 * that there is room. Tasks that find none wait here, in their order.
 *
 * Which socket it is, the core tells its own workers only. The first task that runs in one of them leaves the address of their
 * group in shared memory. Groups are made before fork: the address is right in every process.
 */
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "core/str.h"

#include "core/async_task.h"
#include "core/dprint.h"
#include "core/mem/shm.h"

#include "kamailio.h"

/* How many tasks are pushed before one has run: the smallest queue that Linux makes holds more. */
#define BLIND_PUSHES 4

/* How often the log says that all workers are busy, in seconds at most. */
#define COMPLAINT_S 10

/* In shared memory: the workers' group, once one of them has said so. */
static async_wgroup_t **workers;

/* Of the one process that hands over. */
static nol_task *first, *last;
static int waiting, blind;

int nol_handover_init(void)
{
	workers = shm_malloc(sizeof(*workers));
	if(!workers) {
		SHM_MEM_ERROR;
		return -1;
	}
	*workers = NULL;
	return 0;
}

void nol_handover_in_worker(void)
{
	if(!__atomic_load_n(workers, __ATOMIC_RELAXED))
		__atomic_store_n(workers, async_task_workers_get_crt(), __ATOMIC_RELEASE);
}

/* Whether a push would find room. What is left then is three quarters of the buffer, for whatever others push meanwhile. */
static int has_room(void)
{
	async_wgroup_t *group = __atomic_load_n(workers, __ATOMIC_ACQUIRE);
	struct pollfd queue = {.events = POLLOUT};

	if(!group && blind < BLIND_PUSHES) {
		blind++;
		return 1;
	}
	if(!group)
		return 0;
	queue.fd = group->sockets[1];
	return poll(&queue, 1, 0) == 1 && (queue.revents & POLLOUT);
}

static void complain(void)
{
	static time_t told;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if(told != 0 && now.tv_sec - told < COMPLAINT_S)
		return;
	told = now.tv_sec;
	LM_WARN("all asynchronous workers are busy: calls that have their decision wait for one; raise async_workers\n");
}

int nol_handover_flush(void)
{
	while(first && has_room()) {
		nol_task *task = first, *next = task->next;

		/* From then on it is the worker's, which frees it. */
		if(async_task_push(&task->task) < 0)
			break;
		first = next;
		waiting--;
	}
	if(!first)
		last = NULL;
	else
		complain();
	return waiting;
}

int nol_handover(nol_task *task)
{
	task->next = NULL;
	if(last)
		last->next = task;
	else
		first = task;
	last = task;
	waiting++;
	return nol_handover_flush();
}

static void do_nothing(void *unused)
{
	(void)unused;
	nol_handover_in_worker();
}

void nol_handover_probe(void)
{
	nol_task *probe = shm_malloc(sizeof(*probe));

	if(!probe)
		return;
	memset(probe, 0, sizeof(*probe));
	probe->task.exec = do_nothing;
	nol_handover(probe);
}
