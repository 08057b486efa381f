/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the modules of all servers have under the same names. A server's own header adds the rest. Both servers have the same names
 * for their structures; their headers are included before this one.
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

/* Makes a decision known to the script and to numbers_online_reply(). `msg` is the message whose route runs. */
void nol_keep(struct sip_msg *msg, const nol_result *result);

/* The same, counts it, and raises the state event. Returns what the script function returns. */
int nol_conclude(struct sip_msg *msg, const nol_result *result);

/* What an earlier decision about this message, or in this transaction, returned; 0 if there was none. */
int nol_earlier_rc(struct sip_msg *msg);

/* numbers_online_decide(). */
int nol_decide_now(struct sip_msg *msg, str *profile);

/* One line if the script wants a profile: there is none. */
void nol_refuse_profile(const str *profile);

/* A final reply. The contact is empty, or that of a redirection. */
typedef struct nol_final {
	int code;
	str phrase, contact;
} nol_final;

/* 0: this reply is to be sent. Else what numbers_online_reply() returns. `sender` is the module that sends. */
int nol_reply_refused(struct sip_msg *msg, int has_sender, const char *sender, nol_final *final);

/* The reply that allows a call, for a call without a decision. */
static inline str nol_allow_phrase(void)
{
	nol_str phrase = nol_phrase_of(nol_allow_code());

	return (str){(char *)phrase.s, (int)phrase.len};
}

/* Each server's own. */

/* Writes all AVPs and returns 0, or for want of memory none and returns -1. */
int nol_write_avps(const nol_result *result);

/* What the AVPs say; 0, or an empty text, where there is none. */
int nol_stored_rc(void);
int nol_stored_code(void);
str nol_stored_phrase(void);
str nol_stored_contact(void);

void nol_raise_state(const nol_result *result);
void nol_raise_counter(int counter);

/* Sends the final reply of the decision. Returns what numbers_online_reply() returns. */
int nol_reply(struct sip_msg *msg);

#endif
