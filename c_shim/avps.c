/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "avps.h"

/* The names of the AVPs in the order of NOL_AVPS, then NULL. */
#define AVP_NAME(kind, name) "nol_" #name,
static const char *const avp_names[] = {NOL_AVPS(AVP_NAME) NULL};

/* The AVPs to write: bit n for the n-th. */
static uint64_t wanted;

static uint64_t avp_bit(const char *name, size_t len)
{
	int place;

	for(place = 0; avp_names[place]; place++) {
		if(strlen(avp_names[place]) == len && memcmp(avp_names[place], name, len) == 0)
			return (uint64_t)1 << place;
	}
	return 0;
}

/* The AVPs of a list of names, separated by spaces or commas. 0 if the list is empty or has an unknown name. */
static uint64_t avp_bits(nol_str list)
{
	uint64_t bits = 0;
	size_t at = 0, start;

	while(at < list.len) {
		for(start = at; at < list.len && list.s[at] != ' ' && list.s[at] != ','; at++)
			;
		if(at > start) {
			uint64_t bit = avp_bit(list.s + start, at - start);

			if(!bit)
				return 0;
			bits |= bit;
		}
		at++;
	}
	return bits;
}

static uint64_t parse_avps(nol_str avps)
{
	if(nol_str_is(avps, "all"))
		return UINT64_MAX;
	if(nol_str_is(avps, "core"))
		return avp_bits((nol_str){NOL_CORE_AVPS, sizeof(NOL_CORE_AVPS) - 1});
	return avp_bits(avps);
}

int nol_choose_avps(nol_str list)
{
	uint64_t chosen = parse_avps(list);

	/* The module itself reads $avp(nol_rc) to see whether there was a decision. */
	wanted = chosen | avp_bits((nol_str){NOL_REPLY_AVPS, sizeof(NOL_REPLY_AVPS) - 1});
	return chosen ? 0 : -1;
}

int nol_wants(int place, const nol_result *result)
{
#define AVP_PLACE(kind, name) AVP_##name,
	enum { NOL_AVPS(AVP_PLACE) AVPS };

	(void)AVPS;
	/* A 603+ needs its Reason header in any process, and a reply the mode of its profile. */
	return ((wanted >> place) & 1) || (place == AVP_reply_reason && result->rc < 0)
		   || (place == AVP_profile && result->profile.len > 0);
}
