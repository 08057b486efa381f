/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results for the routing script: AVPs, and the event of a change of state. */
#include <string.h>

#include "dprint.h"
#include "evi/evi_modules.h"
#include "evi/evi_params.h"
#include "usr_avp.h"

#include "avps.h"
#include "opensips.h"

#define PLACE(kind, name) PLACE_##name,
enum { NOL_AVPS(PLACE) PLACES };

/* The memory that all AVPs may need. */
#define AVPS_BYTES (NOL_RESULT_BYTES + PLACES * 128)

/* The server's numbers for the names of the AVPs. */
static int ids[PLACES];

/* The same for the AVPs of numbers_online_network_blocked(). */
#define BLOCKED_PLACE(name) PLACE_##name,
enum { NOL_BLOCKED_AVPS(BLOCKED_PLACE) BLOCKED_PLACES };
static int blocked_ids[BLOCKED_PLACES];

int nol_name_avps(void)
{
#define AVP_NAME(kind, name) "nol_" #name,
#define BLOCKED_NAME(name) "nol_" #name,
	static char *const names[PLACES] = {NOL_AVPS(AVP_NAME)};
	static char *const blocked_names[BLOCKED_PLACES] = {NOL_BLOCKED_AVPS(BLOCKED_NAME)};
	int place;

	for(place = 0; place < PLACES; place++) {
		str name = {names[place], (int)strlen(names[place])};

		if(parse_avp_spec(&name, &ids[place]) < 0)
			return -1;
	}
	for(place = 0; place < BLOCKED_PLACES; place++) {
		str name = {blocked_names[place], (int)strlen(blocked_names[place])};

		if(parse_avp_spec(&name, &blocked_ids[place]) < 0)
			return -1;
	}
	return 0;
}

/* 0, or -1: out of memory. */
static int write_INT(int place, const nol_result *result, int32_t number)
{
	(void)result;
	return add_avp(0, ids[place], (int_str){.n = number}) < 0 ? -1 : 0;
}

static int write_TEXT(int place, const nol_result *result, nol_text text)
{
	int_str value = {.s = {(char *)result->bytes + text.at, text.len}};

	return add_avp(AVP_VAL_STR, ids[place], value) < 0 ? -1 : 0;
}

static int is_among(int id, const int *list, int count)
{
	int place;

	for(place = 0; place < count; place++) {
		if(list[place] == id)
			return 1;
	}
	return 0;
}

/*
 * Removes the AVPs that the script or an earlier call wrote, because add_avp() adds a second value. The list is mostly short, so
 * one pass over it costs less than a search for each name.
 */
static void remove_avps(const int *ids_of, int count)
{
	struct usr_avp **list = get_avp_list();
	struct usr_avp *avp, *next;

	for(avp = list ? *list : NULL; avp; avp = next) {
		next = avp->next;
		if(is_among(avp->id, ids_of, count))
			destroy_avp(avp);
	}
}

static int add_all(const nol_result *result)
{
#define WRITE(kind, name) \
	if(nol_wants(PLACE_##name, result) && write_##kind(PLACE_##name, result, result->name) < 0) \
		return -1;
	NOL_AVPS(WRITE)
	return 0;
}

int nol_write_avps(const nol_result *result)
{
	remove_avps(ids, PLACES);
	if(!nol_has_shm(AVPS_BYTES))
		return -1;
	if(add_all(result) == 0)
		return 0;
	remove_avps(ids, PLACES);
	return -1;
}

static int add_blocked(const nol_blocked *blocked)
{
	int_str value;

#define WRITE_BLOCKED(name) \
	value.s = (str){(char *)blocked->name.s, (int)blocked->name.len}; \
	if(add_avp(AVP_VAL_STR, blocked_ids[PLACE_##name], value) < 0) \
		return -1;
	NOL_BLOCKED_AVPS(WRITE_BLOCKED)
	return 0;
}

int nol_write_blocked(const nol_blocked *blocked)
{
	remove_avps(blocked_ids, BLOCKED_PLACES);
	if(!blocked || (nol_has_shm(sizeof(nol_result)) && add_blocked(blocked) == 0))
		return 0;
	remove_avps(blocked_ids, BLOCKED_PLACES);
	return -1;
}

static int stored_number(int place)
{
	int_str value;
	struct usr_avp *avp = search_first_avp(0, ids[place], &value, NULL);

	return avp && !is_avp_str_val(avp) ? value.n : 0;
}

static str stored_text(int place)
{
	int_str value;
	struct usr_avp *avp = search_first_avp(0, ids[place], &value, NULL);

	return avp && is_avp_str_val(avp) ? value.s : (str){NULL, 0};
}

/* The server has registered the name before fork, so it is only looked up. */
size_t nol_avp(nol_str name, char *to, size_t room)
{
	str text = {(char *)name.s, (int)name.len};
	struct usr_avp *avp;
	int_str value;
	int id;

	if(parse_avp_spec(&text, &id) < 0)
		return 0;
	avp = search_first_avp(0, id, &value, NULL);
	if(!avp)
		return 0;
	return is_avp_str_val(avp) ? nol_copy_text(&value.s, to, room) : nol_copy_number(value.n, to, room);
}

int nol_stored_rc(void)
{
	return stored_number(PLACE_rc);
}

int nol_stored_code(void)
{
	return stored_number(PLACE_code);
}

str nol_stored_phrase(void)
{
	return stored_text(PLACE_phrase);
}

str nol_stored_contact(void)
{
	return stored_text(PLACE_contact);
}

str nol_stored_profile(void)
{
	return stored_text(PLACE_profile);
}

str nol_stored_reason(void)
{
	return stored_text(PLACE_reply_reason);
}

static event_id_t state_event = EVI_ERROR;

int nol_announce_event(void)
{
	static char text[] = "E_NUMBERS_ONLINE_STATE";
	str name = {text, sizeof(text) - 1};

	/* From 3.6 on, an event_route of that name registers the event. */
	state_event = evi_get_id(&name);
	if(state_event == EVI_ERROR)
		state_event = evi_publish_event(name);
	return state_event == EVI_ERROR ? -1 : 0;
}

void nol_raise_state(const nol_result *result)
{
	static char name[] = "state";
	str key = {name, sizeof(name) - 1};
	str state = {(char *)result->bytes + result->state.at, result->state.len};
	evi_params_p params;

	if(!evi_probe_event(state_event))
		return;
	params = evi_get_params();
	if(!params || evi_param_add_str(params, &key, &state) < 0) {
		LM_ERR("cannot raise E_NUMBERS_ONLINE_STATE: out of memory\n");
		if(params)
			evi_free_params(params);
		return;
	}
	/* evi_raise_event() frees the list. */
	if(evi_raise_event(state_event, params) < 0)
		LM_ERR("cannot raise E_NUMBERS_ONLINE_STATE\n");
}
