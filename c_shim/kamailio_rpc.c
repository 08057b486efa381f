/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operator's commands: numbers_online.<command>, by kamcmd or JSON-RPC. */
#include <string.h>

#include "core/rpc.h"
#include "core/rpc_lookup.h"

#include "kamailio.h"

typedef struct answer {
	rpc_t *rpc;
	void *ctx;
	void *fields; /* of the report, or of the profile that it is about; made for the first line */
	void *report;
	void *profiles; /* made for the first one */
	int failed;
} answer_t;

/* The place for what is reported about the next profile, or NULL. */
static void *next_profile(answer_t *answer)
{
	void *fields;

	if(!answer->profiles && answer->rpc->struct_add(answer->report, "[", "profiles", &answer->profiles) < 0)
		return NULL;
	return answer->rpc->array_add(answer->profiles, "{", &fields) < 0 ? NULL : fields;
}

static void emit(void *to, const char *name, nol_str text, int64_t number)
{
	answer_t *answer = to;
	str value = {(char *)text.s, (int)text.len};

	if(strcmp(name, "error") == 0) {
		answer->rpc->fault(answer->ctx, 400, "%.*s", value.len, value.s);
		answer->failed = 1;
		return;
	}
	if(!answer->report) {
		if(answer->rpc->add(answer->ctx, "{", &answer->report) < 0)
			return;
		answer->fields = answer->report;
	}
	if(strcmp(name, NOL_REPORT_PROFILE) == 0 && !(answer->fields = next_profile(answer)))
		return;
	if(!answer->fields)
		return;
	if(text.s)
		answer->rpc->struct_add(answer->fields, "S", name, &value);
	else
		answer->rpc->struct_add(answer->fields, "d", name, (int)number);
}

static void run(rpc_t *rpc, void *ctx, nol_command command, const char *format)
{
	answer_t answer = {.rpc = rpc, .ctx = ctx};
	str argument = {NULL, 0}, profile = {NULL, 0};

	/* A missing argument is passed as an empty one; the command then reports what is allowed. */
	if(format) {
		int found = rpc->scan(ctx, (char *)format, &argument, &profile);

		if(found < 0) {
			rpc->fault(ctx, 400, "allowed: %s", strlen(format) > 3 ? "a number and a profile, text" : "one argument, text");
			return;
		}
		if(found == 0)
			argument.len = 0;
		if(found < 2)
			profile.len = 0;
	}
	if(nol_command_run(command, lend(&argument), lend(&profile), emit, &answer) < 0 && !answer.failed)
		rpc->fault(ctx, 500, "Internal error");
}

#define RPC(name, command, format, about) \
	static void rpc_##name(rpc_t *rpc, void *ctx) \
	{ \
		run(rpc, ctx, command, format); \
	} \
	static const char *rpc_##name##_doc[] = {about, 0};
RPC(status, NOL_STATUS, NULL, "Key, breakers, latches, cache and clock; keys, breakers and latches of each profile.")
RPC(check, NOL_CHECK, "*.S.S", "A real decision about a number (+ and digits), of a profile or of none. It is billed like a call.")
RPC(probe, NOL_PROBE, NULL, "Whether the API is reachable, and how long each phase takes. No key, no charge.")
RPC(cache_stats, NOL_CACHE_STATS, NULL, "How full the cache is.")
RPC(cache_purge, NOL_CACHE_PURGE, "*.S", "Forgets a number, or without one all of them; what Redis keeps stays.")
RPC(breaker, NOL_BREAKER, "*.S", "auto, open (no requests) or closed (no failure stops requests).")
RPC(reload, NOL_RELOAD, NULL, "Reads file: secrets, ca_file and lists again, for all processes. What cannot be used changes nothing.")

static const char *rpc_stats_doc[] = {"All statistics of the module.", 0};

static void rpc_stats(rpc_t *rpc, void *ctx)
{
	void *fields;
	int i;

	if(rpc->add(ctx, "{", &fields) < 0)
		return;
	for(i = 0; i < NOL_COUNTER_TOTAL; i++)
		rpc->struct_add(fields, "j", (char *)nol_counter_name(i), (unsigned long)nol_counter_value(i));
	for(i = 0; i < NOL_GAUGE_TOTAL; i++)
		rpc->struct_add(fields, "j", (char *)nol_gauge_name(i), (unsigned long)nol_gauge_value(i));
}

#define RPC_ROW(name) {"numbers_online." #name, rpc_##name, rpc_##name##_doc, 0},
static rpc_export_t rpc_commands[] = {RPC_ROW(status) RPC_ROW(stats) RPC_ROW(check) RPC_ROW(probe) RPC_ROW(cache_purge)
				RPC_ROW(cache_stats) RPC_ROW(breaker) RPC_ROW(reload) {0, 0, 0, 0}};

int nol_register_rpc(void)
{
	return rpc_register_array(rpc_commands) == 0 ? 0 : -1;
}
