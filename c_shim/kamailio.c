/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module for Kamailio, 5.6 and later: translates between its structures and ours. */
#include <string.h>

#include "core/counters.h"
#include "core/dprint.h"
#include "core/fmsg.h"
#include "core/kemi.h"
#include "core/parser/parse_from.h"
#include "core/parser/parse_to.h"
#include "core/route.h"
#include "core/rpc.h"
#include "core/rpc_lookup.h"
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

static void add(const char *name, int len, avp_flags_t kind, int_str value)
{
	int_str key;

	memset(&key, 0, sizeof(key));
	key.s.s = (char *)name;
	key.s.len = len;
	if(add_avp(AVP_NAME_STR | kind, key, value) < 0)
		LM_ERR("cannot write $avp(%s): out of memory\n", name);
}

static void write_INT(const char *name, int len, const nol_result *result, int32_t number)
{
	int_str value;

	(void)result;
	memset(&value, 0, sizeof(value));
	value.n = number;
	add(name, len, 0, value);
}

static void write_TEXT(const char *name, int len, const nol_result *result, nol_text text)
{
	int_str value;

	memset(&value, 0, sizeof(value));
	value.s.s = (char *)result->bytes + text.at;
	value.s.len = text.len;
	add(name, len, AVP_VAL_STR, value);
}

/*
 * add_avp() stacks, so what the script may have written under our names goes first. One look at the list, which is mostly
 * short here, costs less than a search for each name.
 */
static void remove_avps(void)
{
	static const char prefix[] = "nol_";
	avp_t *avp, *next;

	for(avp = get_avp_list(AVP_TRACK_FROM | AVP_CLASS_URI); avp; avp = next) {
		str *name = get_avp_name(avp);

		next = avp->next;
		if(name && name->len > (int)sizeof(prefix) && memcmp(name->s, prefix, sizeof(prefix) - 1) == 0)
			destroy_avp(avp);
	}
}

