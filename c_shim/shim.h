/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the modules of all servers share: one engine per server, one worker per process. */
#ifndef NOL_SHIM_H
#define NOL_SHIM_H

#include <time.h>

#include "numbers_online.h"

/* Takes one value of the parameter `profile`, before nol_start(). 0, or -1: out of memory. */
int nol_add_profile(const char *text);

/* Whether there is a profile of this name, in any case of its letters; an empty name is always there. After nol_start(). */
int nol_has_profile(nol_str name);

/* The longest timeout of all profiles, in milliseconds. After nol_start(). */
int nol_longest_timeout(void);

/* The beginning of a text for a log line, with a question mark for each control character. */
typedef struct nol_shown {
	char text[101];
} nol_shown;
nol_shown nol_printable(nol_str text);

/* Checks the parameters. Call it once, before fork. 0, or -1 after one line in the log. */
int nol_start(const nol_host *host, const nol_params *params);

/* Undoes nol_start(), and nothing if there was none. */
void nol_stop(void);

/* Makes this process's worker and connects it before the first call. Call it in a process that runs the routing script. */
void nol_warm(void);

/*
 * Decides about one call, in any process and in any route. Always fills the result; a fault is an allow. Returns the return code of
 * the script function, which is never 0.
 */
int nol_decide(const nol_call *call, nol_result *result);

/* Makes the memory of asynchronous decisions. Made before fork, it is shared. 0, or -1 after one line in the log. */
int nol_make_pool(void);

/* Starts the threads that make the lookups, in this process. 0, or -1 after one line in the log. */
int nol_serve(void);

/*
 * Starts threads for the lookups of this process only, with a pool that no other process shares. Every wake needs a descriptor then.
 * May be called before each nol_begin(). 0, or -1 after one line in the log; a later call tries again, once a second at most.
 */
int nol_serve_here(void);

/*
 * Decides about one call as nol_decide() does, if no lookup is needed. Returns 0 if one is; then `ticket` is set, for nol_submit(),
 * nol_shed() or nol_cancel(). Never blocks.
 */
int nol_begin(const nol_call *call, uint64_t *ticket, nol_result *result);

/* Queues the lookup. Its completion is reported by the deadline. 0, or -1. */
int nol_submit(uint64_t ticket, nol_wake wake);

/*
 * Returns the decision of a completed lookup. If it is not completed: waits for it if `may_wait`, else gives it up at once. Always
 * fills the result. Returns the return code of the script function.
 */
int nol_finish(uint64_t ticket, int may_wait, nol_result *result);

/* Decides about a call that cannot be suspended, as nol_begin() does if the queue is full. Always fills the result. */
int nol_shed(uint64_t ticket, nol_result *result);

/* Gives up a ticket. */
void nol_cancel(uint64_t ticket);

/* Called at least once a second in the process that makes the lookups. Waits for a line to log, wait_ms at most. */
void nol_heartbeat(uint32_t wait_ms);

/* Returns the word of a completed lookup whose wake has no descriptor, and completes late lookups: see pool_next(). In one process. */
nol_rc nol_next(uint32_t wait_ms, uint64_t *word);

/* Reports that the process that made the lookups is dead. */
void nol_server_died(void);

/* Calls `raise` for each statistic that the decision raises. */
void nol_count(const nol_result *result, void (*raise)(int counter));

/* The value of a gauge at this moment, and its name. */
int64_t nol_gauge_value(nol_gauge gauge);
const char *nol_gauge_name(nol_gauge gauge);

/* What numbers_online_reply() returns. */
#define NOL_REPLY_SENT 1
#define NOL_REPLY_NONE -1
#define NOL_REPLY_FAILED -2

/*
 * Whether numbers_online_reply() replies after a decision of the named profile that returned `rc`. 0 is an INVITE without a decision.
 */
int nol_reply_due(int rc, nol_str profile);

/* Whether a reply without a decision has a Reason header too. */
int nol_is_explained(void);

/* allow_code of a profile, and the reason phrase of a code. */
int nol_allow_code(nol_str profile);
nol_str nol_phrase_of(int allow_code);

/* Whether a new second has begun since the last call that returned 1. Limits how often a line is logged. */
int nol_is_new_second(time_t *last);

/* Whether a text can be the Contact of a redirection. */
int nol_is_contact(nol_str uri);

/* Whether a reply with this code is a final reply other than 2xx. */
int nol_is_refusal(int code);

/* Whether a SIP message is a 603+ of a network further on. Then `blocked` has its contacts, which are parts of the message. */
int nol_is_network_blocked(nol_str message, nol_blocked *blocked);

/*
 * Runs an operator's command, in any process. Without a profile the name is empty. 0, or -1 if there was a report line "error" or none
 * at all.
 */
int nol_command_run(nol_command command, nol_str argument, nol_str profile, nol_emit emit, void *to);

#endif
