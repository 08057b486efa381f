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

/* Whether the server has what they need, and whether the script makes any. */
int nol_async_is_possible(void);
int nol_async_is_wanted(void);

/* Starts their process; in the main process, before the workers are. 0, or -1. */
int nol_lookups_start(void);

/* Whether the server's limits are wide enough for them: 0, or -1 after one line. Before fork, when all modules are initialized. */
int nol_check_limits(int timeout, int lookups, int queue);

/* The child that makes the lookups. `log_end` is where its lines go. Does not return. */
void nol_child_run(pid_t parent, int log_end) __attribute__((noreturn));

/* A line of the library's in the log, from any process. */
void nol_log_line(nol_level level, nol_str line);

/* The pipe for the child's lines. Its parent makes one for each child, and logs what has come. */
void nol_log_open(void);
int nol_log_child_end(void);
void nol_log_close_child_end(void);
void nol_log_close(void);
void nol_log_forward(void);

/* In the child: where its lines go, and a note of those that were lost. */
void nol_log_in_child(int end);
void nol_log_tell_lost(void);

/* A task for an asynchronous worker, in shared memory. The worker runs and frees it. */
typedef struct nol_task {
	async_task_t task;
	struct nol_task *next;
} nol_task;

/* Before fork. 0, or -1. */
int nol_handover_init(void);

/* Hands a task over now or, if the workers have no room for it, later. Never blocks. How many wait. In one process. */
int nol_handover(nol_task *task);
int nol_handover_flush(void);

/* Finds the workers, ahead of the first call. */
void nol_handover_probe(void);

/* Each task calls this. */
void nol_handover_in_worker(void);

/* What tm does not keep of a suspended request. */
typedef struct nol_saved {
	flag_t flags; /* of the branch of the Request-URI */
	int q;
	struct socket_info *socket;
	flag_t xflags[KSR_XFLAGS_SIZE];
	unsigned int branches; /* those that the script appended follow, then three texts */
	int new_uri, dst_uri, path; /* their lengths */
} nol_saved;

/* The room for what follows. */
size_t nol_saved_size(const sip_msg_t *msg);
void nol_save(nol_saved *saved, const sip_msg_t *msg);

/* Before the route is resumed, and when it is about to run. */
void nol_forget_others(void);
void nol_restore(sip_msg_t *msg, const nol_saved *saved);

/* The script's numbers_online_decide_async(route), and KEMI's. */
int nol_w_decide_async(sip_msg_t *msg, char *route, char *unused);
int nol_ki_decide_async(sip_msg_t *msg, str *route, str *profile);
int nol_fixup_decide_async(void **param, int number);

/* event_route[numbers_online:state], if the script has it; to be looked for before the server runs. */
void nol_find_state_route(void);

/* The modules that send replies, if they are loaded. */
void nol_find_reply_modules(void);

/*
 * Whether there is shared memory for this many bytes, and some for what other processes do meanwhile. An allocation that fails
 * writes lines to the log, for each call.
 */
static inline int nol_has_shm(unsigned long bytes)
{
	return shm_available() > bytes + 65536;
}

/* Sends a final reply past its transaction, which has no memory for one. 0, or -1. */
int nol_reply_without_memory(sip_msg_t *msg, tm_cell_t *transaction, int code, str *phrase);

/* What a suspended call holds; in shared memory. */
typedef struct nol_hold {
	tm_cell_t *transaction;
	void *reserve;
	unsigned int status; /* of the transaction, until its route runs */
} nol_hold;

/* Takes the memory to resume a request, if there is also enough for a transaction. 0, or -1. */
int nol_hold_memory(nol_hold *hold, const sip_msg_t *msg, int needs_transaction);
void nol_hold_free_memory(nol_hold *hold);

/* Keeps the transaction until nol_hold_end(). */
void nol_hold_transaction(nol_hold *hold, tm_cell_t *transaction);

/* In this order: just before t_continue(), when the route begins, and after t_continue(). The last one answers if no route ran. */
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
