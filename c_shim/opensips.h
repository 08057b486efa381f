/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the module for OpenSIPS know of each other. */
#ifndef NOL_OPENSIPS_H
#define NOL_OPENSIPS_H

#include "async.h"
#include "mi/mi.h"
#include "parser/msg_parser.h"
#include "statistics.h"
#include "str.h"

#include "host.h"

/* The asynchronous form of the script function. */
int nol_decide_async(struct sip_msg *msg, async_ctx *ctx, str *profile);

/* The AVPs' numbers are to be looked up before fork. 0, or -1. */
int nol_name_avps(void);

/* The event E_NUMBERS_ONLINE_STATE, to be announced before fork. 0, or -1. */
int nol_announce_event(void);

/* The module that sends replies, if it is loaded. */
void nol_find_signaling(void);

/* Statistics, in OpenSIPS's own framework. */
extern stat_export_t nol_stats[];
const char *nol_counter_name(int counter);
unsigned long nol_counter_value(int counter);

/* MI commands. */
extern mi_export_t nol_mi_commands[];

#endif
