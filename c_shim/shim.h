/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the modules of all servers share: one engine a server, one worker a process. */
#ifndef NOL_SHIM_H
#define NOL_SHIM_H

#include <time.h>

#include "numbers_online.h"

/* Checks the parameters. Call it once, before fork. 0, or -1 after one line in the log. */
int nol_start(const nol_host *host, const nol_params *params);

/* Whether the parameter `avps` names the AVP at this place of NOL_AVPS. */
int nol_wants(int place);

/* Undoes nol_start(), and nothing if there was none. */
void nol_stop(void);

/* Makes this process's worker and connects it ahead of the first call. Call it in a process that runs the routing script. */
void nol_warm(void);

/*
 * Decides about one call, in any process and in any route. Fills the result always; a fault is an allow. Returns what the
 * script function returns, which is never 0.
 */
int nol_decide(const nol_call *call, nol_result *result);

/* Makes the memory of asynchronous decisions: before fork if processes are to share it. 0, or -1 after one line in the log. */
int nol_make_pool(void);

/* Makes the lookups in this process from now on, in threads. 0, or -1 after one line in the log. */
int nol_serve(void);

/*
 * Makes the lookups of this process in threads of its own, where wakes have descriptors: a pool that no other process has a part
 * in. May be called before each nol_begin(). 0, or -1 after one line in the log; a later call tries again, once a second at most.
 */
int nol_serve_here(void);

/*
 * Decides about one call as nol_decide() does, if nothing has to be waited for. 0 if a lookup has to be: then there is a
 * ticket, for nol_submit(), nol_shed() or nol_cancel(). Never blocks.
 */
int nol_begin(const nol_call *call, uint64_t *ticket, nol_result *result);

/* Hands the call over to the threads that make lookups. The wake follows by the deadline at the latest. 0, or -1. */
int nol_submit(uint64_t ticket, nol_wake wake);

/*
 * The decision after the wake. Before it: waits for the lookup if it may, or gives it up at once. Fills the result always, and
 * returns what the script function would.
 */
int nol_finish(uint64_t ticket, int may_wait, nol_result *result);

/* The decision about a call that cannot be made to wait: as nol_begin() where the queue is full. Fills the result always. */
int nol_shed(uint64_t ticket, nol_result *result);

/* Gives a ticket back that is not to be finished. */
void nol_cancel(uint64_t ticket);

/* In the process that makes the lookups, once a second at least. Waits for a line to log, wait_ms at most. */
void nol_heartbeat(uint32_t wait_ms);

/* In one process: the word of a call whose lookup is over, where wakes have no descriptor; answers who is late. As pool_next(). */
nol_rc nol_next(uint32_t wait_ms, uint64_t *word);

/* The process that made the lookups is dead. */
void nol_server_died(void);

/* Calls `raise` for each statistic that the decision raises. */
void nol_count(const nol_result *result, void (*raise)(int counter));

/* What numbers_online_reply() returns. */
#define NOL_REPLY_SENT 1
#define NOL_REPLY_NONE -1
#define NOL_REPLY_FAILED -2

/* Whether the decision that returned `rc` is to be answered with its reply; 0 is an INVITE without a decision. */
int nol_reply_due(int rc);

/* The parameter allow_code, and the phrase of such a reply. */
int nol_allow_code(void);
nol_str nol_phrase_of(int allow_code);

/* Whether another second has begun since it last said so. For lines of the log of which many could come at once. */
int nol_is_new_second(time_t *last);

/* Whether a reply with this code ends a request that is not accepted. */
int nol_is_refusal(int code);

/* Runs an operator's command, in any process. 0, or -1 if there was a report line "error" or none at all. */
int nol_command_run(nol_command command, nol_str argument, nol_emit emit, void *to);

#endif
