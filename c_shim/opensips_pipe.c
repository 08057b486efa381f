/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wakes a process when lookups of its calls are completed: threads write the address of each call to one pipe, which the server
 * watches. With one descriptor per call the server would search its whole table of descriptors, three times per call.
 *
 * The server watches a pipe only while calls wait for it, because it may end a process only if that process watches no descriptor.
 * After a reload of the script, new calls use a new pipe: OpenSIPS runs the old script for descriptors that were watched before the
 * reload, and with one pipe would do so until no call waits.
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
	async_ctx watched; /* the callback of the server */
	int ends[2];	   /* of a pipe */
	int calls;	   /* waiting calls */
	int most;	   /* the most calls it has room for: no thread may find it full */
	int is_watched;
	unsigned int due;     /* when to check for late lookups */
	unsigned int version; /* the version of the script */
	nol_pipe *next;
};

static nol_pipe *pipes;

/* Resumes a call: 0, or -1. */
static int (*resume)(void *call);

void nol_pipe_init(int (*resume_call)(void *call))
{
	resume = resume_call;
}

/* How many calls are resumed before the server handles other events. */
#define CALLS 16

/* How often to check for late lookups, in seconds. There should never be one. */
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

/* The server calls this when a thread has written, and every LOOK_S. */
static int on_readable(int fd, void *param)
{
	nol_pipe *pipe = param;
	void *calls[CALLS];
	uint64_t word;
	ssize_t got = read(fd, calls, sizeof(calls));
	size_t place;
	int is_due = got < 0 || get_ticks() >= pipe->due;

	if(is_due) {
		/* Completes late lookups, which writes their words to the pipe. */
		nol_next(0, &word);
		if(got < 0)
			got = read(fd, calls, sizeof(calls));
	}
	for(place = 0; got > 0 && place < (size_t)got / sizeof(calls[0]); place++) {
		/* A call that was not resumed for lack of memory is queued again. Reading its word made room in the pipe. */
		if(resume(calls[place]) < 0 && write(pipe->ends[1], &calls[place], sizeof(calls[place])) > 0)
			continue;
		pipe->calls--;
	}
	if(pipe->calls == 0 || is_due)
		unwatch(pipe);
	/* If watch() fails, the next call tries again. */
	if(pipe->calls > 0 && watch(pipe) < 0)
		LM_CRIT("%d calls wait, and no descriptor can be watched\n", pipe->calls);
	async_status = ASYNC_CONTINUE;
	return 0;
}

static nol_pipe *make(void)
{
	nol_pipe *pipe = pkg_malloc(sizeof(*pipe)), **place = &pipes;

	/* Pipes from before a reload are closed when no call waits for them. */
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
	/* A partly read page occupies a whole slot of the pipe. */
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
