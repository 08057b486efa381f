/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * numbers_online_decide_async(): suspends the transaction. A separate process makes the lookup (kamailio_lookups.c). Then one of
 * the core's asynchronous workers resumes the transaction in the given route.
 */
#include <string.h>

#include "core/str.h"

#include "core/async_task.h"
#include "core/dprint.h"
#include "core/fmsg.h"
#include "core/kemi.h"
#include "core/mem/shm.h"
#include "core/receive.h"
#include "core/route.h"
#include "core/script_cb.h"
#include "core/sr_module.h"
#include "modules/tm/tm_load.h"

#include "kamailio.h"

#define MOST_NAME 63

/* A suspended call, in shared memory. The worker that runs the task frees all of it, so the task comes first. */
typedef struct suspended {
	nol_task task;
	uint64_t ticket;
	unsigned int hash_index, label; /* of its transaction */
	int route;			/* to resume in; negative: the function `name` of the KEMI script */
	char name[MOST_NAME + 1];
	nol_hold hold;
	nol_saved saved; /* the last field: its data follows it */
} suspended_t;

static tm_api_t tm;
static int is_possible;
static int is_wanted;

/* The call that is being resumed, and its decision. */
static suspended_t *resuming;
static const nol_result *resumed;

int nol_async_init(void)
{
	/* Not an error: the script may not use the asynchronous form. */
	if(!async_task_initialized() || !module_loaded("tm") || load_tm_api(&tm) < 0)
		return 0;
	is_possible = 1;
	return nol_handover_init() < 0 ? -1 : nol_make_pool();
}

int nol_async_is_possible(void)
{
	return is_possible;
}

int nol_async_is_wanted(void)
{
	/* What a KEMI script calls is not known at start. */
	return is_possible && (is_wanted || sr_kemi_eng_get());
}

/*
 * Runs before each failure route. A resumed route counts as one. At this point the transaction is locked, and its AVPs are those
 * that the script will see. Before t_continue() another process might use them.
 */
static int write_resumed(sip_msg_t *msg, unsigned int flags, void *param)
{
	(void)flags;
	(void)param;
	if(resumed) {
		nol_hold_running(&resuming->hold);
		nol_restore(msg, &resuming->saved);
		nol_keep(msg, resumed);
	}
	resumed = NULL;
	return 1;
}

int nol_async_register(void)
{
	return register_script_cb(write_resumed, PRE_SCRIPT_CB | FAILURE_CB, NULL);
}

/* Runs in an asynchronous worker. */
static void resume(void *param)
{
	suspended_t *call = param;
	nol_result result;

	nol_handover_in_worker();
	nol_forget_others();
	nol_finish(call->ticket, 1, &result);
	nol_count(&result, nol_raise_counter);
	resumed = &result;
	resuming = call;
	nol_hold_resume(&call->hold);
	/* If the caller cancelled meanwhile, the transaction has ended and no route runs. */
	if(call->route >= 0) {
		tm.t_continue(call->hash_index, call->label, main_rt.rlist[call->route]);
	} else {
		str name = {call->name, strlen(call->name)};
		str event = str_init("numbers_online:resume");

		tm.t_continue_cb(call->hash_index, call->label, &name, &event);
	}
	resumed = NULL;
	nol_hold_end(&call->hold, &result, tm.unref_cell);
	if(result.state.len)
		nol_raise_state(&result);
	ksr_msg_env_reset();
}

/* At most once a second in each process: many calls fail at a time. */
static void log_shortage(void)
{
	static time_t logged;

	if(nol_is_new_second(&logged))
		LM_ERR("out of shared memory: calls are allowed without a lookup\n");
}

/*
 * 1: the transaction is suspended. 0: nothing is left to do, because the request is a retransmission or was cancelled. -1: no
 * transaction could be created.
 */
