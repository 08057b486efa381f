/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The handling of one call, common to all servers. host.h declares it. Included in one file of each module, after all other headers. */
#ifndef NOL_HOST_CALL_H
#define NOL_HOST_CALL_H

#include <stdio.h>

/* What is behind the first line of a request. The library searches it for headers, because the server stops at a bad line. */
static nol_str header_section(const struct sip_msg *msg)
{
	const str *version = &msg->first_line.u.request.version;
	const char *at = version->s + version->len, *end = msg->buf + msg->len;

	if(!version->s || at < msg->buf || at >= end)
		return (nol_str){NULL, 0};
	at = memchr(at, '\n', (size_t)(end - at));
	return at ? (nol_str){at + 1, (size_t)(end - at - 1)} : (nol_str){NULL, 0};
}

void nol_read(struct sip_msg *msg, const str *profile, nol_call *call)
{
	memset(call, 0, sizeof(*call));
	if(msg->first_line.type == SIP_REQUEST) {
		call->method = lend(&msg->first_line.u.request.method);
		call->request_uri = lend(&msg->first_line.u.request.uri);
		call->next_uri = lend(&msg->new_uri);
		call->head = header_section(msg);
	}
	if(profile)
		call->profile = lend(profile);
	call->source = (nol_str){(const char *)msg->rcv.src_ip.u.addr, msg->rcv.src_ip.len};
	/* What cannot be parsed stays empty. */
	if(parse_headers(msg, HDR_CALLID_F | HDR_TO_F, 0) != 0)
		return;
	if(msg->callid)
		call->call_id = lend(&msg->callid->body);
	if(msg->to && msg->to->parsed)
		call->to_tag = lend(&get_to(msg)->tag_value);
}

size_t nol_copy_text(const str *text, char *to, size_t room)
{
	size_t len = lend(text).len;

	if(len > room)
		return 0;
	memcpy(to, text->s, len);
	return len;
}

