/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wakes a process for all its calls whose lookups are over: threads write the address of each call into one pipe, which the server
 * watches. With a descriptor for each call the server would search all that it may ever have, three times a call.
 *
 * The server watches a pipe only while calls wait for it, because it may end a process that watches nothing. After a reload of the
 * script, calls get another pipe: OpenSIPS means to run the old script for what it has watched since before the reload, and would
 * then do so until no call waits any more.
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

struct nol_pipe {
	async_ctx watched; /* what the server calls */
	int ends[2];	   /* of a pipe */
	int calls;	   /* that wait for it */
	int most;	   /* for which it has room: no thread may find it full */
	int is_watched;
	unsigned int due;     /* when to look for a call whose thread is late */
	unsigned int version; /* of the script */
	nol_pipe *next;
};

static nol_pipe *pipes;

/* Resumes a call: 0, or -1. */
static int (*resume)(void *call);

void nol_pipe_init(int (*resume_call)(void *call))
{
	resume = resume_call;
}

/* So many calls at a time; then it is the turn of others. */
#define CALLS 16

/* How often to look for a call whose thread is late, in seconds. There should never be one. */
#define LOOK_S 1

static void drop(nol_pipe *pipe)
{
	close(pipe->ends[0]);
	close(pipe->ends[1]);
	pkg_free(pipe);
}

/* 0, or -1. */
static int watch(nol_pipe *pipe)
{
	int fd = pipe->ends[0];

	if(!pipe->is_watched && reactor_add_reader_with_timeout(fd, F_FD_ASYNC, RCT_PRIO_ASYNC, LOOK_S, &pipe->watched) >= 0) {
		pipe->is_watched = 1;
		pipe->due = get_ticks() + LOOK_S;
	}
	return pipe->is_watched ? 0 : -1;
}

static void unwatch(nol_pipe *pipe)
{
	if(pipe->is_watched)
		reactor_del_reader(pipe->ends[0], -1, 0);
	pipe->is_watched = 0;
}

/* The server calls it when a thread has written, and every LOOK_S. */
static int on_readable(int fd, void *param)
{
	nol_pipe *pipe = param;
	void *calls[CALLS];
	uint64_t word;
	ssize_t got = read(fd, calls, sizeof(calls));
	size_t place;
	int is_due = got < 0 || get_ticks() >= pipe->due;

	if(is_due) {
		/* Writes into the pipe for calls that are late. */
		nol_next(0, &word);
		if(got < 0)
			got = read(fd, calls, sizeof(calls));
	}
	for(place = 0; got > 0 && place < (size_t)got / sizeof(calls[0]); place++) {
		/* For lack of memory; it is tried again. The pipe has the room that the call's word has left. */
		if(resume(calls[place]) < 0 && write(pipe->ends[1], &calls[place], sizeof(calls[place])) > 0)
			continue;
		pipe->calls--;
	}
	if(pipe->calls == 0 || is_due)
		unwatch(pipe);
	/* If it fails, the next call tries again. */
	if(pipe->calls > 0 && watch(pipe) < 0)
		LM_CRIT("%d calls wait, and no descriptor can be watched\n", pipe->calls);
	async_status = ASYNC_CONTINUE;
	return 0;
}

static nol_pipe *make(void)
{
	nol_pipe *pipe = pkg_malloc(sizeof(*pipe)), **place = &pipes;

	/* Those from before a reload go once no call waits for them. */
	while(*place) {
		nol_pipe *old = *place;

		if(old->calls == 0 && old->version != sroutes->version) {
			*place = old->next;
			drop(old);
		} else {
			place = &old->next;
		}
	}
	if(!pipe)
		return NULL;
	memset(pipe, 0, sizeof(*pipe));
	if(pipe2(pipe->ends, O_NONBLOCK | O_CLOEXEC) < 0) {
		pkg_free(pipe);
		return NULL;
	}
	set_resume(&pipe->watched, on_readable);
	pipe->watched.resume_param = pipe;
	pipe->version = sroutes->version;
	/* A page that is read in part takes up its whole place. */
	pipe->most = (fcntl(pipe->ends[1], F_GETPIPE_SZ) - getpagesize()) / (int)sizeof(void *);
	if(pipe->most <= 0) {
		drop(pipe);
		return NULL;
	}
	pipe->next = pipes;
	pipes = pipe;
	return pipe;
}

nol_pipe *nol_pipe_take(void)
{
	nol_pipe *pipe = pipes;

	while(pipe && (pipe->version != sroutes->version || pipe->calls >= pipe->most))
		pipe = pipe->next;
	if(!pipe)
		pipe = make();
	if(!pipe || watch(pipe) < 0)
		return NULL;
	pipe->calls++;
	return pipe;
}

void nol_pipe_leave(nol_pipe *pipe)
{
	if(--pipe->calls == 0)
		unwatch(pipe);
}

int nol_pipe_fd(const nol_pipe *pipe)
{
	return pipe->ends[1];
}
