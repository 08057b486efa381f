/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the module for Kamailio know of each other. */
#ifndef NOL_KAMAILIO_H
#define NOL_KAMAILIO_H

#include "core/parser/msg_parser.h"
#include "core/str.h"

#include "host.h"

/* Asynchronous decisions: preparations in mod_init, in this order. 0, or -1. */
int nol_async_init(void);
int nol_async_register(void);
int nol_lookups_init(void);

/* Whether the server has what they need, and whether the script makes any. */
int nol_async_is_possible(void);
int nol_async_is_wanted(void);

/* Starts their process; in the main process, before the workers are. 0, or -1. */
int nol_lookups_start(void);

/* The script's numbers_online_decide_async(route), and KEMI's. */
int nol_w_decide_async(sip_msg_t *msg, char *route, char *unused);
int nol_ki_decide_async(sip_msg_t *msg, str *route, str *profile);
int nol_fixup_decide_async(void **param, int number);

/* event_route[numbers_online:state], if the script has it; to be looked for before the server runs. */
void nol_find_state_route(void);

/* The module that sends replies, if it is loaded. */
void nol_find_sl(void);

/* Statistics, in Kamailio's own framework. 0, or -1. */
int nol_register_counters(void);
const char *nol_counter_name(int counter);
long nol_counter_value(int counter);

/* RPC commands. 0, or -1. */
int nol_register_rpc(void);

#endif
