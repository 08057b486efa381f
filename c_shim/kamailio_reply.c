/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The final reply of a decision. */
#include "core/dprint.h"
#include "core/dset.h"
#include "core/sr_module.h"
#include "modules/sl/sl.h"

#include "kamailio.h"

/* Replies within the transaction if there is one, else without. Empty where the module sl is not loaded. */
static sl_api_t sl;

void nol_find_sl(void)
{
	bind_sl_f bind = (bind_sl_f)(void (*)(void))find_export("bind_sl", 0, 0);

	if(!bind || bind(&sl) < 0)
		sl.freply = NULL;
}

int nol_reply(sip_msg_t *msg)
{
	int refused = nol_reply_refused(msg, sl.freply != NULL, "sl");
	int code = nol_stored_code();
	str phrase = nol_stored_phrase();
	str contact = nol_stored_contact();

	if(refused != 0)
		return refused;
	/* The server makes the Contact of a redirection of the request URI and of the branches. */
	if(code < 400 && contact.len > 0) {
		if(rewrite_uri(msg, &contact) < 0)
			return NOL_REPLY_FAILED;
		clear_branches();
	}
	return sl.freply(msg, code, &phrase) < 0 ? NOL_REPLY_FAILED : NOL_REPLY_SENT;
}
