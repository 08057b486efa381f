/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The final reply of a decision. */
#include "dprint.h"
#include "dset.h"
#include "modules/signaling/signaling.h"
#include "sr_module.h"

#include "opensips.h"

/* Replies within the transaction if there is one, else without. Empty where the module signaling is not loaded. */
static struct sig_binds signaling;

void nol_find_signaling(void)
{
	load_sig_f load = (load_sig_f)(void (*)(void))find_export("load_sig", 0);

	if(!load || load(&signaling) < 0)
		signaling.reply = NULL;
}

int nol_reply(struct sip_msg *msg)
{
	int refused = nol_reply_refused(msg, signaling.reply != NULL, "signaling");
	int code = nol_stored_code();
	str phrase = nol_stored_phrase();
	str contact = nol_stored_contact();
	int sent;

	if(refused != 0)
		return refused;
	/* The server makes the Contact of a redirection of the request URI and of the branches. */
	if(code < 400 && contact.len > 0 && set_ruri(msg, &contact) < 0)
		return NOL_REPLY_FAILED;
	set_dset_state(0);
	sent = signaling.reply(msg, code, &phrase, NULL);
	set_dset_state(1);
	return sent < 0 ? NOL_REPLY_FAILED : NOL_REPLY_SENT;
}
