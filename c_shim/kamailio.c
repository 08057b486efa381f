/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module for Kamailio, 5.6 and later: translates between its structures and ours. */
#include <string.h>

#include "core/dprint.h"
#include "core/parser/parse_from.h"
#include "core/parser/parse_to.h"
#include "core/sr_module.h"
#include "core/usr_avp.h"

#include "shim.h"

MODULE_VERSION

/* Parameters as modparam() writes them. */
#define FIELD_STR str
#define FIELD_INT int
#define FIELD(kind, name, initial) FIELD_##kind name;
#define INITIAL_STR(text) STR_STATIC_INIT(text)
#define INITIAL_INT(number) number
#define INITIAL(kind, name, initial) .name = INITIAL_##kind(initial),
static struct {
	NOL_PARAMS(FIELD)
} given = {NOL_PARAMS(INITIAL)};

#define ROW(kind, name, initial) {#name, PARAM_##kind, &given.name},
static param_export_t params[] = {NOL_PARAMS(ROW) {0, 0, 0}};

static nol_str lend(const str *text)
{
	return (nol_str){text->s, text->len > 0 ? (size_t)text->len : 0};
}

static void host_log(nol_level level, nol_str line)
{
	int len = (int)line.len;

	switch(level) {
		case NOL_ERROR:
			LM_ERR("%.*s\n", len, line.s);
			break;
		case NOL_WARNING:
			LM_WARN("%.*s\n", len, line.s);
			break;
		case NOL_NOTICE:
			LM_NOTICE("%.*s\n", len, line.s);
			break;
		case NOL_INFO:
			LM_INFO("%.*s\n", len, line.s);
			break;
		default:
			LM_DBG("%.*s\n", len, line.s);
	}
}

/* AVPs. add_avp() stacks, so an old value goes first. */
static void write_avp(const char *name, int len, avp_flags_t kind, int_str value)
{
	int_str key;

	memset(&key, 0, sizeof(key));
	key.s.s = (char *)name;
	key.s.len = len;
	destroy_avps(AVP_NAME_STR, key, 1);
	if(add_avp(AVP_NAME_STR | kind, key, value) < 0)
		LM_ERR("cannot write $avp(%s): out of memory\n", name);
}

static void write_INT(const char *name, int len, const nol_result *result, int32_t number)
{
	int_str value;

	(void)result;
	memset(&value, 0, sizeof(value));
	value.n = number;
	write_avp(name, len, 0, value);
}

static void write_TEXT(const char *name, int len, const nol_result *result, nol_text text)
{
	int_str value;

	memset(&value, 0, sizeof(value));
	value.s.s = (char *)result->bytes + text.at;
	value.s.len = text.len;
	write_avp(name, len, AVP_VAL_STR, value);
}

static void write_avps(const nol_result *result)
{
#define WRITE(kind, name) write_##kind("nol_" #name, sizeof("nol_" #name) - 1, result, result->name);
	NOL_AVPS(WRITE)
}

/* What an earlier call of the function in this transaction returned; 0 if there was none. */
static int stored(void)
{
	int_str name = {.s = STR_STATIC_INIT("nol_rc")};
	int_str value;
	avp_t *avp = search_first_avp(AVP_NAME_STR, name, &value, NULL);

	return avp && !is_avp_str_val(avp) ? (int)value.n : 0;
}

static int ki_decide(sip_msg_t *msg)
{
	nol_call call = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
	nol_result result;
	int rc = stored();

	if(rc != 0)
		return rc;
	if(msg->first_line.type == SIP_REQUEST)
		call.method = lend(&msg->first_line.u.request.method);
	/* What cannot be parsed stays empty, and a call without a number is allowed. */
	if(parse_headers(msg, HDR_CALLID_F | HDR_FROM_F | HDR_TO_F, 0) == 0) {
		if(msg->callid)
			call.call_id = lend(&msg->callid->body);
		if(msg->to && msg->to->parsed)
			call.to_tag = lend(&get_to(msg)->tag_value);
		if(msg->from && parse_from_header(msg) == 0) {
			call.from_tag = lend(&get_from(msg)->tag_value);
			call.from_uri = lend(&get_from(msg)->uri);
		}
	}
	rc = nol_decide(&call, &result);
	write_avps(&result);
	return rc;
}

static int w_decide(sip_msg_t *msg, char *unused1, char *unused2)
{
	(void)unused1;
	(void)unused2;
	return ki_decide(msg);
}

#define EVERYWHERE (REQUEST_ROUTE | FAILURE_ROUTE | BRANCH_ROUTE | EVENT_ROUTE)
static cmd_export_t cmds[] = {
		{"numbers_online_decide", (cmd_function)w_decide, 0, 0, 0, EVERYWHERE},
		{0, 0, 0, 0, 0, 0}};

static int mod_init(void)
{
	static const nol_host host = {.log = host_log};
#define GIVEN_STR(value) lend(&value)
#define GIVEN_INT(value) value
#define GIVEN(kind, name, initial) .name = GIVEN_##kind(given.name),
	nol_params params = {NOL_PARAMS(GIVEN)};

	return nol_start(&host, &params);
}

/* Ranks above 0 are the processes that receive SIP. Others make their worker when they need one, if ever. */
static int child_init(int rank)
{
	if(rank > 0)
		nol_warm();
	return 0;
}

static void mod_destroy(void)
{
	nol_stop();
}

struct module_exports exports = {
		"numbers_online", /* name */
		DEFAULT_DLFLAGS,
		cmds,
		params,
		0, /* RPC */
		0, /* pseudo-variables */
		0, /* reply callback */
		mod_init,
		child_init,
		mod_destroy};