size_t nol_copy_number(long number, char *to, size_t room)
{
	int len = snprintf(to, room, "%ld", number);

	return len > 0 && (size_t)len < room ? (size_t)len : 0;
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

int nol_check_profile(const char *function, const str *profile)
{
	if(nol_has_profile(lend(profile)))
		return 0;
	LM_ERR("%s(): there is no profile \"%.*s\": allowed are the names that the parameter profile gives\n", function, profile->len,
			profile->s);
	return -1;
}

int nol_decide_now(struct sip_msg *msg, str *profile)
{
	nol_call call;
	nol_result result;
	int rc = nol_earlier_rc(msg);

	if(rc != 0)
		return rc;
	nol_read(msg, profile, &call);
	nol_decide(&call, &result);
	return nol_conclude(msg, &result);
}

/* The profile that decided. */
static nol_str decided_by(struct sip_msg *msg)
{
	const nol_result *result = nol_stored_rc() == 0 ? remembered(msg) : NULL;
	str profile = result ? text_of(result, result->profile) : nol_stored_profile();

	return lend(&profile);
}

static int is_initial_invite(struct sip_msg *msg)
{
	if(msg->first_line.type != SIP_REQUEST || msg->REQ_METHOD != METHOD_INVITE)
		return 0;
	/* A To that cannot be parsed counts as one without a tag. */
	parse_headers(msg, HDR_TO_F, 0);
	return !msg->to || !msg->to->parsed || get_to(msg)->tag_value.len <= 0;
}

static int begins_with(const str *text, const char *start)
{
	return text->len >= (int)strlen(start) && memcmp(text->s, start, strlen(start)) == 0;
}

/* Whether a text can stand in a header line. The script may have changed it. */
static int is_one_line(const str *text)
{
	int at;

	for(at = 0; at < text->len; at++) {
		if((unsigned char)text->s[at] < ' ')
			return 0;
	}
	return text->len > 0;
}

#define CAUSE "SIP;cause="
#define CAUSE_LEN ((int)sizeof(CAUSE) - 1)

void nol_find_reason(nol_final *final, const nol_result *result, str decided)
{
	/* The decision's text, behind the cause. */
	str tail = {NULL, 0};
	char cause[32];
	int is_analytics, len;

	snprintf(cause, sizeof(cause), CAUSE "%d;", final->code);
	final->reason = tail;
	if(decided.len > CAUSE_LEN + 3 && is_one_line(&decided) && begins_with(&decided, CAUSE))
		tail = (str){decided.s + CAUSE_LEN + 3, decided.len - CAUSE_LEN - 3};
	is_analytics = begins_with(&tail, ";text=\"v=analytics1;");
	if(tail.len > 0 && begins_with(&decided, cause)
			&& (!is_analytics || (final->phrase.len == 15 && memcmp(final->phrase.s, "Network Blocked", 15) == 0))) {
		final->reason = decided;
		return;
	}
	/* The script changed the reply. */
	if(result && result->why.len > 0)
		len = snprintf(final->text, sizeof(final->text), "%stext=\"%.*s\"", cause, result->why.len, result->bytes + result->why.at);
	else if(tail.len > 0 && !is_analytics)
		len = snprintf(final->text, sizeof(final->text), "%s%.*s", cause, tail.len - 1, tail.s + 1);
	else
		return;
	if(len > 0 && len < (int)sizeof(final->text))
		final->reason = (str){final->text, len};
}

/* The reply to a call without a decision. */
static void explain_nothing(nol_final *final)
{
	final->reason = (str){final->text, 0};
	if(nol_is_explained())
		final->reason.len = snprintf(final->text, sizeof(final->text), CAUSE "%d;text=\"decision=none\"", final->code);
}

/* The reply of the decision, with the changes that the script made to its AVPs. Without a decision, the reply of an allow. */
static void find_reply(struct sip_msg *msg, nol_final *final)
{
	const nol_result *result = remembered(msg);
	const nol_str none = {NULL, 0};
	str reason = nol_stored_reason();

	final->code = nol_stored_code();
	final->phrase = nol_stored_phrase();
	final->contact = nol_stored_contact();
	if(nol_stored_rc() == 0) {
		if(final->code == 0)
			final->code = result ? result->code : nol_allow_code(none);
		if(final->phrase.len <= 0)
			final->phrase = result ? text_of(result, result->phrase) : nol_allow_phrase(none);
		if(final->contact.len <= 0 && result)
			final->contact = text_of(result, result->contact);
		if(!result) {
			explain_nothing(final);
			return;
		}
	}
	if(reason.len <= 0 && result)
		reason = text_of(result, result->reply_reason);
	nol_find_reason(final, result, reason);
}

/* Why what the script wrote cannot be sent, or NULL. */
static const char *find_fault(const nol_final *final)
{
	if(!nol_is_refusal(final->code))
		return "$avp(nol_code) is no number from 300 to 699";
	if(!is_one_line(&final->phrase))
		return "$avp(nol_phrase) is empty or has a control character";
	if(final->code < 400 && !nol_is_contact(lend(&final->contact)))
		return "$avp(nol_contact) is no sip:, sips: or tel: URI with a usable host and port, which a redirection needs";
	return NULL;
}

/*
 * The reply of the decision, without the changes of the script. If this process does not remember the decision, the reply that most
 * decisions with this return code have; the target of a redirection is not known then, and the call is allowed.
 */
static void find_own_reply(struct sip_msg *msg, int rc, nol_final *final)
{
	static char decline[] = "Decline", blocked[] = "Network Blocked";
	const nol_result *result = remembered(msg);
	const nol_str profile = decided_by(msg);
	str reason = nol_stored_reason();

	final->contact = (str){NULL, 0};
	if(result) {
		final->code = result->code;
		final->phrase = text_of(result, result->phrase);
		final->contact = text_of(result, result->contact);
	} else if(rc < 0) {
		int is_analytics = begins_with(&reason, CAUSE "603;text=\"v=analytics1;");

		final->code = 603;
		final->phrase = is_analytics ? (str){blocked, sizeof(blocked) - 1} : (str){decline, sizeof(decline) - 1};
	} else {
		final->code = nol_allow_code(profile);
		final->phrase = nol_allow_phrase(profile);
	}
	nol_find_reason(final, result, reason);
}

int nol_reply_refused(struct sip_msg *msg, int has_sender, const char *sender, nol_final *final)
{
	int rc = nol_earlier_rc(msg);
	const char *fault;

	if(msg->REQ_METHOD == METHOD_ACK || !nol_reply_due(rc, decided_by(msg)) || (rc == 0 && !is_initial_invite(msg)))
		return NOL_REPLY_NONE;
	if(!has_sender) {
		LM_ERR("numbers_online_reply() needs the module %s: load it\n", sender);
		return NOL_REPLY_FAILED;
	}
	find_reply(msg, final);
	fault = find_fault(final);
	if(fault) {
		LM_ERR("numbers_online_reply(): %s; the reply of the decision is sent\n", fault);
		find_own_reply(msg, rc, final);
	}
	return 0;
}

int nol_network_blocked(struct sip_msg *msg)
{
	static time_t logged;
	/* In a failure route the message is the request. */
	const struct sip_msg *reply = msg->first_line.type == SIP_REPLY ? msg : nol_failed_reply();
	nol_blocked blocked;
	int is_blocked = reply && nol_is_network_blocked((nol_str){reply->buf, reply->len}, &blocked);

	if(nol_write_blocked(is_blocked ? &blocked : NULL) < 0 && nol_is_new_second(&logged))
		LM_ERR("out of shared memory: no $avp(nol_nb_...) of a call that a network further on blocked\n");
	return is_blocked ? 1 : -1;
}

#endif
