/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module for OpenSIPS, 3.4.3 and later: translates between its structures and the library's. */
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "dprint.h"
#include "parser/parse_to.h"
#include "route.h"
#include "sr_module.h"
#include "str.h"

#include "host_log.h"
#include "opensips.h"

#include "host_call.h"
#include "host_params.h"

/* The parameters, in the types that modparam() writes. */
#define FIELD_STR char *
#define FIELD_INT int
#define FIELD(kind, name, initial) FIELD_##kind name;
#define INITIAL(kind, name, initial) .name = initial,
static struct {
	NOL_PARAMS(FIELD)
} given = {NOL_PARAMS(INITIAL)};

static int add_profile(modparam_t type, void *text)
{
	(void)type;
	return nol_add_profile(text);
}

#define OTHER_STR INT_PARAM
#define OTHER_INT STR_PARAM
#define ROW(kind, name, initial) \
	{#name, kind##_PARAM, &given.name}, {#name, OTHER_##kind | USE_FUNC_PARAM, (void *)wrong_##name},
static param_export_t params[] = {
		NOL_PARAMS(ROW) {"profile", STR_PARAM | USE_FUNC_PARAM, (void *)add_profile},
		{"profile", INT_PARAM | USE_FUNC_PARAM, (void *)wrong_profile}, {0, 0, 0}};

/* The server calls every function with the maximal number of arguments. */
#define FUNCTION(name) (cmd_function)(void (*)(void))name
#define ASYNC_FUNCTION(name) (acmd_function)(void (*)(void))name
/*
 * A string that this module expands. For a bare variable that is not set the server would not call the function and continue with the
 * return code -1, which means a block: so it must refuse bare variables at start.
 */
#define PROFILE \
	{{CMD_PARAM_STR | CMD_PARAM_OPT | CMD_PARAM_NO_EXPAND | CMD_PARAM_STATIC, nol_fixup_profile, nol_free_profile}, {0, 0, 0}}

static int decide(struct sip_msg *msg, const nol_argument *profile)
{
	str name = nol_profile_name(msg, profile);

	return nol_decide_now(msg, &name);
}

/* When the script is read, a route that these call counts as a request route. */
#define AFTER_A_REPLY (REQUEST_ROUTE | ONREPLY_ROUTE | FAILURE_ROUTE)
#define EVERYWHERE (REQUEST_ROUTE | FAILURE_ROUTE | BRANCH_ROUTE | EVENT_ROUTE)
static cmd_export_t cmds[] = {
		{"numbers_online_decide", FUNCTION(decide), PROFILE, EVERYWHERE},
		{"numbers_online_reply", FUNCTION(nol_reply), {{0, 0, 0}}, REQUEST_ROUTE | FAILURE_ROUTE},
		{"numbers_online_network_blocked", FUNCTION(nol_network_blocked), {{0, 0, 0}}, AFTER_A_REPLY},
		{0, 0, {{0, 0, 0}}, 0}};

static acmd_export_t acmds[] = {
		{"numbers_online_decide", ASYNC_FUNCTION(nol_decide_async), PROFILE},
		{0, 0, {{0, 0, 0}}}};

/* These modules are started before this one, if they are loaded. A decision needs none of them. A reply needs the last one. */
static dep_export_t deps = {
		{
				{MOD_TYPE_DEFAULT, "tm", DEP_SILENT},
				{MOD_TYPE_DEFAULT, "sl", DEP_SILENT},
				{MOD_TYPE_DEFAULT, "signaling", DEP_SILENT},
				{MOD_TYPE_NULL, NULL, 0},
		},
		{{NULL, NULL}}};

static int mod_init(void)
{
	static const nol_host host = {.log = nol_log, .is_logged = nol_is_logged, .avp = nol_avp};
#define GIVEN_STR(value) {value, strlen(value)}
#define GIVEN_INT(value) value
#define GIVEN(kind, name, initial) .name = GIVEN_##kind(given.name),
	nol_params params = {NOL_PARAMS(GIVEN)};

	if(nol_name_avps() < 0 || nol_announce_event() < 0) {
		LM_ERR("cannot register AVPs and the event\n");
		return -1;
	}
	nol_find_reply_modules();
	nol_async_init();
	nol_check_memory(given.async_lookups + given.async_queue);
	nol_check_automatic_100();
	check_audit_level(given.shadow, given.enforce_percent);
	return nol_start(&host, &params);
}

/* Ranks above 0 run the routing script. Other processes make a worker on first use. */
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
		.name = "numbers_online",
		.type = MOD_TYPE_DEFAULT,
		.ver_info = MODULE_VERSION,
		.dlflags = DEFAULT_DLFLAGS,
		.deps = &deps,
		.cmds = cmds,
		.acmds = acmds,
		.params = params,
		.stats = nol_stats,
		.mi_cmds = nol_mi_commands,
		.init_f = mod_init,
		.destroy_f = mod_destroy,
		.init_child_f = child_init};
