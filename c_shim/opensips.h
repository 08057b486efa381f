/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations shared by the files of the module for OpenSIPS. */
#ifndef NOL_OPENSIPS_H
#define NOL_OPENSIPS_H

#include "async.h"
#include "mem/shm_mem.h"
#include "mi/mi.h"
#include "parser/msg_parser.h"
#include "statistics.h"
#include "str.h"

#include "host.h"

/* From 4.0 on the server also needs the name of the function. */
static inline void set_resume(async_ctx *ctx, void *resume)
{
#ifdef ASYNC_SET_RESUME_F
	ASYNC_SET_RESUME_F(ctx, resume);
#else
	ctx->resume_f = resume;
#endif
}

/*
 * Whether shared memory has room for `bytes`, with a margin for other processes. Checked first because each failed allocation writes
 * lines to the log. The figure may be wrong while another process allocates, so a negative result is checked again under the lock.
 */
static inline int nol_has_shm(unsigned long bytes)
{
	unsigned long left = shm_get_free(0);

	bytes += 65536;
	if(left > bytes)
		return 1;
	shm_lock();
	left = shm_get_free(0);
	shm_unlock();
	return left > bytes;
}

/* The argument of a script function that names a profile, prepared: constant names are checked before the server runs. */
typedef struct nol_argument nol_argument;
int nol_fixup_profile(void **param);
int nol_free_profile(void **param);

/* The name in the argument, which may be NULL. It is valid until the script evaluates a few more variables. */
str nol_profile_name(struct sip_msg *msg, const nol_argument *argument);

/* The asynchronous form of the script function. The first is for mod_init(). */
void nol_async_init(void);
int nol_decide_async(struct sip_msg *msg, async_ctx *ctx, const nol_argument *profile);

/* Logs one line if the shared memory is too small for so many waiting calls in one process. */
void nol_check_memory(int calls);

/* Logs one line if the server may lose a final reply that follows tm's 100. */
void nol_check_automatic_100(void);

/* A pipe that wakes the process when lookups of its calls are completed. */
typedef struct nol_pipe nol_pipe;

/* For mod_init(). `resume` resumes a call whose address was read from a pipe. It returns 0, or -1 to be called again later. */
void nol_pipe_init(int (*resume)(void *call));

/* Takes room in a pipe for one call. Its address must be written to the descriptor exactly once. NULL if there is none. */
nol_pipe *nol_pipe_take(void);
int nol_pipe_fd(const nol_pipe *pipe);

/* Gives the room of one call back. Nothing was or will be written for it. */
void nol_pipe_leave(nol_pipe *pipe);

/* Looks up the numbers of the AVPs. Before fork. 0, or -1. */
int nol_name_avps(void);

/* Registers the event E_NUMBERS_ONLINE_STATE. Before fork. 0, or -1. */
int nol_announce_event(void);

/* Looks up the modules that send replies, if they are loaded. */
void nol_find_reply_modules(void);

/* Statistics, in OpenSIPS's own framework. */
extern stat_export_t nol_stats[];
const char *nol_counter_name(int counter);
unsigned long nol_counter_value(int counter);

/* MI commands. */
extern mi_export_t nol_mi_commands[];

#endif
