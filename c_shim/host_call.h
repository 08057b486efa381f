/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of one call through a server's module: host.h declares it. Included in one file of each module, after all else. */
#ifndef NOL_HOST_CALL_H
#define NOL_HOST_CALL_H

void nol_read(struct sip_msg *msg, nol_call *call)
{
	memset(call, 0, sizeof(*call));
	if(msg->first_line.type == SIP_REQUEST)
		call->method = lend(&msg->first_line.u.request.method);
	/* What cannot be parsed stays empty, and a call without a number is allowed. */
	if(parse_headers(msg, HDR_CALLID_F | HDR_FROM_F | HDR_TO_F, 0) != 0)
		return;
	if(msg->callid)
		call->call_id = lend(&msg->callid->body);
	if(msg->to && msg->to->parsed)
		call->to_tag = lend(&get_to(msg)->tag_value);
	if(msg->from && parse_from_header(msg) == 0) {
		call->from_tag = lend(&get_from(msg)->tag_value);
		call->from_uri = lend(&get_from(msg)->uri);
	}
}

int nol_conclude(const nol_result *result)
{
	nol_write_avps(result);
	nol_count(result, nol_raise_counter);
	if(result->state.len)
		nol_raise_state(result);
	return result->rc;
}

void nol_refuse_profile(const str *profile)
{
	if(profile && profile->len > 0)
		LM_ERR("there is no profile \"%.*s\"; the call is decided without one\n", profile->len, profile->s);
}

int nol_decide_now(struct sip_msg *msg, str *profile)
{
	nol_call call;
	nol_result result;
	int rc = nol_stored_rc();

	nol_refuse_profile(profile);
	if(rc != 0)
		return rc;
	nol_read(msg, &call);
	nol_decide(&call, &result);
	return nol_conclude(&result);
}

int nol_reply_refused(const struct sip_msg *msg, int has_sender, const char *sender)
{
	str phrase = nol_stored_phrase();

	if(!nol_reply_due(nol_stored_rc()) || msg->REQ_METHOD == METHOD_ACK)
		return NOL_REPLY_NONE;
	if(!has_sender) {
		LM_ERR("numbers_online_reply() needs the module %s: load it\n", sender);
		return NOL_REPLY_FAILED;
	}
	if(!nol_is_refusal(nol_stored_code()) || phrase.len <= 0) {
		LM_ERR("numbers_online_reply(): $avp(nol_code) is no final reply, or $avp(nol_phrase) is empty: leave them as they are\n");
		return NOL_REPLY_FAILED;
	}
	return 0;
}

#endif
