/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the module for OpenSIPS know of each other. */
#ifndef NOL_OPENSIPS_H
#define NOL_OPENSIPS_H

#include "async.h"
#include "mi/mi.h"
#include "parser/msg_parser.h"
#include "statistics.h"
#include "str.h"

#include "shim.h"

static inline nol_str lend(const str *text)
{
	return (nol_str){text->s, text->len > 0 ? (size_t)text->len : 0};
}

/* What the library wants of a message, lent. */
void nol_read(struct sip_msg *msg, nol_call *call);

/* Writes AVPs, counts, and tells of a change of state. Returns what the script function returns. */
int nol_conclude(const nol_result *result);

/* Says that there is none. */
void nol_refuse_profile(const str *profile);

/* The asynchronous form of the script function. */
int nol_decide_async(struct sip_msg *msg, async_ctx *ctx, str *profile);

/* AVPs. Their numbers are to be looked up before fork. 0, or -1. */
int nol_name_avps(void);
void nol_write_avps(const nol_result *result);

/* What an earlier call of the function in this transaction wrote; 0, or an empty text, if there was none. */
int nol_stored_rc(void);
int nol_stored_code(void);
str nol_stored_phrase(void);
str nol_stored_contact(void);

/* The event E_NUMBERS_ONLINE_STATE, to be announced before fork. 0, or -1. */
int nol_announce_event(void);
void nol_raise_state(const nol_result *result);

/* Sends the final reply of the decision. What numbers_online_reply() returns. */
void nol_find_signaling(void);
int nol_reply(struct sip_msg *msg);

/* Statistics, in OpenSIPS's own framework. */
extern stat_export_t nol_stats[];
void nol_raise_counter(int counter);
const char *nol_counter_name(int counter);
unsigned long nol_counter_value(int counter);

/* MI commands. */
extern mi_export_t nol_mi_commands[];

#endif
