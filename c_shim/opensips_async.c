/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * async(numbers_online_decide(), ROUTE): threads of this process make the lookup and write to an eventfd, one for each call,
 * which the server watches. It goes on with ROUTE in the same process.
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "async.h"
#include "dprint.h"
#include "mem/mem.h"
#include "route.h"

#include "opensips.h"

/* From 4.0 on the server also wants the function's name. */
#ifdef ASYNC_SET_RESUME_F
#define SET_RESUME(ctx, function) ASYNC_SET_RESUME_F(ctx, function)
#else
#define SET_RESUME(ctx, function) ((ctx)->resume_f = (function))
#endif

/*
 * When the server has a look by itself, in seconds: later than any deadline, which are 5 s at most. It is a net that nothing
 * should ever fall into.
 */
#define NET_S 7

/* What resume() is given: nothing of the script, which may be another one by then. */
typedef struct waiting {
	uint64_t ticket;
} waiting_t;

static int go_on(waiting_t *call, int may_wait)
{
	nol_result result;

	nol_finish(call->ticket, may_wait, &result);
	pkg_free(call);
	/* Nobody will write to it any more. */
	async_status = ASYNC_DONE_CLOSE_FD;
	return nol_conclude(&result);
}

/* After the eventfd was written. If the server calls it before, it waits, until the deadline. */
static int resume(int fd, struct sip_msg *msg, void *param)
{
	(void)fd;
	(void)msg;
	return go_on(param, 1);
}

/* After the seconds that the script gave, or the net: the lookup is given up, for a worker must not wait. */
static int give_up(int fd, struct sip_msg *msg, void *param)
{
	(void)fd;
	(void)msg;
	return go_on(param, 0);
}

/* An eventfd to which the word of the call's lookup will be written; -1 if there can be none. */
static int submit(uint64_t ticket, waiting_t **waiting)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	*waiting = pkg_malloc(sizeof(**waiting));
	if(*waiting && fd >= 0) {
		(*waiting)->ticket = ticket;
		if(nol_submit(ticket, (nol_wake){fd, 1}) == 0)
			return fd;
	}
	LM_ERR("a call cannot be decided asynchronously: out of memory or of descriptors\n");
	nol_forsake(ticket);
	if(*waiting)
		pkg_free(*waiting);
	if(fd >= 0)
		close(fd);
	return -1;
}

/* Only where the server really suspends. Elsewhere it would call resume() over and over. */
static int is_suspendable(const struct sip_msg *msg)
{
	return route_type == REQUEST_ROUTE && msg->REQ_METHOD != METHOD_ACK;
}

int nol_decide_async(struct sip_msg *msg, async_ctx *ctx, str *profile)
{
	nol_call call;
	nol_result result;
	waiting_t *waiting;
	uint64_t ticket;
	int fd, rc = nol_stored_rc();

	nol_refuse_profile(profile);
	/* What is known goes to the route at once. */
	async_status = ASYNC_SYNC;
	if(rc != 0)
		return rc;
	nol_read(msg, &call);
	if(is_suspendable(msg) && nol_serve_here() == 0) {
		if(nol_begin(&call, &ticket, &result) != 0)
			return nol_conclude(&result);
		fd = submit(ticket, &waiting);
		if(fd >= 0) {
			SET_RESUME(ctx, resume);
			ctx->resume_param = waiting;
			ctx->timeout_f = give_up;
			if(ctx->timeout_s == 0)
				ctx->timeout_s = NET_S;
			async_status = fd;
			return 1;
		}
	}
	nol_decide(&call, &result);
	return nol_conclude(&result);
}
