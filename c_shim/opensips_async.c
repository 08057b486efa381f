/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * async(numbers_online_decide(), ROUTE): threads of this process make the lookup. The server resumes the call in ROUTE, in the same
 * process. One pipe per process wakes the server. Calls of launch() and calls with a time limit in the script need a descriptor of
 * their own; they use an eventfd.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "action.h"
#include "async.h"
#include "dprint.h"
#include "mem/mem.h"
#include "modules/tm/tm_load.h"
#include "parser/parse_from.h"
#include "route.h"
#include "script_cb.h"
#include "sr_module.h"

#include "opensips.h"

/*
 * After how many seconds the server gives up a call with an eventfd. Deadlines are 5 s at most, so this should never happen. launch()
 * has no such limit.
 */
#define GIVE_UP_S 7

/* The memory that tm needs for a transaction, in addition to its structure and two copies of the text. */
#define TRANSACTION_BYTES 8192

/* The parameter of resume(). It must not point into the script, which may have been reloaded by then. */
typedef struct waiting {
	uint64_t ticket;
	async_ctx *ctx;
	nol_pipe *pipe; /* NULL: the call has an eventfd */
	int is_over;
} waiting_t;

/* A variable of the server: a script reads it as $rc. No header declares it. */
extern int return_code;

static async_script_start_function *tm_start;
static struct tm_binds tm;

/* Whether tm's start function is running. If it resumes the call, the call could not be suspended, and resume() must not wait. */
static int is_starting;

static int finish(struct sip_msg *msg, waiting_t *call, int may_wait)
{
	nol_result result;

	nol_finish(call->ticket, may_wait, &result);
	if(call->pipe) {
		/* The call's word was read from the pipe, or will be. */
		call->is_over = 1;
	} else {
		pkg_free(call);
		/* No thread writes to it any more. */
		async_status = ASYNC_DONE_CLOSE_FD;
	}
	return nol_conclude(msg, &result);
}

/* Called after the word was written. launch() may call it before; then it waits, until the deadline. */
static int resume(int fd, struct sip_msg *msg, void *param)
{
	(void)fd;
	return finish(msg, param, !is_starting);
}

/* Called after the time limit of the script, or GIVE_UP_S. The lookup is given up, because a worker must not wait. */
static int give_up(int fd, struct sip_msg *msg, void *param)
{
	(void)fd;
	return finish(msg, param, 0);
}

/* Called when the call's word was read from the pipe. 0, or -1 if the server could not resume the call. */
static int resume_from_pipe(void *param)
{
	waiting_t *call = param;

	/* The server may have resumed the call already, because it could not suspend it. */
	if(!call->is_over)
		async_script_resume_f(ASYNC_FD_NONE, call->ctx, 0);
	/* The server may be out of memory. */
	if(!call->is_over)
		return -1;
	pkg_free(call);
	return 0;
}

/* Submits a call whose word is written to the pipe of the process. 0, or -1. */
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

/* Submits a call that has an eventfd. 0, or -1. */
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

static void log_shortage(void)
{
	static time_t logged;

	if(nol_is_new_second(&logged))
		LM_ERR("out of memory or of descriptors: calls are allowed without a lookup\n");
}

/* 0, or -1 after a line in the log, once a second. */
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
	log_shortage();
	return -1;
}

/* Only for calls that the server really suspends: otherwise it takes the returned value for a descriptor. */
static int is_suspendable(const struct sip_msg *msg)
{
	return route_type == REQUEST_ROUTE && msg->REQ_METHOD != METHOD_ACK;
}

static int decide(struct sip_msg *msg, async_ctx *ctx, const nol_argument *profile, int by_pipe)
{
	nol_call call;
	nol_result result;
	uint64_t ticket;
	int is_served, rc = nol_earlier_rc(msg);
	str name;

	/* A call that is decided already continues in the route at once. */
	async_status = ASYNC_SYNC;
	if(rc != 0)
		return rc;
	name = nol_profile_name(msg, profile);
	nol_read(msg, &name, &call);
	if(!is_suspendable(msg)) {
		nol_decide(&call, &result);
		return nol_conclude(msg, &result);
	}
	is_served = nol_serve_here() == 0;
	if(nol_begin(&call, &ticket, &result) != 0)
		return nol_conclude(msg, &result);
	if(ctx->timeout_s == 0)
		ctx->timeout_s = GIVE_UP_S;
	if(is_served && submit(ticket, ctx, by_pipe) == 0)
		return 1;
	/* A call that cannot be suspended does not wait for a lookup here either. */
	nol_shed(ticket, &result);
	return nol_conclude(msg, &result);
}

