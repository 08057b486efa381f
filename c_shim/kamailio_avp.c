/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results for the routing script: AVPs, and the event route of a change of state. */
#include <string.h>

#include "core/action.h"
#include "core/dprint.h"
#include "core/fmsg.h"
#include "core/kemi.h"
#include "core/route.h"
#include "core/usr_avp.h"

#include "avps.h"
#include "kamailio.h"

/* 0, or -1: out of memory. */
static int add(const char *name, int len, avp_flags_t kind, int_str value)
{
	int_str key;

	memset(&key, 0, sizeof(key));
	key.s.s = (char *)name;
	key.s.len = len;
	return add_avp(AVP_NAME_STR | kind, key, value) < 0 ? -1 : 0;
}

static int write_INT(const char *name, int len, const nol_result *result, int32_t number)
{
	int_str value;

	(void)result;
	memset(&value, 0, sizeof(value));
	value.n = number;
	return add(name, len, 0, value);
}

static int write_TEXT(const char *name, int len, const nol_result *result, nol_text text)
{
	int_str value;

	memset(&value, 0, sizeof(value));
	value.s.s = (char *)result->bytes + text.at;
	value.s.len = text.len;
	return add(name, len, AVP_VAL_STR, value);
}

/*
 * Removes the AVPs that the script or an earlier call wrote, because add_avp() adds a second value. The list is mostly short, so
 * one pass over it costs less than a search for each name.
 */
static void remove_avps(const char *prefix)
{
	int len = (int)strlen(prefix);
	avp_t *avp, *next;

	for(avp = get_avp_list(AVP_TRACK_FROM | AVP_CLASS_URI); avp; avp = next) {
		str *name = get_avp_name(avp);

		next = avp->next;
		if(name && name->len > len && memcmp(name->s, prefix, len) == 0)
			destroy_avp(avp);
	}
}

static int add_all(const nol_result *result)
{
#define PLACE(kind, name) PLACE_##name,
	enum { NOL_AVPS(PLACE) PLACES };

#define WRITE(kind, name) \
	if(nol_wants(PLACE_##name, result) && write_##kind("nol_" #name, sizeof("nol_" #name) - 1, result, result->name) < 0) \
		return -1;
	NOL_AVPS(WRITE)
	(void)PLACES;
	return 0;
}

int nol_write_avps(const nol_result *result)
{
	remove_avps("nol_");
	/* The core logs a line for each AVP that it has no memory for. */
	if(shm_available() < 2 * sizeof(nol_result))
		return -1;
	if(add_all(result) == 0)
		return 0;
	remove_avps("nol_");
	return -1;
}

static int add_blocked(const nol_blocked *blocked)
{
	int_str value;

	memset(&value, 0, sizeof(value));
#define WRITE_BLOCKED(name) \
	value.s = (str){(char *)blocked->name.s, (int)blocked->name.len}; \
	if(add("nol_" #name, sizeof("nol_" #name) - 1, AVP_VAL_STR, value) < 0) \
		return -1;
	NOL_BLOCKED_AVPS(WRITE_BLOCKED)
	return 0;
}

int nol_write_blocked(const nol_blocked *blocked)
{
	remove_avps("nol_nb_");
	if(!blocked || (nol_has_shm(sizeof(nol_result)) && add_blocked(blocked) == 0))
		return 0;
	remove_avps("nol_nb_");
	return -1;
}

static int stored_number(const char *name)
{
	int_str key = {.s = {(char *)name, (int)strlen(name)}};
	int_str value;
	avp_t *avp = search_first_avp(AVP_NAME_STR, key, &value, NULL);

	return avp && !is_avp_str_val(avp) ? (int)value.n : 0;
}

static str stored_text(const char *name)
{
	int_str key = {.s = {(char *)name, (int)strlen(name)}};
	int_str value;
	avp_t *avp = search_first_avp(AVP_NAME_STR, key, &value, NULL);

	return avp && is_avp_str_val(avp) ? value.s : (str){NULL, 0};
}

size_t nol_avp(nol_str name, char *to, size_t room)
{
	int_str key = {.s = {(char *)name.s, (int)name.len}};
	int_str value;
	avp_t *avp = search_first_avp(AVP_NAME_STR, key, &value, NULL);

	if(!avp)
		return 0;
	return is_avp_str_val(avp) ? nol_copy_text(&value.s, to, room) : nol_copy_number((long)value.n, to, room);
}

int nol_stored_rc(void)
{
	return stored_number("nol_rc");
}

int nol_stored_code(void)
{
	return stored_number("nol_code");
}

str nol_stored_phrase(void)
{
	return stored_text("nol_phrase");
}

str nol_stored_contact(void)
{
	return stored_text("nol_contact");
}

str nol_stored_profile(void)
{
	return stored_text("nol_profile");
}

str nol_stored_reason(void)
{
	return stored_text("nol_reply_reason");
}

/* event_route[numbers_online:state]: $avp(nol_state) names the change. */
static str state_event = str_init("numbers_online:state");

/* The index of the event route, or -1. It can be looked up by name only until the server runs. */
static int state_route = -1;

/*
 * Kamailio's lexer accepts no underscore in the first part of an event route's name. It writes "numbers_" to standard output and
 * uses the rest as the name of the route.
 */
void nol_find_state_route(void)
{
	state_route = route_lookup(&event_rt, state_event.s);
	if(state_route < 0)
		state_route = route_lookup(&event_rt, "online:state");
	if(state_route >= 0 && !event_rt.rlist[state_route])
		state_route = -1;
}

void nol_raise_state(const nol_result *result)
{
	static const char name[] = "nol_state";
	sip_msg_t *msg = faked_msg_next();
	int before = get_route_type();
	avp_list_t *kept, none = NULL;
	sr_kemi_eng_t *engine = sr_kemi_eng_get();
	run_act_ctx_t ctx;

	if(!msg || (!engine && state_route < 0))
		return;
	/* The route gets its own AVP list. It cannot access the AVPs of the call. */
	kept = set_avp_list(AVP_TRACK_FROM | AVP_CLASS_URI, &none);
	if(write_TEXT(name, sizeof(name) - 1, result, result->state) < 0)
		LM_ERR("out of shared memory: event_route[numbers_online:state] has no $avp(nol_state)\n");
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
