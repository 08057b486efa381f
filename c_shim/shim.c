/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _POSIX_C_SOURCE 200809L
#include "shim.h"
#include "avps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static nol_engine *engine;

/* This process's worker, or after fork the parent's, which the library refuses. */
static nol_worker *worker;

/* Shared by this process and its children. */
static nol_pool *pool;

static void say(const nol_host *host, nol_level level, const char *line)
{
	host->log(level, (nol_str){line, strlen(line)});
}

nol_shown nol_printable(nol_str text)
{
	nol_shown shown;
	size_t at;

	for(at = 0; at < text.len && at + 1 < sizeof(shown.text); at++) {
		unsigned char byte = text.s[at];

		shown.text[at] = byte < ' ' || byte == 127 ? '?' : byte;
	}
	shown.text[at] = 0;
	return shown;
}

/* The values of the parameter `profile`. */
static nol_str *profiles;
static size_t profile_count;

int nol_add_profile(const char *text)
{
	nol_str *more = realloc(profiles, (profile_count + 1) * sizeof(*more));
	char *kept = strdup(text);

	if(more)
		profiles = more;
	if(!more || !kept) {
		free(kept);
		return -1;
	}
	profiles[profile_count++] = (nol_str){kept, strlen(kept)};
	return 0;
}

/* The library keeps copies. */
static void drop_profiles(void)
{
	while(profile_count > 0)
		free((char *)profiles[--profile_count].s);
	free(profiles);
	profiles = NULL;
}

/* reply_reason */
static int is_explained;

int nol_start(const nol_host *host, const nol_params *params)
{
	const nol_api *api = numbers_online_api();
	nol_params all = *params;
	nol_rc rc;

	if(api->abi_version != NOL_ABI_VERSION || api->params_size != sizeof(nol_params)
			|| api->call_size != sizeof(nol_call) || api->result_size != sizeof(nol_result)) {
		say(host, NOL_ERROR, "libnumbers_online.so and numbers_online.so are of different releases: install both of one");
		return -1;
	}
	if(nol_choose_avps(params->avps) < 0) {
		char line[256];

		snprintf(line, sizeof(line),
				"parameter avps: \"%s\" cannot be used; allowed: all, core, or names of AVPs such as \"nol_code nol_reason\"",
				nol_printable(params->avps).text);
		say(host, NOL_ERROR, line);
		return -1;
	}
	is_explained = params->reply_reason && !nol_str_is(params->mode, "inline");
	all.profiles = profiles;
	all.profile_count = profile_count;
	rc = api->engine_new(host, &all, &engine);
	drop_profiles();
	return rc == NOL_OK ? 0 : -1;
}

void nol_stop(void)
{
	const nol_api *api = numbers_online_api();

	/* Not freed, because it may belong to another process. */
	worker = NULL;
	api->pool_free(pool);
	pool = NULL;
	api->engine_free(engine);
	engine = NULL;
}

/* Makes a worker for this process. A parent's worker is not freed: its connections belong to the parent. */
static nol_worker *fresh_worker(void)
{
	worker = NULL;
	numbers_online_api()->worker_new(engine, &worker);
	return worker;
}

/* Frees the worker after a panic. */
static nol_rc drop_after_panic(nol_rc rc)
{
	if(rc == NOL_PANIC) {
		numbers_online_api()->worker_free(worker);
		worker = NULL;
	}
	return rc;
}

void nol_warm(void)
{
	if(worker || fresh_worker())
		numbers_online_api()->worker_warm(worker);
}

int nol_decide(const nol_call *call, nol_result *result)
{
	const nol_api *api = numbers_online_api();
	nol_rc rc = worker ? api->decide(worker, call, result) : NOL_FORKED;

	/* Without a worker the library returns an allow. */
	if(rc == NOL_FORKED)
		rc = api->decide(fresh_worker(), call, result);
	drop_after_panic(rc);
	return result->rc;
}

void nol_count(const nol_result *result, void (*raise)(int counter))
{
	int word;

	for(word = 0; word < NOL_COUNTED_WORDS; word++) {
		uint64_t left;

		for(left = result->counted[word]; left; left &= left - 1)
			raise(64 * word + __builtin_ctzll(left));
	}
}

int64_t nol_gauge_value(nol_gauge gauge)
{
	return numbers_online_api()->gauge(engine, gauge);
}

const char *nol_gauge_name(nol_gauge gauge)
{
#define GAUGE_NAME(name, about) #name,
	static const char *const names[] = {NOL_GAUGES(GAUGE_NAME)};

	return names[gauge];
}

