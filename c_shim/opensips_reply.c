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
#include "sr_module.h"

#include "host_contact.h"
#include "opensips.h"

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

/* Returns the return code of numbers_online_reply(). */
static int send_reply(struct sip_msg *msg, int code, const str *phrase)
{
	struct cell *transaction = tm.t_gett ? tm.t_gett() : NULL;

	if(transaction == T_UNDEFINED)
		transaction = NULL;
	/* A request must not get a second final reply. */
	if(transaction && transaction->uas.status >= 200)
		return NOL_REPLY_NONE;
	if(signaling.reply(msg, code, phrase, NULL) >= 0)
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
	int outcome = nol_reply_refused(msg, signaling.reply != NULL, "signaling", &final);

	if(outcome != 0)
		return outcome;
	/* The server builds the Contact of a redirection from the request URI and the branches. */
	if(final.code < 400 && final.contact.len > 0 && set_ruri(msg, &final.contact) < 0)
		return NOL_REPLY_FAILED;
	set_dset_state(0);
	outcome = send_reply(msg, final.code, &final.phrase);
	set_dset_state(1);
	return outcome;
}
