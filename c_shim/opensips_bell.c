/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a process hears of all its calls whose lookups are over: threads write the address of each into one pipe, which the server
 * watches. For a descriptor of each call's own the server would go through all that it may ever have, three times a call.
 *
 * The server watches a bell only while calls wait for it, for a process with nothing to watch may be ended. After a reload of the
 * script, calls get another bell: a server that runs the old script for what it has watched since before, as OpenSIPS means to,
 * would otherwise do so until no call waits any more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dprint.h"
#include "mem/mem.h"
#include "reactor_defs.h"
#include "route.h"
#include "timer.h"

#include "opensips.h"

struct nol_bell {
	async_ctx watched; /* what the server calls */
	int ends[2];	   /* of a pipe */
	int calls;	   /* that wait for it */
	int most;	   /* for which it has room: no thread may find it full */
	int is_watched;
	unsigned int due;     /* when to look for a call whose thread is late */
	unsigned int version; /* of the script */
	nol_bell *next;
};

static nol_bell *bells;

/* So many calls at a time; then it is the turn of others. */
#define CALLS 16

/* How often to look for a call whose thread is late, in seconds: a net that nothing should ever fall into. */
#define LOOK_S 1

static void drop(nol_bell *bell)
{
	close(bell->ends[0]);
	close(bell->ends[1]);
	pkg_free(bell);
}

/* 0, or -1. */
static int watch(nol_bell *bell)
{
	int fd = bell->ends[0];

	if(!bell->is_watched && reactor_add_reader_with_timeout(fd, F_FD_ASYNC, RCT_PRIO_ASYNC, LOOK_S, &bell->watched) >= 0) {
		bell->is_watched = 1;
		bell->due = get_ticks() + LOOK_S;
	}
	return bell->is_watched ? 0 : -1;
}

static void unwatch(nol_bell *bell)
{
	if(bell->is_watched)
		reactor_del_reader(bell->ends[0], -1, 0);
	bell->is_watched = 0;
}

/* What the server does when a thread has written, and after LOOK_S at least. */
static int ring(int fd, void *param)
{
	nol_bell *bell = param;
	void *calls[CALLS];
	uint64_t word;
	ssize_t got = read(fd, calls, sizeof(calls));
	size_t place;
	int is_due = got < 0 || get_ticks() >= bell->due;

	if(is_due) {
		/* Writes into the pipe for who is late. */
		nol_next(0, &word);
		if(got < 0)
			got = read(fd, calls, sizeof(calls));
	}
	for(place = 0; got > 0 && place < (size_t)got / sizeof(calls[0]); place++) {
		/* Into the room that it has left. */
		if(nol_go_on(calls[place]) < 0 && write(bell->ends[1], &calls[place], sizeof(calls[place])) > 0)
			continue;
		bell->calls--;
	}
	if(bell->calls == 0 || is_due)
		unwatch(bell);
	/* If it fails, the next call tries again. */
	if(bell->calls > 0 && watch(bell) < 0)
		LM_CRIT("%d calls wait, and no descriptor can be watched\n", bell->calls);
	async_status = ASYNC_CONTINUE;
	return 0;
}

static nol_bell *make(void)
{
	nol_bell *bell = pkg_malloc(sizeof(*bell)), **place = &bells;

	/* Those from before a reload go once no call waits for them. */
	while(*place) {
		nol_bell *old = *place;

		if(old->calls == 0 && old->version != sroutes->version) {
			*place = old->next;
			drop(old);
		} else {
			place = &old->next;
		}
	}
	if(!bell)
		return NULL;
	memset(bell, 0, sizeof(*bell));
	if(pipe2(bell->ends, O_NONBLOCK | O_CLOEXEC) < 0) {
		pkg_free(bell);
		return NULL;
	}
	set_resume(&bell->watched, ring);
	bell->watched.resume_param = bell;
	bell->version = sroutes->version;
	/* A page that is read in part takes up its whole place. */
	bell->most = (fcntl(bell->ends[1], F_GETPIPE_SZ) - getpagesize()) / (int)sizeof(void *);
	if(bell->most <= 0) {
		drop(bell);
		return NULL;
	}
	bell->next = bells;
	bells = bell;
	return bell;
}

nol_bell *nol_bell_take(void)
{
	nol_bell *bell = bells;

	while(bell && (bell->version != sroutes->version || bell->calls >= bell->most))
		bell = bell->next;
	if(!bell)
		bell = make();
	if(!bell || watch(bell) < 0)
		return NULL;
	bell->calls++;
	return bell;
}

void nol_bell_leave(nol_bell *bell)
{
	if(--bell->calls == 0)
		unwatch(bell);
}

int nol_bell_descriptor(const nol_bell *bell)
{
	return bell->ends[1];
}