int nol_has_profile(nol_str name)
{
	return numbers_online_api()->profile(engine, name, NULL) == NOL_OK;
}

int nol_is_explained(void)
{
	return is_explained;
}

int nol_longest_timeout(void)
{
	return numbers_online_api()->longest_timeout(engine);
}

/* The named profile, or else the module's parameters: the script may have written another name. */
static nol_profile find_profile(nol_str name)
{
	const nol_api *api = numbers_online_api();
	nol_profile found = {0, 503};

	if(api->profile(engine, name, &found) != NOL_OK)
		api->profile(engine, (nol_str){NULL, 0}, &found);
	return found;
}

int nol_reply_due(int rc, nol_str profile)
{
	/* 1 allow, 2 flag */
	return rc < 0 || rc > 2 || !find_profile(profile).is_inline;
}

int nol_allow_code(nol_str profile)
{
	return find_profile(profile).allow_code;
}

nol_str nol_phrase_of(int code)
{
	const char *phrase = code == 404 ? "Not Found" : "Service Unavailable";

	return (nol_str){phrase, strlen(phrase)};
}

int nol_is_new_second(time_t *last)
{
	struct timespec clock;

	clock_gettime(CLOCK_MONOTONIC, &clock);
	if(*last == clock.tv_sec)
		return 0;
	*last = clock.tv_sec;
	return 1;
}

int nol_is_contact(nol_str uri)
{
	return numbers_online_api()->is_contact(uri);
}

int nol_is_refusal(int code)
{
	return code >= 300 && code < 700;
}

int nol_is_network_blocked(nol_str message, nol_blocked *blocked)
{
	return numbers_online_api()->network_blocked(message, blocked) == NOL_OK;
}

int nol_command_run(nol_command command, nol_str argument, nol_str profile, nol_emit emit, void *to)
{
	const nol_api *api = numbers_online_api();
	nol_rc rc = worker ? api->command(worker, command, argument, profile, emit, to) : NOL_FORKED;

	if(rc == NOL_FORKED)
		rc = api->command(fresh_worker(), command, argument, profile, emit, to);
	return drop_after_panic(rc) == NOL_OK ? 0 : -1;
}

int nol_make_pool(void)
{
	return numbers_online_api()->pool_new(engine, &pool) == NOL_OK ? 0 : -1;
}

int nol_serve(void)
{
	return numbers_online_api()->pool_serve(pool) == NOL_OK ? 0 : -1;
}

int nol_serve_here(void)
{
	/* The process that tried last, its result, and the second of the attempt. */
	static pid_t server;
	static int served;
	static time_t tried;
	pid_t self = getpid();
	struct timespec clock;

	if(server == self && served == 0)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &clock);
	/* After a failure, try at most once a second and not with each call. */
	if(server == self && tried == clock.tv_sec)
		return -1;
	if(server != self) {
		/* A parent's pool is not freed: its threads belong to the parent. */
		pool = NULL;
	}
	server = self;
	tried = clock.tv_sec;
	served = pool || nol_make_pool() == 0 ? nol_serve() : -1;
	return served;
}

int nol_begin(const nol_call *call, uint64_t *ticket, nol_result *result)
{
	const nol_api *api = numbers_online_api();
	nol_rc rc = worker ? api->begin(worker, pool, call, ticket, result) : NOL_FORKED;

	if(rc == NOL_FORKED)
		rc = api->begin(fresh_worker(), pool, call, ticket, result);
	return drop_after_panic(rc) == NOL_PENDING ? 0 : result->rc;
}

int nol_submit(uint64_t ticket, nol_wake wake)
{
	return numbers_online_api()->submit(pool, ticket, &wake) == NOL_OK ? 0 : -1;
}

int nol_finish(uint64_t ticket, int may_wait, nol_result *result)
{
	numbers_online_api()->finish(pool, ticket, may_wait, result);
	return result->rc;
}

int nol_shed(uint64_t ticket, nol_result *result)
{
	numbers_online_api()->shed(pool, ticket, result);
	return result->rc;
}

void nol_cancel(uint64_t ticket)
{
	numbers_online_api()->cancel(pool, ticket);
}

void nol_heartbeat(uint32_t wait_ms)
{
	numbers_online_api()->pool_heartbeat(pool, wait_ms);
}

nol_rc nol_next(uint32_t wait_ms, uint64_t *word)
{
	return numbers_online_api()->pool_next(pool, wait_ms, word);
}

void nol_server_died(void)
{
	numbers_online_api()->pool_server_died(pool);
}
