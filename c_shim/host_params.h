/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters of the wrong type: both servers say no more than that there is no such parameter of that type. Include their headers before
 * this one. */
#ifndef NOL_HOST_PARAMS_H
#define NOL_HOST_PARAMS_H

#include <string.h>

#include "shim.h"

/* The number is not shown: it may stand for a secret. */
#define WRONG_STR(name) \
	static int wrong_##name(modparam_t type, void *value) \
	{ \
		(void)type; \
		(void)value; \
		LM_ERR("parameter %s: a number cannot be used; allowed: text in quotes\n", #name); \
		return -1; \
	}
#define WRONG_INT(name) \
	static int wrong_##name(modparam_t type, void *value) \
	{ \
		(void)type; \
		LM_ERR("parameter %s: \"%s\" cannot be used; allowed: a whole number, without quotes\n", #name, \
				nol_printable((nol_str){value, strlen(value)}).text); \
		return -1; \
	}
#define WRONG(kind, name, initial) WRONG_##kind(name)
NOL_PARAMS(WRONG)
WRONG_STR(profile)

#endif
