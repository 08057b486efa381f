/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared memory for a suspended call. To resume a route tm needs memory for a copy of the request. Without it tm replies 500, or
 * does not reply. So a call keeps a reserve while it is suspended and frees it just before it is resumed. If another process takes
 * that memory first, the reply of the decision is sent without running the route.
 */
#include <string.h>

#include "core/str.h"

#include "core/atomic_ops.h"
#include "core/data_lump_rpl.h"
#include "core/dprint.h"
#include "core/dset.h"
#include "core/mem/shm.h"
#include "modules/tm/tm_load.h"

#include "kamailio.h"

#include "host_reason.h"

/*
 * The status of a transaction from nol_hold_resume() until its route runs. tm treats it as final, so neither tm nor another process
 * sends a reply meanwhile. No reply has it: the codes of SIP end at 699.
 */
#define RESUMING 700

/* Memory for the AVPs and a reply, and for the parsed headers of a request. */
#define RESULT_BYTES 4096
#define HEADER_BYTES 3072

static size_t copy_bytes(const sip_msg_t *msg)
{
	return sizeof(*msg) + HEADER_BYTES + msg->len;
}

/* Memory for a transaction and its copy of the request. */
static size_t transaction_bytes(const sip_msg_t *msg)
{
	return sizeof(tm_cell_t) + sr_dst_max_branches * sizeof(struct ua_client) + copy_bytes(msg);
}

int nol_hold_memory(nol_hold *hold, const sip_msg_t *msg, int needs_transaction)
{
	size_t reserve = copy_bytes(msg) + RESULT_BYTES;

	/* tm logs several lines for each transaction that it has no memory for. */
	hold->reserve = NULL;
	if(nol_has_shm(reserve + (needs_transaction ? transaction_bytes(msg) : 0)))
		hold->reserve = shm_malloc(reserve);
	return hold->reserve ? 0 : -1;
}

void nol_hold_free_memory(nol_hold *hold)
{
	if(hold->reserve)
		shm_free(hold->reserve);
	hold->reserve = NULL;
}

void nol_hold_transaction(nol_hold *hold, tm_cell_t *transaction)
{
	atomic_inc(&transaction->ref_count);
	hold->transaction = transaction;
}

void nol_hold_resume(nol_hold *hold)
{
	unsigned int *status = &hold->transaction->uas.status;

	nol_hold_free_memory(hold);
	hold->status = __atomic_load_n(status, __ATOMIC_RELAXED);
	/* A final reply that another process sends at this moment must stay known, or the route would send a second one. */
	while(hold->status < 200
			&& !__atomic_compare_exchange_n(status, &hold->status, RESUMING, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
}

void nol_hold_running(nol_hold *hold)
{
	unsigned int resuming = RESUMING;

	__atomic_compare_exchange_n(&hold->transaction->uas.status, &resuming, hold->status, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* The reply to a call whose route could not run. Without the route the call cannot be redirected or relayed. */
static void answer(tm_cell_t *transaction, const nol_result *result)
{
	static time_t logged;
	const nol_str profile = {result->bytes + result->profile.at, result->profile.len};
	int is_sent, is_decided = nol_reply_due(result->rc, profile) && result->code >= 400;
	sip_msg_t *request = transaction->uas.request;
	nol_final final;
	nol_reason reason;

	final.code = is_decided ? result->code : nol_allow_code(profile);
	final.phrase = is_decided ? (str){(char *)result->bytes + result->phrase.at, result->phrase.len} : nol_allow_phrase(profile);
	nol_find_reason(&final, result, (str){(char *)result->bytes + result->reply_reason.at, result->reply_reason.len});
	/* With this status of the transaction no other process replies, so none reads these lumps. */
	link_reason(request, &reason, &final.reason);
	is_sent = nol_reply_without_memory(request, transaction, final.code, &final.phrase) == 0;
	unlink_reason(request, &reason);
	if(nol_is_new_second(&logged))
		LM_ERR("out of memory: the route of a suspended call cannot be resumed; %s\n",
				is_sent ? "the call is answered without it" : "the call gets no reply");
}

void nol_hold_end(nol_hold *hold, const nol_result *result, void (*unref)(tm_cell_t *transaction))
{
	/* With another status the route has run, or the transaction had ended before. */
	if(hold->transaction->uas.status == RESUMING)
		answer(hold->transaction, result);
	unref(hold->transaction);
	hold->transaction = NULL;
}
