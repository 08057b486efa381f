/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kamailio's process for numbers_online_decide_async().
 *
 * It passes each call whose lookup is completed or whose deadline has passed to an asynchronous worker of the core
 * (kamailio_handover.c). It logs the lines of its child (kamailio_log.c). It waits for nothing else. The threads of its child make
 * the lookups (kamailio_child.c). A child that dies or makes no progress is replaced; the server continues.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/str.h"

#include "core/cfg/cfg_struct.h"
#include "core/dprint.h"
#include "core/pt.h"
#include "core/sr_module.h"

#include "kamailio.h"

/* How often the process checks its child, in milliseconds, and how long a child must have lived to be replaced at once. */
#define LOOK_MS 50
#define SHORT_LIFE_S 2

/* How long to wait for the death of a killed child, in milliseconds. */
#define KILL_MS 100

/* How often queued tasks are pushed again, in milliseconds. */
#define RETRY_MS 2

static pid_t child;

/* When the child was started, in seconds of the monotonic clock; 0 if never. */
static time_t born;

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int nol_lookups_init(void)
{
	if(!nol_async_is_possible())
		return 0;
	cfg_register_child(1);
	return register_procs(1) < 0 ? -1 : 0;
}

static void start(void)
{
	pid_t parent = getpid();

	if(born != 0 && seconds() - born < SHORT_LIFE_S)
		return;
	born = seconds();
	nol_log_open();
	child = fork();
	if(child == 0)
		nol_child_run(parent, nol_log_child_end());
	nol_log_close_child_end();
	if(child < 0) {
		LM_ERR("no process for lookups: %s; calls are allowed without one\n", strerror(errno));
		nol_server_died();
	}
}

static void look_after(int is_stalled)
{
	int status, left;

	if(child > 0 && is_stalled) {
		LM_ERR("process %d, which makes the lookups, does not move; it is replaced\n", (int)child);
		kill(child, SIGKILL);
		/* It dies at once, unless it hangs in the kernel. Then it accesses no memory either. */
		for(left = KILL_MS; left > 0 && waitpid(child, &status, WNOHANG) == 0; left--)
			usleep(1000);
	} else if(child > 0 && waitpid(child, &status, WNOHANG) == child) {
		LM_ERR("process %d, which makes the lookups, has ended (status %d); it is replaced\n", (int)child, status);
	} else if(child > 0) {
		return;
	}
	if(child > 0) {
		nol_log_forward();
		nol_server_died();
	}
	child = 0;
	start();
}

static void serve(void)
{
	int since_look = 0, waiting = 0;

	nol_handover_probe();
	for(;;) {
		uint64_t word;
		nol_rc rc = nol_next(waiting > 0 ? RETRY_MS : LOOK_MS, &word);

		if(rc == NOL_OK)
			waiting = nol_handover((nol_task *)(uintptr_t)word);
		else if(waiting > 0)
			waiting = nol_handover_flush();
		if(rc != NOL_OK || ++since_look >= 256) {
			since_look = 0;
			cfg_update();
			nol_log_forward();
			look_after(rc == NOL_STALLED);
		}
	}
}

int nol_lookups_start(void)
{
	int pid;

	if(!nol_async_is_wanted())
		return 0;
	pid = fork_process(PROC_RPC, "numbers_online lookups", 1);
	if(pid < 0) {
		LM_ERR("no process for asynchronous decisions\n");
		return -1;
	}
	if(pid > 0)
		return 0;
	if(cfg_child_init() < 0)
		_exit(1);
	start();
	serve();
	return 0;
}
