/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends the final reply of a decision. If there is a transaction and memory for it, the transaction sends the reply: tm keeps a copy
 * in shared memory. A stateless reply needs no shared memory.
 */
#include <string.h>

#include "data_lump_rpl.h"
#include "dprint.h"
#include "dset.h"
#include "modules/signaling/signaling.h"
#include "modules/sl/sl_api.h"
#include "modules/tm/tm_load.h"
#include "route.h"
#include "sr_module.h"

#include "opensips.h"

#include "host_contact.h"
#include "host_reason.h"

/* From 4.0 on the branches are kept in chunks. */
static inline const struct sip_msg *reply_of_branch(const struct cell *transaction, int branch)
{
#ifdef TM_BRANCH
	return TM_BRANCH(transaction, branch).reply;
#else
	return transaction->uac[branch].reply;
#endif
}

/* tm logs several lines for each reply that it has no memory for. This is more than a reply, because free memory may be in small pieces. */
#define REPLY_BYTES 16384

/* The first reply of a transaction needs memory, later ones reuse it. */
static int has_memory(const struct cell *transaction)
{
	return transaction->uas.response.buffer.s || nol_has_shm(REPLY_BYTES);
}

/* Empty if the module is not loaded. */
static struct sig_binds signaling;
static struct sl_binds sl;
static struct tm_binds tm;

void nol_find_reply_modules(void)
{
	load_sig_f load = (load_sig_f)(void (*)(void))find_export("load_sig", 0);
	load_sl_f load_stateless = (load_sl_f)(void (*)(void))find_export("load_sl", 0);
	load_tm_f load_transactions = (load_tm_f)(void (*)(void))find_export("load_tm", 0);

	if(!load || load(&signaling) < 0)
		signaling.reply = NULL;
	if(!load_stateless || load_stateless(&sl) < 0)
		sl.reply = NULL;
	if(!load_transactions || load_transactions(&tm) < 0)
		tm.t_gett = NULL;
}

const struct sip_msg *nol_failed_reply(void)
{
	struct cell *transaction = tm.t_gett ? tm.t_gett() : NULL;
	const struct sip_msg *reply;
	int branch;

	if(!transaction || transaction == T_UNDEFINED || route_type != FAILURE_ROUTE)
		return NULL;
	branch = tm.t_get_picked();
	if(branch < 0 || branch >= transaction->nr_of_outgoings)
		return NULL;
	reply = reply_of_branch(transaction, branch);
	/* tm's own 408 is no message. */
	return reply == FAKED_REPLY ? NULL : reply;
}

/* Returns the return code of numbers_online_reply(). */
static int send_reply(struct sip_msg *msg, int code, const str *phrase)
{
	struct cell *transaction = tm.t_gett ? tm.t_gett() : NULL;

	if(transaction == T_UNDEFINED)
		transaction = NULL;
	/* A request must not get a second final reply. */
	if(transaction && transaction->uas.status >= 200)
		return NOL_REPLY_NONE;
	if((!transaction || !sl.reply || has_memory(transaction)) && signaling.reply(msg, code, phrase, NULL) >= 0)
		return NOL_REPLY_SENT;
	/* tm sets the status before it allocates the memory. A different status was set by another process. */
	if(!transaction || !sl.reply || (transaction->uas.status >= 200 && transaction->uas.status != (unsigned)code))
		return NOL_REPLY_FAILED;
	if(code < 400)
		remove_contacts(msg);
	if(sl.reply(msg, code, phrase, NULL) < 0)
		return NOL_REPLY_FAILED;
	transaction->uas.status = code;
	return NOL_REPLY_SENT;
}

int nol_reply(struct sip_msg *msg)
{
	nol_final final;
	nol_reason reason;
	int outcome = nol_reply_refused(msg, signaling.reply != NULL, "signaling", &final);

	if(outcome != 0)
		return outcome;
	/* The server builds the Contact of a redirection from the request URI and the branches. */
	if(final.code < 400 && final.contact.len > 0 && set_ruri(msg, &final.contact) < 0)
		return NOL_REPLY_FAILED;
	link_reason(msg, &reason, &final.reason);
	set_dset_state(0);
	outcome = send_reply(msg, final.code, &final.phrase);
	set_dset_state(1);
	unlink_reason(msg, &reason);
	return outcome;
}
