/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of a profile as an argument of a script function: constant, or with variables. */
#include <string.h>

#include "core/str.h"

#include "core/dprint.h"
#include "core/error.h"
#include "core/pvar.h"

#include "kamailio.h"

/* A prepared argument. */
typedef struct argument {
	str name;
	pv_elem_t *format; /* NULL: the name is constant */
} argument_t;

int nol_fixup_profile(const char *function, void **param)
{
	argument_t *argument = pkg_malloc(sizeof(*argument));
	char *text = *param;

	if(!argument) {
		PKG_MEM_ERROR;
		return E_OUT_OF_MEM;
	}
	memset(argument, 0, sizeof(*argument));
	argument->name = (str){text, (int)strlen(text)};
	if(memchr(text, '$', argument->name.len)) {
		if(pv_parse_format(&argument->name, &argument->format) < 0) {
			LM_ERR("%s(): \"%s\" is no name with variables\n", function, text);
			return E_CFG;
		}
	} else if(nol_check_profile(function, &argument->name) < 0) {
		return E_CFG;
	}
	*param = argument;
	return 0;
}

int nol_fixup_decide(void **param, int number)
{
	(void)number;
	return nol_fixup_profile("numbers_online_decide", param);
}

str nol_profile_name(sip_msg_t *msg, const char *param)
{
	const argument_t *argument = (const argument_t *)param;
	const str none = {NULL, 0};
	pv_elem_t *format;
	pv_value_t value;
	str name;

	if(!argument)
		return none;
	format = argument->format;
	if(!format)
		return argument->name;
	/* A single variable: pv_printf() writes "<null>" for one that is not set. */
	if(!format->next && format->text.len == 0 && format->spec) {
		memset(&value, 0, sizeof(value));
		if(pv_get_spec_value(msg, format->spec, &value) < 0 || (value.flags & PV_VAL_NULL) || !(value.flags & PV_VAL_STR))
			return none;
		return value.rs;
	}
	return pv_printf_s(msg, format, &name) < 0 ? none : name;
}
