/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the module for Kamailio know of each other. */
#ifndef NOL_KAMAILIO_H
#define NOL_KAMAILIO_H

#include "core/parser/msg_parser.h"
#include "core/str.h"

#include "shim.h"

static inline nol_str lend(const str *text)
{
	return (nol_str){text->s, text->len > 0 ? (size_t)text->len : 0};
}

/* What the library wants to know of a request. */
void nol_read(sip_msg_t *msg, nol_call *call);

/* Writes the AVPs, counts, and raises the state event. What the script function returns. */
int nol_conclude(const nol_result *result);

/* KEMI's decide(profile), for numbers_online_decide() too. */
int nol_ki_decide(sip_msg_t *msg, str *profile);

/* One line if the script wants a profile: there is none. */
void nol_refuse_profile(const str *profile);

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

/* AVPs. */
void nol_write_avps(const nol_result *result);

/* What an earlier call of the function in this transaction wrote; 0, or an empty text, if there was none. */
int nol_stored_rc(void);
int nol_stored_code(void);
str nol_stored_phrase(void);
str nol_stored_contact(void);

/* event_route[numbers_online:state], if the script has it; to be looked for before the server runs. */
void nol_find_state_route(void);
void nol_raise_state(const nol_result *result);

/* Sends the final reply of the decision. What numbers_online_reply() returns. */
void nol_find_sl(void);
int nol_reply(sip_msg_t *msg);

/* Statistics, in Kamailio's own framework. 0, or -1. */
int nol_register_counters(void);
void nol_raise_counter(int counter);
const char *nol_counter_name(int counter);
long nol_counter_value(int counter);

/* RPC commands. 0, or -1. */
int nol_register_rpc(void);

#endif
