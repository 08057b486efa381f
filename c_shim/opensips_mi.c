/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operator's commands: numbers_online:<command>. They run in the processes of the MI transports. */
#include <string.h>

#include "mi/mi.h"

#include "opensips.h"

/* From 4.0 on, the server itself adds the prefix with the module's name, and refuses a command that has it. */
#ifdef MI_EXPORT_ALIASES
#define COMMAND(name) name
#else
#define COMMAND(name) "numbers_online:" name
#endif

typedef struct answer {
	mi_response_t *response; /* made for the first line */
	mi_item_t *report;
	mi_item_t *profiles; /* made for the first one */
	mi_item_t *fields;   /* of the report, or of the profile that it is about */
} answer_t;

static void emit(void *to, const char *name, nol_str text, int64_t number)
{
	answer_t *answer = to;

	if(strcmp(name, "error") == 0) {
		if(!answer->response)
			answer->response = init_mi_error(400, text.s, (int)text.len);
		return;
	}
	if(!answer->response) {
		answer->response = init_mi_result_object(&answer->report);
		answer->fields = answer->report;
	}
	if(strcmp(name, NOL_REPORT_PROFILE) == 0) {
		if(!answer->profiles && answer->response)
			answer->profiles = add_mi_array(answer->report, MI_SSTR("profiles"));
		answer->fields = answer->profiles ? add_mi_object(answer->profiles, NULL, 0) : NULL;
	}
	if(!answer->response || !answer->fields)
		return;
	if(text.s)
		add_mi_string(answer->fields, (char *)name, (int)strlen(name), text.s, (int)text.len);
	else
		add_mi_number(answer->fields, (char *)name, (int)strlen(name), (double)number);
}

/* `named` is the name of the argument, or NULL. Without an argument the command reports what is allowed. */
static mi_response_t *run(const mi_params_t *params, nol_command command, char *named, int has_profile)
{
	answer_t answer = {NULL, NULL, NULL, NULL};
	str argument = {NULL, 0}, profile = {NULL, 0};

	if(named && get_mi_string_param(params, named, &argument.s, &argument.len) < 0)
		return init_mi_param_error();
	if(has_profile && get_mi_string_param(params, "profile", &profile.s, &profile.len) < 0)
		return init_mi_param_error();
	nol_command_run(command, lend(&argument), lend(&profile), emit, &answer);
	return answer.response ? answer.response : init_mi_error(500, MI_SSTR("Internal error"));
}

#define PLAIN(name, command) \
	static mi_response_t *mi_##name(const mi_params_t *params, struct mi_handler *async) \
	{ \
		(void)async; \
		return run(params, command, NULL, 0); \
	}
#define NAMED(name, command, named) \
	static mi_response_t *mi_##name##_##named(const mi_params_t *params, struct mi_handler *async) \
	{ \
		(void)async; \
		return run(params, command, #named, 0); \
	}
PLAIN(status, NOL_STATUS)
PLAIN(check, NOL_CHECK)
NAMED(check, NOL_CHECK, number)
static mi_response_t *mi_check_profile(const mi_params_t *params, struct mi_handler *async)
{
	(void)async;
	return run(params, NOL_CHECK, "number", 1);
}
PLAIN(probe, NOL_PROBE)
PLAIN(cache_stats, NOL_CACHE_STATS)
PLAIN(cache_purge, NOL_CACHE_PURGE)
NAMED(cache_purge, NOL_CACHE_PURGE, number)
PLAIN(breaker, NOL_BREAKER)
NAMED(breaker, NOL_BREAKER, state)
PLAIN(reload, NOL_RELOAD)

static mi_response_t *mi_stats(const mi_params_t *params, struct mi_handler *async)
{
	mi_item_t *fields;
	mi_response_t *response = init_mi_result_object(&fields);
	int i;

	(void)params;
	(void)async;
	for(i = 0; response && i < NOL_COUNTER_TOTAL; i++) {
		const char *name = nol_counter_name(i);

		add_mi_number(fields, (char *)name, (int)strlen(name), (double)nol_counter_value(i));
	}
	for(i = 0; response && i < NOL_GAUGE_TOTAL; i++) {
		const char *name = nol_gauge_name(i);

		add_mi_number(fields, (char *)name, (int)strlen(name), (double)nol_gauge_value(i));
	}
	return response;
}

#define RECIPES(name) {{mi_##name, {0}}, {EMPTY_MI_RECIPE}}
#define RECIPES_WITH(name, named) {{mi_##name, {0}}, {mi_##name##_##named, {#named, 0}}, {EMPTY_MI_RECIPE}}
#define ROW(command, about, ...) {.name = COMMAND(#command), .help = about, .recipes = __VA_ARGS__},
mi_export_t nol_mi_commands[] = {
		ROW(status, "Key, breakers, latches, cache and clock; keys, breakers and latches of each profile.", RECIPES(status))
		ROW(stats, "All statistics of the module.", RECIPES(stats))
		ROW(check, "[number [profile]] A real decision about a number (+ and digits). It is billed like a call.",
				{{mi_check, {0}}, {mi_check_number, {"number", 0}}, {mi_check_profile, {"number", "profile", 0}},
						{EMPTY_MI_RECIPE}})
		ROW(probe, "Whether the API is reachable, and how long each phase takes. No key, no charge.", RECIPES(probe))
		ROW(cache_purge, "[number] Forgets a number, or without one all of them; what Redis keeps stays.",
				RECIPES_WITH(cache_purge, number))
		ROW(cache_stats, "How full the cache is.", RECIPES(cache_stats))
		ROW(breaker, "[state] auto, open (no requests) or closed (no failure stops requests).",
				RECIPES_WITH(breaker, state))
		ROW(reload, "Reads file: secrets, ca_file and lists again, for all processes. What cannot be used changes nothing.",
				RECIPES(reload))
		{EMPTY_MI_EXPORT}};
