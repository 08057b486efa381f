/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pushes tasks to the core's asynchronous workers without blocking.
 *
 * The core's queue is a datagram socket, and async_task_push() blocks while it is full. So it is called only if poll() reports
 * room. Other tasks are queued here, in order.
 *
 * Only the core's own workers can find that socket. The first task that runs in one of them stores the address of the workers'
 * group in shared memory. Groups are made before fork, so the address is valid in every process.
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

/* How many tasks are pushed before the first one has run. The smallest queue that Linux makes holds more. */
#define BLIND_PUSHES 4

/* The least interval between two log lines that say that all workers are busy, in seconds. */
#define BUSY_LOG_S 10

/* In shared memory: the workers' group, or NULL until a task has run. */
static async_wgroup_t **workers;

/* The queue of tasks; only one process pushes tasks. */
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

/* Whether a push finds room. poll() leaves three quarters of the buffer as a margin for other processes. */
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

static void log_busy(void)
{
	static time_t logged;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if(logged != 0 && now.tv_sec - logged < BUSY_LOG_S)
		return;
	logged = now.tv_sec;
	LM_WARN("all asynchronous workers are busy: calls that have their decision wait for one; raise async_workers\n");
}

int nol_handover_flush(void)
{
	while(first && has_room()) {
		nol_task *task = first, *next = task->next;

		/* After the push the worker owns the task and frees it. */
		if(async_task_push(&task->task) < 0)
			break;
		first = next;
		waiting--;
	}
	if(!first)
		last = NULL;
	else
		log_busy();
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
