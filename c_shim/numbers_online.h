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
 *   - Every function returns a nol_rc. Outputs are valid only after NOL_OK, but for results of decisions, which are always filled.
 *   - No function may be called from two threads on one handle, nor with a handle made before fork (NOL_FORKED).
 */
#ifndef NUMBERS_ONLINE_H
#define NUMBERS_ONLINE_H

#include <stddef.h>
#include <stdint.h>

#define NOL_ABI_VERSION 4

typedef enum nol_rc {
	NOL_OK = 0,
	NOL_BAD_ARGUMENT = 1,  /* a NULL where none is allowed */
	NOL_BAD_PARAMETER = 2, /* a module parameter cannot be used; the log has one line that says which and why */
	NOL_FORKED = 3,        /* the worker belongs to another process */
	NOL_PANIC = 4,         /* a bug in the library; the log has one line that says where. Throw the worker away */
	NOL_PENDING = 5,       /* not yet */
	NOL_STALLED = 6,       /* not yet, and the process that makes the lookups has not moved for seconds: it should be replaced */
	NOL_NO_THREAD = 7,     /* the process can have no thread */
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
	X(STR, mode, "redirect")                        /* redirect or inline: which calls numbers_online_reply() answers */ \
	X(STR, emergency, "on")                         /* on, or never_bypass_i_accept_the_risk: emergency calls are screened too */ \
	X(STR, trusted_sources, "any")                  /* any, or addresses and networks whose claims of priority are believed */ \
	X(INT, cache_ttl, 60)                           /* s, 0 off, at most 30 days */ \
	X(INT, cache_size, 65536)                       /* entries of 256 bytes */ \
	X(STR, cache_redis, "")                         /* redis://HOST[:PORT][/DB], a second level shared by several servers */ \
	X(STR, avps, "all")                             /* all, core, or a list of names */ \
	X(INT, rate_limit, 0)                           /* lookups a minute, 0 off */ \
	X(INT, breaker_window, 10)                      /* s, 1..300 */ \
	X(INT, breaker_errors, 5)                       /* 1..1000, 0 off */ \
	X(INT, breaker_retry, 15)                       /* s, 1..900 */ \
	X(STR, ca_file, "")                             /* PEM bundle; without it the built-in roots */ \
	X(INT, tls_insecure, 0)                         /* 1 accepts any certificate */ \
	X(STR, http_proxy, "")                          /* http://HOST:PORT, env:NAME or file:PATH of its password behind it; or env */ \
	X(INT, async_lookups, 64)                       /* 1..4096: asynchronous lookups in flight */ \
	X(INT, async_queue, 1024)                       /* 0..65536: calls that wait behind them; beyond, calls are allowed at once */

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

/* Headers that a decision looks at. */
#define NOL_HEADERS(X) \
	X(privacy, "Privacy") \
	X(priority, "Priority") \
	X(remote_party_id, "Remote-Party-ID") \
	X(resource_priority, "Resource-Priority")

#define NOL_HEADER_ID(id, name) NOL_HEADER_##id,
typedef enum nol_header_name {
	NOL_HEADERS(NOL_HEADER_ID)
	NOL_HEADER_TOTAL
} nol_header_name;

/* One header. Its body is as on the wire. */
typedef struct nol_header {
	nol_header_name name;
	nol_str body;
} nol_header;

#define NOL_CALL_HEADERS 16

/* One request, as the server parsed it. Absent values are empty. */
typedef struct nol_call {
	nol_str method;   /* INVITE, ... */
	nol_str call_id;  /* body of Call-ID */
	nol_str from_tag; /* tag parameter of From */
	nol_str to_tag;   /* tag parameter of To; not empty in a dialog */
	nol_str from_uri; /* URI of From, as on the wire */
	nol_str request_uri; /* as on the wire */
	nol_str next_uri;    /* what the routing script made of it, if anything */
	nol_str source;      /* address that the request came from, 4 or 16 bytes in network order */
	nol_str unread;      /* header lines that the server could not parse, and what is behind them */
	uint32_t header_count;
	nol_header headers[NOL_CALL_HEADERS]; /* all of these names, in the order of the request; beyond, a header is left out */
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

/* The AVPs that numbers_online_reply() reads, written whatever `avps` says. */
#define NOL_REPLY_AVPS "nol_rc nol_code nol_phrase nol_contact"

/* The AVPs of avps=core. */
#define NOL_CORE_AVPS "nol_rc nol_decision nol_code nol_phrase nol_contact nol_source nol_failure nol_receipt"

/*
 * Statistics. A decision says which of them it raises; the server's own framework counts. The failures stand in the order of
 * $avp(nol_failure)'s list, the latencies in their own: a decision raises every latency_le_<ms> that it was not slower than.
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
	X(bypass, "calls that nothing was to be asked about") \
	X(list, "calls decided by a local list") \
	X(cache_hit, "decisions from the cache") \
	X(cache_miss, "decisions that were not in the cache") \
	X(failed_before, "lookups not made because one of the same number failed a moment ago") \
	X(coalesced, "decisions that another call's request answered") \
	X(redis_hit, "decisions from Redis") \
	X(redis_fail, "Redis did not answer in time, or not at all") \
	X(api_requests, "lookups sent to the API") \
	X(api_retries, "requests made once more because an idle connection had ended") \
	X(breaker_opened, "times the circuit breaker opened") \
	X(breaker_closed, "times the circuit breaker closed") \
	X(key_refused, "times the API began to refuse the key or the signature") \
	X(key_accepted, "times the API accepted the key again") \
	X(account_refused, "times the API began to want the account paid for") \
	X(account_accepted, "times the API accepted the account again") \
	X(throttled, "times the API wanted no more requests") \
	X(throttle_over, "times the API accepted requests again") \
	X(secret_switched, "times the other signing secret was taken") \
	X(rate_limited, "lookups not made because of a rate limit") \
	X(shed, "asynchronous lookups not made for want of room, or of a process that makes them") \
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
	X(fail_shed, "not asked: no room for one more call that waits, or no process that makes lookups") \
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

#define NOL_COUNTED_WORDS 2

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
	uint64_t counted[NOL_COUNTED_WORDS]; /* the counters to raise, a bit each, lowest first */
	nol_text state; /* changes that this decision found out, for the state event; mostly empty */
	uint16_t used; /* bytes in use */
	char bytes[NOL_RESULT_BYTES];
} nol_result;

/* What an operator may ask for while the server runs. The argument is named in brackets. */
typedef enum nol_command {
	NOL_STATUS = 0,
	NOL_CHECK = 1,       /* [number] a real decision about it */
	NOL_PROBE = 2,       /* is the API reachable, and how long does each phase take? */
	NOL_CACHE_STATS = 3,
	NOL_CACHE_PURGE = 4, /* [number, or empty for all] */
	NOL_BREAKER = 5,     /* [auto, open or closed] */
	NOL_RELOAD = 6,      /* reads keys and certificates again, for all workers */
} nol_command;

/* One line of a command's report: text, or where `text.s` is NULL a number. `name` is NUL-terminated. */
typedef void (*nol_emit)(void *to, const char *name, nol_str text, int64_t number);

typedef struct nol_engine nol_engine; /* parsed configuration: values only, made before fork, used by every process */
typedef struct nol_worker nol_worker; /* what one process needs for its lookups; made after fork, never shared */
typedef struct nol_pool nol_pool;     /* lookups that no SIP worker waits for; any thread of any process may use it */

/* How whoever goes on with a call hears that its lookup is over. */
typedef struct nol_wake {
	/* Of the process that makes the lookups: the word is written to it, 8 bytes. Negative: pool_next() gives the word. */
	int fd;
	/*
	 * Not 0: it stays open until the word has been read, which comes once, whatever becomes of the call, and finds room. What is
	 * still queued then is answered.
	 */
	int stays_open;
	uint64_t word;
} nol_wake;

typedef struct nol_api {
	uint32_t abi_version;
	/* sizeof of the structures, which tell two builds of one development version apart */
	size_t params_size, call_size, result_size;
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

	/*
	 * Asynchronous decisions. begin() decides, or says that a lookup is to be waited for: then submit() hands the call over,
	 * the wake follows by the deadline at the latest, and finish() gives the decision.
	 */

	/* Makes the memory for async_lookups in flight and async_queue behind them. If made before fork, processes share it. */
	nol_rc (*pool_new)(const nol_engine *engine, nol_pool **pool);
	/* Not in a process that serves. */
	void (*pool_free)(nol_pool *pool);
	/* Makes the lookups in this process from now on, in threads that block all signals. A second time it does nothing; after
	 * NOL_NO_THREAD it tries again. The log is told once. */
	nol_rc (*pool_serve)(nol_pool *pool);
	/* In a process that serves others, once a second at least: it lives. Logs what its threads say; waits for that, wait_ms at most. */
	nol_rc (*pool_heartbeat)(nol_pool *pool, uint32_t wait_ms);
	/*
	 * NOL_OK: the word of a call whose lookup is over and whose wake has no fd. Waits for one, wait_ms at most. Answers all that
	 * are late, whatever their wakes. In one process, the one that calls are told to.
	 */
	nol_rc (*pool_next)(nol_pool *pool, uint32_t wait_ms, uint64_t *word);
	/* The process that served is dead: its calls are over, allowed. */
	nol_rc (*pool_server_died)(nol_pool *pool);
	/* NOL_OK: the result is filled, as by decide(). NOL_PENDING: there is a ticket. Never blocks. Fills the result whatever it
	 * returns: if not NOL_OK, with an allow. */
	nol_rc (*begin)(nol_worker *worker, nol_pool *pool, const nol_call *call, uint64_t *ticket, nol_result *result);
	nol_rc (*submit)(nol_pool *pool, uint64_t ticket, const nol_wake *wake);
	/*
	 * After the wake. Before it, waits for the lookup if it may, until its deadline at most, and gives it up. Logs what the
	 * threads of this process have to say. Fills the result whatever it returns.
	 */
	nol_rc (*finish)(nol_pool *pool, uint64_t ticket, int may_wait, nol_result *result);
	/* Decides about a call that cannot be made to wait, as begin() does where the queue is full. Fills the result whatever it returns. */
	nol_rc (*shed)(nol_pool *pool, uint64_t ticket, nol_result *result);
	/* Gives a ticket back that is not to be finished. */
	void (*cancel)(nol_pool *pool, uint64_t ticket);

	/* Runs an operator's command. NOL_BAD_ARGUMENT comes with one report line, "error", that says what is allowed. */
	nol_rc (*command)(nol_worker *worker, nol_command command, nol_str argument, nol_emit emit, void *to);
} nol_api;

/* The one exported symbol. The table lives as long as the library is loaded. */
const nol_api *numbers_online_api(void);

#endif
