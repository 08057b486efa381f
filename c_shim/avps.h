/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which AVPs a decision is written to: the parameter `avps`. */
#ifndef NOL_AVPS_H
#define NOL_AVPS_H

#include <stddef.h>
#include <string.h>

#include "numbers_online.h"

/* Sets what the parameter names. 0, or -1 if its value cannot be used. Before fork. */
int nol_choose_avps(nol_str list);

/* Whether the AVP at this place of NOL_AVPS is written: `avps` names it, or numbers_online_reply() may need it. */
int nol_wants(int place, const nol_result *result);

static inline int nol_str_is(nol_str text, const char *word)
{
	return text.len == strlen(word) && memcmp(text.s, word, text.len) == 0;
}

#endif
