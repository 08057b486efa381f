/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the module of every server has, under the same names: what is here is declared once, and a server's own header adds the
 * rest. Both servers call their structures alike; theirs come before.
 */
#ifndef NOL_HOST_H
#define NOL_HOST_H

#include "shim.h"

static inline nol_str lend(const str *text)
{
	return (nol_str){text->s, text->len > 0 ? (size_t)text->len : 0};
}

/* In host_call.h. */

/* What the library wants to know of a request, lent. */
void nol_read(struct sip_msg *msg, nol_call *call);

/* Writes the AVPs, counts, and raises the state event. Returns what the script function returns. */
int nol_conclude(const nol_result *result);

/* numbers_online_decide(). */
int nol_decide_now(struct sip_msg *msg, str *profile);

/* One line if the script wants a profile: there is none. */
void nol_refuse_profile(const str *profile);

/* Whether a reply is to be sent: 0, or what numbers_online_reply() returns in place of it. `sender` is the module that sends. */
int nol_reply_refused(const struct sip_msg *msg, int has_sender, const char *sender);

/* Each server's own. */

void nol_write_avps(const nol_result *result);

/* What an earlier call of the function in this transaction wrote; 0, or an empty text, if there was none. */
int nol_stored_rc(void);
int nol_stored_code(void);
str nol_stored_phrase(void);
str nol_stored_contact(void);

void nol_raise_state(const nol_result *result);
void nol_raise_counter(int counter);

/* Sends the final reply of the decision. Returns what numbers_online_reply() returns. */
int nol_reply(struct sip_msg *msg);

#endif
