/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the module for Kamailio know of each other. */
#ifndef NOL_KAMAILIO_H
#define NOL_KAMAILIO_H

#include "core/str.h"

#include "shim.h"

static inline nol_str lend(const str *text)
{
	return (nol_str){text->s, text->len > 0 ? (size_t)text->len : 0};
}

/* AVPs. */
void nol_write_avps(const nol_result *result);

/* What an earlier call of the function in this transaction returned; 0 if there was none. */
int nol_stored(void);

/* event_route[numbers_online:state], if the script has it; to be looked for before the server runs. */
void nol_find_state_route(void);
void nol_raise_state(const nol_result *result);

/* Statistics, in Kamailio's own framework. 0, or -1. */
int nol_register_counters(void);
void nol_count(const nol_result *result);
const char *nol_counter_name(int counter);
long nol_counter_value(int counter);

/* RPC commands. 0, or -1. */
int nol_register_rpc(void);

#endif
