/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boundary between a SIP server's module (C) and the decision library (Rust).
 *
 * This file is written by hand and is the only declaration of that boundary: bindgen makes the Rust side of it, the C compiler
 * the other. Whoever changes it raises NOL_ABI_VERSION. A number once given is never given again.
 *
 * Conventions
 *   - Bytes come as pointer and length and are lent for the duration of the call. They need not be NUL-terminated.
 *   - Results go into structures that the caller owns. The caller frees nothing but handles.
 *   - Every function returns a nol_rc. Outputs are valid only after NOL_OK, but for decide(), which always fills its result.
 *   - No function may be called from two threads on one handle, nor with a handle made before fork (NOL_FORKED).
 */
#ifndef NUMBERS_ONLINE_H
#define NUMBERS_ONLINE_H

#include <stddef.h>
#include <stdint.h>

#define NOL_ABI_VERSION 1

typedef enum nol_rc {
	NOL_OK = 0,
	NOL_BAD_ARGUMENT = 1,  /* a NULL where none is allowed */
	NOL_BAD_PARAMETER = 2, /* a module parameter cannot be used; the log has one line that says which and why */
	NOL_FORKED = 3,        /* the worker belongs to another process */
	NOL_PANIC = 4,         /* a bug in the library; the log has one line that says where. Throw the worker away */
} nol_rc;

typedef enum nol_level {
	NOL_ERROR = 0,
	NOL_WARNING = 1,
	NOL_NOTICE = 2,
	NOL_INFO = 3,
	NOL_DEBUG = 4,
} nol_level;

/* Borrowed bytes. `s` may be NULL only if `len` is 0. */
typedef struct nol_str {
	const char *s;
	size_t len;
} nol_str;

/*
 * Module parameters: name, default, meaning. A server's module pastes its own table from this list.
 * STR is text, INT a whole number. Times are milliseconds.
 */
#define NOL_PARAMS(X) \
	X(STR, api_url, "https://numbers.online")       /* base URL; http:// only to a loopback address */ \
	X(STR, api_url_backup, "")                      /* asked while the breaker of api_url is open */ \
	X(STR, api_key, "env:NUMBERS_ONLINE_API_KEY")   /* env:NAME or file:PATH; a literal is refused */ \
	X(STR, signing_secret, "")                      /* env:NAME or file:PATH; two, comma-separated, during a rotation */ \
	X(INT, timeout, 400)                            /* ms, 20..5000: the whole deadline, name resolution to parsed answer */ \
	X(INT, allow_code, 503)                         /* 503 or 404 */ \
	X(INT, spam_threshold, 80)                      /* 1..99 */ \
	X(INT, redirect_threshold, 0)                   /* 1..99, 0 off */ \
	X(INT, block_invalid, 1)                        /* 0 or 1 */ \
	X(INT, block_reassigned, 0)                     /* 0 or 1 */ \
	X(STR, redirect_contact, "")                    /* SIP, SIPS or tel URI: the Contact of a 302 */ \
	X(INT, rate_limit, 0)                           /* lookups a minute, 0 off */ \
	X(INT, breaker_window, 10)                      /* s, 1..300 */ \
	X(INT, breaker_errors, 5)                       /* 1..1000, 0 off */ \
	X(INT, breaker_retry, 15)                       /* s, 1..900 */ \
	X(STR, ca_file, "")                             /* PEM bundle; without it the built-in roots */ \
	X(INT, tls_insecure, 0)                         /* 1 accepts any certificate */ \
	X(STR, http_proxy, "")                          /* http://HOST:PORT */

#define NOL_PARAM_FIELD_STR nol_str
#define NOL_PARAM_FIELD_INT int
#define NOL_PARAM_FIELD(kind, name, initial) NOL_PARAM_FIELD_##kind name;
typedef struct nol_params {
	NOL_PARAMS(NOL_PARAM_FIELD)
} nol_params;

/* What the server lends the library for good. */
typedef struct nol_host {
	/* Writes one line to the server's log. The text is never a format and has no control character in it. */
	void (*log)(nol_level level, nol_str line);
} nol_host;

/* One request, as the server parsed it. Absent values are empty. */
typedef struct nol_call {
	nol_str method;   /* INVITE, ... */
	nol_str call_id;  /* body of Call-ID */
	nol_str from_tag; /* tag parameter of From */
	nol_str to_tag;   /* tag parameter of To; not empty in a dialog */
	nol_str from_uri; /* URI of From, as on the wire */
} nol_call;

/*
 * What decide() found out: `$avp(nol_<name>)` in the routing script. The meaning of each is in README.md.
 * An absent INT is -1, an absent TEXT empty.
 */
#define NOL_AVPS(X) \
	X(INT, rc) \
	X(TEXT, decision) \
	X(INT, code) \
	X(TEXT, phrase) \
	X(TEXT, contact) \
	X(TEXT, reason) \
	X(TEXT, source) \
	X(TEXT, failure) \
	X(INT, enforced) \
	X(TEXT, would) \
	X(TEXT, e164) \
	X(INT, valid) \
	X(INT, spam_score) \
	X(TEXT, risk_level) \
	X(TEXT, line_type) \
	X(TEXT, verstat) \
	X(TEXT, dnc) \
	X(TEXT, reassigned) \
	X(TEXT, receipt) \
	X(INT, balance_low) \
	X(INT, latency_us)

#define NOL_RESULT_BYTES 1536

/* `len` bytes from `at` on in nol_result.bytes. */
typedef struct nol_text {
	uint16_t at;
	uint16_t len;
} nol_text;

#define NOL_AVP_FIELD_INT int32_t
#define NOL_AVP_FIELD_TEXT nol_text
#define NOL_AVP_FIELD(kind, name) NOL_AVP_FIELD_##kind name;
typedef struct nol_result {
	NOL_AVPS(NOL_AVP_FIELD)
	uint16_t used; /* bytes in use */
	char bytes[NOL_RESULT_BYTES];
} nol_result;

typedef struct nol_engine nol_engine; /* parsed configuration: values only, made before fork, used by every process */
typedef struct nol_worker nol_worker; /* what one process needs for its lookups; made after fork, never shared */

typedef struct nol_api {
	uint32_t abi_version;
	/* Checks the parameters and makes the engine. Reads files and the environment, opens nothing that stays open. */
	nol_rc (*engine_new)(const nol_host *host, const nol_params *params, nol_engine **engine);
	void (*engine_free)(nol_engine *engine);
	/* Makes the worker of the calling process. The engine must outlive it. */
	nol_rc (*worker_new)(const nol_engine *engine, nol_worker **worker);
	void (*worker_free)(nol_worker *worker);
	/* Connects ahead of the first call, within the deadline. Best effort: what fails here fails again, with a name, in decide(). */
	nol_rc (*worker_warm)(nol_worker *worker);
	/* Decides about one call, within the deadline. Fills the result whatever it returns: if not NOL_OK, with an allow. */
	nol_rc (*decide)(nol_worker *worker, const nol_call *call, nol_result *result);
} nol_api;

/* The one exported symbol. The table lives as long as the library is loaded. */
const nol_api *numbers_online_api(void);

#endif