static int suspend(sip_msg_t *msg, suspended_t *call)
{
	tm_cell_t *transaction = tm.t_gett();
	int outcome, is_new = !transaction || transaction == T_UNDEFINED;

	if(nol_hold_memory(&call->hold, msg, is_new) < 0) {
		log_shortage();
		/* A request that already has a transaction is a retransmission. */
		return is_new && tm.t_lookup_request(msg, 0, &outcome) > 0 ? 0 : -1;
	}
	if(is_new) {
		int created = tm.t_newtran(msg);

		if(created <= 0)
			return created == 0 ? 0 : -1;
	}
	outcome = tm.t_suspend(msg, &call->hash_index, &call->label);
	if(outcome != 0)
		return outcome > 0 ? 0 : -1;
	nol_hold_transaction(&call->hold, tm.t_gett());
	return 1;
}

/* Decides about a call that cannot be suspended. It does not wait for a lookup in this process either. */
static int shed(sip_msg_t *msg, uint64_t ticket)
{
	nol_result result;

	nol_shed(ticket, &result);
	return nol_conclude(msg, &result);
}

static int decide_async(sip_msg_t *msg, int route, const str *name, const str *profile)
{
	nol_call call;
	nol_result result;
	suspended_t *waiting;
	uint64_t ticket;
	int rc = nol_earlier_rc(msg);

	if(rc != 0)
		return rc;
	nol_read(msg, profile, &call);
	if(!is_possible || get_route_type() != REQUEST_ROUTE) {
		nol_decide(&call, &result);
		return nol_conclude(msg, &result);
	}
	if(nol_begin(&call, &ticket, &result) != 0)
		return nol_conclude(msg, &result);
	waiting = shm_malloc(sizeof(*waiting) + nol_saved_size(msg));
	if(!waiting) {
		log_shortage();
		return shed(msg, ticket);
	}
	memset(waiting, 0, sizeof(*waiting));
	waiting->task.task.exec = resume;
	waiting->task.task.param = waiting;
	nol_save(&waiting->saved, msg);
	waiting->ticket = ticket;
	waiting->route = route;
	if(name)
		memcpy(waiting->name, name->s, name->len);
	rc = suspend(msg, waiting);
	if(rc > 0) {
		/* After nol_submit() the worker that runs the task owns `waiting`. */
		if(nol_submit(ticket, (nol_wake){.fd = -1, .word = (uint64_t)(uintptr_t)waiting}) == 0)
			return 0;
		tm.t_cancel_suspend(waiting->hash_index, waiting->label);
		tm.unref_cell(waiting->hold.transaction);
		rc = -1;
	}
	nol_hold_free_memory(&waiting->hold);
	shm_free(waiting);
	if(rc < 0)
		return shed(msg, ticket);
	nol_cancel(ticket);
	return 0;
}

int nol_ki_decide_async(sip_msg_t *msg, str *route, str *profile)
{
	static int logged;

	if(!is_possible && !logged++)
		LM_ERR("KSR.numbers_online.decide_async() needs tm.so and async_workers=...; without them it waits for the lookup\n");
	if(!route || route->len <= 0 || route->len > MOST_NAME) {
		LM_ERR("KSR.numbers_online.decide_async(): the name of the function to go on with has 1 to %d characters\n", MOST_NAME);
		return nol_decide_now(msg, profile);
	}
	return sr_kemi_eng_get() ? decide_async(msg, -1, route, profile) : nol_decide_now(msg, profile);
}

int nol_w_decide_async(sip_msg_t *msg, char *route, char *profile)
{
	str name = nol_profile_name(msg, profile);

	return decide_async(msg, (int)(intptr_t)route, NULL, &name);
}

int nol_fixup_decide_async(void **param, int number)
{
	char *name = *param;
	int route;

	if(number != 1)
		return nol_fixup_profile("numbers_online_decide_async", param);
	if(!is_possible) {
		LM_ERR("numbers_online_decide_async() needs loadmodule \"tm.so\" before, and async_workers=N (or async_workers_group)\n");
		return E_CFG;
	}
	route = route_lookup(&main_rt, name);
	if(route < 0 || !main_rt.rlist[route]) {
		LM_ERR("numbers_online_decide_async(\"%s\"): there is no route[%s]\n", name, name);
		return E_CFG;
	}
	is_wanted = 1;
	*param = (void *)(intptr_t)route;
	return 0;
}
