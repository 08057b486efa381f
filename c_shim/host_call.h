/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of one call through a server's module: host.h declares it. Included in one file of each module, after all else. */
#ifndef NOL_HOST_CALL_H
#define NOL_HOST_CALL_H

#include <strings.h>

#define NOL_HEADER_ROW(id, name) {name, sizeof(name) - 1},
static const struct {
	const char *s;
	int len;
} wanted_headers[] = {NOL_HEADERS(NOL_HEADER_ROW)};

/* Whether text begins with the name of a header, in any case. */
static int begins_with_header(const char *text, size_t len, int i)
{
	return (text[0] | 32) == (wanted_headers[i].s[0] | 32) && len >= (size_t)wanted_headers[i].len
		   && strncasecmp(text, wanted_headers[i].s, wanted_headers[i].len) == 0;
}

/*
 * Whether a header that the library wants may be among those that the server has not parsed yet. Most calls have none, and to parse
 * the others costs more than to look at the beginnings of lines.
 */
static int has_wanted_ahead(const struct sip_msg *msg)
{
	const char *line = msg->unparsed, *end = msg->buf + msg->len;
	int i;

	/* All bits of it. */
	if((msg->parsed_flag & HDR_EOH_F) == HDR_EOH_F)
		return 0;
	while(line && line < end && *line != '\r' && *line != '\n') {
		for(i = 0; i < NOL_HEADER_TOTAL; i++) {
			if(begins_with_header(line, (size_t)(end - line), i))
				return 1;
		}
		line = memchr(line, '\n', (size_t)(end - line));
		if(line)
			line++;
	}
	return 0;
}

/* Lends the headers that the library wants. */
static void read_headers(struct sip_msg *msg, nol_call *call)
{
	const struct hdr_field *header;
	int i;

	/* A line that is no header hides those behind it from the server. */
	if(has_wanted_ahead(msg) && parse_headers(msg, HDR_EOH_F, 0) != 0)
		call->unread = (nol_str){msg->unparsed, (size_t)(msg->buf + msg->len - msg->unparsed)};
	for(header = msg->headers; header && call->header_count < NOL_CALL_HEADERS; header = header->next) {
		for(i = 0; i < NOL_HEADER_TOTAL; i++) {
			if(header->name.len == wanted_headers[i].len && begins_with_header(header->name.s, (size_t)header->name.len, i))
				call->headers[call->header_count++] = (nol_header){(nol_header_name)i, lend(&header->body)};
		}
	}
}

void nol_read(struct sip_msg *msg, nol_call *call)
{
	int is_readable;

	memset(call, 0, sizeof(*call));
	if(msg->first_line.type == SIP_REQUEST) {
		call->method = lend(&msg->first_line.u.request.method);
		call->request_uri = lend(&msg->first_line.u.request.uri);
		call->next_uri = lend(&msg->new_uri);
	}
	call->source = (nol_str){(const char *)msg->rcv.src_ip.u.addr, msg->rcv.src_ip.len};
	/* What cannot be parsed stays empty, and a call without a number is allowed. */
	is_readable = parse_headers(msg, HDR_CALLID_F | HDR_FROM_F | HDR_TO_F, 0) == 0;
	read_headers(msg, call);
	if(!is_readable)
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
