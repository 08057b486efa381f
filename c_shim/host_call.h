/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The handling of one call, common to all servers. host.h declares it. Included in one file of each module, after all other headers. */
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
 * Whether the part of the message that the server has not parsed yet may contain a header that the library reads. Most calls have
 * none. To compare the beginning of each line is cheaper than to parse all headers.
 */
static int has_wanted_ahead(const struct sip_msg *msg)
{
	const char *line = msg->unparsed, *end = msg->buf + msg->len;
	int i;

	/* HDR_EOH_F has more than one bit. */
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

/* Passes the headers that the library reads. */
static void read_headers(struct sip_msg *msg, nol_call *call)
{
	const struct hdr_field *header;
	int i;

	/* The server stops parsing at a line that is not a header. */
	if(has_wanted_ahead(msg) && parse_headers(msg, HDR_EOH_F, 0) != 0)
		call->unread = (nol_str){msg->unparsed, (size_t)(msg->buf + msg->len - msg->unparsed)};
	for(header = msg->headers; header; header = header->next) {
		for(i = 0; i < NOL_HEADER_TOTAL; i++) {
			if(header->name.len != wanted_headers[i].len || !begins_with_header(header->name.s, (size_t)header->name.len, i))
				continue;
			/* Those that find no room count as not parsed. */
			if(call->header_count == NOL_CALL_HEADERS) {
				if(header->name.s >= msg->buf && header->name.s < msg->buf + msg->len)
					call->unread = (nol_str){header->name.s, (size_t)(msg->buf + msg->len - header->name.s)};
				return;
			}
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

/*
 * The last decision of this process, so that a reply needs no AVPs. A message is known by its number in the process and by a
 * hash of what no other message has: the servers give a copy of a request a number of its own, which another request may have.
 */
static struct {
	unsigned int id;
	uint64_t hash;
	nol_result result;
} last;

/* FNV-1a. */
static uint64_t hash_more(uint64_t hash, const str *text)
{
	int at;

	for(at = 0; at < text->len; at++)
		hash = (hash ^ (unsigned char)text->s[at]) * 0x100000001b3;
	return hash;
}

static uint64_t hash_message(struct sip_msg *msg)
{
	uint64_t hash = 0xcbf29ce484222325;

	if(msg->via1 && msg->via1->branch)
		hash = hash_more(hash, &msg->via1->branch->value);
	/* These two are set even if a later header cannot be parsed. */
	parse_headers(msg, HDR_CALLID_F | HDR_CSEQ_F, 0);
	if(msg->callid)
		hash = hash_more(hash, &msg->callid->body);
	if(msg->cseq)
		hash = hash_more(hash, &msg->cseq->body);
	return hash;
}

static void remember(struct sip_msg *msg, const nol_result *result)
{
	last.id = msg->id;
	last.hash = hash_message(msg);
	memcpy(&last.result, result, offsetof(nol_result, bytes) + result->used);
}

/* The last decision of this process, if it was about this message, or NULL. */
static const nol_result *remembered(struct sip_msg *msg)
{
	int is_it = last.result.rc != 0 && last.id == msg->id && last.hash == hash_message(msg);

	return is_it ? &last.result : NULL;
}

static str text_of(const nol_result *result, nol_text text)
{
	return (str){(char *)result->bytes + text.at, text.len};
}

int nol_earlier_rc(struct sip_msg *msg)
{
	int rc = nol_stored_rc();
	const nol_result *result = rc == 0 ? remembered(msg) : NULL;

	return result ? result->rc : rc;
}

void nol_keep(struct sip_msg *msg, const nol_result *result)
{
	static time_t logged;

	remember(msg, result);
	/* At most once a second in each process: many calls fail at a time. */
	if(nol_write_avps(result) < 0 && nol_is_new_second(&logged))
		LM_ERR("out of shared memory: calls have no $avp(nol_...); numbers_online_reply() answers them all the same\n");
}

int nol_conclude(struct sip_msg *msg, const nol_result *result)
{
	nol_count(result, nol_raise_counter);
	/* This may run a route, and that route may make other decisions. Hence before nol_keep(). */
	if(result->state.len)
		nol_raise_state(result);
	nol_keep(msg, result);
	return result->rc;
}

/* Warns at start of a roll-out whose audit lines the server's log level leaves out. */
static void check_audit_level(int shadow, int enforce_percent)
{
	if((shadow || enforce_percent < 100) && !is_printable(L_NOTICE))
		LM_WARN("the log leaves out notices, and with them the audit lines about calls that would be blocked\n");
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
	int rc = nol_earlier_rc(msg);

	nol_refuse_profile(profile);
	if(rc != 0)
		return rc;
	nol_read(msg, &call);
	nol_decide(&call, &result);
	return nol_conclude(msg, &result);
}

static int is_initial_invite(struct sip_msg *msg)
{
	if(msg->first_line.type != SIP_REQUEST || msg->REQ_METHOD != METHOD_INVITE)
		return 0;
	/* A To that cannot be parsed counts as one without a tag. */
	parse_headers(msg, HDR_TO_F, 0);
	return !msg->to || !msg->to->parsed || get_to(msg)->tag_value.len <= 0;
}

/* The reply of the decision, with the changes that the script made to its AVPs. Without a decision, the reply of an allow. */
static void find_reply(struct sip_msg *msg, nol_final *final)
{
	const nol_result *result = remembered(msg);

	final->code = nol_stored_code();
	final->phrase = nol_stored_phrase();
	final->contact = nol_stored_contact();
	if(nol_stored_rc() != 0)
		return;
	if(final->code == 0)
		final->code = result ? result->code : nol_allow_code();
	if(final->phrase.len <= 0)
		final->phrase = result ? text_of(result, result->phrase) : nol_allow_phrase();
	if(final->contact.len <= 0 && result)
		final->contact = text_of(result, result->contact);
}

int nol_reply_refused(struct sip_msg *msg, int has_sender, const char *sender, nol_final *final)
{
	int rc = nol_earlier_rc(msg);

	if(msg->REQ_METHOD == METHOD_ACK || !nol_reply_due(rc) || (rc == 0 && !is_initial_invite(msg)))
		return NOL_REPLY_NONE;
	if(!has_sender) {
		LM_ERR("numbers_online_reply() needs the module %s: load it\n", sender);
		return NOL_REPLY_FAILED;
	}
	find_reply(msg, final);
	if(!nol_is_refusal(final->code) || final->phrase.len <= 0) {
		LM_ERR("numbers_online_reply(): $avp(nol_code) is no final reply, or $avp(nol_phrase) is empty: leave them as they are\n");
		return NOL_REPLY_FAILED;
	}
	return 0;
}

#endif
