/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the module for OpenSIPS know of each other. */
#ifndef NOL_OPENSIPS_H
#define NOL_OPENSIPS_H

#include "async.h"
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

/* The asynchronous form of the script function. The first is for mod_init(). */
void nol_async_init(void);
int nol_decide_async(struct sip_msg *msg, async_ctx *ctx, str *profile);

/* One line in the log if the memory is too small for so many calls that wait in one process. */
void nol_check_memory(int calls);

/* Goes on with a call whose word came. 0, or -1 if the server could not. */
int nol_go_on(void *call);

/* Tells the process of all its calls whose lookups are over. */
typedef struct nol_pipe nol_pipe;

/* One for one more call, whose address is to be written to the descriptor once; or NULL. */
nol_pipe *nol_pipe_take(void);
int nol_pipe_fd(const nol_pipe *pipe);

/* Nothing will be written for one call. */
void nol_pipe_leave(nol_pipe *pipe);

/* The AVPs' numbers are to be looked up before fork. 0, or -1. */
int nol_name_avps(void);

/* The event E_NUMBERS_ONLINE_STATE, to be announced before fork. 0, or -1. */
int nol_announce_event(void);

/* The module that sends replies, if it is loaded. */
void nol_find_signaling(void);

/* Statistics, in OpenSIPS's own framework. */
extern stat_export_t nol_stats[];
const char *nol_counter_name(int counter);
unsigned long nol_counter_value(int counter);

/* MI commands. */
extern mi_export_t nol_mi_commands[];

#endif
