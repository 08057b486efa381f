/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that makes the lookups. It is a child of one of Kamailio's processes and is not managed by Kamailio.
 *
 * It keeps no signal handler, descriptor or log of the server. It calls no function of the core.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#include "core/str.h"

#include "kamailio.h"

/* The descriptor of the pipe to the log, after the standard descriptors. */
#define LOG_FD 3

/* How many descriptors are closed one by one if the system does not list the open ones. */
#define MOST_CLOSED 65536

/* Kamailio's signal handlers are for its own processes. SIGPIPE is ignored: a closed pipe or connection must not end the process. */
static void reset_signals(void)
{
	sigset_t none;
	int number;

	sigemptyset(&none);
	for(number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Replaces the standard descriptors, which are the server's. Their numbers must stay in use: libraries write to descriptor 2. */
static void open_nothing(void)
{
	int nothing = open("/dev/null", O_RDWR);
	int fd, ends[2] = {-1, -1};

	/* A chroot may have no /dev. A pipe without a reader discards what is written as well. */
	if(nothing < 0 && pipe2(ends, O_NONBLOCK) == 0)
		nothing = ends[1];
	for(fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if(nothing < 0)
			close(fd);
		else
			dup2(nothing, fd);
	}
}

/* Closes the open descriptors from `first` on, as `/proc` lists them. 0, or -1 if `/proc` is not available. */
static int close_listed(int first)
{
	DIR *list = opendir("/proc/self/fd");
	struct dirent *entry;

	if(!list)
		return -1;
	while((entry = readdir(list)) != NULL) {
		int fd = atoi(entry->d_name);

		if(fd >= first && fd != dirfd(list))
			close(fd);
	}
	closedir(list);
	return 0;
}

static void close_from(int first)
{
	struct rlimit limit;
	rlim_t fd, end = MOST_CLOSED;

	/* Since Linux 5.9. The system call filter of a container may refuse it. */
#ifdef SYS_close_range
	if(syscall(SYS_close_range, first, ~0U, 0) == 0)
		return;
#endif
	if(close_listed(first) == 0)
		return;
	if(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < end)
		end = limit.rlim_cur;
	for(fd = first; fd < end; fd++)
		close((int)fd);
}

/* Raises the limit of open descriptors to the maximum. */
static void raise_limit(void)
{
	struct rlimit limit;

	if(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

void nol_child_run(pid_t parent, int log_end)
{
	reset_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A signal to Kamailio's process group must not reach this process. */
	setpgid(0, 0);
	prctl(PR_SET_NAME, "nol-lookups");
	closelog();
	/* The pipe may have the number of a standard descriptor. */
	if(log_end >= 0 && log_end < LOG_FD)
		log_end = fcntl(log_end, F_DUPFD, LOG_FD);
	open_nothing();
	if(log_end > LOG_FD)
		log_end = dup2(log_end, LOG_FD);
	nol_log_in_child(log_end);
	/* The server's sockets must not stay open here: its ports must be free when it ends. */
	close_from(log_end < 0 ? LOG_FD : LOG_FD + 1);
	raise_limit();
	if(nol_serve() < 0)
		_exit(1);
	while(getppid() == parent) {
		nol_heartbeat(500);
		nol_log_tell_lost();
	}
	_exit(0);
}
