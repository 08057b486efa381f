/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations shared by the files of the module for Kamailio. */
#ifndef NOL_KAMAILIO_H
#define NOL_KAMAILIO_H

#include <sys/types.h>

#include "core/str.h"

#include "core/async_task.h"
#include "core/mem/shm.h"
#include "core/parser/msg_parser.h"
#include "modules/tm/h_table.h"

#include "host.h"

/* Asynchronous decisions: preparations in mod_init, in this order. 0, or -1. */
int nol_async_init(void);
int nol_async_register(void);
int nol_lookups_init(void);

/* Whether the server has what asynchronous decisions need, and whether the script may make any. */
int nol_async_is_possible(void);
int nol_async_is_wanted(void);

/* Starts the lookup process. Called in the main process, before the workers are started. 0, or -1. */
int nol_lookups_start(void);

/* Checks the server's limits for asynchronous decisions: 0, or -1 after one line. Before fork, when all modules are initialized. */
int nol_check_limits(int timeout, int lookups, int queue);

/* Runs the child that makes the lookups. It writes its log lines to the pipe `log_end`. Does not return. */
void nol_child_run(pid_t parent, int log_end) __attribute__((noreturn));

/* Logs a line of the library, from any process. */
void nol_log_line(nol_level level, nol_str line);

/* Whether the log has lines of this level, also in the process that makes lookups. */
int nol_log_has_level(nol_level level);

/* The pipe for the child's log lines. The parent makes one for each child, and nol_log_forward() logs the lines that arrived. */
void nol_log_open(void);
int nol_log_child_end(void);
void nol_log_close_child_end(void);
void nol_log_close(void);
void nol_log_forward(void);

/* In the child: sets the pipe for its lines, and reports how many were lost. */
void nol_log_in_child(int end);
void nol_log_tell_lost(void);

/* A task for an asynchronous worker, in shared memory. The worker runs and frees it. */
typedef struct nol_task {
	async_task_t task;
	struct nol_task *next;
} nol_task;

/* Before fork. 0, or -1. */
int nol_handover_init(void);

/* Pushes a task to the workers, or queues it while they have no room. Never blocks. Returns the length of the queue. In one process. */
int nol_handover(nol_task *task);
int nol_handover_flush(void);

/* Finds the workers' socket before the first call. */
void nol_handover_probe(void);

/* Each task calls this in its worker. */
void nol_handover_in_worker(void);

/* State of a suspended request that tm does not keep. */
typedef struct nol_saved {
	flag_t flags; /* of the branch of the Request-URI */
	int q;
	struct socket_info *socket;
	flag_t xflags[KSR_XFLAGS_SIZE];
	unsigned int branches; /* how many the script appended; they follow this structure, then the three texts */
	int new_uri, dst_uri, path; /* the lengths of the texts */
} nol_saved;

/* The size of what follows the structure. */
size_t nol_saved_size(const sip_msg_t *msg);
void nol_save(nol_saved *saved, const sip_msg_t *msg);

/* nol_forget_others() is called before the route is resumed, nol_restore() just before it runs. */
void nol_forget_others(void);
void nol_restore(sip_msg_t *msg, const nol_saved *saved);

/* The argument of a script function that names a profile: constant names are checked before the server runs. 0, or below. */
int nol_fixup_decide(void **param, int number);
int nol_fixup_profile(const char *function, void **param);

/* The name in the prepared argument, which may be NULL. It is valid until the script evaluates a few more variables. */
str nol_profile_name(sip_msg_t *msg, const char *param);

/* The script's numbers_online_decide_async(route[, profile]), and KEMI's. */
int nol_w_decide_async(sip_msg_t *msg, char *route, char *profile);
int nol_ki_decide_async(sip_msg_t *msg, str *route, str *profile);
int nol_fixup_decide_async(void **param, int number);

/* Looks up event_route[numbers_online:state]. Before the server runs. */
void nol_find_state_route(void);

/* Looks up the modules that send replies, if they are loaded. */
void nol_find_reply_modules(void);

/*
 * Whether shared memory has room for `bytes`, with a margin for other processes. Checked first because each failed allocation writes
 * lines to the log.
 */
static inline int nol_has_shm(unsigned long bytes)
{
	return shm_available() > bytes + 65536;
}

/* Sends a final reply without the transaction, if the transaction has no memory for it. 0, or -1. */
int nol_reply_without_memory(sip_msg_t *msg, tm_cell_t *transaction, int code, str *phrase);

/* What a suspended call keeps in shared memory. */
typedef struct nol_hold {
	tm_cell_t *transaction;
	void *reserve;
	unsigned int status; /* of the transaction, until its route runs */
} nol_hold;

/* Reserves the memory to resume a request. With `needs_transaction`, only if there is also enough for a transaction. 0, or -1. */
int nol_hold_memory(nol_hold *hold, const sip_msg_t *msg, int needs_transaction);
void nol_hold_free_memory(nol_hold *hold);

/* Holds a reference to the transaction until nol_hold_end(). */
void nol_hold_transaction(nol_hold *hold, tm_cell_t *transaction);

/* In this order: just before t_continue(), when the route begins, and after t_continue(). The last one replies if no route ran. */
void nol_hold_resume(nol_hold *hold);
void nol_hold_running(nol_hold *hold);
void nol_hold_end(nol_hold *hold, const nol_result *result, void (*unref)(tm_cell_t *transaction));

/* Statistics, in Kamailio's own framework. 0, or -1. */
int nol_register_counters(void);
const char *nol_counter_name(int counter);
long nol_counter_value(int counter);

/* RPC commands. 0, or -1. */
int nol_register_rpc(void);

#endif
