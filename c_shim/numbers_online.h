/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boundary between a SIP server's module (C) and the decision library (Rust).
 *
 * This file is written by hand. It is the only declaration of that boundary: bindgen generates the Rust side from it. Each change
 * raises NOL_ABI_VERSION. A number is never used for a second meaning.
 *
 * Conventions
 *   - Bytes are passed as pointer and length. They are borrowed until the function returns. They need not be NUL-terminated.
 *   - Results are written to structures that the caller owns. The caller frees nothing but handles.
 *   - Functions that can fail return a nol_rc. Outputs are valid only after NOL_OK. Exception: a nol_result is always filled.
 *   - Two threads must not use one nol_engine or nol_worker at a time. A nol_worker made before fork is refused (NOL_FORKED).
 */
#ifndef NUMBERS_ONLINE_H
#define NUMBERS_ONLINE_H

#include <stddef.h>
#include <stdint.h>

#define NOL_ABI_VERSION 7

typedef enum nol_rc {
	NOL_OK = 0,
	NOL_BAD_ARGUMENT = 1,  /* a NULL where none is allowed */
	NOL_BAD_PARAMETER = 2, /* a module parameter cannot be used; the log has one line that says which and why */
	NOL_FORKED = 3,        /* the worker belongs to another process */
	NOL_PANIC = 4,         /* a bug in the library; the log has one line that says where. The caller frees the worker */
	NOL_PENDING = 5,       /* no result yet */
	NOL_STALLED = 6,       /* no result yet, and the lookup process has made no progress for seconds: replace it */
	NOL_NO_THREAD = 7,     /* the process cannot start a thread */
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
	X(STR, redirect_contact, "")                    /* SIP, SIPS or tel URI, with {called}: the Contact of a 302 */ \
	X(STR, mode, "redirect")                        /* redirect or inline: which calls numbers_online_reply() answers */ \
	X(INT, shadow, 0)                               /* 1: decides, counts and logs, but never blocks or redirects */ \
	X(INT, enforce_percent, 100)                    /* 0..100: the share of calls on which a block or redirect is carried out */ \
	X(STR, number_source, "pai,from")               /* order of pai, ppi, rpid, from and $avp(NAME) */ \
	X(STR, verstat_source, "number")                /* number, attestation-info, x-attestation-info, p-attestation-indicator, $avp(NAME) */ \
	X(INT, ask_withheld, 0)                         /* 1 sends withheld numbers to the API */ \
	X(STR, anonymous, "allow")                      /* allow, flag or block: a caller who is withheld, and not asked about */ \
	X(STR, block_reply, "")                         /* one reply, or analytics=603+ dno=603 ...; empty: 603 */ \
	X(STR, block_location, "RLN")                   /* RLN, RPN, LN or TN: who blocks, as a 603+ says it */ \
	X(STR, regulation, "")                          /* us: only lawful replies */ \
	X(INT, reply_reason, 1)                         /* 1: each final reply of mode=redirect says why, in a Reason header */ \
	X(STR, redress_url, "")                         /* https:// URL of a 603+ */ \
	X(STR, redress_tel, "")                         /* global number of a 603+ */ \
	X(STR, redress_email, "")                       /* e-mail address of a 603+ */ \
	X(STR, emergency, "on")                         /* on, or never_bypass_i_accept_the_risk: emergency calls are screened too */ \
	X(INT, emergency_window, 14400)                 /* s, 0 off: how long an emergency caller is called back unscreened */ \
	X(STR, trusted_sources, "any")                  /* any, or addresses and networks that are believed beyond From */ \
	X(STR, allow_list, "")                          /* file of numbers, prefixes and ranges that are always allowed */ \
	X(STR, deny_list, "")                           /* the same, blocked */ \
	X(STR, dno_list, "")                            /* the same, of numbers that never call; blocked */ \
	X(INT, dno_max_age, 7)                          /* days, 1..3650: an older dno_list is warned of; 0 off */ \
	X(STR, default_country, "")                     /* ISO 3166-1 code: the country whose forms of numbers are read */ \
	X(INT, local_check, 1)                          /* 0 or 1: with block_invalid, block what cannot exist without a lookup */ \
	X(INT, cache_ttl, 60)                           /* s, 0 off, at most 30 days */ \
	X(INT, cache_size, 65536)                       /* entries of 256 bytes */ \
	X(STR, cache_redis, "")                         /* redis://HOST[:PORT][/DB], a second level shared by several servers */ \
	X(INT, log_numbers, 0)                          /* 1: numbers in log lines are not masked */ \
	X(STR, avps, "all")                             /* all, core, or a list of names */ \
	X(INT, rate_limit, 0)                           /* lookups a minute, 0 off */ \
	X(INT, breaker_window, 10)                      /* s, 1..300 */ \
	X(INT, breaker_errors, 5)                       /* 1..1000, 0 off */ \
	X(INT, breaker_retry, 15)                       /* s, 1..900 */ \
	X(STR, ca_file, "")                             /* PEM bundle; without it the built-in roots */ \
	X(INT, tls_insecure, 0)                         /* 1 accepts any certificate */ \
	X(STR, http_proxy, "")                          /* http://HOST:PORT, then env:NAME or file:PATH of user:password; or env */ \
	X(INT, async_lookups, 64)                       /* 1..4096: asynchronous lookups in flight */ \
	X(INT, async_queue, 1024)                       /* 0..65536: waiting calls; further calls are allowed at once */

#define NOL_PARAM_FIELD_STR nol_str
#define NOL_PARAM_FIELD_INT int
#define NOL_PARAM_FIELD(kind, name, initial) NOL_PARAM_FIELD_##kind name;
typedef struct nol_params {
	NOL_PARAMS(NOL_PARAM_FIELD)
	/* The values of the parameter `profile`, which may be given many times: NAME=>KEY=VALUE;KEY=VALUE */
	const nol_str *profiles;
	size_t profile_count;
} nol_params;

/* Functions of the server that the library calls. They stay valid while the library is loaded. */
typedef struct nol_host {
	/* Writes one line to the server's log. The text is not a format string. It contains no control character. */
	void (*log)(nol_level level, nol_str line);
	/* Whether the server's log has lines of this level at present. A line that is long to make is not made otherwise. */
	int (*is_logged)(nol_level level);
	/*
	 * Reads the first value of an AVP of the call that decide() or begin() is about, in the process that called it. A number is
	 * written in decimal. Returns the length of the value. 0: there is none, it is empty, or `to` has no room for it. engine_new()
	 * reads each AVP of the parameters once, so that a server can register the names before fork.
	 */
	size_t (*avp)(nol_str name, char *to, size_t room);
} nol_host;

/* One request, as the server parsed it. Absent values are empty. */
typedef struct nol_call {
	nol_str method;   /* INVITE, ... */
	nol_str call_id;  /* body of Call-ID */
	nol_str to_tag;   /* tag parameter of To; not empty in a dialog */
	nol_str request_uri; /* as received */
	nol_str next_uri;    /* the URI that the routing script replaced it with; empty if it did not */
	nol_str source;      /* source address of the request, 4 or 16 bytes in network order */
	nol_str profile;     /* name of the profile that decides; empty: the module's parameters */
	nol_str head;        /* the header section as received; the body may follow behind the empty line */
} nol_call;

/*
 * The values of a decision: `$avp(nol_<name>)` in the routing script. README.md explains each.
 * An absent INT is -1, an absent TEXT is empty.
 */
#define NOL_AVPS(X) \
	X(INT, rc) \
	X(TEXT, decision) \
	X(INT, code) \
	X(TEXT, phrase) \
	X(TEXT, contact) \
	X(TEXT, reply_reason) \
	X(TEXT, reason) \
	X(TEXT, source) \
	X(TEXT, failure) \
	X(INT, enforced) \
	X(TEXT, would) \
	X(TEXT, e164) \
	X(TEXT, number_from) \
	X(TEXT, attestation) \
	X(INT, valid) \
	X(INT, spam_score) \
	X(TEXT, risk_level) \
	X(TEXT, line_type) \
	X(TEXT, verstat) \
	X(TEXT, dnc) \
	X(TEXT, reassigned) \
	X(TEXT, receipt) \
	X(INT, balance_low) \
	X(INT, latency_us) \
	X(TEXT, profile)

/*
 * The AVPs that numbers_online_reply() reads. They are always written, independent of `avps`; nol_reply_reason with a block, and
 * nol_profile unless it is empty.
 */
#define NOL_REPLY_AVPS "nol_rc nol_code nol_phrase nol_contact"

/* The AVPs that avps=core selects. */
#define NOL_CORE_AVPS "nol_rc nol_decision nol_code nol_phrase nol_contact nol_source nol_failure nol_receipt"

/*
 * Statistics. A decision lists the counters to raise; the server's own framework counts. The fail_<name> counters are in the order
 * of the values of $avp(nol_failure). The latency_le_<ms> counters are cumulative: a decision raises each one whose limit it met.
 */
#define NOL_COUNTERS(X) \
	X(decisions, "decisions made") \
	X(allow, "calls allowed") \
	X(flag, "calls flagged") \
	X(redirect, "calls redirected") \
	X(block, "calls blocked") \
	X(would_block, "calls allowed that would have been blocked") \
	X(would_redirect, "calls allowed that would have been redirected") \
	X(failopen, "calls allowed because a lookup failed") \
	X(bypass, "calls that needed no lookup") \
	X(list, "calls decided by a local list") \
	X(local, "calls decided here: impossible numbers, anonymous callers") \
	X(cache_hit, "decisions from the cache") \
	X(cache_miss, "decisions that were not in the cache") \
	X(failed_before, "lookups not made because one of the same number failed a few seconds ago") \
	X(coalesced, "decisions from another call's request") \
	X(redis_hit, "decisions from Redis") \
	X(redis_fail, "Redis lookups that failed or timed out") \
	X(api_requests, "lookups sent to the API") \
	X(api_retries, "requests repeated because an idle connection had ended") \
	X(breaker_opened, "times the circuit breaker opened") \
	X(breaker_closed, "times the circuit breaker closed") \
	X(key_refused, "times the API began to refuse the key or the signature") \
	X(key_accepted, "times the API accepted the key again") \
	X(account_refused, "times the API began to refuse the account") \
	X(account_accepted, "times the API accepted the account again") \
	X(throttled, "times the API began to refuse requests for their rate") \
	X(throttle_over, "times the API accepted requests again") \
	X(secret_switched, "switches to the other signing secret") \
	X(rate_limited, "lookups not made because of a rate limit") \
	X(shed, "asynchronous lookups not made: queue full, or no process that makes them") \
	X(unknown_profile, "calls allowed because the script named a profile that does not exist") \
	X(fail_timeout_queue, "deadline passed in the queue") \
	X(fail_timeout_dns, "deadline passed in name resolution") \
	X(fail_timeout_connect, "deadline passed in connecting") \
	X(fail_timeout_tls, "deadline passed in the TLS handshake") \
	X(fail_timeout_response, "deadline passed before the answer") \
	X(fail_dns, "the API's name does not resolve") \
	X(fail_connect, "no address of the API takes connections") \
	X(fail_tls, "TLS handshake failed") \
	X(fail_reset, "connection ended before the answer") \
	X(fail_http_400, "HTTP 400") \
	X(fail_http_401, "HTTP 401") \
	X(fail_http_402, "HTTP 402") \
	X(fail_http_403, "HTTP 403") \
	X(fail_http_404, "HTTP 404") \
	X(fail_http_429, "HTTP 429") \
	X(fail_http_4xx, "other HTTP 4xx") \
	X(fail_http_5xx, "HTTP 5xx") \
	X(fail_http_other, "any other HTTP status") \
	X(fail_too_large, "answer above 64 KiB") \
	X(fail_parse, "answer is no JSON") \
	X(fail_schema, "answer breaks the API contract") \
	X(fail_signature, "request signature refused") \
	X(fail_clock_skew, "request signature refused because of this machine's clock") \
	X(fail_server_failopen, "the API failed itself") \
	X(fail_breaker_open, "not asked: breaker or latch open") \
	X(fail_rate_limited, "not asked: rate limit") \
	X(fail_shed, "not asked: queue full, no process that makes lookups, or no resources") \
	X(fail_no_number, "not asked: no telephone number") \
	X(fail_anonymous, "not asked: number withheld") \
	X(fail_no_key, "not asked: no API key") \
	X(fail_no_contact, "redirect without redirect_contact") \
	X(fail_internal, "bug of the module") \
	X(latency_le_1, "decisions within 1 ms") \
	X(latency_le_2, "decisions within 2 ms") \
	X(latency_le_5, "decisions within 5 ms") \
	X(latency_le_10, "decisions within 10 ms") \
	X(latency_le_20, "decisions within 20 ms") \
	X(latency_le_50, "decisions within 50 ms") \
	X(latency_le_100, "decisions within 100 ms") \
	X(latency_le_200, "decisions within 200 ms") \
	X(latency_le_500, "decisions within 500 ms") \
	X(latency_le_1000, "decisions within 1 s") \
	X(latency_le_2000, "decisions within 2 s") \
	X(latency_le_5000, "decisions within 5 s")

#define NOL_COUNTER_ID(name, about) NOL_COUNT_##name,
typedef enum nol_counter {
	NOL_COUNTERS(NOL_COUNTER_ID)
	NOL_COUNTER_TOTAL
} nol_counter;

/* Values of this moment that belong to the statistics but are not counted. */
#define NOL_GAUGES(X) \
	X(dno_age_s, "seconds since dno_list was changed, of the list in use; 0 without one") \
	X(emergency_callers, "numbers that called an emergency number within emergency_window")

#define NOL_GAUGE_ID(name, about) NOL_GAUGE_##name,
typedef enum nol_gauge {
	NOL_GAUGES(NOL_GAUGE_ID)
	NOL_GAUGE_TOTAL
} nol_gauge;

/* The 64-bit words of nol_result.counted. */
#define NOL_COUNTED_WORDS 2

#define NOL_RESULT_BYTES 2048

/* A text in nol_result.bytes: `len` bytes at offset `at`. */
typedef struct nol_text {
	uint16_t at;
	uint16_t len;
} nol_text;

#define NOL_AVP_FIELD_INT int32_t
#define NOL_AVP_FIELD_TEXT nol_text
#define NOL_AVP_FIELD(kind, name) NOL_AVP_FIELD_##kind name;
typedef struct nol_result {
	NOL_AVPS(NOL_AVP_FIELD)
	uint64_t counted[NOL_COUNTED_WORDS]; /* the counters to raise: bit n of word w is counter 64 * w + n */
	nol_text why; /* the text of a Reason header if the script changes code or phrase; empty: no such header */
	nol_text state; /* state changes that this decision caused, for the state event; empty if none */
	uint16_t used; /* length of the part of `bytes` in use */
	char bytes[NOL_RESULT_BYTES]; /* the texts */
} nol_result;

/*
 * The values of numbers_online_network_blocked(): `$avp(nol_<name>)` in the routing script. An absent value is empty.
 */
#define NOL_BLOCKED_AVPS(X) \
	X(nb_url) \
	X(nb_tel) \
	X(nb_email) \
	X(nb_id) \
	X(nb_location)

#define NOL_BLOCKED_FIELD(name) nol_str name;
typedef struct nol_blocked {
	NOL_BLOCKED_AVPS(NOL_BLOCKED_FIELD)
} nol_blocked;

/* Commands of an operator. The arguments are in brackets. */
typedef enum nol_command {
	NOL_STATUS = 0,      /* configuration and current state */
	NOL_CHECK = 1,       /* [number, profile] decides about the number as for a call from it */
	NOL_PROBE = 2,       /* reports whether the API is reachable, and how long each phase of a request takes */
	NOL_CACHE_STATS = 3, /* size and use of the cache */
	NOL_CACHE_PURGE = 4, /* [number, or empty for all] removes entries from the cache */
	NOL_BREAKER = 5,     /* [auto, open or closed] sets the circuit breaker */
	NOL_RELOAD = 6,      /* reads keys, certificates and lists again, for all workers */
} nol_command;

/*
 * Receives one line of a command's report. If `text.s` is NULL the value is `number`, else `text`. `name` is NUL-terminated. A line
 * named NOL_REPORT_PROFILE begins the report about one profile.
 */
#define NOL_REPORT_PROFILE "profile"
typedef void (*nol_emit)(void *to, const char *name, nol_str text, int64_t number);

/* What a module needs to know of a profile, or of its own parameters. */
typedef struct nol_profile {
	int is_inline;  /* mode=inline: numbers_online_reply() replies only to a block or a redirect */
	int allow_code; /* 503 or 404 */
} nol_profile;

typedef struct nol_engine nol_engine; /* the parsed configuration: made before fork, used by every process */
typedef struct nol_worker nol_worker; /* connections and state of one process; made after fork, never shared */
typedef struct nol_pool nol_pool;     /* asynchronous lookups; any thread of any process may use it */

/* How the completion of an asynchronous lookup is reported. */
typedef struct nol_wake {
	/* A descriptor of the process that makes the lookups. `word` is written to it, 8 bytes. Negative: pool_next() returns `word`. */
	int fd;
	/*
	 * Not 0: the caller keeps `fd` open until it has read `word`, and `fd` always has room for it. Then `word` is written exactly
	 * once, also after finish() or cancel(). A lookup that is still queued at its deadline is completed too.
	 */
	int stays_open;
	uint64_t word; /* chosen by the caller to identify the call */
} nol_wake;

typedef struct nol_api {
	uint32_t abi_version;
	/* sizeof the structures. The shim compares them: two builds of one development version may differ in nothing else. */
	size_t params_size, call_size, result_size;
	/* Checks the parameters and makes the engine. Reads files and the environment. Leaves no descriptor open. */
	nol_rc (*engine_new)(const nol_host *host, const nol_params *params, nol_engine **engine);
	void (*engine_free)(nol_engine *engine);
	/* Of the module's parameters if `name` is empty. NOL_BAD_ARGUMENT: there is no such profile. `profile` may be NULL. */
	nol_rc (*profile)(const nol_engine *engine, nol_str name, nol_profile *profile);
	/* The longest timeout of all profiles, in milliseconds. */
	int (*longest_timeout)(const nol_engine *engine);
	/* Makes the worker of the calling process. The engine must outlive it. */
	nol_rc (*worker_new)(const nol_engine *engine, nol_worker **worker);
	void (*worker_free)(nol_worker *worker);
	/* Connects before the first call, within the deadline. Best effort: decide() reports what still fails then. */
	nol_rc (*worker_warm)(nol_worker *worker);
	/* Decides about one call, within the deadline. Always fills the result; if it does not return NOL_OK, with an allow. */
	nol_rc (*decide)(nol_worker *worker, const nol_call *call, nol_result *result);

	/*
	 * Asynchronous decisions. begin() decides at once, or returns a ticket because a lookup is needed. submit() queues that
	 * lookup. Its completion is reported by the deadline. finish() then returns the decision.
	 */

	/*
	 * Makes the memory for async_lookups in flight and async_queue waiting calls. A pool made before fork is shared by the
	 * processes.
	 */
	nol_rc (*pool_new)(const nol_engine *engine, nol_pool **pool);
	/* Must not be called in a process that called pool_serve(). */
	void (*pool_free)(nol_pool *pool);
	/*
	 * Starts the threads that make the lookups, in this process. They block all signals. A second call does nothing. After
	 * NOL_NO_THREAD a further call tries again; the failure is logged once.
	 */
	nol_rc (*pool_serve)(nol_pool *pool);
	/*
	 * Shows that a process that serves others is alive; it calls this at least once a second. Logs the lines of its threads.
	 * Waits for one for wait_ms at most.
	 */
	nol_rc (*pool_heartbeat)(nol_pool *pool, uint32_t wait_ms);
	/*
	 * NOL_OK: `word` is that of a completed lookup whose wake has no descriptor. Waits for one for wait_ms at most. Also completes
	 * every lookup whose deadline has passed, with or without a descriptor. Only one process may call it.
	 */
	nol_rc (*pool_next)(nol_pool *pool, uint32_t wait_ms, uint64_t *word);
	/* Reports that the process that made the lookups is dead. Its lookups are completed with an allow. */
	nol_rc (*pool_server_died)(nol_pool *pool);
	/*
	 * NOL_OK: the call is decided. NOL_PENDING: a lookup is needed, and `ticket` is set. Never blocks. Always fills the result; if
	 * it does not return NOL_OK, with an allow.
	 */
	nol_rc (*begin)(nol_worker *worker, nol_pool *pool, const nol_call *call, uint64_t *ticket, nol_result *result);
	/* Queues the lookup of a ticket. */
	nol_rc (*submit)(nol_pool *pool, uint64_t ticket, const nol_wake *wake);
	/*
	 * Returns the decision of a completed lookup. If the lookup is not completed: waits for it if `may_wait`, until its deadline
	 * at most, then gives it up. Logs the lines of the threads of this process. Always fills the result.
	 */
	nol_rc (*finish)(nol_pool *pool, uint64_t ticket, int may_wait, nol_result *result);
	/* Decides about a call that cannot be suspended, as begin() does if the queue is full. Always fills the result. */
	nol_rc (*shed)(nol_pool *pool, uint64_t ticket, nol_result *result);
	/* Gives up a ticket. finish() must not be called for it. */
	void (*cancel)(nol_pool *pool, uint64_t ticket);

	/* The value of a gauge at this moment, in any process. */
	int64_t (*gauge)(const nol_engine *engine, nol_gauge gauge);
	/*
	 * NOL_OK: the SIP message is a 603+ of a network further on, and `blocked` has its contacts. They are parts of the message, of
	 * visible ASCII without quotes and semicolons. NOL_BAD_ARGUMENT: it is not. May be called in any process.
	 */
	nol_rc (*network_blocked)(nol_str message, nol_blocked *blocked);

	/* Not 0: the text is a SIP, SIPS or tel URI that can be the Contact of a redirection. May be called in any process. */
	int (*is_contact)(nol_str uri);

	/* Runs a command of an operator. NOL_BAD_ARGUMENT: the report has one line, "error", that lists the allowed arguments. */
	nol_rc (*command)(nol_worker *worker, nol_command command, nol_str argument, nol_str profile, nol_emit emit, void *to);
} nol_api;

/* The only exported symbol. The table is valid while the library is loaded. */
const nol_api *numbers_online_api(void);

#endif
