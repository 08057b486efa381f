/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module for Kamailio, 5.6 and later: translates between its structures and the library's. */
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "core/dprint.h"
#include "core/fmsg.h"
#include "core/kemi.h"
#include "core/parser/parse_to.h"
#include "core/sr_module.h"

#include "kamailio.h"

#include "host_call.h"
#include "host_params.h"

MODULE_VERSION

/* The parameters, in the types that modparam() writes. */
#define FIELD_STR str
#define FIELD_INT int
#define FIELD(kind, name, initial) FIELD_##kind name;
#define INITIAL_STR(text) STR_STATIC_INIT(text)
#define INITIAL_INT(number) number
#define INITIAL(kind, name, initial) .name = INITIAL_##kind(initial),
static struct {
	NOL_PARAMS(FIELD)
} given = {NOL_PARAMS(INITIAL)};

static int add_profile(modparam_t type, void *text)
{
	(void)type;
	return nol_add_profile(text);
}

#define OTHER_STR PARAM_INT
#define OTHER_INT PARAM_STRING
#define ROW(kind, name, initial) \
	{#name, PARAM_##kind, &given.name}, {#name, OTHER_##kind | PARAM_USE_FUNC, (void *)wrong_##name},
static param_export_t params[] = {
		NOL_PARAMS(ROW) {"profile", PARAM_STRING | PARAM_USE_FUNC, (void *)add_profile},
		{"profile", PARAM_INT | PARAM_USE_FUNC, (void *)wrong_profile}, {0, 0, 0}};

static int w_decide(sip_msg_t *msg, char *profile, char *unused)
{
	str name = nol_profile_name(msg, profile);

	(void)unused;
	return nol_decide_now(msg, &name);
}

static int w_reply(sip_msg_t *msg, char *unused1, char *unused2)
{
	(void)unused1;
	(void)unused2;
	return nol_reply(msg);
}

static int w_network_blocked(sip_msg_t *msg, char *unused1, char *unused2)
{
	(void)unused1;
	(void)unused2;
	return nol_network_blocked(msg);
}

/* When the script is read, a route that these call counts as a request route, and a branch failure route as an event route. */
#define AFTER_A_REPLY (REQUEST_ROUTE | ONREPLY_ROUTE | FAILURE_ROUTE | BRANCH_FAILURE_ROUTE | EVENT_ROUTE)
#define EVERYWHERE (REQUEST_ROUTE | FAILURE_ROUTE | BRANCH_ROUTE | EVENT_ROUTE)
static cmd_export_t cmds[] = {
		{"numbers_online_decide", (cmd_function)w_decide, 0, 0, 0, EVERYWHERE},
		{"numbers_online_decide", (cmd_function)w_decide, 1, nol_fixup_decide, 0, EVERYWHERE},
		{"numbers_online_decide_async", (cmd_function)nol_w_decide_async, 1, nol_fixup_decide_async, 0, REQUEST_ROUTE},
		{"numbers_online_decide_async", (cmd_function)nol_w_decide_async, 2, nol_fixup_decide_async, 0, REQUEST_ROUTE},
		{"numbers_online_reply", (cmd_function)w_reply, 0, 0, 0, REQUEST_ROUTE | FAILURE_ROUTE},
		{"numbers_online_network_blocked", (cmd_function)w_network_blocked, 0, 0, 0, AFTER_A_REPLY},
		{0, 0, 0, 0, 0, 0}};

/* clang-format off */
static sr_kemi_t kemi[] = {
	{str_init("numbers_online"), str_init("decide"), SR_KEMIP_INT, nol_decide_now,
		{SR_KEMIP_STR, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE}},
	{str_init("numbers_online"), str_init("decide_async"), SR_KEMIP_INT, nol_ki_decide_async,
		{SR_KEMIP_STR, SR_KEMIP_STR, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE}},
	{str_init("numbers_online"), str_init("reply"), SR_KEMIP_INT, nol_reply,
		{SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE}},
	{str_init("numbers_online"), str_init("network_blocked"), SR_KEMIP_INT, nol_network_blocked,
		{SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE}},
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

static int mod_init(void)
{
	static const nol_host host = {.log = nol_log_line, .is_logged = nol_log_has_level, .avp = nol_avp};
#define GIVEN_STR(value) lend(&value)
#define GIVEN_INT(value) value
#define GIVEN(kind, name, initial) .name = GIVEN_##kind(given.name),
	nol_params params = {NOL_PARAMS(GIVEN)};

	if(nol_register_rpc() < 0 || nol_register_counters() < 0 || faked_msg_init() < 0) {
		LM_ERR("cannot register commands and statistics\n");
		return -1;
	}
	nol_find_state_route();
	nol_find_reply_modules();
	if(nol_start(&host, &params) < 0)
		return -1;
	check_audit_level(given.shadow, given.enforce_percent);
	return nol_async_init() < 0 || nol_async_register() < 0 || nol_lookups_init() < 0 ? -1 : 0;
}

/* Ranks above 0 are the processes that receive SIP. Other processes make a worker on first use. */
static int child_init(int rank)
{
	if(rank > 0)
		nol_warm();
	if(rank == PROC_INIT)
		return nol_check_limits(nol_longest_timeout(), given.async_lookups, given.async_queue);
	return rank == PROC_MAIN ? nol_lookups_start() : 0;
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
