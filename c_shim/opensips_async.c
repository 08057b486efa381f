/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * async(numbers_online_decide(), ROUTE): threads of this process make the lookup, and the server goes on with ROUTE in the same
 * process. It is told by the process's pipe, or where it must watch a descriptor of the call's own by an eventfd: for launch(),
 * and if the script gives a time limit.
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "async.h"
#include "dprint.h"
#include "mem/mem.h"
#include "route.h"
#include "sr_module.h"

#include "opensips.h"

/*
 * When the server gives up a call with an eventfd by itself, in seconds: later than any deadline, which are 5 s at most. It is a
 * net that nothing should ever fall into, and launch() has none.
 */
#define NET_S 7

/* What resume() is given: nothing of the script, which may be another one by then. */
typedef struct waiting {
	uint64_t ticket;
	async_ctx *ctx;
	nol_pipe *pipe; /* NULL: it has an eventfd */
	int is_over;
} waiting_t;

static async_script_start_function *tm_start;

static int go_on(waiting_t *call, int may_wait)
{
	nol_result result;

	nol_finish(call->ticket, may_wait, &result);
	if(call->pipe) {
		/* Its word has come, or will. */
		call->is_over = 1;
	} else {
		pkg_free(call);
		/* Nobody will write to it any more. */
		async_status = ASYNC_DONE_CLOSE_FD;
	}
	return nol_conclude(&result);
}

/* After the call's word was written. If the server calls it before, it waits, until the deadline. */
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

int nol_go_on(void *param)
{
	waiting_t *call = param;

	/* Unless the server has done so, because it could not suspend the call after all. */
	if(!call->is_over)
		async_script_resume_f(ASYNC_FD_NONE, call->ctx, 0);
	/* It may lack the memory. */
	if(!call->is_over)
		return -1;
	pkg_free(call);
	return 0;
}

/* Hands a call over whose word comes by the process's pipe. 0, or -1. */
static int submit_to_pipe(waiting_t *call)
{
	nol_wake wake = {.stays_open = 1, .word = (uint64_t)(uintptr_t)call};

	call->pipe = nol_pipe_take();
	if(!call->pipe)
		return -1;
	wake.fd = nol_pipe_fd(call->pipe);
	if(nol_submit(call->ticket, wake) == 0) {
		async_status = ASYNC_NO_FD;
		return 0;
	}
	nol_pipe_leave(call->pipe);
	call->pipe = NULL;
	return -1;
}

/* Hands a call over that has an eventfd. 0, or -1. */
static int submit_alone(waiting_t *call)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if(fd < 0)
		return -1;
	if(nol_submit(call->ticket, (nol_wake){.fd = fd, .word = 1}) == 0) {
		async_status = fd;
		return 0;
	}
	close(fd);
	return -1;
}

/* 0, or -1 after one line in the log. */
static int submit(uint64_t ticket, async_ctx *ctx, int by_pipe)
{
	waiting_t *call = pkg_malloc(sizeof(*call));

	if(call) {
		memset(call, 0, sizeof(*call));
		call->ticket = ticket;
		call->ctx = ctx;
		set_resume(ctx, resume);
		ctx->resume_param = call;
		ctx->timeout_f = give_up;
		if((by_pipe && submit_to_pipe(call) == 0) || submit_alone(call) == 0)
			return 0;
		pkg_free(call);
	}
	LM_ERR("no lookup for a call: out of memory or of descriptors\n");
	return -1;
}

/* Only where the server really suspends: elsewhere it takes some of what is returned here for a descriptor. */
static int is_suspendable(const struct sip_msg *msg)
{
	return route_type == REQUEST_ROUTE && msg->REQ_METHOD != METHOD_ACK;
}

static int decide(struct sip_msg *msg, async_ctx *ctx, str *profile, int by_pipe)
{
	nol_call call;
	nol_result result;
	uint64_t ticket;
	int is_served, rc = nol_stored_rc();

	nol_refuse_profile(profile);
	/* What is known goes to the route at once. */
	async_status = ASYNC_SYNC;
	if(rc != 0)
		return rc;
	nol_read(msg, &call);
	if(!is_suspendable(msg)) {
		nol_decide(&call, &result);
		return nol_conclude(&result);
	}
	is_served = nol_serve_here() == 0;
	if(nol_begin(&call, &ticket, &result) != 0)
		return nol_conclude(&result);
	if(ctx->timeout_s == 0)
		ctx->timeout_s = NET_S;
	if(is_served && submit(ticket, ctx, by_pipe) == 0)
		return 1;
	/* Where there is no room for one more call that waits, none waits here and now either. */
	nol_shed(ticket, &result);
	return nol_conclude(&result);
}

int nol_decide_async(struct sip_msg *msg, async_ctx *ctx, str *profile)
{
	return decide(msg, ctx, profile, 0);
}

static int decide_by_pipe(struct sip_msg *msg, async_ctx *ctx, str *profile)
{
	return decide(msg, ctx, profile, ctx->timeout_s == 0);
}

/*
 * The server's own way into an asynchronous function of async(). launch() has another one, and another context, which cannot be
 * gone on with without a descriptor: so the function must be told which it is.
 */
static int start(struct sip_msg *msg, struct action *action, struct script_route_ref *route, unsigned int timeout, void **params)
{
	static acmd_export_t by_pipe;
	const acmd_export_t *called = action->elem[0].u.data;
	struct action ours;

	if(called && called->function == (acmd_function)(void (*)(void))nol_decide_async) {
		by_pipe = *called;
		by_pipe.function = (acmd_function)(void (*)(void))decide_by_pipe;
		ours = *action;
		ours.elem[0].u.data = &by_pipe;
		action = &ours;
	}
	return tm_start(msg, action, route, timeout, params);
}

void nol_async_init(void)
{
	tm_start = async_script_start_f;
	if(tm_start)
		async_script_start_f = start;
}