int nol_decide_async(struct sip_msg *msg, async_ctx *ctx, const nol_argument *profile)
{
	return decide(msg, ctx, profile, 0);
}

static int decide_by_pipe(struct sip_msg *msg, async_ctx *ctx, const nol_argument *profile)
{
	return decide(msg, ctx, profile, ctx->timeout_s == 0);
}

/* Requests for which tm makes no transaction. */
static int is_malformed(struct sip_msg *msg)
{
	return parse_headers(msg, HDR_EOH_F, 0) < 0 || !msg->from || !msg->to || !msg->callid || !msg->cseq
			|| parse_from_header(msg) < 0 || parse_sip_msg_uri(msg) < 0;
}

/* tm logs several lines for each transaction that it has no memory for. */
static int has_memory(const struct sip_msg *msg)
{
	return nol_has_shm(sizeof(struct cell) + 2 * msg->len + TRANSACTION_BYTES);
}

/* Decides about a call; if a lookup is needed, without making it. Returns the return code of the script function. */
static int decide_in_place(struct sip_msg *msg, const nol_argument *profile)
{
	nol_call call;
	nol_result result;
	uint64_t ticket;
	int rc = nol_earlier_rc(msg);
	str name = nol_profile_name(msg, profile);

	if(rc != 0)
		return rc;
	nol_read(msg, &name, &call);
	nol_serve_here();
	if(nol_begin(&call, &ticket, &result) == 0)
		nol_shed(ticket, &result);
	return nol_conclude(msg, &result);
}

/*
 * If tm cannot create a transaction it runs the route with the return code -1, which would mean a block, and does not call the
 * script function. So the route is run from here. Returns the result of tm's start function, or 1 if there can be a transaction.
 */
static int start_without_transaction(struct sip_msg *msg, const struct script_route_ref *route, const nol_argument *profile)
{
	struct cell *transaction = tm.t_gett ? tm.t_gett() : NULL;
	int is_bad;

	if(!tm.t_check_trans || route_type != REQUEST_ROUTE || (transaction && transaction != T_UNDEFINED))
		return 1;
	is_bad = is_malformed(msg);
	if(!is_bad && has_memory(msg))
		return 1;
	/* 0: a retransmission, for which tm has sent the reply. */
	if(tm.t_check_trans(msg) == 0)
		return -1;
	if(!is_bad)
		log_shortage();
	return_code = decide_in_place(msg, profile);
	if((run_top_route(sroutes->request[route->idx], msg) & ACT_FL_TBCONT) == 0)
		exec_post_req_cb(msg);
	return 0;
}

/*
 * The server's start function for async(). launch() uses another one, with a context that cannot be resumed without a descriptor. So
 * the module must know which of the two called it.
 */
static int start(struct sip_msg *msg, struct action *action, struct script_route_ref *route, unsigned int timeout, void **params)
{
	static acmd_export_t by_pipe;
	const acmd_export_t *called = action->elem[0].u.data;
	struct action ours;
	int outcome;

	if(!called || called->function != (acmd_function)(void (*)(void))nol_decide_async)
		return tm_start(msg, action, route, timeout, params);
	outcome = start_without_transaction(msg, route, params ? params[0] : NULL);
	if(outcome <= 0)
		return outcome;
	by_pipe = *called;
	by_pipe.function = (acmd_function)(void (*)(void))decide_by_pipe;
	ours = *action;
	ours.elem[0].u.data = &by_pipe;
	is_starting = 1;
	outcome = tm_start(msg, &ours, route, timeout, params);
	is_starting = 0;
	return outcome;
}

void nol_async_init(void)
{
	load_tm_f load = (load_tm_f)(void (*)(void))find_export("load_tm", 0);

	tm_start = async_script_start_f;
	if(tm_start)
		async_script_start_f = start;
	if(!load || load(&tm) < 0)
		tm.t_check_trans = NULL;
	nol_pipe_init(resume_from_pipe);
}
