/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the modules of all servers share: one engine a server, one worker a process. */
#ifndef NOL_SHIM_H
#define NOL_SHIM_H

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

/* Runs an operator's command, in any process. 0, or -1 if there was a report line "error" or none at all. */
int nol_command_run(nol_command command, nol_str argument, nol_emit emit, void *to);

#endif
