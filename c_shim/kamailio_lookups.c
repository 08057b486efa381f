/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes behind numbers_online_decide_async().
 *
 * One is Kamailio's: it hands every call whose lookup is over, or whose deadline is, to an asynchronous worker of the core. It
 * does nothing else, so that nothing can stop it. The lookups themselves are made by the threads of its child, which is not
 * Kamailio's: if that one dies or stands still it is replaced, and the server goes on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "core/str.h"

#include "core/async_task.h"
#include "core/cfg/cfg_struct.h"
#include "core/dprint.h"
#include "core/mem/shm.h"
#include "core/pt.h"
#include "core/sr_module.h"

#include "kamailio.h"

/* How often it looks whether its child lives, in milliseconds, and how long a child must live to be replaced at once. */
#define LOOK_MS 50
#define SHORT_LIFE_S 2

/* How long the death of a child is waited for, in milliseconds. */
#define KILL_MS 100

static pid_t child;

/* When it was started, in seconds of a clock that nobody sets; 0 if never. */
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

/* Signals are for Kamailio's own processes. */
static void forget_signals(void)
{
	sigset_t none;
	int number;

	sigemptyset(&none);
	for(number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The child. It ends when its parent does. */
static void look_up(pid_t parent)
{
	forget_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A signal to Kamailio's group is none to it. */
	setpgid(0, 0);
	prctl(PR_SET_NAME, "nol-lookups");
	/* Nothing of the server's stays open: its ports must be free when it ends. */
	closelog();
#ifdef SYS_close_range
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
#endif
	if(nol_serve() < 0)
		_exit(1);
	while(getppid() == parent)
		nol_heartbeat(500);
	_exit(0);
}

static void start(void)
{
	pid_t parent = getpid();

	if(born != 0 && seconds() - born < SHORT_LIFE_S)
		return;
	born = seconds();
	child = fork();
	if(child == 0)
		look_up(parent);
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
		/* At once, unless the kernel itself has stopped it; then it touches nothing either. */
		for(left = KILL_MS; left > 0 && waitpid(child, &status, WNOHANG) == 0; left--)
			usleep(1000);
	} else if(child > 0 && waitpid(child, &status, WNOHANG) == child) {
		LM_ERR("process %d, which makes the lookups, has ended (status %d); it is replaced\n", (int)child, status);
	} else if(child > 0) {
		return;
	}
	if(child > 0)
		nol_server_died();
	child = 0;
	start();
}

/* If the workers' queue is full there is no time to lose. */
static void go_on(async_task_t *task)
{
	if(async_task_push(task) < 0) {
		task->exec(task->param);
		shm_free(task);
	}
}

static void serve(void)
{
	int since_look = 0;

	for(;;) {
		uint64_t word;
		nol_rc rc = nol_next(LOOK_MS, &word);

		if(rc == NOL_OK)
			go_on((async_task_t *)(uintptr_t)word);
		if(rc != NOL_OK || ++since_look >= 256) {
			since_look = 0;
			cfg_update();
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
