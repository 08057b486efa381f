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

/* From 4.0 on the server also wants a name of the function. */
static inline void set_resume(async_ctx *ctx, void *resume)
{
#ifdef ASYNC_SET_RESUME_F
	ASYNC_SET_RESUME_F(ctx, resume);
#else
	ctx->resume_f = resume;
#endif
}

/*
 * Whether there is shared memory for this many bytes, and some for what other processes do meanwhile. An allocation that fails
 * writes lines to the log, for each call. While another process allocates, the figure may be wrong, so a "no" is asked for again.
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

/* The asynchronous form of the script function. The first is for mod_init(). */
void nol_async_init(void);
int nol_decide_async(struct sip_msg *msg, async_ctx *ctx, str *profile);

/* One line in the log if the memory is too small for so many calls that wait in one process. */
void nol_check_memory(int calls);

/* Wakes the process for its calls whose lookups are over. */
typedef struct nol_pipe nol_pipe;

/* For mod_init(): what resumes a call whose address came by a pipe. It returns 0, or -1 if it is to be tried again. */
void nol_pipe_init(int (*resume)(void *call));

/* One for one more call, whose address is to be written to the descriptor once; or NULL. */
nol_pipe *nol_pipe_take(void);
int nol_pipe_fd(const nol_pipe *pipe);

/* Nothing will be written for one call. */
void nol_pipe_leave(nol_pipe *pipe);

/* The AVPs' numbers are to be looked up before fork. 0, or -1. */
int nol_name_avps(void);

/* The event E_NUMBERS_ONLINE_STATE, to be announced before fork. 0, or -1. */
int nol_announce_event(void);

/* The modules that send replies, if they are loaded. */
void nol_find_reply_modules(void);

/* Statistics, in OpenSIPS's own framework. */
extern stat_export_t nol_stats[];
const char *nol_counter_name(int counter);
unsigned long nol_counter_value(int counter);

/* MI commands. */
extern mi_export_t nol_mi_commands[];

#endif
