/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends the final reply of a decision. If there is a transaction and memory for it, the transaction sends the reply: tm keeps a copy
 * in shared memory. A stateless reply needs no shared memory.
 */
#include <string.h>

#include "core/data_lump_rpl.h"
#include "core/dprint.h"
#include "core/dset.h"
#include "core/route.h"
#include "core/sr_module.h"
#include "modules/sl/sl.h"
#include "modules/tm/tm_load.h"

#include "kamailio.h"

#include "host_contact.h"
#include "host_reason.h"

/* Empty if the module sl or tm is not loaded. */
static sl_api_t sl;
static tm_api_t tm;

void nol_find_reply_modules(void)
{
	bind_sl_f bind = (bind_sl_f)(void (*)(void))find_export("bind_sl", 0, 0);

	if(!bind || bind(&sl) < 0)
		sl.freply = NULL;
	if(!module_loaded("tm") || load_tm_api(&tm) < 0)
		tm.t_gett = NULL;
}

static tm_cell_t *transaction_of_process(void)
{
	tm_cell_t *transaction = tm.t_gett ? tm.t_gett() : NULL;

	return transaction == T_UNDEFINED ? NULL : transaction;
}

const sip_msg_t *nol_failed_reply(void)
{
	tm_cell_t *transaction = transaction_of_process();
	int branch, route = get_route_type();
	const sip_msg_t *reply;

	if(!transaction || (route != FAILURE_ROUTE && route != BRANCH_FAILURE_ROUTE))
		return NULL;
	branch = tm.t_get_picked_branch();
	if(branch < 0 || branch >= transaction->nr_of_outgoings)
		return NULL;
	reply = transaction->uac[branch].reply;
	/* tm's own 408 is no message. */
	return reply == FAKED_REPLY ? NULL : reply;
}

int nol_reply_without_memory(sip_msg_t *msg, tm_cell_t *transaction, int code, str *phrase)
{
	if(!sl.sreply || sl.sreply(msg, code, phrase) < 0)
		return -1;
	/* Otherwise tm would send a 500 too at the end of the route. */
	transaction->uas.status = code;
	return 0;
}

/* Returns the return code of numbers_online_reply(). */
static int send_reply(sip_msg_t *msg, int code, str *phrase)
{
	tm_cell_t *transaction = transaction_of_process();

	/* A request must not get a second final reply. */
	if(transaction && transaction->uas.status >= 200)
		return NOL_REPLY_NONE;
	if(sl.freply(msg, code, phrase) >= 0)
		return NOL_REPLY_SENT;
	/* tm sets the status before it allocates the memory. A different status was set by another process. */
	if(!transaction || (transaction->uas.status >= 200 && transaction->uas.status != (unsigned)code))
		return NOL_REPLY_FAILED;
	if(code < 400)
		remove_contacts(msg);
	return nol_reply_without_memory(msg, transaction, code, phrase) == 0 ? NOL_REPLY_SENT : NOL_REPLY_FAILED;
}

int nol_reply(sip_msg_t *msg)
{
	nol_final final;
	nol_reason reason;
	int outcome = nol_reply_refused(msg, sl.freply != NULL, "sl", &final);

	if(outcome != 0)
		return outcome;
	/* The server builds the Contact of a redirection from the request URI and the branches. */
	if(final.code < 400 && final.contact.len > 0) {
		if(rewrite_uri(msg, &final.contact) < 0)
			return NOL_REPLY_FAILED;
		clear_branches();
	}
	link_reason(msg, &reason, &final.reason);
	outcome = send_reply(msg, final.code, &final.phrase);
	unlink_reason(msg, &reason);
	return outcome;
}
