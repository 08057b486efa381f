/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Declarations common to the modules of all servers. Each server's own header adds more. Kamailio and OpenSIPS use the same names for
 * their structures; include the server's headers before this one.
 */
#ifndef NOL_HOST_H
#define NOL_HOST_H

#include "shim.h"

static inline nol_str lend(const str *text)
{
	return (nol_str){text->s, text->len > 0 ? (size_t)text->len : 0};
}

/* In host_call.h. */

/*
 * Collects the parts of a request that the library reads, for a decision of the named profile; of none if the name is empty or NULL.
 * They are borrowed from the message and the name.
 */
void nol_read(struct sip_msg *msg, const str *profile, nol_call *call);

/* Stores a decision for the script and for numbers_online_reply(). `msg` is the message whose route runs. */
void nol_keep(struct sip_msg *msg, const nol_result *result);

/* Counts a decision, raises the state event, and stores the decision. Returns the return code of the script function. */
int nol_conclude(struct sip_msg *msg, const nol_result *result);

/* The return code of an earlier decision about this message or in this transaction; 0 if there was none. */
int nol_earlier_rc(struct sip_msg *msg);

/* numbers_online_decide(). */
int nol_decide_now(struct sip_msg *msg, str *profile);

/* For the start: 0 if there is the profile, else -1 after one line. `function` is what names it. */
int nol_check_profile(const char *function, const str *profile);

/* A final reply. The contact is empty, or that of a redirection. The reason is the body of a Reason header, or empty. */
typedef struct nol_final {
	int code;
	str phrase, contact, reason;
	char text[NOL_RESULT_BYTES]; /* the reason, if it is not that of the decision */
} nol_final;

/*
 * Sets the Reason header of a reply with this code and phrase. `decided` is that of the decision. It is not sent with another code,
 * and that of a 603+ not with another phrase: then the header tells of the decision only. `result` is the decision, or NULL.
 */
void nol_find_reason(nol_final *final, const nol_result *result, str decided);

/* 0: `final` is the reply to send. Otherwise the return code of numbers_online_reply(). `sender` is the module that sends. */
int nol_reply_refused(struct sip_msg *msg, int has_sender, const char *sender, nol_final *final);

/* The reply of a profile that allows a call, for a call without a decision. */
static inline str nol_allow_phrase(nol_str profile)
{
	nol_str phrase = nol_phrase_of(nol_allow_code(profile));

	return (str){(char *)phrase.s, (int)phrase.len};
}

/* Write the value of an AVP, as nol_host wants it. */
size_t nol_copy_text(const str *text, char *to, size_t room);
size_t nol_copy_number(long number, char *to, size_t room);
/* numbers_online_network_blocked(). */
int nol_network_blocked(struct sip_msg *msg);

/* Implemented by each server's module. */

/* The final reply that a failure route is about, or NULL. Nothing in it may be changed. */
const struct sip_msg *nol_failed_reply(void);

/* Writes the AVPs of numbers_online_network_blocked(), or removes them if there is nothing to write. 0, or -1: out of memory. */
int nol_write_blocked(const nol_blocked *blocked);

/* Writes all AVPs: 0. If there is not enough memory, writes none: -1. */
int nol_write_avps(const nol_result *result);

/* The values of the AVPs; 0 or an empty text if there is none. */
int nol_stored_rc(void);
int nol_stored_code(void);
str nol_stored_phrase(void);
str nol_stored_contact(void);
str nol_stored_profile(void);
str nol_stored_reason(void);

/* See nol_host. */
size_t nol_avp(nol_str name, char *to, size_t room);

void nol_raise_state(const nol_result *result);
void nol_raise_counter(int counter);

/* Sends the final reply of the decision. Returns the return code of numbers_online_reply(). */
int nol_reply(struct sip_msg *msg);

#endif