static void write_avps(const nol_result *result)
{
#define PLACE(kind, name) PLACE_##name,
	enum { NOL_AVPS(PLACE) PLACES };

	remove_avps();
#define WRITE(kind, name) \
	if(nol_wants(PLACE_##name)) \
		write_##kind("nol_" #name, sizeof("nol_" #name) - 1, result, result->name);
	NOL_AVPS(WRITE)
	(void)PLACES;
}

/* Statistics: each process counts for itself, and Kamailio adds up. */
static counter_handle_t counters[NOL_COUNTER_TOTAL];

static int register_counters(void)
{
#define COUNTER(name, about) {#name, about},
	static const struct {
		const char *name, *about;
	} known[] = {NOL_COUNTERS(COUNTER)};
	int i;

	for(i = 0; i < NOL_COUNTER_TOTAL; i++) {
		if(counter_register(&counters[i], "numbers_online", known[i].name, 0, 0, 0, known[i].about, 0) < 0)
			return -1;
	}
	return 0;
}

static void count(const nol_result *result)
{
	int word;

	for(word = 0; word < NOL_COUNTED_WORDS; word++) {
		uint64_t left;

		for(left = result->counted[word]; left; left &= left - 1)
			counter_inc(counters[64 * word + __builtin_ctzll(left)]);
	}
}

/* event_route[numbers_online:state]: $avp(nol_state) names the change. */
static str state_event = str_init("numbers_online:state");

/* Its number; routes have names only until the server runs. -1 if there is none. */
static int state_route = -1;

/*
 * Up to now Kamailio's lexer has no underscore in the first part of an event route's name: it writes "numbers_" to standard
 * output and calls the route by the rest.
 */
static void find_state_route(void)
{
	state_route = route_lookup(&event_rt, state_event.s);
	if(state_route < 0)
		state_route = route_lookup(&event_rt, "online:state");
	if(state_route >= 0 && !event_rt.rlist[state_route])
		state_route = -1;
}

static void raise_state(const nol_result *result)
{
	static const char name[] = "nol_state";
	sip_msg_t *msg = faked_msg_next();
	int before = get_route_type();
	avp_list_t *kept, none = NULL;
	sr_kemi_eng_t *engine = sr_kemi_eng_get();
	run_act_ctx_t ctx;

	if(!msg || (!engine && state_route < 0))
		return;
	/* The route has AVPs of its own; those of the call stay out of its reach. */
	kept = set_avp_list(AVP_TRACK_FROM | AVP_CLASS_URI, &none);
	write_TEXT(name, sizeof(name) - 1, result, result->state);
	set_route_type(EVENT_ROUTE);
	init_run_actions_ctx(&ctx);
	if(engine) {
		if(kemi_event_route_callback.len > 0)
			sr_kemi_route(engine, msg, EVENT_ROUTE, &kemi_event_route_callback, &state_event);
	} else {
		run_top_route(event_rt.rlist[state_route], msg, &ctx);
	}
	set_route_type(before);
	destroy_avp_list(&none);
	set_avp_list(AVP_TRACK_FROM | AVP_CLASS_URI, kept);
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
	count(&result);
	if(result.state.len)
		raise_state(&result);
	return rc;
}

/* KEMI has no optional parameters; profiles are not there yet. */
static int ki_decide_profile(sip_msg_t *msg, str *profile)
{
	if(profile && profile->len > 0)
		LM_ERR("there is no profile \"%.*s\"; the call is decided without one\n", profile->len, profile->s);
	return ki_decide(msg);
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

/* clang-format off */
static sr_kemi_t kemi[] = {
	{str_init("numbers_online"), str_init("decide"), SR_KEMIP_INT, ki_decide_profile,
		{SR_KEMIP_STR, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE}},
	{{0, 0}, {0, 0}, 0, NULL, {0, 0, 0, 0, 0, 0}}
};
/* clang-format on */

int mod_register(char *path, int *dlflags, void *p1, void *p2)
{
	(void)path;
	(void)dlflags;
	(void)p1;
	(void)p2;
	return sr_kemi_modules_add(kemi);
}

/* RPC */
typedef struct answer {
	rpc_t *rpc;
	void *ctx;
	void *fields; /* made for the first line */
	int failed;
} answer_t;

static void emit(void *to, const char *name, nol_str text, int64_t number)
{
	answer_t *answer = to;
	str value = {(char *)text.s, (int)text.len};

	if(strcmp(name, "error") == 0) {
		answer->rpc->fault(answer->ctx, 400, "%.*s", value.len, value.s);
		answer->failed = 1;
		return;
	}
	if(!answer->fields && answer->rpc->add(answer->ctx, "{", &answer->fields) < 0)
		return;
	if(text.s)
		answer->rpc->struct_add(answer->fields, "S", name, &value);
	else
		answer->rpc->struct_add(answer->fields, "d", name, (int)number);
}

static void run(rpc_t *rpc, void *ctx, nol_command command, const char *format)
{
	answer_t answer = {rpc, ctx, NULL, 0};
	str argument = {NULL, 0};

	/* Without an argument, the command says what is allowed. An argument that is not there may still be written to. */
	if(format && rpc->scan(ctx, (char *)format, &argument) < 1)
		argument.len = 0;
	if(nol_command_run(command, lend(&argument), emit, &answer) < 0 && !answer.failed)
		rpc->fault(ctx, 500, "Internal error");
}

#define RPC(name, command, format, about) \
	static void rpc_##name(rpc_t *rpc, void *ctx) \
	{ \
		run(rpc, ctx, command, format); \
	} \
	static const char *rpc_##name##_doc[] = {about, 0};
RPC(status, NOL_STATUS, NULL, "Key, breakers, latches, cache and clock.")
RPC(check, NOL_CHECK, "*.S", "A real decision about a number (+ and digits). It is billed like a call.")
RPC(probe, NOL_PROBE, NULL, "Whether the API is reachable, and how long each phase takes. No key, no charge.")
RPC(cache_stats, NOL_CACHE_STATS, NULL, "How full the cache is.")
RPC(cache_purge, NOL_CACHE_PURGE, "*.S", "Forgets a number, or without one all of them.")
RPC(breaker, NOL_BREAKER, "*.S", "auto, open (no requests) or closed (requests whatever happens).")
RPC(reload, NOL_RELOAD, NULL, "Reads keys and certificates again, in all processes. Nothing changes if one cannot be used.")

static const char *rpc_stats_doc[] = {"All statistics of the module.", 0};

static void rpc_stats(rpc_t *rpc, void *ctx)
{
	void *fields;
	int i;

	if(rpc->add(ctx, "{", &fields) < 0)
		return;
	for(i = 0; i < NOL_COUNTER_TOTAL; i++)
		rpc->struct_add(fields, "d", counter_get_name(counters[i]), (int)counter_get_val(counters[i]));
}

#define RPC_ROW(name) {"numbers_online." #name, rpc_##name, rpc_##name##_doc, 0},
static rpc_export_t rpc_commands[] = {RPC_ROW(status) RPC_ROW(stats) RPC_ROW(check) RPC_ROW(probe) RPC_ROW(cache_purge)
				RPC_ROW(cache_stats) RPC_ROW(breaker) RPC_ROW(reload) {0, 0, 0, 0}};

static int mod_init(void)
{
	static const nol_host host = {.log = host_log};
#define GIVEN_STR(value) lend(&value)
#define GIVEN_INT(value) value
#define GIVEN(kind, name, initial) .name = GIVEN_##kind(given.name),
	nol_params params = {NOL_PARAMS(GIVEN)};

	if(rpc_register_array(rpc_commands) != 0 || register_counters() < 0 || faked_msg_init() < 0) {
		LM_ERR("cannot register commands and statistics\n");
		return -1;
	}
	find_state_route();
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
