/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim.h"

#include <string.h>

static nol_engine *engine;

/* This process's worker, or after fork the parent's, which the library refuses. */
static nol_worker *worker;

static void say(const nol_host *host, nol_level level, const char *line)
{
	host->log(level, (nol_str){line, strlen(line)});
}

int nol_start(const nol_host *host, const nol_params *params)
{
	const nol_api *api = numbers_online_api();

	if(api->abi_version != NOL_ABI_VERSION) {
		say(host, NOL_ERROR, "libnumbers_online.so and numbers_online.so are of different releases: install both of one");
		return -1;
	}
	return api->engine_new(host, params, &engine) == NOL_OK ? 0 : -1;
}

void nol_stop(void)
{
	const nol_api *api = numbers_online_api();

	api->engine_free(engine);
	engine = NULL;
}

/* The parent's worker is forgotten, not freed: its connection is the parent's. */
static void start_worker(void)
{
	worker = NULL;
	numbers_online_api()->worker_new(engine, &worker);
}

void nol_warm(void)
{
	if(!worker)
		start_worker();
	if(worker)
		numbers_online_api()->worker_warm(worker);
}

int nol_decide(const nol_call *call, nol_result *result)
{
	const nol_api *api = numbers_online_api();
	nol_rc rc = NOL_FORKED;

	if(worker)
		rc = api->decide(worker, call, result);
	if(rc == NOL_FORKED) {
		start_worker();
		/* Without a worker this is the library's own allow. */
		rc = api->decide(worker, call, result);
	}
	if(rc == NOL_PANIC) {
		api->worker_free(worker);
		worker = NULL;
	}
	return result->rc;
}
